//! Whose spool it is. A card that was copied holds another agent's readings; a person says what becomes of them.

#[cfg(test)]
mod tests;

use std::fs::File;
use std::path::{Path, PathBuf};

use plenum_protocol::streams::DatabaseId;
use plenum_protocol::{AgentName, Timestamp};
use rusqlite::types::Value;
use rusqlite::{Connection, params};

use super::number::Number;
use super::streams::{self, Stream};
use super::{SpoolError, batch, meta, schema};

const OWNER: &str = "owner";

/// Refuses a spool that is another agent's; one of nobody's, or of before it was asked, becomes this one's.
pub(super) fn refuse_another(
    connection: &Connection,
    path: &Path,
    name: &AgentName,
) -> Result<(), SpoolError> {
    match owner(connection)? {
        Some(owner) if owner != *name => Err(SpoolError::Owner {
            path: path.to_owned(),
            owner: Box::new(owner),
            name: Box::new(name.clone()),
        }),
        Some(_) => Ok(()),
        None => set_owner(connection, name),
    }
}

fn owner(connection: &Connection) -> Result<Option<AgentName>, SpoolError> {
    Ok(meta::read(connection, OWNER)?.and_then(|text| text.parse().ok()))
}

fn set_owner(connection: &Connection, name: &AgentName) -> Result<(), SpoolError> {
    meta::write(connection, OWNER, Value::Text(name.to_string()))
}

/// The spool of an agent that does not run, in the hands of a person.
pub struct SpoolAtRest {
    connection: Connection,
    _claim: File,
    path: PathBuf,
}

/// What a spool holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holding {
    /// Whose it is; absent if nobody has used it since spools know.
    pub owner: Option<AgentName>,
    /// The collector's database that it follows.
    pub follows: Option<DatabaseId>,
    /// Batches, acknowledged ones included.
    pub batches: u64,
    /// Readings in them.
    pub readings: u64,
    /// Batches that are not acknowledged.
    pub unsent_batches: u64,
    /// Readings in them.
    pub unsent_readings: u64,
    /// The first instant among the readings.
    pub from: Option<Timestamp>,
    /// The last instant among the readings.
    pub to: Option<Timestamp>,
}

impl SpoolAtRest {
    /// Opens it; absent if there is no file.
    ///
    /// # Errors
    /// Its agent runs, or it cannot be opened.
    pub fn open(path: &Path) -> Result<Option<Self>, SpoolError> {
        if !path.exists() {
            return Ok(None);
        }
        let claim = schema::claim(path)?;
        let connection = schema::open(path)?;
        schema::give_to_owner(path);
        Ok(Some(Self {
            connection,
            _claim: claim,
            path: path.to_owned(),
        }))
    }

    /// What it holds. Reads all of it.
    pub fn holding(&self) -> Result<Holding, SpoolError> {
        let count = |condition: &str| -> Result<(u64, u64), SpoolError> {
            let sql = format!(
                "select count(*), coalesce(sum(b.count), 0) from batch b join stream s on s.number = b.stream where {condition}"
            );
            Ok(self.connection.query_row(&sql, (), |row| {
                Ok((row.get::<_, Number>(0)?.0, row.get::<_, Number>(1)?.0))
            })?)
        };
        let ((batches, readings), (unsent_batches, unsent_readings)) =
            (count("true")?, count("b.seq > s.through")?);
        let (from, to): (Option<i64>, Option<i64>) = self.connection.query_row(
            "select min(from_at), max(to_at) from batch where synchronised = 1",
            (),
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        Ok(Holding {
            owner: owner(&self.connection)?,
            follows: meta::followed(&self.connection)?,
            batches,
            readings,
            unsent_batches,
            unsent_readings,
            from: from.map(Timestamp::from_milliseconds),
            to: to.map(Timestamp::from_milliseconds),
        })
    }

    /// It becomes this agent's with what is not acknowledged: under names that no collector has heard of, numbered from 1. What another name has
    /// delivered already is dropped.
    pub fn keep(&mut self, name: &AgentName) -> Result<(), SpoolError> {
        let transaction = self.connection.transaction()?;
        for stream in streams::load(&transaction)? {
            let Stream { number, held, .. } = &stream;
            if held.is_settled() {
                streams::forget_all(&transaction, *number)?;
                continue;
            }
            let through = held.through;
            transaction.execute(
                "delete from batch where stream = ?1 and seq <= ?2",
                params![number, Number(through)],
            )?;
            if through > 0 {
                batch::move_all(&transaction, *number, *number, -through.cast_signed())?;
            }
            transaction.execute("delete from acknowledged where stream = ?1", [number])?;
            transaction.execute(
                "update loss set first = max(1, first - ?2), last = last - ?2 where stream = ?1",
                params![number, Number(through)],
            )?;
            transaction.execute(
                "update stream set id = ?2, last = ?3, through = 0, told = 0 where number = ?1",
                params![number, streams::name().as_str(), Number(held.last - through)],
            )?;
        }
        set_owner(&transaction, name)?;
        transaction.commit()?;
        Ok(())
    }

    /// It becomes this agent's without anything of what it holds: no batch, no stream, no collector. The count of starts goes on.
    pub fn discard(self, name: &AgentName) -> Result<(), SpoolError> {
        let starts = meta::starts(&self.connection)?;
        // A log that is left beside a new file would be taken for its own.
        self.connection
            .query_row("pragma wal_checkpoint(TRUNCATE)", (), |_| Ok(()))?;
        drop(self.connection);
        let path = self.path;
        for suffix in ["-wal", "-shm"] {
            let file = schema::with_suffix(&path, suffix);
            if file.exists() {
                std::fs::remove_file(&file).map_err(|error| SpoolError::folder(&file, error))?;
            }
        }
        // Emptied and not made anew: it stays the user's under whom the agent runs, whoever says this.
        File::options()
            .write(true)
            .truncate(true)
            .open(&path)
            .and_then(|file| file.sync_all())
            .map_err(|error| SpoolError::folder(&path, error))?;
        let connection = schema::open(&path)?;
        if let Some(starts) = starts {
            meta::set_starts(&connection, starts)?;
        }
        set_owner(&connection, name)
    }
}
