//! Why the database could not do it, and which errors end the process.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use plenum_link::Exit;
use plenum_migration::{MigrationError, Refusal, Store, Unfinished};
use rusqlite::ErrorCode;

/// Why the database could not do it.
#[derive(Debug, Clone, thiserror::Error)]
pub enum DatabaseError {
    /// The disk is full; nothing was written, and it may be tried again when there is room.
    #[error("{}: the disk is full", path.display())]
    Full {
        /// The file.
        path: PathBuf,
    },
    /// Another process holds the file; nothing was written, and it may be tried again.
    #[error("{}: another process holds it locked", path.display())]
    Busy {
        /// The file.
        path: PathBuf,
    },
    /// The disk failed or the file is damaged; the process is about to end.
    #[error("{}: the disk failed or the file is damaged: {message}", path.display())]
    Disk {
        /// The file.
        path: PathBuf,
        /// What SQLite says.
        message: String,
    },
    /// A table of which no row may be lost cannot be read; nothing was changed.
    #[error(
        "{}: its table `{table}` is damaged and cannot be made from anything else ({page}): put back the last backup of the data folder, \
         or ask with this message; nothing was changed",
        path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The table.
        table: String,
        /// What SQLite says: it names the page.
        page: String,
    },
    /// SQLite refused a statement.
    #[error("{}: {message}", path.display())]
    Sql {
        /// The file.
        path: PathBuf,
        /// What SQLite says.
        message: String,
    },
    /// It is another program's, or a newer Plenum's; nothing was changed.
    #[error("{}: {refusal}", path.display())]
    Refused {
        /// The file.
        path: PathBuf,
        /// Whose file it is, and what can be done.
        refusal: Refusal,
    },
    /// It is not an SQLite file; nothing was changed.
    #[error("{}: it is not an SQLite file: another program's, or damaged from its first bytes on: {advice}", path.display())]
    NotADatabase {
        /// The file.
        path: PathBuf,
        /// What can be done.
        advice: &'static str,
    },
    /// Its tables could not be brought to this program's version; the migrations before the one that failed are kept.
    #[error("{}: {unfinished}: {message}; {}, and report this", path.display(), unfinished.advice())]
    Migration {
        /// The file.
        path: PathBuf,
        /// The migration that failed, and the version that the file is left at.
        unfinished: Box<Unfinished>,
        /// What SQLite says.
        message: String,
    },
    /// The file cannot be made, or not be kept from others.
    #[error("{}: cannot be made, or not be kept from others: {message}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        message: String,
    },
    /// The writer thread has ended.
    #[error("{}: the database is closed", path.display())]
    Closed {
        /// The file.
        path: PathBuf,
    },
}

impl DatabaseError {
    /// Whether the same call can succeed later without anything having been lost.
    pub fn may_be_tried_again(&self) -> bool {
        matches!(self, Self::Full { .. } | Self::Busy { .. })
    }
}

/// Called on an error after which nothing can be trusted; in production it does not come back.
pub type Fatal = Arc<dyn Fn(&DatabaseError) + Send + Sync>;

/// Logs and ends the process: the service manager starts it again, and the journal is the truth.
pub(super) fn end_the_process() -> Fatal {
    Arc::new(|error| {
        tracing::error!(%error, "ending: the disk cannot be trusted");
        std::process::exit(Exit::Disk.code().into());
    })
}

/// Tells a full or busy disk from one that cannot be trusted.
#[derive(Clone)]
pub(super) struct Judge {
    path: PathBuf,
    fatal: Fatal,
}

impl Judge {
    pub(super) fn new(path: &Path, fatal: Fatal) -> Self {
        Self {
            path: path.to_owned(),
            fatal,
        }
    }

    pub(super) fn file(&self, error: &std::io::Error) -> DatabaseError {
        DatabaseError::File {
            path: self.path.clone(),
            message: error.to_string(),
        }
    }

    pub(super) fn thread(&self, error: &std::io::Error) -> DatabaseError {
        DatabaseError::Sql {
            path: self.path.clone(),
            message: format!("cannot start its thread: {error}"),
        }
    }

    /// What was committed has no witness: nothing that follows would be known to be whole.
    pub(super) fn witness(&self, error: &std::io::Error) -> DatabaseError {
        let error = DatabaseError::Disk {
            path: self.path.clone(),
            message: format!("what was committed cannot be witnessed: {error}"),
        };
        (self.fatal)(&error);
        error
    }

    /// Names the error; calls `fatal` for those that end the process.
    pub(super) fn classify(&self, error: &rusqlite::Error) -> DatabaseError {
        let path = self.path.clone();
        let message = error.to_string();
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => DatabaseError::Full { path },
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => DatabaseError::Busy { path },
            // The shared index of the WAL cannot grow: SQLite calls that an I/O error.
            Some(ErrorCode::SystemIoFailure) if self.no_room() => DatabaseError::Full { path },
            Some(
                ErrorCode::SystemIoFailure
                | ErrorCode::DatabaseCorrupt
                | ErrorCode::NotADatabase
                | ErrorCode::FileLockingProtocolFailed,
            ) => {
                let error = DatabaseError::Disk { path, message };
                (self.fatal)(&error);
                error
            }
            _ => DatabaseError::Sql { path, message },
        }
    }

    /// As `classify_migration`, for the first look at a file of which nothing is trusted yet.
    pub(super) fn classify_look(&self, error: MigrationError, store: &Store) -> DatabaseError {
        match error {
            MigrationError::Sql(error) if error.sqlite_error_code() == Some(ErrorCode::NotADatabase) => {
                DatabaseError::NotADatabase {
                    path: self.path.clone(),
                    advice: store.if_foreign,
                }
            }
            other => self.classify_migration(other),
        }
    }

    /// As `classify`, for what can go wrong while the tables are brought to this program's version.
    pub(super) fn classify_migration(&self, error: MigrationError) -> DatabaseError {
        let path = self.path.clone();
        match error {
            MigrationError::Refused(refusal) => DatabaseError::Refused { path, refusal },
            MigrationError::Sql(error) => self.classify(&error),
            MigrationError::Failed(unfinished, error) => match self.classify(&error) {
                DatabaseError::Sql { path, message } => DatabaseError::Migration {
                    path,
                    unfinished,
                    message,
                },
                other => other,
            },
        }
    }

    fn no_room(&self) -> bool {
        let folder = self.path.parent().unwrap_or(Path::new("."));
        rustix::fs::statvfs(folder).is_ok_and(|disk| disk.f_bavail.saturating_mul(disk.f_frsize) < 64 << 10)
    }
}
