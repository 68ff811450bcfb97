//! Properties of the whole core: the same readings give the same events, however they are cut, mixed and interrupted.

mod around;
mod changed;
mod clocks;
mod cut_off;
mod elsewhere;
mod held;
mod life;
mod many;
mod revised;
mod steps;
mod together;
mod told;
mod unwatched;
mod works;

use std::collections::BTreeMap;
use std::sync::Arc;

use plenum_protocol::{AgentName, Channel, Duration, Fault, Outcome, Timestamp};
use proptest::prelude::*;

use super::{Effect, Engine};
use crate::alarms::{Cause, Event, State, Subject};
use crate::fact::{Batch, Entry, Item, StoredReading};
use crate::site::{Priority, Site};

/// So many seconds into a story of one house.
fn second(count: i64) -> Timestamp {
    Timestamp::from_milliseconds(1_000_000) + Duration::from_seconds(count)
}

const SITE: &str = r#"
[site]
id = "s"
name = "S"
zone = "UTC"
[[rule]]
id = "plain"
name = "Plain"
when = { above = { limit = 27, deadband = 1 } }
priority = "low"
[[rule]]
id = "delayed"
name = "Delayed"
when = { above = { limit = 25, deadband = 2 } }
on_delay = "25s"
off_delay = "45s"
priority = "high"
[[rule]]
id = "cold"
name = "Cold"
when = { below = { limit = 21 } }
on_delay = "10s"
priority = "medium"
[[rule]]
id = "rises"
name = "Rises"
when = { rises = { by = 4, within = "2min", above = 20, deadband = 1 } }
on_delay = "15s"
off_delay = "15s"
priority = "high"
[[rule]]
id = "falls"
name = "Falls"
when = { falls = { by = 3, within = "1min" } }
priority = "high"
[[rule]]
id = "moves"
name = "Moves"
when = { any = [{ all = [{ rises = { by = 3, within = "1min" } }, { not = { below = { limit = 24 } } }] }, { falls = { by = 5, within = "2min" } }] }
off_delay = "15s"
priority = "high"
[[rule]]
id = "soon"
name = "Soon"
when = { forecast = { limit = 30, within = "10min" } }
priority = "high"
"#;

const SERIES: usize = 3;

/// Seconds since the last reading, and what it gave: a value around the limits, or a fault.
type Story = Vec<Vec<(i64, Option<i8>)>>;

fn stories() -> impl Strategy<Value = Story> {
    let reading = (
        prop_oneof![8 => 1..20_i64, 1 => 60..200_i64],
        prop::option::weighted(0.9, 18..31_i8),
    );
    prop::collection::vec(prop::collection::vec(reading, 0..60), SERIES)
}

/// The readings of each series, in the order of their instants.
fn readings(story: &Story) -> Vec<Vec<StoredReading>> {
    let mut all = Vec::new();
    for (number, steps) in story.iter().enumerate() {
        let channel: Channel = format!("inlet-{number}/temperature").parse().unwrap();
        let mut at = 1_000_000;
        let mut list = Vec::new();
        for (gap, value) in steps {
            at += gap * 1_000;
            let outcome: Outcome = value.map(f64::from).ok_or(Fault::Timeout);
            list.push(StoredReading {
                channel: channel.clone(),
                at: Timestamp::from_milliseconds(at),
                outcome,
                claimed: None,
            });
        }
        all.push(list);
    }
    all
}

#[test]
fn a_site_without_a_revision_sees_what_its_built_in_rules_look_at() {
    let mut engine = Engine::new(Arc::new(Site::unconfigured()));
    let mut player = Player::default();
    let at = Timestamp::from_milliseconds(1_000_000);
    engine.reached_end(at);
    let reading = |channel: &str, value: f64| StoredReading {
        channel: channel.parse().unwrap(),
        at,
        outcome: Ok(value),
        claimed: None,
    };
    let readings = vec![
        reading("ups/ups-on-battery", 1.0),
        reading("ups/battery-runtime", 200.0),
    ];
    player.send(&mut engine, readings, at, true);
    let subject = "s/a/ups/battery-runtime".to_owned();
    assert!(
        player
            .log
            .contains_key(&("ups-runtime-very-low".to_owned(), subject))
    );
}

fn site() -> Arc<Site> {
    Arc::new(toml::from_str(SITE).unwrap())
}

fn engine() -> Engine {
    let mut engine = Engine::new(site());
    engine.reached_end(Timestamp::from_milliseconds(1_000_000));
    engine
}

/// What was logged about each alarm, in its order.
type Log = BTreeMap<(String, String), Vec<(i64, State, State, Cause)>>;

#[derive(Default)]
struct Player {
    number: u64,
    log: Log,
}

impl Player {
    fn note(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            if let Effect::Transition { alarm, event } = effect {
                let Event {
                    at, from, to, cause, ..
                } = event;
                let subject = match alarm.subject {
                    Subject::Series(series) => series.to_string(),
                    Subject::Agent(agent) => agent.to_string(),
                    Subject::System(word) => word,
                };
                self.log
                    .entry((alarm.rule.to_string(), subject))
                    .or_default()
                    .push((at.milliseconds(), from, to, cause));
            }
        }
    }

    fn send(&mut self, engine: &mut Engine, readings: Vec<StoredReading>, received: Timestamp, newest: bool) {
        self.number += 1;
        let entry = Entry {
            number: self.number,
            received,
            items: vec![Item::Batch(Batch {
                agent: AgentName {
                    site: "s".parse().unwrap(),
                    agent: "a".parse().unwrap(),
                },
                position: Some(("r".to_owned(), self.number)),
                newest,
                readings,
            })],
        };
        engine.apply(&entry);
        let effects = std::iter::from_fn(|| engine.poll_effect()).collect();
        self.note(effects);
    }
}

