//! Readings that come after newer ones of their series: history and availability get them, the live engine does not judge by them.
//! What they would have raised is logged with cause `late` and told in one summary.

use plenum_protocol::Timestamp;
use serde::{Deserialize, Serialize};

use super::context::Context;
use super::register::Onset;
use super::series::SeriesState;
use crate::alarms::tracker::{Change, ConditionTracker};
use crate::alarms::{Input, Subject};
use crate::expectation::Silence;
use crate::fact::StoredReading;
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
            let cut = turns.iter().any(|turn| run.newest < *turn && *turn <= at);
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

    /// The trackers that a reading would have raised, with the instants.
    fn read(
        &mut self,
        state: &SeriesState,
        reading: &StoredReading,
        context: &Context<'_>,
    ) -> Vec<(usize, Timestamp)> {
        let mut raised = Vec::new();
        let mut changes = Vec::new();
        for (index, tracker) in self.trackers.iter_mut().enumerate() {
            let rule = context.book.rule(state.machines[index].rule);
            // What other series were then, or whether one was silent, cannot be told from late readings alone.
            if rule.waits_for_others() || rule.when.watches_silence() || !rule.when.is_of_an_instant() {
                continue;
            }
            tracker.reading(rule, Silence::Unjudged, reading.at, reading.outcome, &mut changes);
            for change in changes.drain(..) {
                if let Change::Raised(at) = change {
                    raised.push((index, at));
                }
            }
        }
        raised
    }
}

/// Evaluates a late reading within its run. Gives how many alarms it would have raised.
pub(super) fn read(state: &mut SeriesState, reading: &StoredReading, context: &mut Context<'_>) -> usize {
    if state.newest == Some(reading.at) {
        // The same instant again is the same reading.
        return 0;
    }
    let mut run = LateRun::of(state, reading.at, context);
    let mut raised = run.read(state, reading, context);
    state.late = Some(run);
    raised.retain(|(index, at)| !was_told(state, *index, *at, context));
    for (index, at) in &raised {
        let rule = context.book.rule(state.machines[*index].rule);
        let value = reading.outcome.ok();
        let onset = Onset {
            at: *at,
            value,
            fault: None,
            words: None,
            input: Input::Known,
            room: context.book.room_of(&state.series).cloned(),
            origin: rule.when.origin(&Beginning {
                at: *at,
                elsewhere: &[],
                value,
                fault: None,
                since: *at,
                memory: None,
            }),
        };
        let subject = Subject::Series(state.series.clone());
        let id = context.register.log_late(rule, &subject, &onset);
        state.machines[*index].alarm = Some(id);
    }
    raised.len()
}

/// Whether the alarm was active at that instant anyway.
fn was_told(state: &SeriesState, index: usize, at: Timestamp, context: &Context<'_>) -> bool {
    let machine = &state.machines[index];
    let Some(alarm) = machine.alarm.and_then(|id| context.register.get(id)) else {
        return false;
    };
    let within = |(from, to): &(Timestamp, Timestamp)| *from <= at && at <= *to;
    (machine.tracker.is_active() && alarm.raised_at <= at) || machine.episodes.iter().any(within)
}
