//! The journal's tables in `plenum.db`.

use rusqlite::{Connection, OptionalExtension, params};

use super::frame::Hash;

/// Entries, where the chain begins, where it was broken, what was found damaged, and who has read how far.
pub const SCHEMA: &str = "
create table if not exists journal(number integer primary key, blob blob not null) strict;
-- The last entry that was deleted: the chain goes on from its hash.
create table if not exists journal_base(
    only integer primary key check (only = 1), number integer not null, hash blob not null
) strict;
-- The first number after a hole that is known and was reported; the hash it continues from, if there is one.
-- Number 0 stands for the condition `journal-shortened` while it holds.
create table if not exists journal_break(number integer primary key, hash blob) strict;
create table if not exists journal_damaged(number integer not null, why text not null, blob blob not null) strict;
create table if not exists journal_reader(
    name text primary key, number integer not null, bounded integer not null
) strict, without rowid;
";

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
