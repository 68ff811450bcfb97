//! The days of a rota's calendar: where each begins and ends by the rota's clock, which is a holiday, and on which the clock changes.

use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use plenum_protocol::Timestamp;

use super::week::date_of;
use crate::site::Site;
use crate::site::civil::absolute;

/// A local day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Day<'a> {
    /// Its date.
    pub date: Date,
    /// Its first instant.
    pub from: Timestamp,
    /// The first instant after it.
    pub to: Timestamp,
    /// What the holiday is called that it is; none where it is not one.
    pub holiday: Option<&'a str>,
    /// The clock is put forward or back on it.
    pub change: Option<ClockChange>,
}

/// A clock is put forward or back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockChange {
    /// When.
    pub at: Timestamp,
    /// By how many minutes it goes forward; back where it is negative.
    pub minutes: i32,
}

/// The days that touch [from, to) by a clock.
pub fn days<'a>(site: &'a Site, zone: &TimeZone, from: Timestamp, to: Timestamp) -> Vec<Day<'a>> {
    let midnight = |date: Date| absolute(zone, date.at(0, 0, 0, 0));
    let mut days = Vec::new();
    for date in date_of(zone, from).series(1.day()) {
        let next = date.tomorrow().ok().and_then(midnight);
        let (Some(begin), Some(end)) = (midnight(date), next) else {
            break;
        };
        if begin >= to {
            break;
        }
        let holiday = site.holidays.iter().find(|holiday| holiday.date.0 == date);
        days.push(Day {
            date,
            from: begin,
            to: end,
            holiday: holiday.map(|holiday| holiday.name.as_str()),
            change: change_within(zone, begin, end),
        });
    }
    days
}

/// The first change within [from, to): a clock that changes at midnight changes on the day that begins then.
fn change_within(zone: &TimeZone, from: Timestamp, to: Timestamp) -> Option<ClockChange> {
    let just_before = from.to_jiff().checked_sub(1.second()).ok()?;
    let change = zone.following(just_before).next()?;
    let at = Timestamp::from(change.timestamp());
    let before = zone.to_offset(change.timestamp().checked_sub(1.second()).ok()?);
    let seconds = change.offset().seconds() - before.seconds();
    (at < to && seconds != 0).then_some(ClockChange {
        at,
        minutes: seconds / 60,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The days of a month that are not of 24 hours, as `date hours minutes-forward`.
    fn check(zone: &str, (from, to): (&str, &str), expected: &[&str]) {
        let site = Site::unconfigured();
        let zone = TimeZone::get(zone).unwrap();
        let days = days(&site, &zone, from.parse().unwrap(), to.parse().unwrap());
        for pair in days.windows(2) {
            assert_eq!(pair[0].to, pair[1].from);
        }
        let odd = days.iter().filter_map(|day| {
            let change = day.change?;
            let minutes = day.to.since(day.from).milliseconds() / 60_000;
            Some(format!("{} {minutes} {} {}", day.date, change.at, change.minutes))
        });
        assert_eq!(odd.collect::<Vec<_>>(), expected);
    }

    #[test]
    fn the_days_on_which_the_clock_changes_are_known_with_the_time_that_is_missing_or_comes_twice() {
        check(
            "Europe/Amsterdam",
            ("2026-03-01T00:00:00Z", "2026-04-10T00:00:00Z"),
            &["2026-03-29 1380 2026-03-29T01:00:00.000Z 60"],
        );
        check(
            "America/Chicago",
            ("2026-10-20T00:00:00Z", "2026-11-10T00:00:00Z"),
            &["2026-11-01 1500 2026-11-01T07:00:00.000Z -60"],
        );
        check(
            "Australia/Lord_Howe",
            ("2026-04-01T00:00:00Z", "2026-04-30T00:00:00Z"),
            &["2026-04-05 1470 2026-04-04T15:00:00.000Z -30"],
        );
        check(
            "Asia/Kathmandu",
            ("2026-01-01T00:00:00Z", "2026-12-30T00:00:00Z"),
            &[],
        );
    }

    #[test]
    fn a_holiday_has_its_name() {
        let mut site = Site::unconfigured();
        site.holidays.push(crate::site::Holiday {
            date: "2026-12-25".parse().unwrap(),
            name: "Christmas Day".to_owned(),
        });
        let days = days(
            &site,
            &TimeZone::UTC,
            "2026-12-24T12:00:00Z".parse().unwrap(),
            "2026-12-26T00:00:00Z".parse().unwrap(),
        );
        let said: Vec<_> = days.iter().map(|day| (day.date.day(), day.holiday)).collect();
        assert_eq!(said, [(24, None), (25, Some("Christmas Day"))]);
    }
}
