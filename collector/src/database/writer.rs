//! The writer thread: takes all that waits, runs it in one transaction, and answers when that is durable. What a hook wants to be
//! witnessed is answered by a thread of its own, while the next group is written.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use plenum_link::Stopwatch;
use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use super::answers::Answers;
use super::checkpoint::{self, Checkpointer};
use super::error::{DatabaseError, Judge};
use super::{Statistics, count};

/// How many closures one transaction holds at most.
const GROUP: usize = 4_096;

/// What belongs into every group commit besides its closures. Called on the writer thread.
pub trait GroupHook: Send {
    /// The transaction has begun and no closure has run.
    fn begin(&mut self);
    /// All closures have run; what is written here is committed with them.
    fn seal(&mut self, connection: &Connection) -> rusqlite::Result<()>;
    /// It is durable, and nobody was told yet. Nobody is before the witness has it, if there is one.
    fn committed(&mut self) -> Option<Arc<dyn Witness>>;
    /// Nothing of the group was written.
    fn rolled_back(&mut self);
}

/// What else must be durable before anybody is told of a commit.
pub trait Witness: Send + Sync {
    /// Makes everything durable that was committed up to this call. Called on the thread that answers, once for all groups that wait there.
    fn witness(&self) -> std::io::Result<()>;
}

pub(super) type Hook = Arc<Mutex<Option<Box<dyn GroupHook>>>>;

/// A closure with the way back to its caller.
pub(super) trait Job: Send {
    fn run(&mut self, connection: &Connection) -> rusqlite::Result<()>;
    fn answer(self: Box<Self>, result: Result<(), DatabaseError>);
}

pub(super) struct Write<T, F> {
    work: Option<F>,
    value: Option<T>,
    answer: oneshot::Sender<Result<T, DatabaseError>>,
}

impl<T, F> Write<T, F>
where
    T: Send + 'static,
    F: FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
{
    /// A closure as a job, and where its answer comes.
    pub(super) fn job(work: F) -> (Box<dyn Job>, oneshot::Receiver<Result<T, DatabaseError>>) {
        let (answer, receiver) = oneshot::channel();
        let job = Self {
            work: Some(work),
            value: None,
            answer,
        };
        (Box::new(job), receiver)
    }
}

impl<T, F> Job for Write<T, F>
where
    T: Send,
    F: FnOnce(&Connection) -> rusqlite::Result<T> + Send,
{
    fn run(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        if let Some(work) = self.work.take() {
            self.value = Some(work(connection)?);
        }
        Ok(())
    }

    fn answer(self: Box<Self>, result: Result<(), DatabaseError>) {
        let Self { value, answer, .. } = *self;
        // A caller that went away needs no answer; what it wrote stays.
        match (result, value) {
            (Ok(()), Some(value)) => drop(answer.send(Ok(value))),
            (Err(error), _) => drop(answer.send(Err(error))),
            (Ok(()), None) => drop(answer),
        }
    }
}

pub(super) struct Writer {
    pub(super) connection: Connection,
    pub(super) jobs: mpsc::Receiver<Box<dyn Job>>,
    pub(super) hook: Hook,
    pub(super) answers: Answers,
    pub(super) checkpointer: Checkpointer,
    pub(super) statistics: Arc<Statistics>,
    pub(super) judge: Judge,
}

pub(super) type Done = (Box<dyn Job>, Result<(), DatabaseError>);

impl Writer {
    pub(super) fn run(mut self) {
        while let Some(first) = self.jobs.blocking_recv() {
            let mut group = vec![first];
            while group.len() < GROUP
                && let Ok(job) = self.jobs.try_recv()
            {
                group.push(job);
            }
            let (done, witness) = self.commit(group);
            self.answers.give(done, witness);
        }
    }

    fn commit(&mut self, group: Vec<Box<dyn Job>>) -> (Vec<Done>, Option<Arc<dyn Witness>>) {
        let hook = self.hook.clone();
        let mut hook = lock(&hook);
        if let Some(hook) = hook.as_mut() {
            hook.begin();
        }
        let watch = Stopwatch::start();
        let mut done: Vec<Done> = Vec::with_capacity(group.len());
        let mut witness = None;
        match self.transaction(group, &mut done, hook.as_deref_mut()) {
            Ok(()) => {
                if let Some(hook) = hook.as_mut() {
                    witness = hook.committed();
                }
                self.statistics.commits.observe(watch.elapsed());
                count(&self.statistics.writes, done.len() as u64);
                let wal = checkpoint::wal(&self.connection).unwrap_or_default();
                self.statistics.wal(wal);
                self.checkpointer.committed(wal);
            }
            Err(error) => {
                if !self.connection.is_autocommit() {
                    // It can only fail where SQLite has rolled back already.
                    self.connection.execute_batch("rollback").ok();
                }
                if let Some(hook) = hook.as_mut() {
                    hook.rolled_back();
                }
                count(&self.statistics.failures, 1);
                let error = self.judge.classify(&error);
                for (_, result) in &mut done {
                    if result.is_ok() {
                        *result = Err(error.clone());
                    }
                }
            }
        }
        (done, witness)
    }

    /// Runs every closure, also after an error, so that every caller has an answer; an error here is the group's.
    fn transaction(
        &self,
        group: Vec<Box<dyn Job>>,
        done: &mut Vec<Done>,
        hook: Option<&mut (dyn GroupHook + 'static)>,
    ) -> rusqlite::Result<()> {
        let mut group_error = self.connection.execute_batch("begin immediate").err();
        for mut job in group {
            let result = match group_error {
                None => self.savepoint(job.as_mut()),
                Some(_) => Ok(Ok(())),
            };
            match result {
                Ok(result) => done.push((job, result)),
                Err(error) => {
                    group_error = Some(error);
                    done.push((job, Ok(())));
                }
            }
        }
        if let Some(error) = group_error {
            return Err(error);
        }
        if let Some(hook) = hook {
            hook.seal(&self.connection)?;
        }
        self.connection.execute_batch("commit")
    }

    /// The inner result is the closure's own; the outer one means that the whole group is lost.
    fn savepoint(&self, job: &mut dyn Job) -> rusqlite::Result<Result<(), DatabaseError>> {
        let connection = &self.connection;
        let run = |sql: &str| connection.prepare_cached(sql)?.execute([]);
        run("savepoint closure")?;
        let result = catch_unwind(AssertUnwindSafe(|| job.run(connection)));
        let error = match result {
            Ok(Ok(())) => {
                run("release closure")?;
                return Ok(Ok(()));
            }
            // SQLite has rolled back the whole transaction, as it does for a full disk.
            Ok(Err(error)) if connection.is_autocommit() => return Err(error),
            Ok(Err(error)) => match self.judge.classify(&error) {
                DatabaseError::Full { .. } => return Err(error),
                named => named,
            },
            Err(_) => DatabaseError::Sql {
                path: connection.path().unwrap_or_default().into(),
                message: "a closure panicked and was rolled back".to_owned(),
            },
        };
        run("rollback to closure")?;
        run("release closure")?;
        Ok(Err(error))
    }
}

pub(super) fn lock(hook: &Hook) -> MutexGuard<'_, Option<Box<dyn GroupHook>>> {
    hook.lock().unwrap_or_else(PoisonError::into_inner)
}
