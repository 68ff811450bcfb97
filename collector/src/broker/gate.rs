//! The gate of the embedded broker: looks at each connection, publication and subscription, refuses what is not
//! allowed, and hands packets to intake's queue. When the queue stays full, the packet is refused with a reason: it is
//! not acknowledged to its agent, which sends it again.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use plenum_link::mqtt::Arrival;
use plenum_protocol::topic::TopicKind;
use plenum_protocol::{AgentName, Clock};
use rmqtt::codec::v5::{PublishAckReason, SubscribeAckReason};
use rmqtt::hook::{Handler, HookResult, Parameter, ReturnType};
use rmqtt::session::Session;
use rmqtt::types::{
    AuthResult, ConnectInfo, FromType, LastWill, Publish, PublishAclResult, PublishResult, Subscribe,
    SubscribeAclResult,
};
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::SendTimeoutError;

use super::access::{Identity, Refusal};
use super::{BrokerCounters, Credentials, Decision, Incoming};

/// How long one client's packet may wait for space in intake's queue. Only that client waits: its next packets stay in
/// its socket, which holds it back.
const PATIENCE: Duration = Duration::from_millis(500);

/// What every hook of the broker calls.
#[derive(Clone)]
pub(crate) struct Gate {
    pub(crate) credentials: Arc<dyn Credentials>,
    pub(crate) accept_new_agents: Arc<AtomicBool>,
    pub(crate) queue: mpsc::Sender<Incoming>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) counters: Arc<BrokerCounters>,
}

#[async_trait]
impl Handler for Gate {
    async fn hook(&self, parameter: &Parameter, before: Option<HookResult>) -> ReturnType {
        match parameter {
            Parameter::ClientAuthenticate(client) => {
                let result = self.authenticate(client).await;
                (false, Some(HookResult::AuthResult(result)))
            }
            Parameter::ClientSubscribeCheckAcl(session, subscribe) => {
                let result = self.judge_subscription(session, subscribe);
                (false, Some(HookResult::SubscribeAclResult(result)))
            }
            Parameter::MessagePublishCheckAcl(session, publish) => {
                let result = self.judge_publication(session, publish).await;
                (false, Some(HookResult::PublishAclResult(result)))
            }
            Parameter::MessagePublish(Some(session), from, publish) => match from.typ() {
                FromType::LastWill => {
                    // Judged when its client connected; it comes past here once more, and past no other hook.
                    if self.hand_over(session, publish).await {
                        BrokerCounters::count(&self.counters.last_wills);
                    }
                    (true, before)
                }
                _ => match without_idle_retain(publish) {
                    Some(changed) => (true, Some(HookResult::Publish(changed))),
                    None => (true, before),
                },
            },
            _ => (true, before),
        }
    }
}

impl Gate {
    async fn authenticate(&self, client: &ConnectInfo) -> AuthResult {
        let user = client.username().map(ToString::to_string);
        let identity = Identity::of_user(user.as_deref());
        let refused = match self.judge_connection(client, &identity).await {
            Ok(()) => return AuthResult::Allow(false, None),
            Err(refused) => refused,
        };
        if worth_a_line(&self.counters.refused_login) {
            let address = client.ipaddress().map(|address| address.to_string());
            tracing::warn!(user, client_id = ?client.client_id(), address, "refused a connection to the broker: {}", refused.why);
        }
        if refused.bad_password {
            AuthResult::BadUsernameOrPassword
        } else {
            AuthResult::NotAuthorized
        }
    }

