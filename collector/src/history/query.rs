//! What screens and reports ask: series, latest values, readings, windows.

use std::collections::BTreeSet;

use plenum_core::expectation::{Expectation, Heard, Knowledge, Silence, silences};
use plenum_protocol::{AgentName, Duration, Fault, Outcome, Series, Timestamp};
use rusqlite::Connection;

use super::file::is_damage;
use super::gaps::{self, GapSpan};
use super::point::{self, PERIOD, Point, period_of, period_start};
use super::schema;
use super::store::{History, HistoryError};
use super::window::{Window, Windows};
use crate::database::DatabaseError;

/// A series, as it is listed.
#[derive(Debug, Clone, PartialEq)]
pub struct SeriesInfo {
    /// Its name.
    pub series: Series,
    /// What is and was expected of it.
    pub expectation: Expectation,
}

/// A series' newest reading, by its instant.
#[derive(Debug, Clone, PartialEq)]
pub struct Latest {
    /// Whose reading it is.
    pub series: Series,
    /// When it was measured; where a clock was set back since, when that was by it as it is now.
    pub at: Timestamp,
    /// Value or fault.
    pub outcome: Outcome,
    /// The newest good reading, and the first fault after it.
    pub heard: Heard,
    /// What is and was expected of it.
    pub expectation: Expectation,
}

impl Latest {
    /// What is known of it at `now`.
    pub fn knowledge(&self, now: Timestamp) -> Knowledge {
        Knowledge::of(&self.heard, Silence::Expected(&self.expectation), now)
    }
}

/// A stretch of one series.
#[derive(Debug, Clone, PartialEq)]
pub struct Readings {
    /// Values, in the order of their instants.
    pub points: Vec<(Timestamp, f64)>,
    /// Faults, in the order of their instants.
    pub faults: Vec<(Timestamp, Fault)>,
    /// Where nothing is known: lost batches and silence.
    pub gaps: Vec<GapSpan>,
    /// Where to go on, if the limit was reached.
    pub next: Option<Timestamp>,
}

/// A series' readings of one period.
pub(super) struct Part {
    pub(super) points: Vec<Point>,
    pub(super) damaged: Option<GapSpan>,
}

impl History {
    /// All series that ever had a reading, by name.
    pub fn series(&self) -> Vec<SeriesInfo> {
        let tails = self.tails();
        let mut all: Vec<SeriesInfo> = tails
            .all
            .iter()
            .map(|state| SeriesInfo {
                series: state.series.clone(),
                expectation: tails.expectation(&state.series),
            })
            .collect();
        drop(tails);
        all.sort_by(|one, other| one.series.cmp(&other.series));
        all
    }

    /// All series that are or were expected, or had a reading, by name.
    pub fn expected(&self) -> Vec<SeriesInfo> {
        let tails = self.tails();
        let read = tails.all.iter().map(|state| &state.series);
        let all: BTreeSet<&Series> = tails.expectations.keys().chain(read).collect();
        let info = |series: &Series| SeriesInfo {
            series: series.clone(),
            expectation: tails.expectation(series),
        };
        all.into_iter().map(info).collect()
    }

    /// A series as it is listed, whether or not it ever had a reading.
    pub fn info(&self, series: &Series) -> SeriesInfo {
        SeriesInfo {
            series: series.clone(),
            expectation: self.tails().expectation(series),
        }
    }

    /// The newest reading of every series, by name.
    pub fn latest(&self) -> Vec<Latest> {
        let tails = self.tails();
        let newest = |state: &super::tail::SeriesState| {
            state.heard.newest().map(|(at, outcome)| Latest {
                series: state.series.clone(),
                at,
                outcome,
                heard: state.heard,
                expectation: tails.expectation(&state.series),
            })
        };
        let mut all: Vec<Latest> = tails.all.iter().filter_map(newest).collect();
        drop(tails);
        all.sort_by(|one, other| one.series.cmp(&other.series));
        all
    }

    /// The newest reading of one series.
    pub fn latest_of(&self, series: &Series) -> Option<(Timestamp, Outcome)> {
        let tails = self.tails();
        tails.all[tails.find(series)?].heard.newest()
    }

