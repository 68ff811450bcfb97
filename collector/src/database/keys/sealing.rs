//! All that is sealed in one hand: what lies in clear, or under a former key, is sealed anew. Each step is a commit or a file of its own, so that whatever
//! moment it is killed in, it goes on at the next start: what is done is done, and the former key goes when nothing is left under it.

use std::collections::BTreeMap;
use std::path::Path;

use plenum_core::fact::KeyFlaw;
use plenum_protocol::Timestamp;
use rusqlite::Connection;
use tokio::sync::Mutex;

use super::file::Rewritten;
use super::{KeyError, KeyName, Keys, SealedFile, What, table};
use crate::database::{Database, DatabaseError, erasing};

/// Rows that one commit seals anew.
const AT_ONCE: usize = 64;

/// A row with a sealed value.
#[derive(Debug)]
pub struct SealedRow {
    /// Its number.
    pub number: i64,
    /// Its value.
    pub value: Vec<u8>,
    /// Whether that lies in clear.
    pub is_clear: bool,
}

/// A table of which each row has one sealed value.
#[derive(Debug, Clone, Copy)]
pub struct SealedTable {
    /// What the value of the row with this number is.
    pub what: fn(i64) -> What,
    /// So many rows at most behind this number, by their numbers.
    pub rows: fn(&Connection, i64, usize) -> rusqlite::Result<Vec<SealedRow>>,
    /// Puts a sealed value in place of what a row has.
    pub put: fn(&Connection, i64, &[u8]) -> rusqlite::Result<()>,
}

/// What is sealed here, and how it stands.
pub struct Sealing {
    keys: Keys,
    database: Database,
    tables: Vec<SealedTable>,
    files: Vec<SealedFile>,
    /// One at a time.
    busy: Mutex<()>,
}

/// Under which keys values lie.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lying {
    /// How many lie in clear.
    pub clear: usize,
    /// How many under each key.
    pub under: BTreeMap<KeyName, usize>,
}

/// What was sealed anew.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sealed {
    /// Values that lay in clear.
    pub clear: usize,
    /// Values that lay under another key.
    pub anew: usize,
    /// Values that do not open.
    pub left: usize,
    /// Former keys under which nothing is left, and which are gone from the file.
    pub gone: Vec<KeyName>,
}

/// Why it could not be done.
#[derive(Debug, thiserror::Error)]
pub enum SealingError {
    /// There is no key, or none can be put there.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A file with a sealed value.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: String,
        /// What the operating system says.
        source: std::io::Error,
    },
    /// The database could not.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

impl Sealing {
    /// Over these.
    pub fn new(keys: Keys, database: Database, tables: Vec<SealedTable>, files: Vec<SealedFile>) -> Self {
        Self {
            keys,
            database,
            tables,
            files,
            busy: Mutex::default(),
        }
    }

    /// The keys.
    pub fn keys(&self) -> &Keys {
        &self.keys
    }

    /// Seals all that lies in clear or under another key with the current one, and lets former keys go under which nothing is left. Called at each start.
    ///
    /// # Errors
    /// There is no key, or something cannot be read or written. What was done until then is done.
    pub async fn finish(&self) -> Result<Sealed, SealingError> {
        let _one = self.busy.lock().await;
        self.finish_alone().await
    }

    /// Makes a new key the current one, seals everything with it, and lets the one before go. Gives the new one's name.
    ///
    /// # Errors
    /// The keys are not Plenum's to change, or something cannot be read or written: the next start goes on.
    pub async fn rotate(&self, now: Timestamp) -> Result<(KeyName, Sealed), SealingError> {
        let _one = self.busy.lock().await;
        // One that was begun comes to its end first: two former keys would be one more than anybody expects.
        self.finish_alone().await?;
        let keys = self.keys.clone();
        let name = blocking(move || keys.begin_rotation()).await?;
        let remember = move |connection: &Connection| table::remember(connection, name, now);
        self.database.write(remember).await?;
        tracing::info!(key = %name, "the key was changed; what is sealed is sealed anew");
        Ok((name, self.finish_alone().await?))
    }

    /// Where everything lies.
    ///
    /// # Errors
    /// The database or a file cannot be read.
    pub async fn lying(&self) -> Result<Lying, SealingError> {
        let mut lying = Lying::default();
        for table in self.tables.clone() {
            let mut behind = i64::MIN;
            loop {
                let read = move |connection: &Connection| (table.rows)(connection, behind, AT_ONCE);
                let rows = self.database.read(read).await?;
                let Some(last) = rows.last() else { break };
                behind = last.number;
                rows.iter().for_each(|row| lying.add(&row.value, row.is_clear));
            }
        }
        for file in &self.files {
            if let Some(stored) = file.stored().map_err(|error| failed(file.path(), error))? {
                lying.add(&stored, !super::is_sealed(&stored));
            }
        }
        Ok(lying)
    }

