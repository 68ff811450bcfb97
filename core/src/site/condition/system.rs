//! The monitor reports something about itself.

use plenum_protocol::config_key::required;
use serde::{Deserialize, Serialize};

use super::{Beginning, Kind, Manual, Mistakes, Watches};
use crate::alarms::Origin;
use crate::fact::SystemKind;
use crate::site::parse::Step::Key;

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

    fn check(&self, mistakes: &mut Mistakes<'_, '_>) {
        let (id, kind) = (&mistakes.rule.id, self.kind.as_str());
        if id.as_str() != kind {
            let message =
                format!("rule `{id}` can never hold: what the monitor reports has one rule, `{kind}`");
            mistakes.error(&[Key("id")], message, format!("write id = \"{kind}\""));
        }
    }

    fn origin(&self, _beginning: &Beginning<'_>) -> Origin {
        Origin::Reported(String::new())
    }
}
