//! An agent: whether it is there, what it holds, and which of its sensors have a fault.

use plenum_protocol::payload::ClockState;
use plenum_protocol::{Fault, Identifier, Quantity, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::schema;
use super::words::words;

words! {
    /// Whether an agent's clock can be believed.
    Clock {
        /// Its kernel says that it follows a time server.
        Synchronised = "synchronised",
        /// It follows none.
        Free = "free",
        /// The agent has not said.
        Unknown = "unknown",
    }
}

/// An agent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Agent {
    /// Its name below the site.
    #[schema(value_type = schema::Identifier)]
    pub agent: Identifier,
    /// The site.
    #[schema(value_type = schema::Identifier)]
    pub site: Identifier,
    /// It is connected.
    pub online: bool,
    /// When it was started, while it is online; when it was last heard of, while it is not.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub since: Option<Timestamp>,
    /// When anything of it was last received.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_received: Option<Timestamp>,
    /// Its program's version.
    pub version: Option<String>,
    /// Whether its clock can be believed.
    pub clock: Clock,
    /// Batches that it has spooled and that are not committed here yet.
    pub unsent: u64,
    /// Its streams.
    pub streams: Vec<Stream>,
    /// Bytes of it that could not be read and were set aside.
    pub dead_letters: u64,
    /// Another collector's database that acknowledges it, if there is one.
    pub foreign_database: Option<String>,
    /// The sensors that it says it reads.
    pub sensors: Vec<AgentSensor>,
}

/// One of its streams.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Stream {
    /// Its random name.
    pub stream: String,
    /// Everything up to this batch is committed.
    pub through: u64,
    /// The lowest batch that it still holds.
    pub first: Option<u64>,
    /// The highest that it has spooled.
    pub last: u64,
}

/// A sensor that it says it reads.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AgentSensor {
    /// Its name below the agent.
    #[schema(value_type = schema::Identifier)]
    pub sensor: Identifier,
    /// The driver that reads it.
    pub driver: String,
    /// How often, in seconds.
    pub interval_s: f64,
    /// What it measures.
    #[schema(value_type = Vec<schema::Quantity>)]
    pub quantities: Vec<Quantity>,
    /// What of it has a fault now.
    pub faults: Vec<SensorFault>,
}

/// A quantity that has a fault.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SensorFault {
    /// Which.
    #[schema(value_type = schema::Quantity)]
    pub quantity: Quantity,
    /// Why there is no value.
    #[schema(value_type = schema::FaultWord)]
    pub fault: Fault,
}

impl From<Option<ClockState>> for Clock {
    fn from(state: Option<ClockState>) -> Self {
        match state {
            Some(ClockState::Synchronised) => Self::Synchronised,
            Some(ClockState::Free) => Self::Free,
            None => Self::Unknown,
        }
    }
}
