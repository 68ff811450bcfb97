//! Instants and durations in whole milliseconds: what the protocol, the journal and the reports count in.

use std::fmt;
use std::ops::{Add, Sub};
use std::str::FromStr;

/// An instant, in milliseconds since 1970-01-01T00:00:00Z (leap seconds not counted, as POSIX).
/// In JSON it is RFC 3339 in UTC with milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(i64);

/// An elapsed time in milliseconds; may be negative as the difference of two instants.
/// In configuration it is text with a unit: `"250ms"`, `"10s"`, `"5min"`, `"8h"`, `"30d"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Duration(i64);

/// Why a text is not a valid instant or duration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TimeError {
    /// Not RFC 3339 with an offset.
    #[error("`{0}` is not a valid instant: write it as 2026-06-18T03:12:05Z")]
    Instant(String),
    /// No number with a known unit.
    #[error(
        "`{0}` is not a valid duration: write a whole number with a unit, as in 500ms, 10s, 5min, 8h or 30d"
    )]
    Duration(String),
}

impl Timestamp {
    /// The earliest instant that can be written; before every reading.
    pub const MIN: Self = Self(i64::MIN);
    /// The latest instant; after every reading.
    pub const MAX: Self = Self(i64::MAX);

    /// From milliseconds since 1970.
    pub const fn from_milliseconds(milliseconds: i64) -> Self {
        Self(milliseconds)
    }

    /// Milliseconds since 1970.
    pub const fn milliseconds(self) -> i64 {
        self.0
    }

    /// The elapsed time since `earlier`; negative if `earlier` is later.
    pub const fn since(self, earlier: Self) -> Duration {
        Duration(self.0.saturating_sub(earlier.0))
    }

    /// The greatest multiple of `step` since 1970 that is not after this instant. `step` must be positive.
    pub const fn align_down(self, step: Duration) -> Self {
        Self(self.0.div_euclid(step.0) * step.0)
    }

    /// The instant as jiff writes it, for civil time. Clamped to jiff's range.
    pub fn to_jiff(self) -> jiff::Timestamp {
        jiff::Timestamp::from_millisecond(self.0).unwrap_or(if self.0 < 0 {
            jiff::Timestamp::MIN
        } else {
            jiff::Timestamp::MAX
        })
    }
}

impl From<jiff::Timestamp> for Timestamp {
    fn from(instant: jiff::Timestamp) -> Self {
        Self(instant.as_millisecond())
    }
}

impl Duration {
    /// No time at all.
    pub const ZERO: Self = Self(0);

    /// So many milliseconds; may be negative.
    pub const fn from_milliseconds(milliseconds: i64) -> Self {
        Self(milliseconds)
    }

    /// So many seconds; may be negative.
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds * 1_000)
    }

    /// From minutes of 60 s.
    pub const fn from_minutes(minutes: i64) -> Self {
        Self(minutes * 60_000)
    }

    /// From hours of 3,600 s.
    pub const fn from_hours(hours: i64) -> Self {
        Self(hours * 3_600_000)
    }

    /// In milliseconds; negative if it goes backwards.
    pub const fn milliseconds(self) -> i64 {
        self.0
    }

    /// In seconds, with a fraction.
    pub fn seconds(self) -> f64 {
        self.0 as f64 / 1_000.0
    }

    /// As the standard library's duration; negative becomes zero.
    pub const fn to_std(self) -> std::time::Duration {
        std::time::Duration::from_millis(if self.0 < 0 { 0 } else { self.0 as u64 })
    }
}

impl Add<Duration> for Timestamp {
    type Output = Self;
    fn add(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(duration.0))
    }
}

impl Sub<Duration> for Timestamp {
    type Output = Self;
    fn sub(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(duration.0))
    }
}

impl Add for Duration {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Sub for Duration {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:.3}", self.to_jiff())
    }
}

impl FromStr for Timestamp {
    type Err = TimeError;
    fn from_str(text: &str) -> Result<Self, TimeError> {
        text.parse::<jiff::Timestamp>()
            .map(Self::from)
            .map_err(|_| TimeError::Instant(text.to_owned()))
    }
}

impl fmt::Display for Duration {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNITS: [(i64, &str); 4] = [(86_400_000, "d"), (3_600_000, "h"), (60_000, "min"), (1_000, "s")];
        for (size, unit) in UNITS {
            if self.0 != 0 && self.0 % size == 0 {
                return write!(formatter, "{}{unit}", self.0 / size);
            }
        }
        write!(formatter, "{}ms", self.0)
    }
}

impl FromStr for Duration {
    type Err = TimeError;
    fn from_str(text: &str) -> Result<Self, TimeError> {
        let error = || TimeError::Duration(text.to_owned());
        let split = text
            .find(|character: char| !character.is_ascii_digit())
            .ok_or_else(error)?;
        let (number, unit) = text.split_at(split);
        let number: i64 = number.parse().map_err(|_| error())?;
        let size = match unit.trim_start() {
            "ms" => 1,
            "s" => 1_000,
            "min" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            _ => return Err(error()),
        };
        number.checked_mul(size).map(Self).ok_or_else(error)
    }
}

crate::as_text!(Timestamp);

crate::as_text!(Duration: "a duration in quotes; write it as \"5min\"");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_back_what_they_write() {
        for text in ["250ms", "10s", "5min", "8h", "30d", "0ms"] {
            assert_eq!(text.parse::<Duration>().unwrap().to_string(), text);
        }
        for text in ["", "10", "s", "10 weeks", "-1s", "99999999999999999999s", "1.5s"] {
            assert!(text.parse::<Duration>().is_err(), "{text}");
        }
    }

    #[test]
    fn instants_carry_milliseconds_in_utc() {
        let instant: Timestamp = "2026-06-18T05:12:05.25+02:00".parse().unwrap();
        assert_eq!(instant.to_string(), "2026-06-18T03:12:05.250Z");
        assert_eq!(
            Timestamp::from_milliseconds(-1)
                .align_down(Duration::from_seconds(1))
                .milliseconds(),
            -1_000
        );
    }
}
