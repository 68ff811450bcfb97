//! The broker within this process: rmqtt, on threads of its own, with nothing on disk. Whatever it knows may be lost
//! at any instant; the journal and the agents' spools are what counts.

use std::net::SocketAddr;
use std::num::{NonZeroU16, NonZeroU32};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use plenum_link::mqtt::PublishError;
use plenum_link::{Bytes, Shutdown};
use plenum_protocol::Clock;
use rmqtt::codec::types::{Publish as Packet, QoS};
use rmqtt::codec::v5::PublishProperties;
use rmqtt::context::ServerContext;
use rmqtt::hook::Type;
use rmqtt::net::Builder;
use rmqtt::server::MqttServer;
use rmqtt::session::SessionState;
use rmqtt::types::{From as Sender, Id, Publish};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::{CancellationToken, DropGuard};

use super::gate::Gate;
use super::{BrokerCounters, BrokerError, Credentials, Incoming, Message};

/// The largest packet taken. Larger than any batch (256 KiB), so that intake sees an oversized one and keeps it among
/// the dead letters instead of its agent sending it for ever.
pub const MAX_PACKET: u32 = 1024 * 1024;
/// Topics whose last value is kept: an acknowledgement and a status for each agent.
const MAX_KEPT: usize = 20_000;
/// Threads of the broker. It moves packets; the work is elsewhere.
const THREADS: usize = 2;

/// How the embedded broker is to run.
pub struct EmbeddedOptions {
    /// Where it listens; port 0 picks a free one.
    pub listen: SocketAddr,
    /// Who may connect.
    pub credentials: Arc<dyn Credentials>,
    /// Names without a credential may connect and publish.
    pub accept_new_agents: bool,
    /// It may listen beyond loopback.
    pub insecure: bool,
    /// By it packets are stamped as they come in.
    pub clock: Arc<dyn Clock>,
}

/// The broker within. Cheap to clone; it stops with its `Shutdown` or when the last clone is dropped.
#[derive(Clone)]
pub struct Embedded {
    context: ServerContext,
    local_address: SocketAddr,
    accept_new_agents: Arc<AtomicBool>,
    counters: Arc<BrokerCounters>,
    connected: watch::Receiver<bool>,
    stopped: CancellationToken,
    _stop: Arc<DropGuard>,
}

impl Embedded {
    pub(super) async fn start(
        options: EmbeddedOptions,
        queue: mpsc::Sender<Incoming>,
        shutdown: &Shutdown,
    ) -> Result<Self, BrokerError> {
        if !options.insecure && !options.listen.ip().is_loopback() {
            return Err(BrokerError::Insecure {
                address: options.listen,
            });
        }
        // A runtime of its own, so that stopping it ends every connection and task of the broker at once.
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(THREADS)
            .thread_name("broker")
            .enable_all()
            .build()
            .map_err(BrokerError::Threads)?;
        let counters = Arc::new(BrokerCounters::default());
        let accept_new_agents = Arc::new(AtomicBool::new(options.accept_new_agents));
        let gate = Gate {
            credentials: options.credentials,
            accept_new_agents: accept_new_agents.clone(),
            queue,
            clock: options.clock,
            counters: counters.clone(),
        };
        let started = runtime.spawn(serve(options.listen, gate)).await;
        let (context, local_address, server) = match started {
            Ok(Ok(started)) => started,
            Ok(Err(error)) => {
                runtime.shutdown_background();
                return Err(error);
            }
            Err(panic) => {
                runtime.shutdown_background();
                return Err(BrokerError::Start(panic.to_string()));
            }
        };
        tracing::info!(address = %local_address, "the embedded broker listens for agents");
        let stopped = shutdown.token().child_token();
        let (connected, receiver) = watch::channel(true);
        let stop = stopped.clone();
        shutdown.spawn_essential("embedded broker", async move {
            let result = tokio::select! {
                () = stop.cancelled() => Ok(()),
                ended = server => Err(match ended {
                    Ok(Ok(())) => "it ended".to_owned(),
                    Ok(Err(error)) => error.to_string(),
                    Err(panic) => panic.to_string(),
                }),
            };
            connected.send_replace(false);
            runtime.shutdown_background();
            result
        });
        Ok(Self {
            context,
            local_address,
            accept_new_agents,
            counters,
            connected: receiver,
            _stop: Arc::new(stopped.clone().drop_guard()),
            stopped,
        })
    }

