//! When a state began: for what starts too often.

use std::collections::VecDeque;

use plenum_protocol::{Duration, Timestamp};
use serde::{Deserialize, Serialize};

/// So many starts are remembered.
pub const MOST: usize = 64;

/// The newest starts.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Starts {
    /// What the newest reading said; none before the first.
    on: Option<bool>,
    /// In milliseconds since 1970, oldest first.
    starts: VecDeque<i64>,
}

impl Starts {
    /// Takes the next reading: 0 is off. A first one that is on began nobody knows when.
    pub fn push(&mut self, at: Timestamp, value: f64) {
        let on = value != 0.0;
        if self.on == Some(false) && on {
            if self.starts.len() == MOST {
                self.starts.pop_front();
            }
            self.starts.push_back(at.milliseconds());
        }
        self.on = Some(on);
    }

    /// How often it began in the time before an instant.
    pub fn within(&self, length: Duration, at: Timestamp) -> usize {
        let oldest = (at - length).milliseconds();
        self.starts.iter().filter(|start| **start > oldest).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn starts_are_counted_and_grow_old() {
        let at = |minutes: i64| Timestamp::from_milliseconds(minutes * 60_000);
        let hour = Duration::from_hours(1);
        let mut starts = Starts::default();
        for minutes in 0..40 {
            // On for five minutes of ten; it was on when the first word came.
            starts.push(at(minutes), f64::from(u8::from(minutes % 10 < 5)));
        }
        assert_eq!(starts.within(hour, at(39)), 3);
        assert_eq!(starts.within(hour, at(75)), 2);
        assert_eq!(starts.within(Duration::from_minutes(10), at(39)), 1);
    }
}
