//! One rule's condition over one series, folded over readings in the order of their instants: active or not, known or unknown,
//! with the delays between. The live engine, scenarios and availability run this same tracker.
//!
//! What happens when (the condition "holds" by the newest good value, the guards and what else is known of other series):
//!
//! | | holds | does not hold | fault | no good reading for the stale limit | nobody can say |
//! |---|---|---|---|---|---|
//! | inactive | on-delay starts, or goes on | on-delay stops | on-delay goes on | on-delay goes on | on-delay goes on |
//! | active | off-delay stops | off-delay starts, or goes on | off-delay stops | off-delay stops | off-delay stops |
//!
//! What is known of other series is handed in as [`Elsewhere`]; it becomes unknown at its own instants, whenever that is noticed.
//!
//! An on-delay that is shorter than the interval rests on one reading: it is over with the next one that says the same, not by the clock (but for
//! states, whose edges are told, unless their rule wants two readings). A single 85.0 of a thermometer that is read each minute so raises nothing.
//!
//! An on-delay of smoke, water or an extinguisher that keeps beginning anew is over at once ([`Flips`]).
//!
//! A delay that runs out raises or returns at its exact instant, whenever that is noticed. A stale rule holds from the stale limit on
//! and no longer with the next good reading.

mod block;
mod calm;
mod change;
mod flips;
mod reading;
mod run;
mod together;

pub use block::Block;
pub(crate) use flips::Flips;
pub use run::Run;

use plenum_protocol::{Duration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Memory, compact};
use crate::around::{Elsewhere, Learned};
use crate::expectation::Silence;
use crate::site::Rule;
use crate::site::condition::Seen;
use crate::truth::Truth;

/// What a tracker decided, with the instant at which it is true.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// The condition held for the on-delay.
    Raised(Timestamp),
    /// The condition was gone for the off-delay.
    Returned(Timestamp),
    /// It can be said whether it holds, after it could not.
    Known(Timestamp),
    /// It cannot be said whether it holds: a fault, no good reading for the stale limit, or other series say nothing.
    Unknown(Timestamp),
}

/// The state of one condition over one series.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(from = "compact::Tracker", into = "compact::Tracker")]
pub struct ConditionTracker {
    pub(super) active: bool,
    /// The newest reading of its own series was good and is not yet stale.
    pub(super) known: bool,
    /// It was told that it can be said whether the condition holds.
    pub(super) sure: bool,
    pub(super) stale: bool,
    /// What is known of other series.
    pub(super) elsewhere: Elsewhere,
    /// The newest good value.
    pub(super) value: Option<f64>,
    /// Staleness counts from here: the newest good reading, or when one was first expected.
    pub(super) fresh: Option<Timestamp>,
    /// Nothing before it is decided any more.
    pub(super) through: Timestamp,
    /// When the running on-delay (inactive) or off-delay (active) is over.
    pub(super) pending: Option<Timestamp>,
    /// The running on-delay rests on a single reading, and the next comes after its end.
    pub(super) alone: bool,
    /// What the condition remembers of the readings before.
    pub(super) memory: Option<Memory>,
    /// How often its on-delay began anew lately, where that tells something.
    pub(super) flips: Option<Box<Flips>>,
}

impl ConditionTracker {
    /// Inactive, and unknown until the first good reading; nothing is known yet of what its rule looks for at other series.
    pub fn new(rule: &Rule) -> Self {
        Self {
            active: false,
            known: false,
            sure: false,
            stale: false,
            elsewhere: Elsewhere::new(vec![Learned::NOTHING; rule.looks().len()]),
            value: None,
            fresh: None,
            through: Timestamp::MIN,
            pending: None,
            alone: false,
            memory: None,
            flips: None,
        }
    }

    /// Whether the alarm's condition is in force, delays included.
    pub fn is_active(&self) -> bool {
        self.active
    }

