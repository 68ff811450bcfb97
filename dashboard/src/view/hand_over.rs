//! What whoever comes on duty has to know.

use plenum_protocol::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Alarm, Incident, Note, Override, Work};

/// What happened by a rota since an instant, and what is left to whoever comes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct HandOver {
    /// The rota's id in site.toml.
    #[schema(value_type = super::Identifier)]
    pub rota: plenum_protocol::Identifier,
    /// What it is called.
    pub name: String,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    pub since: Timestamp,
    /// Until when: now.
    #[schema(value_type = String, format = DateTime)]
    pub until: Timestamp,
    /// Incidents that stand, or stood since then: those that stand first, then the newest.
    pub incidents: Vec<HandOverIncident>,
    /// There are more of them than are told.
    pub more_incidents: bool,
    /// Alarms that a person shelved or took out of service, or that came during work: what ends first before the rest.
    pub aside: Vec<Alarm>,
    /// Work that goes on, or begins before the shift of whoever comes next ends: what begins first before the rest.
    pub works: Vec<Work>,
    /// What was noted since then, the oldest first.
    pub notes: Vec<Note>,
    /// There were more before these.
    pub more_notes: bool,
    /// Overrides of the rota that are not over.
    pub overrides: Vec<Override>,
}

/// An incident, and who has what stands of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct HandOverIncident {
    /// The incident.
    pub incident: Incident,
    /// Who has what stands.
    pub holders: Vec<String>,
    /// How many of its alarms that stand nobody has.
    pub free: u64,
}
