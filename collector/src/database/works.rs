//! The table of work in progress in `plenum.db`: a row each. The alarm engine decides what stands in it.

use plenum_core::work::Work;
use rusqlite::{Connection, params};

use super::{from_json, json, known};

const KEEP: &str = "insert or replace into work(id, is_over, work) values (?1, ?2, ?3)";
const OPEN: &str = "select id, work from work where is_over = 0 order by id";
const OVER: &str = "select id, work from work where is_over = 1 and id < ?1 order by id desc limit ?2";
const ALL: &str = "select id, work from work order by id";
const LAST: &str = "select coalesce(max(id), 0) from work";

/// Keeps some work as it stands.
pub(crate) fn keep(connection: &Connection, work: &Work) -> rusqlite::Result<()> {
    let row = params![work.id, work.is_over(), json(work)?];
    connection.prepare_cached(KEEP)?.execute(row).map(drop)
}

/// What is planned or goes on.
pub(crate) fn open(connection: &Connection) -> rusqlite::Result<Vec<Work>> {
    let mut statement = connection.prepare_cached(OPEN)?;
    known("work", statement.query([])?, |row| from_json(row, 1))
}

/// What is over, the newest first, before a number.
pub(crate) fn over(connection: &Connection, before: u64, limit: usize) -> rusqlite::Result<Vec<Work>> {
    let mut statement = connection.prepare_cached(OVER)?;
    let asked = params![i64::try_from(before).unwrap_or(i64::MAX), limit as i64];
    known("work", statement.query(asked)?, |row| from_json(row, 1))
}

/// All that ever was.
pub(crate) fn all(connection: &Connection) -> rusqlite::Result<Vec<Work>> {
    let mut statement = connection.prepare(ALL)?;
    known("work", statement.query([])?, |row| from_json(row, 1))
}

/// The highest number that was given.
pub(crate) fn last(connection: &Connection) -> rusqlite::Result<u64> {
    connection.query_row(LAST, [], |row| row.get(0))
}
