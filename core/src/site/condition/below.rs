//! The value is below a limit.

use serde::{Deserialize, Serialize};

use super::{Beginning, Bound, Kind, LIMIT, Manual, Mistakes, Part, Seen, Watches};
use crate::alarms::Origin;

/// What people read of it.
pub(super) const MANUAL: Manual = Manual {
    key: "below",
    about: "The value is below the limit; it clears at the limit plus the deadband.",
    quantities: "temperature",
    keys: LIMIT,
    example: "",
};

/// The value is below the limit; it clears at the limit plus the deadband.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Below {
    /// In the quantity's unit; text with a unit is also read.
    #[serde(deserialize_with = "crate::site::amount::deserialize")]
    pub limit: f64,
    /// In the quantity's unit, at least 0.
    #[serde(default, deserialize_with = "crate::site::amount::deserialize")]
    pub deadband: f64,
}

impl Below {
    fn as_bound(&self) -> Bound {
        Bound::Below {
            limit: self.limit,
            deadband: self.deadband,
        }
    }
}

impl Kind for Below {
    fn watches(&self) -> Watches {
        Watches::Numbers
    }

    fn newest(&self) -> Option<Part> {
        Some(Part::own(self.as_bound()))
    }

    fn check(&self, mistakes: &mut Mistakes<'_, '_>) {
        mistakes.limit("below", self.as_bound());
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
        Origin::Below {
            value: beginning.value,
            limit: self.limit,
        }
    }
}
