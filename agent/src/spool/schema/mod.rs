//! The spool's tables, how its file is opened, and what happens to one that cannot be read.

mod header;
#[cfg(test)]
mod tests;

use std::fs::{File, TryLockError};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use plenum_link::private;
use plenum_migration::{MigrationError, Store, check, look, migrate, migrations, version};
use plenum_protocol::Timestamp;
use plenum_protocol::streams::DatabaseId;
use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::{SpoolError, meta};

/// The spool's file and the migrations that made it what it is. A new migration is one file and one word here; what was released is never
/// edited again.
pub(super) const SPOOL: Store = Store {
    name: "spool",
    application_id: u32::from_be_bytes(*b"PLNS"),
    page_size: 4_096,
    if_newer: "name another file with `path` in [spool] of agent.toml: what waits in this one is sent when a newer agent opens it again",
    if_foreign: "name another file with `path` in [spool] of agent.toml",
    known_by: "batch",
    migrations: migrations!["spool": "0001-tables", "0002-seals"],
};

/// How often, and how many times, a lock that is held is tried again: an agent that is being stopped lets go of it when its last rows are
/// down, and a program that was just started from this one holds it for an instant.
const TRY_EVERY: Duration = Duration::from_millis(50);
const TRIES: u32 = 40;

/// Opens the file for writing, which makes it if there is none, for its owner alone, and brings it to this program's tables. [`claim`] comes before
/// it. One that a newer program has changed, or that is another program's, stays as it is. Whether all of it can be read is not asked:
/// that would take minutes of a full one on a slow card, and each row has its seal.
pub(super) fn open(path: &Path) -> Result<Connection, SpoolError> {
    let refused = |error| SpoolError::unopened(path, error);
    header::put_right(path).map_err(|error| SpoolError::folder(path, error))?;
    look(path, &SPOOL).map_err(refused)?;
    make_private(path).map_err(|error| SpoolError::folder(path, error))?;
    let connection = connect(path).map_err(|error| refused(error.into()))?;
    check(&connection, &SPOOL).map_err(refused)?;
    configure(&connection).map_err(|error| refused(error.into()))?;
    migrate(&connection, &SPOOL, &mut || {}).map_err(refused)?;
    Ok(connection)
}

/// Opens the file for writing beside the agent that has claimed it.
pub(super) fn open_beside(path: &Path) -> Result<Connection, SpoolError> {
    look(path, &SPOOL).map_err(|error| SpoolError::unopened(path, error))?;
    let connection = connect(path).map_err(|error| SpoolError::open(path, error))?;
    match version(&connection)? < SPOOL.migrations.len() {
        true => Err(SpoolError::Older(path.to_owned())),
        false => Ok(connection),
    }
}

fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    connection.execute_batch("pragma busy_timeout = 5000")?;
    Ok(connection)
}

/// Makes sure that no other agent uses the file, until the result is dropped; the file itself is not touched.
pub(super) fn claim(path: &Path) -> Result<File, SpoolError> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        private::make_folder(folder).map_err(|error| SpoolError::folder(folder, error))?;
    }
    let mark = with_suffix(path, ".lock");
    let file = private::make_file(&mark)
        .and_then(|()| File::options().write(true).open(&mark))
        .map_err(|error| SpoolError::folder(&mark, error))?;
    for _ in 0..TRIES {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) => std::thread::sleep(TRY_EVERY),
            Err(TryLockError::Error(error)) => return Err(SpoolError::folder(&mark, error)),
        }
    }
    Err(SpoolError::InUse(path.to_owned()))
}

/// What lies beside the spool becomes its owner's: root may have made some of it, on a person's behalf.
pub(super) fn give_to_owner(path: &Path) {
    let Ok(spool) = std::fs::metadata(path) else {
        return;
    };
    for suffix in [".lock", "-wal", "-shm"] {
        // Whoever is not root has made it as the owner, or may not.
        let _ = std::os::unix::fs::chown(with_suffix(path, suffix), Some(spool.uid()), Some(spool.gid()));
    }
}