    /// Whether the condition is in force, or its on-delay runs.
    pub(crate) fn is_under_way(&self) -> bool {
        self.active || self.pending.is_some()
    }

    /// Whether the condition is in force and holds, and that is known: no off-delay runs.
    pub fn stands(&self) -> bool {
        self.active && self.sure && !self.stale && self.pending.is_none()
    }

    /// From when silence counts: the newest good reading, or when one was first expected.
    pub fn silent_since(&self) -> Option<Timestamp> {
        self.fresh
    }

    /// The same for what comes next of a source that is there since `since`.
    pub(crate) fn silent_from(&self, since: Timestamp) -> Option<Timestamp> {
        self.fresh.map(|fresh| match self.stale {
            true => fresh,
            false => fresh.max(since),
        })
    }

    /// The newest good value that it was handed.
    pub fn newest_value(&self) -> Option<f64> {
        self.value
    }

    /// What the condition remembers of the readings before.
    pub fn memory(&self) -> Option<&Memory> {
        self.memory.as_ref()
    }

    /// Since when it flips and how often it did, where that raised it at this instant.
    pub fn flips_at(&self, at: Timestamp) -> Option<(Timestamp, u64)> {
        self.flips.as_ref()?.raised_at(at)
    }

    /// Whether it can be said whether the condition holds.
    pub fn is_known(&self) -> bool {
        self.sure
    }

    /// What is known of other series.
    pub fn elsewhere(&self) -> &Elsewhere {
        &self.elsewhere
    }

    /// The wall clock has passed `now` and nothing that is older can come any more: what is due by then happens.
    pub fn pass(&mut self, rule: &Rule, silence: Silence<'_>, now: Timestamp, changes: &mut Vec<Change>) {
        let after = now + Duration::from_milliseconds(1);
        self.run(rule, silence, after, false, changes);
    }

    /// The wall clock has passed `now` and the source is not there: only an on-delay may end.
    pub fn pass_without_source(&mut self, now: Timestamp, changes: &mut Vec<Change>) {
        if let (false, Some(due)) = (self.active, self.pending)
            && due <= now
            && !self.alone
        {
            self.complete(due, changes);
        }
    }

    /// Readings are lost from `at` on: the input is unknown until the next good one.
    pub fn lost(&mut self, rule: &Rule, silence: Silence<'_>, at: Timestamp, changes: &mut Vec<Change>) {
        self.run(rule, silence, at, !self.active, changes);
        self.through = self.through.max(at);
        self.lose(rule, self.through, changes);
    }

    /// What is known of other series, before anything else that is handed in: their readings up to there were told by `look` already.
    pub fn learn(&mut self, elsewhere: Elsewhere) {
        self.elsewhere = elsewhere;
    }

    /// Until when is known what it knows of other series: they were heard since.
    pub fn refresh(&mut self, elsewhere: &Elsewhere) {
        self.elsewhere.refresh(elsewhere);
    }

    /// Something happened to another series at `at`; it looks again if that says something else.
    pub fn look(
        &mut self,
        rule: &Rule,
        silence: Silence<'_>,
        at: Timestamp,
        elsewhere: Elsewhere,
        changes: &mut Vec<Change>,
    ) {
        let both_last = self.elsewhere.lasts_until(at) && elsewhere.lasts_until(at);
        if both_last && self.elsewhere.is_alike(&elsewhere) {
            self.elsewhere = elsewhere;
            return;
        }
        self.run(rule, silence, at, true, changes);
        let counted = rule.counts(&self.elsewhere);
        self.elsewhere = elsewhere;
        let at = at.max(self.through);
        // What is compared with others waits for its own next reading, unless nobody can say any more.
        let waits = rule.when.waits_for_its_own_reading()
            && counted == rule.counts(&self.elsewhere)
            && self.truth(rule, at) != Truth::Unknown;
        if !waits {
            self.evaluate(rule, at, changes);
        }
    }

