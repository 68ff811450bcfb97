//! Readers: from a stored cursor to the end, from the disk while they are behind and from memory when they are not.

use std::collections::VecDeque;
use std::sync::Arc;

use plenum_core::fact::Entry;
use rusqlite::{Connection, params};
use tokio::sync::watch;

use super::frame;
use super::log::{Journal, JournalError};
use crate::database::DatabaseError;

/// Entries and bytes that one look at the disk brings at most.
const ENTRIES: usize = 256;
const BYTES: usize = 4 << 20;

/// Stores how far a reader has come, inside the transaction that keeps the effect it had.
pub fn store_cursor(connection: &Connection, name: &str, number: u64) -> rusqlite::Result<()> {
    connection
        .prepare_cached("update journal_reader set number = max(number, ?2) where name = ?1")?
        .execute(params![name, number])?;
    Ok(())
}

/// Reads every entry once, in order. What it has not stored, it reads again after a restart.
pub struct Reader {
    journal: Journal,
    name: String,
    number: u64,
    fetched: VecDeque<Arc<Entry>>,
    head: watch::Receiver<u64>,
}

impl Reader {
    pub(super) fn new(journal: Journal, name: &str, number: u64) -> Self {
        let head = journal.head();
        Self {
            journal,
            name: name.to_owned(),
            number,
            fetched: VecDeque::new(),
            head,
        }
    }

    /// Its name, for `store_cursor`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The number of the last entry that it gave.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Whether everything committed up to now was given.
    pub fn at_the_end(&self) -> bool {
        self.number >= *self.head.borrow()
    }

    /// The next entry; waits for it. May be dropped while it waits without losing any.
    pub async fn next(&mut self) -> Result<Arc<Entry>, JournalError> {
        loop {
            if let Some(entry) = self.try_next().await? {
                return Ok(entry);
            }
            if self.head.changed().await.is_err() {
                let path = self.journal.database().path().to_owned();
                return Err(DatabaseError::Closed { path }.into());
            }
        }
    }

    /// The next entry, if it is committed already.
    pub async fn try_next(&mut self) -> Result<Option<Arc<Entry>>, JournalError> {
        let head = *self.head.borrow_and_update();
        if self.number >= head {
            return Ok(None);
        }
        if self.fetched.is_empty() {
            if let Some(entry) = self.journal.recent().after(self.number) {
                self.number = entry.number;
                return Ok(Some(entry));
            }
            self.fetch().await?;
        }
        match self.fetched.pop_front() {
            Some(entry) => {
                self.number = entry.number;
                Ok(Some(entry))
            }
            // Damaged entries at the end were reported when the journal was opened.
            None => {
                self.number = head;
                Ok(None)
            }
        }
    }

    /// Stores the cursor by itself, for a reader whose effects are elsewhere.
    pub async fn advance(&self, number: u64) -> Result<(), DatabaseError> {
        let name = self.name.clone();
        let store = move |connection: &Connection| store_cursor(connection, &name, number);
        self.journal.database().write(store).await
    }

    async fn fetch(&mut self) -> Result<(), JournalError> {
        let number = self.number;
        let (base, entries) = self
            .journal
            .database()
            .read(move |connection| Ok((super::schema::base(connection)?, fetch(connection, number)?)))
            .await?;
        if let Some((base, _)) = base
            && base > number
        {
            // Only a bounded reader can be behind what was deleted; the next call goes on behind the hole.
            self.number = base;
            let reader = self.name.clone();
            let (from, to) = (number + 1, base);
            return Err(JournalError::Missed { reader, from, to });
        }
        self.fetched = entries.into();
        Ok(())
    }
}

fn fetch(connection: &Connection, number: u64) -> rusqlite::Result<Vec<Arc<Entry>>> {
    let mut statement =
        connection.prepare_cached("select number, blob from journal where number > ?1 order by number")?;
    let mut rows = statement.query([number])?;
    let (mut entries, mut bytes) = (Vec::new(), 0);
    while entries.len() < ENTRIES
        && bytes < BYTES
        && let Some(row) = rows.next()?
    {
        let number = row.get(0)?;
        let blob = row.get_ref(1)?.as_blob()?;
        bytes += blob.len();
        match frame::open(number, blob, None) {
            Ok((entry, _)) => entries.push(Arc::new(entry)),
            // Found at the next start, set aside there and reported; here it would stop everything.
            Err(error) => tracing::error!(number, %error, "a journal entry is damaged and was skipped"),
        }
    }
    Ok(entries)
}

/// What is committed from now on, for screens: no cursor, nothing kept; one that is too slow misses entries.
pub struct Live {
    journal: Journal,
    number: u64,
    head: watch::Receiver<u64>,
}

impl Live {
    pub(super) fn new(journal: Journal) -> Self {
        let head = journal.head();
        let number = *head.borrow();
        Self {
            journal,
            number,
            head,
        }
    }

    /// The next entry, and whether entries before it were missed. `None` when the journal is closed.
    pub async fn next(&mut self) -> Option<(Arc<Entry>, bool)> {
        let before = self.number;
        loop {
            let head = *self.head.borrow_and_update();
            if let Some(entry) = self.journal.recent().after(self.number) {
                self.number = entry.number;
                return Some((entry, self.number != before + 1));
            }
            if self.number < head {
                // Too slow: go on with the newest.
                self.number = head - 1;
                continue;
            }
            self.head.changed().await.ok()?;
        }
    }
}
