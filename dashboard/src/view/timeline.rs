//! What happened in an incident, in one order of time.

use plenum_core::incident::timeline;
use plenum_core::oncall::Reason;
use plenum_protocol::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::words::words;
use super::{DeliveryState, Event};

words! {
    /// What something is that happened in an incident.
    TimelineKind {
        /// A transition of one of its alarms.
        Alarm = "alarm",
        /// A message about it.
        Message = "message",
        /// What a person noted.
        Note = "note",
    }
}

words! {
    /// Which part of a timeline comes first.
    TimelineOrder {
        /// The oldest.
        Oldest = "oldest",
        /// The newest.
        Newest = "newest",
    }
}

words! {
    /// What a message tells of an alarm.
    Tells {
        /// That it was raised.
        First = "first",
        /// That it stands, and is not shelved or out of service any more.
        StandsAgain = "stands-again",
        /// That it stands, and that nobody has it still.
        Reminder = "reminder",
        /// That it is over.
        Resolved = "resolved",
        /// That its shelving ends soon.
        ShelvingEnds = "shelving-ends",
        /// That its rule, priority or room is another.
        Changed = "changed",
        /// That it was taken away with its rule or sensor.
        Withdrawn = "withdrawn",
        /// That somebody has it.
        Taken = "taken",
    }
}

/// One thing that happened in an incident.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TimelineEntry {
    /// When: of a message when it was sent, given up or replaced, and while it waits when it was intended.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// Which of the following it is.
    pub kind: TimelineKind,
    /// The transition; null of anything else.
    pub event: Option<Event>,
    /// The message; null of anything else.
    pub message: Option<IncidentMessage>,
    /// The note; null of anything else.
    pub note: Option<Note>,
}

/// A message about an incident.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct IncidentMessage {
    /// When it was intended, before its first attempt.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// When it was sent, given up or replaced; null while it waits.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ended_at: Option<Timestamp>,
    /// When it is tried next; null unless it waits.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub next_attempt_at: Option<Timestamp>,
    /// The channel's id in site.toml.
    pub channel: String,
    /// The person's id in site.toml; the channel's own where its kind does not reach people.
    pub to: String,
    /// What they are called.
    pub name: String,
    /// How far it has come.
    pub state: DeliveryState,
    /// Attempts made.
    pub attempts: u32,
    /// What the last attempt met; null before it and once the message is sent, but while a telephone has not confirmed a text message.
    pub error: Option<String>,
    /// Its subject, in its reader's language; null before its first attempt, and for whoever does not see every alarm of the incident.
    pub subject: Option<String>,
    /// What it tells of the first of its alarms.
    pub tells: Tells,
    /// The numbers of the alarms that it tells of, as far as they are seen.
    pub alarms: Vec<u64>,
}

/// What a person noted about an incident.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Note {
    /// Its number for ever.
    pub number: i64,
    /// The incident that it is about.
    pub incident: u64,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// Who.
    pub by: String,
    /// Lines of plain text.
    pub text: String,
}

/// "This is what I see or did."
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewNote {
    /// Lines of plain text, 2,000 characters at most; not empty.
    #[schema(min_length = 1, max_length = 2000)]
    pub text: String,
}

/// An incident of which something was noted: its page asks anew.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IncidentChange {
    /// The incident's number.
    pub incident: u64,
}

impl From<timeline::Course> for DeliveryState {
    fn from(course: timeline::Course) -> Self {
        match course {
            timeline::Course::Waiting => Self::Waiting,
            timeline::Course::Sent => Self::Sent,
            timeline::Course::GivenUp => Self::Failed,
            timeline::Course::Replaced => Self::Replaced,
            timeline::Course::Withheld => Self::Withheld,
        }
    }
}

impl Tells {
    /// As the API says it; none of what is not sent.
    pub fn of(reason: Reason) -> Option<Self> {
        Some(match reason {
            Reason::First => Self::First,
            Reason::StandsAgain => Self::StandsAgain,
            Reason::Reminder => Self::Reminder,
            Reason::Resolved => Self::Resolved,
            Reason::ShelvingEnds => Self::ShelvingEnds,
            Reason::Changed => Self::Changed,
            Reason::Withdrawn => Self::Withdrawn,
            Reason::Taken => Self::Taken,
            Reason::No(_) => return None,
        })
    }
}
