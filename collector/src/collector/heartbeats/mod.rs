//! Jobs elsewhere that say that they ran, as a nightly backup: what they say, and the alarm `heartbeat-missed` of each that does not.
//!
//! A beat is answered when it is committed. How long ago something was is told by elapsed time within a run, so that a clock that is set makes nobody late; from
//! one run to the next the wall clock has to do.

mod job;
mod table;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use plenum_core::fact::{Report, SystemKind};
use plenum_core::heartbeat::{Beat, Standing};
use plenum_core::site::{Heartbeat, Site};
use plenum_link::Shutdown;
use plenum_protocol::{Clock, Duration, Identifier, Steady};
use rusqlite::Connection;
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;

use crate::database::DatabaseError;
use crate::journal::{Group, Journal, condition};
use job::Job;
pub use table::Row;

const KIND: SystemKind = SystemKind::HeartbeatMissed;
/// How long after a commit that failed the next is tried.
const RETRY: Duration = Duration::from_seconds(10);
/// A job that says again within so long that it ran says nothing new: whoever beats in a loop costs no commit a time.
const AGAIN: Duration = Duration::from_seconds(1);
/// Characters of what a job says of a failure.
pub const LONGEST: usize = 300;

/// The jobs of the site. Cheap to clone.
#[derive(Clone)]
pub struct Heartbeats(Arc<Shared>);

struct Shared {
    journal: Journal,
    clock: Arc<dyn Clock>,
    site: watch::Receiver<Arc<Site>>,
    jobs: Mutex<BTreeMap<Identifier, Job>>,
    /// Whoever changes what is known of a job has this from its look to its commit.
    turn: tokio::sync::Mutex<()>,
    heard: Notify,
}

/// Why a beat is not taken.
#[derive(Debug, thiserror::Error)]
pub enum BeatError {
    /// The site has no such job.
    #[error("the site has no [[heartbeat]] `{0}`")]
    Unknown(String),
    /// The database could not.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

/// A job as it stands.
#[derive(Debug, Clone)]
pub struct Listed {
    /// What is awaited of it.
    pub plan: Heartbeat,
    /// How it stands.
    pub standing: Standing,
    /// What is known of it.
    pub row: Row,
}

/// What becomes of a job in one commit.
enum Change {
    Write(Row),
    Forget,
    Say(Report),
}

/// Reads what earlier runs knew, and looks after it until told to stop.
pub async fn open(
    journal: &Journal,
    clock: &Arc<dyn Clock>,
    site: watch::Receiver<Arc<Site>>,
    shutdown: &Shutdown,
) -> Result<Heartbeats, DatabaseError> {
    let own = Heartbeats::new(journal.clone(), clock.clone(), site);
    own.load().await?;
    let (running, stop) = (own.clone(), shutdown.token());
    shutdown.spawn("heartbeats", async move {
        running.run(stop).await;
        Ok::<(), std::convert::Infallible>(())
    });
    Ok(own)
}

impl Heartbeats {
    fn new(journal: Journal, clock: Arc<dyn Clock>, site: watch::Receiver<Arc<Site>>) -> Self {
        Self(Arc::new(Shared {
            journal,
            clock,
            site,
            jobs: Mutex::default(),
            turn: tokio::sync::Mutex::default(),
            heard: Notify::new(),
        }))
    }

    /// A job says something; `why` is what it says of a failure. When this is done, it is committed.
    ///
    /// # Errors
    /// [`BeatError`] says why it is not.
    pub async fn beat(&self, id: &str, beat: Beat, why: &str) -> Result<(), BeatError> {
        let _turn = self.0.turn.lock().await;
        let (at, now) = (self.0.clock.now(), self.0.clock.steady());
        let site = self.0.site.borrow().clone();
        let plan = site
            .heartbeat(id)
            .ok_or_else(|| BeatError::Unknown(id.chars().take(80).collect()))?;
        let found = self.jobs().get(&plan.id).cloned();
        let mut job = found.unwrap_or_else(|| Job::placed(at, now));
        if beat == Beat::Ran && job.has_just_run(now, AGAIN) {
            return Ok(());
        }
        let why: String = why.trim().chars().take(LONGEST).collect();
        job.hear(beat, &why, at, now);
        let mut changes = vec![(plan.id.clone(), Change::Write(job.row.clone()))];
        // What a job says of a failure is told each time: it may be another one.
        if beat == Beat::Failed {
            job.told = None;
        }
        changes.extend(
            job.say(plan, now)
                .map(|report| (plan.id.clone(), Change::Say(report))),
        );
        self.commit(changes).await?;
        self.jobs().insert(plan.id.clone(), job);
        self.0.heard.notify_one();
        Ok(())
    }

