//! Hours of the week: `mon-fri 08:00-18:00`, `sat,sun 00:00-24:00`, `fri 18:00-mon 08:00`.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Time;

use crate::site::{TimeOfDay, Weekday};

/// A stretch that comes back on some days of the week, by the clock at both ends; a week at most.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hours {
    days: Vec<Weekday>,
    start: Time,
    end: Time,
    /// On which day after that of its start it ends.
    end_after: u8,
}

/// A text that does not say hours of the week.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a valid time of the week; write it as \"mon-fri 08:00-18:00\", \"sat,sun 00:00-24:00\" or \"fri 18:00-mon 08:00\""
)]
pub struct HoursError(String);

impl Hours {
    /// Which minutes of a day of the week they cover: from one, up to another.
    pub(crate) fn minutes_of(&self, day: Weekday) -> impl Iterator<Item = (u16, u16)> + '_ {
        let begun = self.days.iter().flat_map(move |begin| {
            // The eighth day of a stretch of a week has the name of its first.
            let after = (day as u8 + 7 - *begin as u8) % 7;
            [after, after + 7]
        });
        let covered = begun.filter(|after| *after <= self.end_after).map(|after| {
            let from = if after == 0 { minute(self.start) } else { 0 };
            let to = if after == self.end_after {
                minute(self.end)
            } else {
                DAY
            };
            (from, to)
        });
        covered.filter(|(from, to)| from < to)
    }

    /// How the days and times are read where each day has a start and an end: an end that is not after the start is of the next day.
    fn simple(days: Vec<Weekday>, start: &str, end: &str) -> Option<Self> {
        let start = time(start)?;
        let (end, end_after) = match end {
            "24:00" => (Time::midnight(), 1),
            _ => {
                let end = time(end)?;
                (end, u8::from(end < start))
            }
        };
        // A day long, or nothing? Whoever means a day writes 00:00-24:00, or both days.
        (end != start || end_after == 1 && start == Time::midnight()).then_some(Self {
            days,
            start,
            end,
            end_after,
        })
    }

    /// From a time of one day to a time of another.
    fn long(from: Weekday, start: &str, to: Weekday, end: &str) -> Option<Self> {
        let (start, end) = (time(start)?, time(end)?);
        let apart = (to as u8 + 7 - from as u8) % 7;
        let end_after = if apart == 0 && end <= start { 7 } else { apart };
        Some(Self {
            days: vec![from],
            start,
            end,
            end_after,
        })
    }

    fn read(text: &str) -> Option<Self> {
        let words: Vec<&str> = text.split(' ').collect();
        match *words.as_slice() {
            [days, times] => {
                let (start, end) = times.split_once('-')?;
                Self::simple(read_days(days)?, start, end)
            }
            [from, middle, end] => {
                let (start, to) = middle.split_once('-')?;
                Self::long(from.parse().ok()?, start, to.parse().ok()?, end)
            }
            _ => None,
        }
    }
}

/// Minutes of a day by the clock.
pub(crate) const DAY: u16 = 24 * 60;

fn minute(time: Time) -> u16 {
    // Neither is negative.
    time.hour().unsigned_abs() as u16 * 60 + time.minute().unsigned_abs() as u16
}

fn time(text: &str) -> Option<Time> {
    // To the minute: `8:00` or seconds are somebody's mistake.
    let time: TimeOfDay = (text.len() == 5).then(|| text.parse().ok())??;
    Some(time.0)
}

/// `mon-wed,fri`: days and ranges of them, which may go over the week's end.
fn read_days(text: &str) -> Option<Vec<Weekday>> {
    let mut days = Vec::new();
    for part in text.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last): (Weekday, Weekday) = (first.parse().ok()?, last.parse().ok()?);
        let count = (last as usize + 7 - first as usize) % 7;
        days.extend((0..=count).map(|after| Weekday::ALL[(first as usize + after) % 7]));
    }
    let named = days.len();
    days.sort();
    days.dedup();
    // One that is named twice is a mistake.
    (days.len() == named).then_some(days)
}

impl FromStr for Hours {
    type Err = HoursError;
    fn from_str(text: &str) -> Result<Self, HoursError> {
        Self::read(text).ok_or_else(|| HoursError(text.chars().take(80).collect()))
    }
}

