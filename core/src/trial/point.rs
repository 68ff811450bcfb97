//! One rule over one series, folded: when its alarm stood, and how far the value went meanwhile.

use plenum_protocol::{Duration, Outcome, Timestamp};

use super::happening::Happening;
use crate::alarms::{Block, Change, ConditionTracker, Run};
use crate::around::Elsewhere;
use crate::expectation::{Expectation, Silence};
use crate::site::{Bound, Rule};

/// How long the engine waits for what was measured by an instant: an agent that goes within it leaves that instant undecided.
const GRACE: Duration = Duration::from_seconds(1);

/// One time that an alarm would have stood.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stood {
    /// When it would have been raised.
    pub from: Timestamp,
    /// When it would have returned; none while it stands.
    pub to: Option<Timestamp>,
    /// The value that was furthest beyond the limit, in the quantity's unit; none for a rule without a limit.
    pub worst: Option<f64>,
}

/// A rule's tracker on a series, and what it decided.
#[derive(Debug)]
pub(super) struct Point {
    /// The rule's number in the plan.
    pub(super) rule: usize,
    tracker: ConditionTracker,
    /// Its agent is away.
    away: bool,
    /// When it came back last; the smallest instant where it never went.
    back: Timestamp,
    stood: Vec<Stood>,
    changes: Vec<Change>,
}

impl Point {
    /// Before all readings.
    pub(super) fn new(number: usize, rule: &Rule) -> Self {
        Self {
            rule: number,
            tracker: ConditionTracker::new(rule),
            away: false,
            back: Timestamp::MIN,
            stood: Vec::new(),
            changes: Vec::new(),
        }
    }

    pub(super) fn reading(
        &mut self,
        rule: &Rule,
        expectation: &Expectation,
        (at, outcome): (Timestamp, Outcome),
        around: Option<Elsewhere>,
    ) {
        let silence = (Silence::of(rule, expectation), self.back);
        let before = self.tracker.newest_value();
        self.tracker
            .reading_since(rule, silence, (at, outcome), around, &mut self.changes);
        if !self.changes.is_empty() {
            self.settle_by(rule, before, at);
        }
        if let Ok(value) = outcome {
            self.widen(rule, value);
        }
    }

    /// Whether it passed over the whole block.
    pub(super) fn pass_over(&mut self, rule: &Rule, expectation: &Expectation, block: &Block) -> bool {
        let silence = Silence::of(rule, expectation);
        let counts = rule.when.watches_silence() && self.back != Timestamp::MIN;
        if counts {
            self.tracker.expect_from(self.back);
        }
        let passed = self.tracker.pass_over(rule, silence, block);
        if counts {
            self.tracker.expect_from(self.back);
        }
        if passed {
            self.widen(rule, block.low);
            self.widen(rule, block.high);
        }
        passed
    }

    /// The same for readings that the rule may have to remember.
    pub(super) fn pass_along(&mut self, rule: &Rule, expectation: &Expectation, run: &mut Run<'_>) -> bool {
        let silence = Silence::of(rule, expectation);
        let passed = self.tracker.pass_along(rule, silence, run);
        if passed {
            let (low, high) = run.extremes();
            self.widen(rule, low);
            self.widen(rule, high);
        }
        passed
    }

    /// What is known of other series, before anything else that is handed in.
    pub(super) fn learn(&mut self, elsewhere: Elsewhere) {
        self.tracker.learn(elsewhere);
    }

    /// Until when what it knows of other series was so, before one of them is read.
    pub(super) fn refresh(&mut self, elsewhere: &Elsewhere) {
        self.tracker.refresh(elsewhere);
    }

    /// Another series was read.
    pub(super) fn look(
        &mut self,
        rule: &Rule,
        expectation: &Expectation,
        at: Timestamp,
        elsewhere: Elsewhere,
    ) {
        let silence = match self.away && rule.is_silent_while_away() {
            true => Silence::Unjudged,
            false => Silence::of(rule, expectation),
        };
        self.tracker.look(rule, silence, at, elsewhere, &mut self.changes);
        self.settle(rule);
    }

