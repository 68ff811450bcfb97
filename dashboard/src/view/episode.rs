//! One time that an alarm stood: from when it was raised until its condition was gone.

use plenum_protocol::{Identifier, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Priority, schema};

/// One time that an alarm stood.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Episode {
    /// The alarm's number.
    pub alarm: u64,
    /// The alarm's name.
    pub name: String,
    /// The room, where it has one.
    #[schema(value_type = Option<schema::Identifier>)]
    pub room: Option<Identifier>,
    /// The agent whose sensor it is about, or that it is about; null where it is about the monitor itself.
    #[schema(value_type = Option<schema::Identifier>)]
    pub agent: Option<Identifier>,
    /// The sensor's name, where the site places it.
    pub sensor_name: Option<String>,
    /// How bad the alarm is.
    pub priority: Priority,
    /// When it was raised.
    #[schema(value_type = String, format = DateTime)]
    pub raised_at: Timestamp,
    /// When its condition was gone; null while it stands.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub returned_at: Option<Timestamp>,
}
