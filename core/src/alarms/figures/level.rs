//! How many of something there are at a time: at the end of a period, and at most.

use plenum_protocol::Timestamp;

/// How many there are at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Level {
    /// At the end.
    pub end: u64,
    /// At most.
    pub most: u64,
    /// When there were so many for the first time.
    pub most_at: Timestamp,
}

impl Level {
    /// Nothing yet.
    pub(super) const fn new(from: Timestamp) -> Self {
        Self {
            end: 0,
            most: 0,
            most_at: from,
        }
    }

    /// One came, or went.
    pub(super) fn change(&mut self, was: bool, is: bool) {
        self.end = self.end + u64::from(is) - u64::from(was);
    }

    /// All that happened at `at` has happened.
    pub(super) fn settle(&mut self, at: Timestamp) {
        if self.end > self.most {
            (self.most, self.most_at) = (self.end, at);
        }
    }

    /// The period begins: what stood before it counts only as far as it stands.
    pub(super) fn begin(&mut self, from: Timestamp) {
        (self.most, self.most_at) = (self.end, from);
    }
}
