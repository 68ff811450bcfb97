//! Readings that come after newer ones of their series: history and availability get them, the live engine does not judge by them.
//! A mere number beyond a limit is logged with cause `late` and told in one summary, as urgent as the worst of it. A state (smoke, water, a door, mains)
//! and whatever is critical is raised in its own name: late smoke is smoke. What only a person ends stands from then on; anything else ends as its
//! readings say, or goes on in what is judged live.

use plenum_protocol::quantity::Kind;
use plenum_protocol::{Duration, Timestamp};
use serde::{Deserialize, Serialize};

use super::context::Context;
use super::register::Onset;
use super::series::{Machine, SeriesState};
use crate::alarms::life::Trigger;
use crate::alarms::tracker::{Change, ConditionTracker};
use crate::alarms::{Alarm, Input, LateReading, Subject};
use crate::around::Elsewhere;
use crate::expectation::Silence;
use crate::fact::StoredReading;
use crate::site::condition::Beginning;
use crate::site::{Priority, Rule};

/// Readings that came after newer ones, evaluated among themselves.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct LateRun {
    newest: Timestamp,
    /// One for each of the series' own, in their order; those that came since have none.
    pub(super) trackers: Vec<ConditionTracker>,
    /// When the last of them came.
    #[serde(default)]
    heard: Option<Timestamp>,
}

/// What a late reading tells of one of the trackers.
struct Told {
    index: usize,
    change: Change,
    /// Since when the on-delay ran that rested on the reading before, if one did.
    alone_since: Option<Timestamp>,
}

/// Nothing more came for so long: that was all.
const ALL: Duration = Duration::from_seconds(10);

impl LateRun {
    /// The run that a reading goes on, or a new one. A change of state between two of them, or a new rule, ends a run.
    fn of(state: &mut SeriesState, at: Timestamp, context: &Context<'_>) -> Box<Self> {
        let count = state.machines.len();
        let turns = &state.turns;
        let goes_on = |run: &Self| {
            let cut = turns.iter().any(|turn| run.newest < turn.at && turn.at <= at);
            run.newest < at && run.trackers.len() == count && !cut
        };
        let before = state.late.take();
        if let Some(mut run) = before {
            if goes_on(&run) {
                run.newest = at;
                return run;
            }
            run.end(state, context);
        }
        let fresh = |rule: usize| ConditionTracker::new(context.book.rule(rule));
        let trackers = state.machines.iter().map(|machine| fresh(machine.rule)).collect();
        Box::new(Self {
            newest: at,
            trackers,
            heard: None,
        })
    }

    /// What a reading does to the trackers. What hinders a rule now, by `around`, is taken to have hindered it then.
    fn read(
        &mut self,
        state: &SeriesState,
        around: Vec<Option<Elsewhere>>,
        reading: &StoredReading,
        context: &Context<'_>,
    ) -> Vec<Told> {
        let mut told = Vec::new();
        let mut changes = Vec::new();
        for ((index, tracker), around) in self.trackers.iter_mut().enumerate().zip(around) {
            let rule = context.book.rule(state.machines[index].rule);
            // What other series were then, or whether one was silent, cannot be told from late readings alone.
            if rule.waits_for_others() || rule.when.watches_silence() || !rule.when.is_of_an_instant() {
                continue;
            }
            around.into_iter().for_each(|around| tracker.learn(around));
            let alone_since = tracker.alone_since(rule);
            let silence = Silence::Ignored(&state.expectation);
            tracker.reading(rule, silence, reading.at, reading.outcome, &mut changes);
            if state.is_as_it_was_since(reading) {
                // A state is told when it changes: until the newest reading it was as this one says.
                let newest = state.newest.unwrap_or(reading.at);
                tracker.pass(rule, silence, newest, &mut changes);
            }
            told.extend(changes.drain(..).map(|change| Told {
                index,
                change,
                alone_since,
            }));
        }
        told
    }

