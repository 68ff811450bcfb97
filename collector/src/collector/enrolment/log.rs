//! What the audit log says of agents at the broker: who joined, who renewed, who was refused, and who came with a certificate that opens nothing any more.

use std::net::IpAddr;

use plenum_core::authority::Actor;
use plenum_core::fact::{Audited, Deed};
use plenum_protocol::AgentName;
use plenum_protocol::enrolment::{Answer, Holder, Refusal, Request};

use super::Enrolment;
use crate::audit::Audit;

/// The log is a log of HTTP: what is told of agents has the status that would say the same.
const fn status(answer: &Answer) -> u16 {
    match answer {
        Answer::Certificate(_) => 200,
        Answer::Refused(refusal) => match refusal {
            Refusal::Request => 400,
            Refusal::Nobody => 401,
            Refusal::Code | Refusal::AnotherAgent | Refusal::Revoked => 403,
            Refusal::TooMany => 429,
            Refusal::Unavailable => 503,
        },
    }
}

impl Enrolment {
    /// Where it is told from now on. The first word counts.
    pub(crate) fn tells(&self, audit: Audit) {
        self.audit.set(audit).ok();
    }

    pub(super) async fn tell_of_answer(&self, request: &Request, address: IpAddr, answer: &Answer) {
        let deed = match request.secret {
            Some(_) => Deed::JoinAgent,
            None => Deed::RenewCertificate,
        };
        self.tell(deed, &request.agent, address, status(answer)).await;
    }

    pub(super) async fn tell_in_vain(&self, holder: &Holder, address: IpAddr) {
        self.tell(Deed::ShowCertificate, &holder.agent, address, 403)
            .await;
    }

    /// A name in a refused request is whatever somebody wrote; it has the form of a name and no more. Repeats are one line.
    async fn tell(&self, deed: Deed, agent: &AgentName, address: IpAddr, status: u16) {
        let Some(audit) = self.audit.get() else { return };
        let audited = Audited {
            at: self.clock.now(),
            // Whoever is refused has shown nothing.
            by: match status {
                ..400 => Actor::Agent(Box::new(agent.clone())),
                _ => Actor::Nobody,
            },
            from: Some(address),
            deed,
            on: agent.to_string(),
            status,
            times: 1,
        };
        let told = match status {
            ..400 => audit.end(None, audited).await,
            _ => audit.tell(audited).await,
        };
        if let Err(error) = told {
            tracing::error!(%error, %deed, %agent, "what an agent asked for cannot be written down");
        }
    }
}
