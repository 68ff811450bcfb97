//! Lines of the audit log.

use plenum_core::authority::Actor;
use plenum_core::fact;
use plenum_protocol::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::words::words;

words! {
    /// How something ended.
    AuditEnding {
        /// It was done.
        Done = "done",
        /// It was not allowed, or not possible as it was asked.
        Refused = "refused",
        /// It was allowed and could not be done.
        Failed = "failed",
        /// The program ended before it was answered: it may have been done.
        Unknown = "unknown",
    }
}

words! {
    /// What somebody is in the audit log.
    AuditKind {
        /// Whoever was not known.
        Nobody = "nobody",
        /// The monitor itself.
        Monitor = "monitor",
        /// A person.
        Person = "person",
        /// A program with a token.
        Program = "program",
        /// A person by the link of a message, without a log-in.
        Link = "link",
        /// An agent that has shown who it is.
        Agent = "agent",
    }
}

words! {
    /// The form of an export.
    AuditFormat {
        /// JSON lines.
        Json = "json",
        /// RFC 5424.
        Syslog = "syslog",
    }
}

#[expect(
    clippy::derivable_impls,
    reason = "the macro that makes it derives for all of its kind"
)]
impl Default for AuditFormat {
    fn default() -> Self {
        Self::Json
    }
}

impl From<fact::Ending> for AuditEnding {
    fn from(ending: fact::Ending) -> Self {
        match ending {
            fact::Ending::Done => Self::Done,
            fact::Ending::Refused => Self::Refused,
            fact::Ending::Failed => Self::Failed,
            fact::Ending::Unknown => Self::Unknown,
        }
    }
}

/// Who did something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AuditWho {
    /// What they are.
    pub kind: AuditKind,
    /// Their number, which is theirs for ever; null where there is none.
    pub number: Option<i64>,
    /// Their name now; null for whoever has none any more, or never had.
    pub name: Option<String>,
}

impl AuditWho {
    pub(crate) fn of(actor: &Actor, name: Option<String>) -> Self {
        let (kind, number) = match actor {
            Actor::Nobody => (AuditKind::Nobody, None),
            Actor::Monitor => (AuditKind::Monitor, None),
            Actor::Person(number) => (AuditKind::Person, Some(*number)),
            Actor::Program(number) => (AuditKind::Program, Some(*number)),
            Actor::Link { person, .. } => (AuditKind::Link, Some(*person)),
            Actor::Agent(_) => (AuditKind::Agent, None),
            Actor::Named(_) => (AuditKind::Person, None),
        };
        Self { kind, number, name }
    }
}

/// A line of the audit log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AuditLine {
    /// Counts from 1 without holes.
    pub number: u64,
    /// When it began.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// Who.
    pub who: AuditWho,
    /// The address that they asked from; null where there is none of its own.
    pub from: Option<String>,
    /// What, as a word that does not change.
    pub deed: String,
    /// The same in the reader's language.
    pub says: String,
    /// On what, by its number or identifier; empty where it is on nothing of its own.
    pub on: String,
    /// The name now of whom it is on; null where that is nobody.
    pub name: Option<String>,
    /// Where `on` is a word for why somebody got no further: the same in the reader's language.
    #[serde(default)]
    pub why: Option<String>,
    /// How it ended.
    pub ending: AuditEnding,
    /// The same in the reader's language, and of a refusal why.
    pub ended: String,
    /// The HTTP status that answered it; null where nothing did.
    pub status: Option<u16>,
    /// So often, where it came again within a while.
    pub times: u32,
}
