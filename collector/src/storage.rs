//! The store of a collector: both databases, journal, history and intake, opened together and run together.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use plenum_link::Shutdown;
use plenum_link::mqtt::Incoming;
use plenum_protocol::{Clock, Duration};
use tokio::sync::mpsc;

use crate::database::{Database, DatabaseError};
use crate::history::{self, History, HistoryError};
use crate::intake::{self, Agents, Counters, Intake, PublishAck};
use crate::journal::{self, AgentName, Journal, JournalError};

/// Bytes a page of `plenum.db`.
const PAGE_SIZE: u32 = 4_096;
/// How often entries that all have read are deleted.
const TRIM: Duration = Duration::from_seconds(10);
/// Questions to intake that may wait.
const COMMANDS: usize = 64;

/// Where the store lies and how it is bounded.
#[derive(Debug, Clone)]
pub struct Options {
    /// The folder of `plenum.db`, `history.db` and `journal.head`; made if it is not there.
    pub folder: PathBuf,
    /// Free bytes below which no routine batch is taken.
    pub disk_reserve: u64,
    /// Bytes of dead letters an agent.
    pub dead_letters: u64,
    /// Bytes up to which the journal is kept for slow exports.
    pub journal_max: u64,
    /// Names that have a credential at the broker.
    pub credentials: BTreeSet<AgentName>,
}

impl Options {
    /// The bounds that DELIVERY names.
    pub fn new(folder: PathBuf) -> Self {
        let intake = intake::Options::new(folder);
        Self {
            disk_reserve: intake.disk_reserve,
            dead_letters: intake.dead_letters,
            journal_max: journal::Options::default().maximum,
            credentials: BTreeSet::new(),
            folder: intake.folder,
        }
    }
}

/// Why the store cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// The folder cannot be made.
    #[error("{}: the folder cannot be made", path.display())]
    Folder {
        /// Which.
        path: PathBuf,
        /// What the operating system says.
        source: std::io::Error,
    },
    /// A database.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// The journal.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The history.
    #[error(transparent)]
    History(#[from] HistoryError),
}

/// The store's parts. Cheap to clone.
#[derive(Clone)]
pub struct Storage {
    /// `plenum.db`.
    pub database: Database,
    /// The one ordered log.
    pub journal: Journal,
    /// Time series.
    pub history: History,
    /// What is asked of intake while it runs.
    pub commands: mpsc::Sender<intake::Command>,
    /// What intake counts.
    pub counters: Arc<Counters>,
    /// The agents as they stand.
    pub agents: Agents,
}

/// What `Storage::open` leaves to be run.
pub struct Parts {
    intake: Intake,
    asked: mpsc::Receiver<intake::Command>,
}

impl Storage {
    /// Opens or makes everything. `schemas` are the further tables of `plenum.db`: alarms, outbox, accounts, configuration.
    pub async fn open(
        options: Options,
        clock: Arc<dyn Clock>,
        schemas: &[&str],
    ) -> Result<(Self, Parts), StorageError> {
        let schemas: Vec<String> = [journal::SCHEMA, intake::SCHEMA]
            .iter()
            .chain(schemas)
            .map(|schema| (*schema).to_owned())
            .collect();
        let (at, files) = (clock.clone(), options.clone());
        let opening = tokio::task::spawn_blocking(move || open(&files, at, &schemas));
        let folder = options.folder.clone();
        let (database, journal, history) = opening
            .await
            .unwrap_or_else(|_| Err(DatabaseError::Closed { path: folder }.into()))?;
        let intake = Intake::start(
            journal.clone(),
            clock,
            intake::Options {
                folder: options.folder,
                disk_reserve: options.disk_reserve,
                dead_letters: options.dead_letters,
                credentials: options.credentials,
            },
        )
        .await?;
        let (commands, asked) = mpsc::channel(COMMANDS);
        let storage = Self {
            database,
            journal,
            history,
            commands,
            counters: intake.counters(),
            agents: intake.agents(),
        };
        Ok((storage, Parts { intake, asked }))
    }

    /// Starts intake in the first stage of the shutdown, and what follows the journal in the second.
    pub fn run(
        &self,
        parts: Parts,
        messages: mpsc::Receiver<Incoming>,
        publish: PublishAck,
        clock: Arc<dyn Clock>,
        intake: &Shutdown,
        store: &Shutdown,
    ) {
        let Parts {
            intake: task, asked, ..
        } = parts;
        intake.spawn("intake", task.run(messages, asked, publish, intake.token()));
        let (history, journal, stop) = (self.history.clone(), self.journal.clone(), store.clone());
        store.spawn("history", async move {
            if let Err(error) = history.run(journal, stop.token()).await
                && !stop.is_requested()
            {
                tracing::error!(%error, "the history cannot go on: stopping");
                stop.request();
            }
        });
        let (journal, stop) = (self.journal.clone(), store.token());
        store.spawn("journal", async move {
            loop {
                tokio::select! {
                    () = clock.sleep_until(clock.now() + TRIM) => {}
                    () = stop.cancelled() => return,
                }
                if let Err(error) = journal.trim().await {
                    tracing::warn!(%error, "the journal cannot let go of what was read");
                }
            }
        });
    }

    /// Whether everything that the journal held at the start is in the history.
    pub fn is_ready(&self) -> bool {
        self.history.is_ready()
    }
}

type Opened = (Database, Journal, History);

fn open(options: &Options, clock: Arc<dyn Clock>, schemas: &[String]) -> Result<Opened, StorageError> {
    let folder: &Path = &options.folder;
    std::fs::create_dir_all(folder).map_err(|source| StorageError::Folder {
        path: folder.to_owned(),
        source,
    })?;
    let schemas: Vec<&str> = schemas.iter().map(String::as_str).collect();
    let database = Database::open(&folder.join("plenum.db"), PAGE_SIZE, &schemas)?;
    let journal = Journal::open(
        database.clone(),
        &folder.join("journal.head"),
        clock.clone(),
        journal::Options {
            maximum: options.journal_max,
        },
    )?;
    let path = folder.join("history.db");
    let chunks = Database::open(&path, history::PAGE_SIZE, &[history::SCHEMA])?;
    Ok((database, journal, History::open(chunks, clock)?))
}

#[cfg(test)]
#[path = "storage_tests.rs"]
mod tests;
