//! The value is above a limit.

use serde::{Deserialize, Serialize};

use super::{Beginning, Bound, Kind, LIMIT, Manual, Mistakes, Part, Seen, Watches};
use crate::alarms::Origin;

/// What people read of it.
pub(super) const MANUAL: Manual = Manual {
    key: "above",
    about: "The value is above the limit; it clears at the limit less the deadband.",
    quantities: "temperature",
    keys: LIMIT,
    example: "",
};

/// The value is above the limit; it clears at the limit less the deadband.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Above {
    /// In the quantity's unit; text with a unit is also read ("27 Cel", "80 %", "5 min").
    #[serde(deserialize_with = "crate::site::amount::deserialize")]
    pub limit: f64,
    /// In the quantity's unit, at least 0.
    #[serde(default, deserialize_with = "crate::site::amount::deserialize")]
    pub deadband: f64,
}

impl Above {
    fn as_bound(&self) -> Bound {
        Bound::Above {
            limit: self.limit,
            deadband: self.deadband,
        }
    }
}

impl Kind for Above {
    fn watches(&self) -> Watches {
        Watches::Numbers
    }

    fn newest(&self) -> Option<Part> {
        Some(Part::own(self.as_bound()))
    }

    fn check(&self, mistakes: &mut Mistakes<'_, '_>) {
        mistakes.limit("above", self.as_bound());
    }

    fn holds(&self, seen: Seen<'_>) -> Option<bool> {
        self.as_bound().holds(seen)
    }

    fn holds_throughout(&self, extremes: (f64, f64), active: bool) -> Option<bool> {
        self.as_bound().holds_throughout(extremes, active)
    }

    fn bound(&self) -> Option<Bound> {
        Some(self.as_bound())
    }

    fn origin(&self, beginning: &Beginning<'_>) -> Origin {
        Origin::Above {
            value: beginning.value,
            limit: self.limit,
        }
    }
}
