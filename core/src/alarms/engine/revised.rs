//! Trackers under other rules: those of rules that stay go on, and what a rule now says of what is known counts at once.

use std::collections::{HashMap, HashSet};

use plenum_protocol::{Identifier, Timestamp};

use super::context::Context;
use super::table::SeriesTable;
use super::timers::Slot;
use crate::alarms::Input;
use crate::around::Elsewhere;
use crate::site::Rule;

impl SeriesTable {
    /// Other rules are in force: trackers of rules that stay go on, those of rules that are gone or do not fit any more end.
    pub(super) fn move_trackers(&mut self, before: &[Rule], context: &Context<'_>) {
        let rules = context.book.rules();
        let indices: HashMap<&Identifier, usize> = rules
            .iter()
            .enumerate()
            .map(|(index, rule)| (&rule.id, index))
            .collect();
        for number in 0..self.series.len() {
            let state = self.touch(number);
            state.part();
            let series = &state.series;
            let mut late = state.late.take();
            let trackers = late.as_mut().map(|run| std::mem::take(&mut run.trackers));
            let mut trackers = trackers.into_iter().flatten();
            state.machines.retain_mut(|machine| {
                let old = &before[machine.rule];
                let tracker = trackers.next();
                let Some(index) = indices.get(&old.id) else {
                    return false;
                };
                let new = &rules[*index];
                machine.rule = *index;
                let stays = old.goes_on_as(new) && context.book.watches(new, series);
                if let Some((run, tracker)) = late.as_mut().zip(tracker)
                    && stays
                {
                    run.trackers.push(tracker);
                }
                stays
            });
            state.late = late;
        }
    }

    /// Tells every tracker whose rule judges otherwise than before, and gives the alarms that the change alone has ended: those that the value that is
    /// known now would not raise any more.
    pub(super) fn change_rules(
        &mut self,
        before: &[Rule],
        received: Timestamp,
        context: &mut Context<'_>,
    ) -> HashSet<u64> {
        let by_id: HashMap<&Identifier, &Rule> = before.iter().map(|rule| (&rule.id, rule)).collect();
        let rules = context.book.rules();
        let changed = |new: &Rule| by_id.get(&new.id).copied().filter(|old| !old.judges_as(new));
        let changed: Vec<Option<&Rule>> = rules.iter().map(changed).collect();
        let mut ended = HashSet::new();
        for series in 0..self.series.len() {
            for tracker in 0..self.series[series].machines.len() {
                let slot = Slot { series, tracker };
                if let Some(old) = changed[self.series[series].machines[tracker].rule] {
                    ended.extend(self.change_rule(slot, old, received, context));
                }
            }
        }
        ended
    }

    /// The same of one tracker.
    fn change_rule(
        &mut self,
        slot: Slot,
        old: &Rule,
        received: Timestamp,
        context: &mut Context<'_>,
    ) -> Option<u64> {
        let state = &self.series[slot.series];
        let rule = context.book.rule(state.machines[slot.tracker].rule);
        let elsewhere = match rule.looks_elsewhere() {
            true => rule.elsewhere(&self.around.view_of(slot.series, &state.series, received)),
            false => Elsewhere::default(),
        };
        let is_known = state.input(slot.tracker, context.now) == Input::Known;
        let at = state.behind.own_time(received);
        let state = self.touch(slot.series);
        if let Some(mut run) = state.late.take() {
            run.end_one(slot.tracker, state, (old, rule), context);
            state.late = Some(run);
        }
        let machine = &mut state.machines[slot.tracker];
        let may_end = is_known && !rule.when.is_latched();
        let has_ended = machine.tracker.rule_changed((old, rule), elsewhere, may_end, at);
        let id = machine.alarm?;
        if !has_ended {
            // Whether it is ending is told with the change.
            self.note_input(slot, context);
            return None;
        }
        if let Some(alarm) = context.register.get(id) {
            machine.episodes.note(alarm.raised_at, received);
        }
        Some(id)
    }
}
