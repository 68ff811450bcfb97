//! A drill of the whole alarm chain, from an agent to somebody's telephone: `[[drill]]`. When it is held and whom it calls stands here; how one goes in
//! `core/src/drill/mod.rs`.

use std::fmt;
use std::str::FromStr;

use jiff::civil;
use plenum_protocol::{Duration, Identifier, Timestamp};
use serde::{Deserialize, Serialize};

use super::civil::absolute;
use super::rule::Priority;
use super::{TimeOfDay, Weekday, Zone};

/// A drill that is held again and again, or when somebody begins it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Drill {
    /// Unique in the site; also the name of the sensor whose reading raises its alarm.
    pub id: Identifier,
    /// The agent that begins it.
    pub agent: Identifier,
    /// When, by the site's clock; without it only when somebody begins it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<DrillTime>,
    /// As what its alarm is told.
    #[serde(default = "usual")]
    pub priority: Priority,
    /// Whether somebody has to answer.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub confirm: bool,
    /// Within how long of the first message.
    #[serde(default = "within")]
    pub within: Duration,
    /// How far the ladder is climbed.
    #[serde(default, skip_serializing_if = "Climb::is_first")]
    pub ladder: Climb,
}

/// How far a drill climbs the ladder that takes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Climb {
    /// Its first step alone: whoever is on duty.
    #[default]
    First,
    /// All of it, until somebody answers.
    Whole,
}

impl Climb {
    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "serde calls it with a reference"
    )]
    fn is_first(&self) -> bool {
        *self == Self::First
    }
}

/// When a drill is held: each week, or once a month on the first, second, third, fourth or last such day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DrillTime {
    /// Which of the month's; none where it is each week.
    pub of_month: Option<OfMonth>,
    /// The day of the week.
    pub day: Weekday,
    /// The time on it.
    pub time: TimeOfDay,
}

/// Which of a month's days of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OfMonth {
    /// The one with so many before it: 0 to 3.
    After(i8),
    /// The last.
    Last,
}

const ORDINALS: [&str; 4] = ["first", "second", "third", "fourth"];
const LAST: &str = "last";

/// A text that is not a drill's time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a valid time of a drill; write it as \"wed 10:00\" for each week, or as \"first wed 10:00\" for each month (first, second, third, fourth, last)"
)]
pub struct DrillTimeError(String);

impl FromStr for DrillTime {
    type Err = DrillTimeError;
    fn from_str(text: &str) -> Result<Self, DrillTimeError> {
        let error = || DrillTimeError(text.chars().take(80).collect());
        let words: Vec<&str> = text.split(' ').collect();
        let (of_month, day, time) = match words[..] {
            [day, time] => (None, day, time),
            [LAST, day, time] => (Some(OfMonth::Last), day, time),
            [ordinal, day, time] => {
                let before = ORDINALS.iter().position(|known| *known == ordinal);
                let before = before.and_then(|before| i8::try_from(before).ok());
                (Some(OfMonth::After(before.ok_or_else(error)?)), day, time)
            }
            _ => return Err(error()),
        };
        Ok(Self {
            of_month,
            day: day.parse().map_err(|_| error())?,
            time: time.parse().map_err(|_| error())?,
        })
    }
}

impl fmt::Display for DrillTime {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.of_month {
            Some(OfMonth::Last) => write!(formatter, "{LAST} ")?,
            Some(OfMonth::After(before)) => {
                let word = usize::try_from(before)
                    .ok()
                    .and_then(|before| ORDINALS.get(before));
                write!(formatter, "{} ", word.unwrap_or(&ORDINALS[0]))?;
            }
            None => {}
        }
        write!(formatter, "{} {}", self.day, self.time)
    }
}

plenum_protocol::as_text!(DrillTime);

impl DrillTime {
    /// The first time after an instant; none at the end of the calendar.
    pub fn after(&self, now: Timestamp, zone: &Zone) -> Option<Timestamp> {
        self.times(now, zone, -1, 40).find(|at| *at > now)
    }

