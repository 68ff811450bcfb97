//! Hours of a week made absolute, by the clock of a zone.

use std::collections::BTreeSet;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, ToSpan};
use plenum_protocol::{Duration, Timestamp};

use crate::site::civil::absolute;
use crate::site::rota::DAY;
use crate::site::{Hours, OnHoliday, Weekday};

/// From an instant to the first after it.
type Stretch = (Timestamp, Timestamp);

/// Hours of a week, by minutes of each day.
#[derive(Debug, Clone)]
pub(super) struct Week([Vec<(u16, u16)>; 7]);

impl Week {
    pub(super) fn of(hours: &[Hours]) -> Self {
        let of_day = |day| hours.iter().flat_map(|hours| hours.minutes_of(day)).collect();
        Self(Weekday::ALL.map(of_day))
    }

    pub(super) fn whole() -> Self {
        Self(Weekday::ALL.map(|_| vec![(0, DAY)]))
    }

    /// The stretches that touch [from, to), with the days around it: those that meet are one.
    pub(super) fn spans(
        &self,
        zone: &TimeZone,
        on_holiday: OnHoliday,
        holidays: &BTreeSet<Date>,
        from: Timestamp,
        to: Timestamp,
    ) -> Vec<Stretch> {
        // A day before: one that begins twice, or not at all, may reach over what its date says.
        let first = date_of(zone, from - Duration::from_hours(24));
        let mut spans: Vec<Stretch> = Vec::new();
        let instant =
            |date: Date, minute: u16| absolute(zone, date.at(0, 0, 0, 0).checked_add(minutes(minute)).ok()?);
        for date in first.series(1.day()) {
            if instant(date, 0).is_none_or(|midnight| midnight >= to) {
                break;
            }
            let day = match (holidays.contains(&date), on_holiday) {
                (true, OnHoliday::Off) => continue,
                (true, OnHoliday::AsSunday) => Weekday::Sun,
                _ => Weekday::of(date),
            };
            for (begin, end) in &self.0[day as usize] {
                let span = instant(date, *begin).zip(instant(date, *end));
                spans.extend(span.filter(|(begin, end)| begin < end));
            }
        }
        spans.sort();
        merged(spans)
    }
}

/// Stretches by start, those that meet or overlap as one.
fn merged(spans: Vec<Stretch>) -> Vec<Stretch> {
    let mut all: Vec<Stretch> = Vec::new();
    for (from, to) in spans {
        match all.last_mut() {
            Some(last) if from <= last.1 => last.1 = last.1.max(to),
            _ => all.push((from, to)),
        }
    }
    all
}

fn minutes(count: u16) -> Span {
    i64::from(count).minutes()
}

/// The local date of an instant.
pub(super) fn date_of(zone: &TimeZone, at: Timestamp) -> Date {
    zone.to_datetime(at.to_jiff()).date()
}
