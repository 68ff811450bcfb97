//! The one source of time, handed in at construction: the system's clocks in production (in `link`),
//! the simulated ones here in tests, scenarios and the demo's history.
//!
//! There are two, and their instants are of two types. The *steady* clock counts since the machine started and never steps: whatever
//! waits, waits by it. The *wall* clock says what people and sensors call the time, and may be set at any instant, either way: only ticks
//! and civil times look at it, and a step wakes whoever waits for it.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

use crate::{Duration, Steady, Timestamp};

/// A future that ends when an instant is reached.
pub type Sleep = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Tells the time and waits for it. Only the shell asks it; pure code takes `now` as an argument.
pub trait Clock: Send + Sync + 'static {
    /// The wall clock's instant. May step when the operating system corrects it.
    fn now(&self) -> Timestamp;
    /// The steady clock's instant.
    fn steady(&self) -> Steady;
    /// Ends when `steady` has reached `deadline`; at once if it has already.
    fn sleep_until(&self, deadline: Steady) -> Sleep;
    /// Ends when `now` has reached `instant`, and also soon after the wall clock was stepped: whoever waits looks at it again.
    fn wake_at(&self, instant: Timestamp) -> Sleep;

    /// Ends after so long, whatever happens to the wall clock.
    fn sleep(&self, duration: Duration) -> Sleep {
        self.sleep_until(self.steady() + duration)
    }

    /// What has to be added to the steady clock to have the wall clock, in milliseconds. Changes only when the wall clock is set.
    fn offset(&self) -> Duration {
        Duration::from_milliseconds(
            self.now()
                .milliseconds()
                .saturating_sub(self.steady().milliseconds()),
        )
    }

    /// Whether time goes by while nobody looks: what waited too long did not run. A simulated clock jumps when it is told to.
    fn goes_by_itself(&self) -> bool {
        false
    }
}

/// Notices when the wall clock was set between two looks.
#[derive(Debug, Clone, Copy)]
pub struct Steps(Duration);

/// The wall clock is slewed by milliseconds; more than this between two looks is a step.
const STEP: Duration = Duration::from_seconds(1);

impl Steps {
    /// Looks for the first time.
    pub fn new(clock: &dyn Clock) -> Self {
        Self(clock.offset())
    }

    /// By how much the wall clock was set since the last look, if it was.
    pub fn look(&mut self, clock: &dyn Clock) -> Option<Duration> {
        let offset = clock.offset();
        let by = offset - std::mem::replace(&mut self.0, offset);
        (by > STEP || by < Duration::ZERO - STEP).then_some(by)
    }

    /// The step could not be dealt with: the next look finds it again.
    pub fn put_back(&mut self, by: Duration) {
        self.0 = self.0 - by;
    }
}

/// Clocks that move only when told to, and then wake whoever waits.
#[derive(Clone, Default)]
pub struct SimulatedClock(Arc<Mutex<Simulated>>);

#[derive(Default)]
struct Simulated {
    steady: Steady,
    offset: Duration,
    /// How often the wall clock was stepped.
    steps: u64,
    next_id: u64,
    waiting: BTreeMap<u64, (Goal, Option<Waker>)>,
}

/// What a sleeper waits for.
#[derive(Debug, Clone, Copy)]
enum Goal {
    Steady(Steady),
    /// This instant of the wall clock, or a step after so many.
    Wall(Timestamp, u64),
}

impl Simulated {
    fn now(&self) -> Timestamp {
        Timestamp::from_milliseconds(self.steady.milliseconds()) + self.offset
    }

    fn has_come(&self, goal: Goal) -> bool {
        match goal {
            Goal::Steady(deadline) => self.steady >= deadline,
            Goal::Wall(instant, steps) => self.now() >= instant || self.steps > steps,
        }
    }

    fn take_due(&mut self) -> Vec<Waker> {
        let due: Vec<u64> = self
            .waiting
            .iter()
            .filter(|(_, (goal, _))| self.has_come(*goal))
            .map(|(id, _)| *id)
            .collect();
        due.into_iter()
            .filter_map(|id| self.waiting.get_mut(&id)?.1.take())
            .collect()
    }
}

impl SimulatedClock {
    /// Clocks that stand still: the wall clock at `now`, the steady one a day after the machine's start.
    pub fn new(now: Timestamp) -> Self {
        let clock = Self::default();
        let mut simulated = clock.lock();
        simulated.steady = Steady::from_milliseconds(86_400_000);
        simulated.offset = now.since(Timestamp::from_milliseconds(86_400_000));
        drop(simulated);
        clock
    }

    /// Time goes by until the wall clock says `instant`, if that is later; wakes everyone whose instant has come.
    pub fn advance_to(&self, instant: Timestamp) {
        let ahead = instant.since(self.lock().now());
        self.advance(ahead.max(Duration::ZERO));
    }

