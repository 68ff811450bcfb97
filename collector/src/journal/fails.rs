//! That nothing can be committed, for those who tell it.

use plenum_protocol::Timestamp;

/// No group could be committed for 10 s.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitsFail {
    /// When the first of those that could not was begun.
    pub since: Timestamp,
    /// What the newest one met.
    pub why: String,
}
