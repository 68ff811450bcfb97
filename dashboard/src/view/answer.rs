//! What a person has to say to an alarm.

use plenum_protocol::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Alarm;

/// "I have it."
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Acknowledge {
    /// What they see or do, 2,000 characters at most; may be empty.
    #[serde(default)]
    #[schema(max_length = 2000)]
    pub comment: String,
    /// The occurrence that they saw: the alarm's `raised_at`. Where it was raised anew since, the answer is 409; absent means whichever stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub raised_at: Option<Timestamp>,
    /// Until when they have it, from 5 min to 24 h from now: where it stands by then it is given back by itself. Absent means until it is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub until: Option<Timestamp>,
}

/// "I have all of it."
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AcknowledgeIncident {
    /// What they see or do, 2,000 characters at most; may be empty.
    #[serde(default)]
    #[schema(max_length = 2000)]
    pub comment: String,
    /// What they saw of it: nothing else is acknowledged, and what was raised anew since is not. Absent means whatever stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen: Option<Vec<SeenAlarm>>,
    /// Until when they have it, from 5 min to 24 h from now: what stands by then is given back by itself. Absent means until it is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub until: Option<Timestamp>,
}

/// An alarm as somebody saw it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SeenAlarm {
    /// Its number.
    pub alarm: u64,
    /// The occurrence: its `raised_at`.
    #[schema(value_type = String, format = DateTime)]
    pub raised_at: Timestamp,
}

/// What came of an answer to several alarms.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Answered {
    /// The alarms of which it was done, as they then stand, the worst first.
    pub done: Vec<Alarm>,
    /// Those of which it was not.
    pub refused: Vec<Unanswered>,
}

/// An alarm of which something was not done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Unanswered {
    /// Its number.
    pub alarm: u64,
    /// Why not.
    pub why: String,
}

/// What the page behind a message's link posts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AnswerByLink {
    /// What they see or do, 2,000 characters at most; may be empty.
    #[serde(default)]
    #[schema(max_length = 2000)]
    pub comment: String,
    /// What the page named: `number@milliseconds` of each alarm and its `raised_at`, with commas between. Nothing else is taken; empty means all of the incident
    /// that this person was told of.
    #[serde(default)]
    pub seen: String,
    /// For how many minutes they have it, from 5 to 1,440; empty means until it is over.
    #[serde(default)]
    pub minutes: String,
    /// `give-back` where they have it no longer, `pass-on` where somebody else is to be called; empty where they take it.
    #[serde(default)]
    pub act: String,
    /// With `pass-on` to whom, as the site names them; empty means whoever is next.
    #[serde(default)]
    pub to: String,
}

/// "Put it aside until then."
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Shelve {
    /// When that ends by itself: within 8 h, and within 24 h of the first time where it is shelved already.
    #[schema(value_type = String, format = DateTime)]
    pub until: Timestamp,
    /// Why, 2,000 characters at most; not empty.
    #[schema(min_length = 1, max_length = 2000)]
    pub reason: String,
}

/// "Take it out of service, and look at it again then."
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TakeOutOfService {
    /// When somebody has to look whether it still should be, within 90 days. It does not end by itself.
    #[schema(value_type = String, format = DateTime)]
    pub until: Timestamp,
    /// Why, 2,000 characters at most; not empty.
    #[schema(min_length = 1, max_length = 2000)]
    pub reason: String,
}

/// A remark.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Comment {
    /// What they see or do, 2,000 characters at most; may be empty.
    #[serde(default)]
    #[schema(max_length = 2000)]
    pub comment: String,
}
