//! Readings that come after newer ones of their series: history and availability get them, the live engine does not judge by them.
//! What they would have raised is logged with cause `late` and told in one summary.

use plenum_protocol::Timestamp;

use super::Engine;
use super::register::{Effect, Onset};
use super::series::LateRun;
use crate::alarms::condition::{Change, ConditionTracker};
use crate::alarms::{Input, Subject};
use crate::fact::StoredReading;
use crate::site::Condition;

impl Engine {
    /// Evaluates a late reading within its run; answers how many alarms it would have raised.
    pub(super) fn late_reading(
        &mut self,
        index: usize,
        reading: &StoredReading,
        effects: &mut Vec<Effect>,
    ) -> usize {
        let state = &mut self.series[index];
        if state.newest == Some(reading.at) {
            // The same instant again is the same reading.
            return 0;
        }
        let count = state.machines.len();
        let turns = &state.turns;
        let goes_on = |run: &LateRun| {
            let cut = turns.iter().any(|turn| run.newest < *turn && *turn <= reading.at);
            run.newest < reading.at && run.trackers.len() == count && !cut
        };
        let mut run = match state.late.take().filter(|run| goes_on(run)) {
            Some(run) => run,
            None => Box::new(LateRun {
                newest: reading.at,
                trackers: state
                    .machines
                    .iter()
                    .map(|machine| ConditionTracker::new(&self.rules[machine.rule]))
                    .collect(),
            }),
        };
        run.newest = reading.at;
        let mut raised: Vec<(usize, Timestamp)> = Vec::new();
        for (place, tracker) in run.trackers.iter_mut().enumerate() {
            let rule = &self.rules[self.series[index].machines[place].rule];
            // Whether a guard held then, or a series was silent, cannot be told from late readings alone.
            if rule.only_while.is_some() || matches!(rule.when, Condition::Stale { .. }) {
                continue;
            }
            tracker.reading(rule, None, reading.at, reading.outcome, &mut self.changes);
            for change in self.changes.drain(..) {
                if let Change::Raised(at) = change {
                    raised.push((place, at));
                }
            }
        }
        self.series[index].late = Some(run);
        raised.retain(|(place, at)| !self.was_told(index, *place, *at));
        for (place, at) in &raised {
            let state = &self.series[index];
            let rule = &self.rules[state.machines[*place].rule];
            let sentence = crate::text::sentence::of_series(
                &self.site,
                rule,
                &state.series,
                reading.outcome.ok(),
                None,
                *at,
            );
            let onset = Onset {
                at: *at,
                value: reading.outcome.ok(),
                fault: None,
                input: Input::Known,
                room: self.room_of(index),
                message: format!("late: {sentence}"),
            };
            let subject = Subject::Series(state.series.clone());
            let id = self.register.log_late(rule, &subject, &onset, effects);
            self.series[index].machines[*place].alarm = Some(id);
        }
        raised.len()
    }

    /// Whether the alarm was active at that instant anyway.
    fn was_told(&self, index: usize, place: usize, at: Timestamp) -> bool {
        let machine = &self.series[index].machines[place];
        let Some(alarm) = machine.alarm.and_then(|id| self.register.alarms.get(&id)) else {
            return false;
        };
        let before = |(from, to): &(Timestamp, Timestamp)| *from <= at && at <= *to;
        (machine.tracker.is_active() && alarm.raised_at <= at) || machine.episodes.iter().any(before)
    }
}
