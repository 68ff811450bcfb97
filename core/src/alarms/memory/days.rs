//! Each day's mean and minimum, for what drifts too slowly for any limit: a day is held against the same weekday of the weeks before.
//!
//! Days are those of UTC: the same hours each week but for a clock change.

use std::collections::VecDeque;

use plenum_protocol::Timestamp;
use serde::{Deserialize, Serialize};

/// So many weeks before can be looked at.
pub const MOST_WEEKS: u32 = 8;
/// A day of which fewer hours are known is not held against another.
const LEAST_HOURS: u32 = 20;
/// One week before says little.
const LEAST_WEEKS: usize = 2;
const HOUR: i64 = 3_600_000;
const MOST: usize = MOST_WEEKS as usize * 7 + 1;

/// A day that is over: its number since 1970, its mean, its minimum.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Day(i64, f64, f64);

/// What is being added up: an hour of readings, or a day of hours.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Sum {
    /// The hour's or the day's number since 1970.
    number: i64,
    sum: f64,
    count: u32,
    lowest: f64,
}

impl Sum {
    fn of(number: i64) -> Self {
        Self {
            number,
            sum: 0.0,
            count: 0,
            lowest: f64::INFINITY,
        }
    }

    fn add(&mut self, value: f64, lowest: f64) {
        self.sum += value;
        self.count += 1;
        self.lowest = self.lowest.min(lowest);
    }

    fn mean(&self) -> f64 {
        self.sum / f64::from(self.count)
    }
}

/// How far yesterday was from what is usual for such a day, in the quantity's unit; the larger of mean and minimum.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Drift {
    /// What yesterday was.
    pub value: f64,
    /// What such days were, on average.
    pub usual: f64,
}

impl Drift {
    /// How far, up or down.
    pub fn by(&self) -> f64 {
        self.value - self.usual
    }
}

/// The days that are known.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Days {
    hour: Option<Sum>,
    today: Option<Sum>,
    days: VecDeque<Day>,
}

impl Days {
    /// Takes the next reading. Hours weigh the same, however many readings they have.
    pub fn push(&mut self, at: Timestamp, value: f64) {
        let number = at.milliseconds().div_euclid(HOUR);
        if self.hour.is_some_and(|hour| hour.number != number) {
            self.end_hour();
        }
        if self.today.is_some_and(|day| day.number != number.div_euclid(24)) {
            self.end_day();
        }
        self.hour.get_or_insert(Sum::of(number)).add(value, value);
    }

    fn end_hour(&mut self) {
        let Some(hour) = self.hour.take() else { return };
        let day = hour.number.div_euclid(24);
        if self.today.is_some_and(|today| today.number != day) {
            self.end_day();
        }
        self.today
            .get_or_insert(Sum::of(day))
            .add(hour.mean(), hour.lowest);
    }

    fn end_day(&mut self) {
        let Some(day) = self.today.take().filter(|day| day.count >= LEAST_HOURS) else {
            return;
        };
        if self.days.len() == MOST {
            self.days.pop_front();
        }
        self.days.push_back(Day(day.number, day.mean(), day.lowest));
    }

    /// Yesterday against the same weekday of the `weeks` before; none where too little is known of either.
    pub fn drift(&self, at: Timestamp, weeks: u32) -> Option<Drift> {
        let yesterday = at.milliseconds().div_euclid(24 * HOUR) - 1;
        let day = |number: i64| self.days.iter().find(|day| day.0 == number).copied();
        let Day(_, mean, lowest) = day(yesterday)?;
        let before: Vec<Day> = (1..=i64::from(weeks))
            .filter_map(|week| day(yesterday - 7 * week))
            .collect();
        if before.len() < LEAST_WEEKS.min(weeks as usize) {
            return None;
        }
        let average = |of: fn(&Day) -> f64| before.iter().map(of).sum::<f64>() / before.len() as f64;
        let of_mean = Drift {
            value: mean,
            usual: average(|day| day.1),
        };
        let of_lowest = Drift {
            value: lowest,
            usual: average(|day| day.2),
        };
        let is_lowest = of_lowest.by().abs() > of_mean.by().abs();
        Some(if is_lowest { of_lowest } else { of_mean })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Readings each ten minutes for so many days, each day as `of` has it.
    fn days(count: i64, of: impl Fn(i64) -> f64) -> Days {
        let mut days = Days::default();
        for step in 0..count * 144 {
            let swing = if step % 6 < 3 { 0.5 } else { -0.5 };
            days.push(
                Timestamp::from_milliseconds(step * 600_000),
                of(step / 144) + swing,
            );
        }
        days
    }

    fn at(day: i64) -> Timestamp {
        Timestamp::from_milliseconds(day * 24 * HOUR + 600_000)
    }

    #[test]
    fn a_day_is_held_against_the_same_weekday_of_the_weeks_before() {
        // Weekends are cooler, and the newest day is a degree and a half warmer than such days were.
        let of = |day: i64| if day % 7 >= 5 { 20.0 } else { 23.0 };
        let mut known = days(29, |day| if day == 28 { 24.5 } else { of(day) });
        known.push(at(29), 23.0);
        let drift = known.drift(at(29), 4).unwrap();
        assert_eq!((drift.value, drift.usual), (24.5, 23.0));
        // The day after has no such day yet.
        assert_eq!(known.drift(at(30), 4), None);
    }

    #[test]
    fn too_few_weeks_and_half_a_day_tell_nothing() {
        let mut known = days(8, |_| 23.0);
        known.push(at(8), 23.0);
        assert_eq!(known.drift(at(8), 4), None);
        assert!(known.drift(at(8), 1).is_some());
        let mut half = days(21, |_| 23.0);
        for hour in 0..12 {
            half.push(at(21) + plenum_protocol::Duration::from_hours(hour), 26.0);
        }
        half.push(at(22), 23.0);
        assert_eq!(half.drift(at(22), 2), None);
    }

    #[test]
    fn it_stays_bounded() {
        assert_eq!(days(200, |_| 23.0).days.len(), MOST);
    }
}
