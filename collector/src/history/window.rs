//! Windows of time: least, mean, greatest and last value, aligned to 1970, labelled by their start.

use plenum_protocol::{Duration, Timestamp};

use super::point::Point;

/// A window with at least one value. Faults are not counted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Window {
    /// Its first instant; the next window's is not in it.
    pub start: Timestamp,
    /// The least value.
    pub min: f64,
    /// The mean of the values.
    pub mean: f64,
    /// The greatest value.
    pub max: f64,
    /// How many values.
    pub count: u64,
    /// The last value.
    pub last: f64,
}

/// Gathers windows from points in order.
pub(super) struct Windows {
    every: Duration,
    done: Vec<Window>,
    sum: f64,
}

impl Windows {
    pub(super) fn new(every: Duration) -> Self {
        Self {
            every,
            done: Vec::new(),
            sum: 0.0,
        }
    }

    pub(super) fn add(&mut self, point: &Point) {
        let Ok(value) = point.outcome() else { return };
        let start = point.instant().align_down(self.every);
        match self.done.last_mut() {
            Some(window) if window.start == start => {
                self.sum += value;
                window.min = window.min.min(value);
                window.max = window.max.max(value);
                window.count += 1;
                window.mean = self.sum / window.count as f64;
                window.last = value;
            }
            _ => {
                self.sum = value;
                self.done.push(Window {
                    start,
                    min: value,
                    mean: value,
                    max: value,
                    count: 1,
                    last: value,
                });
            }
        }
    }

    pub(super) fn finish(self) -> Vec<Window> {
        self.done
    }
}
