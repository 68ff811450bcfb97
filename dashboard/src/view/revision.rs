//! Revisions of the site's configuration, and what makes one.

use plenum_protocol::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::schema;

/// A revision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Revision {
    /// Counts from 1.
    pub number: u64,
    /// When it was applied.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// The name of who applied it.
    pub author: String,
    /// Why, as its author wrote it; may be empty.
    pub comment: String,
    /// SHA-256 of its text, in hex.
    pub hash: String,
    /// The journal entry from which on it is in force.
    pub entry: u64,
    /// The site is configured by this one now.
    pub current: bool,
}

/// A revision with its `site.toml` as it was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RevisionText {
    /// The revision.
    #[serde(flatten)]
    pub revision: Revision,
    /// The whole `site.toml`.
    pub text: String,
    /// What is valid and probably not meant, where it has just been applied: whom its channels cannot reach among it.
    #[serde(default)]
    pub warnings: Vec<String>,
}

/// A revision to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRevision {
    /// The revision that its author had before them. Where it is not current any more, the answer is 409.
    #[serde(deserialize_with = "super::number")]
    #[schema(value_type = schema::Number)]
    pub base: u64,
    /// Why, for the log; may be empty.
    #[serde(default)]
    pub comment: String,
    /// The whole `site.toml`. Where it has mistakes, the answer is 422 and names each with its line.
    pub text: String,
}

/// Why the site goes back.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Rollback {
    /// Why, for the log; may be empty.
    #[serde(default)]
    pub comment: String,
    /// The revision that its author had before them; the current one where it is absent. Where it is not current any
    /// more, the answer is 409.
    #[serde(
        default,
        deserialize_with = "super::maybe_number",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(value_type = Option<schema::Number>)]
    pub base: Option<u64>,
}

/// What changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Diff {
    /// A unified diff; empty if nothing did.
    pub diff: String,
}
