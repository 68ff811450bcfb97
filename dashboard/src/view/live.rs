//! What comes down the live feed.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::words::words;

words! {
    /// What an event of the live feed is about.
    LiveKind {
        /// New readings: items of /latest.
        Reading = "reading",
        /// Judgements that have changed: items of /inputs.
        Input = "input",
        /// An alarm that has changed: an item of /alarms.
        Alarm = "alarm",
        /// An agent that has changed: an item of /agents.
        Agent = "agent",
        /// An incident of which something was noted: its number.
        Incident = "incident",
    }
}

/// An event of the live feed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LiveEvent {
    /// What it is about.
    pub event: LiveKind,
    /// JSON: one item, or an array of items.
    pub data: String,
}
