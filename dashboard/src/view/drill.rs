//! Drills of the alarm chain: as the site plans them, and each that was held with when each leg was done.

use plenum_protocol::{Identifier, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::words::words;
use super::{Priority, schema};

words! {
    /// How far a drill climbs the ladder that takes it.
    DrillClimb {
        /// Its first step alone.
        First = "first",
        /// All of it, until somebody answers.
        Whole = "whole",
    }
}

words! {
    /// How a drill stands, or ended.
    DrillState {
        /// It goes on.
        Running = "running",
        /// It came through.
        Passed = "passed",
        /// It broke off.
        Failed = "failed",
        /// It could not be held when it was due, nor for four hours after.
        Missed = "missed",
    }
}

words! {
    /// A leg of the chain.
    DrillLegName {
        /// The agent was asked.
        Commanded = "commanded",
        /// Its answer was heard.
        Answered = "answered",
        /// Its reading, by its own clock.
        Read = "read",
        /// That was in the journal.
        Committed = "committed",
        /// Its alarm stood.
        Raised = "raised",
        /// A message was written.
        Sent = "sent",
        /// Its provider took it.
        Taken = "taken",
        /// Somebody answered.
        Confirmed = "confirmed",
        /// Its alarm had ended.
        Ended = "ended",
    }
}

/// A drill of the site, with those that were held within a year.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Drill {
    /// Its id in the site.
    #[schema(value_type = schema::Identifier)]
    pub id: Identifier,
    /// Whether the site has it still.
    pub in_site: bool,
    /// The agent that begins it, without its site.
    #[schema(value_type = schema::Identifier)]
    pub agent: Identifier,
    /// When it is held, as the site says it; null where somebody has to begin it.
    pub when: Option<String>,
    /// When it is held next by itself; null where it is not.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub next_at: Option<Timestamp>,
    /// As what its alarm is told.
    pub priority: Priority,
    /// Whether somebody has to answer.
    pub confirm: bool,
    /// Within how long, in seconds.
    pub within_s: f64,
    /// How far the ladder is climbed.
    pub ladder: DrillClimb,
    /// Those that were held within a year, the newest first.
    pub runs: Vec<DrillRun>,
}

/// One drill, from the command to its end.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DrillRun {
    /// Its number for ever.
    pub number: u64,
    /// Which drill of the site.
    #[schema(value_type = schema::Identifier)]
    pub drill: Identifier,
    /// How it stands, or ended.
    pub state: DrillState,
    /// When its agent was asked; of one that was missed when that would have been.
    #[schema(value_type = String, format = DateTime)]
    pub began_at: Timestamp,
    /// For when it was planned; null where somebody began it.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub planned_for: Option<Timestamp>,
    /// Who began it; null where nobody had to.
    pub by: Option<String>,
    /// The number of its alarm; null where it raised none.
    pub alarm: Option<u64>,
    /// Where and why it broke off, in words; null where it did not.
    pub said: Option<String>,
    /// What was done of it, in the order of the chain.
    pub legs: Vec<DrillLeg>,
}

/// A leg that was done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DrillLeg {
    /// Which.
    pub leg: DrillLegName,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// How long after the command, in seconds; of the agent's reading by two clocks, so that it may be below 0.
    pub after_s: f64,
    /// The channel's id in site.toml; null where the leg is of none.
    pub channel: Option<String>,
    /// Who was told, or who answered; null where the leg is of nobody.
    pub who: Option<String>,
}
