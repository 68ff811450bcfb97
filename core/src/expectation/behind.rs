//! How far a publisher's clock is behind the collector's. "Is it silent now?" is asked of whoever speaks each second too: the answer goes by when it was
//! heard, and what it said stands at its own instants.

use plenum_protocol::{Duration, Timestamp};
use serde::{Deserialize, Serialize};

/// What a network and a poll may take: less does not make another clock.
const USUAL: Duration = Duration::from_seconds(30);

/// From the instant that a series' newest reading bears to its receipt, where nothing newer was held back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Behind(i64);

impl Behind {
    /// A series with this newest reading was heard at `received`.
    pub fn of(newest: Timestamp, received: Timestamp) -> Self {
        Self(received.since(newest).milliseconds())
    }

    /// The same after something of `latest` came at `received`, though newer things may have been held back: a clock that stamped that is not further behind.
    #[must_use]
    pub fn at_most(self, latest: Timestamp, received: Timestamp) -> Self {
        Self(self.0.min(received.since(latest).milliseconds()))
    }

    /// Whether it goes as the collector's clock does.
    pub fn is_nothing(&self) -> bool {
        self.duration() == Duration::ZERO
    }

    /// By how much it is behind.
    pub fn duration(self) -> Duration {
        match Duration::from_milliseconds(self.0) {
            behind if behind > USUAL => behind,
            _ => Duration::ZERO,
        }
    }

    /// An instant of the collector's clock by the publisher's.
    pub fn own_time(self, now: Timestamp) -> Timestamp {
        now - self.duration()
    }

    /// An instant of the publisher's clock by the collector's.
    pub fn wall_time(self, at: Option<Timestamp>) -> Option<Timestamp> {
        at.map(|at| at + self.duration())
    }

    /// The collector's clock was set by so much.
    pub fn clock_was_set(&mut self, by: Duration) {
        self.0 = self.0.saturating_add(by.milliseconds());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_behind_goes_on_from_what_was_heard() {
        let second = |count: i64| Timestamp::from_milliseconds(count * 1_000);
        let mut behind = Behind::of(second(100), second(2_500));
        assert_eq!(behind.own_time(second(2_510)), second(110));
        assert_eq!(behind.wall_time(Some(second(110))), Some(second(2_510)));
        behind.clock_was_set(Duration::from_seconds(-2_400));
        assert!(behind.is_nothing());
        let held_back = Behind::of(second(100), second(256)).at_most(second(250), second(257));
        assert!(
            held_back.is_nothing(),
            "what it kept for a while says nothing of its clock"
        );
        assert_eq!(
            Behind::of(second(100), second(256)).at_most(second(90), second(257)),
            Behind::of(second(100), second(256)),
            "nor does what it kept for longer"
        );
        for newest in [100, 71, 70, 400] {
            assert_eq!(
                Behind::of(second(newest), second(100)).own_time(second(160)),
                second(160)
            );
        }
    }
}
