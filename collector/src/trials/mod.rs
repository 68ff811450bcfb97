//! Revisions that are tried on the past: what the pure plan needs is fetched and folded by a few threads, one trial at a time.

mod absences;

use std::collections::BTreeMap;
use std::num::NonZero;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use plenum_core::availability::Source;
use plenum_core::site::{Rule, Site};
use plenum_core::trial::{Comparison, Known, Plan, compare};
use plenum_link::Stopwatch;
use plenum_protocol::{Duration, Timestamp};

use crate::database::{Database, DatabaseError};
use crate::history::{Folded, History, HistoryError};
use crate::notify::channels;

/// Processors that a trial takes at most: intake and alarms need theirs.
const THREADS: usize = 4;
/// Alarms that a trial counts at most, of both revisions.
pub const MOST_ALARMS: usize = 100_000;
/// From so long before the period absences and losses are looked up: no rule that is usual reaches further back.
const BEFORE: Duration = Duration::from_hours(24 * 70);
/// The longest period.
pub const LONGEST: Duration = Duration::from_hours(24 * 366);

/// Why there is no outcome.
#[derive(Debug, thiserror::Error)]
pub enum TrialError {
    /// Another one runs.
    #[error("another revision is being tried ({} % done); try again when it is done", .0)]
    Busy(u8),
    /// The period is empty, runs backwards, is not over or too long.
    #[error("the period must end after it begins and by now, and be 366 days long at most")]
    Period,
    /// More alarms than anybody would read.
    #[error(
        "these rules would have raised more than {MOST_ALARMS} alarms in that time, `{rule}` alone {count}: try a shorter period, or give that rule a \
         deadband or a delay"
    )]
    TooMany {
        /// The rule that raised most.
        rule: String,
        /// How many.
        count: usize,
    },
    /// The history could not.
    #[error(transparent)]
    History(#[from] HistoryError),
    /// The database could not.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// Whoever asked has gone, or the program ends.
    #[error("the trial was aborted")]
    Aborted,
}

/// What came of a trial.
#[derive(Debug)]
pub struct Trial {
    /// Both revisions side by side.
    pub comparison: Comparison,
    /// From when to when.
    pub period: (Timestamp, Timestamp),
    /// Where the history begins, if it has anything of these series.
    pub begins: Option<Timestamp>,
    /// Rules of the revision that is tried that look further back than the history reaches.
    pub short: Vec<Arc<Rule>>,
    /// Series that were looked at.
    pub series: usize,
    /// Readings that were judged.
    pub readings: u64,
    /// Stretches of six hours of a series that cannot be read.
    pub damaged: u64,
    /// How long it took, in seconds.
    pub seconds: f64,
}

/// Tries revisions on the past. Cheap to clone.
#[derive(Clone)]
pub struct Trials(Arc<Inner>);

struct Inner {
    database: Database,
    history: History,
    running: AtomicBool,
    /// Tasks that are done, and all, of the one that runs.
    done: AtomicUsize,
    all: AtomicUsize,
}

/// That one runs: until this is dropped.
struct Turn(Arc<Inner>);

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.running.store(false, Ordering::Release);
    }
}

/// Tells the threads to stop when nobody waits for them any more.
struct Stop(Arc<AtomicBool>);

impl Drop for Stop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Trials {
    /// Over these stores.
    pub fn new(database: Database, history: History) -> Self {
        Self(Arc::new(Inner {
            database,
            history,
            running: AtomicBool::new(false),
            done: AtomicUsize::new(0),
            all: AtomicUsize::new(0),
        }))
    }

    /// How much of the one that runs is done, in per cent; none if none runs.
    pub fn progress(&self) -> Option<u8> {
        if !self.0.running.load(Ordering::Acquire) {
            return None;
        }
        let (done, all) = (
            self.0.done.load(Ordering::Relaxed),
            self.0.all.load(Ordering::Relaxed),
        );
        Some((100 * done).checked_div(all).map_or(0, |percent| percent.min(99)) as u8)
    }

