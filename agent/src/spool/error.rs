//! What can go wrong with the spool.

use std::path::{Path, PathBuf};

use plenum_migration::{MigrationError, Refusal, Unfinished};
use plenum_protocol::AgentName;

use super::records::RecordError;

/// The number of the operating system's "input/output error".
const IO_ERROR: i32 = 5;

/// An error of the spool's file or of what it holds.
#[derive(Debug, thiserror::Error)]
pub enum SpoolError {
    /// Its folder or a file beside it.
    #[error("cannot use {path} for the spool")]
    Folder {
        /// The folder or the file beside the spool.
        path: PathBuf,
        /// What the operating system says.
        #[source]
        source: std::io::Error,
    },
    /// The file cannot be opened, and not because it is damaged.
    #[error("cannot open the spool {path}")]
    Open {
        /// The spool's file.
        path: PathBuf,
        /// What SQLite says.
        #[source]
        source: rusqlite::Error,
    },
    /// It is another program's, or a newer Plenum's; nothing was changed.
    #[error("the spool {path}: {refusal}")]
    Refused {
        /// The spool's file.
        path: PathBuf,
        /// Whose file it is, and what can be done.
        refusal: Refusal,
    },
    /// Its tables could not be brought to this program's version; the migrations before the one that failed are kept.
    #[error("the spool {path}: {unfinished}: {}, and report this", unfinished.advice())]
    Migration {
        /// The spool's file.
        path: PathBuf,
        /// The migration that failed, and the version that the file is left at.
        unfinished: Box<Unfinished>,
        /// What SQLite says.
        #[source]
        source: rusqlite::Error,
    },
    /// Another agent has it open.
    #[error("the spool {0} is in use by another agent: stop that one, or give this one a spool of its own")]
    InUse(PathBuf),
    /// It is another agent's: its card was copied, or its host renamed.
    #[error(
        "the spool {path} is {owner}'s and this agent is {name}: if the card was copied, `plenum-agent adopt --discard` begins anew; if the host was renamed on purpose, \
         `plenum-agent adopt --keep` sends what it holds under the new name"
    )]
    Owner {
        /// The spool's file.
        path: PathBuf,
        /// Whose it is.
        owner: Box<AgentName>,
        /// Who wanted it.
        name: Box<AgentName>,
    },
    /// An older version of the agent has it open.
    #[error(
        "the spool {0} is in use by an agent of an older version: start that agent again, then ask again"
    )]
    Older(PathBuf),
    /// An earlier version's spool lies in the folder that is the collector's now.
    #[error(
        "the spool of an earlier version lies at {before} and may hold unsent readings: move {before}* to {folder}, then start again"
    )]
    LeftBehind {
        /// Where it lies.
        before: PathBuf,
        /// Where it belongs.
        folder: PathBuf,
    },
    /// A write was refused for want of room; nothing of it was kept.
    #[error("the disk of the spool is full")]
    DiskFull(#[source] rusqlite::Error),
    /// The file is damaged; at the next start what can be read of it is saved.
    #[error("the spool is damaged: what can be read of it is saved at the next start")]
    Damaged(#[source] rusqlite::Error),
    /// Any other failure of the database.
    #[error("the spool's database failed")]
    Database(#[source] rusqlite::Error),
    /// One row cannot be read back.
    #[error("batch {seq} of stream {stream} cannot be read back")]
    Row {
        /// The stream that the batch stands in.
        stream: String,
        /// The batch's number in the stream, from 1.
        seq: u64,
        /// What is wrong with its bytes.
        #[source]
        source: RecordError,
    },
}

impl SpoolError {
    /// Whether the disk is to blame: full, read-only, broken, or held up. It may do its work again later, and nothing is damaged.
    pub fn is_of_disk(&self) -> bool {
        match self {
            Self::DiskFull(_) => true,
            Self::Folder { source, .. } => {
                use std::io::ErrorKind::{QuotaExceeded, ReadOnlyFilesystem, StorageFull, TimedOut};
                let kinds = [QuotaExceeded, ReadOnlyFilesystem, StorageFull, TimedOut];
                kinds.contains(&source.kind()) || source.raw_os_error() == Some(IO_ERROR)
            }
            Self::Open { source, .. } | Self::Migration { source, .. } | Self::Database(source) => {
                use rusqlite::ErrorCode::{DatabaseBusy, DiskFull, ReadOnly, SystemIoFailure};
                let code = source.sqlite_error_code();
                [DatabaseBusy, DiskFull, ReadOnly, SystemIoFailure]
                    .map(Some)
                    .contains(&code)
            }
            _ => false,
        }
    }

    pub(super) fn folder(path: &Path, source: std::io::Error) -> Self {
        Self::Folder {
            path: path.to_owned(),
            source,
        }
    }

    pub(super) fn open(path: &Path, source: rusqlite::Error) -> Self {
        Self::Open {
            path: path.to_owned(),
            source,
        }
    }

    pub(super) fn unopened(path: &Path, error: MigrationError) -> Self {
        let path = path.to_owned();
        match error {
            MigrationError::Refused(refusal) => Self::Refused { path, refusal },
            MigrationError::Failed(_, source) if super::schema::is_damage(&source) => Self::Damaged(source),
            MigrationError::Sql(source) if !super::schema::has_another_reason(&source) => {
                Self::Damaged(source)
            }
            MigrationError::Failed(unfinished, source) => Self::Migration {
                path,
                unfinished,
                source,
            },
            MigrationError::Sql(source) => Self::Open { path, source },
        }
    }
}

impl SpoolError {
    /// Whether it means that what was written cannot be read back, by the database's account, the row's or the card's.
    pub fn is_unreadable(&self) -> bool {
        match self {
            Self::Row { .. } | Self::Damaged(_) => true,
            Self::Database(source) => {
                source.sqlite_error_code() == Some(rusqlite::ErrorCode::SystemIoFailure)
            }
            _ => false,
        }
    }
}

impl From<rusqlite::Error> for SpoolError {
    fn from(source: rusqlite::Error) -> Self {
        if !super::schema::has_another_reason(&source) {
            return Self::Damaged(source);
        }
        match source.sqlite_error_code() {
            Some(rusqlite::ErrorCode::DiskFull) => Self::DiskFull(source),
            _ => Self::Database(source),
        }
    }
}
