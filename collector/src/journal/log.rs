//! The journal itself: append, readers, deletion of what all have read.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use plenum_core::fact::{Finding, Item, Report, SystemCondition, SystemKind};
use plenum_core::text::{Language, monitor};
use plenum_protocol::Clock;
use rusqlite::{Connection, params};
use tokio::sync::watch;

use super::group::{Gathering, Group, JournalHook};
use super::head::{Found, HeadFile, HeadWitness};
use super::reader::{Live, Reader};
use super::recent::{self, Recent};
use super::{frame, schema, verify};
use crate::database::{Database, DatabaseError};

/// How the journal is kept.
#[derive(Debug, Clone)]
pub struct Options {
    /// Bytes up to which entries are kept for readers that may be slow (`journal_max`).
    pub maximum: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self { maximum: 1 << 30 }
    }
}

/// Why the journal could not do it.
#[derive(Debug, Clone, thiserror::Error)]
pub enum JournalError {
    /// The database could not.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// The file beside the database could not be opened, or another collector has it.
    #[error("{path}: {message}")]
    Head {
        /// The file.
        path: String,
        /// What the operating system says.
        message: String,
    },
    /// A bounded reader was so slow that entries went before it read them: it refills them from history.
    #[error("reader {reader} missed journal entries {from} to {to}: they had to go before it came to them")]
    Missed {
        /// The reader's name.
        reader: String,
        /// The first entry missed.
        from: u64,
        /// The last entry missed.
        to: u64,
    },
}

/// What the journal holds and did; plain counters for `/metrics`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Statistics {
    /// The newest entry's number.
    pub head: u64,
    /// Bytes of the entries that are kept.
    pub bytes: u64,
    /// Bytes up to which they are kept for readers that may be slow.
    pub maximum: u64,
    /// Entries committed since the start.
    pub entries: u64,
    /// Readings committed since the start.
    pub readings: u64,
    /// Items of a later program that were found at the start: they are kept, and every reader skips them.
    pub unknown: u64,
}

#[derive(Default)]
pub(super) struct Counters {
    bytes: AtomicU64,
    entries: AtomicU64,
    readings: AtomicU64,
    unknown: AtomicU64,
}

impl Counters {
    pub(super) fn committed(&self, items: &[Item], bytes: u64) {
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
        self.entries.fetch_add(1, Ordering::Relaxed);
        self.readings
            .fetch_add(recent::readings(items) as u64, Ordering::Relaxed);
    }
}

/// A data folder that no other collector may use until this, or the journal that was opened with it, goes: taken before any database of the folder
/// is opened, so that a second program, which may be a newer one, changes nothing under the first.
pub struct Claim {
    pub(super) path: PathBuf,
    pub(super) file: HeadFile,
    pub(super) found: Found,
    pub(super) findings: Vec<Finding>,
}

impl Claim {
    /// Waits some seconds for a collector that is being stopped. Blocks; called at start.
    pub fn take(folder: &Path) -> Result<Self, JournalError> {
        let path = folder.join("journal.head");
        match HeadFile::open(&path) {
            Ok((file, found)) => Ok(Self {
                path,
                file,
                found,
                findings: Vec::new(),
            }),
            Err(error) => Err(JournalError::Head {
                path: path.display().to_string(),
                message: error.to_string(),
            }),
        }
    }
}

impl Claim {
    /// What was found damaged in the folder before the journal was opened: it says so with what it finds itself.
    pub fn say(&mut self, findings: Vec<String>) {
        self.findings.extend(findings.into_iter().map(Finding::File));
    }
}

/// The log. Cheap to clone.
#[derive(Clone)]
pub struct Journal(Arc<Inner>);

struct Inner {
    database: Database,
    gathering: Gathering,
    recent: Arc<Recent>,
    counters: Arc<Counters>,
    head: watch::Receiver<u64>,
    opened_at: u64,
    options: Options,
    /// The entries with items of a later program, in order: this one writes none.
    kept: Arc<[u64]>,
}

