//! The mean of a stretch of time that ends with the newest reading: each reading counts for the time since the one before it.

use std::collections::VecDeque;
use std::hint::black_box;

use plenum_protocol::{Duration, Timestamp};
use serde::{Deserialize, Serialize};

/// A stretch is remembered in so many parts, and so much of one too much of it.
const PARTS: i64 = 20;
/// After a silence of so many stretches it begins anew.
const FORGOTTEN: i64 = 3;

/// What a part saw: its number since 1970, the sum of value by milliseconds, and the milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Part(i64, f64, i64);

/// The mean of the last while.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Mean {
    /// The length of a part, in milliseconds.
    part: i64,
    parts: VecDeque<Part>,
    /// Since when it was read without a long silence, in milliseconds since 1970; none before the first reading.
    since: Option<i64>,
    /// The newest reading.
    newest: (i64, f64),
    /// The sums of all parts but the newest, as long as they are these: each reading asks for the mean, and few begin a part.
    #[serde(skip)]
    closed: Option<(f64, i64)>,
}

/// What is summed up already tells nothing that the parts do not.
impl PartialEq for Mean {
    fn eq(&self, other: &Self) -> bool {
        (self.part, self.since, self.newest) == (other.part, other.since, other.newest)
            && self.parts == other.parts
    }
}

impl Mean {
    /// Of this length, empty.
    pub fn new(length: Duration) -> Self {
        Self {
            part: Self::part_of(length),
            parts: VecDeque::new(),
            since: None,
            newest: (i64::MIN, 0.0),
            closed: None,
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

    fn length(&self) -> i64 {
        self.part * PARTS
    }

    /// Whether it is of this length.
    pub fn is_of(&self, length: Duration) -> bool {
        self.part == Self::part_of(length)
    }

    /// Takes the next reading and forgets what is older than the length.
    pub fn push(&mut self, at: Timestamp, value: f64) {
        let at = at.milliseconds();
        let (before, last) = self.newest;
        if self.since.is_some() && at <= before {
            self.newest.1 = value;
            return;
        }
        self.newest = (at, value);
        if self.since.is_none() || at.saturating_sub(before) > FORGOTTEN * self.length() {
            self.since = Some(at);
            self.parts.clear();
            self.closed = None;
            return;
        }
        let along = |instant: i64| last + (value - last) * (instant - before) as f64 / (at - before) as f64;
        let (before_parts, mut from) = (self.parts.len(), before.max(at - self.length()));
        while from < at {
            let number = from.div_euclid(self.part);
            let to = at.min((number + 1) * self.part);
            let sum = (along(from) + along(to)) / 2.0 * (to - from) as f64;
            match self.parts.back_mut().filter(|part| part.0 == number) {
                Some(part) => (part.1, part.2) = (part.1 + sum, part.2 + to - from),
                None => self.parts.push_back(Part(number, sum, to - from)),
            }
            from = to;
        }
        let oldest = at.div_euclid(self.part) - PARTS;
        let mut is_same = self.parts.len() == before_parts;
        while self.parts.front().is_some_and(|part| part.0 < oldest) {
            self.parts.pop_front();
            is_same = false;
        }
        if !is_same || self.closed.is_none() {
            self.closed = Some(self.sum_of_closed());
        }
    }

    fn sum_of_closed(&self) -> (f64, i64) {
        let closed = self.parts.iter().take(self.parts.len().saturating_sub(1));
        closed.fold((0.0, 0), |(sum, time), part| (sum + part.1, time + part.2))
    }

    /// The mean of the time before the newest reading; none until it was read for so long.
    pub fn mean(&self) -> Option<f64> {
        let known = self.newest.0.saturating_sub(self.since?);
        if known < self.length() {
            return None;
        }
        let (mut sum, mut time) = self.closed.unwrap_or_else(|| self.sum_of_closed());
        if let Some(newest) = self.parts.back() {
            (sum, time) = (sum + newest.1, time + newest.2);
        }
        (time > 0).then(|| sum / time as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mean(readings: impl IntoIterator<Item = (i64, f64)>) -> Mean {
        let mut mean = Mean::new(Duration::from_minutes(10));
        for (seconds, value) in readings {
            mean.push(Timestamp::from_milliseconds(seconds * 1_000), value);
        }
        mean
    }

    #[test]
    fn readings_weigh_by_the_time_since_the_one_before() {
        // High each second minute, and then read more often.
        let steps = (0..=60).map(|minute| (minute * 60, if minute % 2 == 0 { 1.0 } else { 0.5 }));
        let often = (1..=60).map(|second| (3_600 + second * 10, 0.75));
        for (readings, wanted) in [
            (steps.clone().collect::<Vec<_>>(), 0.75),
            (steps.chain(often).collect(), 0.75),
        ] {
            let found = mean(readings).mean().unwrap();
            assert!((found - wanted).abs() < 0.02, "{found}");
        }
    }

    #[test]
    fn what_is_older_is_forgotten() {
        let found = mean((0..=120).map(|step| (step * 10, if step < 60 { 20.0 } else { 80.0 })));
        // A twentieth of the length may be too much.
        let found = found.mean().unwrap();
        assert!(found > 77.0 && found <= 80.0, "{found}");
    }

    #[test]
    fn nothing_is_known_before_the_time_is_over_and_after_a_long_silence() {
        let found = |readings: &[(i64, f64)]| mean(readings.iter().copied()).mean();
        assert_eq!(found(&[]), None);
        assert_eq!(found(&[(0, 1.0), (599, 1.0)]), None);
        assert_eq!(found(&[(0, 1.0), (600, 1.0)]), Some(1.0));
        assert_eq!(found(&[(0, 1.0), (600, 1.0), (3_000, 1.0)]), None);
        // One that is read more seldom than the time is long: what lies between.
        assert_eq!(found(&[(0, 1.0), (900, 1.0), (1_800, 0.0)]), Some(1.0 / 3.0));
    }

    #[test]
    fn what_is_summed_up_already_changes_no_mean() {
        let mut mean = Mean::new(Duration::from_minutes(10));
        let mut at = 0;
        for step in 0..5_000_i64 {
            // Mostly close together, at times far apart, and once in a while one that was said before.
            at += [1, 7, 10, 31, 95, 400, 0, 2_000][(step * step % 89 % 8) as usize];
            mean.push(Timestamp::from_milliseconds(at * 1_000), (step % 13) as f64 / 3.0);
            let anew: Mean = serde_json::from_str(&serde_json::to_string(&mean).unwrap()).unwrap();
            assert_eq!(anew.closed, None);
            assert_eq!(mean, anew);
            assert_eq!(
                mean.mean().map(f64::to_bits),
                anew.mean().map(f64::to_bits),
                "{step}"
            );
        }
    }

    #[test]
    fn it_stays_bounded() {
        let found = mean((0..100_000).map(|step| (step, (step % 17) as f64)));
        assert!(found.parts.len() <= PARTS as usize + 1, "{}", found.parts.len());
    }
}
