//! How long a turn is: `day`, `week`, `2 weeks`, `3 days`.

use std::fmt;
use std::str::FromStr;

/// Whole local days: a turn begins at the same time of day, however long the clock lets a day be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Every {
    count: i32,
    unit: Unit,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    Day,
    Week,
}

/// The longest turn.
const YEAR: i32 = 366;

/// A text that is not a turn's length.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a valid length of a turn; write \"day\", \"week\", \"2 weeks\" or \"3 days\", a year at most"
)]
pub struct EveryError(String);

impl Every {
    /// How many local days it takes, at least one.
    pub fn days(self) -> i32 {
        match self.unit {
            Unit::Day => self.count,
            Unit::Week => 7 * self.count,
        }
    }

    /// Whether each hand-over is on the same day of the week.
    pub fn is_weekly(self) -> bool {
        self.days() % 7 == 0
    }
}

impl FromStr for Every {
    type Err = EveryError;
    fn from_str(text: &str) -> Result<Self, EveryError> {
        let error = || EveryError(text.chars().take(80).collect());
        let (count, unit) = match text.split_once(' ') {
            Some((count, unit)) => (count.parse().map_err(|_| error())?, unit),
            None => (1, text),
        };
        let unit = match unit {
            "day" | "days" => Unit::Day,
            "week" | "weeks" => Unit::Week,
            _ => return Err(error()),
        };
        let longest = match unit {
            Unit::Day => YEAR,
            Unit::Week => YEAR / 7,
        };
        (1..=longest)
            .contains(&count)
            .then_some(Self { count, unit })
            .ok_or_else(error)
    }
}

impl fmt::Display for Every {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = match self.unit {
            Unit::Day => "day",
            Unit::Week => "week",
        };
        match self.count {
            1 => formatter.write_str(unit),
            count => write!(formatter, "{count} {unit}s"),
        }
    }
}

plenum_protocol::as_text!(Every);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turn_is_written_in_words_and_lasts_at_least_a_day_and_at_most_a_year() {
        for (text, days) in [
            ("day", 1),
            ("week", 7),
            ("2 weeks", 14),
            ("3 days", 3),
            ("52 weeks", 364),
        ] {
            let every: Every = text.parse().unwrap();
            assert_eq!((every.days(), every.to_string().as_str()), (days, text));
        }
        for text in [
            "",
            "0 days",
            "-1 days",
            "367 days",
            "53 weeks",
            "month",
            "2  weeks",
            "99999999999 days",
        ] {
            assert!(text.parse::<Every>().is_err(), "{text}");
        }
    }
}