/// SQLite gives the files beside the database its mode; some may be left of an agent that was killed.
fn make_private(path: &Path) -> std::io::Result<()> {
    private::make_file(path)?;
    private::narrow(&with_suffix(path, "-wal"))?;
    private::narrow(&with_suffix(path, "-shm"))
}

/// Makes a database in memory, whose name further connections of this process can open.
pub(super) fn open_in_memory(place: &str) -> Result<Connection, MigrationError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
    let connection = Connection::open_with_flags(
        place,
        flags | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI,
    )?;
    connection.execute_batch("pragma busy_timeout = 5000")?;
    configure(&connection)?;
    migrate(&connection, &SPOOL, &mut || {})?;
    Ok(connection)
}

/// What a file that cannot be opened for writing says of the starts before and of the collector that is followed; nothing where it says nothing.
pub(super) fn remembered(path: &Path) -> (Option<u32>, Option<DatabaseId>) {
    // On a read-only disk its log cannot be set up: then the file alone is read.
    let alone = PathBuf::from(format!("file:{}?immutable=1", path.display()));
    let read = |place: &Path| -> Result<_, SpoolError> {
        let connection = open_reader(place)?;
        Ok((meta::starts(&connection)?, meta::followed(&connection)?))
    };
    read(path).or_else(|_| read(&alone)).unwrap_or_else(|error| {
        tracing::debug!(%error, "the spool cannot even be read");
        (None, None)
    })
}

/// Opens the file for reading beside the writer.
pub(super) fn open_reader(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI,
    )?;
    connection
        .execute_batch("pragma busy_timeout = 5000; pragma cache_size = -256; pragma mmap_size = 0;")?;
    Ok(connection)
}

/// The file whose existence says that the spool was found damaged while it was in use.
pub(super) fn suspect_mark(path: &Path) -> PathBuf {
    with_suffix(path, ".suspect")
}

/// Whether SQLite says that the file does not hold what was written.
pub(super) fn is_damage(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase)
    )
}

/// Whether anything but damage can be the reason. The statements are always the same and the values fit their tables: a table that is not
/// there, a number of another kind or a name that stands there twice was not written so.
pub(super) fn has_another_reason(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(
            ErrorCode::PermissionDenied
                | ErrorCode::OperationAborted
                | ErrorCode::DatabaseBusy
                | ErrorCode::DatabaseLocked
                | ErrorCode::OutOfMemory
                | ErrorCode::ReadOnly
                | ErrorCode::OperationInterrupted
                | ErrorCode::SystemIoFailure
                | ErrorCode::DiskFull
                | ErrorCode::CannotOpen
                | ErrorCode::FileLockingProtocolFailed
                | ErrorCode::NoLargeFileSupport
        )
    )
}

pub(super) fn configure(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "page_size", SPOOL.page_size)?;
    connection.execute_batch(
        "pragma journal_mode = wal; pragma synchronous = full; pragma cache_size = -512; pragma mmap_size = 0;
         pragma temp_store = memory; pragma journal_size_limit = 1048576; pragma wal_autocheckpoint = 256;",
    )
}

/// Removes those that were moved aside before: a card that breaks often must not fill itself.
pub(super) fn remove_aside(path: &Path) -> std::io::Result<()> {
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
    Ok(())
}

/// Gives the file another name.
pub(super) fn move_aside(path: &Path, now: Timestamp) -> std::io::Result<PathBuf> {
    let aside = with_suffix(path, &format!(".broken-{}", now.milliseconds()));
    for suffix in ["", "-wal", "-shm"] {
        let from = with_suffix(path, suffix);
        if from.exists() {
            private::narrow(&from)?;
            std::fs::rename(&from, with_suffix(&aside, suffix))?;
        }
    }
    Ok(aside)
}

pub(super) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}
