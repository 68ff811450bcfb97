//! What a trial reads: a plan's series, handed to its trackers as they are stored, a period at a time.

use std::sync::atomic::{AtomicBool, Ordering};

use plenum_core::trial::{Decided, Measured, Plan, Task};
use plenum_protocol::{Outcome, Series, Timestamp};

use super::point::Point;
use super::store::{History, HistoryError};

impl Measured for Point {
    fn at(&self) -> Timestamp {
        self.instant()
    }

    fn outcome(&self) -> Outcome {
        self.outcome()
    }
}

/// What came of a task.
#[derive(Debug, Default)]
pub struct Folded {
    /// What each tracker decided.
    pub decided: Vec<Decided>,
    /// How many readings were handed in.
    pub readings: u64,
    /// How many stretches could not be read.
    pub damaged: u64,
    /// How many times alarms stood.
    pub stood: usize,
}

impl Folded {
    /// With what was decided.
    pub fn of(decided: Vec<Decided>) -> Self {
        Self {
            stood: decided.iter().map(Decided::count).sum(),
            decided,
            ..Self::default()
        }
    }
}

impl History {
    /// When the first reading that is kept of any of these series may be: the beginning of its period.
    pub fn begins<'a>(&self, series: impl Iterator<Item = &'a Series>) -> Option<Timestamp> {
        let tails = self.tails();
        let first = series.filter_map(|series| Some(tails.all[tails.find(series)?].span()?.0));
        first
            .min()
            .map(|period| Timestamp::from_milliseconds(super::point::period_start(period)))
    }

    /// Hands a task's readings to its trackers, until it is told to stop; then what came of it says nothing. Blocks.
    pub fn fold(&self, plan: &Plan, task: &Task, stop: &AtomicBool) -> Result<Folded, HistoryError> {
        match task {
            Task::Alone(source) => self.fold_alone(plan, *source, stop),
            Task::Together(sources) => self.fold_together(plan, sources, stop),
        }
    }

    fn fold_alone(&self, plan: &Plan, source: usize, stop: &AtomicBool) -> Result<Folded, HistoryError> {
        let (from, to) = (plan.begin(), plan.period().1);
        let mut alone = plan.alone(source);
        let (mut readings, mut damaged) = (0, 0);
        let slot = self.tails().find(&plan.sources()[source].series);
        if let Some((slot, periods)) = slot.and_then(|slot| Some((slot, self.periods(slot, from, to)?))) {
            for period in periods.take_while(|_| !stop.load(Ordering::Relaxed)) {
                let part = self.period(slot, period, from.milliseconds(), to.milliseconds())?;
                readings += part.points.len() as u64;
                damaged += u64::from(part.damaged.is_some());
                alone.readings(&part.points);
            }
        }
        Ok(Folded {
            readings,
            damaged,
            ..Folded::of(alone.finish())
        })
    }

    fn fold_together(
        &self,
        plan: &Plan,
        sources: &[usize],
        stop: &AtomicBool,
    ) -> Result<Folded, HistoryError> {
        let series: Vec<Series> = sources
            .iter()
            .map(|source| plan.sources()[*source].series.clone())
            .collect();
        let mut together = plan.together(sources);
        let mut readings = 0;
        let mut scan = self.scan(&series, plan.begin(), plan.period().1);
        for scanned in scan.by_ref().take_while(|_| !stop.load(Ordering::Relaxed)) {
            let scanned = scanned?;
            readings += 1;
            together.reading(sources[scanned.series], scanned.at, scanned.outcome);
        }
        Ok(Folded {
            readings,
            damaged: scan.damaged().len() as u64,
            ..Folded::of(together.finish())
        })
    }
}
