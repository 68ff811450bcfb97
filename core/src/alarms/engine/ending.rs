//! Conditions that are gone: by a reading, after their off-delay, or by what a changed rule says.

use plenum_protocol::Timestamp;

use super::context::Context;
use super::table::SeriesTable;
use super::timers::Slot;
use crate::alarms::Input;
use crate::alarms::life::Trigger;
use crate::site::Rule;

impl SeriesTable {
    /// The off-delay of a tracker is over at an instant: its alarm has ended where that began, by the value that was known then.
    pub(super) fn returned(&mut self, slot: Slot, at: Timestamp, context: &mut Context<'_>) {
        let state = self.touch(slot.series);
        let value = state.value_at(at);
        let machine = &mut state.machines[slot.tracker];
        if let Some(id) = machine.alarm {
            if let Some(alarm) = context.register.get(id) {
                machine.note_episode(alarm.raised_at, at);
            }
            let off_delay = context.book.rule(machine.rule).off_delay;
            context.register.ending(id, Some(at - off_delay));
            context.register.show_value(id, value);
            context.register.end(id, Trigger::Returned, at);
        }
    }

    /// Ends the condition of every alarm whose changed rule the value that is known now does not pass any more; gives the alarms' numbers.
    pub(super) fn end_by_change(
        &mut self,
        before: &[Rule],
        at: Timestamp,
        context: &mut Context<'_>,
    ) -> Vec<u64> {
        let mut ended = Vec::new();
        for state in &mut self.series {
            for number in 0..state.machines.len() {
                let machine = &state.machines[number];
                let rule = context.book.rule(machine.rule);
                let old = before.iter().find(|old| old.id == rule.id);
                let is_changed = old.is_some_and(|old| old.when != rule.when) && !rule.when.is_latched();
                let Some(id) = machine.alarm.filter(|_| is_changed) else {
                    continue;
                };
                if state.input(number, context.now) == Input::Known
                    && state.machines[number].tracker.end_by_change(rule)
                {
                    if let Some(alarm) = context.register.get(id) {
                        let raised_at = alarm.raised_at;
                        state.machines[number].note_episode(raised_at, at);
                    }
                    ended.push(id);
                }
            }
        }
        ended
    }
}
