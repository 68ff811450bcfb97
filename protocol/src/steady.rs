//! Instants of the steady clock: what waits, waits by it, whatever the wall clock is set to.

use std::ops::{Add, Sub};

use crate::Duration;

/// An instant since the machine started, in milliseconds; sleep of the machine included. Never steps and never goes back, and means nothing
/// to another machine or another start. A deadline is one of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Steady(i64);

impl Steady {
    /// Before every instant.
    pub const MIN: Self = Self(i64::MIN);
    /// After every instant: never.
    pub const MAX: Self = Self(i64::MAX);

    /// From milliseconds since the machine started.
    pub const fn from_milliseconds(milliseconds: i64) -> Self {
        Self(milliseconds)
    }

    /// Milliseconds since the machine started.
    pub const fn milliseconds(self) -> i64 {
        self.0
    }

    /// The time that went by since `earlier`; negative if `earlier` is later.
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_milliseconds(self.0.saturating_sub(earlier.0))
    }
}

impl Add<Duration> for Steady {
    type Output = Self;
    fn add(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(duration.milliseconds()))
    }
}

impl Sub<Duration> for Steady {
    type Output = Self;
    fn sub(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(duration.milliseconds()))
    }
}
