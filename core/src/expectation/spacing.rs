//! How often a publisher without a status sends: learned from what it has shown, never from one odd gap.

use plenum_protocol::{Duration, Timestamp};

/// Spacings that are looked at; the middle one counts.
const LOOKED_AT: usize = 5;
/// So many are enough to begin with.
const ENOUGH: usize = 3;
/// Nobody is believed to be silent for longer on purpose.
const LONGEST: Duration = Duration::from_hours(24);

/// What is known of a series' spacing: 64 bytes.
#[derive(Debug, Clone, Default)]
pub struct Spacing {
    newest: Option<Timestamp>,
    /// The newest ones, in milliseconds, in a ring.
    shown: [i64; LOOKED_AT],
    count: usize,
    learned: Option<Duration>,
}

impl Spacing {
    /// It was learned before, in an earlier run.
    pub fn known(learned: Duration) -> Self {
        Self {
            learned: Some(learned),
            ..Self::default()
        }
    }

    /// A reading came. Gives the interval if it is another one now: three spacings are enough to learn one, and it changes where the middle of
    /// the last five is beyond half as long or half as long again.
    pub fn reading(&mut self, at: Timestamp) -> Option<Duration> {
        let newest = self.newest.unwrap_or(at);
        self.newest = Some(newest.max(at));
        if at <= newest {
            return None;
        }
        self.shown[self.count % LOOKED_AT] = at.since(newest).milliseconds();
        self.count += 1;
        let looked_at = self.count.min(LOOKED_AT);
        if looked_at < ENOUGH || (self.learned.is_some() && looked_at < LOOKED_AT) {
            return None;
        }
        let mut sorted = self.shown;
        let sorted = &mut sorted[..looked_at];
        sorted.sort_unstable();
        let middle = rounded(sorted[looked_at / 2]).min(LONGEST);
        let stays = self.learned.is_some_and(|learned| {
            let (middle, learned) = (middle.milliseconds(), learned.milliseconds());
            middle * 2 >= learned && middle * 2 <= learned * 3
        });
        if stays {
            return None;
        }
        self.learned = Some(middle);
        self.learned
    }
}

/// To what people would have written: whole seconds, below ten of them tenths.
fn rounded(milliseconds: i64) -> Duration {
    let unit = if milliseconds < 10_000 { 100 } else { 1_000 };
    Duration::from_milliseconds((milliseconds + unit / 2) / unit * unit)
        .max(Duration::from_milliseconds(unit))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Readings at these seconds; the intervals that were learned and at which reading.
    fn check(seconds: &[i64], expected: &[(usize, i64)]) {
        let mut spacing = Spacing::default();
        let learned: Vec<(usize, i64)> = seconds
            .iter()
            .enumerate()
            .filter_map(|(index, second)| {
                let at = Timestamp::from_milliseconds(second * 1_000);
                Some((index, spacing.reading(at)?.milliseconds() / 1_000))
            })
            .collect();
        assert_eq!(learned, expected, "{seconds:?}");
    }

    #[test]
    fn three_spacings_tell_and_one_odd_gap_does_not() {
        check(&[0, 120, 240], &[]);
        check(&[0, 120, 240, 360], &[(3, 120)]);
        check(&[0, 120, 240, 360, 7_200, 7_320, 7_440, 14_000], &[(3, 120)]);
        check(&[0, 7_200, 7_320, 7_440], &[(3, 120)]);
    }

    #[test]
    fn a_publisher_that_changes_its_ways_is_believed_after_three_times() {
        check(
            &[0, 60, 120, 180, 240, 300, 600, 900, 1_200],
            &[(3, 60), (8, 300)],
        );
        check(&[0, 300, 600, 900, 960, 1_020, 1_080], &[(3, 300), (6, 60)]);
        // A little more or less is the same.
        check(&[0, 60, 120, 180, 260, 340, 420, 500, 580], &[(3, 60)]);
    }

    #[test]
    fn what_comes_late_or_twice_tells_nothing() {
        check(&[0, 120, 60, 120, 240, 200, 360], &[(6, 120)]);
    }

    #[test]
    fn what_an_earlier_run_learned_stays_until_five_say_otherwise() {
        let mut spacing = Spacing::known(Duration::from_seconds(300));
        let learned: Vec<Option<Duration>> = (0..6)
            .map(|index| spacing.reading(Timestamp::from_milliseconds(index * 60_000)))
            .collect();
        assert_eq!(learned[..5], [None; 5]);
        assert_eq!(learned[5], Some(Duration::from_seconds(60)));
    }
}