    /// As the engine takes it; see `core/src/alarms/engine/table.rs`.
    pub(super) fn happen(
        &mut self,
        rule: &Rule,
        expectation: &Expectation,
        at: Timestamp,
        happening: Happening,
    ) {
        let silence = Silence::of(rule, expectation);
        let watches_silence = rule.when.watches_silence();
        match happening {
            Happening::Lost if !watches_silence => {
                self.tracker.lost(rule, silence, at, &mut self.changes);
            }
            Happening::Away(back) => {
                self.go(rule, expectation, at);
                if let Some(back) = back {
                    self.come(rule, expectation, back);
                }
            }
            // One that was heard before it was expected is expected already.
            Happening::Expected if watches_silence && self.tracker.silent_since().is_none() => {
                self.tracker.expect_from(at);
            }
            Happening::Retired => {
                self.tracker.pass(rule, silence, at - GRACE, &mut self.changes);
                self.settle(rule);
                if let Some(last) = self.stood.last_mut().filter(|last| last.to.is_none()) {
                    last.to = Some(at);
                }
                self.tracker = ConditionTracker::new(rule);
            }
            Happening::Lost | Happening::Expected => {}
        }
        self.settle(rule);
    }

    /// Its agent goes.
    pub(super) fn go(&mut self, rule: &Rule, expectation: &Expectation, at: Timestamp) {
        self.pass(rule, expectation, at);
        self.away = true;
    }

    /// Its agent is there again. What it kept meanwhile is only heard now: until here the clock alone decides.
    pub(super) fn come(&mut self, rule: &Rule, expectation: &Expectation, at: Timestamp) {
        self.pass(rule, expectation, at);
        self.away = false;
        self.back = at;
        if rule.when.watches_silence() {
            self.tracker.expect_from(at);
        }
    }

    /// The clock is at `now`: what is due some time before that has happened.
    pub(super) fn pass(&mut self, rule: &Rule, expectation: &Expectation, now: Timestamp) {
        let silence = Silence::of(rule, expectation);
        match self.away {
            true => self.pass_while_away(rule, silence, now - GRACE),
            false => self.tracker.pass(rule, silence, now - GRACE, &mut self.changes),
        }
        self.settle(rule);
    }

    /// The past ends at `until`.
    pub(super) fn finish(mut self, rule: &Rule, expectation: &Expectation, until: Timestamp) -> Vec<Stood> {
        self.pass(rule, expectation, until - Duration::from_milliseconds(1) + GRACE);
        self.stood
    }

    fn pass_while_away(&mut self, rule: &Rule, silence: Silence<'_>, now: Timestamp) {
        match rule.is_told_across_presence() {
            true => self.tracker.pass(rule, silence, now, &mut self.changes),
            false => self.tracker.pass_without_source(now, &mut self.changes),
        }
    }

    /// Takes what the tracker decided without a reading.
    fn settle(&mut self, rule: &Rule) {
        let value = self.tracker.newest_value();
        self.settle_by(rule, value, Timestamp::MAX);
    }

    /// Takes what the tracker decided, with the value that it had before an instant.
    fn settle_by(&mut self, rule: &Rule, before: Option<f64>, at: Timestamp) {
        let mut changes = std::mem::take(&mut self.changes);
        for change in changes.drain(..) {
            match change {
                Change::Raised(from) => {
                    self.stood.push(Stood {
                        from,
                        to: None,
                        worst: None,
                    });
                    let value = if from < at {
                        before
                    } else {
                        self.tracker.newest_value()
                    };
                    if let Some(value) = value {
                        self.widen(rule, value);
                    }
                }
                Change::Returned(at) => {
                    if let Some(last) = self.stood.last_mut() {
                        last.to = Some(at);
                    }
                }
                Change::Known(_) | Change::Unknown(_) => {}
            }
        }
        self.changes = changes;
    }

    /// A value that came while the alarm stood.
    fn widen(&mut self, rule: &Rule, value: f64) {
        let Some(last) = self.stood.last_mut().filter(|last| last.to.is_none()) else {
            return;
        };
        let further = match rule.when.bound() {
            Some(Bound::Above { .. }) => f64::max,
            Some(Bound::Below { .. }) => f64::min,
            _ => return,
        };
        last.worst = Some(last.worst.map_or(value, |worst| further(worst, value)));
    }
}
