//! The spool's tables, how its file is opened, and what happens to one that cannot be read.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

use plenum_protocol::Timestamp;
use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::SpoolError;

const VERSION: i64 = 1;

const TABLES: &str = "
    CREATE TABLE meta(key TEXT PRIMARY KEY, value ANY) STRICT, WITHOUT ROWID;
    -- Each boot in which this spool was written; offset (ms) makes a wall clock of its boot clock, once it was synchronised.
    CREATE TABLE boot(number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, offset INTEGER) STRICT;
    -- last: the highest seq ever spooled; through: acknowledged up to here; latest: the newest instant by a synchronised clock.
    CREATE TABLE stream(number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, urgent INTEGER NOT NULL,
        last INTEGER NOT NULL, through INTEGER NOT NULL, latest INTEGER) STRICT;
    CREATE TABLE batch(number INTEGER PRIMARY KEY, stream INTEGER NOT NULL, seq INTEGER NOT NULL,
        boot INTEGER NOT NULL, boot_clock INTEGER NOT NULL, wall INTEGER NOT NULL, synchronised INTEGER NOT NULL,
        count INTEGER NOT NULL, from_at INTEGER NOT NULL, to_at INTEGER NOT NULL, bytes INTEGER NOT NULL,
        records BLOB NOT NULL, UNIQUE(stream, seq)) STRICT;
    -- When which part of a stream was acknowledged; at is absent while the clock is free.
    CREATE TABLE acknowledged(stream INTEGER NOT NULL, through INTEGER NOT NULL, at INTEGER,
        PRIMARY KEY(stream, through)) STRICT, WITHOUT ROWID;
    -- What went of a stream before it was acknowledged, joined; from_at and to_at are absent where no clock knew them.
    CREATE TABLE loss(stream INTEGER PRIMARY KEY, first INTEGER NOT NULL, last INTEGER NOT NULL, count INTEGER NOT NULL,
        from_at INTEGER, to_at INTEGER, why TEXT NOT NULL) STRICT;
    CREATE TABLE command(number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE) STRICT;
";

/// Opens the file for writing; makes it if there is none. One that is damaged is moved aside: the second part of the
/// answer is then its new name.
pub(super) fn open(path: &Path, now: Timestamp) -> Result<(Connection, Option<PathBuf>), SpoolError> {
    let suspect = suspect_mark(path);
    if !suspect.exists() {
        match open_sound(path) {
            Ok(connection) => return Ok((connection, None)),
            Err(error) if is_damage(&error) => {
                tracing::error!(path = %path.display(), %error, "the spool is damaged");
            }
            Err(error) => return Err(SpoolError::open(path, error)),
        }
    }
    let aside = move_aside(path, now).map_err(|error| SpoolError::folder(path, error))?;
    if suspect.exists() {
        std::fs::remove_file(&suspect).map_err(|error| SpoolError::folder(&suspect, error))?;
    }
    let connection = open_sound(path).map_err(|error| SpoolError::open(path, error))?;
    Ok((connection, Some(aside)))
}

/// Makes sure that no other agent uses the file; the answer holds it until it is dropped.
pub(super) fn claim(path: &Path) -> Result<File, SpoolError> {
    make_folder(path)?;
    let mark = with_suffix(path, ".lock");
    let file = File::create(&mark).map_err(|error| SpoolError::folder(&mark, error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(SpoolError::InUse(path.to_owned())),
        Err(TryLockError::Error(error)) => Err(SpoolError::folder(&mark, error)),
    }
}

fn make_folder(path: &Path) -> Result<(), SpoolError> {
    match path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        Some(folder) => std::fs::create_dir_all(folder).map_err(|error| SpoolError::folder(folder, error)),
        None => Ok(()),
    }
}

/// Opens the file for reading beside the writer.
pub(super) fn open_reader(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    connection
        .execute_batch("PRAGMA busy_timeout = 5000; PRAGMA cache_size = -256; PRAGMA mmap_size = 0;")?;
    Ok(connection)
}

/// The file whose existence says that the spool was found damaged while it was in use.
pub(super) fn suspect_mark(path: &Path) -> PathBuf {
    with_suffix(path, ".suspect")
}

/// Whether an error means that the file does not hold what was written.
pub(super) fn is_damage(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase)
    )
}

fn open_sound(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    connection.execute_batch(
        "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -512;
         PRAGMA mmap_size = 0; PRAGMA temp_store = MEMORY; PRAGMA journal_size_limit = 1048576;
         PRAGMA wal_autocheckpoint = 256;",
    )?;
    let version: i64 = connection.query_row("PRAGMA user_version", (), |row| row.get(0))?;
    if version == 0 {
        connection.execute_batch(&format!(
            "BEGIN IMMEDIATE; {TABLES} PRAGMA user_version = {VERSION}; COMMIT;"
        ))?;
    }
    let clean: Option<i64> =
        super::optional(
            connection.query_row("SELECT value FROM meta WHERE key = 'clean'", (), |row| row.get(0)),
        )?;
    if clean == Some(0) {
        let verdict: String = connection.query_row("PRAGMA quick_check(1)", (), |row| row.get(0))?;
        if verdict != "ok" {
            tracing::error!(path = %path.display(), verdict, "the spool failed its check");
            return Err(rusqlite::Error::SqliteFailure(
                rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CORRUPT),
                Some(verdict),
            ));
        }
    }
    connection.execute("INSERT OR REPLACE INTO meta(key, value) VALUES ('clean', 0)", ())?;
    Ok(connection)
}

/// Gives the file another name. Of those before it none is kept: a card that breaks often must not fill itself.
fn move_aside(path: &Path, now: Timestamp) -> std::io::Result<PathBuf> {
    let before = with_suffix(path, ".broken-");
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    for entry in std::fs::read_dir(folder.unwrap_or(Path::new(".")))? {
        let entry = entry?;
        let name = entry.file_name();
        if before
            .file_name()
            .is_some_and(|before| name.as_encoded_bytes().starts_with(before.as_encoded_bytes()))
        {
            std::fs::remove_file(entry.path())?;
        }
    }
    let aside = with_suffix(path, &format!(".broken-{}", now.milliseconds()));
    for suffix in ["", "-wal", "-shm"] {
        let from = with_suffix(path, suffix);
        if from.exists() {
            std::fs::rename(&from, with_suffix(&aside, suffix))?;
        }
    }
    Ok(aside)
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}
