//! What must hold in a `site.toml` beyond its form: names that exist and occur once, limits that fit their quantity, zones and
//! times that exist.

mod down;
mod drills;
mod duty;
mod heartbeats;
mod possible;
mod replaced;
mod supplies;

use std::collections::HashSet;

use plenum_protocol::config_error::nearest;
use plenum_protocol::quantity::Kind;
use plenum_protocol::{AgentName, Duration, Identifier, Quantity, Series};

use super::condition::Mistakes;
use super::effective_rules;
use super::parse::{Findings, Step};
use crate::around::Reach;
use crate::site::{Bound, ChannelKind, Guard, Rule, Selector, SensorName, Service, Site, WeeklyWindow};
use Step::{Item, Key};

/// The longest window that comes back every week.
const WEEK: Duration = Duration::from_hours(168);

/// Adds what is wrong with the site to the findings.
pub(super) fn check(site: &Site, kinds: &[ChannelKind], findings: &mut Findings<'_>) {
    once("room", site.rooms.iter().map(|room| &room.id), findings);
    once("rack", site.racks.iter().map(|rack| &rack.id), findings);
    once("rule", site.rules.iter().map(|rule| &rule.id), findings);
    once(
        "service",
        site.services.iter().map(|service| &service.id),
        findings,
    );
    once("person", site.people.iter().map(|person| &person.id), findings);
    once(
        "channel",
        site.channels.iter().map(|channel| &channel.id),
        findings,
    );
    places(site, findings);
    supplies::check(site, findings);
    heartbeats::check(site, findings);
    drills::check(site, findings);
    for (number, rule) in site.rules.iter().enumerate() {
        check_rule(site, number, rule, findings);
    }
    for (number, service) in site.services.iter().enumerate() {
        check_service(site, number, service, findings);
    }
    channels(site, kinds, findings);
    duty::check(site, findings);
}

/// An id that occurs twice.
fn once<'a>(what: &str, ids: impl Iterator<Item = &'a Identifier>, findings: &mut Findings<'_>) {
    let mut seen = HashSet::new();
    for (number, id) in ids.enumerate() {
        if !seen.insert(id) {
            let message = format!("{what} `{id}` is there twice");
            let suggestion = Some("give each its own id".to_owned());
            findings.error(&[Key(what), Item(number), Key("id")], message, suggestion);
        }
    }
}

/// A name that must exist.
fn known<'a>(
    what: &str,
    name: &Identifier,
    known: impl Iterator<Item = &'a Identifier>,
    path: &[Step<'_>],
    findings: &mut Findings<'_>,
) {
    let names: Vec<&str> = known.map(Identifier::as_str).collect();
    if !names.contains(&name.as_str()) {
        let suggestion = match nearest(name.as_str(), names.iter().copied()) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("write a [[{what}]] with this id"),
        };
        findings.error(path, format!("there is no {what} `{name}`"), Some(suggestion));
    }
}

fn places(site: &Site, findings: &mut Findings<'_>) {
    let rooms = || site.rooms.iter().map(|room| &room.id);
    for (number, rack) in site.racks.iter().enumerate() {
        let path = [Key("rack"), Item(number), Key("room")];
        known("room", &rack.room, rooms(), &path, findings);
    }
    for (number, room) in site.rooms.iter().enumerate() {
        let Some(zone) = &room.zone else { continue };
        let others = || site.rooms.iter().filter(|other| other.id != room.id);
        if others().any(|other| other.zone.as_ref() == Some(zone)) {
            continue;
        }
        let meant = nearest(
            zone.as_str(),
            others().filter_map(|other| other.zone.as_ref().map(Identifier::as_str)),
        );
        findings.warn(
            &[Key("room"), Item(number), Key("zone")],
            format!("room `{}` is alone in zone `{zone}`", room.id),
            meant.map(|meant| format!("did you mean `{meant}`?")),
        );
    }
    let mut seen = HashSet::new();
    for (number, sensor) in site.sensors.iter().enumerate() {
        let key = |name| [Key("sensor"), Item(number), Key(name)];
        if !seen.insert((&sensor.agent, &sensor.id)) {
            let message = format!(
                "sensor `{}` of agent `{}` is there twice",
                sensor.id, sensor.agent
            );
            findings.error(&key("id"), message, Some("give each its own id".to_owned()));
        }
        known("room", &sensor.room, rooms(), &key("room"), findings);
        if let Some(rack) = &sensor.rack {
            known(
                "rack",
                rack,
                site.racks.iter().map(|rack| &rack.id),
                &key("rack"),
                findings,
            );
            let elsewhere = site
                .racks
                .iter()
                .find(|own| own.id == *rack && own.room != sensor.room);
            if let Some(elsewhere) = elsewhere {
                let message = format!(
                    "rack `{rack}` is in room `{}`, not in `{}`",
                    elsewhere.room, sensor.room
                );
                findings.warn(&key("rack"), message, None);
            }
        }
    }
}

