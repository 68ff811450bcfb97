//! Readings that are lost: nothing is known of their series from there on, neither to their own rules nor to those that look at them.

use plenum_protocol::Timestamp;

use super::context::Context;
use super::table::SeriesTable;
use super::timers::Slot;
use crate::expectation::Silence;
use crate::fact::Gap;

impl SeriesTable {
    /// Readings of an agent are lost: what they would have said is unknown, so an off-delay that runs across them starts again, and whoever looks at
    /// one of its series sees nothing there until its next reading.
    pub(super) fn lose(&mut self, agent: usize, gap: &Gap, context: &mut Context<'_>) {
        for number in self.of_agent(agent) {
            let state = self.touch(number);
            if state.newest.is_some_and(|newest| newest >= gap.to) {
                continue;
            }
            let at = state.newest.map_or(gap.from, |newest| newest.max(gap.from));
            let moved = self.around.foresee_loss(number, at);
            let lookers = moved.map_or_else(Vec::new, |moved| self.lookers_at(number, &moved));
            for slot in &lookers {
                self.refresh(*slot, at, context);
            }
            self.lose_of_series(number, gap.from, context);
            self.series[number].lose(at);
            self.show(number);
            for slot in lookers {
                self.look(slot, at, context);
            }
        }
    }

    fn lose_of_series(&mut self, number: usize, from: Timestamp, context: &mut Context<'_>) {
        self.learn(number, from, context);
        for tracker in 0..self.series[number].machines.len() {
            let slot = Slot {
                series: number,
                tracker,
            };
            let state = &mut self.series[number];
            let machine = &mut state.machines[tracker];
            let rule = context.book.rule(machine.rule);
            if rule.when.watches_silence() {
                continue;
            }
            let silence = Silence::of(rule, &state.expectation);
            machine.tracker.lost(rule, silence, from, &mut self.decided);
            self.settle(slot, context);
        }
    }
}
