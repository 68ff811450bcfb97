//! The lowest values of a stretch of time that ends with the newest reading.

use std::collections::VecDeque;
use std::hint::black_box;

use plenum_protocol::{Duration, Timestamp};
use serde::{Deserialize, Serialize};

/// A stretch is remembered in so many parts: its beginning is known to a thirtieth of its length.
const PARTS: i64 = 30;

/// What a part saw: its number since 1970, its lowest value, and the lowest but one.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Part(i64, f64, Option<f64>);

/// The lowest values of the last while. Who asks how far a value fell hands in values with the other sign.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Window {
    /// The length of a part, in milliseconds.
    part: i64,
    parts: VecDeque<Part>,
    /// The newest value, and the one before it.
    newest: (Option<f64>, Option<f64>),
}

impl Window {
    /// Of this length, empty.
    pub fn new(length: Duration) -> Self {
        Self {
            part: Self::part_of(length),
            parts: VecDeque::new(),
            newest: (None, None),
        }
    }

    /// Brings near what the next reading asks for.
    pub(super) fn glance(&self) {
        black_box((
            self.newest,
            self.parts.front().copied(),
            self.parts.back().copied(),
        ));
    }

    fn part_of(length: Duration) -> i64 {
        (length.milliseconds() / PARTS).max(1)
    }

    /// Whether it is of this length.
    pub fn is_of(&self, length: Duration) -> bool {
        self.part == Self::part_of(length)
    }

    /// Takes the next reading and forgets what is older than the length.
    pub fn push(&mut self, at: Timestamp, value: f64) {
        self.newest = (Some(value), self.newest.0);
        let number = at.milliseconds().div_euclid(self.part);
        let oldest = number.saturating_sub(PARTS);
        while self.parts.front().is_some_and(|part| part.0 < oldest) {
            self.parts.pop_front();
        }
        match self.parts.back_mut().filter(|part| part.0 >= number) {
            Some(Part(_, lowest, second)) => {
                let above = value.max(*lowest);
                *second = Some(second.map_or(above, |second| second.min(above)));
                *lowest = lowest.min(value);
            }
            None => self.parts.push_back(Part(number, value, None)),
        }
    }

    /// The lowest value of all; none before the first reading.
    pub fn lowest(&self) -> Option<f64> {
        self.newest.0?;
        let lowest = self.parts.iter().map(|part| part.1);
        Some(lowest.fold(f64::INFINITY, f64::min))
    }

    /// How far both of the two newest values lie above the lowest one. A single value that stands lower than all others by more than `apart`
    /// is one odd reading and no beginning; where too little was read, nothing is known.
    pub fn above_lowest(&self, apart: f64) -> Option<f64> {
        let value = self.newest.0?.min(self.newest.1?);
        let (mut lowest, mut second) = (f64::INFINITY, f64::INFINITY);
        for Part(_, first, next) in &self.parts {
            for seen in [Some(*first), *next].into_iter().flatten() {
                if seen < lowest {
                    (lowest, second) = (seen, lowest);
                } else {
                    second = second.min(seen);
                }
            }
        }
        let is_odd = second - lowest > apart;
        let from = if is_odd { second } else { lowest };
        from.is_finite().then_some(value - from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(values: &[(i64, f64)]) -> Window {
        let mut window = Window::new(Duration::from_minutes(5));
        for (seconds, value) in values {
            window.push(Timestamp::from_milliseconds(seconds * 1_000), *value);
        }
        window
    }

    #[test]
    fn it_knows_how_far_a_value_came_within_its_length() {
        let rising: Vec<(i64, f64)> = (0..=60)
            .map(|step| (step * 10, 20.0 + 0.1 * step as f64))
            .collect();
        // From 300 s before, 30 readings of 0.1 each.
        let came = window(&rising).above_lowest(1.5).unwrap();
        assert!((came - 3.0).abs() < 0.15, "{came}");
    }

    #[test]
    fn one_odd_reading_is_no_beginning() {
        let odd = window(&[(0, 21.0), (60, 21.1), (120, -40.0), (180, 21.0)]);
        assert_eq!(odd.above_lowest(1.5), Some(-40.0 - 21.0));
        let and_back = window(&[(0, 21.0), (60, 21.0), (120, -40.0), (180, 21.0), (240, 21.0)]);
        assert_eq!(and_back.above_lowest(1.5), Some(0.0));
        // Nor is it an end.
        let end = window(&[(0, 21.0), (60, 21.0), (120, 85.0)]);
        assert_eq!(end.above_lowest(1.5), Some(0.0));
        // Two of them are both.
        let twice = window(&[(0, 21.0), (60, 15.0), (120, 15.0), (180, 21.0), (240, 21.0)]);
        assert_eq!(twice.above_lowest(1.5), Some(6.0));
    }

    #[test]
    fn a_single_reading_tells_nothing() {
        assert_eq!(window(&[]).above_lowest(1.5), None);
        assert_eq!(window(&[(0, 21.0)]).above_lowest(1.5), None);
        // What is old is forgotten, and with it what was known.
        assert_eq!(window(&[(0, 21.0), (1_000, 25.0)]).above_lowest(1.5), None);
    }

    #[test]
    fn it_stays_bounded() {
        let mut window = Window::new(Duration::from_minutes(5));
        for step in 0..100_000_i64 {
            window.push(Timestamp::from_milliseconds(step * 137), (step % 17) as f64);
        }
        assert!(window.parts.len() <= 31, "{}", window.parts.len());
    }
}
