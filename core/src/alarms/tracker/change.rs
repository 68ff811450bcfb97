//! What a changed rule does to a tracker. What counts is what the old rule and the new one say of what is known now, not whether they are written alike:
//!
//! | | the new rule says | |
//! |---|---|---|
//! | inactive, an on-delay runs | it would begin, or nobody can say | the on-delay goes on, and lasts as long as the new one from where it began |
//! | | it would not begin | the on-delay stops |
//! | active | it would not begin, and by the old rule it would, or held where it does not hold now | it is over |
//! | | it holds | an off-delay stops |
//! | | it does not hold, as by the old rule | an off-delay goes on, as an on-delay does |
//!
//! Anything else is decided by the next reading.

use plenum_protocol::Timestamp;

use super::ConditionTracker;
use crate::around::{Elsewhere, Learned};
use crate::site::Rule;
use crate::truth::Truth;

/// What a rule says of what is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Says {
    /// Whether its condition would begin.
    begins: Truth,
    /// Whether it would hold if it were in force.
    holds: Truth,
}

impl ConditionTracker {
    /// Since `at` the rule is another. `elsewhere`: what is known of what the new one looks for; `may_end`: whether the change alone may end what is in
    /// force. Gives whether it did.
    pub fn rule_changed(
        &mut self,
        (old, new): (&Rule, &Rule),
        elsewhere: Elsewhere,
        may_end: bool,
        at: Timestamp,
    ) -> bool {
        let before = self.says(old);
        let seen = std::mem::replace(&mut self.elsewhere, elsewhere);
        let after = self.says(new);
        self.elsewhere = match old.looks() == new.looks() {
            true => seen,
            false => Elsewhere::new(vec![Learned::NOTHING; new.looks().len()]),
        };
        if before != after || old.on_delay != new.on_delay {
            self.flips = None;
        }
        let let_go = before.holds == Truth::True && after.holds == Truth::False;
        let is_beyond = after.begins == Truth::False && (before.begins == Truth::True || let_go);
        if may_end && self.active && is_beyond {
            self.active = false;
            self.pending = None;
            self.alone = false;
            return true;
        }
        let (goes_on, was, is) = match self.active {
            true => (after.holds != Truth::True, old.off_delay, new.off_delay),
            false => (after.begins != Truth::False, old.on_delay, new.on_delay),
        };
        // Nothing was decided by a rule before it was in force.
        let due = |due: Timestamp| match was == is {
            true => due,
            false => (due - was + is).max(at),
        };
        self.pending = self.pending.filter(|_| goes_on).map(due);
        self.alone &= self.pending.is_some();
        false
    }

    /// What it watches is in force already, by what somebody else knew: the next reading decides.
    pub(crate) fn take_up(&mut self) {
        self.active = true;
        self.alone = false;
        self.pending = None;
    }

    fn says(&self, rule: &Rule) -> Says {
        Says {
            begins: self.truth_given(rule, self.through, false),
            holds: self.truth_given(rule, self.through, true),
        }
    }
}