    /// What is known of a series at `now`, by what is expected of it.
    pub fn knowledge(&self, series: &Series, now: Timestamp) -> Knowledge {
        let tails = self.tails();
        let slot = tails.find(series);
        let heard = slot.map_or_else(Heard::default, |slot| tails.all[slot].heard);
        let expectation = tails.expectation(series);
        drop(tails);
        Knowledge::of(&heard, Silence::Expected(&expectation), now)
    }

    /// The last reading before `from`, if it may matter there.
    fn last_before(
        &self,
        series: &Series,
        from: Timestamp,
        expectation: &Expectation,
    ) -> Result<Option<Timestamp>, HistoryError> {
        let mut last = None;
        self.each_period(series, from - expectation.longest_limit(), from, |part| {
            last = part.last().map(Point::instant);
            true
        })?;
        Ok(last)
    }

    /// Readings within `from..to`, `limit` at most.
    pub async fn readings(
        &self,
        series: Series,
        from: Timestamp,
        to: Timestamp,
        limit: usize,
    ) -> Result<Readings, HistoryError> {
        self.aside(move |history| history.readings_blocking(&series, from, to, limit))
            .await
    }

    /// As `readings`, on this thread.
    pub fn readings_blocking(
        &self,
        series: &Series,
        from: Timestamp,
        to: Timestamp,
        limit: usize,
    ) -> Result<Readings, HistoryError> {
        let mut points = Vec::new();
        let damaged = self.each_period(series, from, to, |part| {
            points.extend(part);
            points.len() <= limit
        })?;
        let next = points.get(limit).map(Point::instant);
        points.truncate(limit);
        // Silence is known only up to now.
        let now = self.0.clock.now();
        let end = next.unwrap_or(to.min(now));
        let expectation = self.tails().expectation(series);
        let mut found = Vec::new();
        if from < end {
            let before = self.last_before(series, from, &expectation)?;
            let lost = self.gaps_blocking(&series.agent, before.unwrap_or(from), end)?;
            found.extend(gaps::of_series(lost, &points, (from, end)));
            let instants = points.iter().map(Point::instant);
            let silences = silences(&expectation, before, instants, (from, end));
            found.extend(silences.into_iter().map(gaps::no_data));
        }
        found.extend(damaged);
        found.sort_by_key(|gap| (gap.from, gap.to));
        let mut readings = Readings {
            points: Vec::with_capacity(points.len()),
            faults: Vec::new(),
            gaps: found,
            next,
        };
        for point in points {
            match point.outcome() {
                Ok(value) => readings.points.push((point.instant(), value)),
                Err(fault) => readings.faults.push((point.instant(), fault)),
            }
        }
        Ok(readings)
    }

    /// Windows within `from..to`, aligned to 1970 and labelled by their start; empty ones are left out.
    pub async fn windows(
        &self,
        series: Series,
        from: Timestamp,
        to: Timestamp,
        every: Duration,
    ) -> Result<Vec<Window>, HistoryError> {
        self.aside(move |history| history.windows_blocking(&series, from, to, every))
            .await
    }

    /// As `windows`, on this thread.
    pub fn windows_blocking(
        &self,
        series: &Series,
        from: Timestamp,
        to: Timestamp,
        every: Duration,
    ) -> Result<Vec<Window>, HistoryError> {
        if every <= Duration::ZERO {
            return Err(HistoryError::Every);
        }
        let mut windows = Windows::new(every);
        self.each_period(series, from, to, |part| {
            part.iter().for_each(|point| windows.add(point));
            true
        })?;
        Ok(windows.finish())
    }

