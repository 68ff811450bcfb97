//! An incident: alarms with one cause.

use plenum_core::incident;
use plenum_protocol::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::words::words;
use super::{Alarm, Priority};

words! {
    /// How far an incident is.
    IncidentState {
        /// One of its alarms stands.
        Open = "open",
        /// None of them does. What comes again within five minutes belongs to it still.
        Over = "over",
        /// It turned out to be part of another one, which has its alarms.
        PartOfAnother = "part-of-another",
    }
}

words! {
    /// Which incidents.
    IncidentFilter {
        /// Those of which an alarm stands.
        Open = "open",
        /// All but those that turned out to be part of another.
        All = "all",
    }
}

/// An incident.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Incident {
    /// Its number for ever.
    pub id: u64,
    /// How far it is.
    pub state: IncidentState,
    /// When the first of its alarms was raised.
    #[schema(value_type = String, format = DateTime)]
    pub began_at: Timestamp,
    /// Since when none of them stands; null while one does.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub over_at: Option<Timestamp>,
    /// The incident that it turned out to be part of; null where it is one by itself.
    pub part_of: Option<u64>,
    /// How bad: the worst of what stands, or of all that was where nothing does. Null where it has no alarms of its own.
    pub priority: Option<Priority>,
    /// The alarm that the others most likely come from, of those that stand as long as any does. Null where it has no alarms of its own.
    pub first_cause: Option<Alarm>,
    /// All that were ever one of it, in the order in which they came.
    pub members: Vec<IncidentMember>,
}

/// An alarm of an incident.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct IncidentMember {
    /// The alarm's number.
    pub alarm: u64,
    /// How bad it is, or was when it ended.
    pub priority: Priority,
    /// When it was first raised in this incident.
    #[schema(value_type = String, format = DateTime)]
    pub raised_at: Timestamp,
    /// Since when it is over; null while it stands.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub over_at: Option<Timestamp>,
}

impl Incident {
    /// As the API says it. `first_cause`: the alarm of that member.
    pub fn of(incident: incident::Incident, first_cause: Option<Alarm>) -> Self {
        Self {
            id: incident.id,
            state: match (incident.part_of, incident.over_at) {
                (Some(_), _) => IncidentState::PartOfAnother,
                (None, Some(_)) => IncidentState::Over,
                (None, None) => IncidentState::Open,
            },
            began_at: incident.began_at,
            over_at: incident.over_at,
            part_of: incident.part_of,
            priority: incident.priority().map(Into::into),
            first_cause,
            members: incident.members.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<incident::Member> for IncidentMember {
    fn from(member: incident::Member) -> Self {
        Self {
            alarm: member.alarm,
            priority: member.priority.into(),
            raised_at: member.raised_at,
            over_at: member.over_at,
        }
    }
}
