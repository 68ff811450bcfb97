//! Everything that is sealed: a closed list, so that it can be said what there is, and nothing is opened as something else.

use std::fmt;

/// What a sealed value is, and whose. Its words are authenticated with the value: they never change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum What {
    /// The seed of somebody's second factor.
    SecondFactor {
        /// The person's number.
        person: i64,
    },
    /// The key that signs the audit log.
    AuditKey,
    /// The key of the authority that vouches for agents.
    AuthorityKey,
}

impl fmt::Display for What {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SecondFactor { person } => write!(formatter, "the second factor of person {person}"),
            Self::AuditKey => formatter.write_str("the key of the audit log"),
            Self::AuthorityKey => formatter.write_str("the key of the certificate authority"),
        }
    }
}
