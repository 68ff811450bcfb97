//! What supplies whom, where the site knows better than its rooms and zones say: `[[supply]]`.

use plenum_protocol::Identifier;
use serde::{Deserialize, Serialize};

use super::model::SensorName;

/// A sensor's thing that rooms or agents depend on: a cooling unit, a UPS, a switch. When it fails, what fails there is the same incident.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Supply {
    /// The sensor that watches it, as agent/sensor.
    pub from: SensorName,
    /// The rooms that it cools or feeds; without any, those that its place says.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rooms: Vec<Identifier>,
    /// The agents that it feeds, or that speak through it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub agents: Vec<Identifier>,
}
