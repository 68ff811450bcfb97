//! May this input be silent now, and since when is it unknown? The one place that answers; alarms, gaps, windows, availability, API and screens ask
//! here. Pure.
//!
//! An input is known until its last good reading plus the silence limit, and unknown after that until the next: three intervals, at least a
//! minute. The interval is what was expected *then*: each change has an instant, and nothing that is said today changes what was known before.
//!
//! | expected | by whom | limit |
//! |---|---|---|
//! | told | the agent's status lists it | three intervals, at least a minute |
//! | learned | nobody says it, the publisher has shown its spacing ([`Spacing`]) | the same |
//! | not yet | nobody says it, and it was read too few times to tell | a quarter of an hour |
//! | no longer | a revision took its sensor away | it stays unknown; its silence is nobody's concern |
//!
//! What is said of a series before its first reading also holds of whatever comes from before that: an agent that was cut off tells of itself first.
//! While a reading is awaited the limit may change: what comes later is allowed the longer of both counted from the reading, and a shorter one has
//! its own length from the change. So a mad publisher that says another interval each second gains nothing beyond its longest.

mod behind;
mod knowledge;
mod silence;
mod spacing;

pub use behind::Behind;
pub use knowledge::{Heard, Knowledge};
pub use silence::Silence;
pub use spacing::Spacing;

use plenum_protocol::{AgentName, Channel, Duration, Identifier, Timestamp};
use serde::{Deserialize, Serialize};

use crate::fact::ExpectedSensor;
use crate::site::Site;

/// How many intervals may pass without a reading.
const INTERVALS: i64 = 3;
/// No silence is shorter.
const LEAST: Duration = Duration::from_seconds(60);
/// What may pass between two readings of a series about which nobody has said anything yet.
const NOT_YET: Duration = Duration::from_minutes(15);
/// Changes that are remembered of a series.
const ERAS: usize = 64;

/// Why a series is expected. The numbers stand in the journal and are never used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Why {
    /// Its agent's status lists it.
    Told = 1,
    /// It has shown how often it comes.
    Learned = 2,
}

impl Why {
    /// The number in the journal.
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// What a number of the journal means; none for a later program's.
    pub const fn from_number(number: u8) -> Option<Self> {
        match number {
            1 => Some(Self::Told),
            2 => Some(Self::Learned),
            _ => None,
        }
    }
}

/// How often a series is expected, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expected {
    /// From one reading to the next; above 0.
    pub interval: Duration,
    /// Who says so.
    pub why: Why,
}

impl Expected {
    /// How long it may be silent.
    pub fn silence_limit(self) -> Duration {
        let intervals = self.interval.milliseconds().saturating_mul(INTERVALS);
        Duration::from_milliseconds(intervals).max(LEAST)
    }
}

/// A stretch of time in which the same is expected; it lasts until the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Era {
    /// Its first instant; for ever before, where nothing was read yet when it was said.
    pub from: Timestamp,
    /// When it was said; none by a program that did not keep it.
    pub said: Option<Timestamp>,
    /// None: nothing any more.
    pub expected: Option<Expected>,
}

/// What is and was expected of one series.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expectation {
    /// In the order of their instants, each other than the one before it.
    eras: Vec<Era>,
}

impl Expectation {
    /// Brings what is expected now near.
    pub(crate) fn glance(&self) {
        std::hint::black_box(self.eras.last().map(|era| era.from));
    }

    /// What somebody says that holds for ever.
    pub fn told(interval: Duration) -> Self {
        let expected = Expected {
            interval,
            why: Why::Told,
        };
        Self {
            eras: vec![Era {
                from: Timestamp::MIN,
                said: None,
                expected: Some(expected),
            }],
        }
    }

    /// Somebody says at an instant what is expected from there on. One from before the newest, by a clock that was set back, is of the newest's
    /// instant. Gives the era that begins with it; none if the same was expected before.
    pub fn change(&mut self, said: Timestamp, expected: Option<Expected>, has_readings: bool) -> Option<Era> {
        let from = match self.eras.last() {
            None if !has_readings => Timestamp::MIN,
            None => said,
            Some(last) => said.max(last.from),
        };
        let era = Era {
            from,
            said: Some(said),
            expected,
        };
        self.put(era).then_some(era)
    }

    /// An era as it was written down, after those before it. Gives whether it is another than the last.
    pub fn put(&mut self, era: Era) -> bool {
        if self.eras.last().is_some_and(|last| last.expected == era.expected) {
            return false;
        }
        self.eras.pop_if(|last| last.from == era.from);
        if self.eras.len() == ERAS {
            self.eras.remove(0);
        }
        self.eras.push(era);
        true
    }

    /// What is expected now.
    pub fn now(&self) -> Option<Expected> {
        self.eras.last()?.expected
    }

    /// Whether a revision or a person took it away, and nobody has said anything since.
    pub fn is_retired(&self) -> bool {
        self.eras.last().is_some_and(|last| last.expected.is_none())
    }

    /// The changes, in order.
    pub fn eras(&self) -> &[Era] {
        &self.eras
    }

