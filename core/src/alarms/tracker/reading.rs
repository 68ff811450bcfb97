//! A reading of the tracker's own series.

use plenum_protocol::{Outcome, Timestamp};

use super::{Change, ConditionTracker};
use crate::around::Elsewhere;
use crate::expectation::Silence;
use crate::site::Rule;

impl ConditionTracker {
    /// A reading, at an instant after all before it. `silence`: how long its series may be silent.
    pub fn reading(
        &mut self,
        rule: &Rule,
        silence: Silence<'_>,
        at: Timestamp,
        outcome: Outcome,
        changes: &mut Vec<Change>,
    ) {
        self.reading_amid(rule, silence, (at, outcome), None, changes);
    }

    /// The same. `around`: what is known around it with this reading, where its rule looks at its own series too; what is due before goes by what was.
    pub(crate) fn reading_amid(
        &mut self,
        rule: &Rule,
        silence: Silence<'_>,
        (at, outcome): (Timestamp, Outcome),
        around: Option<Elsewhere>,
        changes: &mut Vec<Change>,
    ) {
        if let Ok(value) = outcome
            && around.is_none()
            && self.is_calm(silence, at)
        {
            self.go_on(rule, silence, (at, value), changes);
            return;
        }
        // A delay whose end is this very instant is over for a good reading; a fault never completes an off-delay.
        let completes = outcome.is_ok() || !self.active;
        self.run(rule, silence, at, completes, changes);
        around.into_iter().for_each(|around| self.learn(around));
        let (read, at) = (at, at.max(self.through));
        self.through = at;
        match outcome {
            Ok(value) => {
                self.known = true;
                self.stale = false;
                self.fresh = Some(at);
                self.value = Some(value);
                // At its own instant, whatever the clock decided.
                rule.when.remember(&mut self.memory, read, value);
                let began = self.pending;
                self.evaluate(rule, at, changes);
                self.weigh(rule, silence, began, at, changes);
            }
            Err(_) => {
                self.fresh.get_or_insert(at);
                self.lose(rule, at, changes);
            }
        }
    }

    /// A reading whose agent is there (again) since `since`: its silence counts from there at the earliest, whatever was read before.
    pub(crate) fn reading_since(
        &mut self,
        rule: &Rule,
        (silence, since): (Silence<'_>, Timestamp),
        reading: (Timestamp, Outcome),
        around: Option<Elsewhere>,
        changes: &mut Vec<Change>,
    ) {
        let counts = rule.when.watches_silence() && since != Timestamp::MIN;
        if counts {
            self.expect_from(since);
        }
        self.reading_amid(rule, silence, reading, around, changes);
        if counts {
            self.expect_from(since);
        }
    }
}
