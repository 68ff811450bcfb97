//! Reads the journal and keeps what the audit log is made of: line, checkpoint and cursor are one commit.

use std::path::PathBuf;
use std::sync::Arc;

use plenum_core::fact::{Audited, Entry, Item};
use plenum_protocol::{Clock, Duration, Steady};
use rusqlite::Connection;
use tokio_util::sync::CancellationToken;

use super::checkpoint::Checkpoint;
use super::key::Key;
use super::line::{self, GENESIS, Hash, Line};
use super::{Audit, head, table};
use crate::database::DatabaseError;
use crate::journal::{JournalError, Reader, store_cursor};

/// Lines that one commit takes at most.
const AT_ONCE: usize = 1_024;
/// How often what was counted is looked at, and a cursor is stored that moved without a line.
const EVERY: Duration = Duration::from_seconds(10);
/// After this a commit that failed is tried again.
const AGAIN: Duration = Duration::from_seconds(1);

/// The log's one writer.
pub struct Keeper {
    pub(super) audit: Audit,
    pub(super) reader: Reader,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) key: Arc<Key>,
    pub(super) folder: PathBuf,
    /// The newest checkpoint that was ever written: numbers go on above it, also where the log was cut.
    pub(super) floor: Option<(u64, Hash)>,
}

impl Keeper {
    /// Until it is stopped.
    ///
    /// # Errors
    /// The journal or the database cannot be read or written any more.
    pub async fn run(mut self, stop: CancellationToken) -> Result<(), JournalError> {
        let mut look_at = self.clock.steady() + EVERY;
        let mut stored = self.reader.number();
        loop {
            let entry = tokio::select! {
                biased;
                () = stop.cancelled() => {
                    // What was counted comes into the journal now, and into the log at the next start.
                    self.audit.tell_due(Steady::MAX).await;
                    return Ok(());
                }
                entry = self.reader.next() => Some(entry?),
                () = self.clock.sleep_until(look_at) => None,
            };
            if let Some(entry) = entry {
                let told = self.gather(&entry).await?;
                if !told.is_empty() {
                    self.keep(told, &stop).await?;
                    stored = self.reader.number();
                }
            }
            if self.clock.steady() >= look_at {
                look_at = self.clock.steady() + EVERY;
                self.audit.tell_due(self.clock.steady()).await;
                let number = self.reader.number();
                if number > stored && self.reader.advance(number).await.is_ok() {
                    stored = number;
                }
            }
        }
    }

    /// What this entry tells, and those behind it that are there already.
    async fn gather(&mut self, first: &Entry) -> Result<Vec<Audited>, JournalError> {
        let mut told = audited(first);
        while !told.is_empty()
            && told.len() < AT_ONCE
            && let Some(entry) = self.reader.try_next().await?
        {
            told.extend(audited(&entry));
        }
        Ok(told)
    }

    /// Writes lines; tries again until it is stopped: they were told as durable.
    async fn keep(&self, told: Vec<Audited>, stop: &CancellationToken) -> Result<(), DatabaseError> {
        let told = Arc::new(told);
        loop {
            match self.write(told.clone()).await {
                Ok(checkpoint) => {
                    let folder = self.folder.clone();
                    let written =
                        tokio::task::spawn_blocking(move || head::write(&folder, &checkpoint)).await;
                    if let Ok(Err(error)) = written {
                        tracing::error!(%error, "audit.head cannot be written");
                    }
                    return Ok(());
                }
                Err(error) if error.may_be_tried_again() && !stop.is_cancelled() => {
                    tracing::error!(%error, "the audit log cannot be written; it is tried again");
                    self.clock.sleep(AGAIN).await;
                }
                Err(error) => return Err(error),
            }
        }
    }

    async fn write(&self, told: Arc<Vec<Audited>>) -> Result<Checkpoint, DatabaseError> {
        let (key, floor, now) = (self.key.clone(), self.floor, self.clock.now());
        let (name, cursor) = (self.reader.name().to_owned(), self.reader.number());
        let write = move |connection: &Connection| {
            let newest = table::last(connection)?.max(floor);
            let (mut number, mut hash) = newest.unwrap_or((0, GENESIS));
            for audited in told.iter() {
                number += 1;
                let line = Line {
                    number,
                    audited: audited.clone(),
                };
                let bytes = line.bytes();
                hash = line::link(&hash, &line::digest(&bytes));
                table::add(connection, number, &bytes, &hash)?;
            }
            let checkpoint = Checkpoint::sign(&key, (number, hash), now);
            table::add_checkpoint(connection, &checkpoint)?;
            store_cursor(connection, &name, cursor)?;
            Ok(checkpoint)
        };
        self.audit.journal.database().write(write).await
    }
}

fn audited(entry: &Entry) -> Vec<Audited> {
    let of = |item: &Item| match item {
        Item::Audited(audited) => Some(audited.clone()),
        _ => None,
    };
    entry.items.iter().filter_map(of).collect()
}
