//! The one source of time, handed in at construction: the system's clock in production (in `link`),
//! the simulated one here in tests, scenarios and the demo's history.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

use crate::Timestamp;

/// A future that ends when an instant is reached.
pub type Sleep = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Tells the time and waits for it. Only the shell asks it; pure code takes `now` as an argument.
pub trait Clock: Send + Sync + 'static {
    /// The wall clock's instant. May step when the operating system corrects it.
    fn now(&self) -> Timestamp;
    /// Ends when `now` has reached `instant`; at once if it has already.
    fn sleep_until(&self, instant: Timestamp) -> Sleep;
}

/// A clock that moves only when told to, and then wakes whoever waits.
#[derive(Clone, Default)]
pub struct SimulatedClock(Arc<Mutex<Simulated>>);

#[derive(Default)]
struct Simulated {
    now: Timestamp,
    next_id: u64,
    waiting: BTreeMap<(Timestamp, u64), Option<Waker>>,
}

impl SimulatedClock {
    /// A clock that stands at `now`.
    pub fn new(now: Timestamp) -> Self {
        let clock = Self::default();
        clock.lock().now = now;
        clock
    }

    /// Moves to `instant`, if that is later, and wakes everyone whose instant has come.
    pub fn advance_to(&self, instant: Timestamp) {
        let mut simulated = self.lock();
        simulated.now = simulated.now.max(instant);
        let now = simulated.now;
        let due: Vec<Waker> = simulated
            .waiting
            .range_mut(..=(now, u64::MAX))
            .filter_map(|(_, waker)| waker.take())
            .collect();
        drop(simulated);
        due.into_iter().for_each(Waker::wake);
    }

    /// The next instant that someone waits for.
    pub fn next_wakeup(&self) -> Option<Timestamp> {
        self.lock().waiting.keys().next().map(|(instant, _)| *instant)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Simulated> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for SimulatedClock {
    fn now(&self) -> Timestamp {
        self.lock().now
    }

    fn sleep_until(&self, instant: Timestamp) -> Sleep {
        let mut simulated = self.lock();
        simulated.next_id += 1;
        let key = (instant, simulated.next_id);
        simulated.waiting.insert(key, None);
        drop(simulated);
        Box::pin(SimulatedSleep {
            clock: self.clone(),
            key,
        })
    }
}

struct SimulatedSleep {
    clock: SimulatedClock,
    key: (Timestamp, u64),
}

impl Future for SimulatedSleep {
    type Output = ();
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut simulated = self.clock.lock();
        if simulated.now >= self.key.0 {
            return Poll::Ready(());
        }
        simulated.waiting.insert(self.key, Some(context.waker().clone()));
        Poll::Pending
    }
}

impl Drop for SimulatedSleep {
    fn drop(&mut self) {
        self.clock.lock().waiting.remove(&self.key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sleeper_wakes_when_the_clock_is_moved() {
        let clock = SimulatedClock::new(Timestamp::from_milliseconds(5));
        let mut sleep = clock.sleep_until(Timestamp::from_milliseconds(10));
        let mut context = Context::from_waker(Waker::noop());
        assert!(sleep.as_mut().poll(&mut context).is_pending());
        assert_eq!(clock.next_wakeup(), Some(Timestamp::from_milliseconds(10)));
        clock.advance_to(Timestamp::from_milliseconds(10));
        assert!(sleep.as_mut().poll(&mut context).is_ready());
        drop(sleep);
        assert_eq!(clock.next_wakeup(), None);
    }
}
