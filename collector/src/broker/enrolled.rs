//! Which agents' certificates are in force, in memory: asked at each log-in by certificate, and watched by each connection that came by one.

use std::collections::BTreeMap;
use std::net::IpAddr;

use async_trait::async_trait;
use plenum_protocol::AgentName;
use plenum_protocol::enrolment::{Answer, EnrolmentNumber, Holder, Request};
use tokio::sync::watch;

/// The enrolment in force of each agent that has one.
#[derive(Debug, Default)]
pub struct Enrolled(watch::Sender<BTreeMap<AgentName, EnrolmentNumber>>);

/// Who asks for a certificate.
#[derive(Debug, Clone, Copy)]
pub struct Asking<'a> {
    /// Whose certificate was shown, if one was; its signature was verified.
    pub holder: Option<&'a Holder>,
    /// From where.
    pub address: IpAddr,
}

/// Who gives out certificates.
#[async_trait]
pub trait Enrols: Send + Sync + 'static {
    /// Answers an agent that asks for one.
    async fn answer(&self, request: &Request, asking: Asking<'_>) -> Answer;
}

impl Enrolled {
    /// These and no others from now on.
    pub(crate) fn replace(&self, now: BTreeMap<AgentName, EnrolmentNumber>) {
        self.0.send_replace(now);
    }

    /// Whether it has joined.
    pub fn knows(&self, agent: &AgentName) -> bool {
        self.0.borrow().contains_key(agent)
    }

    /// Whether its certificate opens anything.
    pub fn admits(&self, holder: &Holder) -> bool {
        self.0.borrow().get(&holder.agent) == Some(&holder.number)
    }

    /// Comes back when it opens nothing any more.
    pub async fn ended(&self, holder: &Holder) {
        let mut seen = self.0.subscribe();
        let over = |now: &BTreeMap<_, _>| now.get(&holder.agent) != Some(&holder.number);
        // Whoever asks holds the sender.
        let _ = seen.wait_for(over).await;
    }
}
