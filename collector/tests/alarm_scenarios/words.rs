//! How a scenario says things, and how what came of it is said: times, values that move, sensors, and lines of the alarm log.

use plenum_core::alarms::{Alarm, CoverKind, Event, State, Subject};
use plenum_core::authority::Actor;
use plenum_core::fact::ExpectedSensor;
use plenum_core::work::WorkKind;
use plenum_protocol::{Channel, Duration, Timestamp};

/// A time of the story.
pub(crate) fn offset(text: &str) -> Duration {
    let parts: Vec<i64> = text
        .split(':')
        .map(|part| {
            part.parse()
                .unwrap_or_else(|_| panic!("`{text}` is not a valid time: write m:ss or h:mm:ss"))
        })
        .collect();
    let seconds = parts.iter().fold(0, |sum, part| sum * 60 + part);
    assert!(
        parts.len() >= 2,
        "`{text}` is not a valid time: write m:ss or h:mm:ss"
    );
    Duration::from_seconds(seconds)
}

/// The value of a repeated reading that moves: `21.0 to 25.0` in a straight line over the whole time, `21.0 towards 40.0 in 8min` as a room that
/// lost its cooling.
pub(crate) fn moved<'a>(words: &[&'a str], passed: Duration, whole: Duration) -> Option<(&'a str, String)> {
    let number = |text: &str| text.parse::<f64>().unwrap();
    let seconds = |duration: Duration| duration.milliseconds() as f64 / 1_000.0;
    let (channel, value) = match words {
        [channel, from, "to", to] => {
            let share = seconds(passed) / seconds(whole);
            (channel, number(from) + (number(to) - number(from)) * share)
        }
        [channel, from, "towards", end, "in", constant] => {
            let left = (-seconds(passed) / seconds(constant.parse().unwrap())).exp();
            (channel, number(end) - (number(end) - number(from)) * left)
        }
        _ => return None,
    };
    Some((channel, format!("{value:.2}")))
}

/// Kinds of alarms that work may cause, with commas between them.
pub(crate) fn kinds(text: &str) -> impl Iterator<Item = WorkKind> {
    text.split(',').map(|word| {
        let found = WorkKind::ALL.iter().find(|kind| kind.as_str() == word);
        *found.unwrap_or_else(|| panic!("`{word}` is not a valid kind of alarm"))
    })
}

pub(crate) fn expected(text: &str) -> ExpectedSensor {
    let (sensor, interval) = text.split_once('@').expect("write sensor/quantity@interval");
    let channel: Channel = sensor.parse().unwrap();
    ExpectedSensor {
        sensor: channel.sensor,
        driver: "simulated".to_owned(),
        quantities: vec![channel.quantity],
        interval: interval.parse().unwrap(),
    }
}

pub(crate) fn subject_words(subject: &Subject) -> String {
    match subject {
        Subject::Series(series) => series.channel.to_string(),
        Subject::Agent(name) => name.agent.to_string(),
        Subject::System(text) => text.clone(),
    }
}

/// What lies over it, else the alarm's own state.
pub(crate) fn standing(state: State, cover: Option<CoverKind>) -> &'static str {
    cover.map_or(state.as_str(), CoverKind::as_str)
}

pub(crate) fn word<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_value(value).unwrap().as_str().unwrap().to_owned()
}

/// A line of the alarm log. The last is when the story began by the clock of then.
pub(crate) fn event_words((alarm, event, start): &(Alarm, Event, Timestamp)) -> String {
    let mut line = format!(
        "{} {} {} {} -> {} {}",
        instant_words(*start, event.at),
        alarm.rule,
        subject_words(&alarm.subject),
        standing(event.from, event.from_cover),
        standing(event.to, event.to_cover),
        word(&event.cause)
    );
    if event.actor != Actor::Monitor {
        line += &format!(" by {}: {}", event.actor, event.comment);
    }
    line
}

fn instant_words(start: Timestamp, at: Timestamp) -> String {
    let total = at.since(start).milliseconds();
    let (minutes, seconds, rest) = (total / 60_000, total / 1_000 % 60, total % 1_000);
    match rest {
        0 => format!("{minutes}:{seconds:02}"),
        _ => format!("{minutes}:{seconds:02}.{rest:03}"),
    }
}
