//! Elapsed time, finer than the milliseconds of the clock: nothing is decided by it, it is only told.

use std::time::{Duration, Instant};

/// Counts from when it was started. Copies share their start.
#[derive(Debug, Clone, Copy)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// Starts now.
    #[expect(
        clippy::disallowed_methods,
        reason = "what is measured is shorter than the clock's milliseconds"
    )]
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// Since the start.
    pub fn elapsed(self) -> Duration {
        self.0.elapsed()
    }

    /// Seconds since the start.
    pub fn seconds(self) -> f64 {
        self.elapsed().as_secs_f64()
    }

    /// Milliseconds since the start.
    pub fn milliseconds(self) -> f64 {
        self.seconds() * 1_000.0
    }
}
