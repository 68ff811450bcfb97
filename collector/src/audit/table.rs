//! The audit log's rows: statements alone, each a function of a connection, so that one commit can hold several.

use plenum_core::fact::Audited;
use plenum_protocol::Timestamp;
use rusqlite::{Connection, OptionalExtension, Result, Row, params};

use super::checkpoint::Checkpoint;
use super::line::{Hash, Line};
use crate::database::{from_json, json};

/// Of each so many lines one checkpoint is kept: where lines were written anew is known to this.
const BLOCK: u64 = 256;
/// When a line says that it was; nothing where it cannot be read. Word for word as the index has it.
const AT: &str = "case when json_valid(cast(line as text)) then json_extract(cast(line as text), '$.at') end";

/// The newest line's number and hash.
pub(super) fn last(connection: &Connection) -> Result<Option<(u64, Hash)>> {
    connection
        .prepare_cached("select number, hash from audit order by number desc limit 1")?
        .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()
}

pub(super) fn add(connection: &Connection, number: u64, line: &[u8], hash: &Hash) -> Result<()> {
    connection
        .prepare_cached("insert into audit (number, line, hash) values (?1, ?2, ?3)")?
        .execute(params![number, line, hash])?;
    Ok(())
}

/// Adds a checkpoint; of those before it in its block none is needed any more.
pub(super) fn add_checkpoint(connection: &Connection, new: &Checkpoint) -> Result<()> {
    let block = new.number / BLOCK * BLOCK;
    connection
        .prepare_cached("delete from audit_checkpoint where number >= ?1 and number < ?2")?
        .execute(params![block, new.number])?;
    connection
        .prepare_cached(
            "insert or replace into audit_checkpoint (number, at, hash, signature) values (?1, ?2, ?3, ?4)",
        )?
        .execute(params![
            new.number,
            new.at.milliseconds(),
            new.hash,
            new.signature
        ])?;
    Ok(())
}

pub(super) fn checkpoints(connection: &Connection) -> Result<Vec<Checkpoint>> {
    let mut statement = connection
        .prepare_cached("select number, at, hash, signature from audit_checkpoint order by number")?;
    let one = |row: &Row<'_>| {
        Ok(Checkpoint {
            number: row.get(0)?,
            at: Timestamp::from_milliseconds(row.get(1)?),
            hash: row.get(2)?,
            signature: row.get(3)?,
        })
    };
    statement.query_map([], one)?.collect()
}

/// Lines as they are stored behind a number, up to another, in order.
pub(super) fn stored(
    connection: &Connection,
    (after, last): (u64, u64),
    limit: u64,
) -> Result<Vec<(u64, Vec<u8>, Hash)>> {
    let mut statement = connection.prepare_cached(
        "select number, line, hash from audit where number > ?1 and number <= ?2 order by number limit ?3",
    )?;
    statement
        .query_map([after, last, limit], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })?
        .collect()
}

/// The newest lines with a number below this one. One that cannot be read any more is left out: `verify` names it.
pub(super) fn newest(connection: &Connection, before: u64, limit: u64) -> Result<Vec<Line>> {
    let mut statement = connection
        .prepare_cached("select line from audit where number < ?1 order by number desc limit ?2")?;
    let lines = statement.query_map(params![before, limit], |row| row.get::<_, Vec<u8>>(0))?;
    let read = lines.map(|bytes| Ok(Line::read(&bytes?)));
    read.filter_map(Result::transpose).collect()
}

fn period_statement() -> String {
    format!(
        "select line from audit where ({AT}, number) > (?1, ?2) and {AT} < ?3 order by {AT}, number limit ?4"
    )
}

/// How SQLite goes about it, in lower case.
#[cfg(test)]
pub(super) fn plan_of_a_period(connection: &Connection) -> Result<String> {
    let mut statement = connection.prepare(&format!("explain query plan {}", period_statement()))?;
    let steps = statement.query_map(params!["", 0, "", 0], |row| row.get::<_, String>(3))?;
    Ok(steps.collect::<Result<Vec<_>>>()?.join("; ").to_lowercase())
}

/// Lines of a period behind this one, the oldest first. Their instant is as the index of `0021-audit-instants` reads it.
pub(super) fn between(
    connection: &Connection,
    (from, to): (Timestamp, Timestamp),
    after: Option<(Timestamp, u64)>,
    limit: u64,
) -> Result<Vec<Line>> {
    let mut statement = connection.prepare_cached(&period_statement())?;
    // Numbers begin at 1.
    let (at, number) = after.unwrap_or((from, 0));
    let lines = statement.query_map(params![at.to_string(), number, to.to_string(), limit], |row| {
        row.get::<_, Vec<u8>>(0)
    })?;
    let read = lines.map(|bytes| Ok(Line::read(&bytes?)));
    read.filter_map(Result::transpose).collect()
}

/// Writes down what is about to be done.
pub(super) fn begin(connection: &Connection, audited: &Audited) -> Result<i64> {
    connection.execute("insert into audit_begun (audited) values (?1)", [json(audited)?])?;
    Ok(connection.last_insert_rowid())
}

pub(super) fn end(connection: &Connection, id: i64) -> Result<()> {
    connection.execute("delete from audit_begun where id = ?1", [id])?;
    Ok(())
}

/// Takes what was begun and never ended.
pub(super) fn take_begun(connection: &Connection) -> Result<Vec<Audited>> {
    let mut statement = connection.prepare("select audited from audit_begun order by id")?;
    let begun = statement.query_map([], |row| from_json(row, 0))?;
    let begun = begun.collect::<Result<Vec<Audited>>>()?;
    connection.execute("delete from audit_begun", [])?;
    Ok(begun)
}
