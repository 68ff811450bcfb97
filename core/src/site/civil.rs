//! Civil times and zones as a site's author writes them, read once: a name that is in the IANA database, a date and time, a date, a time of day, a day of
//! the week.

use std::fmt;
use std::ops::Deref;
use std::str::FromStr;

use jiff::civil;
use jiff::tz::TimeZone;
use plenum_protocol::Timestamp;
use plenum_protocol::config_error::nearest;
use serde::{Deserialize, Serialize};

/// A time zone of the IANA database, with the name by which it was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zone {
    name: String,
    zone: TimeZone,
}

/// Why a text is not a zone or a civil time: what is wrong, and what to write.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a valid {what}; {suggestion}")]
pub struct CivilError {
    text: String,
    what: &'static str,
    suggestion: String,
}

impl CivilError {
    fn new(text: &str, what: &'static str, suggestion: impl Into<String>) -> Self {
        Self {
            text: text.chars().take(80).collect(),
            what,
            suggestion: suggestion.into(),
        }
    }
}

impl Zone {
    /// The zone whose clocks show UTC.
    pub fn utc() -> Self {
        Self {
            name: "UTC".to_owned(),
            zone: TimeZone::UTC,
        }
    }

    /// The name as it was written, as `Europe/Amsterdam`.
    pub fn as_str(&self) -> &str {
        &self.name
    }
}

impl Deref for Zone {
    type Target = TimeZone;
    fn deref(&self) -> &TimeZone {
        &self.zone
    }
}

impl FromStr for Zone {
    type Err = CivilError;
    fn from_str(name: &str) -> Result<Self, CivilError> {
        if let Ok(zone) = TimeZone::get(name) {
            let name = name.to_owned();
            return Ok(Self { name, zone });
        }
        let known: Vec<String> = jiff::tz::db()
            .available()
            .map(|known| known.to_string())
            .collect();
        let suggestion = match nearest(name, known.iter().map(String::as_str)) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => "write an IANA name, as Europe/Amsterdam".to_owned(),
        };
        Err(CivilError::new(name, "time zone", suggestion))
    }
}

/// The instant of a local date and time: forward out of a gap, the first of a fold. So jiff's "compatible" disambiguation has it (RFC 5545, 3.3.5).
/// None at the end of the calendar.
pub(crate) fn absolute(zone: &TimeZone, local: civil::DateTime) -> Option<Timestamp> {
    let ambiguous = zone.to_ambiguous_timestamp(local);
    ambiguous.compatible().ok().map(Timestamp::from)
}

/// A local date and time to the minute: `2026-01-01T00:00`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct LocalTime(pub civil::DateTime);

impl FromStr for LocalTime {
    type Err = CivilError;
    fn from_str(text: &str) -> Result<Self, CivilError> {
        let error = |_| CivilError::new(text, "local date and time", "write it as 2026-01-01T00:00");
        text.parse().map(Self).map_err(error)
    }
}

impl fmt::Display for LocalTime {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}T{}", self.0.date(), TimeOfDay(self.0.time()))
    }
}

/// A local date: `2026-01-05`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct LocalDate(pub civil::Date);

impl FromStr for LocalDate {
    type Err = CivilError;
    fn from_str(text: &str) -> Result<Self, CivilError> {
        let error = || CivilError::new(text, "local date", "write it as 2026-01-05");
        // Longer ones have a time of day, which jiff would leave out.
        let date = (text.len() == 10).then(|| text.parse().ok()).flatten();
        date.map(Self).ok_or_else(error)
    }
}

impl fmt::Display for LocalDate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// A local time of day: `02:00`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct TimeOfDay(pub civil::Time);

impl FromStr for TimeOfDay {
    type Err = CivilError;
    fn from_str(text: &str) -> Result<Self, CivilError> {
        let error = |_| CivilError::new(text, "time of day", "write it as 02:00");
        text.parse().map(Self).map_err(error)
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (second, fraction) = (self.0.second(), self.0.subsec_nanosecond());
        match (second, fraction) {
            (0, 0) => write!(formatter, "{:02}:{:02}", self.0.hour(), self.0.minute()),
            _ => self.0.fmt(formatter),
        }
    }
}

/// A day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Weekday {
    /// Monday.
    Mon,
    /// Tuesday.
    Tue,
    /// Wednesday.
    Wed,
    /// Thursday.
    Thu,
    /// Friday.
    Fri,
    /// Saturday.
    Sat,
    /// Sunday.
    Sun,
}

impl Weekday {
    /// From Monday on.
    pub const ALL: [Self; 7] = [
        Self::Mon,
        Self::Tue,
        Self::Wed,
        Self::Thu,
        Self::Fri,
        Self::Sat,
        Self::Sun,
    ];

    /// The day of the week of a date.
    pub fn of(date: civil::Date) -> Self {
        Self::ALL[date.weekday().to_monday_zero_offset() as usize]
    }

    fn as_str(self) -> &'static str {
        ["mon", "tue", "wed", "thu", "fri", "sat", "sun"][self as usize]
    }
}

impl FromStr for Weekday {
    type Err = CivilError;
    fn from_str(text: &str) -> Result<Self, CivilError> {
        let found = Self::ALL.into_iter().find(|day| day.as_str() == text);
        found.ok_or_else(|| {
            CivilError::new(
                text,
                "day of the week",
                "write mon, tue, wed, thu, fri, sat or sun",
            )
        })
    }
}

impl fmt::Display for Weekday {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.name)
    }
}

plenum_protocol::as_text!(Zone, LocalTime, LocalDate, TimeOfDay);

#[cfg(test)]
mod tests {
    use super::*;

    fn check<T: FromStr<Err = CivilError> + ToString>(text: &str, expected: &str) {
        let read = text.parse::<T>();
        let said = read.map_or_else(|error| error.to_string(), |value| value.to_string());
        assert_eq!(said, expected);
    }

    #[test]
    fn what_is_read_is_written_back_as_it_was() {
        check::<Zone>("Europe/Amsterdam", "Europe/Amsterdam");
        check::<LocalTime>("2026-01-01T00:00", "2026-01-01T00:00");
        check::<LocalTime>("2026-01-01 02:30:15", "2026-01-01T02:30:15");
        check::<LocalDate>("2026-01-05", "2026-01-05");
        check::<TimeOfDay>("02:00", "02:00");
        check::<TimeOfDay>("23:59:59", "23:59:59");
    }

    #[test]
    fn what_does_not_exist_is_refused_with_what_to_write() {
        check::<Zone>(
            "Europe/Amsterdan",
            "`Europe/Amsterdan` is not a valid time zone; did you mean `Europe/Amsterdam`?",
        );
        check::<Zone>(
            "x",
            "`x` is not a valid time zone; write an IANA name, as Europe/Amsterdam",
        );
        check::<LocalTime>(
            "2026-13-01",
            "`2026-13-01` is not a valid local date and time; write it as 2026-01-01T00:00",
        );
        check::<LocalDate>(
            "2026-01-05T09:00",
            "`2026-01-05T09:00` is not a valid local date; write it as 2026-01-05",
        );
        check::<TimeOfDay>("25:00", "`25:00` is not a valid time of day; write it as 02:00");
    }
}
