//! What was judged: the alarm log is what the pure engine makes of the same readings.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use plenum_core::alarms::{Effect, Engine, Subject};
use plenum_core::fact::{Batch, Entry, Item, Presence, StoredReading};
use plenum_core::site::Site;
use plenum_protocol::{AgentName, Series, Timestamp};
use serde_json::Value;

use crate::support::fleet::Stored;
use crate::support::server::Server;

/// Rules with and without delays beside the built-in ones, which raise smoke, water and the fault contacts.
pub(crate) const SITE: &str = r#"
[site]
id = "storm"
name = "Storm"
zone = "UTC"
[[rule]]
id = "warm"
name = "Warm"
select = { quantities = ["temperature"] }
when = { above = { limit = 30, deadband = 2 } }
priority = "medium"
[[rule]]
id = "damp"
name = "Damp"
select = { quantities = ["humidity"] }
when = { above = { limit = 70, deadband = 5 } }
on_delay = "3s"
off_delay = "4s"
priority = "high"
[[rule]]
id = "thin"
name = "Thin"
select = { quantities = ["pressure"] }
when = { below = { limit = 95000, deadband = 500 } }
on_delay = "5s"
priority = "low"
[[rule]]
id = "strong"
name = "Strong"
select = { quantities = ["current"] }
when = { above = { limit = 16, deadband = 1 } }
off_delay = "3s"
priority = "low"
"#;

/// An alarm's transition, by the readings' time.
pub(crate) type Transition = (String, String, String, String, String, String);

/// Says which transitions were logged without reason and which are missing.
pub(crate) fn compare_alarms(spooled: &Stored, server: &Server, begin: Timestamp) -> Result<(), String> {
    let (found, expected) = (logged(server, begin), replayed(spooled));
    if found == expected {
        return Ok(());
    }
    let few = |list: &[Transition], other: &[Transition]| {
        let mut left = other.to_vec();
        let mut words = String::new();
        let mut count = 0;
        for transition in list {
            match left.iter().position(|one| one == transition) {
                Some(place) => drop(left.swap_remove(place)),
                None => {
                    count += 1;
                    if count <= 12 {
                        let _ = write!(words, "\n    {transition:?}");
                    }
                }
            }
        }
        format!("{count}{words}")
    };
    Err(format!(
        "{} transitions logged, {} expected; logged without reason: {}\n  missing: {}",
        found.len(),
        expected.len(),
        few(&found, &expected),
        few(&expected, &found)
    ))
}

/// The alarm log of everything that is about a series, in a fixed order.
pub(crate) fn logged(server: &Server, begin: Timestamp) -> Vec<Transition> {
    let alarms: BTreeMap<u64, Value> = server
        .items("alarms?state=all")
        .into_iter()
        .map(|alarm| (alarm["id"].as_u64().expect("a number"), alarm))
        .collect();
    let from = begin.milliseconds() - 60_000;
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut log: Vec<Transition> = server
        .items(&format!("alarms/events?from={from}&to={}", from + 3_600_000))
        .iter()
        .filter_map(|event| {
            let alarm = &alarms[&event["alarm"].as_u64()?];
            let series = alarm["series"].as_str()?.to_owned();
            Some((
                series,
                word(&event["at"]),
                word(&alarm["rule"]),
                word(&event["from"]),
                word(&event["to"]),
                word(&event["cause"]),
            ))
        })
        .collect();
    log.sort();
    log
}

/// What the pure engine says when it is given the same readings in the order in which they were measured.
fn replayed(spooled: &Stored) -> Vec<Transition> {
    let site: Arc<Site> = Arc::new(toml::from_str(SITE).unwrap());
    let mut by_agent: BTreeMap<AgentName, BTreeMap<Timestamp, Vec<StoredReading>>> = BTreeMap::new();
    for (series, readings) in spooled {
        for (at, outcome) in readings {
            let reading = StoredReading {
                channel: series.channel.clone(),
                at: *at,
                outcome: *outcome,
                claimed: None,
            };
            let ticks = by_agent.entry(series.agent.clone()).or_default();
            ticks.entry(*at).or_default().push(reading);
        }
    }
    let mut engine = Engine::new(site.clone());
    engine.prepare(1, site);
    let mut log = Log::default();
    log.enter(&mut engine, Timestamp::MIN, Item::Revision(1));
    let mut last = Timestamp::MIN;
    for (agent, ticks) in &by_agent {
        for (at, readings) in ticks {
            last = last.max(*at);
            let batch = Batch {
                agent: agent.clone(),
                position: None,
                newest: true,
                readings: readings.clone(),
            };
            log.enter(&mut engine, *at, Item::Batch(batch));
        }
    }
    for agent in by_agent.into_keys() {
        let presence = Presence {
            agent,
            online: false,
            clock_synchronised: true,
            sensors: Vec::new(),
        };
        log.enter(&mut engine, last, Item::Presence(presence));
    }
    log.transitions.sort();
    log.transitions
}

#[derive(Default)]
struct Log {
    number: u64,
    transitions: Vec<Transition>,
}

impl Log {
    fn enter(&mut self, engine: &mut Engine, received: Timestamp, item: Item) {
        self.number += 1;
        let entry = Entry {
            number: self.number,
            received,
            items: vec![item],
        };
        engine.apply(&entry);
        while let Some(effect) = engine.poll_effect() {
            if let Effect::Transition { alarm, event } = effect
                && let Subject::Series(series) = &alarm.subject
            {
                let word = |state| serde_json::to_value(state).unwrap().as_str().unwrap().to_owned();
                self.transitions.push((
                    Series::to_string(series),
                    event.at.to_string(),
                    alarm.rule.to_string(),
                    word(event.from),
                    word(event.to),
                    serde_json::to_value(event.cause)
                        .unwrap()
                        .as_str()
                        .unwrap()
                        .to_owned(),
                ));
            }
        }
    }
}
