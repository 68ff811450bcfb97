//! A trial says what the engine did: the same stories through both, and the comparison of two revisions.

mod comparison;
mod live;
mod rules;
mod story;

use std::collections::BTreeMap;
use std::sync::Arc;

use plenum_protocol::{Outcome, Series, Timestamp};

use super::*;
use crate::site::Site;

/// The readings of each series, by its place among the sources.
type Readings = Vec<Vec<(Timestamp, Outcome)>>;

fn site(text: &str) -> Arc<Site> {
    Arc::new(toml::from_str(text).unwrap())
}

fn second(count: i64) -> Timestamp {
    Timestamp::from_milliseconds(count * 1_000)
}

/// Runs a plan as whoever keeps the readings would, in parts as they may be stored.
fn run(plan: &Plan, readings: &Readings, part: usize) -> Alarms {
    plan.alarms([alone(plan, readings, part), together(plan, readings)].concat())
}

/// What is folded series by series.
fn alone(plan: &Plan, readings: &Readings, part: usize) -> Vec<Decided> {
    let mut decided = Vec::new();
    for task in plan.tasks() {
        if let Task::Alone(source) = task {
            let mut alone = plan.alone(*source);
            for part in readings[*source].chunks(part) {
                alone.readings(part);
            }
            decided.extend(alone.finish());
        }
    }
    decided
}

/// What is folded in the order of instants.
fn together(plan: &Plan, readings: &Readings) -> Vec<Decided> {
    let mut decided = Vec::new();
    for task in plan.tasks() {
        if let Task::Together(sources) = task {
            let mut together = plan.together(sources);
            let mut merged: Vec<(Timestamp, usize, Outcome)> = Vec::new();
            for source in sources {
                let own = readings[*source].iter();
                merged.extend(own.map(|(at, outcome)| (*at, *source, *outcome)));
            }
            merged.sort_by_key(|(at, source, _)| (*at, *source));
            for (at, source, outcome) in merged {
                together.reading(source, at, outcome);
            }
            decided.extend(together.finish());
        }
    }
    decided
}

/// When each alarm stood, in milliseconds, by rule and subject.
type Told = BTreeMap<(String, String), Vec<(i64, Option<i64>)>>;

fn told(alarms: &[Alarm]) -> Told {
    let mut told = Told::new();
    for alarm in alarms {
        let subject = match &alarm.subject {
            crate::alarms::Subject::Series(series) => series.to_string(),
            crate::alarms::Subject::Agent(agent) => agent.to_string(),
            crate::alarms::Subject::System(word) => word.clone(),
        };
        let times = (
            alarm.stood.from.milliseconds(),
            alarm.stood.to.map(Timestamp::milliseconds),
        );
        told.entry((alarm.rule.id.to_string(), subject))
            .or_default()
            .push(times);
    }
    told
}

fn series(text: &str) -> Series {
    text.parse().unwrap()
}
