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

impl From<rcgen::Error> for EnrolmentError {
    fn from(error: rcgen::Error) -> Self {
        Self::Authority(error.to_string())
    }
}
