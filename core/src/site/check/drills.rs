//! Drills: each once, through an agent that the site names, within times that can be kept, and under a name that no sensor of it has.

use std::collections::BTreeSet;

use plenum_protocol::config_error::nearest;
use plenum_protocol::{Duration, Identifier};

use super::once;
use crate::site::Site;
use crate::site::parse::{Findings, Step};
use Step::{Item, Key};

/// Nobody finds their telephone, reads and answers sooner.
const SHORTEST: Duration = Duration::from_minutes(1);
/// Its agent ends it after two hours.
const LONGEST: Duration = Duration::from_minutes(90);

pub(super) fn check(site: &Site, findings: &mut Findings<'_>) {
    once("drill", site.drills.iter().map(|drill| &drill.id), findings);
    let agents: BTreeSet<&Identifier> = site.sensors.iter().map(|sensor| &sensor.agent).collect();
    for (number, drill) in site.drills.iter().enumerate() {
        let at = |key| [Key("drill"), Item(number), Key(key)];
        if !agents.contains(&drill.agent) {
            let meant = nearest(drill.agent.as_str(), agents.iter().map(|agent| agent.as_str()));
            let message = format!("no [[sensor]] of the site is read by an agent `{}`", drill.agent);
            findings.warn(
                &at("agent"),
                message,
                meant.map(|meant| format!("did you mean `{meant}`?")),
            );
        }
        let is_taken = |sensor: &&crate::site::Sensor| sensor.agent == drill.agent && sensor.id == drill.id;
        if site.sensors.iter().any(|sensor| is_taken(&sensor)) {
            let message = format!(
                "agent `{}` has a sensor `{}`: its readings would be taken for the drill's",
                drill.agent, drill.id
            );
            findings.error(
                &at("id"),
                message,
                Some("give the drill an id of its own".to_owned()),
            );
        }
        if drill.within < SHORTEST || drill.within > LONGEST {
            let suggestion = Some("write within = \"15min\"".to_owned());
            findings.error(
                &at("within"),
                "`within` is at least 1 min and at most 90 min",
                suggestion,
            );
        }
    }
    for (number, rule) in site.rules.iter().enumerate() {
        if let Some(place) = rule.suppressed_by.iter().position(|by| by.as_str() == "drill") {
            let path = [Key("rule"), Item(number), Key("suppressed_by"), Item(place)];
            let suggestion = Some("take it away".to_owned());
            findings.error(&path, "a drill hides no alarm", suggestion);
        }
    }
}
