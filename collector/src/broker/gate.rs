//! The gate of the embedded broker: judges each connection, publication and subscription, and hands packets to intake's queue. When there is
//! no room, the packet is refused with a reason: it is not acknowledged to its agent, which sends it again.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use plenum_link::mqtt::{Arrival, Held};
use plenum_link::neighbourhood;
use plenum_protocol::enrolment::Holder;
use plenum_protocol::topic::TopicKind;
use plenum_protocol::{AgentName, Clock};
use tokio::sync::{Semaphore, mpsc};

use super::access::{Identity, Refusal};
use super::admission::{Admission, Place, Sender};
use super::lanes::Lanes;
use super::{BrokerCounters, Credentials, Decision, Enrolled, Incoming, LARGEST_STATUS};

/// How long one client's packet may wait for room. Only that client waits: its next packets stay in its socket, which holds it back.
pub(crate) const PATIENCE: Duration = Duration::from_millis(500);
/// A last will is said once and by nobody else, so it waits longer.
const LAST_PATIENCE: Duration = Duration::from_secs(10);

/// What every connection asks.
pub(crate) struct Gate {
    pub(crate) credentials: Arc<dyn Credentials>,
    pub(crate) accept_new_agents: Arc<AtomicBool>,
    pub(crate) queue: mpsc::Sender<Incoming>,
    /// How many packets of all senders may wait, whatever their bytes.
    pub(crate) pieces: Arc<Semaphore>,
    pub(crate) lanes: Lanes,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) counters: Arc<BrokerCounters>,
}

/// Who wants to enter, and as whom.
pub(crate) struct Visitor<'a> {
    pub(crate) client_id: &'a str,
    pub(crate) user: Option<&'a str>,
    pub(crate) password: Option<&'a [u8]>,
    pub(crate) will: Option<&'a str>,
    /// Whose certificate was shown.
    pub(crate) holder: Option<&'a Holder>,
    pub(crate) address: IpAddr,
}

/// Who has entered.
#[derive(Debug, Clone)]
pub(crate) struct Admitted {
    pub(crate) identity: Identity,
    /// Whose connections and bytes these are.
    pub(crate) sender: Sender,
    /// By a password, not by its word.
    pub(crate) proven: bool,
}

/// Why somebody does not enter.
#[derive(Debug)]
pub(crate) struct RefusedLogin {
    pub(crate) why: String,
    pub(crate) bad_password: bool,
}

impl Gate {
    pub(crate) fn admission(&self) -> &Admission {
        &self.counters.admission
    }

    /// Judges who wants to enter.
    pub(crate) async fn admit(&self, visitor: &Visitor<'_>) -> Result<Admitted, RefusedLogin> {
        let identity = match visitor.holder {
            Some(holder) => Identity::Agent(holder.agent.clone()),
            None => Identity::of_user(visitor.user),
        };
        let judged = self.judge_login(visitor, &identity).await;
        if let Err(refused) = &judged
            && worth_a_line(&self.counters.refused_login)
        {
            let Visitor {
                client_id,
                user,
                address,
                ..
            } = visitor;
            tracing::warn!(user, client_id, %address, "refused a connection to the broker: {}", refused.why);
        }
        let proven = judged?;
        let sender = match &identity {
            Identity::Agent(name) => Sender::Agent(name.clone()),
            Identity::Guest => Sender::Guest(neighbourhood(visitor.address)),
        };
        Ok(Admitted {
            identity,
            sender,
            proven,
        })
    }

    async fn judge_login(&self, visitor: &Visitor<'_>, identity: &Identity) -> Result<bool, RefusedLogin> {
        let password = visitor.password.filter(|password| !password.is_empty());
        let decision = match identity {
            // Whoever shows a certificate is its holder, or nobody: a password does not make up for it.
            Identity::Agent(_) if visitor.holder.is_some() => self.judge_certificate(visitor)?,
            Identity::Agent(name) => self.check(name.clone(), password.map(<[u8]>::to_vec)).await,
            Identity::Guest => Decision::Unknown,
        };
        match decision {
            Decision::Accepted => {}
            Decision::Wrong => {
                return Err(RefusedLogin {
                    why: "wrong password".to_owned(),
                    bad_password: true,
                });
            }
            Decision::Unknown if self.accepts_new_agents() => {}
            Decision::Unknown => {
                let why = match identity {
                    Identity::Agent(_) => "this agent has no credential here".to_owned(),
                    Identity::Guest => Refusal::NoName.to_string(),
                };
                return Err(RefusedLogin {
                    why,
                    bad_password: false,
                });
            }
        }
        identity.may_be_called(visitor.client_id, |name| self.credentials.knows(name))?;
        if let Some(topic) = visitor.will {
            identity.may_publish(topic, |name| self.credentials.knows(name))?;
        }
        Ok(decision == Decision::Accepted)
    }

    fn judge_certificate(&self, visitor: &Visitor<'_>) -> Result<Decision, Refusal> {
        match visitor.holder {
            Some(holder) if visitor.user.is_some_and(|user| user != holder.agent.to_string()) => {
                Err(Refusal::AnothersCertificate)
            }
            Some(holder) if self.believes(holder) => Ok(Decision::Accepted),
            _ => Err(Refusal::Revoked),
        }
    }

    /// Whether the certificate of this holder opens anything.
    pub(crate) fn believes(&self, holder: &Holder) -> bool {
        self.enrolled().is_some_and(|enrolled| enrolled.admits(holder))
    }

