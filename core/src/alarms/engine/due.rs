//! What the trackers of a series wait for: one entry among the timers for the first of them, and what each does when its instant has passed.

use plenum_protocol::{Duration, Timestamp};

use super::context::Context;
use super::presence::Gate;
use super::table::SeriesTable;
use super::timers::{GRACE, Slot};
use crate::expectation::Silence;

/// How soon a tracker that was held back is looked at again.
const RETRY: Duration = Duration::from_seconds(1);

impl SeriesTable {
    /// Puts what the trackers of a series wait for among the timers.
    pub(super) fn arm(&mut self, number: usize, context: &mut Context<'_>) {
        let state = &mut self.series[number];
        let machines = state.machines.iter();
        let due = machines.filter_map(|machine| {
            let silence = Silence::of(context.book.rule(machine.rule), &state.expectation);
            machine.tracker.deadline(silence)
        });
        let due = state.behind.wall_time(due.min());
        context.timers.schedule(number, due, &mut state.scheduled);
    }

    /// The turn of a series has come. `gate`: whether the wall clock may decide for its agent.
    pub(super) fn fire(
        &mut self,
        number: usize,
        now: Timestamp,
        gate: impl Fn() -> Gate,
        context: &mut Context<'_>,
    ) {
        let state = &mut self.series[number];
        state.scheduled = None;
        // By its publisher's clock: whoever speaks is not silent, whatever it stamps.
        let due_by = state.behind.own_time(now - GRACE);
        // Mostly all of it was put off by its readings since.
        if let Some(due) = state.is_quiet(due_by, now) {
            let due = state.behind.wall_time(Some(due));
            context.timers.schedule(number, due, &mut state.scheduled);
            return;
        }
        let mut asked = None;
        let mut next: Option<Timestamp> = None;
        for tracker in 0..self.series[number].machines.len() {
            let slot = Slot {
                series: number,
                tracker,
            };
            let state = &self.series[number];
            let machine = &state.machines[tracker];
            let silence = Silence::of(context.book.rule(machine.rule), &state.expectation);
            let mut due = machine.tracker.deadline(silence);
            if due.is_some_and(|due| due <= due_by) {
                due = self.pass(slot, due_by, *asked.get_or_insert_with(&gate), context);
            }
            next = earlier(next, due);
            match self.decided.is_empty() {
                // Who is away or waited for decides nothing, and is unknown in time all the same.
                true => self.note_input(slot, context),
                false => self.settle(slot, context),
            }
        }
        let state = &mut self.series[number];
        let next = state.behind.wall_time(next);
        context.timers.schedule(number, next, &mut state.scheduled);
    }

    /// An instant that a tracker waits for has passed. Gives the next one.
    fn pass(
        &mut self,
        slot: Slot,
        due_by: Timestamp,
        gate: Gate,
        context: &mut Context<'_>,
    ) -> Option<Timestamp> {
        self.refresh(slot, due_by, context);
        let state = &mut self.series[slot.series];
        let machine = &mut state.machines[slot.tracker];
        let rule = context.book.rule(machine.rule);
        let silence = Silence::of(rule, &state.expectation);
        match gate {
            Gate::Wait => return Some(due_by + RETRY),
            // Whoever was last seen on battery is told of, whatever went dark with it.
            Gate::Away if !rule.is_told_across_presence() => {}
            Gate::Pass | Gate::Away => {
                machine.tracker.pass(rule, silence, due_by, &mut self.decided);
                let next = machine.tracker.deadline(silence);
                return next.filter(|due| *due > due_by);
            }
            Gate::Refused => {}
        }
        // What is left waits for the agent: it is scheduled again when it is back.
        machine.tracker.pass_without_source(due_by, &mut self.decided);
        // A silence limit that has passed must not hide an on-delay that ends later.
        let next = machine.tracker.deadline(Silence::Unjudged);
        next.filter(|due| *due > due_by)
    }
}

/// The first of two instants that may not be.
pub(super) fn earlier(one: Option<Timestamp>, other: Option<Timestamp>) -> Option<Timestamp> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}
