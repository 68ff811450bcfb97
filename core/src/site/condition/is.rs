//! A state has a value.

use plenum_protocol::config_key::{required, usual};
use plenum_protocol::quantity::Kind as QuantityKind;
use serde::{Deserialize, Serialize};

use super::{Beginning, Bound, Kind, Manual, Mistakes, Part, Seen, Watches};
use crate::alarms::Origin;
use crate::site::parse::Step::Key;

/// What people read of it.
pub(super) const MANUAL: Manual = Manual {
    key: "is",
    about: "A state has this value.",
    quantities: "smoke",
    keys: &[
        required("state", "flag", "true", "The value that is abnormal."),
        usual(
            "latched",
            "flag",
            "false",
            "It stays until a person resets it, even when the input is back.",
        ),
    ],
    example: "",
};

/// A boolean has this value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Is {
    /// The value that is abnormal.
    pub state: bool,
    /// It stays until a person resets it, even when the input is back.
    #[serde(default)]
    pub latched: bool,
}

impl Kind for Is {
    fn watches(&self) -> Watches {
        Watches::States
    }

    fn newest(&self) -> Option<Part> {
        Some(Part::own(Bound::Is { state: self.state }))
    }

    fn check(&self, mistakes: &mut Mistakes<'_, '_>) {
        if let Some(number) = mistakes.selects(QuantityKind::Number) {
            let message = format!("{number} is a number, not a state");
            let suggestion = "write when = { above = { limit = ... } } or below";
            mistakes.error(&[Key("when")], message, suggestion);
        }
    }

    fn holds(&self, seen: Seen<'_>) -> Option<bool> {
        Bound::Is { state: self.state }.holds(seen)
    }

    fn holds_throughout(&self, extremes: (f64, f64), active: bool) -> Option<bool> {
        Bound::Is { state: self.state }.holds_throughout(extremes, active)
    }

    fn bound(&self) -> Option<Bound> {
        Some(Bound::Is { state: self.state })
    }

    fn origin(&self, _beginning: &Beginning<'_>) -> Origin {
        Origin::State { state: self.state }
    }

    fn is_latched(&self) -> bool {
        self.latched
    }

    fn may_latch(&self) -> bool {
        true
    }
}
