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
    /// The site that it belongs to, the first part of the names of its series.
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
    /// Its program's version; null until it has told one.
    pub version: Option<String>,
    /// Whether its clock can be believed.
    pub clock: Clock,
    /// The end of the certificate by which the broker lets it in; null where it has none, as one that has a password.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub certificate_until: Option<Timestamp>,
    /// Batches that it has spooled and that are not committed here yet.
    pub unsent: u64,
    /// The streams that it has sent of.
    pub streams: Vec<Stream>,
    /// Bytes of it that could not be read and were set aside.
    pub dead_letters: u64,
    /// The identity of another collector's database that acknowledges it; null where none does. This one is silent
    /// until a person has settled it.
    pub foreign_database: Option<String>,
    /// The sensors that it says it reads; empty until it has said so.
    pub sensors: Vec<AgentSensor>,
}

/// One of its streams.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Stream {
    /// Its random name.
    pub stream: String,
    /// Everything up to the batch of this number is committed.
    pub through: u64,
    /// The lowest number that it still holds, one more than `last` where it holds none; null where it does not list
    /// the stream.
    pub first: Option<u64>,
    /// The highest number that it has spooled, as it last said.
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
    /// The quantities whose newest reading is a fault.
    pub faults: Vec<SensorFault>,
}

/// A quantity that has a fault.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SensorFault {
    /// The quantity that has no value.
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

/// An agent that shows which host it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Identified {
    /// By what, and for how long, in the agent's own words.
    pub said: String,
}
