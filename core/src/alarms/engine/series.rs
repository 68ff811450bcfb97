//! A series as the engine knows it: its newest reading, and a tracker for each rule that selects it.

use std::collections::VecDeque;

use plenum_protocol::quantity::Kind;
use plenum_protocol::{Duration, Fault, Outcome, Series, Timestamp};

use super::late::LateRun;
use super::pace::TREMBLE;
use super::together::Together;
use crate::alarms::Input;
use crate::alarms::tracker::ConditionTracker;
use crate::around::just_before;
use crate::expectation::{Behind, Expectation, Silence};
use crate::fact::StoredReading;

/// No reading is stored further ahead of its receipt than this.
pub(super) const FUTURE: Duration = Duration::from_seconds(30);

#[derive(Debug)]
pub(super) struct SeriesState {
    pub(super) series: Series,
    /// The instant of the newest reading that was evaluated.
    pub(super) newest: Option<Timestamp>,
    pub(super) outcome: Option<Outcome>,
    /// The newest good value.
    pub(super) value: Option<f64>,
    /// The one before it, where this program read both.
    pub(super) before: Option<f64>,
    /// When the newest good one was measured.
    pub(super) good: Option<Timestamp>,
    /// When the first fault came after it, or readings were lost, where it was so.
    pub(super) lost: Option<Timestamp>,
    /// How far its publisher's clock was behind when it was last heard: its wall clock is that one.
    pub(super) behind: Behind,
    /// When its agent came back, or the engine caught up, by the collector's clock: what was measured before says nothing of silence since.
    pub(super) expected: Timestamp,
    /// It was heard last with a reading from before its newest.
    pub(super) heard_late: bool,
    /// What its device says of it in its own words.
    pub(super) words: Option<String>,
    /// How often it is expected, now and as far back as its newest reading.
    pub(super) expectation: Expectation,
    pub(super) machines: Vec<Machine>,
    pub(super) together: Together,
    /// Its earliest entry among the timers.
    pub(super) scheduled: Option<Timestamp>,
    /// What the first of its trackers waits for, by its publisher's clock, where nothing has happened to it since its newest reading.
    pub(super) first_due: Option<Timestamp>,
    /// It has its trackers. Not so when it is new, or its sensor was removed on purpose; then its next reading brings them.
    pub(super) watched: bool,
    /// When a state changed the last few times, by the readings that were evaluated: late ones from before and after it do not make one run.
    pub(super) turns: VecDeque<Turn>,
    /// The run of late readings that is coming in, if one is.
    pub(super) late: Option<Box<LateRun>>,
    /// It is among those that are to be written down.
    pub(super) changed: bool,
}

/// A rule's tracker on a series.
#[derive(Debug)]
pub(super) struct Machine {
    /// The rule's index in the engine's list.
    pub(super) rule: usize,
    pub(super) tracker: ConditionTracker,
    /// The alarm's number, once there was one.
    pub(super) alarm: Option<u64>,
    /// Who was around whom when it last learned what is known there, by the table's count; 0 where that does not last, or it has to ask again.
    pub(super) learned: u64,
    pub(super) episodes: Episodes,
}

/// From when to when an alarm was active, the last few times: what arrives late from then is no news. Most never were, and trackers are many.
#[derive(Debug, Default)]
pub(super) struct Episodes(Box<[(Timestamp, Timestamp)]>);

/// How many changes of a state are remembered.
const TURNS: usize = 8;
/// How many times an alarm was active are remembered.
const EPISODES: usize = 4;

/// A change of what a state was known to be.
#[derive(Debug, Clone, Copy)]
pub(super) struct Turn {
    pub(super) at: Timestamp,
    /// Whether it held from then on; none where it was a fault, or an earlier program noted it.
    pub(super) to: Option<bool>,
}

impl Episodes {
    /// The oldest first.
    pub(super) fn iter(&self) -> impl Iterator<Item = &(Timestamp, Timestamp)> {
        self.0.iter()
    }

    /// The alarm was active from `from` to `to`.
    pub(super) fn note(&mut self, from: Timestamp, to: Timestamp) {
        let oldest = self.0.len().saturating_sub(EPISODES - 1);
        let episodes = self.0[oldest..].iter().copied();
        self.0 = episodes.chain([(from, to)]).collect();
    }
}

impl FromIterator<(Timestamp, Timestamp)> for Episodes {
    fn from_iter<I: IntoIterator<Item = (Timestamp, Timestamp)>>(episodes: I) -> Self {
        let mut own = Self::default();
        episodes.into_iter().for_each(|(from, to)| own.note(from, to));
        own
    }
}

impl SeriesState {
    pub(super) fn new(series: Series) -> Self {
        Self {
            series,
            newest: None,
            outcome: None,
            value: None,
            before: None,
            good: None,
            lost: None,
            behind: Behind::default(),
            expected: Timestamp::MIN,
            heard_late: false,
            words: None,
            expectation: Expectation::default(),
            machines: Vec::new(),
            together: Together::default(),
            scheduled: None,
            first_due: None,
            watched: false,
            turns: VecDeque::new(),
            late: None,
            changed: false,
        }
    }

    /// Its newest reading is from a future that was wrong: the clock that stamped it was set back, to `now`. Everything that is known of it moves
    /// there, or no reading would count until that instant has come again.
    pub(super) fn pull_back(&mut self, now: Timestamp) {
        self.part();
        self.move_newest_to(now);
        self.expectation.come_back_to(now);
        for machine in &mut self.machines {
            machine.tracker.come_back_to(now + FUTURE);
        }
    }

    fn move_newest_to(&mut self, now: Timestamp) {
        let Some(newest) = self.newest.filter(|newest| *newest > now + FUTURE) else {
            return;
        };
        self.shift(now.since(newest));
    }

