//! What people are told of a contact that flips: few messages, and none that is missed.

use plenum_protocol::Timestamp;

use super::*;
use crate::fact::{Action, ActionKind};
use crate::oncall::{Heard, Listener, Reason, decide};

const WATER: &str = r#"
[site]
id = "s"
name = "S"
zone = "UTC"
[[person]]
id = "anna"
name = "Anna"
[[channel]]
id = "mail"
kind = "email"
people = ["anna"]
"#;

/// A leak detector under the built-in rules, and the messages of one channel: at which second, of what cause.
struct Leak {
    engine: Engine,
    number: u64,
    told: Vec<(i64, Cause)>,
    heard: Heard,
}

impl Leak {
    fn new() -> Self {
        let mut engine = Engine::new(Arc::new(toml::from_str(WATER).unwrap()));
        engine.reached_end(Timestamp::from_milliseconds(0));
        Self {
            engine,
            number: 0,
            told: Vec::new(),
            heard: Heard::Nothing,
        }
    }

    fn apply(&mut self, now: Timestamp, item: Item) {
        self.advance(now);
        self.number += 1;
        self.engine.apply(&Entry {
            number: self.number,
            received: now,
            items: vec![item],
        });
        self.advance(now);
    }

    fn advance(&mut self, now: Timestamp) {
        self.engine.advance(now);
        while let Some(effect) = self.engine.poll_effect() {
            let Effect::Transition { alarm, event } = effect else {
                continue;
            };
            let listener = Listener {
                takes: true,
                heard: self.heard,
                acted: event.cause == Cause::Acknowledged,
            };
            let reason = decide(&alarm, &event, listener);
            if alarm.rule.as_str() == "water" && !matches!(reason, Reason::No(_)) {
                self.heard = Heard::by(reason).unwrap_or(self.heard);
                self.told.push((event.at.milliseconds() / 1_000, event.cause));
            }
        }
    }

    /// Wet or dry from a second on, read each second before the next.
    fn is(&mut self, wet: bool, seconds: std::ops::Range<i64>) {
        for second in seconds {
            let at = Timestamp::from_milliseconds(second * 1_000);
            let readings = vec![StoredReading {
                channel: "leak/water".parse().unwrap(),
                at,
                outcome: Ok(f64::from(u8::from(wet))),
                claimed: None,
            }];
            self.apply(
                at,
                Item::Batch(Batch {
                    agent: "s/pi".parse().unwrap(),
                    position: Some(("r".to_owned(), self.number)),
                    newest: true,
                    readings,
                }),
            );
        }
    }

    fn acknowledge(&mut self, second: i64) {
        let at = Timestamp::from_milliseconds(second * 1_000);
        let alarm = self
            .engine
            .alarms()
            .find(|alarm| alarm.rule.as_str() == "water")
            .unwrap();
        let action = Action {
            alarm: alarm.id,
            kind: ActionKind::Acknowledge,
            actor: crate::authority::Actor::named("anna"),
            comment: String::new(),
            at,
            occurrence: None,
        };
        self.apply(at, Item::Action(action));
    }

    fn flips(&mut self, from: i64, times: i64) -> i64 {
        for time in 0..times {
            let at = from + 2 * time;
            self.is(true, at..at + 1);
            self.is(false, at + 1..at + 2);
        }
        from + 2 * times
    }
}

#[test]
fn water_that_never_stays_for_its_delay_is_told_once_as_chattering_and_when_it_is_quiet() {
    let mut leak = Leak::new();
    leak.is(false, 0..10);
    let end = leak.flips(10, 10);
    leak.is(false, end..end + 400);
    let causes: Vec<Cause> = leak.told.iter().map(|(_, cause)| *cause).collect();
    assert_eq!(causes, [Cause::Chattering, Cause::Quiet], "{:?}", leak.told);
    assert!(leak.told[0].0 <= 15, "{:?}", leak.told);
}

#[test]
fn what_chattered_and_stands_is_told_also_after_somebody_took_it() {
    let mut leak = Leak::new();
    leak.is(false, 0..10);
    let end = leak.flips(10, 10);
    leak.acknowledge(end);
    leak.is(false, end..end + 5);
    leak.is(true, end + 5..end + 60);
    let last = leak.told.last().copied();
    assert_eq!(
        last.map(|(_, cause)| cause),
        Some(Cause::Stands),
        "{:?}",
        leak.told
    );
    leak.is(true, end + 60..end + 900);
    assert_eq!(leak.told.last().copied(), last, "told once");
    leak.is(false, end + 900..end + 920);
    assert_eq!(leak.told.last().map(|(_, cause)| *cause), Some(Cause::Returned));
}

#[test]
fn what_is_raised_every_four_minutes_is_told_every_quarter_of_an_hour_or_so() {
    let mut leak = Leak::new();
    leak.is(false, 0..10);
    let mut at = leak.flips(10, 10);
    while at < 4 * 3_600 {
        leak.is(false, at..at + 235);
        leak.is(true, at + 235..at + 240);
        at += 240;
    }
    let raised = leak
        .told
        .iter()
        .filter(|(_, cause)| *cause == Cause::Raised)
        .count();
    assert!((13..=16).contains(&raised), "{:?}", leak.told);
    assert!(leak.told.len() <= 18, "{:?}", leak.told);
}
