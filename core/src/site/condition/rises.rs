//! The value rises fast.

use plenum_protocol::{Duration, Timestamp};
use serde::{Deserialize, Serialize};

use super::moves::{self, Movement};
use super::{Beginning, Bound, Kind, Manual, Mistakes, Seen, Watches};
use crate::alarms::{Memory, Origin, Run};
use crate::site::parse::Step::{self, Key};

/// What people read of it.
pub(super) const MANUAL: Manual = Manual {
    key: "rises",
    about: "The value rose so far in so long. One odd reading counts for nothing.",
    quantities: "temperature",
    keys: &moves::keys("above", "Only while the value is above this."),
    example: "",
};

/// The value rose so far in so long.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rises {
    /// How far, in the quantity's unit.
    #[serde(deserialize_with = "crate::site::amount::deserialize")]
    pub by: f64,
    /// In how long.
    pub within: Duration,
    /// Only while the value is above this.
    #[serde(
        default,
        deserialize_with = "crate::site::amount::maybe",
        skip_serializing_if = "Option::is_none"
    )]
    pub above: Option<f64>,
    /// How much less it must rise to clear.
    #[serde(default, deserialize_with = "crate::site::amount::deserialize")]
    pub deadband: f64,
}

impl Rises {
    /// Tells what is wrong with it at this path.
    pub(super) fn check_at(&self, path: &[Step<'_>], mistakes: &mut Mistakes<'_, '_>) {
        self.movement().check(path, mistakes);
        if let Some(limit) = self.above {
            let quantities = mistakes.rule.select.quantities.clone();
            let deadband = 0.0;
            let only = [path, &[Key("above")]].concat();
            mistakes.bound(&only, &quantities, Bound::Above { limit, deadband });
        }
    }

    fn movement(&self) -> Movement {
        Movement {
            by: self.by,
            within: self.within,
            deadband: self.deadband,
            sign: 1.0,
        }
    }
}

impl Kind for Rises {
    fn watches(&self) -> Watches {
        Watches::Numbers
    }

    fn check(&self, mistakes: &mut Mistakes<'_, '_>) {
        self.check_at(&[Key("when"), Key("rises")], mistakes);
    }

    fn remember(&self, memory: &mut Option<Memory>, at: Timestamp, value: f64) {
        self.movement().remember(memory, at, value);
    }

    fn holds_along(&self, run: &mut Run<'_>, memory: Option<&Memory>, active: bool) -> Option<bool> {
        let (_, high) = run.extremes();
        if self.above.is_some_and(|above| high <= above) {
            return Some(false);
        }
        self.movement().holds_along(run, memory, active)
    }

    fn remember_along(&self, memory: &mut Option<Memory>, run: &mut Run<'_>) {
        self.movement().remember_along(memory, run);
    }

    fn looks_back(&self) -> Duration {
        self.within
    }

    fn holds(&self, seen: Seen<'_>) -> Option<bool> {
        if self
            .above
            .is_some_and(|above| seen.value.is_some_and(|value| value <= above))
        {
            return Some(false);
        }
        self.movement().holds(seen)
    }

    fn origin(&self, beginning: &Beginning<'_>) -> Origin {
        Origin::Moved {
            value: beginning.value,
            by: self.movement().moved(beginning.memory).unwrap_or(self.by),
            within: self.within,
        }
    }
}
