//! Why something cannot be sealed or opened, and what to do about it.

use std::path::PathBuf;

use plenum_core::fact::KeyFlaw;

use super::{KeyName, What};

/// Why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The key's file is gone.
    #[error(
        "{}: the key is not there: put the file back and start Plenum again; where it is lost, docs/operating.md, \"Keys\", says how to go on without it",
        .0.display()
    )]
    Missing(PathBuf),
    /// The operating system does not let it be read, or made.
    #[error("{}: the key cannot be read: {why}; let the user that Plenum runs as read it, and start Plenum again", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        why: String,
    },
    /// Others could have read it.
    #[error(
        "{path}: others on this host may read or change the key (mode {mode:o}), so it is not used: chmod 600 {path}, start Plenum again, and \
         if somebody may have read it: plenum key rotate",
        path = path.display()
    )]
    Open {
        /// The file.
        path: PathBuf,
        /// What it allows.
        mode: u32,
    },
    /// A line is something else.
    #[error(
        "{}:{line}: is not a valid key: a line has 64 hexadecimal digits, as `openssl rand -hex 32` prints them", path.display()
    )]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Where in it.
        line: usize,
    },
    /// Another key is given.
    #[error(
        "{what} is sealed under the key {key}, which {} does not hold: put that key back, or add it there on a line of its own below the other",
        path.display()
    )]
    Unknown {
        /// What was to be opened.
        what: What,
        /// Its key.
        key: KeyName,
        /// The file with the keys that are there.
        path: PathBuf,
    },
    /// It is not what was sealed, or was sealed as something else.
    #[error("{0} does not open: it was changed, or moved here from elsewhere")]
    Altered(What),
    /// Somebody else has to change the keys.
    #[error(
        "{}: this key is not Plenum's to change: put a new one (`openssl rand -hex 32`) on a line above it and start Plenum again, which seals everything anew and says \
         when the old line can go",
        .0.display()
    )]
    NotOurs(PathBuf),
    /// A thread ended badly; its panic stands in the log.
    #[error("the key's file was not read to its end")]
    Aborted,
    /// The operating system gives no random numbers.
    #[error("the operating system gives no random numbers")]
    Random,
}

impl KeyError {
    /// The same as a fact, for whoever is to be told.
    pub(super) fn flaw(&self) -> KeyFlaw {
        match self {
            Self::Missing(_) => KeyFlaw::Gone,
            Self::Open { mode, .. } => KeyFlaw::Open { mode: *mode },
            Self::Malformed { line, .. } => KeyFlaw::Malformed {
                line: u64::try_from(*line).unwrap_or(u64::MAX),
            },
            Self::Unreadable { why, .. } => KeyFlaw::Unreadable { why: why.clone() },
            Self::Unknown { .. } | Self::Altered(_) => KeyFlaw::Another { values: 1 },
            Self::NotOurs(_) | Self::Aborted | Self::Random => KeyFlaw::Unreadable {
                why: self.to_string(),
            },
        }
    }
}
