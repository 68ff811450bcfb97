//! A series gives no good reading.

use plenum_protocol::Duration;
use plenum_protocol::config_key::maybe;
use serde::{Deserialize, Serialize};

use super::{Kind, Manual, Onset, Seen, Watches};
use crate::text::sentence;

/// What people read of it.
pub(super) const MANUAL: Manual = Manual {
    key: "stale",
    about: "No reading, or only faults, for so long.",
    quantities: "",
    keys: &[maybe(
        "after",
        "duration",
        "For so long; without it three intervals, at least a minute.",
    )],
};

/// No reading, or only faults, for this long (at least three intervals and 60 s are taken where it is absent).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stale {
    /// Elapsed time without a good reading.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Duration>,
}

impl Kind for Stale {
    fn watches(&self) -> Watches {
        Watches::Silence
    }

    fn holds(&self, seen: Seen) -> Option<bool> {
        Some(seen.silent)
    }

    fn patience(&self) -> Option<Duration> {
        self.after
    }

    fn says(&self, onset: &Onset<'_>) -> Option<String> {
        let why = onset.fault.map_or(String::new(), |fault| format!(" ({fault})"));
        let quantity = sentence::quantity_words(onset.quantity());
        let since = sentence::clock_words(onset.site, onset.since);
        Some(format!("no {quantity} since {since}{why}"))
    }
}
