//! A reading: one channel's value or fault at one instant.

use serde::{Deserialize, Serialize};

use crate::{Channel, Fault, Timestamp};

/// What a read gave: a number in the quantity's unit (1 and 0 for a boolean), or the reason there is none.
pub type Outcome = Result<f64, Fault>;

/// One reading of an agent's channel.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reading {
    /// Sensor and quantity.
    pub channel: Channel,
    /// When it held. Strictly increasing per channel.
    pub at: Timestamp,
    /// Value or fault.
    pub outcome: Outcome,
}

impl Reading {
    /// Puts a reading together.
    pub fn new(channel: Channel, at: Timestamp, outcome: Outcome) -> Self {
        Self { channel, at, outcome }
    }
}
