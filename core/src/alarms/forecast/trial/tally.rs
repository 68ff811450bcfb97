//! What many losses of cooling come to.

use super::Loss;

/// Fewer readings than this before the crossing leave no time to warn half way.
const LEAST_READINGS: f64 = 6.0;

/// Counts of losses.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Tally {
    /// The limit was reached, with at least six readings before.
    pub crossed: u32,
    /// Of those: the first forecast came with at least half of the time left.
    pub in_time: u32,
    /// Of those: there was never a forecast.
    pub never: u32,
    /// The limit was reached before there were six readings.
    pub hasty: u32,
    /// Of those: the first forecast came with at least half of the time left.
    pub hasty_in_time: u32,
    /// The room settled below the limit.
    pub settled: u32,
    /// Of those: there was still a forecast in the end.
    pub still: u32,
    /// Runs whose first forecast was later than the truth.
    pub late_first: u32,
    /// Runs whose last forecast before half of the time was later than the truth.
    pub late_half: u32,
    /// Runs in which any forecast was later than the truth.
    pub late_ever: u32,
    /// Forecasts of all runs, how many were later than the truth, and how many did not hold it between earliest and latest.
    pub forecasts: u32,
    /// See `forecasts`.
    pub late: u32,
    /// See `forecasts`.
    pub outside: u32,
    /// The shares of the time that were left at the first forecast.
    left: Vec<f64>,
    /// How much too early the forecast half way was, as a share of the time that was left then.
    early: Vec<f64>,
}

impl Tally {
    /// Counts one.
    pub fn add(&mut self, loss: &Loss) {
        let Some(crossing) = loss.crossing else {
            self.settled += 1;
            self.still += u32::from(loss.still);
            return;
        };
        let is_in_time = loss.warned.is_some_and(|warned| warned <= crossing / 2.0);
        if loss.readings < LEAST_READINGS {
            self.hasty += 1;
            self.hasty_in_time += u32::from(is_in_time);
        } else {
            self.crossed += 1;
            self.in_time += u32::from(is_in_time);
            self.never += u32::from(loss.warned.is_none());
        }
        self.late_first += u32::from(loss.first.is_some_and(|first| first > crossing));
        self.late_half += u32::from(loss.half.is_some_and(|half| half > crossing));
        self.late_ever += u32::from(loss.late > 0);
        self.forecasts += loss.forecasts;
        self.late += loss.late;
        self.outside += loss.outside;
        self.left
            .extend(loss.warned.map(|warned| 1.0 - warned / crossing));
        self.early
            .extend(loss.half.map(|half| (crossing - half) / (crossing / 2.0)));
    }

    /// Runs in which the limit was reached.
    pub fn runs(&self) -> u32 {
        self.crossed + self.hasty
    }

    /// The median share of the time that was left at the first forecast.
    pub fn left(&self) -> Option<f64> {
        median(&self.left)
    }

    /// The median of how much too early the forecast half way was, as a share of the time that was left.
    pub fn early(&self) -> Option<f64> {
        median(&self.early)
    }
}

fn median(numbers: &[f64]) -> Option<f64> {
    let mut numbers = numbers.to_vec();
    numbers.sort_by(f64::total_cmp);
    numbers.get(numbers.len() / 2).copied()
}
