//! Readings of several series in the order (instant, series), a period at a time: what availability folds over.

use std::collections::VecDeque;

use plenum_protocol::{Outcome, Series, Timestamp};

use super::gaps::GapSpan;
use super::point::Point;
use super::store::{History, HistoryError};

/// A reading of one of the series.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scanned {
    /// When it was measured; never before the one scanned before it.
    pub at: Timestamp,
    /// Which, counted from 0 in the order in which the series were given.
    pub series: usize,
    /// Value or fault.
    pub outcome: Outcome,
}

/// The iterator. It reads from disk: not for the asynchronous runtime's own threads.
pub struct Scan {
    history: History,
    /// The series that are known, by their index in the question.
    slots: Vec<(usize, usize)>,
    from: i64,
    to: i64,
    periods: VecDeque<i64>,
    ready: VecDeque<(usize, Point)>,
    damaged: Vec<(usize, GapSpan)>,
}

impl History {
    /// Scans `from..to`. A series without readings gives none.
    pub fn scan(&self, series: &[Series], from: Timestamp, to: Timestamp) -> Scan {
        let slots: Vec<(usize, usize)> = {
            let tails = self.tails();
            let find = |(index, series)| tails.find(series).map(|slot| (index, slot));
            series.iter().enumerate().filter_map(find).collect()
        };
        let spans: Vec<_> = slots
            .iter()
            .filter_map(|(_, slot)| self.periods(*slot, from, to))
            .collect();
        let first = spans.iter().map(|span| *span.start()).min();
        let last = spans.iter().map(|span| *span.end()).max();
        let periods = first.zip(last).map(|(first, last)| (first..=last).collect());
        Scan {
            history: self.clone(),
            slots,
            from: from.milliseconds(),
            to: to.milliseconds(),
            periods: periods.unwrap_or_default(),
            ready: VecDeque::new(),
            damaged: Vec::new(),
        }
    }
}

impl Scan {
    /// Stretches that turned out to be unreadable up to here, with their series: unknown, not absent.
    pub fn damaged(&self) -> &[(usize, GapSpan)] {
        &self.damaged
    }

    fn load(&mut self, period: i64) -> Result<(), HistoryError> {
        let mut points: Vec<(usize, Point)> = Vec::new();
        for (index, slot) in &self.slots {
            let part = self.history.period(*slot, period, self.from, self.to)?;
            self.damaged.extend(part.damaged.map(|gap| (*index, gap)));
            points.extend(part.points.into_iter().map(|point| (*index, point)));
        }
        points.sort_by_key(|(index, point)| (point.at, *index));
        self.ready = points.into();
        Ok(())
    }
}

impl Iterator for Scan {
    type Item = Result<Scanned, HistoryError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some((series, point)) = self.ready.pop_front() {
                return Some(Ok(Scanned {
                    at: point.instant(),
                    series,
                    outcome: point.outcome(),
                }));
            }
            let period = self.periods.pop_front()?;
            if let Err(error) = self.load(period) {
                self.periods.clear();
                return Some(Err(error));
            }
        }
    }
}
