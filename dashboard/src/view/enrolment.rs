//! An agent's enrolment: what is asked for a code, and the code.

use plenum_collector::collector::enrolment::GivenCode;
use plenum_protocol::{Identifier, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::schema;

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
    /// Where the agent will look for the broker.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Until when it is good: 15 minutes.
    #[schema(value_type = String, format = DateTime)]
    pub expires_at: Timestamp,
}

impl From<GivenCode> for EnrolmentCode {
    fn from(given: GivenCode) -> Self {
        let text = given.code.to_string();
        Self {
            site: given.code.agent.site,
            agent: given.code.agent.agent,
            code: text,
            host: given.code.host,
            port: given.code.port,
            expires_at: given.until,
        }
    }
}
