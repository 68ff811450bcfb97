//! The history as a whole: what is in memory, what is on disk, and how both are opened.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use plenum_protocol::streams::AHEAD;
use plenum_protocol::{Clock, Series, Timestamp};
use rusqlite::Connection;
use tokio::sync::watch;

use super::file::{File, is_damage};
use super::point::period_of;
use super::tail::Tails;
use super::{gaps, schema};
use crate::database::{Database, DatabaseError};
use crate::journal::JournalError;

/// Readings in memory at most, 16 bytes each; beyond it the largest tails are sealed early.
const BOUND: usize = 2_000_000;
/// So many periods back, a week, the last good reading of a series is looked for at the start.
const BACK: usize = 28;

/// The time series. Cheap to clone.
#[derive(Clone)]
pub struct History(pub(super) Arc<Inner>);

pub(super) struct Inner {
    pub(super) file: File,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) tails: RwLock<Tails>,
    pub(super) ready: AtomicBool,
    /// Whether every chunk was looked at.
    pub(super) checked: AtomicBool,
    /// Whether it was said that nothing is damaged.
    pub(super) said_whole: AtomicBool,
    pub(super) bound: usize,
    pub(super) counters: Counters,
    /// The last journal entry that was read, for whoever waits for it.
    pub(super) applied: watch::Sender<u64>,
}

#[derive(Default)]
pub(super) struct Counters {
    pub(super) added: AtomicU64,
    pub(super) duplicates: AtomicU64,
    pub(super) chunks: AtomicU64,
    pub(super) sealed: AtomicU64,
    pub(super) number: AtomicU64,
    pub(super) held: AtomicU64,
}

/// What the history holds and did; for `/metrics`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Statistics {
    /// Series known.
    pub series: usize,
    /// Readings in memory.
    pub in_memory: usize,
    /// Beyond so many the largest tails are sealed early.
    pub bound: usize,
    /// Readings taken from the journal since the start.
    pub added: u64,
    /// Readings that were there already.
    pub duplicates: u64,
    /// Chunks written since the start.
    pub chunks: u64,
    /// Readings that went into chunks since the start.
    pub sealed: u64,
    /// The last journal entry that was read.
    pub number: u64,
    /// How often sealing waited because readers kept the write-ahead log long.
    pub held: u64,
    /// How often damage of `history.db` was met.
    pub damaged: u64,
    /// Bytes of `history.db` with its WAL.
    pub bytes: u64,
}

/// Why a question has no answer.
#[derive(Debug, Clone, thiserror::Error)]
pub enum HistoryError {
    /// The database could not.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// The journal could not.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// No reading of such a series was ever stored.
    #[error("there is no series `{0}`")]
    Unknown(Series),
    /// Windows need a length.
    #[error("windows of no length: `every` must be at least 1ms")]
    Every,
}

impl History {
    /// Opens the file and reads which series there are and the latest of each. Whatever is damaged is said and begun anew; only a file that is whole
    /// and not ours is refused. Blocks; called at start.
    pub fn open(path: &Path, clock: Arc<dyn Clock>) -> Result<Self, HistoryError> {
        Self::open_with(path, clock, BOUND)
    }

    pub(super) fn open_with(path: &Path, clock: Arc<dyn Clock>, bound: usize) -> Result<Self, HistoryError> {
        let file = File::open(path, clock.now())?;
        let tails = match read_tails(&file, clock.now()) {
            Err(error) if is_damage(&error) => {
                file.repair(clock.now())?;
                read_tails(&file, clock.now())?
            }
            tails => tails?,
        };
        Ok(Self(Arc::new(Inner {
            file,
            clock,
            tails: RwLock::new(tails),
            ready: AtomicBool::new(false),
            checked: AtomicBool::new(false),
            said_whole: AtomicBool::new(false),
            bound,
            counters: Counters::default(),
            applied: watch::channel(0).0,
        })))
    }

    /// Whether everything that the journal held at the start has been read.
    pub fn is_ready(&self) -> bool {
        self.0.ready.load(Ordering::Acquire)
    }

    /// Whether every chunk has been looked at since the start.
    pub fn is_checked(&self) -> bool {
        self.0.checked.load(Ordering::Acquire)
    }

    /// The last journal entry that was read, as it changes.
    pub fn applied(&self) -> watch::Receiver<u64> {
        self.0.applied.subscribe()
    }

    /// What it holds and did.
    pub fn statistics(&self) -> Statistics {
        let (series, in_memory) = {
            let tails = self.tails();
            (tails.all.len(), tails.readings)
        };
        let counters = &self.0.counters;
        let get = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Statistics {
            series,
            in_memory,
            bound: self.0.bound,
            added: get(&counters.added),
            duplicates: get(&counters.duplicates),
            chunks: get(&counters.chunks),
            sealed: get(&counters.sealed),
            number: get(&counters.number),
            held: get(&counters.held),
            damaged: self.0.file.damage.count(),
            bytes: self.database().map_or(0, |database| database.size()),
        }
    }

    /// `history.db`; nothing while a damaged one is begun anew.
    pub fn database(&self) -> Option<Database> {
        self.0.file.database()
    }

    pub(super) fn tails(&self) -> RwLockReadGuard<'_, Tails> {
        self.0.tails.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn tails_mut(&self) -> RwLockWriteGuard<'_, Tails> {
        self.0.tails.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Which series there are, and the latest of each.
fn read_tails(file: &File, now: Timestamp) -> Result<Tails, DatabaseError> {
    let mut tails = file.read(|connection| {
        Ok(Tails::new(
            schema::series(connection)?,
            schema::highest_series(connection)?,
            schema::expectations(connection)?,
        ))
    })?;
    for state in &mut tails.all {
        let Some((first, last)) = state.periods else {
            continue;
        };
        // Further back where the last ones hold nothing but faults, or are in what is the future.
        let here = last.min(period_of((now + AHEAD).milliseconds()));
        let newest = (first..=last).rev().take(BACK);
        for period in newest.chain((first..=here).rev().take(BACK)) {
            let points = match file.read(|connection| schema::points(connection, period, state.id)) {
                Ok(Ok(points)) => points,
                Ok(Err(error)) => {
                    file.damage.note(format!("a chunk of {}: {error}", state.series));
                    Vec::new()
                }
                // It is noted; the check of all chunks finds the rest.
                Err(error) if is_damage(&error) => Vec::new(),
                Err(error) => return Err(error),
            };
            for point in points {
                state.note(point.instant(), point.outcome(), now);
            }
            if state.heard.good().is_some() {
                break;
            }
        }
    }
    for agent in tails.agents() {
        let lost = |connection: &Connection| gaps::lost(connection, &agent, Timestamp::MIN, Timestamp::MAX);
        match file.read(lost) {
            Ok(lost) => lost.iter().for_each(|gap| tails.lose(&agent, (gap.from, gap.to))),
            Err(error) if is_damage(&error) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(tails)
}
