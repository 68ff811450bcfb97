//! The value drifts, too slowly for any limit.

use plenum_protocol::config_key::{required, usual};
use plenum_protocol::quantity::Kind as QuantityKind;
use plenum_protocol::{Duration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Beginning, Kind, Manual, Mistakes, Seen, Watches};
use crate::alarms::memory::{Drift, MOST_WEEKS};
use crate::alarms::{Memory, Origin};
use crate::site::parse::Step::Key;

/// What people read of it.
pub(super) const MANUAL: Manual = Manual {
    key: "drifts",
    about: "Yesterday's mean or minimum was so far from that of the same weekday of the weeks before. Judged when a day (of UTC) ends, from two such days on: \
            it learns from when the rule is there.",
    quantities: "temperature",
    keys: &[
        required(
            "by",
            "number in the quantity's unit, or text with a unit, above 0",
            "\"1.5 K\"",
            "How far, up or down.",
        ),
        usual("weeks", "number of 1 to 8", "4", "How many weeks before count."),
    ],
    example: "",
};

const WEEKS: u32 = 4;

/// Yesterday was so far from what is usual for such a day.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Drifts {
    /// How far, in the quantity's unit.
    #[serde(deserialize_with = "crate::site::amount::deserialize")]
    pub by: f64,
    /// How many weeks before count.
    #[serde(default = "weeks")]
    pub weeks: u32,
}

fn weeks() -> u32 {
    WEEKS
}

impl Drifts {
    fn drift(&self, memory: Option<&Memory>, at: Timestamp) -> Option<Drift> {
        match memory {
            Some(Memory::Days(days)) => days.drift(at, self.weeks),
            _ => None,
        }
    }
}

impl Kind for Drifts {
    fn watches(&self) -> Watches {
        Watches::Numbers
    }

    fn check(&self, mistakes: &mut Mistakes<'_, '_>) {
        if let Some(state) = mistakes.selects(QuantityKind::Boolean) {
            let message = format!("{state} is a state, which does not drift");
            mistakes.error(&[Key("when")], message, "select a number, as temperature");
            return;
        }
        mistakes.difference(&[Key("when"), Key("drifts"), Key("by")], self.by);
        if !(1..=MOST_WEEKS).contains(&self.weeks) {
            let path = [Key("when"), Key("drifts"), Key("weeks")];
            let message = format!("days are remembered for {MOST_WEEKS} weeks");
            mistakes.error(&path, message, format!("write 1 to {MOST_WEEKS}"));
        }
    }

    fn remember(&self, memory: &mut Option<Memory>, at: Timestamp, value: f64) {
        if !matches!(memory, Some(Memory::Days(_))) {
            *memory = Some(Memory::Days(Box::default()));
        }
        if let Some(Memory::Days(days)) = memory {
            days.push(at, value);
        }
    }

    fn looks_back(&self) -> Duration {
        // The day before, and the same days of the weeks before.
        Duration::from_hours(24 * (7 * i64::from(self.weeks) + 2))
    }

    fn holds(&self, seen: Seen<'_>) -> Option<bool> {
        Some(self.drift(seen.memory, seen.at)?.by().abs() >= self.by)
    }

    fn is_of_an_instant(&self) -> bool {
        false
    }

    fn origin(&self, beginning: &Beginning<'_>) -> Origin {
        let drift = self.drift(beginning.memory, beginning.since);
        Origin::Drifted {
            value: drift.map(|drift| drift.value),
            usual: drift.map(|drift| drift.usual),
        }
    }
}
