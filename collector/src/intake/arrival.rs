//! When a message came: by the wall clock for what is stored, by the steady one for what is waited for.

use plenum_protocol::{Clock, Steady, Timestamp};

/// One look at both clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Arrival {
    /// By the wall clock: relative packs count from here, and nothing is stored much later than this.
    pub(super) at: Timestamp,
    /// By the steady clock.
    pub(super) steady: Steady,
}

impl Arrival {
    /// Both clocks as they stand.
    pub(super) fn now(clock: &dyn Clock) -> Self {
        Self {
            at: clock.now(),
            steady: clock.steady(),
        }
    }
}
