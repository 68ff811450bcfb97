//! The key under which secrets are sealed: how it stands. A key's name tells it from others and nothing of it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How the key stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct KeyStatus {
    /// The name of the key that seals; null where there is none.
    pub key: Option<String>,
    /// Where it lies.
    pub file: String,
    /// Why there is none, and what to do; null where there is one.
    pub problem: Option<String>,
    /// The names of keys before it that are still given.
    pub former: Vec<String>,
    /// How many values lie under which key.
    pub values: Vec<KeyValues>,
}

/// Values under one key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct KeyValues {
    /// The key's name; null for what lies in clear.
    pub key: Option<String>,
    /// How many.
    pub count: usize,
}