/// Everything at once, series after series, never looking at a clock.
fn replayed(story: &Story) -> Log {
    let mut engine = engine();
    let mut player = Player::default();
    for list in readings(story) {
        player.send(&mut engine, list, Timestamp::from_milliseconds(1_000_000), true);
    }
    player.log
}

/// Cuts off what a live engine could decide only later than the last reading: the replay has no clock.
fn until_last_reading(log: Log, story: &Story) -> Log {
    let last: BTreeMap<String, i64> = readings(story)
        .iter()
        .filter_map(|list| list.last())
        .map(|reading| (format!("s/a/{}", reading.channel), reading.at.milliseconds()))
        .collect();
    let mut cut: Log = log
        .into_iter()
        .map(|((rule, series), mut events)| {
            events.retain(|(at, ..)| *at <= last[&series]);
            ((rule, series), events)
        })
        .collect();
    cut.retain(|(rule, _), events| !events.is_empty() && rule != "no-data");
    cut
}

proptest! {
    #[test]
    fn replay_equals_live(story in stories(), restart_every in 1_usize..40) {
        let mut all: Vec<StoredReading> = readings(&story).into_iter().flatten().collect();
        all.sort_by_key(|reading| reading.at);
        let mut engine = engine();
        let mut player = Player::default();
        for (count, reading) in all.into_iter().enumerate() {
            let now = reading.at;
            while let Some(wakeup) = engine.next_wakeup().filter(|wakeup| *wakeup <= now) {
                engine.advance(wakeup);
        let effects = std::iter::from_fn(|| engine.poll_effect()).collect();
                player.note(effects);
                if engine.next_wakeup() == Some(wakeup) {
                    break;
                }
            }
            player.send(&mut engine, vec![reading], now, true);
            if count % restart_every == 0 {
                let text = serde_json::to_string(&engine.snapshot()).unwrap();
                engine = Engine::restore(serde_json::from_str(&text).unwrap(), site());
            }
        }
        prop_assert_eq!(until_last_reading(player.log, &story), until_last_reading(replayed(&story), &story));
    }

    #[test]
    fn batches_may_be_cut_and_series_mixed_in_any_way(story in stories(), cuts in prop::collection::vec((0..SERIES, 1_usize..9), 0..200)) {
        let mut lists = readings(&story);
        let mut engine = engine();
        let mut player = Player::default();
        let now = Timestamp::from_milliseconds(1_000_000);
        for (series, count) in cuts {
            let count = count.min(lists[series].len());
            let batch = lists[series].drain(..count).collect();
            player.send(&mut engine, batch, now, false);
        }
        for rest in lists {
            player.send(&mut engine, rest, now, false);
        }
        prop_assert_eq!(player.log, replayed(&story));
    }

    #[test]
    fn raise_and_return_alternate(story in stories()) {
        for (alarm, events) in replayed(&story) {
            let (mut active, mut chatters) = (false, false);
            for (_, _, _, cause) in events {
                match cause {
                    Cause::Raised => prop_assert!(!std::mem::replace(&mut active, true), "{alarm:?}"),
                    Cause::Returned => prop_assert!(std::mem::replace(&mut active, false), "{alarm:?}"),
                    Cause::Chattering => prop_assert!(active && !std::mem::replace(&mut chatters, true), "{alarm:?}"),
                    Cause::Stands => prop_assert!(active && chatters, "{alarm:?}"),
                    Cause::Quiet => prop_assert!(std::mem::replace(&mut chatters, false), "{alarm:?}"),
                    other => prop_assert!(false, "{alarm:?}: {other:?}"),
                }
            }
        }
    }
}

/// What came late, of a detector that said the opposite at `newest` already.
fn told_late(channel: &str, value: f64) -> Vec<(String, Priority, State)> {
    let at = |minute: i64| Timestamp::from_milliseconds(1_000_000 + minute * 60_000);
    let mut engine = Engine::new(Arc::new(Site::unconfigured()));
    engine.reached_end(at(0));
    let readings = [(50, 0, 1.0 - value), (10, 0, value), (10, 30, value)];
    for (number, (minute, second, value)) in (1..).zip(readings) {
        let reading = StoredReading {
            channel: channel.parse().unwrap(),
            at: at(minute) + Duration::from_seconds(second),
            outcome: Ok(value),
            claimed: None,
        };
        engine.apply(&Entry {
            number,
            received: at(50) + Duration::from_seconds(second),
            items: vec![Item::Batch(Batch {
                agent: "s/a".parse().unwrap(),
                position: None,
                newest: true,
                readings: vec![reading],
            })],
        });
    }
    let stands = engine.alarms().filter(|alarm| alarm.is_open());
    let stands = stands.map(|alarm| (alarm.rule.to_string(), alarm.priority, alarm.state));
    stands.collect()
}

#[test]
fn what_comes_forty_minutes_late_is_told_with_its_own_priority() {
    use Priority::{Critical, High};
    let told = |rule: &str, priority| vec![(rule.to_owned(), priority, State::ActiveUnacknowledged)];
    assert_eq!(told_late("hall/smoke", 1.0), told("smoke", Critical));
    assert_eq!(told_late("leak/water", 1.0), told("water", Critical));
    assert_eq!(told_late("feed/mains-present", 0.0), told("mains-lost", High));
}
