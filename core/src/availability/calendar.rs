//! Civil time made absolute: a service's life, agreed hours and weekly maintenance windows, across changes of the clock.
//!
//! A window is a civil start, and an elapsed length or a civil end. A time that does not exist (the clock jumped over it) moves forward by the jump;
//! one that occurs twice means the first for a start and the last for an end. A window belongs to the revision in force when it starts and covers its
//! whole length, also into the next period.

use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use plenum_protocol::{Duration, Timestamp};

use super::fold::Terms;
use crate::site::civil::absolute;
use crate::site::{LocalTime, Service, Weekday, WeeklyWindow};

/// A stretch of time, half open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// First instant.
    pub from: Timestamp,
    /// First instant after it.
    pub to: Timestamp,
    /// What it is called.
    pub name: String,
}

/// A service's calendar under one revision of the site, and the terms of its contract.
#[derive(Debug, Clone)]
pub struct Calendar {
    terms: Terms,
    zone: TimeZone,
    life: (Timestamp, Timestamp),
    hours: Vec<WeeklyWindow>,
    maintenance: Vec<WeeklyWindow>,
}

impl Calendar {
    /// The calendar of a service as it was promised.
    pub fn new(service: &Service) -> Self {
        let instant = |local: LocalTime| absolute(&service.zone, local.0).unwrap_or(Timestamp::MAX);
        Self {
            terms: Terms {
                objective: service.objective,
                unknown: service.unknown,
            },
            life: (
                instant(service.since),
                service.until.map_or(Timestamp::MAX, instant),
            ),
            zone: (*service.zone).clone(),
            hours: service.hours.clone(),
            maintenance: service.maintenance.clone(),
        }
    }

    /// The service's life: from the first instant to the first after its end.
    pub fn life(&self) -> (Timestamp, Timestamp) {
        self.life
    }

    /// What its contract says of the ratio.
    pub fn terms(&self) -> Terms {
        self.terms
    }

    /// The zone of the service's months, hours and windows.
    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// Agreed hours that touch [from, to); `None` where the service has no hours and always runs.
    pub fn agreed(&self, from: Timestamp, to: Timestamp) -> Option<Vec<Span>> {
        (!self.hours.is_empty()).then(|| self.occurrences(&self.hours, from, to))
    }

    /// Maintenance windows that touch [from, to), by start.
    pub fn maintenance(&self, from: Timestamp, to: Timestamp) -> Vec<Span> {
        self.occurrences(&self.maintenance, from, to)
    }

    /// The calendar month that contains `at`: its first instant and the next month's.
    pub fn month_of(&self, at: Timestamp) -> (Timestamp, Timestamp) {
        let date = at.to_jiff().to_zoned(self.zone.clone()).date();
        self.month(date.first_of_month())
    }

    /// The month that begins on `first`.
    pub fn month(&self, first: Date) -> (Timestamp, Timestamp) {
        let next = first.checked_add(1.month()).unwrap_or(Date::MAX);
        (self.midnight(first), self.midnight(next))
    }

    /// The first instant of a local day.
    pub fn midnight(&self, date: Date) -> Timestamp {
        absolute(&self.zone, date.at(0, 0, 0, 0)).unwrap_or(Timestamp::MAX)
    }

    /// The local date at an instant.
    pub fn date_of(&self, at: Timestamp) -> Date {
        at.to_jiff().to_zoned(self.zone.clone()).date()
    }

    fn occurrences(&self, windows: &[WeeklyWindow], from: Timestamp, to: Timestamp) -> Vec<Span> {
        // A window is at most a week long, so one that touches the period starts at most 8 local days before it.
        let begin = self.date_of(from - Duration::from_hours(8 * 24));
        let mut spans = Vec::new();
        for date in begin.series(1.day()).take_while(|date| self.midnight(*date) < to) {
            for window in windows
                .iter()
                .filter(|window| window.days.contains(&Weekday::of(date)))
            {
                let Some(start) = absolute(&self.zone, date.to_datetime(window.start.0)) else {
                    continue;
                };
                let Some(end) = self.end(window, date, start) else {
                    continue;
                };
                if end > from && start < to {
                    spans.push(Span {
                        from: start,
                        to: end,
                        name: window.name.clone(),
                    });
                }
            }
        }
        spans.sort_by_key(|span| (span.from, span.to));
        spans
    }

