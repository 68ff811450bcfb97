//! A series gives no good reading.

use plenum_protocol::Duration;
use plenum_protocol::config_key::{maybe, usual};
use serde::{Deserialize, Serialize};

use super::{Beginning, Kind, Manual, Mistakes, Seen, Watches};
use crate::alarms::Origin;
use crate::site::parse::Step::Key;

/// Nothing is read more often.
const LEAST: Duration = Duration::from_seconds(1);

/// What people read of it.
pub(super) const MANUAL: Manual = Manual {
    key: "stale",
    about: "No reading, or only faults, for so long.",
    quantities: "",
    keys: &[
        maybe(
            "after",
            "duration",
            "For so long; without it three intervals, at least a minute.",
        ),
        usual(
            "once_known",
            "flag",
            "false",
            "Only where there was a value before: one that a device never had is no news.",
        ),
    ],
    example: "",
};

/// No reading, or only faults, for this long (at least three intervals and 60 s are taken where it is absent).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stale {
    /// Elapsed time without a good reading.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Duration>,
    /// Only where there was a value before.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub once_known: bool,
}

impl Kind for Stale {
    fn watches(&self) -> Watches {
        Watches::Silence
    }

    fn check(&self, mistakes: &mut Mistakes<'_, '_>) {
        if self.after.is_some_and(|after| after < LEAST) {
            let message = "a silence of less than a second is there after each reading";
            let suggestion =
                "write how long it may be silent, as \"5min\", or leave it out for three intervals";
            mistakes.error(&[Key("when"), Key("stale"), Key("after")], message, suggestion);
        }
    }

    fn holds(&self, seen: Seen<'_>) -> Option<bool> {
        Some(seen.silent && (!self.once_known || seen.value.is_some()))
    }

    fn holds_throughout(&self, _extremes: (f64, f64), _active: bool) -> Option<bool> {
        Some(false)
    }

    fn patience(&self) -> Option<Duration> {
        self.after
    }

    fn origin(&self, beginning: &Beginning<'_>) -> Origin {
        Origin::Silent {
            since: beginning.since,
            fault: beginning.fault,
        }
    }
}
