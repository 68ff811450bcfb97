//! The stored form of a tracker: numbers instead of names and texts, since there is one for every rule and series.

use plenum_protocol::Timestamp;
use serde::{Deserialize, Serialize};

use super::tracker::ConditionTracker;

/// Flags, value, fresh, through, pending; instants in milliseconds.
#[derive(Serialize, Deserialize)]
pub(super) struct Tracker(u8, Option<f64>, Option<i64>, i64, Option<i64>);

impl From<ConditionTracker> for Tracker {
    fn from(tracker: ConditionTracker) -> Self {
        let flag = |set: bool, bit: u8| u8::from(set) << bit;
        Self(
            flag(tracker.active, 0)
                | flag(tracker.known, 1)
                | flag(tracker.stale, 2)
                | flag(tracker.guard, 3)
                | flag(tracker.alone, 4),
            tracker.value,
            tracker.fresh.map(Timestamp::milliseconds),
            tracker.through.milliseconds(),
            tracker.pending.map(Timestamp::milliseconds),
        )
    }
}

impl From<Tracker> for ConditionTracker {
    fn from(Tracker(flags, value, fresh, through, pending): Tracker) -> Self {
        let flag = |bit: u8| flags & (1 << bit) != 0;
        Self {
            active: flag(0),
            known: flag(1),
            stale: flag(2),
            guard: flag(3),
            alone: flag(4),
            value,
            fresh: fresh.map(Timestamp::from_milliseconds),
            through: Timestamp::from_milliseconds(through),
            pending: pending.map(Timestamp::from_milliseconds),
        }
    }
}

/// An instant in milliseconds, for `#[serde(with)]`.
pub(super) mod milliseconds {
    use plenum_protocol::Timestamp;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(in super::super) fn serialize<S: Serializer>(
        at: &Option<Timestamp>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        at.map(Timestamp::milliseconds).serialize(serializer)
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Timestamp>, D::Error> {
        Ok(Option::<i64>::deserialize(deserializer)?.map(Timestamp::from_milliseconds))
    }
}