    fn enrolled(&self) -> Option<&Enrolled> {
        self.credentials.enrolled()
    }

    /// Comes back when the certificate by which a client came is not in force any more: never, where it came by none.
    pub(crate) async fn certificate_ended(&self, holder: Option<&Holder>) {
        match (holder, self.enrolled()) {
            (Some(holder), Some(enrolled)) => enrolled.ended(holder).await,
            _ => std::future::pending().await,
        }
    }

    async fn check(&self, name: AgentName, password: Option<Vec<u8>>) -> Decision {
        let credentials = self.credentials.clone();
        let Some(password) = password else {
            return if credentials.knows(&name) {
                Decision::Wrong
            } else {
                Decision::Unknown
            };
        };
        // A password hash is slow on purpose, and not to the other clients.
        tokio::task::spawn_blocking(move || credentials.check(&name, &password))
            .await
            .unwrap_or(Decision::Wrong)
    }

    /// Whether it may read there; refusals are counted and told.
    pub(crate) fn may_read(&self, identity: &Identity, client_id: &str, filter: &str) -> Result<(), Refusal> {
        let judged = identity.may_read(filter, |name| self.credentials.knows(name));
        judged.inspect_err(|refusal| self.tell(client_id, "subscription", filter, *refusal))
    }

    /// Whether it may publish there; refusals are counted and told.
    pub(crate) fn may_publish(
        &self,
        identity: &Identity,
        client_id: &str,
        topic: &str,
    ) -> Result<TopicKind, Refusal> {
        let allowed = identity.may_publish(topic, |name| self.credentials.knows(name));
        let judged = allowed.and_then(|kind| self.is_still_known(identity).map(|()| kind));
        judged.inspect_err(|refusal| self.tell(client_id, "publication", topic, *refusal))
    }

    /// A credential may have been taken away since its agent logged in.
    fn is_still_known(&self, identity: &Identity) -> Result<(), Refusal> {
        match identity {
            Identity::Agent(name) if !self.accepts_new_agents() && !self.credentials.knows(name) => {
                Err(Refusal::TakenAway)
            }
            _ => Ok(()),
        }
    }

    fn accepts_new_agents(&self) -> bool {
        self.accept_new_agents.load(Ordering::Relaxed)
    }

    /// A place for a packet of so many bytes; none if there was none for half a second.
    pub(crate) async fn place(&self, sender: &Sender, bytes: usize) -> Option<Place> {
        self.admission().place(sender, bytes, PATIENCE).await
    }

    /// Counts a packet that there was no room for.
    pub(crate) fn refuse(&self, topic: &str) {
        if worth_a_line(&self.counters.refused_full) {
            tracing::warn!(
                topic,
                "refused a packet: no room for more of this sender's before intake"
            );
        }
    }

    /// Puts the packet on its way to intake, waiting a little for room. Returns whether it was taken.
    pub(crate) async fn hand_over(&self, sender: &Sender, mut packet: Incoming, mut place: Place) -> bool {
        packet.arrived = Some(Arrival::now(self.clock.as_ref()));
        shorten(&mut packet, &mut place, &self.counters);
        let piece = tokio::time::timeout(PATIENCE, self.pieces.clone().acquire_owned()).await;
        // It is never closed, but intake may have stopped; so will the broker.
        let Ok(Ok(piece)) = piece else {
            self.refuse(&packet.topic);
            return false;
        };
        if self.queue.is_closed() {
            return false;
        }
        packet.held = Held::new((place, piece));
        self.lanes.push(sender, packet);
        BrokerCounters::count(&self.counters.handed_over);
        true
    }

    /// Says the last will of one that went.
    pub(crate) async fn say_last(&self, sender: &Sender, will: Incoming) {
        let place = self
            .admission()
            .place(sender, will.payload.len(), LAST_PATIENCE)
            .await;
        let Some(place) = place else {
            self.refuse(&will.topic);
            return;
        };
        if self.hand_over(sender, will, place).await {
            BrokerCounters::count(&self.counters.last_wills);
        }
    }

    fn tell(&self, client_id: &str, what: &str, topic: &str, refusal: Refusal) {
        if worth_a_line(&self.counters.refused_access) {
            tracing::warn!(client_id, topic, "refused a {what}: {refusal}");
        }
    }
}

impl From<Refusal> for RefusedLogin {
    fn from(refusal: Refusal) -> Self {
        Self {
            why: refusal.to_string(),
            bad_password: false,
        }
    }
}

/// A status that is too long is a dead letter whatever its end is: intake sees that it is too long, and its end does not pile up.
pub(crate) fn shorten(packet: &mut Incoming, place: &mut Place, counters: &BrokerCounters) {
    let is_status = packet.topic.ends_with("/status");
    if !is_status || packet.payload.len() <= LARGEST_STATUS {
        return;
    }
    if worth_a_line(&counters.oversized) {
        tracing::warn!(
            topic = packet.topic,
            bytes = packet.payload.len(),
            "a status is too long"
        );
    }
    packet.payload = plenum_link::Bytes::copy_from_slice(&packet.payload[..=LARGEST_STATUS]);
    place.shrink(packet.payload.len());
}

/// A stranger could fill the log by being refused: the first, second, fourth, eighth... time gets a line.
pub(crate) fn worth_a_line(counter: &AtomicU64) -> bool {
    BrokerCounters::count(counter).is_power_of_two()
}
