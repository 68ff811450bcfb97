//! What supplies whom: sensors, rooms and agents that exist, each thing said once.

use std::collections::HashSet;

use plenum_protocol::config_error::nearest;

use super::known;
use crate::site::Site;
use crate::site::parse::{Findings, Step};
use Step::{Item, Key};

pub(super) fn check(site: &Site, findings: &mut Findings<'_>) {
    let mut seen = HashSet::new();
    let sensors = || {
        let names = site.sensors.iter();
        names.map(|sensor| format!("{}/{}", sensor.agent, sensor.id))
    };
    for (number, supply) in site.supplies.iter().enumerate() {
        let at = |path: &[Step<'static>]| [&[Key("supply"), Item(number)], path].concat();
        let from = supply.from.to_string();
        if !sensors().any(|name| name == from) {
            let names: Vec<String> = sensors().collect();
            let suggestion = match nearest(&from, names.iter().map(String::as_str)) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => "place it with a [[sensor]]".to_owned(),
            };
            let message = format!("there is no sensor `{from}`");
            findings.error(&at(&[Key("from")]), message, Some(suggestion));
        }
        if !seen.insert(from.clone()) {
            let message = format!("what `{from}` supplies is said twice");
            let suggestion = Some("write its rooms and agents into one [[supply]]".to_owned());
            findings.error(&at(&[Key("from")]), message, suggestion);
        }
        if supply.rooms.is_empty() && supply.agents.is_empty() {
            let message = format!("`{from}` supplies nothing");
            let suggestion = Some("name its rooms or agents, or leave it out".to_owned());
            findings.warn(&at(&[Key("from")]), message, suggestion);
        }
        for (place, room) in supply.rooms.iter().enumerate() {
            let rooms = site.rooms.iter().map(|room| &room.id);
            known("room", room, rooms, &at(&[Key("rooms"), Item(place)]), findings);
        }
        for (place, agent) in supply.agents.iter().enumerate() {
            if site.sensors.iter().any(|sensor| sensor.agent == *agent) {
                continue;
            }
            let names = site.sensors.iter().map(|sensor| sensor.agent.as_str());
            let meant = nearest(agent.as_str(), names).map(|meant| format!("did you mean `{meant}`?"));
            let message = format!("no sensor of an agent `{agent}` is placed");
            findings.warn(&at(&[Key("agents"), Item(place)]), message, meant);
        }
    }
}