    /// When a window that begins on that day at that instant ends.
    fn end(&self, window: &WeeklyWindow, date: Date, start: Timestamp) -> Option<Timestamp> {
        let Some(end) = window.end else {
            return Some(start + window.length.unwrap_or_default());
        };
        let date = match end.0 > window.start.0 {
            true => date,
            false => date.tomorrow().ok()?,
        };
        let end = self.zone.to_ambiguous_timestamp(date.to_datetime(end.0));
        // Forward out of a gap, the last of a fold.
        Some(Timestamp::from(end.later().ok()?).max(start))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::{Down, Unknown};

    fn service(days: Vec<Weekday>, start: &str, length: &str) -> Calendar {
        let window = WeeklyWindow {
            days,
            start: start.parse().unwrap(),
            length: length.parse().ok(),
            end: length.parse().ok(),
            name: "weekly".to_owned(),
        };
        Calendar::new(&Service {
            id: "hosting".parse().unwrap(),
            name: "Hosting".to_owned(),
            customer: String::new(),
            objective: 0.999,
            zone: "Europe/Amsterdam".parse().unwrap(),
            since: "2026-01-01T00:00".parse().unwrap(),
            until: None,
            hours: Vec::new(),
            maintenance: vec![window],
            down: Down::Any(Vec::new()),
            unknown: Unknown::Counted,
        })
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn check(calendar: &Calendar, from: &str, to: &str, expected: &[(&str, &str)]) {
        let found: Vec<(Timestamp, Timestamp)> = calendar
            .maintenance(at(from), at(to))
            .into_iter()
            .map(|span| (span.from, span.to))
            .collect();
        let expected: Vec<(Timestamp, Timestamp)> =
            expected.iter().map(|(from, to)| (at(from), at(to))).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn months_with_a_clock_change_have_their_true_length() {
        let calendar = service(vec![Weekday::Sun], "02:00", "4h");
        let hours = |text: &str| {
            let (from, to) = calendar.month_of(at(text));
            to.since(from).milliseconds() / 3_600_000
        };
        assert_eq!(hours("2026-03-15T12:00:00Z"), 743);
        assert_eq!(hours("2026-10-15T12:00:00Z"), 745);
        assert_eq!(hours("2026-02-15T12:00:00Z"), 672);
    }

    #[test]
    fn a_start_that_does_not_exist_moves_forward_and_keeps_its_length() {
        let calendar = service(vec![Weekday::Sun], "02:30", "2h");
        // On 29 March 2026 the clock goes from 02:00 to 03:00.
        check(
            &calendar,
            "2026-03-28T12:00:00Z",
            "2026-03-29T12:00:00Z",
            &[("2026-03-29T01:30:00Z", "2026-03-29T03:30:00Z")],
        );
    }

    #[test]
    fn a_start_that_occurs_twice_means_the_first() {
        let calendar = service(vec![Weekday::Sun], "02:30", "2h");
        // On 25 October 2026 the clock goes from 03:00 back to 02:00.
        check(
            &calendar,
            "2026-10-24T12:00:00Z",
            "2026-10-25T12:00:00Z",
            &[("2026-10-25T00:30:00Z", "2026-10-25T02:30:00Z")],
        );
    }

    #[test]
    fn on_the_night_of_a_clock_change_an_end_is_by_the_clock_and_a_length_elapses() {
        let night = |extent, from: &str, to: &str, end: &str| {
            let begin = from.replace("T12", "T23");
            check(
                &service(vec![Weekday::Sun], "00:00", extent),
                from,
                to,
                &[(begin.replace("24T23", "24T22").as_str(), end)],
            );
        };
        let (spring, monday) = ("2026-03-28T12:00:00Z", "2026-03-29T12:00:00Z");
        night("06:00", spring, monday, "2026-03-29T04:00:00Z");
        night("6h", spring, monday, "2026-03-29T05:00:00Z");
        let (autumn, monday) = ("2026-10-24T12:00:00Z", "2026-10-25T12:00:00Z");
        night("06:00", autumn, monday, "2026-10-25T05:00:00Z");
        night("6h", autumn, monday, "2026-10-25T04:00:00Z");
        // An end that does not exist is an hour later, one that occurs twice the last.
        night("02:30", spring, "2026-03-29T12:00:00Z", "2026-03-29T01:30:00Z");
        night("02:30", autumn, "2026-10-25T12:00:00Z", "2026-10-25T01:30:00Z");
    }

    #[test]
    fn an_end_before_the_start_is_that_of_the_next_day() {
        let calendar = service(vec![Weekday::Sat], "22:00", "06:00");
        check(
            &calendar,
            "2026-01-31T12:00:00Z",
            "2026-02-01T12:00:00Z",
            &[("2026-01-31T21:00:00Z", "2026-02-01T05:00:00Z")],
        );
    }

    #[test]
    fn a_window_reaches_over_midnight_and_into_the_next_period() {
        let calendar = service(vec![Weekday::Sat], "22:00", "6h");
        check(
            &calendar,
            "2026-01-31T23:00:00Z",
            "2026-02-01T12:00:00Z",
            &[("2026-01-31T21:00:00Z", "2026-02-01T03:00:00Z")],
        );
    }
}
