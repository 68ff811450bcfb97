//! The JSON payloads beside the readings: an agent's status, the collector's acknowledgement, commands and their results.
//! Readers ignore fields that they do not know, so that a newer part can talk to an older one.

pub mod ack;
pub mod command;
pub mod status;

pub use ack::Ack;
pub use command::{Command, CommandKind, CommandResult};
pub use status::{AgentState, ClockState, ListedSensor, ListedStream, SpoolState, Status};

/// Why a payload cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum PayloadError {
    /// It is not JSON of that form, or a value in it is not a possible one.
    #[error("unreadable {what}")]
    Unreadable {
        /// What it should be.
        what: &'static str,
        /// Where and why.
        #[source]
        source: serde_json::Error,
    },
    /// There is more of something than a status may have.
    #[error("a status with {found} {what}: {most} are the most")]
    TooMany {
        /// Of what: bytes, sensors, streams.
        what: &'static str,
        /// How many there are.
        found: usize,
        /// How many there may be.
        most: usize,
    },
}

fn read<'de, T: serde::Deserialize<'de>>(what: &'static str, bytes: &'de [u8]) -> Result<T, PayloadError> {
    serde_json::from_slice(bytes).map_err(|source| PayloadError::Unreadable { what, source })
}

fn write<T: serde::Serialize>(value: &T) -> Vec<u8> {
    // These types hold nothing that JSON cannot say: keys are texts and numbers are finite.
    serde_json::to_vec(value).unwrap_or_default()
}