    /// An agent's lost batches that touch `from..to`.
    pub async fn gaps(
        &self,
        agent: AgentName,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Vec<GapSpan>, HistoryError> {
        self.aside(move |history| history.gaps_blocking(&agent, from, to))
            .await
    }

    /// As `gaps`, on this thread.
    pub fn gaps_blocking(
        &self,
        agent: &AgentName,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Vec<GapSpan>, HistoryError> {
        let lost = |connection: &Connection| gaps::lost(connection, agent, from, to);
        match self.0.file.read(lost) {
            // Which batches were lost cannot be read: it may have been any.
            Err(error) if is_unreadable(&error) => Ok(vec![damaged(from, to)]),
            other => Ok(other?),
        }
    }

    /// Hands a series' readings within `from..to`, period by period, until `take` says no. Returns the periods that
    /// cannot be read.
    fn each_period(
        &self,
        series: &Series,
        from: Timestamp,
        to: Timestamp,
        mut take: impl FnMut(Vec<Point>) -> bool,
    ) -> Result<Vec<GapSpan>, HistoryError> {
        let unknown = || HistoryError::Unknown(series.clone());
        let slot = self.tails().find(series).ok_or_else(unknown)?;
        let mut damaged = Vec::new();
        let Some(periods) = self.periods(slot, from, to) else {
            return Ok(damaged);
        };
        for period in periods {
            let part = self.period(slot, period, from.milliseconds(), to.milliseconds())?;
            damaged.extend(part.damaged);
            if !part.points.is_empty() && !take(part.points) {
                break;
            }
        }
        Ok(damaged)
    }

    /// The periods in which a series has readings within `from..to`, at the most.
    pub(super) fn periods(
        &self,
        slot: usize,
        from: Timestamp,
        to: Timestamp,
    ) -> Option<std::ops::RangeInclusive<i64>> {
        if from >= to {
            return None;
        }
        let (first, last) = self.tails().all[slot].span()?;
        let low = first.max(period_of(from.milliseconds()));
        let high = last.min(period_of(to.milliseconds() - 1));
        Some(low..=high)
    }

    /// A series' readings of one period within `from..to`. Memory is looked at before the disk: what is sealed between
    /// the two is seen twice and merged, never missed.
    pub(super) fn period(&self, slot: usize, period: i64, from: i64, to: i64) -> Result<Part, DatabaseError> {
        let (id, tail, on_disk) = {
            let tails = self.tails();
            let state = &tails.all[slot];
            let tail = state.tails.get(&period);
            let tail = tail.map_or(Vec::new(), |tail| tail.range(from, to).to_vec());
            (state.id, tail, state.periods)
        };
        // A first seal between the two looks is not in `on_disk`, but then its readings are in `tail`.
        if !on_disk.is_some_and(|(first, last)| (first..=last).contains(&period)) {
            return Ok(Part {
                points: tail,
                damaged: None,
            });
        }
        let stored = self
            .0
            .file
            .read(|connection| schema::points(connection, period, id));
        let start = period_start(period);
        let end = start.saturating_add(PERIOD.milliseconds());
        let gap = || {
            let (from, to) = (start.max(from), end.min(to));
            damaged(
                Timestamp::from_milliseconds(from),
                Timestamp::from_milliseconds(to),
            )
        };
        let (mut stored, damaged) = match stored {
            Ok(Ok(stored)) => (stored, None),
            Ok(Err(error)) => {
                let series = self.tails().all[slot].series.clone();
                self.0.file.damage.note(format!("a chunk of {series}: {error}"));
                (Vec::new(), Some(gap()))
            }
            Err(error) if is_unreadable(&error) => (Vec::new(), Some(gap())),
            Err(error) => return Err(error),
        };
        if from > start || to < end {
            stored.retain(|point| (from..to).contains(&point.at));
        }
        Ok(Part {
            points: point::merge(stored, tail),
            damaged,
        })
    }

    async fn aside<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> Result<T, HistoryError> + Send + 'static,
    ) -> Result<T, HistoryError> {
        let history = self.clone();
        let path = self.0.file.path().to_owned();
        tokio::task::spawn_blocking(move || work(&history))
            .await
            .unwrap_or_else(|_| Err(DatabaseError::Closed { path }.into()))
    }
}

/// Whether the disk's part of an answer is missing for good, or until the file is begun anew: what memory knows is shown.
fn is_unreadable(error: &DatabaseError) -> bool {
    is_damage(error) || matches!(error, DatabaseError::Closed { .. })
}

fn damaged(from: Timestamp, to: Timestamp) -> GapSpan {
    GapSpan {
        from,
        to,
        why: "damaged on the collector's disk".to_owned(),
    }
}