    /// The source is there (again) since `at`: until a stale limit has passed from there, silence is no news.
    pub fn expect_from(&mut self, at: Timestamp) {
        if !self.stale {
            self.fresh = Some(self.fresh.map_or(at, |fresh| fresh.max(at)));
        }
    }

    /// The clock by which its readings were stamped was set back by so much: its instants move with it.
    pub fn shift(&mut self, by: Duration) {
        self.through = self.through + by;
        self.fresh = self.fresh.map(|fresh| fresh + by);
        self.pending = self.pending.map(|pending| pending + by);
        // What was measured by the wrong clock is not held against what comes.
        self.memory = None;
        self.flips = None;
    }

    /// The wall clock was set back to `now`: nothing of it stays ahead, whatever made it go there.
    pub fn come_back_to(&mut self, now: Timestamp) {
        if self.through > now {
            let by = now.since(self.through);
            self.pending = self.pending.map(|pending| pending + by);
            self.through = now;
            self.memory = None;
            self.flips = None;
        }
        self.fresh = self.fresh.map(|fresh| fresh.min(now));
    }

    /// What a tracker of late readings raised goes on here; if it does not hold by what is known here, until `due` unless that one knows better.
    pub(crate) fn take_over(&mut self, late: &Self, due: Timestamp) {
        self.active = true;
        self.alone = false;
        // An on-delay that runs here says that it holds.
        self.pending = match self.pending {
            Some(_) => None,
            None => Some(late.pending.unwrap_or(due)),
        };
    }

    /// Since when the on-delay runs that rests on one reading, if one does.
    pub fn alone_since(&self, rule: &Rule) -> Option<Timestamp> {
        let pending = self.pending.filter(|_| self.alone && !self.active);
        pending.map(|due| due - rule.on_delay)
    }

    /// Since when the condition is gone, while the off-delay runs.
    pub fn ending_since(&self, rule: &Rule) -> Option<Timestamp> {
        let pending = self.pending.filter(|_| self.active);
        pending.map(|due| due - rule.off_delay)
    }

    /// The next instant at which something is due if no reading comes.
    pub fn deadline(&self, silence: Silence<'_>) -> Option<Timestamp> {
        match (self.pending.filter(|_| !self.alone), self.stale_at(silence)) {
            (Some(pending), Some(stale)) => Some(pending.min(stale)),
            (pending, stale) => pending.or(stale),
        }
    }

    /// The first instant that is stale.
    fn stale_at(&self, silence: Silence<'_>) -> Option<Timestamp> {
        match (self.stale, self.fresh) {
            (false, Some(fresh)) => silence.known_until(fresh),
            _ => None,
        }
    }

    /// What is due up to `until`, in the order of the instants. A delay that ends exactly there ends if `inclusive`; a reading exactly
    /// at the stale limit is still in time.
    fn run(
        &mut self,
        rule: &Rule,
        silence: Silence<'_>,
        until: Timestamp,
        inclusive: bool,
        changes: &mut Vec<Change>,
    ) {
        loop {
            let stale = self.stale_at(silence).filter(|due| *due < until);
            let lost = self.elsewhere.lost_after(self.through).filter(|due| *due < until);
            let unknown = stale.into_iter().chain(lost).min();
            let pending = self
                .pending
                .filter(|due| !self.alone && (*due < until || (inclusive && *due == until)));
            match (pending, unknown) {
                (Some(due), unknown) if unknown.is_none_or(|unknown| due <= unknown) => {
                    self.complete(due, changes);
                }
                (_, Some(due)) => {
                    let is_stale = stale.is_some_and(|stale| stale <= due);
                    let due = due.max(self.through);
                    self.through = due;
                    if is_stale {
                        self.stale = true;
                        self.lose(rule, due, changes);
                    }
                    self.evaluate(rule, due, changes);
                }
                _ => return,
            }
        }
    }

