//! The system's clocks: wall clock, clock since boot, and whether the kernel calls the wall clock synchronised.
//! The only file that asks the operating system for the time.
#![expect(
    clippy::disallowed_methods,
    reason = "this is the clock that everything else is handed"
)]

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::SystemTime;

use plenum_protocol::clock::Sleep;
use plenum_protocol::{Clock, Duration, Steady, Timestamp};

/// Who waits for the wall clock looks at it at least this often, and so notices that it was stepped.
const LONGEST_NAP: Duration = Duration::from_seconds(1);
/// Who waits by the steady clock looks at it at least this often: the runtime's own clock stands while the machine sleeps.
const LONGEST_SLEEP: Duration = Duration::from_minutes(1);
/// The wall clock is slewed by milliseconds; more than this at once is a step.
const STEP: i64 = 100;

/// The wall clock and the clock since boot.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl SystemClock {
    /// The clocks, ready to be handed to whoever needs the time.
    pub fn shared() -> Arc<dyn Clock> {
        Arc::new(Self)
    }
}

impl Clock for SystemClock {
    fn goes_by_itself(&self) -> bool {
        true
    }

    fn now(&self) -> Timestamp {
        let milliseconds = match SystemTime::now().duration_since(SystemTime::UNIX_EPOCH) {
            Ok(since) => i64::try_from(since.as_millis()).unwrap_or(i64::MAX),
            Err(before) => i64::try_from(before.duration().as_millis()).map_or(i64::MIN, |ms| -ms),
        };
        Timestamp::from_milliseconds(milliseconds)
    }

    fn steady(&self) -> Steady {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
        Steady::from_milliseconds(time.tv_sec * 1_000 + time.tv_nsec / 1_000_000)
    }

    fn sleep_until(&self, deadline: Steady) -> Sleep {
        Box::pin(async move {
            loop {
                let remaining = deadline.since(Self.steady());
                if remaining <= Duration::ZERO {
                    return;
                }
                tokio::time::sleep(remaining.min(LONGEST_SLEEP).to_std()).await;
            }
        })
    }

    fn wake_at(&self, instant: Timestamp) -> Sleep {
        let offset = self.offset().milliseconds();
        Box::pin(async move {
            loop {
                let remaining = instant.since(Self.now());
                if remaining <= Duration::ZERO || (Self.offset().milliseconds() - offset).abs() > STEP {
                    return;
                }
                tokio::time::sleep(remaining.min(LONGEST_NAP).to_std()).await;
            }
        })
    }
}

/// The clock since boot: never stepped, goes on while the machine is suspended, begins anew at each boot.
#[derive(Debug, Clone)]
pub struct BootClock {
    boot_id: Arc<str>,
}

/// Set once the kernel's answer about its clock could not be had, so that it is said only once.
static ASKED_IN_VAIN: AtomicBool = AtomicBool::new(false);

impl BootClock {
    /// Reads which boot this is.
    ///
    /// # Errors
    /// `/proc` is not mounted or holds no boot id.
    pub fn new() -> io::Result<Self> {
        const PATH: &str = "/proc/sys/kernel/random/boot_id";
        let text = std::fs::read_to_string(PATH)
            .map_err(|error| io::Error::new(error.kind(), format!("cannot read {PATH}: {error}")))?;
        Ok(Self {
            boot_id: text.trim().into(),
        })
    }

    /// Which boot this is: a random id that the kernel draws when it starts.
    pub fn boot_id(&self) -> &str {
        &self.boot_id
    }

    /// Elapsed since boot (CLOCK_BOOTTIME).
    pub fn now(&self) -> Duration {
        Duration::from_milliseconds(SystemClock.steady().milliseconds())
    }

    /// Whether the kernel says that its wall clock is synchronised (`adjtimex`, STA_UNSYNC clear). Where the kernel's
    /// answer cannot be had (a unit with `ProtectClock=yes` forbids even the question) the clock counts as free: then
    /// instants travel relative to each sending, which is right under any clock.
    pub fn is_synchronised(&self) -> bool {
        plenum_kernel_clock::is_synchronised().unwrap_or_else(|error| {
            if !ASKED_IN_VAIN.swap(true, Ordering::Relaxed) {
                tracing::warn!(%error, "the kernel does not say whether its clock is synchronised; taken as free (systemd's ProtectClock= forbids the question)");
            }
            false
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn sleeping_until_the_past_ends_at_once_and_the_future_is_waited_for() {
        let clock = SystemClock;
        clock.sleep_until(Steady::MIN).await;
        clock.wake_at(Timestamp::MIN).await;
        let goal = clock.steady() + Duration::from_milliseconds(30);
        clock.sleep_until(goal).await;
        assert!(clock.steady() >= goal);
        let goal = clock.now() + Duration::from_milliseconds(30);
        clock.wake_at(goal).await;
        assert!(clock.now() >= goal);
    }

    #[test]
    fn the_boot_clock_runs_and_knows_its_boot() {
        let clock = BootClock::new().unwrap();
        assert_eq!(clock.boot_id().len(), 36);
        let before = clock.now();
        assert!(before > Duration::ZERO);
        std::thread::sleep(std::time::Duration::from_millis(5));
        assert!(clock.now() > before);
        // Either answer is right here; what matters is that asking works without privileges.
        let _ = clock.is_synchronised();
    }
}
