//! What the readings of a batch are about to ask for, brought near. A site's series and what their trackers remember are more than a processor keeps
//! at hand: asked for one after another, each reading waits for the memory several times. Glanced at together, all of a batch wait once.

use std::hint::black_box;

use super::series::SeriesState;
use super::table::SeriesTable;

/// So many series at a time: what belongs to them fits into the nearer of a processor's caches.
pub(super) const TOGETHER: usize = 16;

impl SeriesTable {
    /// Glances at the series that the next so many readings of an agent are mostly of. It decides and changes nothing.
    pub(super) fn bring_near(&self, agent: usize, readings: usize) {
        for number in self.next_read(agent).take(readings) {
            self.series[number].glance();
        }
    }
}

impl SeriesState {
    /// Reads a word of each stretch of memory that its next reading needs.
    fn glance(&self) {
        black_box((self.newest, self.good, self.changed));
        self.expectation.glance();
        for machine in &self.machines {
            black_box((machine.rule, machine.learned));
            machine.tracker.glance();
        }
    }
}
