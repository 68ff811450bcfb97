//! The time that the collector goes by: the wall clock, but for steps of it that do not last.
//!
//! A time server's bad answer, a virtual machine that was paused or a slip of a hand sets the clock wrong for seconds; every alarm, gap and
//! receipt of those seconds would be wrong for ever. So a step counts when it has lasted for [`LASTS`], and until then time goes on
//! by the steady clock. Slewing is followed at once.

use std::sync::{Arc, Mutex, PoisonError};

use plenum_protocol::clock::Sleep;
use plenum_protocol::{Clock, Duration, Steady, Timestamp};

/// How long a step of the wall clock must last until it is believed.
pub const LASTS: Duration = Duration::from_seconds(30);
/// More than this at once is a step.
const STEP: i64 = 1_000;
/// The two clocks are read one after the other: their difference trembles by this much.
const TREMBLE: i64 = 2;
/// Who waits for an instant looks at least this often.
const LONGEST_NAP: Duration = Duration::from_seconds(1);

/// A clock over another. Cheap to clone.
#[derive(Clone)]
pub struct Timekeeper {
    clock: Arc<dyn Clock>,
    belief: Arc<Mutex<Belief>>,
}

#[derive(Debug)]
struct Belief {
    offset: Duration,
    /// Another offset, and since when the wall clock has had it.
    doubted: Option<(Duration, Steady)>,
}

impl Timekeeper {
    /// Believes what the wall clock says now.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        let belief = Belief {
            offset: clock.offset(),
            doubted: None,
        };
        Self {
            clock,
            belief: Arc::new(Mutex::new(belief)),
        }
    }

    /// The same, ready to be handed to whoever needs the time.
    pub fn shared(clock: Arc<dyn Clock>) -> Arc<dyn Clock> {
        Arc::new(Self::new(clock))
    }
}

impl Belief {
    /// The wall clock has this offset at `now`: what is believed of it.
    fn look(&mut self, offset: Duration, now: Steady) -> Duration {
        let apart = |one: Duration, other: Duration| one.milliseconds().abs_diff(other.milliseconds());
        if apart(offset, self.offset) <= STEP as u64 {
            if apart(offset, self.offset) > TREMBLE as u64 {
                self.offset = offset;
            }
            if self.doubted.take().is_some() {
                tracing::warn!(
                    "the machine's clock was set and set back within seconds: nothing of it was believed"
                );
            }
            return self.offset;
        }
        match self.doubted {
            Some((doubted, since)) if apart(offset, doubted) <= STEP as u64 => {
                if now.since(since) >= LASTS {
                    let by = offset - self.offset;
                    tracing::warn!(
                        by_seconds = by.seconds(),
                        "the machine's clock was set; it is believed from here on"
                    );
                    *self = Self {
                        offset,
                        doubted: None,
                    };
                }
            }
            _ => {
                let by = offset - self.offset;
                tracing::warn!(
                    by_seconds = by.seconds(),
                    "the machine's clock was set: believed when it has lasted for {LASTS}"
                );
                self.doubted = Some((offset, now));
            }
        }
        self.offset
    }
}

impl Clock for Timekeeper {
    fn goes_by_itself(&self) -> bool {
        self.clock.goes_by_itself()
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_milliseconds(self.steady().milliseconds()) + self.offset()
    }

    fn steady(&self) -> Steady {
        self.clock.steady()
    }

    fn sleep_until(&self, deadline: Steady) -> Sleep {
        self.clock.sleep_until(deadline)
    }

    fn wake_at(&self, instant: Timestamp) -> Sleep {
        let (keeper, before) = (self.clone(), self.offset());
        Box::pin(async move {
            loop {
                let remaining = instant.since(keeper.now());
                let moved = (keeper.offset() - before).milliseconds().abs();
                if remaining <= Duration::ZERO || moved > STEP {
                    return;
                }
                keeper.clock.sleep(remaining.min(LONGEST_NAP)).await;
            }
        })
    }

    fn offset(&self) -> Duration {
        let (offset, now) = (self.clock.offset(), self.clock.steady());
        let mut belief = self.belief.lock().unwrap_or_else(PoisonError::into_inner);
        belief.look(offset, now)
    }
}

#[cfg(test)]
mod tests {
    use plenum_protocol::clock::SimulatedClock;

    use super::*;

    fn check(steps: &[(i64, i64)], believed: i64) {
        let clock = SimulatedClock::new(Timestamp::from_milliseconds(1_700_000_000_000));
        let keeper = Timekeeper::new(Arc::new(clock.clone()));
        let begun = (keeper.now(), keeper.steady());
        for (step, then_seconds) in steps {
            clock.step(Duration::from_seconds(*step));
            for _ in 0..*then_seconds {
                keeper.now();
                clock.advance(Duration::from_seconds(1));
            }
        }
        let went_by = keeper.steady().since(begun.1);
        let off = keeper.now().since(begun.0) - went_by;
        assert_eq!(off, Duration::from_seconds(believed), "{steps:?}");
    }

    #[test]
    fn a_step_that_does_not_last_is_nothing_and_one_that_does_is_believed() {
        check(&[(3_600, 3), (-3_600, 100)], 0);
        check(&[(-3_600, 5), (3_600, 100)], 0);
        check(&[(3_600, 29)], 0);
        check(&[(3_600, 40)], 3_600);
        check(&[(-63_072_000, 40), (63_072_000, 40)], 0);
        check(&[(3_600, 20), (3_600, 20), (-7_200, 5)], 0);
        check(&[(1, 2)], 1);
    }
}
