//! A telephone of the demonstration, and what is written on it.

use plenum_protocol::{Identifier, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::schema;

/// A telephone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Phone {
    /// Whose it is, as site.toml names them.
    #[schema(value_type = schema::Identifier)]
    pub person: Identifier,
    /// Their name.
    pub name: String,
    /// Its number, in the international form.
    pub number: String,
    /// The last hundred of its texts, the oldest first.
    pub texts: Vec<PhoneText>,
}

/// A text message on a telephone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PhoneText {
    /// Counts from 1 over all telephones.
    pub id: u64,
    /// When it came, or was written.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// Whether its owner wrote it, to the monitor.
    pub own: bool,
    /// What it says, its parts joined.
    pub text: String,
}

/// What the owner of a telephone writes to the monitor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewText {
    /// What: 300 characters at most.
    #[schema(min_length = 1, max_length = 300)]
    pub text: String,
}
