//! The audit log: who did, read or was refused what. Each line is a fact in the journal; from there it comes into a table of its own, which outlives the journal, in a
//! chain of its own with signed checkpoints.
//!
//! What changes something is written down before it is done, and told when it is answered: where the program ends in between, the next start tells that it was begun.

mod checkpoint;
mod head;
mod keeper;
mod key;
mod line;
mod repeats;
pub mod syslog;
mod table;
mod verify;

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use plenum_core::fact::{Audited, Item};
use plenum_protocol::{Clock, Steady, Timestamp};

use crate::database::DatabaseError;
use crate::database::keys::{Keys, SealedFile};
use crate::journal::{Journal, JournalError};
use checkpoint::Checkpoint;
pub use keeper::Keeper;
use key::Key;
pub use key::{PublicKey, PublicKeyError};
pub use line::Line;
use repeats::Repeats;
pub use verify::{Flaw, Verifier};

/// The name of its reader.
const READER: &str = "audit";
/// Lines that an export reads at a time.
const PAGE: u64 = 1_000;

/// Why the audit log cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// The key or the file beside it.
    #[error("{path}: {source}")]
    File {
        /// The folder.
        path: String,
        /// What is wrong.
        source: std::io::Error,
    },
    /// The journal cannot be read.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The database could not.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

/// Where whoever does something says so. Cheap to clone.
#[derive(Clone)]
pub struct Audit {
    journal: Journal,
    clock: Arc<dyn Clock>,
    repeats: Arc<Mutex<Repeats>>,
    public: PublicKey,
}

/// What was begun and is to be ended.
#[derive(Debug)]
#[must_use = "what is begun is told when it is ended"]
pub struct Begun(i64);

/// Where the key lies that signs the log of this folder.
pub fn key_file(folder: &Path) -> SealedFile {
    key::file(folder)
}

impl Audit {
    /// The log of this folder, and its keeper, which is to be run. Tells what was begun and not answered before the program ended.
    pub async fn open(
        folder: &Path,
        journal: Journal,
        clock: Arc<dyn Clock>,
        keys: &Keys,
    ) -> Result<(Self, Keeper), AuditError> {
        let failed = |source| AuditError::File {
            path: folder.display().to_string(),
            source,
        };
        let key = Key::open(folder, keys).map_err(failed)?;
        let public = key.public();
        let floor = head::read(folder).filter(|newest| newest.is_of(&public));
        let last = journal
            .database()
            .read(table::last)
            .await?
            .map_or(0, |(number, _)| number);
        if let Some(newest) = floor.as_ref().filter(|newest| newest.number > last) {
            let gone = newest.number - last;
            tracing::error!(
                gone,
                "the audit log ends before lines that were signed: `plenum audit verify`"
            );
        }
        let audit = Self {
            journal: journal.clone(),
            clock: clock.clone(),
            repeats: Arc::default(),
            public,
        };
        let begun = |connection: &rusqlite::Connection, group: &mut crate::journal::Group| {
            for audited in table::take_begun(connection)? {
                group.push(Item::Audited(audited));
            }
            Ok(())
        };
        journal.append_with(begun).await?;
        let keeper = Keeper {
            audit: audit.clone(),
            reader: journal.reader(READER).await?,
            clock,
            key: Arc::new(key),
            folder: folder.to_owned(),
            floor: floor.map(|newest| (newest.number, newest.hash)),
        };
        Ok((audit, keeper))
    }

    /// Something is about to be done: it is on the disk when this comes back. Its status is that of what is never ended.
    pub async fn begin(&self, audited: &Audited) -> Result<Begun, DatabaseError> {
        let begun = Audited {
            status: 0,
            ..audited.clone()
        };
        let write = move |connection: &rusqlite::Connection| table::begin(connection, &begun);
        Ok(Begun(self.journal.database().write(write).await?))
    }

