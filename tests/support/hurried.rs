//! A clock that goes several times as fast as the machine's, both of its hands: a quarter of an hour of a collector's life in a minute of a test's.

use std::sync::Arc;

use plenum_link::SystemClock;
use plenum_protocol::clock::Sleep;
use plenum_protocol::{Clock, Duration, Steady, Timestamp};

/// The clock. Right when it was made, and ahead ever after.
pub struct HurriedClock {
    factor: i64,
    begun: (Timestamp, Steady),
}

impl HurriedClock {
    /// From now on so many times as fast as the machine's.
    pub fn shared(factor: i64) -> Arc<dyn Clock> {
        let begun = (SystemClock.now(), SystemClock.steady());
        Arc::new(Self { factor, begun })
    }

    /// When this instant is by the machine's own clock since boot.
    fn real(&self, deadline: Steady) -> Steady {
        let ahead = deadline.since(self.begun.1).milliseconds();
        // Never early.
        self.begun.1 + Duration::from_milliseconds(ahead.div_euclid(self.factor) + 1)
    }
}

impl Clock for HurriedClock {
    fn now(&self) -> Timestamp {
        self.begun.0 + self.steady().since(self.begun.1)
    }

    fn steady(&self) -> Steady {
        let went = SystemClock.steady().since(self.begun.1).milliseconds();
        self.begun.1 + Duration::from_milliseconds(went * self.factor)
    }

    fn sleep_until(&self, deadline: Steady) -> Sleep {
        SystemClock.sleep_until(self.real(deadline))
    }

    fn wake_at(&self, instant: Timestamp) -> Sleep {
        self.sleep_until(self.begun.1 + instant.since(self.begun.0))
    }

    fn goes_by_itself(&self) -> bool {
        true
    }
}