    pub(super) async fn publish(&self, message: Message) -> Result<(), PublishError> {
        let topic = message.topic.clone();
        if topic.is_empty() || topic.contains(['+', '#', '\0']) {
            return Err(PublishError::Topic { topic });
        }
        if self.stopped.is_cancelled() {
            return Err(PublishError::Disconnected { topic });
        }
        let expiry = message.expiry_seconds.and_then(NonZeroU32::new);
        // Without an expiry a kept value stays until it is replaced.
        let kept_for = expiry.map(|seconds| Duration::from_secs(seconds.get().into()));
        let collector = Id::new(
            self.context.node.id(),
            0,
            None,
            None,
            "plenum-collector".into(),
            None,
        );
        SessionState::forwards(
            &self.context,
            Sender::from_system(collector),
            packet(message, expiry),
            false,
            kept_for,
        )
        .await
        .map_err(|error| PublishError::Broker {
            topic,
            cause: error.to_string(),
        })
    }

    pub(super) fn accept_new_agents(&self, accept: bool) {
        self.accept_new_agents.store(accept, Ordering::Relaxed);
    }

    pub(super) fn connected(&self) -> watch::Receiver<bool> {
        self.connected.clone()
    }

    /// Where it listens.
    pub fn local_address(&self) -> SocketAddr {
        self.local_address
    }

    /// How many clients are connected.
    pub fn clients(&self) -> usize {
        self.context.connections.count().try_into().unwrap_or(0)
    }

    pub(super) fn counters(&self) -> &Arc<BrokerCounters> {
        &self.counters
    }
}

type Server = tokio::task::JoinHandle<Result<(), rmqtt::Error>>;

async fn serve(listen: SocketAddr, gate: Gate) -> Result<(ServerContext, SocketAddr, Server), BrokerError> {
    let cannot_listen = |error: rmqtt::Error| BrokerError::Listen {
        address: listen,
        cause: error.to_string(),
    };
    let listener = listener(listen)
        .bind()
        .map_err(cannot_listen)?
        .tcp()
        .map_err(cannot_listen)?;
    let local_address = listener.local_addr().map_err(cannot_listen)?;

    let not_started = |error: rmqtt::Error| BrokerError::Start(error.to_string());
    let kept =
        format!("storage.type = \"ram\"\nmax_retained_messages = {MAX_KEPT}\nmax_payload_size = \"1MB\"\n");
    let context = ServerContext::new()
        // It would refuse agents whenever the machine is busy, with whatever.
        .busy_check_enable(false)
        .plugins_config_map_add("rmqtt-retainer", kept)
        .build()
        .await;
    rmqtt_retainer::register(&context, true, true)
        .await
        .map_err(not_started)?;
    let register = context.extends.hook_mgr().register();
    for hook in [
        Type::ClientAuthenticate,
        Type::ClientSubscribeCheckAcl,
        Type::MessagePublishCheckAcl,
        Type::MessagePublish,
    ] {
        register.add(hook, Box::new(gate.clone())).await;
    }
    register.start().await;
    let server = MqttServer::new(context.clone())
        .listener_by_id(listener, local_address.port())
        .build();
    let server = tokio::spawn(server.run());
    Ok((context, local_address, server))
}

fn listener(listen: SocketAddr) -> Builder {
    const IN_FLIGHT: NonZeroU16 = NonZeroU16::new(1_024).expect("not zero");
    let for_ever = Duration::from_secs(u32::MAX.into());
    Builder::new()
        .name("plenum")
        .laddr(listen)
        // The port of a collector that was killed a moment ago is free for the next.
        .reuseaddr(Some(true))
        .nodelay(true)
        .allow_anonymous(false)
        .max_connections(10_000)
        .max_packet_size(MAX_PACKET)
        // 32 batches of each of an agent's streams, both ways.
        .max_inflight(IN_FLIGHT)
        .max_mqueue_len(1_000)
        .max_clientid_len(200)
        .max_subscriptions(16)
        .max_topic_levels(8)
        .handshake_timeout(Duration::from_secs(10))
        .send_timeout(Duration::from_secs(10))
        // Sessions are for nobody: both ends keep what they need themselves.
        .session_expiry_interval(Duration::from_secs(1))
        .max_session_expiry_interval(Duration::from_secs(1))
        // A kept status stays until the next.
        .message_expiry_interval(for_ever)
}

fn packet(message: Message, expiry: Option<NonZeroU32>) -> Publish {
    let properties = PublishProperties {
        message_expiry_interval: expiry,
        content_type: message.content_type.map(Into::into),
        user_properties: message
            .user_properties
            .into_iter()
            .map(|(key, value)| (key.into(), value.into()))
            .collect(),
        ..PublishProperties::default()
    };
    let packet = Packet {
        dup: false,
        retain: message.retain,
        qos: QoS::AtLeastOnce,
        topic: message.topic.into(),
        packet_id: None,
        payload: Bytes::clone(&message.payload),
        properties: Some(properties),
    };
    Publish::new(
        Box::new(packet),
        None,
        None,
        Some(rmqtt::utils::timestamp_millis()),
    )
}
