//! One look at the clocks: the wall clock, the clock that counts from boot, and whether the wall clock can be believed.

use plenum_protocol::{Duration, Timestamp};

/// What the clocks say together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// The wall clock, as the kernel has it now: it may step.
    pub wall: Timestamp,
    /// Time since boot, sleep included; never steps.
    pub boot: Duration,
    /// Whether the wall clock is synchronised.
    pub synchronised: bool,
}

impl Moment {
    /// What has to be added to the boot clock to have the wall clock. Changes only when the wall clock is stepped.
    pub fn offset(&self) -> Duration {
        Duration::from_milliseconds(self.wall.milliseconds()) - self.boot
    }
}
