//! The table of work in progress in `plenum.db`: a row each. The alarm engine decides what stands in it.

use plenum_core::work::Work;
use rusqlite::{Connection, params};

use super::{from_json, json, known};

const KEEP: &str = "insert or replace into work(id, is_over, work) values (?1, ?2, ?3)";
const OPEN: &str = "select id, work from work where is_over = 0 order by id";
const OVER: &str = "select id, work from work where is_over = 1";
const ONE: &str = "select id, work from work where id = ?1";
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

/// What is over.
pub(crate) fn over(connection: &Connection) -> rusqlite::Result<Vec<Work>> {
    let mut statement = connection.prepare_cached(OVER)?;
    known("work", statement.query([])?, |row| from_json(row, 1))
}

/// One, whatever became of it.
pub(crate) fn one(connection: &Connection, id: u64) -> rusqlite::Result<Option<Work>> {
    let mut statement = connection.prepare_cached(ONE)?;
    let id = i64::try_from(id).unwrap_or(i64::MAX);
    Ok(known("work", statement.query([id])?, |row| from_json(row, 1))?.pop())
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
