//! SQLite files that can change. A file is brought to the tables that this program knows by numbered migrations, forward only, each in one
//! transaction with its number; a newer file, or another program's, is refused by name.
//!
//! `pragma user_version` is the number of the last migration, `pragma application_id` says whose file it is, and the table `migration` which
//! program ran each; these three stay for ever, so that an older program can say whose file it is refusing. A file from before there were
//! versions has tables and no owner: the first migration takes it as it is.

#[cfg(feature = "testing")]
pub mod testing;

use std::ffi::OsStr;
use std::fmt;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use rusqlite::fallible_iterator::FallibleIterator;
use rusqlite::{Batch, Connection, OpenFlags, OptionalExtension};

/// The version of the program that runs migrations, as the files name it.
pub const PROGRAM: &str = env!("CARGO_PKG_VERSION");

/// A kind of file.
#[derive(Debug, Clone, Copy)]
pub struct Store {
    /// Its name, for people.
    pub name: &'static str,
    /// What `pragma application_id` says in it.
    pub application_id: u32,
    /// Bytes a page; counts when the file is new.
    pub page_size: u32,
    /// What else can be done about a file of a newer program than to start that one.
    pub if_newer: &'static str,
    /// What can be done about a file that is another program's.
    pub if_foreign: &'static str,
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

/// The migrations of a folder below the crate's `migrations`, by name: `migrations!["spool": "0001-tables"]`.
#[macro_export]
macro_rules! migrations {
    ($folder:literal: $($name:literal),+ $(,)?) => {
        &[$($crate::Migration {
            name: $name,
            sql: include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/", $folder, "/", $name, ".sql")),
        }),+]
    };
}

/// Why a file is not for this program.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// A newer program has changed its tables.
    #[error(
        "plenum {program} has brought it to version {version}, and this is plenum {ours}, which knows versions up to {known}: \
         start plenum {program} or a newer one, or {otherwise}"
    )]
    Newer {
        /// The file's version.
        version: usize,
        /// The newest version that this program knows.
        known: usize,
        /// The version of the program that changed it.
        program: String,
        /// This program's version.
        ours: &'static str,
        /// What else can be done.
        otherwise: &'static str,
    },
    /// It is an SQLite database with something else in it.
    #[error("it is not a {wanted} of Plenum's: {advice}")]
    Foreign {
        /// What it should have been.
        wanted: &'static str,
        /// What can be done.
        advice: &'static str,
    },
}

/// Why a file is not opened.
#[derive(Debug)]
pub enum MigrationError {
    /// It is not for this program.
    Refused(Refusal),
    /// A migration does not go through; nothing of it was kept.
    Failed(Box<Unfinished>, rusqlite::Error),
    /// It cannot even be looked at.
    Sql(rusqlite::Error),
}

/// How far a file has come when a migration does not go through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unfinished {
    /// The migration's name.
    pub migration: &'static str,
    /// The file's version before this start.
    pub from: usize,
    /// The version that it is left at: the migrations before this one are kept.
    pub left: usize,
    /// What can be done about a file that was brought forward in part.
    pub otherwise: &'static str,
}

impl Unfinished {
    /// What can be done.
    pub fn advice(&self) -> &'static str {
        match self.left == self.from {
            true => "start the program that used the file last",
            false => self.otherwise,
        }
    }
}

/// Which migration, and what became of the file.
impl fmt::Display for Unfinished {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            migration,
            from,
            left,
            ..
        } = self;
        write!(formatter, "migration {migration} does not go through, and ")?;
        match left == from {
            true => write!(formatter, "nothing was changed"),
            false => write!(
                formatter,
                "the file was brought from version {from} to {left} before it and is left there"
            ),
        }
    }
}

impl From<rusqlite::Error> for MigrationError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(error)
    }
}

