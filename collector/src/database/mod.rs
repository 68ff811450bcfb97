//! A SQLite file with one writer thread: closures in, one group commit for all that wait, answers out.
//!
//! Everything that waits while the last commit is at the disk becomes the next transaction, each closure in a
//! savepoint of its own; there is no timer. WAL with `synchronous=FULL`: an answered write survives a power cut.
//! Checkpoints are passive and run on a thread of their own; reads have connections of their own.
//! A full or busy disk is an error that may be tried again. Any other I/O error ends the process: the journal is
//! the truth, and the service manager starts it again.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;

use plenum_link::{Histogram, private};
use plenum_migration::MigrationError;
use rusqlite::Connection;
use tokio::sync::mpsc;

mod answers;
mod checkpoint;
mod columns;
pub(crate) mod drills;
mod error;
mod header;
mod identity;
pub(crate) mod incidents;
pub mod keys;
pub(crate) mod notes;
mod order;
mod readers;
mod rows;
pub(crate) mod salvage;
mod stores;
pub mod who;
pub(crate) mod whole;
pub(crate) mod works;
mod writer;

pub(crate) use columns::{from_json, from_word, json, known, known_or_not, seen, text, word};
pub use error::{DatabaseError, Fatal};
pub(crate) use header::mend;
pub use identity::Identity;
pub use order::Order;
pub use plenum_migration::{Migration, Refusal, Store};
pub use stores::{HISTORY, PLENUM};
pub use writer::{GroupHook, Witness};

use answers::Answers;
use checkpoint::Checkpointer;
use readers::Readers;
use writer::{Write, Writer};

/// How many closures may wait for the writer; a caller beyond it waits its turn.
const QUEUE: usize = 1_024;

/// A database file. Cheap to clone; the file closes when the last clone goes.
#[derive(Clone)]
pub struct Database(Arc<Inner>);

struct Inner {
    path: PathBuf,
    queue: Option<mpsc::Sender<Box<dyn writer::Job>>>,
    hook: writer::Hook,
    readers: Readers,
    statistics: Arc<Statistics>,
    threads: Vec<JoinHandle<()>>,
}

/// What the database did since it was opened; plain counters for `/metrics`.
#[derive(Debug, Default)]
pub struct Statistics {
    /// Transactions that became durable, and how long each took.
    pub commits: Histogram,
    /// Closures that were committed with them.
    pub writes: AtomicU64,
    /// Groups that failed, by a full disk or otherwise.
    pub failures: AtomicU64,
    /// WAL frames that were not yet checkpointed after the last commit.
    pub wal_frames: AtomicU64,
    /// Bytes of the WAL's frames after the last commit.
    pub wal_bytes: AtomicU64,
    /// How often the WAL was written back into the file.
    pub checkpoints: AtomicU64,
}

impl Statistics {
    fn wal(&self, wal: checkpoint::Wal) {
        self.wal_frames.store(wal.outstanding, Ordering::Relaxed);
        self.wal_bytes.store(wal.bytes, Ordering::Relaxed);
    }
}

impl Database {
    /// Opens or creates the file and brings its tables to this program's version. Refuses a file that is another program's, or a newer
    /// Plenum's. An error of the disk ends the process.
    pub fn open(path: &Path, store: &Store) -> Result<Self, DatabaseError> {
        Self::open_with(path, store, error::end_the_process())
    }

    /// As `open`; `fatal` is called on an error after which nothing can be trusted.
    pub fn open_with(path: &Path, store: &Store, fatal: Fatal) -> Result<Self, DatabaseError> {
        let judge = error::Judge::new(path, fatal);
        plenum_migration::look(path, store).map_err(|error| judge.classify_look(error, store))?;
        // SQLite gives the other files of the database the first one's mode; some may be left of a process that was killed.
        private::make_file(path)
            .and_then(|()| private::narrow(&beside(path, "-wal")))
            .and_then(|()| private::narrow(&beside(path, "-shm")))
            .map_err(|error| judge.file(&error))?;
        let connection = connect(path, store).map_err(|error| judge.classify_migration(error))?;
        let statistics = Arc::new(Statistics::default());
        let (queue, jobs) = mpsc::channel(QUEUE);
        let hook = writer::Hook::default();
        let (checkpointer, checkpoints) = Checkpointer::start(path, statistics.clone(), judge.clone())?;
        let (answers, answering) = Answers::start(statistics.clone(), judge.clone())?;
        let writer = Writer {
            connection,
            jobs,
            hook: hook.clone(),
            answers,
            checkpointer,
            statistics: statistics.clone(),
            judge: judge.clone(),
        };
        let spawned = std::thread::Builder::new()
            .name("plenum-writer".to_owned())
            .spawn(move || writer.run());
        let writer = spawned.map_err(|error| judge.thread(&error))?;
        Ok(Self(Arc::new(Inner {
            path: path.to_owned(),
            queue: Some(queue),
            hook,
            readers: Readers::new(path, judge),
            statistics,
            threads: vec![writer, answering, checkpoints],
        })))
    }

    /// Whether nobody else has a clone of it.
    pub(crate) fn is_alone(&self) -> bool {
        Arc::strong_count(&self.0) == 1
    }

    /// Runs the closure in the next group commit. When the answer is `Ok`, it is durable.
    pub async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, DatabaseError> {
        let (job, answer) = Write::job(work);
        self.sender()?.send(job).await.map_err(|_| self.closed())?;
        answer.await.map_err(|_| self.closed())?
    }