impl Journal {
    /// Checks what is there, entry by entry, against CRC, chain and `journal.head`; damage is set aside, named in the
    /// log and in a `journal-shortened` condition, and numbers go on above everything that was ever given.
    /// Blocks; called at start.
    pub fn open(
        claim: Claim,
        database: Database,
        clock: Arc<dyn Clock>,
        options: Options,
    ) -> Result<Self, JournalError> {
        let Claim {
            path,
            file,
            found,
            findings,
        } = claim;
        let mut verdict =
            database.write_blocking(move |connection| verify::verify(connection, found.head))?;
        verdict.findings.splice(0..0, findings);
        if found.damaged > 0 {
            verdict.findings.push(Finding::Head {
                path: path.display().to_string(),
                places: found.damaged as u64,
            });
        }
        let head = verdict.head;
        let counters = Arc::new(Counters::default());
        counters.bytes.store(verdict.bytes, Ordering::Relaxed);
        counters.unknown.store(verdict.unknown, Ordering::Relaxed);
        if verdict.unknown > 0 {
            let items = verdict.unknown;
            tracing::warn!(
                items,
                "the journal holds items of a later program; they are kept and skipped"
            );
        }
        let recent = Arc::new(Recent::default());
        let gathering = Gathering::new(&head);
        let (announce, watch) = watch::channel(head.number);
        database.set_hook(Box::new(JournalHook {
            gathering: gathering.clone(),
            clock,
            head,
            sealed: None,
            witness: Arc::new(HeadWitness::new(file, head)),
            recent: recent.clone(),
            counters: counters.clone(),
            announce,
        }));
        let journal = Self(Arc::new(Inner {
            database,
            gathering,
            recent,
            counters,
            head: watch,
            opened_at: head.number,
            options,
            kept: verdict.kept.into(),
        }));
        journal.report(&path.display().to_string(), &verdict.findings)?;
        Ok(journal)
    }

    /// Says in the journal itself that it was found damaged, or that it no longer is.
    fn report(&self, subject: &str, findings: &[Finding]) -> Result<(), DatabaseError> {
        for finding in findings {
            let finding = monitor::finding(finding, Language::English);
            tracing::error!("the journal was damaged: {finding}");
        }
        let active = !findings.is_empty();
        let report = match active {
            true => Report::Damaged {
                findings: findings.to_vec(),
            },
            false => Report::OVER,
        };
        let subject = subject.to_owned();
        let work = move |connection: &Connection, group: &mut Group| {
            let changed = match active {
                true => {
                    connection.execute("insert or ignore into journal_break values (0, null)", [])?;
                    true
                }
                false => connection.execute("delete from journal_break where number = 0", [])? > 0,
            };
            if changed {
                group.push(Item::System(SystemCondition {
                    kind: SystemKind::JournalShortened,
                    subject,
                    active,
                    at: group.received(),
                    report,
                }));
            }
            Ok(())
        };
        self.0.database.write_blocking(self.closure(work))
    }

    /// Appends items to the group commit in the making; returns the entry's number when it is durable.
    pub async fn append(&self, items: Vec<Item>) -> Result<u64, DatabaseError> {
        self.append_with(move |_, group| {
            group.extend(items);
            Ok(group.number())
        })
        .await
    }

