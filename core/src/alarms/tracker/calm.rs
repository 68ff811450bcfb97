//! The reading that nearly every one is: in time, good, and nothing is due by then. It says what the longer way in [`super`] would, in fewer steps.

use std::hint::black_box;

use plenum_protocol::Timestamp;

use super::{Change, ConditionTracker};
use crate::expectation::Silence;
use crate::site::Rule;

impl ConditionTracker {
    /// Reads a word of each stretch of memory that the next reading needs: the engine does so for many trackers at once.
    pub(crate) fn glance(&self) {
        black_box((self.through, self.fresh, self.pending));
        self.elsewhere.glance();
        if let Some(memory) = &self.memory {
            memory.glance();
        }
    }

    /// Whether a good reading at an instant finds nothing that is due by then, and nothing that it could make known again.
    pub(super) fn is_calm(&self, silence: Silence<'_>, at: Timestamp) -> bool {
        let nothing_waits = !self.active && self.pending.is_none() && self.elsewhere.lasts_until(at);
        let is_known = self.known && self.sure && !self.stale && at > self.through;
        let is_in_time = || self.fresh.is_some_and(|fresh| silence.is_known(fresh, at));
        nothing_waits && is_known && is_in_time()
    }

    /// A good reading in the calm. Nearly all are, and nearly all of them say that the condition does not hold: nothing changes then, whatever the guards
    /// say.
    pub(super) fn go_on(
        &mut self,
        rule: &Rule,
        silence: Silence<'_>,
        (at, value): (Timestamp, f64),
        changes: &mut Vec<Change>,
    ) {
        self.alone = false;
        self.through = at;
        self.fresh = Some(at);
        self.value = Some(value);
        rule.when.remember(&mut self.memory, at, value);
        if self.holds(rule, at) != Some(false) {
            self.evaluate(rule, at, changes);
            self.weigh(rule, silence, None, at, changes);
        }
    }
}
