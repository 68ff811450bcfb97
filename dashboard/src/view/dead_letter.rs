//! Messages that could not be read, and what came of trying them again.

use plenum_protocol::{Identifier, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::schema;

/// A message, or one record of it, that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DeadLetter {
    /// Its number.
    pub id: u64,
    /// When it came.
    #[schema(value_type = String, format = DateTime)]
    pub received: Timestamp,
    /// Who sent it.
    #[schema(value_type = schema::Identifier)]
    pub agent: Identifier,
    /// On which topic.
    pub topic: String,
    /// The stream, if it had one.
    pub stream: Option<String>,
    /// Its number in the stream.
    pub seq: Option<u64>,
    /// Why it could not be read.
    pub reason: String,
    /// The whole message, not one record of it.
    pub whole: bool,
    /// Its length.
    pub bytes: usize,
    /// How it begins; what is not text is replaced.
    pub begins: String,
}

/// What came of trying again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Retried {
    /// Readings that are stored now.
    pub readings: usize,
    /// Letters that still cannot be read.
    pub left: usize,
}
