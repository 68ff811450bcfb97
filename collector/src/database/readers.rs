//! Reading connections: opened when first needed, at most four at a time.

use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex, PoisonError};

use rusqlite::Connection;

use super::error::{DatabaseError, Judge};

/// How many reads run at the same time; a further one waits.
const CONNECTIONS: usize = 4;

pub(super) struct Readers {
    path: PathBuf,
    judge: Judge,
    pool: Mutex<Pool>,
    freed: Condvar,
}

#[derive(Default)]
struct Pool {
    idle: Vec<Connection>,
    busy: usize,
}

impl Readers {
    pub(super) fn new(path: &Path, judge: Judge) -> Self {
        Self {
            path: path.to_owned(),
            judge,
            pool: Mutex::default(),
            freed: Condvar::new(),
        }
    }

    /// Runs the closure on one snapshot.
    pub(super) fn read<T>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, DatabaseError> {
        let mut slot = self.take();
        let run = || -> rusqlite::Result<T> {
            let connection = match slot.connection.take() {
                Some(connection) => connection,
                None => self.open()?,
            };
            let connection = slot.connection.insert(connection);
            let snapshot = connection.unchecked_transaction()?;
            work(&snapshot)
        };
        run().map_err(|error| self.judge.classify(&error))
    }

    fn take(&self) -> Slot<'_> {
        let pool = self.pool.lock().unwrap_or_else(PoisonError::into_inner);
        let mut pool = self
            .freed
            .wait_while(pool, |pool| pool.busy >= CONNECTIONS)
            .unwrap_or_else(PoisonError::into_inner);
        pool.busy += 1;
        Slot {
            readers: self,
            connection: pool.idle.pop(),
        }
    }

    fn open(&self) -> rusqlite::Result<Connection> {
        let connection = Connection::open(&self.path)?;
        connection.busy_timeout(std::time::Duration::from_secs(5))?;
        connection.pragma_update(None, "query_only", true)?;
        connection.set_prepared_statement_cache_capacity(64);
        Ok(connection)
    }
}

/// One of the slots for readers, with its connection; goes back to the pool when dropped, also in a panic.
struct Slot<'a> {
    readers: &'a Readers,
    connection: Option<Connection>,
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        let mut pool = self.readers.pool.lock().unwrap_or_else(PoisonError::into_inner);
        pool.busy -= 1;
        pool.idle.extend(self.connection.take());
        drop(pool);
        self.readers.freed.notify_one();
    }
}
