//! A compressor's cycle.

use super::{Random, Room};

/// The compressor's cycle: it warms along one exponential, cools along another, and no two are quite alike.
#[derive(Debug)]
pub(super) struct Cycle {
    room: Room,
    /// Where the present one begins, in minutes; its period and its swing.
    begin: f64,
    period: f64,
    swing: f64,
}

impl Cycle {
    pub(super) fn new(room: &Room, random: &mut Random) -> Self {
        Self {
            room: *room,
            begin: -random.within(0.0, room.period),
            period: room.period,
            swing: room.swing,
        }
    }

    pub(super) fn value(&mut self, at: f64, random: &mut Random) -> f64 {
        while at >= self.begin + self.period {
            self.begin += self.period;
            self.period = self.room.period * random.within(0.9, 1.1);
            self.swing = self.room.swing * random.within(0.9, 1.1);
        }
        let phase = (at - self.begin) / self.period;
        let bent = |share: f64| -(-1.5 * share).exp_m1() / -(-1.5_f64).exp_m1();
        let height = if phase < self.room.warming {
            bent(phase / self.room.warming)
        } else {
            1.0 - bent((phase - self.room.warming) / (1.0 - self.room.warming))
        };
        self.room.start + self.swing * (height - 0.5)
    }
}
