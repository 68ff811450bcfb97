//! The readings since the onset in a bounded number of points: the newest one by one, older ones as means over a span that grows with age.

use serde::{Deserialize, Serialize};

use super::Way;

/// The mean of readings next to each other.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Point {
    /// Milliseconds since 1970.
    pub(super) at: i64,
    /// As exact as an `f32`: it is stored as one.
    pub(super) value: f64,
    /// How many readings it is the mean of.
    pub(super) readings: u32,
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
pub(super) struct Points(Vec<Point>);

/// Their stored form: milliseconds since the point before, value, readings.
type Stored = Vec<(i64, f32, u32)>;

impl From<Points> for Stored {
    fn from(points: Points) -> Self {
        let mut before = 0;
        let stored = points.0.iter().map(|point| {
            let since = point.at.saturating_sub(std::mem::replace(&mut before, point.at));
            (since, point.value as f32, point.readings)
        });
        stored.collect()
    }
}

impl From<Stored> for Points {
    fn from(stored: Stored) -> Self {
        let mut at = 0_i64;
        let points = stored.into_iter().map(|(since, value, readings)| {
            at = at.saturating_add(since);
            Point {
                at,
                value: f64::from(value),
                readings,
            }
        });
        Self(points.collect())
    }
}

/// What is left of a value when it is stored.
pub(super) fn storable(value: f64) -> f64 {
    f64::from(value as f32)
}

/// How many points are kept.
const MOST: usize = 48;
/// How many of the newest stay single readings.
const SINGLE: usize = 12;

impl Points {
    pub(super) fn push(&mut self, at: i64, value: f64) {
        self.0.push(Point {
            at,
            value: storable(value),
            readings: 1,
        });
        if self.0.len() > MOST {
            self.merge(at);
        }
    }

    /// Makes one of the two neighbours that are nearest to each other for their age.
    fn merge(&mut self, now: i64) {
        let single = self.0.len() - SINGLE;
        // Spans over ages, compared without a division.
        let (mut index, mut least) = (None, (f64::INFINITY, 1.0));
        for (place, pair) in self.0[..single].windows(2).enumerate() {
            let span = pair[1].at.saturating_sub(pair[0].at) as f64;
            let age = now.saturating_sub(pair[1].at).max(1) as f64;
            if span * least.1 < least.0 * age {
                (index, least) = (Some(place), (span, age));
            }
        }
        let Some(index) = index else { return };
        let newer = self.0.remove(index + 1);
        let older = &mut self.0[index];
        let readings = older.readings.saturating_add(newer.readings);
        let share = f64::from(newer.readings) / f64::from(readings);
        older.at += (newer.at.saturating_sub(older.at) as f64 * share) as i64;
        older.value = storable(older.value + (newer.value - older.value) * share);
        older.readings = readings;
    }

    pub(super) fn first(&self) -> Option<&Point> {
        self.0.first()
    }

    pub(super) fn last(&self) -> Option<&Point> {
        self.0.last()
    }

    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = &Point> {
        self.0.iter()
    }

    /// Whether there were any.
    pub(super) fn forget_before(&mut self, at: i64) -> bool {
        let old = self.0.partition_point(|point| point.at < at);
        self.0.drain(..old);
        old > 0
    }

    /// Keeps the newest alone.
    pub(super) fn keep(&mut self, newest: usize) {
        let old = self.0.len().saturating_sub(newest);
        self.0.drain(..old);
    }

    /// The points from `since` on, as the fit takes them.
    pub(super) fn since(&self, since: i64, way: Way) -> Vec<Sample> {
        let newest = self.0.last().map_or(0, |point| point.at);
        let points = self.0.iter().filter(|point| point.at >= since);
        let samples = points.map(|point| Sample {
            minutes: point.at.saturating_sub(newest) as f64 / 60_000.0,
            value: way.signed(point.value),
            readings: point.readings,
        });
        samples.collect()
    }
}
