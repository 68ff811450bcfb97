//! When which tracker wants to be looked at. A tracker's deadline mostly moves further away (each reading moves the stale limit),
//! so an entry is left where it is and put off when its turn comes: a reading that changes nothing costs nothing.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use plenum_protocol::Timestamp;

/// A tracker: its series and its place there.
pub(super) type Slot = (usize, usize);

#[derive(Debug, Default)]
pub(super) struct Timers(BinaryHeap<Reverse<(Timestamp, Slot)>>);

impl Timers {
    /// Makes sure that `slot` is looked at by `due`; `scheduled` is the tracker's own note of its earliest entry.
    pub(super) fn schedule(&mut self, slot: Slot, due: Option<Timestamp>, scheduled: &mut Option<Timestamp>) {
        if let Some(due) = due
            && scheduled.is_none_or(|earlier| due < earlier)
        {
            *scheduled = Some(due);
            self.0.push(Reverse((due, slot)));
        }
    }

    /// The next instant at which something may be due.
    pub(super) fn next(&self) -> Option<Timestamp> {
        self.0.peek().map(|Reverse((due, _))| *due)
    }

    /// Takes the earliest entry that is due by `now`.
    pub(super) fn pop(&mut self, now: Timestamp) -> Option<(Timestamp, Slot)> {
        if self.next()? > now {
            return None;
        }
        self.0.pop().map(|Reverse(entry)| entry)
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}
