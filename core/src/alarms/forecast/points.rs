//! The readings since the onset in a bounded number of points: the newest one by one, older ones as means over a span that grows with age.

use serde::{Deserialize, Serialize};

use super::Way;

/// The mean of readings next to each other.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Point {
    /// Milliseconds since 1970.
    pub(super) at: i64,
    /// As exact as it is stored: forecasters are many, and each reading goes through all of its points.
    value: f32,
    /// How many readings it is the mean of.
    pub(super) readings: u32,
}

impl Point {
    pub(super) fn value(&self) -> f64 {
        f64::from(self.value)
    }
}

/// A point as the fit takes it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Sample {
    /// From the newest point: 0 or less.
    pub(super) minutes: f64,
    /// Grows towards the limit.
    pub(super) value: f64,
    pub(super) readings: u32,
}

/// At most [`MOST`] points, oldest first.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(from = "Stored", into = "Stored")]
pub(super) struct Points {
    all: Vec<Point>,
    /// The lowest and the highest of them: each reading asks for them, and few change them.
    ends: Ends,
}

/// How far points reach.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Ends {
    /// The newest of the lowest.
    pub(super) lowest: End,
    /// The newest of the highest.
    pub(super) highest: End,
}

/// A value, and when it was.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct End {
    /// Milliseconds since 1970.
    pub(super) at: i64,
    pub(super) value: f64,
}

impl Default for Ends {
    fn default() -> Self {
        let end = |value| End { at: i64::MAX, value };
        Self {
            lowest: end(f64::INFINITY),
            highest: end(f64::NEG_INFINITY),
        }
    }
}

impl Ends {
    fn of(points: &[Point]) -> Self {
        let mut ends = Self::default();
        for point in points {
            ends.push(point.at, point.value());
        }
        ends
    }

    fn push(&mut self, at: i64, value: f64) {
        if value <= self.lowest.value {
            self.lowest = End { at, value };
        }
        if value >= self.highest.value {
            self.highest = End { at, value };
        }
    }

    /// Whether one of them is of this instant.
    fn is_at(&self, at: i64) -> bool {
        self.lowest.at == at || self.highest.at == at
    }
}

/// Their stored form: milliseconds since the point before, value, readings.
type Stored = Vec<(i64, f32, u32)>;

impl From<Points> for Stored {
    fn from(points: Points) -> Self {
        let mut before = 0;
        let stored = points.all.iter().map(|point| {
            let since = point.at.saturating_sub(std::mem::replace(&mut before, point.at));
            (since, point.value, point.readings)
        });
        stored.collect()
    }
}

impl From<Stored> for Points {
    fn from(stored: Stored) -> Self {
        let mut at = 0_i64;
        let points = stored.into_iter().map(|(since, value, readings)| {
            at = at.saturating_add(since);
            Point { at, value, readings }
        });
        let mut points = Self::of(points.collect());
        points.keep(MOST);
        points
    }
}

/// How many points are kept.
pub(super) const MOST: usize = 48;
/// How many of the newest stay single readings.
const SINGLE: usize = 12;

/// While all of them are younger than this the product of two times is exact, whole or not: a day, in milliseconds.
const EXACT: i64 = 86_400_000;

impl Points {
    fn of(all: Vec<Point>) -> Self {
        let ends = Ends::of(&all);
        Self { all, ends }
    }

    pub(super) fn push(&mut self, at: i64, value: f64) {
        let point = Point {
            at,
            value: value as f32,
            readings: 1,
        };
        self.all.push(point);
        self.ends.push(at, point.value());
        if self.all.len() > MOST {
            self.merge(at);
        }
    }

    /// Makes one of the two neighbours that are nearest to each other for their age.
    fn merge(&mut self, now: i64) {
        let single = self.all.len() - SINGLE;
        let is_exact = now.saturating_sub(self.all[0].at) < EXACT;
        let index = match is_exact {
            true => nearest(&self.all[..single], now),
            false => nearest_of_old(&self.all[..single], now),
        };
        let Some(index) = index else { return };
        let newer = self.all.remove(index + 1);
        let older = &mut self.all[index];
        let is_end = self.ends.is_at(older.at) || self.ends.is_at(newer.at);
        let readings = older.readings.saturating_add(newer.readings);
        let share = f64::from(newer.readings) / f64::from(readings);
        older.at += (newer.at.saturating_sub(older.at) as f64 * share) as i64;
        older.value = (older.value() + (newer.value() - older.value()) * share) as f32;
        older.readings = readings;
        if is_end {
            self.ends = Ends::of(&self.all);
        }
    }

    /// The lowest and the highest.
    pub(super) fn ends(&self) -> &Ends {
        &self.ends
    }

    pub(super) fn first(&self) -> Option<&Point> {
        self.all.first()
    }

    pub(super) fn last(&self) -> Option<&Point> {
        self.all.last()
    }

    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = &Point> {
        self.all.iter()
    }

    /// Whether there were any.
    pub(super) fn forget_before(&mut self, at: i64) -> bool {
        if self.first().is_none_or(|first| first.at >= at) {
            return false;
        }
        let old = self.all.partition_point(|point| point.at < at);
        self.forget(old);
        true
    }

    /// Keeps the newest alone.
    pub(super) fn keep(&mut self, newest: usize) {
        self.forget(self.all.len().saturating_sub(newest));
    }

    fn forget(&mut self, oldest: usize) {
        let mut forgotten = self.all.drain(..oldest);
        let ends = self.ends;
        let is_end = forgotten.any(|point| ends.is_at(point.at));
        drop(forgotten);
        if is_end {
            self.ends = Ends::of(&self.all);
        }
    }

    /// The points from `since` on, as the fit takes them.
    pub(super) fn since(&self, since: i64, way: Way) -> Vec<Sample> {
        let newest = self.all.last().map_or(0, |point| point.at);
        let points = self.all.iter().filter(|point| point.at >= since);
        let samples = points.map(|point| Sample {
            minutes: point.at.saturating_sub(newest) as f64 / 60_000.0,
            value: way.signed(point.value()),
            readings: point.readings,
        });
        samples.collect()
    }
}

/// The older one of the neighbours whose span is the least share of their age: shares compared without a division, in whole numbers.
fn nearest(points: &[Point], now: i64) -> Option<usize> {
    let (mut index, mut least) = (None, (i64::MAX / EXACT, 1));
    for (place, pair) in points.windows(2).enumerate() {
        let span = pair[1].at - pair[0].at;
        let age = (now - pair[1].at).max(1);
        if span * least.1 < least.0 * age {
            (index, least) = (Some(place), (span, age));
        }
    }
    index
}

/// The same where the product of two times may be more than a whole number can hold.
fn nearest_of_old(points: &[Point], now: i64) -> Option<usize> {
    let (mut index, mut least) = (None, (f64::INFINITY, 1.0));
    for (place, pair) in points.windows(2).enumerate() {
        let span = pair[1].at.saturating_sub(pair[0].at) as f64;
        let age = now.saturating_sub(pair[1].at).max(1) as f64;
        if span * least.1 < least.0 * age {
            (index, least) = (Some(place), (span, age));
        }
    }
    index
}
