//! The monitor reports something about itself.

use plenum_protocol::config_key::required;
use serde::{Deserialize, Serialize};

use super::{Beginning, Kind, Manual, Watches};
use crate::alarms::Origin;
use crate::fact::SystemKind;

/// What people read of it.
pub(super) const MANUAL: Manual = Manual {
    key: "system",
    about: "The monitor reports something about itself: for a rule that takes the place of a built-in one.",
    quantities: "",
    keys: &[required(
        "kind",
        "condition of the monitor",
        "\"gap\"",
        "Which, as the built-in rules have them.",
    )],
    example: "",
};

/// The monitor itself reports this condition about itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct System {
    /// Which: `delivery-failed`, `disk-reserve`, `gap` and so on.
    pub kind: SystemKind,
}

impl Kind for System {
    fn watches(&self) -> Watches {
        Watches::Monitor(self.kind)
    }

    fn origin(&self, _beginning: &Beginning<'_>) -> Origin {
        Origin::Reported(String::new())
    }
}
