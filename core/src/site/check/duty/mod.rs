//! What must hold of teams, rotas, overrides, holidays and ladders: that they lead to somebody, and to somebody else when that one does not answer.

mod covered;
mod ladder;
mod rota;

use std::collections::{BTreeSet, HashSet};

use plenum_protocol::Identifier;

use super::{known, once};
use crate::site::parse::Findings;
use crate::site::parse::Step::{self, Item, Key};
use crate::site::{Priority, QuietHours, Site, Team, Whom};

/// Adds what is wrong with who is on duty and who is called to the findings.
pub(super) fn check(site: &Site, findings: &mut Findings<'_>) {
    once("team", site.teams.iter().map(|team| &team.id), findings);
    once("rota", site.rotas.iter().map(|rota| &rota.id), findings);
    once("ladder", site.ladders.iter().map(|ladder| &ladder.id), findings);
    for (number, own) in site.teams.iter().enumerate() {
        team(site, own, &[Key("team"), Item(number)], findings);
    }
    for (number, own) in site.rotas.iter().enumerate() {
        rota::check(site, own, &[Key("rota"), Item(number)], findings);
    }
    overrides(site, findings);
    holidays(site, findings);
    for (number, own) in site.ladders.iter().enumerate() {
        ladder::check(site, number, own, &[Key("ladder"), Item(number)], findings);
    }
    unreached(site, findings);
    uncalled(site, findings);
}

