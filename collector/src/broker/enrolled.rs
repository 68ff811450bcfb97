//! Which agents' certificates are in force, in memory: asked at each log-in by certificate, and watched by each connection that came by one.

use std::collections::BTreeMap;
use std::net::IpAddr;

use async_trait::async_trait;
use plenum_protocol::enrolment::{Answer, EnrolmentNumber, Holder, Request};
use plenum_protocol::{AgentName, Timestamp};
use tokio::sync::watch;

/// The enrolment in force of each agent that has one.
#[derive(Debug, Default)]
pub struct Enrolled(watch::Sender<BTreeMap<AgentName, InForce>>);

/// An enrolment in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InForce {
    /// Its number, which its certificates carry.
    pub number: EnrolmentNumber,
    /// The end of the newest of them.
    pub until: Option<Timestamp>,
}

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

    /// Somebody came with a certificate that opens nothing any more.
    async fn came_in_vain(&self, holder: &Holder, address: IpAddr);
}

impl Enrolled {
    /// These and no others from now on.
    pub(crate) fn replace(&self, now: BTreeMap<AgentName, InForce>) {
        self.0.send_replace(now);
    }

    /// Tells whoever looks after them that they changed.
    pub(crate) fn changes(&self) -> watch::Receiver<BTreeMap<AgentName, InForce>> {
        self.0.subscribe()
    }

    /// Whether it has joined.
    pub fn knows(&self, agent: &AgentName) -> bool {
        self.0.borrow().contains_key(agent)
    }

    /// Until when the newest certificate of an agent holds, if one of it is in force.
    pub fn until(&self, agent: &AgentName) -> Option<Timestamp> {
        self.0.borrow().get(agent).and_then(|enrolment| enrolment.until)
    }

    /// Whether its certificate opens anything.
    pub fn admits(&self, holder: &Holder) -> bool {
        is_in_force(&self.0.borrow(), holder)
    }

    /// Comes back when it opens nothing any more.
    pub async fn ended(&self, holder: &Holder) {
        let mut seen = self.0.subscribe();
        let over = |now: &BTreeMap<_, _>| !is_in_force(now, holder);
        // Whoever asks holds the sender.
        let _ = seen.wait_for(over).await;
    }
}

fn is_in_force(now: &BTreeMap<AgentName, InForce>, holder: &Holder) -> bool {
    let enrolment = now.get(&holder.agent);
    enrolment.is_some_and(|enrolment| enrolment.number == holder.number)
}