    /// As `append`, with a closure that writes further tables in the same transaction and adds the items itself. If it
    /// fails, neither is kept.
    pub async fn append_with<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection, &mut Group) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, DatabaseError> {
        self.0.database.write(self.closure(work)).await
    }

    fn closure<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection, &mut Group) -> rusqlite::Result<T> + Send + 'static,
    ) -> impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static {
        let gathering = self.0.gathering.clone();
        move |connection| {
            let mut group = gathering.lock();
            let mut added = Added {
                length: group.len(),
                group: &mut group,
                kept: false,
            };
            let result = work(connection, added.group);
            added.kept = result.is_ok();
            result
        }
    }

    /// The newest entry's number, and a way to wait for the next.
    pub fn head(&self) -> watch::Receiver<u64> {
        self.0.head.clone()
    }

    /// The highest number that was given before it was opened, as far as database and `journal.head` know.
    pub fn opened_at(&self) -> u64 {
        self.0.opened_at
    }

    /// A reader that goes on where its cursor stands; a new one begins with the oldest entry there is. Entries stay until
    /// it has passed them.
    pub async fn reader(&self, name: &str) -> Result<Reader, JournalError> {
        self.register(name, false).await
    }

    /// A reader for which entries are kept only up to the journal's maximum.
    pub async fn bounded_reader(&self, name: &str) -> Result<Reader, JournalError> {
        self.register(name, true).await
    }

    async fn register(&self, name: &str, bounded: bool) -> Result<Reader, JournalError> {
        let key = name.to_owned();
        let register = move |connection: &Connection| {
            let base = schema::base(connection)?.map_or(0, |(number, _)| number);
            connection.query_row(
                "insert into journal_reader values (?1, ?2, ?3)
                 on conflict do update set bounded = excluded.bounded returning number",
                params![key, base, bounded],
                |row| row.get(0),
            )
        };
        let number = self.0.database.write(register).await?;
        Ok(Reader::new(self.clone(), name, number))
    }

    /// What is committed from now on, without a cursor.
    pub fn live(&self) -> Live {
        Live::new(self.clone())
    }

    /// Deletes what all readers have passed, and what only bounded ones have not when the journal is above its
    /// maximum; a few entries a transaction. Entries with items of a later program go into `journal_unknown`, each once, when they go from here. Gives how many went. Called every few seconds.
    pub async fn trim(&self) -> Result<u64, DatabaseError> {
        let mut total = 0;
        loop {
            let bytes = self.0.counters.bytes.load(Ordering::Relaxed);
            let over = bytes.saturating_sub(self.0.options.maximum);
            let kept = self.0.kept.clone();
            let (entries, freed) = self
                .0
                .database
                .write(move |connection| trim(connection, over, &kept))
                .await?;
            self.0.counters.bytes.fetch_sub(freed, Ordering::Relaxed);
            total += entries;
            if entries == 0 {
                return Ok(total);
            }
        }
    }

    /// What it holds and did.
    pub fn statistics(&self) -> Statistics {
        let counters = &self.0.counters;
        Statistics {
            head: *self.0.head.borrow(),
            bytes: counters.bytes.load(Ordering::Relaxed),
            maximum: self.0.options.maximum,
            entries: counters.entries.load(Ordering::Relaxed),
            readings: counters.readings.load(Ordering::Relaxed),
            unknown: counters.unknown.load(Ordering::Relaxed),
        }
    }

    /// The database that the journal lies in, for effects that belong to the same commit.
    pub fn database(&self) -> &Database {
        &self.0.database
    }

    pub(super) fn recent(&self) -> &Recent {
        &self.0.recent
    }
}

/// What a closure adds to the group: gone again if it fails, or ends in a panic.
struct Added<'a> {
    group: &'a mut Group,
    length: usize,
    kept: bool,
}

impl Drop for Added<'_> {
    fn drop(&mut self) {
        if !self.kept {
            self.group.truncate(self.length);
        }
    }
}

/// Entries that one transaction deletes at most.
const TRIMMED: u64 = 64;

fn trim(connection: &Connection, over: u64, kept: &[u64]) -> rusqlite::Result<(u64, u64)> {
    let passed = |sql: &str| -> rusqlite::Result<u64> {
        let number: Option<u64> = connection.prepare_cached(sql)?.query_row([], |row| row.get(0))?;
        Ok(number.unwrap_or(0))
    };
    let by_all = passed("select min(number) from journal_reader")?;
    let by_essential = passed("select min(number) from journal_reader where bounded = 0")?;
    let mut statement = connection
        .prepare_cached("select number, blob from journal where number <= ?1 order by number limit ?2")?;
    let mut rows = statement.query(params![by_essential, TRIMMED])?;
    let (mut entries, mut freed, mut last) = (0, 0, None);
    while let Some(row) = rows.next()? {
        let number: u64 = row.get(0)?;
        if number > by_all && freed >= over {
            break;
        }
        let blob = row.get_ref(1)?.as_blob()?;
        entries += 1;
        freed += blob.len() as u64;
        if kept.binary_search(&number).is_ok() {
            schema::keep(connection, number, blob)?;
        }
        let hash = frame::check(number, blob, None).ok();
        last = Some((number, hash.and_then(|frame| frame.hash())));
    }
    if let Some((number, hash)) = last {
        connection
            .prepare_cached("delete from journal where number <= ?1")?
            .execute([number])?;
        connection
            .prepare_cached("delete from journal_break where number between 1 and ?1")?
            .execute([number])?;
        match hash {
            Some(hash) => schema::set_base(connection, number, &hash)?,
            None => {
                schema::set_base(connection, number, &frame::GENESIS)?;
                schema::add_break(connection, number + 1, None)?;
            }
        }
    }
    Ok((entries, freed))
}
