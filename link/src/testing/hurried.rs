//! A clock that goes several times as fast as the machine's, both of its hands: a quarter of an hour of a collector's life in a minute of a test's.

use std::sync::{Arc, PoisonError, RwLock};

use plenum_protocol::clock::Sleep;
use plenum_protocol::{Clock, Duration, Steady, Timestamp};

use crate::SystemClock;

/// Whoever sleeps looks at least this often whether it goes faster by now, in the machine's time.
const NAP: Duration = Duration::from_milliseconds(20);

/// The clock. Cheap to clone.
#[derive(Clone)]
pub struct HurriedClock(Arc<RwLock<Pace>>);

#[derive(Clone, Copy)]
struct Pace {
    factor: i64,
    /// What this clock said, and the machine's, when it began to go as fast as that.
    from: (Steady, Steady),
    /// Between its two hands.
    offset: Duration,
}

impl HurriedClock {
    /// From now on so many times as fast as the machine's.
    pub fn new(factor: i64) -> Self {
        let now = SystemClock.steady();
        Self(Arc::new(RwLock::new(Pace {
            factor,
            from: (now, now),
            offset: SystemClock.offset(),
        })))
    }

    /// From now on as fast as that.
    pub fn hurry(&self, factor: i64) {
        let from = (self.steady(), SystemClock.steady());
        let mut pace = self.0.write().unwrap_or_else(PoisonError::into_inner);
        *pace = Pace {
            factor,
            from,
            ..*pace
        };
    }

    fn pace(&self) -> Pace {
        *self.0.read().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for HurriedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_milliseconds(self.steady().milliseconds()) + self.pace().offset
    }

    fn steady(&self) -> Steady {
        let Pace { factor, from, .. } = self.pace();
        let went = SystemClock.steady().since(from.1).milliseconds();
        from.0 + Duration::from_milliseconds(went * factor)
    }

    fn sleep_until(&self, deadline: Steady) -> Sleep {
        let clock = self.clone();
        Box::pin(async move {
            loop {
                let left = deadline.since(clock.steady()).milliseconds();
                if left <= 0 {
                    return;
                }
                // Never early.
                let real = Duration::from_milliseconds(left / clock.pace().factor + 1);
                SystemClock.sleep(real.min(NAP)).await;
            }
        })
    }

    fn wake_at(&self, instant: Timestamp) -> Sleep {
        let offset = self.pace().offset;
        self.sleep_until(Steady::from_milliseconds((instant - offset).milliseconds()))
    }

    fn goes_by_itself(&self) -> bool {
        true
    }
}
