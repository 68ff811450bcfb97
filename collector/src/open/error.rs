//! Why a collector does not start.

use crate::audit::AuditError;
use crate::broker::BrokerError;
use crate::collector::beats::BeatError;
use crate::collector::enrolment::EnrolmentError;
use crate::database::DatabaseError;
use crate::history;
use crate::journal::JournalError;
use crate::notify::courier::CourierError;
use crate::people::{PeopleError, SignOnSettingsError};
use crate::revisions::RevisionError;

/// Why a collector does not start.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The data folder.
    #[error(
        "{path}: cannot be made or written: {source}; name another folder with --data or `data` in collector.toml"
    )]
    Folder {
        /// The folder.
        path: String,
        /// What the operating system says.
        source: std::io::Error,
    },
    /// A file that the configuration names.
    #[error("{path}: cannot be read: {source}")]
    File {
        /// The file.
        path: String,
        /// What the operating system says.
        source: std::io::Error,
    },
    /// A file is not for this program, or cannot be opened.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// The journal cannot be opened or read.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The history cannot be opened or filled from the journal.
    #[error(transparent)]
    History(#[from] history::HistoryError),
    /// The audit log cannot be opened.
    #[error(transparent)]
    Audit(#[from] AuditError),
    /// The agents' enrolments cannot be opened.
    #[error(transparent)]
    Enrolment(#[from] EnrolmentError),
    /// The people cannot be opened.
    #[error(transparent)]
    People(#[from] PeopleError),
    /// Single sign-on.
    #[error("[people.single_sign_on]: {0}")]
    SignOn(#[from] SignOnSettingsError),
    /// The site's file.
    #[error("{file}: {source}")]
    Site {
        /// Its name.
        file: String,
        /// What is wrong with it.
        source: RevisionError,
    },
    /// A channel.
    #[error(transparent)]
    Courier(#[from] CourierError),
    /// Whom it tells that it is well.
    #[error(transparent)]
    Beat(#[from] BeatError),
    /// The broker cannot be started, or listens too widely.
    #[error(transparent)]
    Broker(#[from] BrokerError),
    /// A thread ended badly; its panic stands in the log.
    #[error("opening the databases was aborted")]
    Aborted,
    /// The broker's address.
    #[error("[broker] url: {0}")]
    Address(String),
}
