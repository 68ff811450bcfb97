//! Whom an incident's ladder has reached, who is next, and why the others were not told.

use plenum_protocol::{Identifier, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::words::words;
use super::{DutyPerson, schema};

words! {
    /// How far calling is.
    CallState {
        /// Whoever is next is called when the time comes.
        Calling = "calling",
        /// Somebody has it: nobody else is called.
        Held = "held",
        /// No ladder takes it: everybody whom the channels reach is told.
        NoLadder = "no-ladder",
    }
}

words! {
    /// What came of passing it on.
    PassedWord {
        /// Somebody is called now.
        On = "on",
        /// Others are asked already, or have the rest of it: it is noted that it is not theirs.
        Noted = "noted",
    }
}

/// How an incident's calling stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct IncidentCall {
    /// The incident.
    pub incident: u64,
    /// How far it is.
    pub state: CallState,
    /// The ladder that it climbs; null where none takes it.
    #[schema(value_type = Option<schema::Identifier>)]
    pub ladder: Option<Identifier>,
    /// Who is called next; null where somebody has it, no ladder takes it, or all whom the next step comes to have quiet hours.
    pub next: Option<CallNext>,
    /// What happened to it, the oldest first.
    pub events: Vec<CallEvent>,
    /// Who was told nothing, over which channel, and why. Empty where nothing of it stands.
    pub untold: Vec<Untold>,
    /// What the caller can do who cannot go on with it; null where it is not theirs to pass on.
    pub passing_on: Option<PassingOn>,
}

/// What somebody can do who cannot go on with an incident.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PassingOn {
    /// Whether they have something of it: they give that back when they pass it on.
    pub has: bool,
    /// Who would be called now, by name; empty where nobody comes after them.
    pub next: Vec<String>,
    /// To whom they can pass it on by name.
    pub to: Vec<DutyPerson>,
}

/// "I cannot."
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PassOn {
    /// To whom, as the site names them; absent means whoever is next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schema::Identifier>)]
    pub to: Option<Identifier>,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PassedOn {
    /// In a word.
    pub passed: PassedWord,
    /// In words.
    pub said: String,
    /// Who is called now, by name.
    pub called: Vec<String>,
}

/// Who is called next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CallNext {
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// By which step: `step 2`.
    pub step: String,
    /// Their names; of a program that of its channel.
    pub people: Vec<String>,
}

/// Something that happened to a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CallEvent {
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// What, in words.
    pub said: String,
}

/// Somebody who was told nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Untold {
    /// The channel's id in site.toml.
    pub channel: String,
    /// The person's id in site.toml; the channel's own where its kind does not reach people.
    pub to: String,
    /// What they are called.
    pub name: String,
    /// Why, in a word: `not-yet`, `held-by-another`, `other-priority`, `shelved` and so on.
    pub why: String,
    /// Why, in words.
    pub said: String,
}
