//! Why nobody can be enrolled now.

use crate::database::DatabaseError;
use crate::database::keys::KeyError;

/// Why.
#[derive(Debug, thiserror::Error)]
pub enum EnrolmentError {
    /// Nothing can be read or written.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// The authority's key cannot be opened.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The authority cannot be made, or cannot sign.
    #[error("the authority for agents: {0}")]
    Authority(String),
}

/// Why nobody gets a code.
#[derive(Debug, thiserror::Error)]
pub enum GiveError {
    /// There is no door to come to.
    #[error(
        "agents join where the broker listens in TLS, and it does not: set `tls_listen` under [broker] in collector.toml and restart Plenum; where it is set, the log says why"
    )]
    Shut,
    /// An agent would not find the broker there.
    #[error(
        "`{0}` is not a valid host: name the collector as the agent finds it, by a name or an IPv4 address"
    )]
    Host(String),
    /// It cannot be made or stored.
    #[error(transparent)]
    Enrolment(#[from] EnrolmentError),
}

impl From<rcgen::Error> for EnrolmentError {
    fn from(error: rcgen::Error) -> Self {
        Self::Authority(error.to_string())
    }
}
