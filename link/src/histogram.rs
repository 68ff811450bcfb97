//! A histogram of durations for `/metrics`, counted without a lock.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// The upper bounds of the buckets in seconds; what took longer is in the count alone.
pub const BOUNDS: [f64; 12] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0,
];

/// Counts durations by how long they were.
#[derive(Debug, Default)]
pub struct Histogram {
    /// Of each bucket alone, the last for what is above every bound.
    counts: [AtomicU64; BOUNDS.len() + 1],
    nanoseconds: AtomicU64,
}

/// A histogram at one instant.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Snapshot {
    /// How many took at most as long as each of [`BOUNDS`].
    pub at_most: [u64; BOUNDS.len()],
    /// How many there were.
    pub count: u64,
    /// How long they took together, in seconds.
    pub seconds: f64,
}

impl Histogram {
    /// Counts one.
    pub fn observe(&self, took: Duration) {
        let seconds = took.as_secs_f64();
        let bucket = BOUNDS.partition_point(|bound| *bound < seconds);
        self.counts[bucket].fetch_add(1, Ordering::Relaxed);
        let nanoseconds = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        self.nanoseconds.fetch_add(nanoseconds, Ordering::Relaxed);
    }

    /// What was counted so far. The buckets add up to the count, also while others count on.
    pub fn snapshot(&self) -> Snapshot {
        let mut count = 0;
        let at_most = std::array::from_fn(|bucket| {
            count += self.counts[bucket].load(Ordering::Relaxed);
            count
        });
        Snapshot {
            at_most,
            count: count + self.counts[BOUNDS.len()].load(Ordering::Relaxed),
            seconds: self.nanoseconds.load(Ordering::Relaxed) as f64 / 1e9,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_belongs_to_its_bucket_and_buckets_are_cumulative() {
        let histogram = Histogram::default();
        for milliseconds in [0, 1, 2, 60_000] {
            histogram.observe(Duration::from_millis(milliseconds));
        }
        let Snapshot {
            at_most,
            count,
            seconds,
        } = histogram.snapshot();
        assert_eq!(at_most[..3], [2, 3, 3]);
        assert_eq!((at_most[BOUNDS.len() - 1], count), (3, 4));
        assert!((seconds - 60.003).abs() < 1e-9, "{seconds}");
    }
}
