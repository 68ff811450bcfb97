//! Whom an incident's ladder has reached, who is next, and why the others were not told.

use plenum_protocol::{Identifier, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::schema;
use super::words::words;

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
