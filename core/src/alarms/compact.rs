//! The stored form of a tracker: numbers instead of names and texts, since there is one for every rule and series.

use plenum_protocol::Timestamp;
use serde::{Deserialize, Serialize};

use super::memory::Memory;
use super::tracker::{ConditionTracker, Flips};
use crate::around::{Elsewhere, Learned};

/// Flags, value, fresh, through, pending, elsewhere, memory, flips; instants in milliseconds.
#[derive(Serialize, Deserialize)]
pub(super) struct Tracker(
    u8,
    Option<f64>,
    Option<i64>,
    i64,
    Option<i64>,
    #[serde(default)] Elsewhere,
    #[serde(default)] Option<Memory>,
    #[serde(default, skip_serializing_if = "Option::is_none")] Option<Box<Flips>>,
);

/// The flag by which a program before 0.2 said that its only guard held, or that there was none.
const GUARD: u8 = 3;

impl From<ConditionTracker> for Tracker {
    fn from(tracker: ConditionTracker) -> Self {
        let flag = |set: bool, bit: u8| u8::from(set) << bit;
        Self(
            flag(tracker.active, 0)
                | flag(tracker.known, 1)
                | flag(tracker.stale, 2)
                | flag(tracker.alone, 4)
                | flag(tracker.sure != tracker.known, 5),
            tracker.value,
            tracker.fresh.map(Timestamp::milliseconds),
            tracker.through.milliseconds(),
            tracker.pending.map(Timestamp::milliseconds),
            tracker.elsewhere,
            tracker.memory,
            tracker.flips,
        )
    }
}

impl From<Tracker> for ConditionTracker {
    fn from(Tracker(flags, value, fresh, through, pending, elsewhere, memory, flips): Tracker) -> Self {
        let flag = |bit: u8| flags & (1 << bit) != 0;
        let guarded = |held| match held {
            true => Elsewhere::new(vec![Learned::always(true)]),
            false => Elsewhere::default(),
        };
        Self {
            active: flag(0),
            known: flag(1),
            sure: flag(1) != flag(5),
            stale: flag(2),
            elsewhere: match elsewhere.is_empty() {
                true => guarded(flag(GUARD)),
                false => elsewhere,
            },
            alone: flag(4),
            value,
            fresh: fresh.map(Timestamp::from_milliseconds),
            through: Timestamp::from_milliseconds(through),
            pending: pending.map(Timestamp::from_milliseconds),
            memory,
            flips,
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
