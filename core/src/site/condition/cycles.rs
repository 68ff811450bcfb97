//! Something starts too often.

use plenum_protocol::config_key::required;
use plenum_protocol::quantity::Kind as QuantityKind;
use plenum_protocol::{Duration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Beginning, Kind, Manual, Mistakes, Seen, Watches};
use crate::alarms::memory::MOST_STARTS;
use crate::alarms::{Memory, Origin};
use crate::site::parse::Step::Key;

/// What people read of it.
pub(super) const MANUAL: Manual = Manual {
    key: "cycles",
    about: "A state began so often in so long: a compressor or a pump that starts and stops.",
    quantities: "cooling-running",
    keys: &[
        required("starts", "number of 2 to 64", "6", "How often."),
        required(
            "within",
            "duration of a minute to a day",
            "\"1 h\"",
            "In how long.",
        ),
    ],
    example: "",
};

/// A state began so often in so long.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cycles {
    /// How often.
    pub starts: u32,
    /// In how long.
    pub within: Duration,
}

impl Kind for Cycles {
    fn watches(&self) -> Watches {
        Watches::States
    }

    fn check(&self, mistakes: &mut Mistakes<'_, '_>) {
        if let Some(number) = mistakes.selects(QuantityKind::Number) {
            let message = format!("{number} is a number, which does not start");
            let suggestion = "select a state, as cooling-running";
            mistakes.error(&[Key("when")], message, suggestion);
        }
        if !(2..=MOST_STARTS as u32).contains(&self.starts) {
            let path = [Key("when"), Key("cycles"), Key("starts")];
            let message = format!("starts are counted from 2 to {MOST_STARTS}");
            mistakes.error(&path, message, "take a shorter time and fewer starts");
        }
        if !(Duration::from_minutes(1)..=Duration::from_hours(24)).contains(&self.within) {
            let path = [Key("when"), Key("cycles"), Key("within")];
            mistakes.error(
                &path,
                "starts are counted over a minute to a day",
                "write \"1 h\"",
            );
        }
    }

    fn remember(&self, memory: &mut Option<Memory>, at: Timestamp, value: f64) {
        if !matches!(memory, Some(Memory::Starts(_))) {
            *memory = Some(Memory::Starts(Box::default()));
        }
        if let Some(Memory::Starts(starts)) = memory {
            starts.push(at, value);
        }
    }

    fn looks_back(&self) -> Duration {
        self.within
    }

    fn holds(&self, seen: Seen<'_>) -> Option<bool> {
        match seen.memory {
            Some(Memory::Starts(starts)) => Some(starts.within(self.within, seen.at) >= self.starts as usize),
            _ => None,
        }
    }

    fn origin(&self, beginning: &Beginning<'_>) -> Origin {
        let starts = match beginning.memory {
            Some(Memory::Starts(starts)) => starts.within(self.within, beginning.since),
            _ => self.starts as usize,
        };
        Origin::Cycled {
            starts: starts as u64,
            within: self.within,
        }
    }
}
