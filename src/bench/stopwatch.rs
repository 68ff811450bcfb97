//! Elapsed time, finer than the milliseconds of the clock: nothing is decided by it, it is only told.

use std::time::Instant;

/// Counts from when it was started. Copies share their start.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stopwatch(Instant);

impl Stopwatch {
    /// Starts now.
    #[expect(
        clippy::disallowed_methods,
        reason = "what a bench measures is shorter than the clock's milliseconds"
    )]
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    /// Seconds since the start.
    pub(crate) fn seconds(self) -> f64 {
        self.0.elapsed().as_secs_f64()
    }

    /// Milliseconds since the start.
    pub(crate) fn milliseconds(self) -> f64 {
        self.seconds() * 1_000.0
    }
}