    /// Time goes by, on both clocks alike.
    pub fn advance(&self, duration: Duration) {
        let mut simulated = self.lock();
        simulated.steady = simulated.steady + duration;
        let due = simulated.take_due();
        drop(simulated);
        due.into_iter().for_each(Waker::wake);
    }

    /// Sets the wall clock on or back by so much, as an operator or a time server does; no time goes by.
    pub fn step(&self, by: Duration) {
        let mut simulated = self.lock();
        simulated.offset = simulated.offset + by;
        simulated.steps += 1;
        let due = simulated.take_due();
        drop(simulated);
        due.into_iter().for_each(Waker::wake);
    }

    /// How long until the next instant that someone waits for, if the wall clock is not stepped.
    pub fn next_wakeup(&self) -> Option<Duration> {
        let simulated = self.lock();
        let until = |(goal, _): &(Goal, Option<Waker>)| match goal {
            Goal::Steady(deadline) => deadline.since(simulated.steady),
            Goal::Wall(instant, _) => instant.since(simulated.now()),
        };
        simulated.waiting.values().map(until).min()
    }

    fn wait(&self, goal: impl FnOnce(&Simulated) -> Goal) -> Sleep {
        let mut simulated = self.lock();
        simulated.next_id += 1;
        let id = simulated.next_id;
        let goal = goal(&simulated);
        simulated.waiting.insert(id, (goal, None));
        drop(simulated);
        Box::pin(SimulatedSleep {
            clock: self.clone(),
            id,
            goal,
        })
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Simulated> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for SimulatedClock {
    fn now(&self) -> Timestamp {
        self.lock().now()
    }

    fn steady(&self) -> Steady {
        self.lock().steady
    }

    fn sleep_until(&self, deadline: Steady) -> Sleep {
        self.wait(|_| Goal::Steady(deadline))
    }

    fn wake_at(&self, instant: Timestamp) -> Sleep {
        self.wait(|simulated| Goal::Wall(instant, simulated.steps))
    }
}

struct SimulatedSleep {
    clock: SimulatedClock,
    id: u64,
    goal: Goal,
}

impl Future for SimulatedSleep {
    type Output = ();
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut simulated = self.clock.lock();
        if simulated.has_come(self.goal) {
            return Poll::Ready(());
        }
        simulated
            .waiting
            .insert(self.id, (self.goal, Some(context.waker().clone())));
        Poll::Pending
    }
}

impl Drop for SimulatedSleep {
    fn drop(&mut self) {
        self.clock.lock().waiting.remove(&self.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn poll(sleep: &mut Sleep) -> bool {
        sleep
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()))
            .is_ready()
    }

    #[test]
    fn a_sleeper_wakes_when_the_clock_is_moved() {
        let clock = SimulatedClock::new(Timestamp::from_milliseconds(5));
        let mut sleep = clock.sleep(Duration::from_milliseconds(5));
        assert!(!poll(&mut sleep));
        assert_eq!(clock.next_wakeup(), Some(Duration::from_milliseconds(5)));
        clock.advance_to(Timestamp::from_milliseconds(10));
        assert!(poll(&mut sleep));
        drop(sleep);
        assert_eq!(clock.next_wakeup(), None);
    }

    #[test]
    fn a_step_is_found_once_and_slewing_is_none() {
        let clock = SimulatedClock::new(Timestamp::from_milliseconds(1_000_000));
        let mut steps = Steps::new(&clock);
        clock.step(Duration::from_milliseconds(500));
        clock.advance(Duration::from_hours(1));
        assert_eq!(steps.look(&clock), None);
        let back = Duration::from_seconds(-600);
        clock.step(back);
        assert_eq!(steps.look(&clock), Some(back));
        steps.put_back(back);
        assert_eq!(steps.look(&clock), Some(back));
        assert_eq!(steps.look(&clock), None);
    }

    #[test]
    fn a_step_wakes_who_waits_for_the_wall_clock_and_nobody_else() {
        let clock = SimulatedClock::new(Timestamp::from_milliseconds(1_000_000));
        for by in [-600_000, 3_600_000] {
            let mut by_the_wall = clock.wake_at(clock.now() + Duration::from_hours(48));
            let mut by_the_boot_clock = clock.sleep(Duration::from_seconds(1));
            assert!(!poll(&mut by_the_wall) && !poll(&mut by_the_boot_clock));
            let before = clock.offset();
            clock.step(Duration::from_milliseconds(by));
            assert!(poll(&mut by_the_wall));
            assert!(!poll(&mut by_the_boot_clock));
            assert_eq!(clock.offset() - before, Duration::from_milliseconds(by));
            clock.advance(Duration::from_seconds(1));
            assert!(poll(&mut by_the_boot_clock));
        }
    }
}