    fn complete(&mut self, due: Timestamp, changes: &mut Vec<Change>) {
        self.pending = None;
        self.alone = false;
        self.active = !self.active;
        self.through = self.through.max(due);
        changes.push(if self.active {
            Change::Raised(due)
        } else {
            Change::Returned(due)
        });
    }

    /// Whether an on-delay that runs rests on one reading: one that just began, and the next reading comes after its end. Where another one says the
    /// same it rests on two, and is over if its time is.
    fn weigh(
        &mut self,
        rule: &Rule,
        silence: Silence<'_>,
        began: Option<Timestamp>,
        at: Timestamp,
        changes: &mut Vec<Change>,
    ) {
        let Some(due) = self.pending.filter(|_| !self.active) else {
            self.alone = false;
            return;
        };
        if began.is_none() {
            self.alone = silence
                .interval(at)
                .is_some_and(|interval| rule.rests_on_one(interval));
        } else if self.alone {
            self.alone = false;
            if due <= at {
                self.complete(at, changes);
            }
        }
    }

    fn lose(&mut self, rule: &Rule, at: Timestamp, changes: &mut Vec<Change>) {
        self.known = false;
        if rule.when.watches_silence() {
            self.tell(false, at, changes);
            if self.active {
                self.pending = None;
            }
        } else {
            self.evaluate(rule, at, changes);
        }
    }

    /// Tells whether it can be said whether the condition holds.
    fn tell(&mut self, sure: bool, at: Timestamp, changes: &mut Vec<Change>) {
        if std::mem::replace(&mut self.sure, sure) != sure {
            changes.push(match sure {
                true => Change::Known(at),
                false => Change::Unknown(at),
            });
        }
    }

    /// Starts or stops a delay by what holds now; a delay of nothing is over at once.
    fn evaluate(&mut self, rule: &Rule, at: Timestamp, changes: &mut Vec<Change>) {
        let truth = self.truth(rule, at);
        match rule.when.watches_silence() {
            true => self.tell(self.known, at, changes),
            false => self.tell(truth != Truth::Unknown, at, changes),
        }
        let Some(holds) = truth.known() else {
            if self.active {
                self.pending = None;
            }
            return;
        };
        if holds == self.active {
            self.pending = None;
            self.alone = false;
        } else if self.pending.is_none() {
            let delay = if holds { rule.on_delay } else { rule.off_delay };
            let due = at + delay;
            self.pending = Some(due);
            let flips = holds && delay > Duration::ZERO && rule.tells_flips();
            if delay <= Duration::ZERO {
                self.complete(due, changes);
            } else if flips && self.flips.get_or_insert_default().begins(at, delay) {
                self.complete(at, changes);
            }
        }
    }

    /// Whether the condition holds and counts. While nobody can say whether it holds, a guard that does not says nothing of it.
    fn truth(&self, rule: &Rule, at: Timestamp) -> Truth {
        self.truth_given(rule, at, self.active)
    }

    /// The same, given whether it is in force.
    fn truth_given(&self, rule: &Rule, at: Timestamp, active: bool) -> Truth {
        match self.holds_given(rule, at, active) {
            None => Truth::Unknown,
            Some(holds) => Truth::from(holds).and(rule.counts(&self.elsewhere)),
        }
    }

    /// Whether the condition holds by what is known; none where nobody can say.
    fn holds(&self, rule: &Rule, at: Timestamp) -> Option<bool> {
        self.holds_given(rule, at, self.active)
    }

    /// The same, given whether it is in force.
    fn holds_given(&self, rule: &Rule, at: Timestamp, active: bool) -> Option<bool> {
        let is_silence = rule.when.watches_silence();
        rule.when.holds(Seen {
            at,
            value: self.value.filter(|_| self.known || is_silence),
            silent: self.stale,
            active,
            memory: self.memory.as_ref().filter(|_| self.known),
            elsewhere: self.elsewhere.from(rule.guards().count()),
        })
    }
}

#[cfg(test)]
mod tests;