    /// As `write`, for a thread outside the asynchronous runtime.
    pub fn write_blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, DatabaseError> {
        let (job, answer) = Write::job(work);
        self.sender()?.blocking_send(job).map_err(|_| self.closed())?;
        answer.blocking_recv().map_err(|_| self.closed())?
    }

    /// Runs the closure on a reading connection, on a thread where it may block.
    pub async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, DatabaseError> {
        let database = self.clone();
        tokio::task::spawn_blocking(move || database.read_blocking(work))
            .await
            .unwrap_or_else(|_| Err(self.closed()))
    }

    /// As `read`, on this thread.
    pub fn read_blocking<T>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, DatabaseError> {
        self.0.readers.read(work)
    }

    /// Copies the WAL into the database file and empties it, so that sizes can be compared.
    pub async fn checkpoint(&self) -> Result<(), DatabaseError> {
        let database = self.clone();
        let copied = tokio::task::spawn_blocking(move || {
            checkpoint::truncate(&database.0.path).map(|wal| database.0.statistics.wal(wal))
        });
        self.done(copied.await.unwrap_or(Ok(())))
    }

    /// Writes the whole file anew, so that nothing of what was deleted stays in it, and empties the WAL. Needs as much room again while it lasts.
    pub(crate) async fn rewrite(&self) -> Result<(), DatabaseError> {
        let database = self.clone();
        let rewritten = tokio::task::spawn_blocking(move || {
            let path = &database.0.path;
            let connection = Connection::open(path)?;
            // Without it the new file has copies of rows in the free space of its pages.
            erasing(&connection, |connection| connection.execute_batch("vacuum"))?;
            checkpoint::truncate(path).map(|wal| database.0.statistics.wal(wal))
        });
        self.done(rewritten.await.unwrap_or(Ok(())))
    }

    fn done(&self, done: rusqlite::Result<()>) -> Result<(), DatabaseError> {
        done.map_err(|error| DatabaseError::Sql {
            path: self.0.path.clone(),
            message: error.to_string(),
        })
    }

    /// Whether the WAL has become so long, because readers hold on to it, that whoever can wait should not write before `checkpoint` went through.
    pub fn is_crowded(&self) -> bool {
        self.0.statistics.wal_bytes.load(Ordering::Relaxed) >= checkpoint::CROWDED
    }

    /// Bytes of the database and its WAL on disk.
    pub fn size(&self) -> u64 {
        let length = |path: &Path| std::fs::metadata(path).map_or(0, |data| data.len());
        length(&self.0.path) + length(&beside(&self.0.path, "-wal"))
    }

    /// How many closures wait for the writer, and how many may.
    pub fn queue(&self) -> (usize, usize) {
        let queue = self.0.queue.as_ref();
        queue.map_or((0, 0), |queue| {
            (queue.max_capacity() - queue.capacity(), queue.max_capacity())
        })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.0.path
    }

    /// What it did since it was opened.
    pub fn statistics(&self) -> &Statistics {
        &self.0.statistics
    }

    /// Adds to every group commit what must be in it; there is one hook at most.
    pub fn set_hook(&self, hook: Box<dyn GroupHook>) {
        writer::lock(&self.0.hook).replace(hook);
    }

    fn sender(&self) -> Result<&mpsc::Sender<Box<dyn writer::Job>>, DatabaseError> {
        self.0.queue.as_ref().ok_or_else(|| self.closed())
    }

    fn closed(&self) -> DatabaseError {
        DatabaseError::Closed {
            path: self.0.path.clone(),
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.queue = None;
        for thread in self.threads.drain(..) {
            // The writer may drop the last clone itself, inside a closure; it cannot wait for itself.
            if thread.thread().id() != std::thread::current().id() && thread.join().is_err() {
                tracing::error!(path = %self.path.display(), "a database thread ended in a panic");
            }
        }
    }
}

/// The writer's connection. A file that is refused is left as it was.
fn connect(path: &Path, store: &Store) -> Result<Connection, MigrationError> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(std::time::Duration::from_secs(5))?;
    plenum_migration::check(&connection, store)?;
    connection.pragma_update(None, "page_size", store.page_size)?;
    configure(&connection)?;
    plenum_migration::migrate(&connection, store, &mut || {})?;
    connection.pragma_update(None, "foreign_keys", true)?;
    Ok(connection)
}

fn configure(connection: &Connection) -> rusqlite::Result<()> {
    connection.query_row("pragma journal_mode = wal", [], |_| Ok(()))?;
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update(None, "wal_autocheckpoint", 0)?;
    connection.pragma_update(None, "journal_size_limit", 4 << 20)?;
    erase(connection, "fast")?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(())
}

/// Does something after which nothing of what it deleted or replaced may stay in the file: also pages that become free are overwritten.
pub(crate) fn erasing<T>(
    connection: &Connection,
    work: impl FnOnce(&Connection) -> rusqlite::Result<T>,
) -> rusqlite::Result<T> {
    erase(connection, "on")?;
    let done = work(connection);
    erase(connection, "fast")?;
    done
}

/// What becomes of deleted content: `fast` overwrites it where that costs no further write, also what a page that was split had a copy of; `on` in pages that
/// become free too.
fn erase(connection: &Connection, how: &str) -> rusqlite::Result<()> {
    connection.query_row(&format!("pragma secure_delete = {how}"), [], |_| Ok(()))
}

/// One of the files that SQLite keeps beside the database.
fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    name.into()
}

fn count(counter: &AtomicU64, amount: u64) {
    counter.fetch_add(amount, Ordering::Relaxed);
}

#[cfg(test)]
mod tests;
