//! An incident as a file.

use plenum_core::incident::timeline;
use plenum_protocol::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::words::words;
use super::{Alarm, Incident, TimelineEntry};

words! {
    /// The form of an incident's export.
    IncidentFormat {
        /// A text for people, in the reader's language.
        Markdown = "markdown",
        /// For programs.
        Json = "json",
    }
}

/// An incident as a file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct IncidentExport {
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub exported_at: Timestamp,
    /// The site's name.
    pub site: String,
    /// The site's time zone.
    pub zone: String,
    /// The incident.
    pub incident: Incident,
    /// Its alarms as they stand, the first cause first.
    pub alarms: Vec<Alarm>,
    /// How long things took.
    pub durations: IncidentDurations,
    /// What happened, the oldest first.
    pub timeline: Vec<TimelineEntry>,
    /// Whether more happened than stands here.
    pub is_cut: bool,
}

/// How long things took, in milliseconds from when the first condition began to hold; null for what has not come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct IncidentDurations {
    /// Until the first alarm was raised.
    pub detected: Option<i64>,
    /// Until the first message about it was sent.
    pub first_told: Option<i64>,
    /// Until somebody acknowledged the first of its alarms.
    pub taken: Option<i64>,
    /// Until none of its alarms stood.
    pub over: Option<i64>,
}

impl From<timeline::Durations> for IncidentDurations {
    fn from(durations: timeline::Durations) -> Self {
        Self {
            detected: durations.detected.map(|time| time.milliseconds()),
            first_told: durations.first_told.map(|time| time.milliseconds()),
            taken: durations.taken.map(|time| time.milliseconds()),
            over: durations.over.map(|time| time.milliseconds()),
        }
    }
}