    /// The clock that stamped its readings was set by so much: all that is known of it moves with it.
    pub(super) fn shift(&mut self, by: Duration) {
        self.part();
        self.newest = self.newest.map(|newest| newest + by);
        self.behind.clock_was_set(Duration::ZERO - by);
        self.good = self.good.map(|good| good + by);
        self.lost = self.lost.map(|lost| lost + by);
        if let Some(run) = &mut self.late {
            run.shift(by);
        }
        for turn in &mut self.turns {
            turn.at = turn.at + by;
        }
        for machine in &mut self.machines {
            machine.tracker.shift(by);
        }
    }

    /// The outcome's fault, if the newest reading was one.
    pub(super) fn fault(&self) -> Option<Fault> {
        self.outcome.and_then(Result::err)
    }

    /// The last instant at which its newest good value is or was known, if nothing more is heard.
    pub(super) fn known_until(&self) -> Option<Timestamp> {
        let until = self.expectation.known_until(self.good?);
        Some(self.lost.map_or(until, |lost| until.min(just_before(lost))))
    }

    /// Since when a tracker's condition holds without a flip; none where it does not, or nobody knows.
    pub(super) fn stands_since(&self, machine: &Machine) -> Option<Timestamp> {
        let turned = self.turns.back().map_or(Timestamp::MIN, |turn| turn.at);
        machine.tracker.stands().then_some(turned)
    }

    /// Whether a tracker's input can be trusted at an instant: it was not lost, and is not too old, whoever it is that did not look at it since.
    pub(super) fn input(&self, tracker: usize, now: Timestamp) -> Input {
        let expected = Silence::Expected(&self.expectation);
        let now = self.behind.own_time(now);
        let is_fresh = self.good.is_some_and(|good| expected.is_known(good, now));
        match is_fresh && self.machines[tracker].tracker.is_known() {
            true => Input::Known,
            false => Input::Unknown,
        }
    }

    /// Nothing of it is due by `due_by`, and what is known of it still is at `now`: whoever looks at it then finds all as its newest reading left it.
    /// Gives what it waits for.
    pub(super) fn is_quiet(&self, due_by: Timestamp, now: Timestamp) -> Option<Timestamp> {
        let due = self.first_due.filter(|due| *due > due_by)?;
        let good = self.good.filter(|_| self.lost.is_none())?;
        let expected = Silence::Expected(&self.expectation);
        expected.is_known(good, self.behind.own_time(now)).then_some(due)
    }

    /// It was heard at `received` in a batch with that newest reading, with one of `at` for which its agent held nothing newer: its silence counts by that
    /// agent's clock. A sensor that fell silent before the batch was sent did so by itself.
    pub(super) fn hear(&mut self, at: Timestamp, (latest, received): (Timestamp, Timestamp)) {
        self.heard_late = self.newest.is_some_and(|newest| at <= newest);
        let newest = self.newest.map_or(at, |newest| newest.max(at));
        self.behind = Behind::of(newest.max(latest), received);
    }

    /// The same of a batch whose agent held newer ones back.
    pub(super) fn hear_amid(&mut self, (latest, received): (Timestamp, Timestamp)) {
        self.behind = self.behind.at_most(latest, received);
    }

    /// By how much the clock of whoever stamps it was set forward, where it was last heard with readings from before its newest: it was not silent then.
    pub(super) fn step(&self, at: Timestamp, received: Timestamp) -> Option<Duration> {
        let newest = self.newest.filter(|newest| self.heard_late && at > *newest)?;
        let by = self.behind.duration() - received.since(at) - TREMBLE;
        (by > FUTURE && newest + by < at).then_some(by)
    }

    /// The newest good value that was known at an instant: what was due before the newest reading came knows nothing of that one.
    pub(super) fn value_at(&self, at: Timestamp) -> Option<f64> {
        match self.good.is_some_and(|good| at < good) {
            true => self.before.or(self.value),
            false => self.value,
        }
    }

    /// Notes a reading that is newer than all before.
    pub(super) fn note(&mut self, at: Timestamp, outcome: Outcome) {
        self.expectation.forget_before(at);
        if self.series.quantity().kind() == Kind::Boolean && self.outcome != Some(outcome) {
            if self.turns.len() == TURNS {
                self.turns.pop_front();
            }
            let to = outcome.ok().map(|value| value != 0.0);
            self.turns.push_back(Turn { at, to });
        }
        self.newest = Some(at);
        self.outcome = Some(outcome);
        if let Ok(value) = outcome {
            self.before = self.value;
            self.value = Some(value);
            self.good = Some(at);
            self.lost = None;
        } else {
            self.lose(at);
        }
    }

    /// Whether a reading of a state says what was known of that instant already: a poll that its own edges have overtaken.
    pub(super) fn was_said(&self, at: Timestamp, outcome: Outcome) -> bool {
        let said = self.turns.iter().rev().find(|turn| turn.at <= at);
        let state = outcome.ok().map(|value| value != 0.0);
        state.is_some() && said.is_some_and(|turn| turn.to == state)
    }

    /// Whether it is a state, and is still as a late reading says that it was.
    pub(super) fn is_as_it_was_since(&self, reading: &StoredReading) -> bool {
        let is_state = self.series.quantity().kind() == Kind::Boolean && reading.outcome.is_ok();
        is_state
            && self.outcome == Some(reading.outcome)
            && self.turns.iter().all(|turn| turn.at <= reading.at)
    }

    /// Nothing is known of it from that instant on, until its next good reading.
    pub(super) fn lose(&mut self, at: Timestamp) {
        if self.good.is_some() {
            self.lost.get_or_insert(at);
        }
    }
}
