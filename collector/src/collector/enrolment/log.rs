//! What the audit log says of agents at the broker: who joined, who renewed, who was refused, and who came with a certificate that opens nothing any more.

use std::net::IpAddr;

use plenum_core::authority::Actor;
use plenum_core::fact::{Audited, Deed};
use plenum_protocol::AgentName;
use plenum_protocol::enrolment::{Answer, Holder, Refusal, Request};

use super::{Enrolment, table};
use crate::audit::Audit;
use crate::broker::Asking;

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

    pub(super) async fn tell_of_answer(&self, request: &Request, asking: Asking<'_>, answer: &Answer) {
        let deed = match request.secret {
            Some(_) => Deed::JoinAgent,
            None => Deed::RenewCertificate,
        };
        let about = self.about(request, asking.holder, answer).await;
        self.tell(deed, about, asking.address, status(answer)).await;
    }

    pub(super) async fn tell_in_vain(&self, holder: &Holder, address: IpAddr) {
        let about = Some(&holder.agent);
        self.tell(Deed::ShowCertificate, about, address, 403).await;
    }

    /// Whose line it is: whoever has shown a certificate is its holder, whomever they name; a code is for whom it was made. Another name in a request is whatever a
    /// stranger wrote, who could fill the log with a thousand of them: it stands there only if it is an agent's.
    async fn about<'a>(
        &self,
        request: &'a Request,
        holder: Option<&'a Holder>,
        answer: &Answer,
    ) -> Option<&'a AgentName> {
        match (&request.secret, holder, answer) {
            (None, Some(holder), _) => Some(&holder.agent),
            (_, _, Answer::Certificate(_)) => Some(&request.agent),
            (_, _, Answer::Refused(Refusal::TooMany)) => None,
            _ => {
                let agent = request.agent.clone();
                let known = self
                    .database
                    .read(move |connection| table::is_known(connection, &agent));
                known.await.unwrap_or(false).then_some(&request.agent)
            }
        }
    }

    /// Repeats are one line.
    async fn tell(&self, deed: Deed, agent: Option<&AgentName>, address: IpAddr, status: u16) {
        let Some(audit) = self.audit.get() else { return };
        let by = match (status, agent) {
            (..400, Some(agent)) => Actor::Agent(Box::new(agent.clone())),
            // Whoever is refused has shown nothing.
            _ => Actor::Nobody,
        };
        let audited = Audited {
            at: self.clock.now(),
            by,
            from: Some(address),
            deed,
            on: agent.map(ToString::to_string).unwrap_or_default(),
            status,
            times: 1,
        };
        let told = match status {
            ..400 => audit.end(None, audited).await,
            _ => audit.tell(audited).await,
        };
        if let Err(error) = told {
            tracing::error!(%error, %deed, "what an agent asked for cannot be written down");
        }
    }
}
