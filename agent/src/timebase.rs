//! Where the agent's moments come from: the clock that was handed in, which boot it counts from, and what vouches for it.

use std::sync::Arc;

use plenum_link::BootClock;
use plenum_protocol::{Clock, Duration, Steady};

use crate::config::ClockTrust;
use crate::moment::Moment;

/// What all clocks say now. Cheap to clone.
#[derive(Clone)]
pub struct Timebase {
    clock: Arc<dyn Clock>,
    boot: BootClock,
    trust: ClockTrust,
}

impl Timebase {
    /// The clock that was handed in, whose steady hand counts since this host's boot.
    pub fn new(clock: Arc<dyn Clock>, trust: ClockTrust) -> std::io::Result<Self> {
        Ok(Self {
            clock,
            boot: BootClock::new()?,
            trust,
        })
    }

    /// All clocks at once.
    pub fn now(&self) -> Moment {
        Moment {
            wall: self.clock.now(),
            boot: self.boot(),
            synchronised: match self.trust {
                ClockTrust::Trusted => true,
                ClockTrust::Kernel => self.boot.is_synchronised(),
            },
        }
    }

    /// Time since boot, sleep included.
    pub fn boot(&self) -> Duration {
        Duration::from_milliseconds(self.steady().milliseconds())
    }

    /// Time since boot as an instant: by it the uplink waits.
    pub fn steady(&self) -> Steady {
        self.clock.steady()
    }

    /// Which boot this is.
    pub fn boot_id(&self) -> &str {
        self.boot.boot_id()
    }

    /// The clock that was handed in.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }
}
