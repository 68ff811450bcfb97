//! From when and until when a certificate holds, and when its end is near: pure.

use plenum_protocol::{Duration, Timestamp};

/// So long before its end a certificate of a year is told of.
const MONTH: Duration = Duration::from_hours(30 * 24);

/// From when and until when a certificate holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Validity {
    /// Its beginning.
    pub from: Timestamp,
    /// Its end.
    pub until: Timestamp,
}

/// How a certificate stands at an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// It holds.
    Good,
    /// It holds, and should have been renewed.
    EndsSoon,
    /// It has ended.
    Ended,
}

impl Validity {
    /// How it stands. Its end is near in the last 30 days, of a shorter life in the last quarter: one of 90 days that is renewed at 30 is not told of each time.
    pub fn stands(self, now: Timestamp) -> Standing {
        let quarter = Duration::from_milliseconds(self.until.since(self.from).milliseconds() / 4);
        match now {
            now if now >= self.until => Standing::Ended,
            now if now >= self.until - quarter.min(MONTH) => Standing::EndsSoon,
            _ => Standing::Good,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_is_near_a_month_before_it_or_in_the_last_quarter() {
        let day = |days: i64| Timestamp::from_milliseconds(0) + Duration::from_hours(days * 24);
        let check = |life: i64, near: i64| {
            let validity = Validity {
                from: day(0),
                until: day(life),
            };
            let before = day(near) - Duration::from_milliseconds(1);
            assert_eq!(validity.stands(before), Standing::Good, "{life} days");
            assert_eq!(validity.stands(day(near)), Standing::EndsSoon, "{life} days");
            let last = day(life) - Duration::from_milliseconds(1);
            assert_eq!(validity.stands(last), Standing::EndsSoon, "{life} days");
            assert_eq!(validity.stands(day(life)), Standing::Ended, "{life} days");
        };
        check(365, 335);
        check(20 * 365, 20 * 365 - 30);
        check(120, 90);
        check(8, 6);
    }
}
