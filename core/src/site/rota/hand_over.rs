//! When one turn ends and the next begins: `mon 09:00`, or `09:00` where turns are not whole weeks.

use std::fmt;
use std::str::FromStr;

use crate::site::{TimeOfDay, Weekday};

/// A time of day by the rota's clock, on a day of the week where turns are weeks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HandOver {
    /// The day of each hand-over.
    pub day: Option<Weekday>,
    /// The time on it.
    pub time: TimeOfDay,
}

/// A text that is not a hand-over.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a valid hand-over; write it as \"mon 09:00\", or as \"09:00\" where turns are not whole weeks"
)]
pub struct HandOverError(String);

impl FromStr for HandOver {
    type Err = HandOverError;
    fn from_str(text: &str) -> Result<Self, HandOverError> {
        let error = || HandOverError(text.chars().take(80).collect());
        let (day, time) = match text.split_once(' ') {
            Some((day, time)) => (Some(day.parse().map_err(|_| error())?), time),
            None => (None, text),
        };
        let time = time.parse().map_err(|_| error())?;
        Ok(Self { day, time })
    }
}

impl fmt::Display for HandOver {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.day {
            Some(day) => write!(formatter, "{day} {}", self.time),
            None => self.time.fmt(formatter),
        }
    }
}

plenum_protocol::as_text!(HandOver);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hand_over_is_read_as_it_is_written() {
        for text in ["mon 09:00", "sun 00:00", "17:30"] {
            assert_eq!(text.parse::<HandOver>().unwrap().to_string(), text);
        }
        for text in [
            "",
            "monday 09:00",
            "mon",
            "mon 24:00",
            "mon-fri 09:00",
            "09:00 mon",
        ] {
            assert!(text.parse::<HandOver>().is_err(), "{text}");
        }
    }
}
