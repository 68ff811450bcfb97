//! A SQLite file with one writer thread: closures in, one group commit for all that wait, answers out.

use std::path::PathBuf;

/// Why the database could not do it.
#[derive(Debug, Clone, thiserror::Error)]
pub enum DatabaseError {
    /// The disk is full; nothing was written, and it may be tried again when there is room.
    #[error("{}: the disk is full", path.display())]
    Full {
        /// The file.
        path: PathBuf,
    },
    /// SQLite refused a statement.
    #[error("{}: {message}", path.display())]
    Sql {
        /// The file.
        path: PathBuf,
        /// What SQLite says.
        message: String,
    },
    /// The writer thread has ended.
    #[error("{}: the database is closed", path.display())]
    Closed {
        /// The file.
        path: PathBuf,
    },
}