    /// The last time up to an instant.
    pub fn until(&self, now: Timestamp, zone: &Zone) -> Option<Timestamp> {
        self.times(now, zone, -40, 2).filter(|at| *at <= now).last()
    }

    /// Its times within so many days of an instant's.
    fn times(&self, now: Timestamp, zone: &Zone, from: i64, to: i64) -> impl Iterator<Item = Timestamp> {
        let today = zone.to_datetime(now.to_jiff()).date();
        (from..to).filter_map(move |days| {
            let date = today.checked_add(jiff::Span::new().days(days)).ok()?;
            let is_held = Weekday::of(date) == self.day && self.is_of_month(date);
            is_held
                .then(|| absolute(zone, date.to_datetime(self.time.0)))
                .flatten()
        })
    }

    fn is_of_month(&self, date: civil::Date) -> bool {
        match self.of_month {
            None => true,
            Some(OfMonth::After(before)) => (date.day() - 1) / 7 == before,
            Some(OfMonth::Last) => date.day() + 7 > date.days_in_month(),
        }
    }
}

fn usual() -> Priority {
    Priority::Critical
}

fn within() -> Duration {
    Duration::from_minutes(15)
}

fn yes() -> bool {
    true
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde calls it with a reference"
)]
fn is_yes(value: &bool) -> bool {
    *value
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zone() -> Zone {
        "Europe/Amsterdam".parse().unwrap()
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_time_is_read_as_it_is_written() {
        for text in [
            "wed 10:00",
            "first mon 09:30",
            "fourth sun 23:59",
            "last fri 00:00",
        ] {
            assert_eq!(text.parse::<DrillTime>().unwrap().to_string(), text);
        }
        for text in [
            "",
            "wed",
            "10:00",
            "fifth wed 10:00",
            "first 10:00",
            "wednesday 10:00",
            "first  wed 10:00",
        ] {
            assert!(text.parse::<DrillTime>().is_err(), "{text}");
        }
    }

    #[track_caller]
    fn check(when: &str, now: &str, before: &str, after: &str) {
        let when: DrillTime = when.parse().unwrap();
        assert_eq!(when.until(at(now), &zone()), Some(at(before)));
        assert_eq!(when.after(at(now), &zone()), Some(at(after)));
    }

    #[test]
    fn it_comes_at_the_sites_time_also_where_the_clocks_are_set() {
        check(
            "wed 10:00",
            "2026-11-28T12:00:00Z",
            "2026-11-25T09:00:00Z",
            "2026-12-02T09:00:00Z",
        );
        check(
            "wed 10:00",
            "2026-10-21T08:00:00Z",
            "2026-10-21T08:00:00Z",
            "2026-10-28T09:00:00Z",
        );
        check(
            "first wed 10:00",
            "2026-11-28T12:00:00Z",
            "2026-11-04T09:00:00Z",
            "2026-12-02T09:00:00Z",
        );
        check(
            "last sun 02:30",
            "2026-03-01T12:00:00Z",
            "2026-02-22T01:30:00Z",
            "2026-03-29T01:30:00Z",
        );
        check(
            "last sat 23:00",
            "2026-11-28T22:30:00Z",
            "2026-11-28T22:00:00Z",
            "2026-12-26T22:00:00Z",
        );
    }

    #[test]
    fn what_is_next_is_what_was_last_when_its_time_has_come() {
        for text in [
            "mon 00:00",
            "first thu 02:30",
            "fourth fri 23:59",
            "last sun 02:30",
        ] {
            let when: DrillTime = text.parse().unwrap();
            let mut now = at("2025-12-01T00:00:00Z");
            for _ in 0..60 {
                let next = when.after(now, &zone()).unwrap();
                assert!(next > now && when.until(next, &zone()) == Some(next), "{text}");
                assert_eq!(
                    when.after(next - Duration::from_milliseconds(1), &zone()),
                    Some(next)
                );
                now = next;
            }
        }
    }
}
