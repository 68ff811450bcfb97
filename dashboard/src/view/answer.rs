//! What a person has to say to an alarm.

use plenum_protocol::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// "I have it."
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Acknowledge {
    /// What they see or do, 2,000 characters at most; may be empty.
    #[serde(default)]
    #[schema(max_length = 2000)]
    pub comment: String,
    /// The occurrence that they saw: the alarm's `raised_at`. Where it was raised anew since, the answer is 409; absent means whichever stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub raised_at: Option<Timestamp>,
}

/// A remark.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Comment {
    /// What they see or do, 2,000 characters at most; may be empty.
    #[serde(default)]
    #[schema(max_length = 2000)]
    pub comment: String,
}