/// As [`check`], for a file that may not be there, before anything of it is touched: a file that is refused keeps its rights and what lies beside it.
///
/// # Errors
/// It is refused, or cannot be read.
pub fn look(path: &Path, store: &Store) -> Result<(), MigrationError> {
    if !path.exists() {
        return Ok(());
    }
    check(&read_only(path)?, store)
}

/// Opens a file for reading alone, so that nothing of it is touched nor made beside it where that can be avoided.
///
/// # Errors
/// It cannot be opened.
pub fn read_only(path: &Path) -> rusqlite::Result<Connection> {
    let name = path.as_os_str().as_bytes();
    let waiting = OsStr::from_bytes(&[name, b"-wal"].concat()).to_owned();
    // Only a write-ahead log can say more than the file; without one SQLite need not make its files beside it.
    let connection = match Path::new(&waiting).exists() {
        true => Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?,
        false => {
            let mut address = match path.is_absolute() {
                true => b"file://".to_vec(),
                false => b"file:".to_vec(),
            };
            for byte in name {
                match byte {
                    b'%' | b'?' | b'#' => address.extend_from_slice(format!("%{byte:02x}").as_bytes()),
                    _ => address.push(*byte),
                }
            }
            address.extend_from_slice(b"?immutable=1");
            let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
            Connection::open_with_flags(OsStr::from_bytes(&address), flags)?
        }
    };
    connection.busy_timeout(std::time::Duration::from_secs(5))?;
    Ok(connection)
}

/// Refuses a file of a newer program or of another; reads only.
///
/// # Errors
/// It is refused, or cannot be read.
pub fn check(connection: &Connection, store: &Store) -> Result<(), MigrationError> {
    let version = version(connection)?;
    let owner: u32 = connection.query_row("pragma application_id", [], |row| row.get(0))?;
    let tables: bool = connection.query_row("select exists (select 1 from sqlite_schema)", [], |row| {
        row.get(0)
    })?;
    // Spools of before called themselves 1.
    let unversioned =
        owner == 0 && version <= 1 && (!tables || connection.table_exists(None, store.known_by)?);
    if unversioned {
        return Ok(());
    }
    if owner != store.application_id {
        return Err(MigrationError::Refused(Refusal::Foreign {
            wanted: store.name,
            advice: store.if_foreign,
        }));
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
            otherwise: store.if_newer,
        }));
    }
    Ok(())
}

/// Runs what the file has not had yet. `before` is called before each statement, for tests that end there.
///
/// # Errors
/// A migration does not go through; nothing of it is kept.
pub fn migrate(
    connection: &Connection,
    store: &Store,
    before: &mut dyn FnMut(),
) -> Result<(), MigrationError> {
    // A migration that makes a table anew must not lose what refers to it; the check below finds what it broke.
    connection.pragma_update(None, "foreign_keys", false)?;
    let from = had(connection, store)?;
    for (migration, number) in store.migrations.iter().zip(1..) {
        if had(connection, store)? >= number {
            continue;
        }
        if let Err(error) = step(connection, store, migration, number, before) {
            if !connection.is_autocommit() {
                // It can only fail where SQLite has rolled back already.
                connection.execute_batch("rollback").ok();
            }
            let unfinished = Unfinished {
                migration: migration.name,
                from,
                left: number - 1,
                otherwise: store.if_newer,
            };
            return Err(MigrationError::Failed(Box::new(unfinished), error));
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
    if had(connection, store)? >= number {
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

/// The number of the last migration that the file has had; 0 in one from before there were versions, whatever it calls itself.
fn had(connection: &Connection, store: &Store) -> rusqlite::Result<usize> {
    let owner: u32 = connection.query_row("pragma application_id", [], |row| row.get(0))?;
    if owner == store.application_id {
        version(connection)
    } else {
        Ok(0)
    }
}

/// What the file says of its version.
///
/// # Errors
/// It cannot be read.
pub fn version(connection: &Connection) -> rusqlite::Result<usize> {
    connection.query_row("pragma user_version", [], |row| row.get(0))
}
