//! Orderly shutdown: one token that says stop, a list of who is still running, a deadline, and a log line for whoever
//! is late. A stage of the shutdown (intake, store, outbox, HTTP) has a `Shutdown` of its own; the caller ends them in order.

use std::collections::BTreeMap;
use std::future::Future;
use std::io;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use plenum_protocol::{Clock, Duration};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tokio_util::task::task_tracker::TaskTrackerToken;

/// Tells tasks and threads to stop and knows which have not. Cheap to clone.
#[derive(Clone, Default)]
pub struct Shutdown {
    token: CancellationToken,
    tracker: TaskTracker,
    running: Arc<Mutex<Running>>,
    failure: Arc<OnceLock<String>>,
}

#[derive(Default)]
struct Running {
    next: u64,
    names: BTreeMap<u64, String>,
}

/// Held by whoever is running; gives its name back when dropped.
pub struct Registration {
    shutdown: Shutdown,
    number: u64,
    _tracked: TaskTrackerToken,
}

impl Shutdown {
    /// Nobody runs yet and nobody has been told to stop.
    pub fn new() -> Self {
        Self::default()
    }

    /// The token to wait on in a `select!`.
    pub fn token(&self) -> CancellationToken {
        self.token.clone()
    }

    /// Tells everyone to stop.
    pub fn request(&self) {
        self.token.cancel();
    }

    /// Whether everyone has been told to stop.
    pub fn is_requested(&self) -> bool {
        self.token.is_cancelled()
    }

    /// Ends when everyone is told to stop.
    pub async fn requested(&self) {
        self.token.cancelled().await;
    }

    /// Spawns a task that `finish` waits for, under a name that the log can show.
    pub fn spawn<F>(&self, name: impl Into<String>, future: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let registration = self.register(name);
        tokio::spawn(async move {
            let output = future.await;
            drop(registration);
            output
        })
    }

    /// As `spawn`, for a part without which the process is of no use. If it ends before everyone was told to stop, with an
    /// error, in a panic or just so, everyone is told to stop and `failure` says why: the service manager begins anew.
    pub fn spawn_essential<F, E>(&self, name: impl Into<String>, future: F) -> JoinHandle<()>
    where
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: std::fmt::Display,
    {
        let name = name.into();
        let guard = Essential {
            shutdown: self.clone(),
            name: name.clone(),
            why: None,
        };
        self.spawn(name, async move {
            // The whole of it must live in here: its end is the part's end.
            let mut guard = guard;
            guard.why = Some(match future.await {
                Ok(()) => "it ended".to_owned(),
                Err(error) => error.to_string(),
            });
        })
    }

    /// Why a part without which the process is of no use has ended by itself; nothing if none has.
    pub fn failure(&self) -> Option<String> {
        self.failure.get().cloned()
    }

    /// Counts a thread (or anything else) as running until the registration is dropped.
    pub fn register(&self, name: impl Into<String>) -> Registration {
        let mut running = self.lock();
        running.next += 1;
        let number = running.next;
        running.names.insert(number, name.into());
        drop(running);
        Registration {
            shutdown: self.clone(),
            number,
            _tracked: self.tracker.token(),
        }
    }

    /// Tells everyone to stop and waits until all have, at most `deadline` long. Returns, and logs, who is late.
    pub async fn finish(&self, deadline: Duration, clock: &dyn Clock) -> Vec<String> {
        self.request();
        self.tracker.close();
        tokio::select! {
            () = self.tracker.wait() => return Vec::new(),
            () = clock.sleep(deadline) => {}
        }
        let late: Vec<String> = self.lock().names.values().cloned().collect();
        for name in &late {
            tracing::error!(task = %name, %deadline, "still running at the deadline; stopping without it");
        }
        late
    }

