//! Series by the clocks of whoever stamps them: what is heard says how far behind one is, and what is set moves with it.

use plenum_protocol::{Channel, Duration, Timestamp};

use super::context::Context;
use super::table::SeriesTable;

impl SeriesTable {
    /// Silence of a series counts from `at`: its agent is there (again), or the engine has just caught up.
    pub(super) fn expect(&mut self, number: usize, at: Timestamp, context: &mut Context<'_>) {
        let state = self.touch(number);
        state.expected = at;
        let at = state.behind.own_time(at);
        for machine in &mut state.machines {
            if context.book.rule(machine.rule).when.watches_silence() {
                machine.tracker.expect_from(at);
            }
        }
        self.arm(number, context);
    }

    /// The collector's clock was set, to `now`: silence counts from here, and nothing stays in a future that was wrong.
    /// `by`: by how much, where that is known.
    pub(super) fn clock_was_set(&mut self, by: Duration, now: Timestamp, context: &mut Context<'_>) {
        for number in 0..self.series.len() {
            let state = self.touch(number);
            state.behind.clock_was_set(by);
            if let Some(run) = &mut state.late {
                run.clock_was_set(by, now);
            }
            state.pull_back(now);
            state.scheduled = None;
            self.show_otherwise(number);
            self.expect(number, now, context);
        }
    }

    /// A series was heard in a batch with this newest reading, and its agent holds nothing newer.
    pub(super) fn heard(
        &mut self,
        number: usize,
        at: Timestamp,
        (newest, received): (Timestamp, Timestamp),
        context: &mut Context<'_>,
    ) {
        let state = self.touch(number);
        let by = state.step(at, received);
        if let Some(by) = by {
            state.shift(by);
        }
        state.hear(at, (newest, received));
        if by.is_some() {
            self.note_step(number, context);
            self.show_otherwise(number);
        }
    }

    /// The same of a batch whose agent held newer ones back: it tells only how far its clock is behind at most.
    pub(super) fn heard_amid(&mut self, number: usize, heard: (Timestamp, Timestamp)) {
        if !self.state(number).behind.is_nothing() {
            self.touch(number).hear_amid(heard);
        }
    }

    /// The clock that stamps a series was set: how long its alarms stand cannot be told by it.
    fn note_step(&self, number: usize, context: &mut Context<'_>) {
        let alarms = self.series[number].machines.iter();
        alarms
            .filter_map(|machine| machine.alarm)
            .for_each(|id| context.register.note_step(id));
    }

    /// The clock of an agent was set by so much: what is known of its series moves with it, so that nobody was silent for a step.
    /// `first`: the first instant of what comes. What is ahead of it by then was stamped by the clock as it was before.
    pub(super) fn shift(&mut self, agent: usize, by: Duration, first: Timestamp, context: &mut Context<'_>) {
        for number in self.of_agent(agent) {
            let state = &self.series[number];
            if state.newest.is_none_or(|newest| newest + by >= first) {
                continue;
            }
            let state = self.touch(number);
            state.shift(by);
            state.scheduled = None;
            self.note_step(number, context);
            self.show_otherwise(number);
            self.arm(number, context);
        }
    }

    /// An instant of the wall clock by the clock of a series' publisher.
    pub(super) fn own_time(&self, agent: usize, channel: &Channel, now: Timestamp) -> Timestamp {
        let number = self.find(agent, channel);
        number.map_or(now, |number| self.series[number].behind.own_time(now))
    }
}
