//! What must hold of a ladder: that each step leads to somebody, and that whoever does not answer is not the last one.

use std::collections::BTreeSet;

use plenum_protocol::{Duration, Identifier};

use super::super::known;
use super::known_person;
use crate::site::parse::Findings;
use crate::site::parse::Step::{self, Item, Key};
use crate::site::{Ladder, LadderStep, Site, Whom};

/// A round that is shorter calls people faster than they can answer.
const SHORTEST: Duration = Duration::from_minutes(1);

pub(super) fn check(
    site: &Site,
    number: usize,
    ladder: &Ladder,
    path: &[Step<'_>],
    findings: &mut Findings<'_>,
) {
    let at = |keys: &[Step<'static>]| [path, keys].concat();
    let id = &ladder.id;
    let before = findings.errors();
    for (place, room) in ladder.rooms.iter().enumerate() {
        let rooms = site.rooms.iter().map(|room| &room.id);
        known("room", room, rooms, &at(&[Key("rooms"), Item(place)]), findings);
    }
    known_person(site, &ladder.fallback, &at(&[Key("fallback")]), findings);
    if ladder.steps.is_empty() {
        let message = format!("ladder `{id}` has no step");
        findings.error(path, message, Some("write a [[ladder.step]]".to_owned()));
    }
    for (place, own) in ladder.steps.iter().enumerate() {
        step(site, own, &at(&[Key("step"), Item(place)]), findings);
        if let Some(other) = ladder.steps[..place]
            .iter()
            .position(|other| is_again(own, other))
        {
            let message = format!("step {} of ladder `{id}` is step {} again", place + 1, other + 1);
            let suggestion = "take it away: a ladder goes round by itself (`rounds`)".to_owned();
            findings.warn(&at(&[Key("step"), Item(place)]), message, Some(suggestion));
        }
    }
    times(ladder, path, findings);
    if findings.errors() == before {
        to_oneself(site, ladder, path, findings);
    }
    if let Some(other) = site.ladders[..number]
        .iter()
        .find(|other| takes_all_of(other, ladder))
    {
        let message = format!(
            "ladder `{id}` is never used: ladder `{}` takes all that it would",
            other.id
        );
        let suggestion = "write it before that one, or give that one `priorities` or `rooms`".to_owned();
        findings.warn(path, message, Some(suggestion));
    }
}

fn step(site: &Site, step: &LadderStep, path: &[Step<'_>], findings: &mut Findings<'_>) {
    let at = |keys: &[Step<'static>]| [path, keys].concat();
    match &step.whom {
        Whom::Person(id) => known_person(site, id, &at(&[Key("whom"), Key("person")]), findings),
        Whom::Rota(id) => {
            let rotas = site.rotas.iter().map(|rota| &rota.id);
            known("rota", id, rotas, &at(&[Key("whom"), Key("rota")]), findings);
        }
        Whom::Team(id) => {
            let teams = site.teams.iter().map(|team| &team.id);
            known("team", id, teams, &at(&[Key("whom"), Key("team")]), findings);
        }
        Whom::Everybody => {}
    }
    for (place, channel) in step.channels.iter().enumerate() {
        let channels = site.channels.iter().map(|channel| &channel.id);
        known(
            "channel",
            channel,
            channels,
            &at(&[Key("channels"), Item(place)]),
            findings,
        );
    }
}

fn is_again(step: &LadderStep, other: &LadderStep) -> bool {
    step.whom == other.whom && step.channels == other.channels
}

fn times(ladder: &Ladder, path: &[Step<'_>], findings: &mut Findings<'_>) {
    let at = |key| [path, &[Key(key)]].concat();
    if ladder.rounds == 0 {
        let suggestion = Some("write rounds = 1 or more".to_owned());
        findings.error(
            &at("rounds"),
            "a ladder is gone through at least once",
            suggestion,
        );
    }
    let between = ladder.steps.iter().skip(1).map(|step| step.after);
    let round = between.fold(ladder.again, |sum, after| sum + after);
    if round < SHORTEST {
        let message = format!(
            "ladder `{}` comes round after {round}: nobody can answer so fast",
            ladder.id
        );
        findings.error(&at("again"), message, Some("write again = \"10min\"".to_owned()));
    }
}

/// A ladder on which there is only one person.
fn to_oneself(site: &Site, ladder: &Ladder, path: &[Step<'_>], findings: &mut Findings<'_>) {
    let mut called: BTreeSet<&Identifier> = ladder
        .steps
        .iter()
        .flat_map(|step| may_be(site, &step.whom))
        .collect();
    called.insert(&ladder.fallback);
    if called.len() > 1 {
        return;
    }
    let fallback = &ladder.fallback;
    let message = format!(
        "ladder `{}` leads from `{fallback}` to themselves: when they do not answer nobody else is called",
        ladder.id
    );
    match site.people.len() > 1 {
        true => {
            let suggestion =
                "write another `fallback`, or a step to a rota, a team or \"everybody\"".to_owned();
            findings.error(path, message, Some(suggestion));
        }
        false => findings.warn(path, message, Some("write a second [[person]]".to_owned())),
    }
}

/// Whoever a step may come to.
fn may_be<'a>(site: &'a Site, whom: &'a Whom) -> Vec<&'a Identifier> {
    match whom {
        Whom::Person(id) => vec![id],
        Whom::Team(id) => site
            .team(id)
            .map_or_else(Vec::new, |team| team.members.iter().collect()),
        Whom::Everybody => site.people.iter().map(|person| &person.id).collect(),
        // Whoever stands in does so for some days: another way up they are not.
        Whom::Rota(id) => {
            let layers = site.rota(id).into_iter().flat_map(|rota| &rota.layers);
            layers.flat_map(|layer| &layer.people).collect()
        }
    }
}

fn takes_all_of(earlier: &Ladder, later: &Ladder) -> bool {
    fn all<T: PartialEq>(earlier: &[T], later: &[T]) -> bool {
        earlier.is_empty() || !later.is_empty() && later.iter().all(|one| earlier.contains(one))
    }
    all(&earlier.priorities, &later.priorities) && all(&earlier.rooms, &later.rooms)
}