    /// Whether something of what it told is not over before that instant.
    fn is_under_way(&self, at: Timestamp) -> bool {
        self.newest < at && self.trackers.iter().any(ConditionTracker::is_under_way)
    }

    /// Nothing more of it comes. What it raised and did not end goes on in what is judged live: an off-delay that began ends there.
    fn end(self, state: &mut SeriesState, context: &Context<'_>) {
        for (late, machine) in self.trackers.iter().zip(&mut state.machines) {
            self.hand_over(late, machine, context.book.rule(machine.rule), context);
        }
    }

    /// The same of one tracker, whose rule has become another: what comes by that one begins anew.
    pub(super) fn end_one(
        &mut self,
        tracker: usize,
        state: &mut SeriesState,
        (old, new): (&Rule, &Rule),
        context: &Context<'_>,
    ) {
        if let Some(late) = self.trackers.get(tracker) {
            self.hand_over(late, &mut state.machines[tracker], old, context);
            self.trackers[tracker] = ConditionTracker::new(new);
        }
    }

    fn hand_over(&self, late: &ConditionTracker, machine: &mut Machine, rule: &Rule, context: &Context<'_>) {
        let alarm = machine.alarm.and_then(|id| context.register.get(id));
        if late.is_active() && alarm.is_some_and(|alarm| stands_by_itself(alarm, &machine.tracker)) {
            machine.tracker.take_over(late, self.newest + rule.off_delay);
        }
    }

    /// The clock that stamps its readings was set by so much.
    pub(super) fn shift(&mut self, by: Duration) {
        self.newest = self.newest + by;
        self.trackers.iter_mut().for_each(|tracker| tracker.shift(by));
    }

    /// The collector's clock was set by so much, to `now`.
    pub(super) fn clock_was_set(&mut self, by: Duration, now: Timestamp) {
        self.heard = self.heard.map(|heard| (heard + by).min(now));
    }
}

/// A newer reading of the series is about to be judged: a run of which nothing more came for a while is over.
pub(super) fn end(state: &mut SeriesState, context: &Context<'_>) {
    let is_over = |run: &LateRun| run.heard.is_none_or(|heard| context.now.since(heard) >= ALL);
    if state.late.as_deref().is_some_and(is_over)
        && let Some(run) = state.late.take()
    {
        run.end(state, context);
    }
}

/// Whether late readings raised an alarm that is not latched, and nothing ended it or holds it up since.
fn stands_by_itself(alarm: &Alarm, tracker: &ConditionTracker) -> bool {
    alarm.state.is_active() && !alarm.latched && !tracker.is_active()
}

/// Whether what a late reading raises is told in its own name.
fn is_told_itself(state: &SeriesState, rule: &Rule) -> bool {
    let is_state = state.series.quantity().kind() == Kind::Boolean;
    rule.when.is_latched() || is_state || rule.priority == Priority::Critical
}

/// What late readings would have raised.
#[derive(Debug, Clone, Default)]
pub(super) struct Missed {
    /// How many alarms.
    pub(super) alarms: u64,
    /// The worst of them.
    pub(super) worst: Option<Priority>,
    /// What the first of the worst was about.
    pub(super) first: Option<LateReading>,
}

impl Missed {
    /// Both together.
    pub(super) fn and(self, other: Self) -> Self {
        let worst = [self.worst, other.worst].into_iter().flatten().min();
        Self {
            alarms: self.alarms + other.alarms,
            worst,
            first: match self.worst == worst {
                true => self.first,
                false => other.first,
            },
        }
    }
}

