//! What trackers of one series remember alike, held by one of them at a time while a reading goes through.

use plenum_protocol::Timestamp;

use super::ConditionTracker;
use crate::alarms::memory::Shared;
use crate::expectation::Silence;

impl ConditionTracker {
    fn shared(&mut self) -> Option<&mut Shared> {
        self.memory.as_mut()?.forecaster_mut()
    }

    fn both<'a>(&'a mut self, other: &'a Self) -> Option<(&'a mut Shared, &'a Shared)> {
        let other = other.memory.as_ref()?.forecaster()?;
        Some((self.shared()?, other))
    }

    /// Whether something is due before a reading of this instant: it is decided by what was known until then.
    pub(crate) fn has_due(&self, silence: Silence<'_>, at: Timestamp) -> bool {
        let stale = self.stale_at(silence).is_some_and(|due| due < at);
        let lost = self
            .elsewhere
            .lost_after(self.through)
            .is_some_and(|due| due < at);
        stale || lost || self.pending.is_some_and(|due| due <= at)
    }

    /// What it remembers alike with another tracker of the same series is one from here on. Gives whether it is.
    pub(crate) fn remember_with(&mut self, other: &Self) -> bool {
        self.both(other).is_some_and(|(own, other)| own.join(other))
    }

    /// Leaves the other one alone with what they share.
    pub(crate) fn lend(&mut self, other: &Self) {
        if let Some((own, other)) = self.both(other) {
            own.lend(other);
        }
    }

    /// Has it back.
    pub(crate) fn have_back(&mut self, other: &Self) {
        if let Some((own, other)) = self.both(other) {
            own.have_back(other);
        }
    }
}
