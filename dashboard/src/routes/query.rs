//! What queries and bodies are made of: instants, periods, pages.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use plenum_core::duty::Moment;
use plenum_core::site::CivilError;
use plenum_protocol::{Duration, Timestamp};
use serde::de::Error;
use serde::{Deserialize, Deserializer};

use crate::problem::Problem;
use crate::view;

/// The period that is meant where none is given.
const DEFAULT_PERIOD: Duration = Duration::from_hours(24);
/// The longest period that is answered at once.
const LONGEST_PERIOD: Duration = Duration::from_hours(24 * 366 * 5);

/// An instant of a query: RFC 3339, or milliseconds since 1970 as in points; within the years that RFC 3339 can write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Instant(pub(crate) Timestamp);

/// Milliseconds of 0001-01-01T00:00:00Z and of 10000-01-01T00:00:00Z: the beginning of its month can be written too, in every zone.
const WRITABLE: std::ops::Range<i64> = -62_135_596_800_000..253_402_300_800_000;

impl FromStr for Instant {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let milliseconds = match text.parse::<i64>() {
            Ok(milliseconds) => Some(milliseconds),
            Err(_) => text.parse::<Timestamp>().ok().map(Timestamp::milliseconds),
        };
        let within = milliseconds.filter(|milliseconds| WRITABLE.contains(milliseconds));
        within.map(|milliseconds| Self(Timestamp::from_milliseconds(milliseconds))).ok_or_else(|| {
            format!(
                "`{text}` is not a valid instant: write it as 2026-06-18T03:12:05Z (a `+` must be sent as %2B), or as milliseconds since 1970"
            )
        })
    }
}

impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(D::Error::custom)
    }
}

/// The half-open period of a query: absent `to` means now, absent `from` means a day before `to`.
pub(crate) fn period(
    from: Option<Instant>,
    to: Option<Instant>,
    now: Timestamp,
) -> Result<(Timestamp, Timestamp), Problem> {
    let to = to.map_or(now, |to| to.0);
    let from = from.map_or(to - DEFAULT_PERIOD, |from| from.0);
    ordered(from, to)
}

/// A period as it is given, if it does not go back and is not too long.
pub(crate) fn ordered(from: Timestamp, to: Timestamp) -> Result<(Timestamp, Timestamp), Problem> {
    if from > to {
        return Err(Problem::bad_request(format!("`from={from}` is after `to={to}`")));
    }
    if to.since(from) > LONGEST_PERIOD {
        return Err(Problem::bad_request("the period is longer than five years"));
    }
    Ok((from, to))
}

/// A month by its first day, written as `2026-03`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Month(Date);

impl Month {
    /// The month of a day.
    pub(crate) fn of(day: Date) -> Self {
        Self(day.first_of_month())
    }

    /// Its first day.
    pub(crate) const fn first(self) -> Date {
        self.0
    }

    /// Its first instant in a zone, and the first after it.
    pub(crate) fn within(self, zone: &TimeZone) -> (Timestamp, Timestamp) {
        let begins = |day: Date| {
            let begin = zone.to_ambiguous_zoned(day.at(0, 0, 0, 0)).compatible();
            begin.map_or(Timestamp::MAX, |begin| {
                Timestamp::from_milliseconds(begin.timestamp().as_millisecond())
            })
        };
        let next = self.0.last_of_month().tomorrow();
        (begins(self.0), next.map_or(Timestamp::MAX, begins))
    }
}

impl fmt::Display for Month {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:04}-{:02}", self.0.year(), self.0.month())
    }
}

impl FromStr for Month {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let parts = text.split_once('-').filter(|(year, month)| {
            (year.len(), month.len()) == (4, 2)
                && text.bytes().all(|byte| byte == b'-' || byte.is_ascii_digit())
        });
        parts
            .and_then(|(year, month)| Date::new(year.parse().ok()?, month.parse().ok()?, 1).ok())
            // Nothing was measured before, and a report's instants must be ones that can be written.
            .filter(|first| first.year() >= 1970)
            .map(Self)
            .ok_or_else(|| format!("`{text}` is not a valid month: write it as 2026-03"))
    }
}

impl<'de> Deserialize<'de> for Month {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(D::Error::custom)
    }
}

/// How many items a page has at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limit(u64);

impl<'de> Deserialize<'de> for Limit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match view::number(deserializer)? {
            0 => Err(D::Error::custom("0 asks for nothing")),
            limit => Ok(Self(limit)),
        }
    }
}

/// How many items the answer has at most.
pub(crate) fn limit(asked: Option<Limit>, most: usize) -> usize {
    asked.map_or(most, |asked| {
        usize::try_from(asked.0).map_or(most, |asked| asked.min(most))
    })
}

/// An instant of a body: RFC 3339, or a time by the clock of the site or the rota.
pub(crate) fn moment(text: &str) -> Result<Moment, Problem> {
    if let Ok(at) = text.parse() {
        return Ok(Moment::Instant(at));
    }
    let local = text.parse().map(Moment::Local);
    local.map_err(|error: CivilError| Problem::unprocessable(error.to_string()))
}

/// Reads a cursor that a former page gave.
pub(crate) fn cursor<T: std::str::FromStr>(text: Option<&str>) -> Result<Option<T>, Problem> {
    text.map(|text| text.parse().map_err(|_| no_cursor(text)))
        .transpose()
}

/// What is said about a cursor that no page gave.
pub(crate) fn no_cursor(text: &str) -> Problem {
    Problem::bad_request(format!(
        "`cursor={text}` is not one that a former page gave as `next`"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_rfc_3339_or_milliseconds() {
        let expected = Timestamp::from_milliseconds(1_781_752_325_000);
        for text in [
            "2026-06-18T03:12:05Z",
            "2026-06-18T05:12:05+02:00",
            "1781752325000",
        ] {
            assert_eq!(text.parse::<Instant>().unwrap().0, expected, "{text}");
        }
        for text in [
            "",
            "yesterday",
            "2026-06-18",
            "2026-06-18T05:12:05 02:00",
            "1e9",
            "NaN",
            "9223372036854775807",
            "9223372036854775808",
            "-009999-01-01T00:00:00Z",
            "0000-01-01T00:00:00Z",
        ] {
            assert!(text.parse::<Instant>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_period_does_not_go_back() {
        let now = Timestamp::from_milliseconds(1_781_752_325_000);
        let at = |text: &str| Some(text.parse::<Instant>().unwrap());
        assert_eq!(period(None, None, now).unwrap(), (now - DEFAULT_PERIOD, now));
        assert_eq!(
            period(at("5"), at("5"), now).unwrap().0,
            Timestamp::from_milliseconds(5)
        );
        assert!(period(at("6"), at("5"), now).is_err());
        assert!(period(at("0"), None, now).is_err());
    }

    #[test]
    fn months_are_read() {
        assert_eq!("2026-03".parse::<Month>().unwrap().0, Date::constant(2026, 3, 1));
        for bad in [
            "2026",
            "2026-3",
            "2026-13",
            "26-03",
            "2026-03-01",
            "+026-03",
            "0000-01",
            "1969-12",
            "",
        ] {
            assert!(bad.parse::<Month>().is_err(), "{bad}");
        }
        let month: Month = "2026-03".parse().unwrap();
        let (from, to) = month.within(&TimeZone::get("Europe/Amsterdam").unwrap());
        assert_eq!(
            (from.to_string(), month.to_string()),
            ("2026-02-28T23:00:00.000Z".to_owned(), "2026-03".to_owned())
        );
        assert_eq!(to.since(from), Duration::from_hours(743));
    }
}
