//! Readings that come after newer ones of their series: history and availability get them, the live engine does not judge by them.
//! What they would have raised is logged with cause `late` and told in one summary, as urgent as the worst of it. What only a person ends is raised:
//! late smoke is smoke.

use plenum_protocol::Timestamp;
use serde::{Deserialize, Serialize};

use super::context::Context;
use super::register::Onset;
use super::series::SeriesState;
use crate::alarms::tracker::{Change, ConditionTracker};
use crate::alarms::{Input, Subject};
use crate::around::Elsewhere;
use crate::expectation::Silence;
use crate::fact::StoredReading;
use crate::site::Priority;
use crate::site::condition::Beginning;

/// Readings that came after newer ones, evaluated among themselves.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct LateRun {
    newest: Timestamp,
    trackers: Vec<ConditionTracker>,
}

impl LateRun {
    /// The run that a reading goes on, or a new one. A change of state between two of them, or a new rule, ends a run.
    fn of(state: &mut SeriesState, at: Timestamp, context: &Context<'_>) -> Box<Self> {
        let count = state.machines.len();
        let turns = &state.turns;
        let goes_on = |run: &Self| {
            let cut = turns.iter().any(|turn| run.newest < turn.at && turn.at <= at);
            run.newest < at && run.trackers.len() == count && !cut
        };
        if let Some(mut run) = state.late.take().filter(|run| goes_on(run)) {
            run.newest = at;
            return run;
        }
        let fresh = |rule: usize| ConditionTracker::new(context.book.rule(rule));
        let trackers = state.machines.iter().map(|machine| fresh(machine.rule)).collect();
        Box::new(Self { newest: at, trackers })
    }

    /// What a reading does to the trackers: which, and what. What hinders a rule now, by `around`, is taken to have hindered it then.
    fn read(
        &mut self,
        state: &SeriesState,
        around: Vec<Option<Elsewhere>>,
        reading: &StoredReading,
        context: &Context<'_>,
    ) -> Vec<(usize, Change)> {
        let mut told = Vec::new();
        let mut changes = Vec::new();
        for ((index, tracker), around) in self.trackers.iter_mut().enumerate().zip(around) {
            let rule = context.book.rule(state.machines[index].rule);
            // What other series were then, or whether one was silent, cannot be told from late readings alone.
            if rule.waits_for_others() || rule.when.watches_silence() || !rule.when.is_of_an_instant() {
                continue;
            }
            around.into_iter().for_each(|around| tracker.learn(around));
            tracker.reading(rule, Silence::Unjudged, reading.at, reading.outcome, &mut changes);
            told.extend(changes.drain(..).map(|change| (index, change)));
        }
        told
    }
}

/// What late readings would have raised.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Missed {
    /// How many alarms.
    pub(super) alarms: u64,
    /// The worst of them.
    pub(super) worst: Option<Priority>,
}

impl Missed {
    /// Both together.
    pub(super) fn and(self, other: Self) -> Self {
        Self {
            alarms: self.alarms + other.alarms,
            worst: [self.worst, other.worst].into_iter().flatten().min(),
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
    // The same instant again is the same reading.
    if state.newest == Some(reading.at) || state.was_said(reading.at, reading.outcome) {
        return missed;
    }
    let mut run = LateRun::of(state, reading.at, context);
    let told = run.read(state, around, reading, context);
    state.late = Some(run);
    for (index, change) in told {
        match change {
            Change::Raised(at) if !was_told(state, index, at, context) => {
                missed = missed.and(raise(state, (index, at), reading, context));
            }
            Change::Returned(at) => close(state, index, at, context),
            _ => {}
        }
    }
    missed
}

/// Raises what only a person ends, and logs anything else. Gives what was not raised.
fn raise(
    state: &mut SeriesState,
    (index, at): (usize, Timestamp),
    reading: &StoredReading,
    context: &mut Context<'_>,
) -> Missed {
    let rule = context.book.rule(state.machines[index].rule);
    let value = reading.outcome.ok();
    let onset = Onset {
        at,
        value,
        fault: None,
        words: None,
        input: Input::Known,
        room: context.book.room_of(&state.series).cloned(),
        origin: rule.when.origin(&Beginning {
            at,
            elsewhere: &[],
            value,
            fault: None,
            since: at,
            memory: None,
        }),
    };
    let subject = Subject::Series(state.series.clone());
    let (id, missed) = match rule.when.is_latched() {
        true => (
            context.register.raise_late(rule, &subject, onset),
            Missed::default(),
        ),
        false => {
            let missed = Missed {
                alarms: 1,
                worst: Some(rule.priority),
            };
            (context.register.log_late(rule, &subject, &onset), missed)
        }
    };
    state.machines[index].alarm = Some(id);
    missed
}

/// What a late reading raised was over at that instant: what comes from before it is no news.
fn close(state: &mut SeriesState, index: usize, at: Timestamp, context: &Context<'_>) {
    let machine = &mut state.machines[index];
    let alarm = machine.alarm.and_then(|id| context.register.get(id));
    let since = alarm.filter(|alarm| alarm.latched && !machine.tracker.is_active());
    if let Some(since) = since.map(|alarm| alarm.raised_at).filter(|since| *since <= at) {
        machine.note_episode(since, at);
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
    let stands = machine.tracker.is_active() || (alarm.latched && alarm.state.is_active());
    (stands && alarm.raised_at <= at) || machine.episodes.iter().any(within)
}
