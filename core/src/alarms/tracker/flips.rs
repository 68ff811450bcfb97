//! A contact that keeps coming back before its on-delay is over: smoke, water and an extinguisher that flip for as long as the delay are told at once, as
//! chattering. Any other rule's on-delay is there to keep what flips quiet.

use plenum_protocol::{Duration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::alarms::chatter::{TIMES, WITHIN};

/// How often an on-delay began anew lately.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Flips {
    /// The newest ones, the oldest first.
    recent: Vec<Timestamp>,
    /// The first of those that followed each other within a minute.
    since: Option<Timestamp>,
    /// How many followed each other so.
    count: u64,
    /// When they raised its alarm, the last time.
    raised: Option<Timestamp>,
}

impl Flips {
    /// An on-delay of this length begins. Gives whether it is over at once: it began three times within a minute, and has done so for as long as it
    /// would last.
    pub(super) fn begins(&mut self, at: Timestamp, delay: Duration) -> bool {
        if self.recent.last().is_none_or(|last| at.since(*last) > WITHIN) {
            *self = Self {
                since: Some(at),
                ..Self::default()
            };
        }
        if self.recent.len() == TIMES {
            self.recent.remove(0);
        }
        self.recent.push(at);
        self.count += 1;
        let is_dense = self.recent.len() == TIMES && at.since(self.recent[0]) <= WITHIN;
        let is_long = self.since.is_some_and(|since| at.since(since) >= delay);
        if is_dense && is_long {
            self.raised = Some(at);
        }
        is_dense && is_long
    }

    /// Since when it flips and how often it did, where that raised its alarm at this instant.
    pub(crate) fn raised_at(&self, at: Timestamp) -> Option<(Timestamp, u64)> {
        self.since
            .filter(|_| self.raised == Some(at))
            .map(|since| (since, self.count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Starts at these milliseconds of a delay of 2 s; gives at which it was over at once.
    fn check(starts: &[i64], expected: &[i64]) {
        let mut flips = Flips::default();
        let mut over = starts.to_vec();
        over.retain(|at| flips.begins(Timestamp::from_milliseconds(*at), Duration::from_seconds(2)));
        assert_eq!(over, expected, "{starts:?}");
    }

    #[test]
    fn what_flips_for_as_long_as_its_delay_is_told() {
        check(&[0, 1_000, 2_000, 3_000], &[2_000, 3_000]);
        check(&[0, 25_000, 50_000], &[50_000]);
        check(&[0, 25_000, 86_000, 87_000, 88_000], &[88_000]);
    }

    #[test]
    fn a_bounce_and_what_comes_now_and_then_are_not() {
        check(&[0, 20, 40, 60], &[]);
        check(&[0, 31_000, 62_000, 93_000], &[]);
        check(&[0, 1_000], &[]);
    }
}
