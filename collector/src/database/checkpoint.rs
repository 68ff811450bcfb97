//! The checkpoint thread: copies the WAL into the database file, passively, while the writer goes on.

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use rusqlite::Connection;

use super::error::{DatabaseError, Judge};
use super::{Statistics, count};

/// Frames in the WAL from which on the thread is woken.
const WANTED: u64 = 1_000;
/// Frames from which on the writer waits for it: the WAL starts again from its beginning only when all of it was
/// copied and nobody writes.
const OVERDUE: u64 = 16_000;

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

    /// Called after each commit with the frames that are not yet in the database file.
    pub(super) fn committed(&self, frames: u64) {
        if frames >= OVERDUE {
            let (done, wait) = sync_channel(1);
            if self.requests.send(Some(done)).is_ok() {
                // An end of the thread also ends this wait.
                wait.recv().ok();
            }
        } else if frames >= WANTED {
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

/// Frames that are in the WAL and not yet in the database file.
pub(super) fn outstanding(connection: &Connection) -> rusqlite::Result<u64> {
    connection
        .prepare_cached("pragma wal_checkpoint(noop)")?
        .query_row([], |row| {
            let (log, done): (i64, i64) = (row.get(1)?, row.get(2)?);
            Ok(u64::try_from(log - done).unwrap_or(0))
        })
}

/// Copies all of the WAL and makes it empty.
pub(super) fn truncate(path: &Path) -> rusqlite::Result<()> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(std::time::Duration::from_secs(5))?;
    connection.query_row("pragma wal_checkpoint(truncate)", [], |_| Ok(()))
}