    /// From now on SIGTERM and SIGINT tell everyone to stop.
    ///
    /// # Errors
    /// The handlers could not be installed.
    pub fn on_signals(&self) -> io::Result<()> {
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let shutdown = self.clone();
        tokio::spawn(async move {
            let name = tokio::select! {
                _ = terminate.recv() => "SIGTERM",
                _ = interrupt.recv() => "SIGINT",
                () = shutdown.requested() => return,
            };
            tracing::info!(signal = name, "stopping");
            shutdown.request();
        });
        Ok(())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Running> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Tells of the end of a part by being dropped with it, in a panic too.
struct Essential {
    shutdown: Shutdown,
    name: String,
    why: Option<String>,
}

impl Drop for Essential {
    fn drop(&mut self) {
        if self.shutdown.is_requested() {
            return;
        }
        let Self { shutdown, name, why } = self;
        let why = match why.take() {
            Some(why) => why,
            None if std::thread::panicking() => "it panicked".to_owned(),
            // The runtime ends and drops what still ran: whoever ends it has a reason of their own.
            None => return,
        };
        tracing::error!(
            task = name,
            why,
            "a part has ended by itself: stopping the process"
        );
        // Of several the first is the cause.
        let _ = shutdown.failure.set(format!("{name}: {why}"));
        shutdown.request();
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        self.shutdown.lock().names.remove(&self.number);
    }
}

/// The stream of SIGHUP: read the configuration again.
pub struct Reloads(Signal);

impl Reloads {
    /// Listens from now on.
    ///
    /// # Errors
    /// The handler could not be installed.
    pub fn new() -> io::Result<Self> {
        Ok(Self(signal(SignalKind::hangup())?))
    }

    /// Ends at the next SIGHUP.
    pub async fn requested(&mut self) {
        if self.0.recv().await.is_none() {
            std::future::pending::<()>().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SystemClock;

    #[tokio::test]
    async fn whoever_stops_in_time_is_not_late() {
        let shutdown = Shutdown::new();
        let token = shutdown.token();
        let _task = shutdown.spawn("obedient", async move { token.cancelled().await });
        let late = shutdown.finish(Duration::from_seconds(5), &SystemClock).await;
        assert_eq!(late, Vec::<String>::new());
        assert!(shutdown.is_requested());
    }

    #[tokio::test]
    async fn whoever_does_not_stop_is_named() {
        let shutdown = Shutdown::new();
        let _deaf = shutdown.register("deaf thread");
        let _task = shutdown.spawn("quick", async {});
        let late = shutdown
            .finish(Duration::from_milliseconds(50), &SystemClock)
            .await;
        assert_eq!(late, ["deaf thread"]);
    }

    #[tokio::test]
    async fn a_part_that_ends_by_itself_ends_the_process_and_says_why() {
        async fn check(part: impl Future<Output = Result<(), &'static str>> + Send + 'static, why: &str) {
            let shutdown = Shutdown::new();
            shutdown.spawn_essential("part", part);
            shutdown.requested().await;
            assert_eq!(shutdown.failure().as_deref(), Some(why));
        }
        check(async { Err("no disk") }, "part: no disk").await;
        check(async { Ok(()) }, "part: it ended").await;
        check(async { panic!("on purpose") }, "part: it panicked").await;
        let shutdown = Shutdown::new();
        let token = shutdown.token();
        shutdown.spawn_essential("part", async move {
            token.cancelled().await;
            Err("closed")
        });
        shutdown.finish(Duration::from_seconds(5), &SystemClock).await;
        assert_eq!(shutdown.failure(), None);
    }

    #[test]
    fn a_runtime_that_ends_is_no_failure_of_its_parts() {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let shutdown = Shutdown::new();
        runtime.block_on(async {
            let forever = std::future::pending::<Result<(), String>>();
            shutdown.spawn_essential("part", forever);
        });
        drop(runtime);
        assert_eq!(shutdown.failure(), None);
    }

    #[tokio::test]
    async fn a_hangup_is_a_reload_and_no_stop() {
        let mut reloads = Reloads::new().unwrap();
        let pid = rustix::process::getpid();
        rustix::process::kill_process(pid, rustix::process::Signal::HUP).unwrap();
        reloads.requested().await;
    }
}
