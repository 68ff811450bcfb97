//! The history as a whole: what is in memory, what is on disk, and how both are opened.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use plenum_protocol::{Clock, Series};

use super::point::Point;
use super::schema;
use super::tail::Tails;
use crate::database::{Database, DatabaseError};
use crate::journal::JournalError;

/// Readings in memory at most, 16 bytes each; beyond it the largest tails are sealed early.
const BOUND: usize = 2_000_000;

/// The time series. Cheap to clone.
#[derive(Clone)]
pub struct History(pub(super) Arc<Inner>);

pub(super) struct Inner {
    pub(super) database: Database,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) tails: RwLock<Tails>,
    pub(super) ready: AtomicBool,
    pub(super) bound: usize,
    pub(super) counters: Counters,
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
    /// Reads which series there are and the latest of each. Blocks; called at start.
    pub fn open(database: Database, clock: Arc<dyn Clock>) -> Result<Self, HistoryError> {
        Self::open_with(database, clock, BOUND)
    }

    pub(super) fn open_with(
        database: Database,
        clock: Arc<dyn Clock>,
        bound: usize,
    ) -> Result<Self, HistoryError> {
        let tails = database.read_blocking(|connection| {
            let mut tails = Tails::new(
                schema::series(connection)?,
                schema::highest_series(connection)?,
                schema::expected(connection)?,
            );
            for state in &mut tails.all {
                state.latest = latest(connection, state.id, state.periods)?;
            }
            Ok(tails)
        })?;
        Ok(Self(Arc::new(Inner {
            database,
            clock,
            tails: RwLock::new(tails),
            ready: AtomicBool::new(false),
            bound,
            counters: Counters::default(),
        })))
    }

    /// Whether everything that the journal held at the start has been read.
    pub fn is_ready(&self) -> bool {
        self.0.ready.load(Ordering::Acquire)
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
            bytes: self.0.database.size(),
        }
    }

    /// `history.db`.
    pub fn database(&self) -> &Database {
        &self.0.database
    }

    pub(super) fn tails(&self) -> RwLockReadGuard<'_, Tails> {
        self.0.tails.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn tails_mut(&self) -> RwLockWriteGuard<'_, Tails> {
        self.0.tails.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The newest reading on disk.
fn latest(
    connection: &rusqlite::Connection,
    id: u32,
    periods: Option<(i64, i64)>,
) -> rusqlite::Result<Option<Point>> {
    let Some((_, last)) = periods else {
        return Ok(None);
    };
    Ok(match schema::points(connection, last, id)? {
        Ok(points) => points.last().copied(),
        Err(error) => {
            tracing::error!(series = id, period = last, %error, "a chunk of the history is damaged");
            None
        }
    })
}
