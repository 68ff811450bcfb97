//! What an agent's newest batches show of its clock: how far behind the collector's it is. A clock that was behind for a while and then is not was set,
//! and what its readings skip is a step and no silence.

use plenum_protocol::{Duration, Timestamp};

/// So far apart may be what two batches show of one clock.
pub(super) const TREMBLE: Duration = Duration::from_seconds(5);
/// A clock that was set by less is not noticed: no silence is as short.
const STEP: Duration = Duration::from_seconds(30);
/// So many batches in a row agree,
const BATCHES: u32 = 3;
/// over so long, and what they show is believed.
const LASTS: Duration = Duration::from_seconds(10);

/// How far behind an agent's clock is.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Pace(Option<Shown>);

#[derive(Debug, Clone, Copy)]
struct Shown {
    behind: Duration,
    since: Timestamp,
    batches: u32,
}

impl Pace {
    /// A batch that was received at `received`, with nothing newer held back, and readings from the first to the last of these instants. Gives by how
    /// much the clock was set forward since the one before it, if it was.
    pub(super) fn batch(
        &mut self,
        (first, last): (Timestamp, Timestamp),
        received: Timestamp,
    ) -> Option<Duration> {
        let behind = received.since(last);
        if let Some(shown) = &mut self.0
            && (behind - shown.behind).milliseconds().abs() <= TREMBLE.milliseconds()
        {
            shown.batches = shown.batches.saturating_add(1);
            return None;
        }
        let before = self.0.replace(Shown {
            behind,
            since: received,
            batches: 1,
        })?;
        let is_sure = before.batches >= BATCHES && received.since(before.since) >= LASTS;
        // Not to the millisecond: its next reading must not stand before the last.
        let by = before.behind - received.since(first) - TREMBLE;
        (is_sure && before.behind > STEP && by > STEP).then_some(by)
    }

    /// The collector's clock was set by so much.
    pub(super) fn shift(&mut self, by: Duration) {
        if let Some(shown) = &mut self.0 {
            shown.behind = shown.behind + by;
            shown.since = shown.since + by;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Batches by the second of their receipt and how far behind they are; gives by how many seconds the clock was found to be set.
    fn check(batches: &[(i64, i64)], expected: &[i64]) {
        let second = |count: i64| Timestamp::from_milliseconds(count * 1_000);
        let mut pace = Pace::default();
        let found: Vec<i64> = batches
            .iter()
            .filter_map(|(received, behind)| {
                let at = second(received - behind);
                Some(pace.batch((at, at), second(*received))?.milliseconds() / 1_000)
            })
            .collect();
        assert_eq!(found, expected, "{batches:?}");
    }

    #[test]
    fn a_clock_that_was_behind_for_a_while_and_is_not_was_set() {
        check(&[(0, 2_400), (5, 2_401), (10, 2_400), (15, 0), (20, 0)], &[2_395]);
        check(&[(0, 2_400), (1, 2_400), (2, 2_400), (3, 0)], &[]);
        check(&[(0, 0), (5, 0), (10, 0), (15, 2_400), (16, 0)], &[]);
    }

    #[test]
    fn what_was_held_back_and_comes_at_once_is_no_step() {
        check(&[(0, 600), (1, 540), (2, 480), (3, 60), (4, 0)], &[]);
        check(&[(0, 0), (10, 0), (20, 0), (21, 0)], &[]);
    }
}