    /// Tries a site against the one in force over a period, which ends now at the latest. Who drops this stops it.
    pub async fn run(
        &self,
        tried: Arc<Site>,
        in_force: Arc<Site>,
        (from, to): (Timestamp, Timestamp),
        now: Timestamp,
    ) -> Result<Trial, TrialError> {
        let to = to.min(now);
        if from >= to || to.since(from) > LONGEST {
            return Err(TrialError::Period);
        }
        if self.0.running.swap(true, Ordering::AcqRel) {
            return Err(TrialError::Busy(self.progress().unwrap_or(99)));
        }
        let turn = Turn(Arc::clone(&self.0));
        self.0.done.store(0, Ordering::Relaxed);
        self.0.all.store(0, Ordering::Relaxed);
        let stop = Stop(Arc::default());
        let stopped = Arc::clone(&stop.0);
        let work = tokio::task::spawn_blocking(move || {
            // Kept until the last thread has ended, also where nobody waits.
            turn.0.try_out(tried, in_force, (from, to), &stopped)
        });
        work.await.map_err(|_| TrialError::Aborted)?
    }
}

impl Inner {
    fn try_out(
        &self,
        tried: Arc<Site>,
        in_force: Arc<Site>,
        period: (Timestamp, Timestamp),
        stop: &AtomicBool,
    ) -> Result<Trial, TrialError> {
        let watch = Stopwatch::start();
        let known = self.known(period.0 - BEFORE, period.1)?;
        let plan = Plan::new(tried, in_force, period, known);
        self.all.store(plan.tasks().len(), Ordering::Relaxed);
        let folded = self.fold_all(&plan, stop)?;
        let begins = self
            .history
            .begins(plan.sources().iter().map(|source| &source.series));
        let alarms = plan.alarms(folded.decided);
        Ok(Trial {
            comparison: compare(&plan, &alarms, &channels::kinds()),
            period,
            begins,
            short: plan.short_of(begins.unwrap_or(period.1)),
            series: plan.sources().len(),
            readings: folded.readings,
            damaged: folded.damaged,
            seconds: watch.seconds(),
        })
    }

    fn known(&self, from: Timestamp, to: Timestamp) -> Result<Known, TrialError> {
        let sources: Vec<Source> = self
            .history
            .expected()
            .into_iter()
            .map(|info| Source {
                series: info.series,
                expectation: info.expectation,
            })
            .collect();
        let absences = self
            .database
            .read_blocking(|connection| absences::of_agents(connection, from, to))?;
        let mut losses = BTreeMap::new();
        for source in &sources {
            let agent = &source.series.agent;
            if !losses.contains_key(agent) {
                let gaps = self.history.gaps_blocking(agent, from, to)?;
                losses.insert(agent.clone(), gaps.into_iter().map(|gap| gap.from).collect());
            }
        }
        Ok(Known {
            sources,
            losses,
            absences,
        })
    }

    fn fold_all(&self, plan: &Plan, stop: &AtomicBool) -> Result<Folded, TrialError> {
        let next = AtomicUsize::new(0);
        let all: Mutex<Result<Folded, TrialError>> = Mutex::new(Ok(Folded::default()));
        let work = || {
            while let Some(task) = plan.tasks().get(next.fetch_add(1, Ordering::Relaxed)) {
                let folded = self.history.fold(plan, task, stop);
                if stop.load(Ordering::Relaxed) {
                    break;
                }
                let mut all = all.lock().unwrap_or_else(PoisonError::into_inner);
                put(&mut all, folded, plan);
                if all.is_err() {
                    stop.store(true, Ordering::Relaxed);
                }
                drop(all);
                self.done.fetch_add(1, Ordering::Relaxed);
            }
        };
        let processors = std::thread::available_parallelism().map_or(1, NonZero::get);
        std::thread::scope(|scope| {
            for _ in 1..processors.min(THREADS).min(plan.tasks().len()) {
                scope.spawn(work);
            }
            work();
        });
        let all = all.into_inner().unwrap_or_else(PoisonError::into_inner)?;
        match stop.load(Ordering::Relaxed) {
            true => Err(TrialError::Aborted),
            false => Ok(all),
        }
    }
}

/// Adds what came of a task.
fn put(all: &mut Result<Folded, TrialError>, folded: Result<Folded, HistoryError>, plan: &Plan) {
    let Ok(known) = all else { return };
    let folded = match folded {
        Ok(folded) => folded,
        Err(error) => {
            *all = Err(error.into());
            return;
        }
    };
    known.readings += folded.readings;
    known.damaged += folded.damaged;
    known.decided.extend(folded.decided);
    known.stood += folded.stood;
    if known.stood > MOST_ALARMS {
        let loudest = plan.loudest(&known.decided);
        let (rule, count) = loudest.map_or((String::new(), 0), |(rule, count)| (rule.id.to_string(), count));
        *all = Err(TrialError::TooMany { rule, count });
    }
}

#[cfg(test)]
mod tests;
