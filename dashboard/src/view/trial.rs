//! A revision that is tried on the past: what is asked, and what it would have raised beside the one in force.

use plenum_protocol::{Duration, Identifier, Series, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Priority, Unit, schema};

/// A revision to be tried on the past. Nothing of it takes effect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewTrial {
    /// The whole `site.toml`. Where it has mistakes, the answer is 422 and names each with its line.
    pub text: String,
    /// The first instant; absent: a time before `to`, as long as `last`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub from: Option<Timestamp>,
    /// The first instant after the period; absent: now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub to: Option<Timestamp>,
    /// How long, where `from` is absent, as `30d`, which is also what is meant without it; 366 days at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub last: Option<Duration>,
}

/// Whether a revision is being tried, and how far that is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TrialProgress {
    /// In per cent; null while none is tried.
    pub percent: Option<u8>,
}

/// What a revision would have raised, beside the one in force. Both as if each had been in force all the time; what people do does not count, and
/// late readings do as if they had come in time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Trial {
    /// The first instant.
    #[schema(value_type = String, format = DateTime)]
    pub from: Timestamp,
    /// The first instant after it.
    #[schema(value_type = String, format = DateTime)]
    pub to: Timestamp,
    /// The number of the revision in force.
    pub revision: u64,
    /// When the history begins; null where it has nothing.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub history_from: Option<Timestamp>,
    /// Series that were looked at.
    pub series: u64,
    /// Readings that were judged.
    pub readings: u64,
    /// Stretches of six hours of a series that cannot be read.
    pub damaged: u64,
    /// How long it took, in seconds.
    pub seconds: f64,
    /// The revision that is tried.
    pub tried: TrialSide,
    /// The revision in force.
    pub in_force: TrialSide,
    /// The rules that would have raised anything, the most first.
    pub rules: Vec<TrialRule>,
    /// Whom they would have woken: critical and high alarms that are told between 22:00 and 07:00 in the site's zone.
    pub woken: Vec<TrialWoken>,
    /// The longest alarms that only one of the two would have raised, ten at most.
    pub differences: Vec<TrialDifference>,
    /// Rules of the revision that is tried that look further back than the history reaches: what they would have raised is not all known.
    pub short: Vec<TrialShort>,
    /// What is allowed in the text and looks like a mistake.
    pub warnings: Vec<String>,
}

/// What one revision would have raised.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TrialSide {
    /// Alarms raised in the period.
    pub alarms: u32,
    /// Of those, the critical ones.
    pub critical: u32,
    /// Of those, the high ones.
    pub high: u32,
    /// Of those, the medium ones.
    pub medium: u32,
    /// Of those, the low ones.
    pub low: u32,
    /// Alarms that stood already when the period began.
    pub stood_before: u32,
    /// Critical and high alarms that are told at night.
    pub at_night: u32,
    /// Alarms of which the other revision says nothing while they stand.
    pub only_here: u32,
    /// Alarms in ten minutes for each operator, on average.
    pub mean: f64,
    /// The most alarms within any ten minutes.
    pub peak: u32,
    /// When those began; null where there is no alarm.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub peak_at: Option<Timestamp>,
    /// Floods: from where more than ten alarms for each operator come within ten minutes, to where fewer than five do.
    pub floods: u32,
}

/// A rule, and what it would have raised.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TrialRule {
    /// Its id.
    #[schema(value_type = schema::Identifier)]
    pub rule: Identifier,
    /// Its name.
    pub name: String,
    /// Alarms by the revision that is tried; null where it has no such rule, or it is switched off.
    pub tried: Option<u32>,
    /// Alarms by the revision in force; null where it has no such rule, or it is switched off.
    pub in_force: Option<u32>,
    /// Its priority in the revision that is tried, else in the one in force.
    pub priority: Priority,
}

/// A person, and how often each revision would have woken them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TrialWoken {
    /// Who, by the site.
    #[schema(value_type = schema::Identifier)]
    pub person: Identifier,
    /// Their name.
    pub name: String,
    /// By the revision that is tried.
    pub tried: u32,
    /// By the revision in force.
    pub in_force: u32,
}

/// An alarm that only one revision would have raised.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TrialDifference {
    /// By the revision that is tried; otherwise by the one in force.
    pub tried: bool,
    /// By which rule.
    #[schema(value_type = schema::Identifier)]
    pub rule: Identifier,
    /// The rule's name.
    pub name: String,
    /// How bad.
    pub priority: Priority,
    /// Which series, where it is about one.
    #[schema(value_type = Option<schema::SeriesName>)]
    pub series: Option<Series>,
    /// What it is about: a series, or an agent as site/agent.
    pub subject: String,
    /// The sensor's name, where the site places it.
    pub sensor_name: Option<String>,
    /// The room, where the sensor has one.
    #[schema(value_type = Option<schema::Identifier>)]
    pub room: Option<Identifier>,
    /// The room's name.
    pub room_name: Option<String>,
    /// When it would have been raised.
    #[schema(value_type = String, format = DateTime)]
    pub from: Timestamp,
    /// When it would have returned; null while it stands.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub to: Option<Timestamp>,
    /// How long it would have stood within the period, in seconds.
    pub seconds: f64,
    /// The value furthest beyond the limit; null for a rule without a limit.
    pub worst: Option<f64>,
    /// Its unit; null where it is not about a series.
    pub unit: Option<Unit>,
}

/// A rule that looks further back than the history reaches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TrialShort {
    /// Its id.
    #[schema(value_type = schema::Identifier)]
    pub rule: Identifier,
    /// Its name.
    pub name: String,
}