impl fmt::Display for Hours {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let implied = u8::from(self.end <= self.start);
        let (start, end) = (TimeOfDay(self.start), TimeOfDay(self.end));
        if let (&[day], false) = (
            self.days.as_slice(),
            self.end_after == implied && self.end != self.start,
        ) {
            let to = Weekday::ALL[(day as usize + usize::from(self.end_after)) % 7];
            let whole = self.end_after == 1 && self.start == Time::midnight() && self.end == self.start;
            if !whole {
                return write!(formatter, "{day} {start}-{to} {end}");
            }
        }
        let mut rest = self.days.as_slice();
        while let Some(first) = rest.first() {
            let run = rest
                .iter()
                .zip(&Weekday::ALL[*first as usize..])
                .take_while(|(one, other)| one == other)
                .count();
            match run {
                1 => write!(formatter, "{first}")?,
                _ => write!(formatter, "{first}-{}", rest[run - 1])?,
            }
            rest = &rest[run..];
            if !rest.is_empty() {
                formatter.write_str(",")?;
            }
        }
        match self.end == Time::midnight() && self.end_after == 1 {
            true => write!(formatter, " {start}-24:00"),
            false => write!(formatter, " {start}-{end}"),
        }
    }
}

plenum_protocol::as_text!(Hours);

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        let read: Hours = text.parse().unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(read.to_string(), expected);
        assert_eq!(expected.parse(), Ok(read), "{text}");
    }

    #[test]
    fn hours_are_read_as_they_are_written() {
        for text in [
            "mon-fri 08:00-18:00",
            "sat-sun 00:00-24:00",
            "mon-sun 22:00-07:00",
            "fri 18:00-mon 08:00",
            "mon 08:00-mon 08:00",
            "sat 09:00-sun 09:00",
            "mon,wed,fri 18:00-24:00",
            "sun 00:00-24:00",
        ] {
            check(text, text);
        }
        check("sat,sun 00:00-24:00", "sat-sun 00:00-24:00");
        check("fri-mon 08:00-18:00", "mon,fri-sun 08:00-18:00");
        check("mon 18:00-tue 08:00", "mon 18:00-08:00");
        check("mon 18:00-00:00", "mon 18:00-24:00");
        check("mon 00:00-tue 00:00", "mon 00:00-24:00");
    }

    #[test]
    fn what_says_no_hours_is_refused() {
        for text in [
            "",
            "mon",
            "08:00-18:00",
            "mon-fri 8-18",
            "mon-fri 08:00-08:00",
            "mon-fri 00:00-00:00",
            "mon-mon,mon 08:00-18:00",
            "mon 08:00-24:01",
            "mon 24:00-08:00",
            "fri 18:00-monday 08:00",
            "mon  08:00-18:00",
            "mon-fri 08:00:00-18:00",
        ] {
            assert!(text.parse::<Hours>().is_err(), "{text}");
        }
        let said = "weekdays".parse::<Hours>().unwrap_err().to_string();
        assert!(
            said.starts_with("`weekdays` is not a valid time of the week; write it as"),
            "{said}"
        );
    }

    #[test]
    fn an_end_is_of_the_day_that_was_meant() {
        let of = |text: &str| -> Vec<String> {
            let hours: Hours = text.parse().unwrap();
            let of_day = |day: Weekday| -> Vec<String> {
                hours
                    .minutes_of(day)
                    .map(|(from, to)| format!("{day} {from}-{to}"))
                    .collect()
            };
            Weekday::ALL.into_iter().flat_map(of_day).collect()
        };
        assert_eq!(
            of("fri 18:00-mon 08:00"),
            ["mon 0-480", "fri 1080-1440", "sat 0-1440", "sun 0-1440"]
        );
        assert_eq!(of("fri 22:00-07:00"), ["fri 1320-1440", "sat 0-420"]);
        assert_eq!(of("sun 22:00-07:00"), ["mon 0-420", "sun 1320-1440"]);
        assert_eq!(of("fri 00:00-24:00"), ["fri 0-1440"]);
        assert_eq!(of("mon,wed 08:00-18:00"), ["mon 480-1080", "wed 480-1080"]);
        let week = of("fri 08:00-fri 08:00");
        assert_eq!(
            (week.len(), &week[4..6]),
            (8, &["fri 480-1440".to_owned(), "fri 0-480".to_owned()][..])
        );
    }
}
