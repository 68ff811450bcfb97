//! How often a publisher may change what is expected of it: some changes at once, one an hour after that, and none while it goes on changing.
//! What was expected last stays; before nothing more is taken, the longest interval that it named. Pure.
//!
//! | it says | expected |
//! |---|---|
//! | its first interval | that |
//! | another, and one may be taken | that; with the last one that may be taken the longest of all since |
//! | another, and none may be taken | as before, until it has said the same for ten minutes and one may be taken again |

use plenum_protocol::{Duration, Steady};

/// Changes that may be taken at once: whoever tunes a sensor tries some. A series' memory holds four times as many.
pub(super) const AT_ONCE: u8 = 16;
/// How long until one more may be taken.
pub(super) const ONE_MORE: Duration = Duration::from_hours(1);
/// How long it has to say the same until it is believed again.
const CALM: Duration = Duration::from_minutes(10);

/// The changes of one sensor's or series' interval.
#[derive(Debug, Clone, Default)]
pub(super) struct Changes(Option<Known>);

#[derive(Debug, Clone)]
struct Known {
    expected: Duration,
    /// What it said last, and since when.
    said: (Duration, Steady),
    /// The longest that it said since all of them could be taken.
    longest: Duration,
    left: u8,
    /// From when the next one counts.
    filled: Steady,
    /// One was not taken, and it was not calm since.
    is_mad: bool,
}

/// What becomes of an interval that was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Said {
    /// What is expected from now on.
    pub(super) expected: Duration,
    /// That is another than before.
    pub(super) is_taken: bool,
    /// It is another than was said before, and was not taken.
    pub(super) passed_over: bool,
}

impl Changes {
    /// It says an interval.
    pub(super) fn say(&mut self, interval: Duration, now: Steady) -> Said {
        let is_first = self.0.is_none();
        let known = self.0.get_or_insert(Known {
            expected: interval,
            said: (interval, now),
            longest: interval,
            left: AT_ONCE,
            filled: now,
            is_mad: false,
        });
        let is_new = known.said.0 != interval;
        if is_new {
            known.said = (interval, now);
        }
        let is_same = known.expected == interval;
        let is_taken = is_first || (!is_same && known.take(interval, now));
        Said {
            expected: known.expected,
            is_taken,
            passed_over: is_new && !is_same && !is_taken,
        }
    }

    /// What it said last, where that was not taken.
    pub(super) fn waiting(&self) -> Option<Duration> {
        let known = self.0.as_ref()?;
        (known.said.0 != known.expected).then_some(known.said.0)
    }
}

impl Known {
    fn take(&mut self, interval: Duration, now: Steady) -> bool {
        while self.left < AT_ONCE && now.since(self.filled) >= ONE_MORE {
            self.left += 1;
            self.filled = self.filled + ONE_MORE;
        }
        if self.left == AT_ONCE {
            (self.filled, self.longest) = (now, self.expected);
        }
        let is_calm = now.since(self.said.1) >= CALM;
        self.longest = self.longest.max(interval);
        self.is_mad &= !is_calm;
        if self.is_mad || self.left == 0 {
            self.is_mad = true;
            return false;
        }
        self.left -= 1;
        self.expected = match self.left {
            // Nothing shorter is believed of one that may be mad: it would be called silent.
            0 if !is_calm => self.longest,
            _ => interval,
        };
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(seconds: i64) -> Duration {
        Duration::from_seconds(seconds)
    }

    fn at(second: i64) -> Steady {
        Steady::from_milliseconds(1_000 * second)
    }

    #[test]
    fn a_mad_publisher_gains_nothing_beyond_its_first_changes_and_its_longest_interval() {
        let mut changes = Changes::default();
        let (mut different, mut before) = (0, None);
        // A thousand a minute for a day.
        for number in 0..1_440_000_i64 {
            let said = changes.say(seconds(1 + number % 7), Steady::from_milliseconds(60 * number));
            different += i32::from(before != Some(said.expected));
            before = Some(said.expected);
        }
        assert_eq!(different, 1 + i32::from(AT_ONCE));
        assert_eq!(before, Some(seconds(7)));
    }

    #[test]
    fn one_that_is_calm_again_is_believed() {
        let mut changes = Changes::default();
        for second in 0..40 {
            changes.say(seconds(50 - second), at(second));
        }
        let longest = changes.say(seconds(30), at(60)).expected;
        assert_eq!(longest, seconds(50));
        assert_eq!(changes.waiting(), Some(seconds(30)));
        for second in [600, 659] {
            assert_eq!(
                changes.say(seconds(30), at(second)).expected,
                seconds(50),
                "{second}"
            );
        }
        let said = changes.say(seconds(30), at(3_700));
        assert_eq!((said.expected, said.passed_over), (seconds(30), false));
        assert_eq!(changes.waiting(), None);
    }

    #[test]
    fn somebody_who_tunes_a_sensor_is_believed_each_time() {
        let mut changes = Changes::default();
        for change in 0..=i64::from(AT_ONCE) - 1 {
            let interval = seconds(5 + change);
            let said = changes.say(interval, at(30 * change));
            assert_eq!((said.expected, said.is_taken), (interval, true));
        }
    }
}
