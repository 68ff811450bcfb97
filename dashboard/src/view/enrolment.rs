//! Agents' enrolments: what is asked for a code, the code, how each agent's stands, and the authority behind all of them.

use plenum_collector::collector::enrolment::{self, AgentEnrolment, Authority, GivenCode, Rotated};
use plenum_protocol::{Identifier, Timestamp};
use qrcode::render::svg;
use qrcode::types::QrError;
use qrcode::{EcLevel, QrCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::schema;
use super::words::words;

/// For what a code is asked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewEnrolment {
    /// Where this agent finds the broker: a name or an IPv4 address. Absent: where the broker listens, or under the host of `base_url`, or this host's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
}

/// With which an agent joins, once. It is shown this once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EnrolmentCode {
    /// The agent's site.
    #[schema(value_type = schema::Identifier)]
    pub site: Identifier,
    /// The agent that it is for.
    #[schema(value_type = schema::Identifier)]
    pub agent: Identifier,
    /// What `plenum-agent join` takes: `mqtts://SITE/AGENT@HOST:PORT#...`.
    pub code: String,
    /// The same as a picture to be scanned, an SVG document.
    pub qr: String,
    /// Where the agent will look for the broker.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Until when it is good: 15 minutes.
    #[schema(value_type = String, format = DateTime)]
    pub expires_at: Timestamp,
}

/// Why an agent is revoked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Revocation {
    /// As whoever comes after will want to read it: "stolen". At most 200 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 200)]
    pub reason: Option<String>,
}

words! {
    /// How an agent's enrolment stands.
    EnrolmentState {
        /// It was given a code, and has not joined.
        Invited = "invited",
        /// It has a certificate that holds.
        Joined = "joined",
        /// Its certificate has ended.
        Ended = "ended",
        /// It was revoked.
        Revoked = "revoked",
    }
}

/// An agent's enrolment. What an agent has by a password of collector.toml is not among them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Enrolment {
    /// The agent's site.
    #[schema(value_type = schema::Identifier)]
    pub site: Identifier,
    /// The agent; nothing need have been heard of it.
    #[schema(value_type = schema::Identifier)]
    pub agent: Identifier,
    /// How it stands.
    pub state: EnrolmentState,
    /// Until when the code is good that it has and has not used; null where it has none.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub code_until: Option<Timestamp>,
    /// When it joined.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub joined_at: Option<Timestamp>,
    /// The end of its newest certificate.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub certificate_until: Option<Timestamp>,
    /// When it was revoked.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub revoked_at: Option<Timestamp>,
    /// Why, as whoever revoked it has said.
    pub reason: Option<String>,
}

impl Enrolment {
    /// As it stands now; a code that was not used and is good no more is nothing.
    pub(crate) fn of(enrolment: AgentEnrolment, now: Timestamp) -> Option<Self> {
        let code_until = enrolment.code_until.filter(|until| *until > now);
        let state = match (
            enrolment.joined_at,
            enrolment.ended_at,
            enrolment.certificate_until,
        ) {
            (None, ..) => EnrolmentState::Invited,
            (_, Some(_), _) => EnrolmentState::Revoked,
            (_, None, Some(until)) if until <= now => EnrolmentState::Ended,
            (_, None, _) => EnrolmentState::Joined,
        };
        let is_over = enrolment.joined_at.is_none() && code_until.is_none();
        (!is_over).then_some(Self {
            site: enrolment.agent.site,
            agent: enrolment.agent.agent,
            state,
            code_until,
            joined_at: enrolment.joined_at,
            certificate_until: enrolment.certificate_until,
            revoked_at: enrolment.ended_at,
            reason: enrolment.reason,
        })
    }
}

/// The authority that vouches for agents and for the broker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EnrolmentAuthority {
    /// The first 16 bytes of the SHA-256 of its certificate, as codes have it: by it the broker is known.
    pub fingerprint: String,
    /// When it ends.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub until: Option<Timestamp>,
    /// The one that follows it and signs for agents already; null where none does.
    pub next: Option<String>,
    /// Agents and codes that still go by the old one; null where no other follows.
    pub left: Option<u64>,
}

impl EnrolmentAuthority {
    /// Of all there are, the oldest first; none where none was made yet.
    pub(crate) fn of(all: &[Authority], left: Option<u64>) -> Option<Self> {
        let (shown, newest) = (all.first()?, all.last()?);
        let follows = all.len() > 1;
        Some(Self {
            fingerprint: shown.fingerprint().to_string(),
            until: shown.validity().map(|validity| validity.until),
            next: follows.then(|| newest.fingerprint().to_string()),
            left: left.filter(|_| follows),
        })
    }
}

/// How the authority is to be followed by another.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRotation {
    /// At once: agents that have no certificate of the new one have to join again. For a key in wrong hands.
    #[serde(default)]
    pub at_once: bool,
}

words! {
    /// What came of it.
    RotationState {
        /// The new one signs, and the old one goes by itself when each agent has renewed.
        Begun = "begun",
        /// One was going on before, and goes on.
        GoesOn = "goes-on",
        /// The old one is gone.
        Done = "done",
    }
}

/// What came of a rotation of the authority.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AuthorityRotation {
    /// What.
    pub state: RotationState,
    /// So many agents have to join again.
    pub agents: u64,
}

impl From<Rotated> for AuthorityRotation {
    fn from(rotated: Rotated) -> Self {
        let (state, agents) = match rotated {
            enrolment::Rotated::Begun => (RotationState::Begun, 0),
            enrolment::Rotated::GoesOn => (RotationState::GoesOn, 0),
            enrolment::Rotated::AtOnce { agents } => (RotationState::Done, agents),
        };
        let agents = u64::try_from(agents).unwrap_or(u64::MAX);
        Self { state, agents }
    }
}

impl EnrolmentCode {
    /// With its picture.
    pub(crate) fn of(given: GivenCode) -> Result<Self, QrError> {
        let code = given.code.to_string();
        let picture = QrCode::with_error_correction_level(&code, EcLevel::L)?;
        Ok(Self {
            site: given.code.agent.site,
            agent: given.code.agent.agent,
            qr: picture
                .render::<svg::Color<'_>>()
                .min_dimensions(200, 200)
                .build(),
            code,
            host: given.code.host,
            port: given.code.port,
            expires_at: given.until,
        })
    }
}