/// A person who must be there.
fn known_person(site: &Site, id: &Identifier, path: &[Step<'_>], findings: &mut Findings<'_>) {
    let people = site.people.iter().map(|person| &person.id);
    known("person", id, people, path, findings);
}

fn team(site: &Site, team: &Team, path: &[Step<'_>], findings: &mut Findings<'_>) {
    let at = |keys: &[Step<'static>]| [path, keys].concat();
    if team.members.is_empty() {
        let message = format!("team `{}` has no people", team.id);
        let suggestion = Some("write members = [\"...\"]".to_owned());
        findings.error(&at(&[Key("members")]), message, suggestion);
    }
    let mut seen = HashSet::new();
    for (place, member) in team.members.iter().enumerate() {
        let path = at(&[Key("members"), Item(place)]);
        known_person(site, member, &path, findings);
        if !seen.insert(member) {
            let message = format!("`{member}` is in team `{}` twice", team.id);
            findings.error(&path, message, Some("take one of the two away".to_owned()));
        }
    }
    if let Some(fallback) = &team.fallback {
        known_person(site, fallback, &at(&[Key("fallback")]), findings);
    }
    for (place, quiet) in team.quiet.iter().enumerate() {
        quiet_hours(team, quiet, &at(&[Key("quiet"), Item(place)]), findings);
    }
}

fn quiet_hours(team: &Team, quiet: &QuietHours, path: &[Step<'_>], findings: &mut Findings<'_>) {
    let at = |keys: &[Step<'static>]| [path, keys].concat();
    let id = &team.id;
    if quiet.hours.is_empty() {
        let suggestion = Some("write hours = [\"mon-sun 22:00-07:00\"]".to_owned());
        let message = format!("quiet hours of team `{id}` have no hours");
        findings.error(&at(&[Key("hours")]), message, suggestion);
    } else if covered::is_whole_week(&quiet.hours) {
        let message = format!("quiet hours of team `{id}` never end: what waits for that is never told");
        let suggestion = Some("leave some hours of the week out".to_owned());
        findings.error(&at(&[Key("hours")]), message, suggestion);
    }
    if quiet.priorities.is_empty() {
        let suggestion = Some("write priorities = [\"low\"]".to_owned());
        let message = format!("quiet hours of team `{id}` are for no priority");
        findings.error(&at(&[Key("priorities")]), message, suggestion);
    }
    if let Some(place) = quiet
        .priorities
        .iter()
        .position(|priority| *priority == Priority::Critical)
    {
        let suggestion = Some("take `critical` away".to_owned());
        findings.error(
            &at(&[Key("priorities"), Item(place)]),
            "what is critical never waits for quiet hours to end",
            suggestion,
        );
    }
}

fn overrides(site: &Site, findings: &mut Findings<'_>) {
    for (number, own) in site.overrides.iter().enumerate() {
        let at = |key| [Key("override"), Item(number), Key(key)];
        known(
            "rota",
            &own.rota,
            site.rotas.iter().map(|rota| &rota.id),
            &at("rota"),
            findings,
        );
        known_person(site, &own.person, &at("person"), findings);
        if let Some(asked_by) = &own.asked_by {
            known_person(site, asked_by, &at("asked_by"), findings);
        }
        if own.to <= own.from {
            let suggestion = Some(format!("write a time after {}", own.from));
            findings.error(&at("to"), "this override ends before it begins", suggestion);
        }
        let overlaps = |other: &&crate::site::WrittenOverride| {
            other.rota == own.rota && other.from < own.to && own.from < other.to
        };
        if let Some(other) = site.overrides[..number].iter().find(overlaps) {
            let message = format!(
                "this override overlaps the one of `{}` from {} to {}",
                other.person, other.from, other.to
            );
            let suggestion = "let one end where the other begins".to_owned();
            findings.error(&at("from"), message, Some(suggestion));
        }
    }
}

fn holidays(site: &Site, findings: &mut Findings<'_>) {
    let mut seen = BTreeSet::new();
    for (number, day) in site.holidays.iter().enumerate() {
        if !seen.insert(day.date) {
            let message = format!("holiday {} is there twice", day.date);
            let suggestion = Some("write both names into one".to_owned());
            findings.error(&[Key("holiday"), Item(number), Key("date")], message, suggestion);
        }
    }
}

/// People who are called and whom no channel names.
fn unreached(site: &Site, findings: &mut Findings<'_>) {
    let reached: HashSet<&Identifier> = site.channels.iter().flat_map(|channel| &channel.people).collect();
    for (number, person) in site.people.iter().enumerate() {
        let id = &person.id;
        let of_rota = site
            .rotas
            .iter()
            .find(|rota| rota.layers.iter().any(|layer| layer.people.contains(id)));
        let of_override = site.overrides.iter().find(|own| own.person == *id);
        let of_team = site
            .teams
            .iter()
            .find(|team| team.members.contains(id) || team.fallback.as_ref() == Some(id));
        let of_ladder = site.ladders.iter().find(|ladder| ladder.names(id));
        let why = match (of_rota, of_override, of_ladder, of_team) {
            (Some(rota), ..) => format!("takes turns in rota `{}`", rota.id),
            (_, Some(own), ..) => format!("stands in in rota `{}`", own.rota),
            (_, _, Some(ladder), _) => format!("is called by ladder `{}`", ladder.id),
            (_, _, _, Some(team)) => format!("is called with team `{}`", team.id),
            _ => continue,
        };
        if !reached.contains(id) {
            let message = format!("no channel reaches `{id}`, who {why}");
            let suggestion = format!("write \"{id}\" among the `people` of a [[channel]]");
            findings.warn(
                &[Key("person"), Item(number), Key("id")],
                message,
                Some(suggestion),
            );
        }
    }
}

/// A rota says who is on duty; nobody is told by that alone.
fn uncalled(site: &Site, findings: &mut Findings<'_>) {
    let steps = site.ladders.iter().flat_map(|ladder| &ladder.steps);
    let called: HashSet<&Identifier> = steps
        .map(|step| &step.whom)
        .filter_map(|whom| match whom {
            Whom::Rota(rota) => Some(rota),
            Whom::Person(_) | Whom::Team(_) | Whom::Everybody => None,
        })
        .collect();
    for (number, rota) in site.rotas.iter().enumerate() {
        if !called.contains(&rota.id) {
            let message = format!(
                "no step of a ladder calls rota `{}`: nobody is told of an alarm by it",
                rota.id
            );
            let suggestion = format!("write [[ladder]] with a step whom = {{ rota = \"{}\" }}", rota.id);
            findings.warn(&[Key("rota"), Item(number)], message, Some(suggestion));
        }
    }
}