    /// What is wrong with the keys: they cannot be used, the file does not hold the one in use, or something lies under another.
    ///
    /// # Errors
    /// The database or a file cannot be read.
    pub async fn flaw(&self) -> Result<Option<KeyFlaw>, SealingError> {
        let keys = self.keys.clone();
        if let Some(flaw) = blocking(move || Ok(keys.flaw())).await? {
            return Ok(Some(flaw));
        }
        let (mut held, lying) = (self.keys.former()?, self.lying().await?);
        held.push(self.keys.name()?);
        let others = lying.under.iter().filter(|(key, _)| !held.contains(key));
        let values: usize = others.map(|(_, values)| values).sum();
        let values = u64::try_from(values).unwrap_or(u64::MAX);
        Ok((values > 0).then_some(KeyFlaw::Another { values }))
    }

    async fn finish_alone(&self) -> Result<Sealed, SealingError> {
        self.keys.name()?;
        let mut sealed = Sealed::default();
        for table in &self.tables {
            self.seal_table(*table, &mut sealed).await?;
        }
        for file in &self.files {
            let done = file.seal_anew(&self.keys);
            sealed.count(done.map_err(|error| failed(file.path(), error))?);
        }
        let former = self.keys.former()?;
        // Former keys are there until this went through: what was sealed anew before a kill may not have come into the file yet.
        self.erase(sealed.clear + sealed.anew > 0 || !former.is_empty())
            .await?;
        if !former.is_empty() {
            let lying = self.lying().await?;
            let done: Vec<KeyName> = former
                .into_iter()
                .filter(|key| !lying.under.contains_key(key))
                .collect();
            sealed.gone = self.let_go(done).await?;
        }
        Ok(sealed)
    }

    async fn seal_table(&self, table: SealedTable, sealed: &mut Sealed) -> Result<(), SealingError> {
        let mut behind = i64::MIN;
        loop {
            let keys = self.keys.clone();
            let write = move |connection: &Connection| {
                erasing(connection, |connection| {
                    seal_rows(connection, &keys, table, behind)
                })
            };
            let (last, done) = self.database.write(write).await?;
            done.into_iter().for_each(|done| sealed.count(done));
            match last {
                Some(last) => behind = last,
                None => return Ok(()),
            }
        }
    }

    /// Nothing of what was replaced stays readable in the database's files: it was overwritten as it was replaced, so the log of writes is emptied; once, after
    /// what lay in clear, the file is written anew.
    async fn erase(&self, anything: bool) -> Result<(), SealingError> {
        if self.database.read(table::has_clear_remains).await? {
            self.database.rewrite().await?;
            self.database.write(table::no_clear_remains).await?;
        } else if anything {
            self.database.checkpoint().await?;
        }
        Ok(())
    }

    async fn let_go(&self, done: Vec<KeyName>) -> Result<Vec<KeyName>, SealingError> {
        let keys = self.keys.clone();
        let wanted = done.clone();
        match blocking(move || keys.forget(&wanted)).await? {
            Rewritten::Done => Ok(done),
            Rewritten::NotOurs => {
                for key in &done {
                    let path = self.keys.path().display();
                    tracing::warn!(%key, %path, "nothing is left under this key, and its file is not Plenum's to change: take its line out");
                }
                Ok(Vec::new())
            }
        }
    }
}

/// What became of one value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Done {
    /// It was sealed as it should be.
    Nothing,
    /// It lay in clear.
    Clear,
    /// It lay under another key.
    Anew,
    /// It does not open.
    Left,
}

/// Seals some rows behind this number anew; gives the last number, if there were any.
fn seal_rows(
    connection: &Connection,
    keys: &Keys,
    table: SealedTable,
    behind: i64,
) -> rusqlite::Result<(Option<i64>, Vec<Done>)> {
    let rows = (table.rows)(connection, behind, AT_ONCE)?;
    let last = rows.last().map(|row| row.number);
    let mut seen = Vec::with_capacity(rows.len());
    for row in rows {
        let what = (table.what)(row.number);
        let done = match keys.seal_anew(what, &row.value, row.is_clear) {
            Ok(Some(value)) => {
                (table.put)(connection, row.number, &value)?;
                if row.is_clear { Done::Clear } else { Done::Anew }
            }
            Ok(None) => Done::Nothing,
            Err(error) => {
                tracing::error!(%error, "it is left as it is");
                Done::Left
            }
        };
        seen.push(done);
    }
    Ok((last, seen))
}

impl Sealed {
    fn count(&mut self, done: Done) {
        match done {
            Done::Nothing => {}
            Done::Clear => self.clear += 1,
            Done::Anew => self.anew += 1,
            Done::Left => self.left += 1,
        }
    }
}

impl Lying {
    fn add(&mut self, value: &[u8], is_clear: bool) {
        match super::key_of(value).filter(|_| !is_clear) {
            Some(key) => *self.under.entry(key).or_default() += 1,
            None => self.clear += 1,
        }
    }
}

fn failed(path: &Path, source: std::io::Error) -> SealingError {
    SealingError::File {
        path: path.display().to_string(),
        source,
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, KeyError> + Send + 'static,
) -> Result<T, SealingError> {
    let done = tokio::task::spawn_blocking(work).await;
    Ok(done.map_err(|_| KeyError::Aborted)??)
}
