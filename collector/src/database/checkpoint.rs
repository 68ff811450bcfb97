//! The checkpoint thread: copies the WAL into the database file, passively, while the writer goes on.

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use rusqlite::Connection;

use super::error::{DatabaseError, Judge};
use super::{Statistics, count};

/// Frames that are not yet copied, from which on the thread is woken.
const WANTED: u64 = 1_000;
/// Bytes of the WAL from which on the writer waits for it: the WAL starts again from its beginning only when all of it was
/// copied and nobody writes. A log that is copied as fast as it grows would grow for ever.
const OVERDUE: u64 = 32 << 20;
/// Bytes from which on whoever can wait does, until readers have let go of the WAL and it is empty.
pub(super) const CROWDED: u64 = 64 << 20;
/// How long the readers are waited for then; they may be at something long.
const READERS: std::time::Duration = std::time::Duration::from_secs(1);

/// The writer's end.
pub(super) struct Checkpointer {
    requests: SyncSender<Option<SyncSender<()>>>,
}

impl Checkpointer {
    pub(super) fn start(
        path: &Path,
        statistics: Arc<Statistics>,
        judge: Judge,
    ) -> Result<(Self, JoinHandle<()>), DatabaseError> {
        let connection = Connection::open(path).map_err(|error| judge.classify(&error))?;
        // One request waits while one is served; a further one asks for the same and is dropped.
        let (requests, waiting) = sync_channel(1);
        let thread_judge = judge.clone();
        let thread = std::thread::Builder::new()
            .name("plenum-checkpoint".to_owned())
            .spawn(move || run(&connection, &waiting, &statistics, &thread_judge))
            .map_err(|error| judge.thread(&error))?;
        Ok((Self { requests }, thread))
    }

    /// Called after each commit.
    pub(super) fn committed(&self, wal: Wal) {
        if wal.bytes >= OVERDUE {
            let (done, wait) = sync_channel(1);
            if self.requests.send(Some(done)).is_ok() {
                // An end of the thread also ends this wait.
                wait.recv().ok();
            }
        } else if wal.outstanding >= WANTED {
            // Full: a checkpoint is on its way already.
            self.requests.try_send(None).ok();
        }
    }
}

fn run(
    connection: &Connection,
    requests: &Receiver<Option<SyncSender<()>>>,
    statistics: &Statistics,
    judge: &Judge,
) {
    while let Ok(request) = requests.recv() {
        match connection.query_row("pragma wal_checkpoint(passive)", [], |_| Ok(())) {
            Ok(()) => count(&statistics.checkpoints, 1),
            Err(error) => {
                let error = judge.classify(&error);
                tracing::warn!(%error, "a checkpoint failed; it is tried again after the next commit");
            }
        }
        if let Some(done) = request {
            done.send(()).ok();
        }
    }
}

/// How the write-ahead log stands.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Wal {
    /// Frames that are not yet in the database file.
    pub(super) outstanding: u64,
    /// Bytes of all its frames. The file may be longer: what is behind them is written over.
    pub(super) bytes: u64,
}

pub(super) fn wal(connection: &Connection) -> rusqlite::Result<Wal> {
    let page: u64 = connection
        .prepare_cached("pragma page_size")?
        .query_row([], |row| row.get(0))?;
    connection
        .prepare_cached("pragma wal_checkpoint(noop)")?
        .query_row([], |row| {
            let (log, done): (i64, i64) = (row.get(1)?, row.get(2)?);
            Ok(Wal {
                outstanding: u64::try_from(log - done).unwrap_or(0),
                bytes: u64::try_from(log).unwrap_or(0).saturating_mul(page + 24),
            })
        })
}

/// Copies all of the WAL and makes it empty; waits some time for readers.
pub(super) fn truncate(path: &Path) -> rusqlite::Result<Wal> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(READERS)?;
    connection.query_row("pragma wal_checkpoint(truncate)", [], |_| Ok(()))?;
    wal(&connection)
}