/// Evaluates a late reading within its run; `around`: what each of the series' trackers knows of other series now. Gives what it would have raised and
/// did not.
pub(super) fn read(
    state: &mut SeriesState,
    around: Vec<Option<Elsewhere>>,
    reading: &StoredReading,
    context: &mut Context<'_>,
) -> Missed {
    let mut missed = Missed::default();
    // The same instant again is the same reading; and what was known then is no news, but for a run that says otherwise.
    let goes_on = state
        .late
        .as_ref()
        .is_some_and(|run| run.is_under_way(reading.at));
    let was_said = !goes_on && state.was_said(reading.at, reading.outcome);
    if state.newest == Some(reading.at) || was_said {
        return missed;
    }
    let mut run = LateRun::of(state, reading.at, context);
    let told = run.read(state, around, reading, context);
    run.heard = Some(context.now);
    for told in told {
        match told.change {
            Change::Raised(at) if !was_told(state, told.index, at, context) => {
                let tracker = &run.trackers[told.index];
                let rule = context.book.rule(state.machines[told.index].rule);
                let onset = onset(state, (rule, tracker), (at, told.alone_since), reading, context);
                missed = missed.and(raise(state, told.index, onset, context));
            }
            Change::Returned(at) => close(state, told.index, at, context),
            _ => {}
        }
    }
    state.late = Some(run);
    missed
}

/// What is known of what a late reading raises at `at`.
fn onset(
    state: &SeriesState,
    (rule, tracker): (&Rule, &ConditionTracker),
    (at, alone_since): (Timestamp, Option<Timestamp>),
    reading: &StoredReading,
    context: &Context<'_>,
) -> Onset {
    let value = reading.outcome.ok();
    let flips_since = tracker.flips_at(at).map(|(since, _)| since);
    Onset {
        at,
        heard: context.now,
        began: flips_since.or(alone_since).or(Some(at - rule.on_delay)),
        value,
        fault: None,
        words: None,
        flips: None,
        input: Input::Known,
        room: context.book.room_of(&state.series).cloned(),
        origin: rule.when.origin(&Beginning {
            at,
            elsewhere: &[],
            value,
            fault: None,
            since: at,
            memory: tracker.memory(),
        }),
    }
}

/// Raises what is told in its own name, and logs anything else. Gives what was not raised.
fn raise(state: &mut SeriesState, index: usize, onset: Onset, context: &mut Context<'_>) -> Missed {
    let rule = context.book.rule(state.machines[index].rule);
    let (at, value) = (onset.at, onset.value);
    let subject = Subject::Series(state.series.clone());
    let (id, missed) = match is_told_itself(state, rule) {
        true => (
            context.register.raise_late(rule, &subject, onset),
            Missed::default(),
        ),
        false => {
            let missed = Missed {
                alarms: 1,
                worst: Some(rule.priority),
                first: Some(LateReading {
                    series: state.series.clone(),
                    at,
                    value,
                }),
            };
            (context.register.log_late(rule, &subject, &onset), missed)
        }
    };
    state.machines[index].alarm = Some(id);
    missed
}

/// What a late reading raised was over at that instant: what comes from before it is no news. What nobody latched ends.
fn close(state: &mut SeriesState, index: usize, at: Timestamp, context: &mut Context<'_>) {
    let machine = &mut state.machines[index];
    let Some((id, alarm)) = machine.alarm.and_then(|id| Some((id, context.register.get(id)?))) else {
        return;
    };
    let since = alarm.raised_at;
    let ends = stands_by_itself(alarm, &machine.tracker);
    if since <= at && (ends || (alarm.latched && !machine.tracker.is_active())) {
        machine.episodes.note(since, at);
        let off_delay = context.book.rule(machine.rule).off_delay;
        context.register.ending(id, Some(at - off_delay));
        if ends {
            context.register.end(id, Trigger::Returned, at);
        }
    }
}

/// Whether the alarm was active at that instant anyway.
fn was_told(state: &SeriesState, index: usize, at: Timestamp, context: &Context<'_>) -> bool {
    let machine = &state.machines[index];
    let Some(alarm) = machine.alarm.and_then(|id| context.register.get(id)) else {
        return false;
    };
    let within = |(from, to): &(Timestamp, Timestamp)| *from <= at && at <= *to;
    // One that a late reading raised stands without its tracker.
    let stands = machine.tracker.is_active() || alarm.state.is_active();
    (stands && alarm.raised_at <= at) || machine.episodes.iter().any(within)
}
