//! What the spool remembers beside its batches: how often the agent was started, which collector it follows, which commands it has had.

use plenum_protocol::streams::DatabaseId;
use rusqlite::types::Value;
use rusqlite::{Connection, params};

use super::{Spool, SpoolError, optional};

const COMMANDS_REMEMBERED: u32 = 1_000;

const START: &str = "start";
const DATABASE: &str = "database";

impl Spool {
    /// Counts the starts of the agent, also across crashes.
    pub fn next_start(&mut self) -> Result<u64, SpoolError> {
        let start = match starts(&self.connection)? {
            Some(start) => u64::from(start) + 1,
            // Never below what a collector has seen: an instant in seconds is above every count.
            None => match self.latest()? {
                Some(latest) if self.is_rescued => latest.milliseconds().unsigned_abs() / 1_000,
                _ => 1,
            },
        };
        write(&self.connection, START, Value::Integer(start.cast_signed()))?;
        Ok(start)
    }

    /// The collector's database that this agent follows.
    pub fn pinned(&self) -> Result<Option<DatabaseId>, SpoolError> {
        followed(&self.connection)
    }

    /// Remembers a command. Returns false if it was known already.
    pub fn remember_command(&mut self, id: &str) -> Result<bool, SpoolError> {
        let transaction = self.connection.transaction()?;
        let new = transaction.execute("insert or ignore into command(id) values (?1)", [id])? == 1;
        transaction.execute(
            "delete from command where number <= (select max(number) from command) - ?1",
            [COMMANDS_REMEMBERED],
        )?;
        transaction.commit()?;
        Ok(new)
    }
}

/// How often the agent was started.
pub(super) fn starts(connection: &Connection) -> Result<Option<u32>, SpoolError> {
    Ok(read(connection, START)?.and_then(|text| text.parse().ok()))
}

/// Goes on from so many starts.
pub(super) fn set_starts(connection: &Connection, starts: u32) -> Result<(), SpoolError> {
    write(connection, START, Value::Integer(i64::from(starts)))
}

/// The collector's database that is followed.
pub(super) fn followed(connection: &Connection) -> Result<Option<DatabaseId>, SpoolError> {
    Ok(read(connection, DATABASE)?.and_then(|text| text.parse().ok()))
}

/// Follows this database from now on.
pub(super) fn follow(connection: &Connection, database: &DatabaseId) -> Result<(), SpoolError> {
    write(connection, DATABASE, Value::Text(database.as_str().to_owned()))
}

/// What stands under a key, as text. What the card has changed counts as not there.
pub(super) fn read(connection: &Connection, key: &str) -> Result<Option<String>, SpoolError> {
    let found = optional(
        connection
            .prepare_cached("select value, seal from meta where key = ?1")?
            .query_row([key], |row| {
                Ok((row.get::<_, Value>(0)?, row.get::<_, Option<i64>>(1)?))
            }),
    )?;
    let Some((value, sealed)) = found else {
        return Ok(None);
    };
    let text = as_text(&value);
    if sealed.is_some_and(|sealed| sealed != seal(key, &text)) {
        tracing::error!(
            key,
            value = text,
            "the spool gives back other than was written: it is forgotten"
        );
        return Ok(None);
    }
    Ok(Some(text))
}

/// Keeps a value under a key.
pub(super) fn write(connection: &Connection, key: &str, value: Value) -> Result<(), SpoolError> {
    let seal = seal(key, &as_text(&value));
    connection.execute(
        "insert or replace into meta(key, value, seal) values (?1, ?2, ?3)",
        params![key, value, seal],
    )?;
    Ok(())
}

/// Forgets what stands under a key.
pub(super) fn remove(connection: &Connection, key: &str) -> Result<(), SpoolError> {
    connection.execute("delete from meta where key = ?1", [key])?;
    Ok(())
}

fn as_text(value: &Value) -> String {
    match value {
        Value::Integer(number) => number.to_string(),
        Value::Text(text) => text.clone(),
        Value::Null | Value::Real(_) | Value::Blob(_) => String::new(),
    }
}

fn seal(key: &str, text: &str) -> i64 {
    i64::from(crc32fast::hash(format!("{key}={text}").as_bytes()))
}
