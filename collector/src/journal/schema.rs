//! The journal's tables in `plenum.db`.

use rusqlite::{Connection, OptionalExtension, params};

use super::frame::Hash;

pub(super) fn base(connection: &Connection) -> rusqlite::Result<Option<(u64, Hash)>> {
    connection
        .query_row("select number, hash from journal_base", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .optional()
}

pub(super) fn set_base(connection: &Connection, number: u64, hash: &Hash) -> rusqlite::Result<()> {
    connection
        .prepare_cached("insert or replace into journal_base values (1, ?1, ?2)")?
        .execute(params![number, hash])?;
    Ok(())
}

/// `None`: no break. `Some(None)`: a break whose hash before is unknown.
pub(super) fn break_before(connection: &Connection, number: u64) -> rusqlite::Result<Option<Option<Hash>>> {
    connection
        .prepare_cached("select hash from journal_break where number = ?1")?
        .query_row([number], |row| row.get(0))
        .optional()
}

pub(super) fn add_break(connection: &Connection, number: u64, hash: Option<&Hash>) -> rusqlite::Result<()> {
    connection
        .prepare_cached("insert or replace into journal_break values (?1, ?2)")?
        .execute(params![number, hash])?;
    Ok(())
}

/// Keeps an entry that holds items of a later program, for that program: the journal lets go of it. One that an earlier version put there before
/// it went is there already.
pub(super) fn keep(connection: &Connection, number: u64, blob: &[u8]) -> rusqlite::Result<()> {
    connection
        .prepare_cached("insert or ignore into journal_unknown values (?1, ?2)")?
        .execute(params![number, blob])?;
    Ok(())
}