    /// How often it was expected at this instant; none where nobody had said so.
    pub fn interval(&self, at: Timestamp) -> Option<Duration> {
        Some(self.in_force(at)?.expected?.interval)
    }

    /// How long it may be silent after a reading at this instant, as long as nothing changes.
    pub fn silence_limit(&self, at: Timestamp) -> Duration {
        limit(self.in_force(at))
    }

    /// The longest silence that was ever allowed: what lies further back than that matters no more.
    pub fn longest_limit(&self) -> Duration {
        let limits = self.eras.iter().map(|era| limit(Some(era)));
        limits.max().map_or(NOT_YET, |longest| longest.max(NOT_YET))
    }

    /// The shortest silence that was ever allowed: between readings that follow each other within it an input was known.
    pub fn shortest_limit(&self) -> Duration {
        let limits = self.eras.iter().map(|era| limit(Some(era)));
        let before = match self.eras.first() {
            Some(first) if first.from == Timestamp::MIN => None,
            _ => Some(NOT_YET),
        };
        limits.chain(before).min().unwrap_or(NOT_YET)
    }

    /// The last instant at which an input is still known whose newest good reading is of `fresh`, if no other comes.
    pub fn known_until(&self, fresh: Timestamp) -> Timestamp {
        // Mostly nothing changed since.
        if let Some(last) = self.eras.last().filter(|last| last.from <= fresh) {
            return fresh + limit(Some(last));
        }
        let mut until = fresh + self.silence_limit(fresh);
        for era in self.eras.iter().filter(|era| era.from > fresh) {
            if era.from > until {
                break;
            }
            let Some(expected) = era.expected else { break };
            let limit = expected.silence_limit();
            until = (fresh + limit).max(until.min(era.from + limit));
        }
        until
    }

    /// The clock by which changes were dated was set back to `now`: none of them stays ahead.
    pub fn come_back_to(&mut self, now: Timestamp) {
        for era in &mut self.eras {
            era.from = era.from.min(now);
            era.said = era.said.map(|said| said.min(now));
        }
    }

    /// When anything was first said of it; none where nobody has said anything yet, or nobody wrote down when.
    pub fn begins(&self) -> Option<Timestamp> {
        self.eras.first()?.said
    }

    /// Forgets what was expected before the era in force at this instant.
    pub fn forget_before(&mut self, at: Timestamp) {
        let index = self.eras.partition_point(|era| era.from <= at);
        self.eras.drain(..index.saturating_sub(1));
    }

    fn in_force(&self, at: Timestamp) -> Option<&Era> {
        if let Some(last) = self.eras.last().filter(|last| last.from <= at) {
            return Some(last);
        }
        let index = self.eras.partition_point(|era| era.from <= at);
        self.eras.get(index.checked_sub(1)?)
    }
}

/// A series that nothing is expected of any more is allowed what one is about which nothing is known yet.
fn limit(era: Option<&Era>) -> Duration {
    era.and_then(|era| era.expected)
        .map_or(NOT_YET, Expected::silence_limit)
}

/// What a status says of each series that it lists.
pub fn told(sensors: &[ExpectedSensor]) -> impl Iterator<Item = (Channel, Expected)> {
    // A sensor without an interval tells of itself when something changes: nothing can be said of its silence.
    let sensors = sensors.iter().filter(|sensor| sensor.interval > Duration::ZERO);
    sensors.flat_map(|sensor| {
        let expected = Expected {
            interval: sensor.interval,
            why: Why::Told,
        };
        sensor.quantities.iter().map(move |quantity| {
            let channel = Channel {
                sensor: sensor.sensor.clone(),
                quantity: *quantity,
            };
            (channel, expected)
        })
    })
}

/// The sensors that a revision takes away: the site placed them before and does not any more. Nothing is expected of them from there on.
pub fn retired<'a>(before: &'a Site, after: &Site) -> impl Iterator<Item = (AgentName, &'a Identifier)> {
    before.sensors.iter().filter_map(|sensor| {
        let agent = AgentName::new(before.site.id.clone(), sensor.agent.clone());
        let gone = after.sensor(&agent, &sensor.id).is_none();
        gone.then_some((agent, &sensor.id))
    })
}

/// Stretches within `from..to` in which an input is unknown, given its good readings in order: those within it, and the last before it if there is
/// one. Each ends with a reading, or at `to`.
pub fn silences(
    expectation: &Expectation,
    before: Option<Timestamp>,
    readings: impl Iterator<Item = Timestamp>,
    (from, to): (Timestamp, Timestamp),
) -> Vec<(Timestamp, Timestamp)> {
    let mut found = Vec::new();
    let mut fresh = before;
    for at in readings.chain([to]) {
        let since = fresh.map_or(from, |fresh| expectation.known_until(fresh).max(from));
        if since < at {
            found.push((since, at));
        }
        fresh = Some(at);
    }
    found
}

/// Until when nothing is known of a series of which readings up to `to` were lost, given its good readings in order: until the first that comes after them.
/// Those among them do not tell what it was between.
pub fn lost_until(to: Timestamp, mut good: impl Iterator<Item = Timestamp>) -> Option<Timestamp> {
    good.find(|at| *at >= to)
}

#[cfg(test)]
mod tests;
