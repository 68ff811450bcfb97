//! A job elsewhere that says that it ran, as a nightly backup: `[[heartbeat]]`. What is awaited of it stands here; what is known of it in
//! `core/src/heartbeat.rs`.

use plenum_protocol::{Duration, Identifier};
use serde::{Deserialize, Serialize};

use super::rule::Priority;

/// A job that says each time that it ran.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Heartbeat {
    /// Unique in the site; whoever beats says it in the address.
    pub id: Identifier,
    /// Its name on screens and in messages: "Backup of the mail server".
    pub name: String,
    /// The room that it is about, if it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room: Option<Identifier>,
    /// From one run to the next: beyond that it is late.
    pub every: Duration,
    /// How much later it may come, and how long a run may take that said that it began: beyond that it is an alarm.
    pub grace: Duration,
    /// How bad that is.
    #[serde(default = "usual")]
    pub priority: Priority,
}

fn usual() -> Priority {
    Priority::Medium
}
