//! Brings a file to the tables that this program knows: numbered migrations, forward only, each in one transaction with its number.
//!
//! `pragma user_version` is the number of the last migration, `pragma application_id` says whose file it is, and the table `migration` which
//! program ran each; these three stay for ever, so that an older program can say whose file it is refusing. A file from before there were
//! versions has number 0 and tables: the first migration takes it as it is.

use rusqlite::fallible_iterator::FallibleIterator;
use rusqlite::{Batch, Connection, OptionalExtension};

use super::error::Refusal;

/// A kind of file.
#[derive(Debug, Clone, Copy)]
pub struct Store {
    /// Its name, for people.
    pub name: &'static str,
    /// What `pragma application_id` says in it.
    pub application_id: u32,
    /// Bytes a page; counts when the file is new.
    pub page_size: u32,
    /// A table by which a file from before there were versions is known.
    pub known_by: &'static str,
    /// What brings it from nothing to this program's tables: the first is number 1.
    pub migrations: &'static [Migration],
}

/// One step from a version of the tables to the next.
#[derive(Debug, Clone, Copy)]
pub struct Migration {
    /// Its file's name without `.sql`, as `0001-tables`.
    pub name: &'static str,
    /// Its statements.
    pub sql: &'static str,
}

/// The program that runs migrations, as the files name it.
const PROGRAM: &str = env!("CARGO_PKG_VERSION");

/// Why a file is not opened.
#[derive(Debug)]
pub(super) enum MigrationError {
    /// It is not for this program.
    Refused(Refusal),
    /// A migration does not go through; nothing of it was kept.
    Failed(&'static str, rusqlite::Error),
    /// It cannot even be looked at.
    Sql(rusqlite::Error),
}

impl From<rusqlite::Error> for MigrationError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(error)
    }
}

/// Refuses a file of a newer program or of another; reads only.
pub(super) fn check(connection: &Connection, store: &Store) -> Result<(), MigrationError> {
    let version = version(connection)?;
    let owner: u32 = connection.query_row("pragma application_id", [], |row| row.get(0))?;
    let tables: bool = connection.query_row("select exists (select 1 from sqlite_schema)", [], |row| {
        row.get(0)
    })?;
    let unversioned =
        owner == 0 && version == 0 && (!tables || connection.table_exists(None, store.known_by)?);
    if owner != store.application_id && !unversioned {
        return Err(MigrationError::Refused(Refusal::Foreign { wanted: store.name }));
    }
    let known = store.migrations.len();
    if version > known {
        let wrote = "select program from migration where version = ?1";
        let program = match connection.table_exists(None, "migration")? {
            true => connection
                .query_row(wrote, [version], |row| row.get(0))
                .optional()?,
            false => None,
        };
        return Err(MigrationError::Refused(Refusal::Newer {
            version,
            known,
            program: program.unwrap_or_else(|| "a newer program".to_owned()),
            ours: PROGRAM,
        }));
    }
    Ok(())
}

/// Runs what the file has not had yet. `before` is called before each statement, for tests that end there.
pub(super) fn migrate(
    connection: &Connection,
    store: &Store,
    before: &mut dyn FnMut(),
) -> Result<(), MigrationError> {
    // A migration that makes a table anew must not lose what refers to it; the check below finds what it broke.
    connection.pragma_update(None, "foreign_keys", false)?;
    for (migration, number) in store.migrations.iter().zip(1..) {
        if version(connection)? >= number {
            continue;
        }
        if let Err(error) = step(connection, store, migration, number, before) {
            if !connection.is_autocommit() {
                // It can only fail where SQLite has rolled back already.
                connection.execute_batch("rollback").ok();
            }
            return Err(MigrationError::Failed(migration.name, error));
        }
    }
    Ok(())
}

fn step(
    connection: &Connection,
    store: &Store,
    migration: &Migration,
    number: usize,
    before: &mut dyn FnMut(),
) -> rusqlite::Result<()> {
    run(connection, "begin immediate", before)?;
    if version(connection)? >= number {
        // Another process was faster.
        return connection.execute_batch("rollback");
    }
    run(connection, migration.sql, before)?;
    let marks = format!(
        "insert into migration values ({number}, '{}', '{PROGRAM}');
         pragma application_id = {};
         pragma user_version = {number};",
        migration.name, store.application_id
    );
    run(connection, &marks, before)?;
    let broken = |row: &rusqlite::Row<'_>| row.get::<_, String>(0);
    let broken = connection
        .query_row("pragma foreign_key_check", [], broken)
        .optional()?;
    if let Some(table) = broken {
        let message = format!("rows of `{table}` refer to rows that are gone");
        return Err(rusqlite::Error::ToSqlConversionFailure(message.into()));
    }
    run(connection, "commit", before)
}

fn run(connection: &Connection, sql: &str, before: &mut dyn FnMut()) -> rusqlite::Result<()> {
    let mut batch = Batch::new(connection, sql);
    while let Some(mut statement) = batch.next()? {
        before();
        let mut rows = statement.raw_query();
        while rows.next()?.is_some() {}
    }
    Ok(())
}

/// The number of the last migration that the file has had.
fn version(connection: &Connection) -> rusqlite::Result<usize> {
    connection.query_row("pragma user_version", [], |row| row.get(0))
}

#[cfg(test)]
mod tests;
