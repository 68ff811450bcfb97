//! Codes as a person carries them: for which agent, where it finds the broker, and by what it knows it.

use plenum_protocol::enrolment::{Code, is_host};
use plenum_protocol::{AgentName, Timestamp};

use super::{Enrolment, GiveError, WayIn};

/// A code that was just given out. It is shown this once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GivenCode {
    /// What the person carries.
    pub code: Code,
    /// Until when it is good.
    pub until: Timestamp,
}

impl Enrolment {
    /// The broker listens in TLS: from now on codes say where. The first word counts, for a broker listens once.
    pub fn opened(&self, way: WayIn) {
        self.way_in.set(way).ok();
    }

    /// Makes a code for an agent; one that it had and has not used is good no more. `host` is where this agent finds the broker, if not where others do.
    ///
    /// # Errors
    /// The broker does not listen in TLS, the host is not one, or nothing can be stored.
    pub async fn give(&self, agent: &AgentName, host: Option<String>) -> Result<GivenCode, GiveError> {
        let way = self.way_in.get().ok_or(GiveError::Shut)?;
        let host = host.unwrap_or_else(|| way.host.clone());
        if !is_host(&host) {
            return Err(GiveError::Host(host.chars().take(80).collect()));
        }
        let fingerprint = self.authority().await?.fingerprint();
        let new = self.begin(agent).await?;
        let code = Code {
            agent: agent.clone(),
            host,
            port: way.port,
            secret: new.secret,
            fingerprint,
        };
        Ok(GivenCode {
            code,
            until: new.until,
        })
    }
}
