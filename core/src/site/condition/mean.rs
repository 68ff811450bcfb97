//! The mean of a while is beyond a limit: what comes and goes counts as much as what stays.

use plenum_protocol::config_key::{maybe, required, usual};
use plenum_protocol::{Duration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Beginning, Bound, Kind, Manual, Mistakes, Seen, Watches};
use crate::alarms::Origin;
use crate::alarms::memory::{self, Memory};
use crate::alarms::origin::Side;
use crate::site::parse::Step::Key;

/// What people read of it.
pub(super) const MANUAL: Manual = Manual {
    key: "mean",
    about: "The mean of so long is above a limit, or below one. What was read for less long has none, and what was not read for three times as long begins anew. One of `above` and `below`.",
    quantities: "load",
    keys: &[
        required(
            "above",
            "number in the quantity's unit, or text with a unit",
            "\"80 %\"",
            "The mean is above this; for another test the next one.",
        ),
        maybe(
            "below",
            "number in the quantity's unit, or text with a unit",
            "The mean is below this.",
        ),
        required(
            "within",
            "duration of a minute to a day",
            "\"10 min\"",
            "Of how long. A twentieth more of it may count.",
        ),
        usual(
            "deadband",
            "number in the quantity's unit, or text with a unit, at least 0",
            "0",
            "How far back the mean must go to clear.",
        ),
    ],
    example: "",
};

/// The mean of a while against a limit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct Mean {
    /// What the mean may not be, in the quantity's unit.
    pub bound: Bound,
    /// Of how long.
    pub within: Duration,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "crate::site::amount::maybe"
    )]
    above: Option<f64>,
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "crate::site::amount::maybe"
    )]
    below: Option<f64>,
    within: Duration,
    #[serde(default, deserialize_with = "crate::site::amount::deserialize")]
    deadband: f64,
}

/// What can be wrong with one.
#[derive(Debug, thiserror::Error)]
#[error("a mean needs one of `above` and `below`")]
struct NotOne;

impl TryFrom<Written> for Mean {
    type Error = NotOne;

    fn try_from(written: Written) -> Result<Self, NotOne> {
        let deadband = written.deadband;
        let bound = match (written.above, written.below) {
            (Some(limit), None) => Bound::Above { limit, deadband },
            (None, Some(limit)) => Bound::Below { limit, deadband },
            _ => return Err(NotOne),
        };
        let within = written.within;
        Ok(Self { bound, within })
    }
}

impl From<Mean> for Written {
    fn from(kind: Mean) -> Self {
        let (above, below, deadband) = match kind.bound {
            Bound::Below { limit, deadband } => (None, Some(limit), deadband),
            Bound::Above { limit, deadband } => (Some(limit), None, deadband),
            Bound::Is { .. } => (None, None, 0.0),
        };
        Self {
            above,
            below,
            within: kind.within,
            deadband,
        }
    }
}

impl Mean {
    fn mean(memory: Option<&Memory>) -> Option<f64> {
        match memory {
            Some(Memory::Mean(mean)) => mean.mean(),
            _ => None,
        }
    }
}

impl Kind for Mean {
    fn watches(&self) -> Watches {
        Watches::Numbers
    }

    fn check(&self, mistakes: &mut Mistakes<'_, '_>) {
        let at = |key: &'static str| [Key("when"), Key("mean"), Key(key)];
        let word = match self.bound {
            Bound::Below { .. } => "below",
            Bound::Above { .. } | Bound::Is { .. } => "above",
        };
        let quantities = mistakes.rule.select.quantities.clone();
        mistakes.bound(&at(word), &quantities, self.bound);
        if !(Duration::from_minutes(1)..=Duration::from_hours(24)).contains(&self.within) {
            let message = "a mean is that of a minute to a day";
            mistakes.error(&at("within"), message, "write \"10 min\"");
        }
    }

    fn remember(&self, memory: &mut Option<Memory>, at: Timestamp, value: f64) {
        if !matches!(memory, Some(Memory::Mean(mean)) if mean.is_of(self.within)) {
            *memory = Some(Memory::Mean(Box::new(memory::Mean::new(self.within))));
        }
        if let Some(Memory::Mean(mean)) = memory {
            mean.push(at, value);
        }
    }

    fn looks_back(&self) -> Duration {
        self.within
    }

    fn holds(&self, seen: Seen<'_>) -> Option<bool> {
        self.bound.holds(Seen {
            value: Self::mean(seen.memory),
            ..seen
        })
    }

    fn bound(&self) -> Option<Bound> {
        Some(self.bound)
    }

    fn is_of_the_newest(&self) -> bool {
        false
    }

    fn origin(&self, beginning: &Beginning<'_>) -> Origin {
        Origin::Mean {
            mean: Self::mean(beginning.memory),
            side: Side::of(self.bound),
            within: self.within,
        }
    }
}
