//! What is kept about somebody, and who saw it.

use plenum_collector::people::SignedOn;
use plenum_protocol::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    AuditLine, Delivery, DutyFeed, Event, LogInSession, Note, Override, Person, Revision, Token, Work,
};

/// All that is kept about somebody, to be handed to them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Kept {
    /// Who they are, what they may do and where they are reached.
    pub person: Person,
    /// Since when their second factor is on; null without one. Its seed is a secret and is not told.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub second_factor_since: Option<Timestamp>,
    /// Until when their invitation is good; null without one.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub invited_until: Option<Timestamp>,
    /// By whom they are known at the provider of single sign-on; null for who does not come so.
    pub sign_on: Option<KeptSignOn>,
    /// Where they are logged in.
    pub sessions: Vec<LogInSession>,
    /// What they did to alarms, the oldest first.
    pub events: Vec<Event>,
    /// The revisions of the site that they applied, the newest first.
    pub revisions: Vec<Revision>,
    /// The numbers of the revisions of the site that name them.
    pub named_in: Vec<u64>,
    /// The tokens that they gave out and that have not ended.
    pub tokens: Vec<Token>,
    /// The messages to them.
    pub messages: Vec<Message>,
    /// The overrides of rotas by which they stand in, or that they made.
    pub overrides: Vec<Override>,
    /// What they noted about incidents, the oldest first.
    pub notes: Vec<Note>,
    /// The work in progress that they announced or ended.
    pub works: Vec<Work>,
    /// Their feed of duties.
    pub duty_feed: DutyFeed,
    /// The lines of the audit log that say what they did or what was done about them, the oldest first.
    pub audit: Vec<AuditLine>,
}

/// By whom somebody is known at the provider of single sign-on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct KeptSignOn {
    /// The provider's name for itself.
    pub issuer: String,
    /// Its name for them.
    pub subject: String,
    /// When they last came so.
    #[schema(value_type = String, format = DateTime)]
    pub last_at: Timestamp,
}

impl From<SignedOn> for KeptSignOn {
    fn from(signed: SignedOn) -> Self {
        Self {
            issuer: signed.issuer,
            subject: signed.subject,
            last_at: signed.last_at,
        }
    }
}

/// A message to somebody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Message {
    /// The number of the alarm that it told of.
    pub alarm: u64,
    /// How it went.
    pub delivery: Delivery,
}

/// Who saw what of people in a period, as far as the audit log tells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Seen {
    /// Begin of the period.
    #[schema(value_type = String, format = DateTime)]
    pub from: Timestamp,
    /// Its end.
    #[schema(value_type = String, format = DateTime)]
    pub to: Timestamp,
    /// The lines of what was answered and showed people, the oldest first: of the person who was asked for, or of everybody.
    pub lines: Vec<AuditLine>,
    /// What this cannot know, in the reader's language.
    pub unknown: Vec<String>,
}