    /// The jobs of the site in its order, as they stand.
    pub fn list(&self) -> Vec<Listed> {
        let (now, site) = (self.0.clock.steady(), self.0.site.borrow().clone());
        let jobs = self.jobs();
        let known = site.heartbeats.iter().filter_map(|plan| {
            let job = jobs.get(&plan.id)?;
            Some(Listed {
                plan: plan.clone(),
                standing: job.known.standing(plan, now),
                row: job.row.clone(),
            })
        });
        known.collect()
    }

    fn jobs(&self) -> MutexGuard<'_, BTreeMap<Identifier, Job>> {
        self.0.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn load(&self) -> Result<(), DatabaseError> {
        let (at, now) = (self.0.clock.now(), self.0.clock.steady());
        let read = |connection: &Connection| {
            let held = condition::holding(connection, KIND)?;
            let held: BTreeSet<String> = held.into_iter().map(|held| held.subject).collect();
            Ok((table::all(connection)?, held))
        };
        let (rows, held) = self.0.journal.database().read(read).await?;
        let site = self.0.site.borrow().clone();
        let jobs = rows.into_iter().map(|(id, row)| {
            let is_told = held.contains(id.as_str());
            let job = Job::restored(row, site.heartbeat(id.as_str()), is_told, (at, now));
            (id, job)
        });
        *self.jobs() = jobs.collect();
        Ok(())
    }

    async fn run(self, stop: CancellationToken) {
        let mut site = self.0.site.clone();
        loop {
            site.mark_unchanged();
            let next = match self.look().await {
                Ok(next) => next,
                Err(error) => {
                    tracing::error!(%error, "which jobs did not run cannot be written down; it is tried again");
                    Some(self.0.clock.steady() + RETRY)
                }
            };
            tokio::select! {
                () = stop.cancelled() => return,
                Ok(()) = site.changed() => {}
                () = self.0.heard.notified() => {}
                () = self.0.clock.sleep_until(next.unwrap_or(Steady::MAX)), if next.is_some() => {}
            }
        }
    }

    /// Writes down what changed by itself. Gives when to look next.
    async fn look(&self) -> Result<Option<Steady>, DatabaseError> {
        let _turn = self.0.turn.lock().await;
        let (at, now) = (self.0.clock.now(), self.0.clock.steady());
        let site = self.0.site.borrow().clone();
        let (mut before, mut after, mut changes) = (self.jobs().clone(), BTreeMap::new(), Vec::new());
        for plan in &site.heartbeats {
            let mut job = before.remove(&plan.id).unwrap_or_else(|| {
                let job = Job::placed(at, now);
                changes.push((plan.id.clone(), Change::Write(job.row.clone())));
                job
            });
            changes.extend(
                job.say(plan, now)
                    .map(|report| (plan.id.clone(), Change::Say(report))),
            );
            after.insert(plan.id.clone(), job);
        }
        for id in before.into_keys() {
            changes.push((id.clone(), Change::Forget));
            changes.push((id, Change::Say(Report::OVER)));
        }
        let next = site.heartbeats.iter();
        let next = next
            .filter_map(|plan| after[&plan.id].known.next(plan, now))
            .min();
        // A commit for nothing would wear a card out.
        if !changes.is_empty() {
            self.commit(changes).await?;
        }
        *self.jobs() = after;
        Ok(next)
    }

    async fn commit(&self, changes: Vec<(Identifier, Change)>) -> Result<(), DatabaseError> {
        let write = move |connection: &Connection, group: &mut Group| {
            for (id, change) in changes {
                match change {
                    Change::Write(row) => table::write(connection, &id, &row)?,
                    Change::Forget => table::forget(connection, &id)?,
                    Change::Say(report) => condition::say(connection, group, KIND, id.as_str(), report)?,
                }
            }
            Ok(())
        };
        self.0.journal.append_with(write).await
    }
}

#[cfg(test)]
mod tests;