    /// It was answered.
    pub async fn end(&self, begun: Option<Begun>, audited: Audited) -> Result<(), DatabaseError> {
        let end = move |connection: &rusqlite::Connection, group: &mut crate::journal::Group| {
            if let Some(Begun(id)) = begun {
                table::end(connection, id)?;
            }
            group.push(Item::Audited(audited));
            Ok(())
        };
        self.journal.append_with(end).await
    }

    /// Something that may come again and again: a look, or what was refused. The first of its kind is told now, the others as one.
    pub async fn tell(&self, audited: Audited) -> Result<(), DatabaseError> {
        let first = self.repeats().take(audited, self.clock.steady());
        match first {
            Some(audited) => self.end(None, audited).await,
            None => Ok(()),
        }
    }

    /// As [`Self::tell`], for what was begun.
    pub async fn end_refused(&self, begun: Option<Begun>, audited: Audited) -> Result<(), DatabaseError> {
        let first = self.repeats().take(audited, self.clock.steady());
        match (first, begun) {
            (Some(audited), begun) => self.end(begun, audited).await,
            (None, Some(Begun(id))) => {
                let end = move |connection: &rusqlite::Connection| table::end(connection, id);
                self.journal.database().write(end).await
            }
            (None, None) => Ok(()),
        }
    }

    /// Tells what was counted and whose while is over.
    async fn tell_due(&self, now: Steady) {
        let due = self.repeats().due(now);
        if due.is_empty() {
            return;
        }
        let items = due.into_iter().map(Item::Audited).collect();
        if let Err(error) = self.journal.append(items).await {
            tracing::error!(%error, "how often something was refused or looked at cannot be written");
        }
    }

    /// Lines with a number below this one, the newest first.
    pub async fn before(&self, number: u64, limit: u64) -> Result<Vec<Line>, DatabaseError> {
        let read = move |connection: &rusqlite::Connection| table::newest(connection, number, limit);
        self.journal.database().read(read).await
    }

    /// Lines of a period, the oldest first, behind one of them: a page at a time, read by the index of their instants.
    pub async fn between(
        &self,
        period: (Timestamp, Timestamp),
        after: Option<(Timestamp, u64)>,
        limit: u64,
    ) -> Result<Vec<Line>, DatabaseError> {
        let read = move |connection: &rusqlite::Connection| table::between(connection, period, after, limit);
        self.journal.database().read(read).await
    }

    /// Begins an export of what is there now.
    pub async fn export(&self) -> Result<Export, DatabaseError> {
        // Lines and their checkpoint are one commit: seen at one instant, as a read is, they belong together.
        let read = |connection: &rusqlite::Connection| {
            Ok((table::last(connection)?, table::checkpoints(connection)?))
        };
        let (last, checkpoints) = self.journal.database().read(read).await?;
        Ok(Export {
            journal: self.journal.clone(),
            after: 0,
            last: last.map_or(0, |(number, _)| number),
            checkpoints: Some(checkpoints),
        })
    }

    /// What its checkpoints are checked with.
    pub fn public_key(&self) -> PublicKey {
        self.public
    }
}

impl Audit {
    fn repeats(&self) -> MutexGuard<'_, Repeats> {
        self.repeats.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An export on its way: lines, and at the end the checkpoints.
pub struct Export {
    journal: Journal,
    after: u64,
    last: u64,
    checkpoints: Option<Vec<Checkpoint>>,
}

impl Export {
    /// The next piece: whole lines. `None` at the end.
    pub async fn next(&mut self) -> Result<Option<String>, DatabaseError> {
        let (after, last) = (self.after, self.last);
        let read = move |connection: &rusqlite::Connection| table::stored(connection, (after, last), PAGE);
        let lines = self.journal.database().read(read).await?;
        if let Some((number, ..)) = lines.last() {
            self.after = *number;
            let text = lines
                .iter()
                .map(|(_, bytes, hash)| line::with_hash(bytes, hash).replace('\n', " ") + "\n");
            return Ok(Some(text.collect()));
        }
        let checkpoints = self.checkpoints.take();
        Ok(checkpoints.map(|all| all.iter().map(|checkpoint| checkpoint.text() + "\n").collect()))
    }
}

#[cfg(test)]
mod tests;
