//! What must hold of a rota: that each of its layers has people who hand over on days that there are, and that somebody is on duty at each hour.

use jiff::ToSpan;

use super::super::known;
use super::covered::{self, Day};
use super::known_person;
use crate::site::parse::Findings;
use crate::site::parse::Step::{self, Item, Key};
use crate::site::{Layer, LocalDate, OnHoliday, Rota, Site, Weekday};

pub(super) fn check(site: &Site, rota: &Rota, path: &[Step<'_>], findings: &mut Findings<'_>) {
    let at = |keys: &[Step<'static>]| [path, keys].concat();
    known(
        "team",
        &rota.team,
        site.teams.iter().map(|team| &team.id),
        &at(&[Key("team")]),
        findings,
    );
    if rota.layers.is_empty() {
        let message = format!("rota `{}` covers nobody: it has no layer", rota.id);
        findings.error(path, message, Some("write a [[rota.layer]]".to_owned()));
        return;
    }
    let before = findings.errors();
    for (place, layer) in rota.layers.iter().enumerate() {
        let path = at(&[Key("layer"), Item(place)]);
        people(site, rota, layer, &path, findings);
        dates(layer, &path, findings);
        on_holidays(site, layer, &path, findings);
        if let Some(other) = rota.layers[..place].iter().position(|other| other == layer) {
            let message = format!(
                "layer {} of rota `{}` is the same as layer {}",
                place + 1,
                rota.id,
                other + 1
            );
            findings.error(&path, message, Some("take one of the two away".to_owned()));
        } else if is_hidden(&rota.layers, place) {
            let message = format!(
                "layer {} of rota `{}` never counts: later layers cover all its hours",
                place + 1,
                rota.id
            );
            let suggestion = "write the layer that covers more before the one that covers less".to_owned();
            findings.warn(&path, message, Some(suggestion));
        }
    }
    if findings.errors() == before {
        gaps(site, rota, path, findings);
    }
}

fn people(site: &Site, rota: &Rota, layer: &Layer, path: &[Step<'_>], findings: &mut Findings<'_>) {
    let at = |keys: &[Step<'static>]| [path, keys].concat();
    if layer.people.is_empty() {
        let message = format!("a layer of rota `{}` covers nobody: it has no people", rota.id);
        let suggestion = Some("write people = [\"...\"]".to_owned());
        findings.error(&at(&[Key("people")]), message, suggestion);
    }
    let members = site.team(&rota.team).map(|team| &team.members);
    for (place, person) in layer.people.iter().enumerate() {
        let path = at(&[Key("people"), Item(place)]);
        known_person(site, person, &path, findings);
        let next = &layer.people[(place + 1) % layer.people.len()];
        if next == person && layer.people.len() > 1 {
            let message = format!("`{person}` hands over to themselves");
            let suggestion = "write each once, in the order of their turns, and a longer `every`".to_owned();
            findings.warn(&path, message, Some(suggestion));
        }
        if members.is_some_and(|members| !members.contains(person)) {
            let message = format!("`{person}` is not a member of team `{}`", rota.team);
            findings.warn(&path, message, None);
        }
    }
}

fn dates(layer: &Layer, path: &[Step<'_>], findings: &mut Findings<'_>) {
    let at = |keys: &[Step<'static>]| [path, keys].concat();
    match (layer.hand_over.day, layer.every.is_weekly()) {
        (None, true) => {
            let suggestion = format!(
                "write hand_over = \"{} {}\"",
                Weekday::of(layer.start.0),
                layer.hand_over
            );
            findings.error(
                &at(&[Key("hand_over")]),
                "turns of whole weeks are handed over on a day of the week",
                Some(suggestion),
            );
        }
        (Some(_), false) => {
            let message = format!(
                "every {} the hand-over is on another day of the week",
                layer.every
            );
            let suggestion = format!("write hand_over = \"{}\"", layer.hand_over.time);
            findings.error(&at(&[Key("hand_over")]), message, Some(suggestion));
        }
        (Some(day), true) if day != Weekday::of(layer.start.0) => {
            let dates = layer.start.0.series(1.day());
            let next = dates.into_iter().find(|date| Weekday::of(*date) == day);
            let message = format!(
                "{} is not a hand-over: it is a {}",
                layer.start,
                Weekday::of(layer.start.0)
            );
            let suggestion = next.map(|date| format!("write start = \"{}\"", LocalDate(date)));
            findings.error(&at(&[Key("start")]), message, suggestion);
        }
        _ => {}
    }
    if layer.until.is_some_and(|until| until <= layer.start) {
        let suggestion = Some(format!("write a date after {}", layer.start));
        findings.error(
            &at(&[Key("until")]),
            "this layer ends before it begins",
            suggestion,
        );
    }
}

fn on_holidays(site: &Site, layer: &Layer, path: &[Step<'_>], findings: &mut Findings<'_>) {
    let path = [path, &[Key("holidays")]].concat();
    if layer.holidays == OnHoliday::AsSunday && layer.hours.is_empty() {
        let suggestion = Some("take it away, or write `hours`".to_owned());
        findings.warn(
            &path,
            "a layer without `hours` covers a Sunday like any day",
            suggestion,
        );
    } else if layer.holidays != OnHoliday::AsUsual && site.holidays.is_empty() {
        let suggestion =
            "write a [[holiday]] for each; `plenum site holidays FILE` prints those of a calendar file"
                .to_owned();
        findings.warn(&path, "this site names no holidays", Some(suggestion));
    }
}

/// Whether later layers cover, for as long as this one lasts, all that it does.
fn is_hidden(layers: &[Layer], place: usize) -> bool {
    let own = &layers[place];
    let begin = |layer: &Layer| (layer.start, layer.hand_over.time);
    let end = |layer: &Layer| layer.until.map(|until| (until, layer.hand_over.time));
    let lasts = |later: &&Layer| {
        let to_the_end = end(later).is_none_or(|later| end(own).is_some_and(|own| own <= later));
        begin(later) <= begin(own) && to_the_end
    };
    let later: Vec<&Layer> = layers[place + 1..].iter().filter(lasts).collect();
    Day::all().all(|day| {
        let above = covered::together(later.iter().copied(), day);
        let own = covered::of(own, day);
        own.into_iter().zip(above).all(|(own, above)| !own || above)
    })
}

/// Hours in which nobody is on duty, or a day from which on nobody is.
fn gaps(site: &Site, rota: &Rota, path: &[Step<'_>], findings: &mut Findings<'_>) {
    let id = &rota.id;
    let fallback = site.team(&rota.team).and_then(|team| team.fallback());
    let instead = fallback.map_or_else(String::new, |fallback| format!("; `{fallback}` is called then"));
    let ends: Option<Vec<LocalDate>> = rota.layers.iter().map(|layer| layer.until).collect();
    if let Some(end) = ends.and_then(|ends| ends.into_iter().max()) {
        let message = format!("rota `{id}` ends on {end}: from then on nobody is on duty{instead}");
        findings.warn(
            path,
            message,
            Some("leave `until` out of one of its layers".to_owned()),
        );
        return;
    }
    let suggestion = || Some("write a layer without `hours` before the others".to_owned());
    if let Some((from, to)) = covered::first_gap(rota) {
        let when = match from == to {
            true => "at no time of the week".to_owned(),
            false => format!(
                "not from {} to {}",
                covered::minute_of_week(from),
                covered::minute_of_week(to)
            ),
        };
        let message = format!("rota `{id}` has somebody on duty, but {when}{instead}");
        findings.warn(path, message, suggestion());
        return;
    }
    let is_left_out = |date: &LocalDate| {
        let lasting = rota.layers.iter().filter(|layer| layer.until.is_none());
        let minutes = covered::together(lasting, Day::Holiday(Weekday::of(date.0)));
        minutes.contains(&false)
    };
    if let Some(holiday) = site.holidays.iter().find(|holiday| is_left_out(&holiday.date)) {
        let message = format!(
            "rota `{id}` leaves a part of holiday {} out{instead}",
            holiday.date
        );
        findings.warn(path, message, suggestion());
    }
}
