//! A job elsewhere that says that it ran.

use plenum_collector::collector::heartbeats::Listed;
use plenum_core::heartbeat;
use plenum_protocol::{Identifier, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::words::words;
use super::{Priority, schema};

words! {
    /// How a job stands.
    HeartbeatStanding {
        /// It ran in time.
        Well = "well",
        /// It never ran, and there is time left.
        Awaited = "awaited",
        /// It should have run by now, and there is time left: nobody is told yet.
        Late = "late",
        /// A run began and did not end in time.
        Unfinished = "unfinished",
        /// It did not run in time.
        Missed = "missed",
        /// It said that it failed.
        Failed = "failed",
    }
}

/// A job that says that it ran, as it stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Heartbeat {
    /// Its id in the site.
    #[schema(value_type = schema::Identifier)]
    pub id: Identifier,
    /// What it is called.
    pub name: String,
    /// The room that it is about; null where it is about none.
    #[schema(value_type = Option<schema::Identifier>)]
    pub room: Option<Identifier>,
    /// From one run to the next, in seconds: beyond that it is late.
    pub every_s: f64,
    /// How much later it may come, in seconds: beyond that it is an alarm.
    pub grace_s: f64,
    /// How bad that is.
    pub priority: Priority,
    /// How it stands.
    pub standing: HeartbeatStanding,
    /// When it last said that it ran; null where it never did.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ran_at: Option<Timestamp>,
    /// When the run began that is not over; null where none did.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub started_at: Option<Timestamp>,
    /// When it said that it failed, if it has not run since.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub failed_at: Option<Timestamp>,
    /// What it said of that, as it wrote it.
    pub why: String,
}

impl From<heartbeat::Standing> for HeartbeatStanding {
    fn from(standing: heartbeat::Standing) -> Self {
        use heartbeat::Standing as S;
        match standing {
            S::Well => Self::Well,
            S::Awaited => Self::Awaited,
            S::Late => Self::Late,
            S::Unfinished => Self::Unfinished,
            S::Missed => Self::Missed,
            S::Failed => Self::Failed,
        }
    }
}

impl From<Listed> for Heartbeat {
    fn from(listed: Listed) -> Self {
        let (plan, row) = (listed.plan, listed.row);
        Self {
            id: plan.id,
            name: plan.name,
            room: plan.room,
            every_s: plan.every.seconds(),
            grace_s: plan.grace.seconds(),
            priority: plan.priority.into(),
            standing: listed.standing.into(),
            ran_at: row.ran_at,
            started_at: row.started_at,
            failed_at: row.failed_at,
            why: row.why,
        }
    }
}
