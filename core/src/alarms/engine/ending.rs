//! Conditions that are gone: by a reading, after their off-delay.

use plenum_protocol::Timestamp;

use super::context::Context;
use super::table::SeriesTable;
use super::timers::Slot;
use crate::alarms::life::Trigger;

impl SeriesTable {
    /// The off-delay of a tracker is over at an instant: its alarm has ended where that began, by the value that was known then.
    pub(super) fn returned(&mut self, slot: Slot, at: Timestamp, context: &mut Context<'_>) {
        let state = self.touch(slot.series);
        let value = state.value_at(at);
        let machine = &mut state.machines[slot.tracker];
        if let Some(id) = machine.alarm {
            if let Some(alarm) = context.register.get(id) {
                machine.episodes.note(alarm.raised_at, at);
            }
            let off_delay = context.book.rule(machine.rule).off_delay;
            context.register.ending(id, Some(at - off_delay));
            context.register.show_value(id, value);
            context.register.end(id, Trigger::Returned, at);
        }
    }
}
