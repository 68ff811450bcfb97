//! What must hold of a service's "down": names that exist, rules that tell of an outage, and sensors enough to make it true.

use plenum_protocol::{AgentName, Channel, Quantity, Series};

use super::{known, known_sensor};
use crate::site::parse::Findings;
use crate::site::parse::Step::{self, Item, Key};
use crate::site::{Down, Place, Rule, Sensor, Site, Watches, effective_rules};

/// Adds what is wrong with a condition to the findings.
pub(super) fn check(site: &Site, condition: &Down, path: &[Step<'_>], findings: &mut Findings<'_>) {
    let at = |keys: &[Step<'static>]| [path, keys].concat();
    match condition {
        Down::Any(list) => parts(site, list, &at(&[Key("any")]), findings),
        Down::All(list) => parts(site, list, &at(&[Key("all")]), findings),
        Down::Rule {
            rule,
            room,
            sensor,
            at_least,
        } => {
            let rules = effective_rules(site);
            let rule_path = at(&[Key("rule"), Key("rule")]);
            known(
                "rule",
                rule,
                rules.iter().map(|own| &own.id),
                &rule_path,
                findings,
            );
            if let Some(room) = room {
                let rooms = site.rooms.iter().map(|own| &own.id);
                known("room", room, rooms, &at(&[Key("rule"), Key("room")]), findings);
            }
            if let Some(sensor) = sensor {
                known_sensor(site, sensor, &at(&[Key("rule"), Key("sensor")]), findings);
            }
            let Some(rule) = rules.iter().find(|own| own.id == *rule) else {
                return;
            };
            if let Some((message, suggestion)) = says_nothing(rule) {
                findings.error(&rule_path, message, Some(suggestion.to_owned()));
                return;
            }
            let path = at(&[Key("rule"), Key("at_least")]);
            let most = most(site, rule, condition);
            if *at_least == 0 {
                let suggestion = Some("write 1 or more".to_owned());
                findings.error(&path, "at least 0 is always true", suggestion);
            } else if let Some(most) = most.filter(|most| *most < *at_least) {
                let id = &rule.id;
                let (path, message) = match most {
                    0 => (
                        rule_path,
                        format!("rule `{id}` watches no sensor there: this can never be true"),
                    ),
                    _ => {
                        let message = format!(
                            "at least {at_least} of {most} that rule `{id}` watches there can never be true"
                        );
                        (path, message)
                    }
                };
                let suggestion = "look at the rule's select, and at the room and place of each [[sensor]]";
                findings.error(&path, message, Some(suggestion.to_owned()));
            }
        }
    }
}

fn parts(site: &Site, list: &[Down], path: &[Step<'_>], findings: &mut Findings<'_>) {
    if list.is_empty() {
        findings.error(path, "a list of conditions needs at least one", None);
    }
    for (place, part) in list.iter().enumerate() {
        check(site, part, &[path, &[Item(place)]].concat(), findings);
    }
}

/// Why a rule cannot mean that a service is down, and what to do.
fn says_nothing(rule: &Rule) -> Option<(String, &'static str)> {
    let id = &rule.id;
    if !rule.enabled {
        let message = format!("rule `{id}` is switched off: this can never be true");
        return Some((message, "switch it on, or name another rule"));
    }
    match rule.when.watches() {
        Watches::Silence | Watches::Agents => {
            let message = format!("rule `{id}` is about missing data, which is unknown and never down");
            Some((message, "name a rule about a value or a state"))
        }
        Watches::Monitor(_) => {
            let message = format!("rule `{id}` is about the monitor itself, not about the service");
            Some((message, "name a rule about a value or a state"))
        }
        Watches::Numbers | Watches::States if !rule.when.is_of_an_instant() => {
            let message =
                format!("rule `{id}` is about days or about what is ahead: nothing is down by it yet");
            Some((message, "name a rule about a value or a state"))
        }
        Watches::Numbers | Watches::States => None,
    }
}

/// How many series the rule can watch there at most; none where sensors count that the site does not place.
fn most(site: &Site, rule: &Rule, condition: &Down) -> Option<usize> {
    let Down::Rule { room, sensor, .. } = condition else {
        return None;
    };
    let select = &rule.select;
    let of_placed_only = room.is_some()
        || sensor.is_some()
        || !select.rooms.is_empty()
        || !(select.places.is_empty() || select.places.contains(&Place::Other));
    let looked_at = |placed: &&Sensor| {
        room.as_ref().is_none_or(|room| placed.room == *room)
            && sensor
                .as_ref()
                .is_none_or(|name| name.agent == placed.agent && name.sensor == placed.id)
    };
    let series = |placed: &Sensor, quantity: Quantity| Series {
        agent: AgentName::new(site.site.id.clone(), placed.agent.clone()),
        channel: Channel {
            sensor: placed.id.clone(),
            quantity,
        },
    };
    let of_sensor = |placed: &Sensor| {
        let quantities = Quantity::ALL.iter();
        let watched = quantities.filter(|quantity| site.watches(rule, &series(placed, **quantity)));
        watched.count()
    };
    of_placed_only.then(|| site.sensors.iter().filter(looked_at).map(of_sensor).sum())
}