fn check_rule(site: &Site, number: usize, rule: &Rule, findings: &mut Findings<'_>) {
    let at = |path: &[Step<'static>]| [&[Key("rule"), Item(number)], path].concat();
    selector(site, &rule.select, &at(&[Key("select")]), findings);
    let before = findings.errors();
    rule.when.check(&mut Mistakes::of(site, rule, number, findings));
    if findings.errors() == before {
        possible::check(rule, &at(&[]), findings);
    }
    replaced::check(rule, &effective_rules(site), &at(&[Key("id")]), findings);
    if let Some(guard) = &rule.only_while {
        check_guard(site, guard, &at(&[Key("only_while")]), findings);
        if rule.not_while.contains(guard) {
            let message = format!(
                "rule `{}` never counts: `only_while` and `not_while` say the same",
                rule.id
            );
            let suggestion = Some("take one of the two away".to_owned());
            findings.error(&at(&[Key("not_while")]), message, suggestion);
        }
    }
    for (place, guard) in rule.not_while.iter().enumerate() {
        check_guard(site, guard, &at(&[Key("not_while"), Item(place)]), findings);
    }
    if rule.two_readings == Some(true) && rule.on_delay == Duration::ZERO {
        let message = format!("rule `{}` waits for nothing: it has no `on_delay`", rule.id);
        let suggestion = Some("write on_delay = \"10s\", or take `two_readings` away".to_owned());
        findings.error(&at(&[Key("two_readings")]), message, suggestion);
    }
    let rules = effective_rules(site);
    for (place, other) in rule.suppressed_by.iter().enumerate() {
        let path = at(&[Key("suppressed_by"), Item(place)]);
        known("rule", other, rules.iter().map(|own| &own.id), &path, findings);
    }
}

fn check_guard(site: &Site, guard: &Guard, path: &[Step<'_>], findings: &mut Findings<'_>) {
    let at = |key| [path, &[Key(key)]].concat();
    let quantity = guard.quantity;
    match (quantity.kind(), guard.value) {
        (Kind::Number, Bound::Is { .. }) => {
            let message = format!("{quantity} is a number, not a state");
            let suggestion =
                Some("write above = ... or below = ..., or take a quantity as ups-on-battery".to_owned());
            findings.error(&at("quantity"), message, suggestion);
        }
        (Kind::Boolean, Bound::Above { .. } | Bound::Below { .. }) => {
            let message = format!("{quantity} is a state, not a number");
            findings.error(&at("quantity"), message, Some("write is = true".to_owned()));
        }
        (Kind::Number, bound) => {
            let (low, high) = quantity.plausible();
            if !bound.is_passed(low) && !bound.is_passed(high) {
                let message = format!("{quantity} never is so: this rule can never hold");
                let suggestion = format!("its plausible range is {low} to {high} {}", quantity.unit());
                findings.error(path, message, Some(suggestion));
            }
        }
        (Kind::Boolean, Bound::Is { .. }) => {}
    }
    known_reach(site, &guard.reach, path, findings);
}

/// A sensor that must be placed, or a zone that some room must name.
pub(super) fn known_reach(site: &Site, reach: &Reach, path: &[Step<'_>], findings: &mut Findings<'_>) {
    let at = |key| [path, &[Key(key)]].concat();
    match reach {
        Reach::Named(name) => known_sensor(site, name, &at("sensor"), findings),
        Reach::Zone if site.rooms.iter().all(|room| room.zone.is_none()) => {
            let suggestion =
                "write zone = \"...\" in the [[room]]s that belong together, or within = \"room\"";
            findings.error(
                &at("within"),
                "no room of this site names a zone",
                Some(suggestion.to_owned()),
            );
        }
        _ => {}
    }
}

/// A sensor that must be placed.
pub(super) fn known_sensor(site: &Site, sensor: &SensorName, path: &[Step<'_>], findings: &mut Findings<'_>) {
    let names: Vec<String> = site
        .sensors
        .iter()
        .map(|own| format!("{}/{}", own.agent, own.id))
        .collect();
    let name = sensor.to_string();
    if !names.contains(&name) {
        let suggestion = match nearest(&name, names.iter().map(String::as_str)) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => "write a [[sensor]] with this agent and id".to_owned(),
        };
        findings.error(path, format!("there is no sensor `{sensor}`"), Some(suggestion));
    }
}

fn selector(site: &Site, select: &Selector, path: &[Step<'_>], findings: &mut Findings<'_>) {
    let at = |key, place| [path, &[Key(key), Item(place)]].concat();
    for (place, room) in select.rooms.iter().enumerate() {
        known(
            "room",
            room,
            site.rooms.iter().map(|room| &room.id),
            &at("rooms", place),
            findings,
        );
    }
    let mut whole = true;
    for (place, sensor) in select.sensors.iter().enumerate() {
        whole &= site.sensors.iter().any(|own| own.id == *sensor);
        known(
            "sensor",
            sensor,
            site.sensors.iter().map(|own| &own.id),
            &at("sensors", place),
            findings,
        );
    }
    for (place, agent) in select.agents.iter().enumerate() {
        // An agent may come that no sensor of this file belongs to.
        let agents: Vec<&str> = site.sensors.iter().map(|own| own.agent.as_str()).collect();
        if !agents.contains(&agent.as_str()) {
            let suggestion = nearest(agent.as_str(), agents).map(|meant| format!("did you mean `{meant}`?"));
            findings.warn(
                &at("agents", place),
                format!("no sensor of this site has the agent `{agent}`"),
                suggestion,
            );
            whole = false;
        }
    }
    let by_place = !(select.places.is_empty() && select.rooms.is_empty() && select.sensors.is_empty());
    if by_place && whole && !site.sensors.iter().any(|sensor| selects(site, select, sensor)) {
        let rule = match path.get(1) {
            Some(Item(number)) => site.rules.get(*number).map_or("", |rule| rule.id.as_str()),
            _ => "",
        };
        let suggestion = Some("look at its rooms, places, agents and sensors".to_owned());
        findings.warn(
            path,
            format!("rule `{rule}` selects no sensor of this site"),
            suggestion,
        );
    }
}

/// Whether a selector could take one of this sensor's series; which quantities it has is not known here.
fn selects(site: &Site, select: &Selector, sensor: &crate::site::Sensor) -> bool {
    let quantity = select
        .quantities
        .first()
        .copied()
        .unwrap_or(Quantity::Temperature);
    let agent = AgentName::new(site.site.id.clone(), sensor.agent.clone());
    let series = Series::new(agent, sensor.id.clone(), quantity);
    site.selects(select, &series)
}

fn check_service(site: &Site, number: usize, service: &Service, findings: &mut Findings<'_>) {
    let at = |path: &[Step<'static>]| [&[Key("service"), Item(number)], path].concat();
    if !(service.objective > 0.0 && service.objective <= 1.0) {
        let suggestion = "write 0.999 for 99.9 %".to_owned();
        findings.error(
            &at(&[Key("objective")]),
            "an objective is a ratio above 0 and at most 1",
            Some(suggestion),
        );
    }
    if service.until.is_some_and(|until| until <= service.since) {
        findings.error(
            &at(&[Key("until")]),
            "this service would end before it begins",
            None,
        );
    }
    for (key, windows) in [("hours", &service.hours), ("maintenance", &service.maintenance)] {
        for (place, window) in windows.iter().enumerate() {
            check_window(window, &at(&[Key(key), Item(place)]), findings);
        }
    }
    down::check(site, &service.down, &at(&[Key("down")]), findings);
}

fn check_window(window: &WeeklyWindow, path: &[Step<'_>], findings: &mut Findings<'_>) {
    let at = |key| [path, &[Key(key)]].concat();
    if window.days.is_empty() {
        let suggestion = Some("write days = [\"sat\", \"sun\"]".to_owned());
        findings.error(&at("days"), "a window needs at least one day", suggestion);
    }
    let suggestion = || Some("write length = \"4h\" or end = \"06:00\"".to_owned());
    match (window.length, window.end) {
        (Some(length), None) if length <= Duration::ZERO || length > WEEK => findings.error(
            &at("length"),
            "a window is longer than nothing and at most a week",
            Some("write it as \"4h\"".to_owned()),
        ),
        (Some(_), None) => {}
        (None, Some(end)) if end == window.start => findings.error(
            &at("end"),
            "a window that ends at the time of its start is a day long or nothing",
            Some("write length = \"24h\" for a day".to_owned()),
        ),
        (None, Some(_)) => {}
        (Some(_), Some(_)) => {
            findings.error(
                &at("end"),
                "a window has a length or an end, not both",
                suggestion(),
            );
        }
        (None, None) => findings.error(path, "a window needs a length or an end", suggestion()),
    }
}

fn channels(site: &Site, kinds: &[ChannelKind], findings: &mut Findings<'_>) {
    for (number, channel) in site.channels.iter().enumerate() {
        let at = |path: &[Step<'static>]| [&[Key("channel"), Item(number)], path].concat();
        for (place, person) in channel.people.iter().enumerate() {
            let people = site.people.iter().map(|own| &own.id);
            known(
                "person",
                person,
                people,
                &at(&[Key("people"), Item(place)]),
                findings,
            );
        }
        let names = || kinds.iter().map(|kind| kind.name);
        match kinds.iter().find(|kind| kind.name == channel.kind.as_str()) {
            Some(kind) if kind.to_people && channel.people.is_empty() => {
                let message = format!("a channel of kind `{}` needs people", kind.name);
                let suggestion = Some("write people = [\"...\"]".to_owned());
                findings.error(&at(&[Key("kind")]), message, suggestion);
            }
            Some(_) => {}
            None => {
                let suggestion = match nearest(channel.kind.as_str(), names()) {
                    Some(meant) => format!("did you mean `{meant}`?"),
                    None => format!("known here: {}", names().collect::<Vec<_>>().join(", ")),
                };
                let message = format!("`{}` is not a kind of channel", channel.kind);
                findings.error(&at(&[Key("kind")]), message, Some(suggestion));
            }
        }
    }
}
