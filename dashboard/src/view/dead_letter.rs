//! Messages that could not be read, and what came of trying them again.

use plenum_protocol::{Identifier, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::schema;

/// A message, or one record of it, that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DeadLetter {
    /// Its number; the list is in their order.
    pub id: u64,
    /// When it came.
    #[schema(value_type = String, format = DateTime)]
    pub received: Timestamp,
    /// The agent that sent it.
    #[schema(value_type = schema::Identifier)]
    pub agent: Identifier,
    /// On which topic.
    pub topic: String,
    /// The stream that it named; null where its position could not be read either.
    pub stream: Option<String>,
    /// The number of its batch in the stream; null where `stream` is.
    pub seq: Option<u64>,
    /// Why it could not be read.
    pub reason: String,
    /// True for a whole message, false for one record of it.
    pub whole: bool,
    /// Its length in bytes.
    pub bytes: usize,
    /// How it begins, 200 characters at most; what is not text is replaced.
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