    async fn judge_connection(&self, client: &ConnectInfo, identity: &Identity) -> Result<(), RefusedLogin> {
        let password = client.password().filter(|password| !password.is_empty());
        let decision = match identity {
            Identity::Agent(name) => {
                self.check(name.clone(), password.map(|password| password.to_vec()))
                    .await
            }
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
        identity.may_be_called(client.client_id(), |name| self.credentials.knows(name))?;
        if let Some(topic) = client.last_will().as_ref().map(will_topic) {
            identity.may_publish(topic, |name| self.credentials.knows(name))?;
        }
        Ok(())
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

    fn judge_subscription(&self, session: &Session, subscribe: &Subscribe) -> SubscribeAclResult {
        let filter = &*subscribe.topic_filter;
        match identity(session).may_read(filter, |name| self.credentials.knows(name)) {
            Ok(()) => SubscribeAclResult::new_success(subscribe.opts.qos(), None),
            Err(refusal) => {
                self.tell(session, "subscription", filter, refusal);
                SubscribeAclResult::new_failure(SubscribeAckReason::NotAuthorized)
            }
        }
    }

    async fn judge_publication(&self, session: &Session, publish: &Publish) -> PublishAclResult {
        // MQTT 3.1.1 has no refusal: there, closing the connection is the only way to say no.
        let cannot_be_told = publish.properties.is_none();
        let identity = identity(session);
        let allowed = identity.may_publish(&publish.topic, |name| self.credentials.knows(name));
        let kind = match allowed.and_then(|kind| self.is_still_known(&identity).map(|()| kind)) {
            Ok(kind) => kind,
            Err(refusal) => {
                self.tell(session, "publication", &publish.topic, refusal);
                return refuse(
                    PublishAckReason::NotAuthorized,
                    &refusal.to_string(),
                    // One that has no credential any more is refused at the door from then on.
                    cannot_be_told || refusal == Refusal::TakenAway,
                );
            }
        };
        if self.hand_over(session, publish).await {
            return PublishAclResult::allow();
        }
        // Readings come again by themselves; a status comes again only with a new connection.
        let close = cannot_be_told || kind != TopicKind::Readings;
        refuse(
            PublishAckReason::QuotaExceeded,
            "the collector takes no more at the moment",
            close,
        )
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

    /// Gives the packet to intake, waiting a little for space. Returns whether it was taken.
    async fn hand_over(&self, session: &Session, publish: &Publish) -> bool {
        let mut packet = incoming(session, publish);
        packet.arrived = Some(Arrival::now(self.clock.as_ref()));
        match self.queue.send_timeout(packet, PATIENCE).await {
            Ok(()) => {
                BrokerCounters::count(&self.counters.handed_over);
                true
            }
            Err(SendTimeoutError::Timeout(packet)) => {
                if worth_a_line(&self.counters.refused_full) {
                    tracing::warn!(topic = packet.topic, "refused a packet: intake's queue is full");
                }
                false
            }
            // Intake has stopped; so will the broker.
            Err(SendTimeoutError::Closed(_)) => false,
        }
    }

    fn tell(&self, session: &Session, what: &str, topic: &str, refusal: Refusal) {
        if worth_a_line(&self.counters.refused_access) {
            let client_id = &*session.id.client_id;
            let user = session.id.username.as_deref();
            tracing::warn!(client_id, user, topic, "refused a {what}: {refusal}");
        }
    }
}

struct RefusedLogin {
    why: String,
    bad_password: bool,
}

impl From<Refusal> for RefusedLogin {
    fn from(refusal: Refusal) -> Self {
        Self {
            why: refusal.to_string(),
            bad_password: false,
        }
    }
}

/// A stranger could fill the log by being refused: the first, second, fourth, eighth... time gets a line.
fn worth_a_line(counter: &AtomicU64) -> bool {
    BrokerCounters::count(counter).is_power_of_two()
}

/// Connections were judged by their user name, so it says as whom they are here.
fn identity(session: &Session) -> Identity {
    Identity::of_user(session.id.username.as_deref())
}

fn refuse(reason: PublishAckReason, why: &str, close: bool) -> PublishAclResult {
    PublishAclResult(PublishResult::reason_code(reason, Some(why.into()), close))
}

fn will_topic<'a>(will: &'a LastWill<'a>) -> &'a str {
    match will {
        LastWill::V3(will) => &will.topic,
        LastWill::V5(will) => &will.topic,
    }
}

/// Nobody may read what agents publish, so keeping it would fill memory for nothing: only the status is kept, for
/// a collector that moves to another broker finds the same there.
fn without_idle_retain(publish: &Publish) -> Option<Publish> {
    if !publish.retain || publish.topic.ends_with("/status") {
        return None;
    }
    let mut changed = publish.clone();
    changed.inner.retain = false;
    Some(changed)
}

fn incoming(session: &Session, publish: &Publish) -> Incoming {
    let properties = publish.properties.as_ref();
    Incoming {
        topic: publish.topic.to_string(),
        payload: publish.payload.clone(),
        retain: false,
        content_type: properties
            .and_then(|properties| properties.content_type.as_ref())
            .map(ToString::to_string),
        user_properties: properties.map_or_else(Vec::new, |properties| {
            properties
                .user_properties
                .iter()
                .map(|(key, value)| (key.to_string(), value.to_string()))
                .collect()
        }),
        received_from: Some(session.id.client_id.to_string()),
        address: session.id.remote_addr.map(|address| address.to_string()),
        arrived: None,
    }
}
