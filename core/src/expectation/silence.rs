//! How long an input may be silent for one rule: as is expected of it, or as the rule itself says.

use plenum_protocol::{Duration, Timestamp};

use super::Expectation;
use crate::site::Rule;

/// What silence means to a rule.
#[derive(Debug, Clone, Copy)]
pub enum Silence<'a> {
    /// Nothing: it is not judged.
    Unjudged,
    /// Nothing either, of readings between which others may lie that are not seen; how often they are read is known.
    Ignored(&'a Expectation),
    /// What is expected of the series.
    Expected(&'a Expectation),
    /// The rule says how long.
    After(Duration),
}

impl<'a> Silence<'a> {
    /// For a rule over a series of which this is expected.
    pub fn of(rule: &Rule, expectation: &'a Expectation) -> Self {
        match rule.when.patience() {
            Some(after) => Self::After(after),
            None => Self::Expected(expectation),
        }
    }

    /// How often a reading is expected at this instant; none where nobody says so.
    pub fn interval(self, at: Timestamp) -> Option<Duration> {
        match self {
            Self::Expected(expectation) | Self::Ignored(expectation) => expectation.interval(at),
            Self::Unjudged | Self::After(_) => None,
        }
    }

    /// How long it lasts after a reading at this instant, as long as nothing changes; zero where it is not judged.
    pub fn limit(self, at: Timestamp) -> Duration {
        match self {
            Self::Unjudged | Self::Ignored(_) => Duration::ZERO,
            Self::Expected(expectation) => expectation.silence_limit(at),
            Self::After(after) => after,
        }
    }

    /// What it lasts at the least, after whichever reading; none where it is not judged.
    pub fn shortest(self) -> Option<Duration> {
        match self {
            Self::Unjudged | Self::Ignored(_) => None,
            Self::Expected(expectation) => Some(expectation.shortest_limit()),
            Self::After(after) => Some(after),
        }
    }

    /// Whether an input is still known at `now` whose newest good reading is of `fresh`.
    pub fn is_known(self, fresh: Timestamp, now: Timestamp) -> bool {
        self.known_until(fresh).is_none_or(|until| now <= until)
    }

    /// The last instant at which an input is known whose newest good reading is of `fresh`; none where silence is not judged.
    pub fn known_until(self, fresh: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Unjudged | Self::Ignored(_) => None,
            Self::Expected(expectation) => Some(expectation.known_until(fresh)),
            Self::After(after) => Some(fresh + after),
        }
    }
}
