//! What is remembered of jobs that say that they ran: a row each. Nothing else reads or writes their table.

use plenum_protocol::{Identifier, Timestamp};
use rusqlite::{Connection, Row as SqlRow, params};

use crate::database::text;

/// What is remembered of a job, by the wall clock: for people to read, and for the next start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// When the site first had it.
    pub placed_at: Timestamp,
    /// When it last said that it ran.
    pub ran_at: Option<Timestamp>,
    /// When the run began that is not over.
    pub started_at: Option<Timestamp>,
    /// When it said that it failed, if it has not run since.
    pub failed_at: Option<Timestamp>,
    /// What it said of that.
    pub why: String,
}

impl Row {
    pub(super) fn placed(at: Timestamp) -> Self {
        Self {
            placed_at: at,
            ran_at: None,
            started_at: None,
            failed_at: None,
            why: String::new(),
        }
    }
}

fn instant(row: &SqlRow<'_>, column: usize) -> rusqlite::Result<Option<Timestamp>> {
    let at: Option<i64> = row.get(column)?;
    Ok(at.map(Timestamp::from_milliseconds))
}

pub(super) fn all(connection: &Connection) -> rusqlite::Result<Vec<(Identifier, Row)>> {
    connection
        .prepare_cached("select id, placed_at, ran_at, started_at, failed_at, why from heartbeat")?
        .query_map([], |row| {
            let known = Row {
                placed_at: Timestamp::from_milliseconds(row.get(1)?),
                ran_at: instant(row, 2)?,
                started_at: instant(row, 3)?,
                failed_at: instant(row, 4)?,
                why: row.get(5)?,
            };
            Ok((text(row, 0)?, known))
        })?
        .collect()
}

pub(super) fn write(connection: &Connection, id: &Identifier, row: &Row) -> rusqlite::Result<()> {
    let milliseconds = |at: Option<Timestamp>| at.map(Timestamp::milliseconds);
    connection
        .prepare_cached(
            "insert or replace into heartbeat(id, placed_at, ran_at, started_at, failed_at, why) values (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![
            id.as_str(),
            row.placed_at.milliseconds(),
            milliseconds(row.ran_at),
            milliseconds(row.started_at),
            milliseconds(row.failed_at),
            row.why
        ])?;
    Ok(())
}

pub(super) fn forget(connection: &Connection, id: &Identifier) -> rusqlite::Result<()> {
    connection
        .prepare_cached("delete from heartbeat where id = ?1")?
        .execute([id.as_str()])?;
    Ok(())
}
