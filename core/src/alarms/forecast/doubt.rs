//! A single outlier (a DS18B20's 85.000 after a reset) is not believed until a second reading is like it; and how much the readings scatter.

use serde::{Deserialize, Serialize};

/// Milliseconds since 1970, and the value.
type Reading = (i64, f64);

/// What is known of a sensor's steps.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(super) struct Doubt {
    /// The first readings, until there are three.
    first: Vec<Reading>,
    /// The last two readings that were taken, the newest first.
    taken: [Option<Reading>; 2],
    /// A reading far from the last, which waits for the next.
    suspect: Option<Reading>,
    /// The mean of how far a reading lies from the line through the two before.
    bend: Option<f64>,
    /// The smallest step that was seen.
    resolution: Option<f64>,
}

/// The share of the newest reading in the mean.
const SHARE: f64 = 1.0 / 32.0;
/// From the mean of |second difference| to a standard deviation: sqrt(6) sqrt(2 / pi).
const BEND: f64 = 1.954;
/// How many times the scatter a jump has to be before it is doubted.
const FAR: f64 = 12.0;

impl Doubt {
    /// What is to be taken now: a reading that had waited, and this one.
    pub(super) fn judge(&mut self, at: i64, value: f64) -> [Option<Reading>; 2] {
        let Some((_, last)) = self.taken[0] else {
            return self.begin(at, value);
        };
        let expected = self.expected(at).unwrap_or(last);
        if let Some((since, suspect)) = self.suspect.take()
            && (value - suspect).abs() < (value - last).abs()
        {
            self.take(since, suspect);
            self.take(at, value);
            return [Some((since, suspect)), Some((at, value))];
        }
        // What lies between the last and where the line goes on is a rise that slows down.
        let (low, high) = (last.min(expected), last.max(expected));
        let step = (low - value).max(value - high);
        if step > self.far() {
            self.suspect = Some((at, value));
            return [None, None];
        }
        self.take(at, value);
        [Some((at, value)), None]
    }

    /// Of the first three readings the two that are nearest to each other: the first may be the outlier.
    fn begin(&mut self, at: i64, value: f64) -> [Option<Reading>; 2] {
        self.first.push((at, value));
        let [first, second, third] = self.first[..] else {
            return [None, None];
        };
        let apart = |pair: &[Reading; 2]| (pair[0].1 - pair[1].1).abs();
        let pairs = [[first, second], [second, third], [first, third]];
        let nearest = pairs
            .into_iter()
            .min_by(|one, other| apart(one).total_cmp(&apart(other)));
        self.first.clear();
        let nearest = nearest.map_or([None, None], |pair| pair.map(Some));
        for (at, value) in nearest.into_iter().flatten() {
            self.take(at, value);
        }
        nearest
    }

    /// The standard deviation of a reading, by how far each lies from the line through its neighbours.
    pub(super) fn noise(&self) -> f64 {
        self.bend.unwrap_or(0.0) / BEND
    }

    /// The step between neighbouring values; 0 where none was seen.
    pub(super) fn resolution(&self) -> f64 {
        self.resolution.unwrap_or(0.0)
    }

    fn far(&self) -> f64 {
        match self.bend {
            Some(bend) => FAR * (bend / BEND).max(self.resolution()),
            None => f64::INFINITY,
        }
    }

    /// The line through the last two, continued.
    fn expected(&self, at: i64) -> Option<f64> {
        let [(newer_at, newer), (older_at, older)] = [self.taken[0]?, self.taken[1]?];
        let share = at.saturating_sub(newer_at) as f64 / newer_at.saturating_sub(older_at).max(1) as f64;
        Some(newer + (newer - older) * share.min(2.0))
    }

    fn take(&mut self, at: i64, value: f64) {
        if let (Some(expected), Some((_, last))) = (self.expected(at), self.taken[0]) {
            let bend = (value - expected).abs();
            // A jump that was confirmed says nothing about the scatter.
            let bend = bend.min(self.bend.map_or(bend, |mean| 4.0 * mean.max(self.resolution())));
            self.bend = Some(self.bend.map_or(bend, |mean| mean + (bend - mean) * SHARE));
            let step = (value - last).abs();
            if step > 1e-9 {
                self.resolution = Some(self.resolution.map_or(step, |smallest| smallest.min(step)));
            }
        }
        self.taken = [Some((at, value)), self.taken[0]];
    }
}
