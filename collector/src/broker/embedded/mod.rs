//! The broker within this process, on threads of its own, with nothing on disk. Whatever it knows may be lost at any instant; the journal and the
//! agents' spools are what counts.
//!
//! It does what the agents' protocol needs and no more: publications go to intake and to nobody else, and clients read acknowledgements and
//! commands of their own name. So it keeps no sessions, no queues of publications and no values but acknowledgements, and each thing that a
//! client can make it hold has a bound.

mod connections;
mod door;
mod login;
mod outbox;
mod packets;
mod post;
mod reader;
mod secure;
mod session;

use std::net::SocketAddr;
use std::num::NonZeroU16;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use plenum_link::mqtt::PublishError;
use plenum_link::{Shutdown, descriptors};
use plenum_protocol::Clock;
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::{Semaphore, mpsc, watch};
use tokio_util::sync::{CancellationToken, DropGuard};

use super::gate::Gate;
use super::lanes::Lanes;
use super::{BrokerCounters, BrokerError, Credentials, Incoming, Message};
use door::House;

pub use connections::{OF_AN_ADDRESS, OF_AN_AGENT};
pub use secure::Secure;

/// Publications that a client may have without our answer.
const IN_FLIGHT: NonZeroU16 = NonZeroU16::new(1_024).expect("not zero");
/// User properties of a packet that are looked at; ours have five.
const MOST_PROPERTIES: usize = 16;
/// Connections that the system may hold for us while we are busy.
const BACKLOG: u32 = 1_024;
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
    /// It may listen in clear beyond loopback.
    pub insecure: bool,
    /// Where it listens in TLS, if it does.
    pub secure: Option<Secure>,
    /// By it packets are stamped as they come in.
    pub clock: Arc<dyn Clock>,
}

/// The broker within. Cheap to clone; it stops with its `Shutdown` or when the last clone is dropped.
#[derive(Clone)]
pub struct Embedded {
    house: Arc<House>,
    local_address: SocketAddr,
    secure_address: Option<SocketAddr>,
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
        let lanes = Lanes::default();
        runtime.spawn(lanes.clone().forward(queue.clone()));
        let gate = Gate {
            pieces: Arc::new(Semaphore::new(queue.max_capacity())),
            lanes,
            credentials: options.credentials,
            accept_new_agents: accept_new_agents.clone(),
            queue,
            clock: options.clock,
            counters: counters.clone(),
        };
        let house = Arc::new(House::new(gate, descriptors::shares().agents));
        let serving = serve(options.listen, options.secure, house.clone());
        let ((local_address, secure_address), server) = match runtime.spawn(serving).await {
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
        let stopped = shutdown.token().child_token();
        let (connected, receiver) = watch::channel(true);
        let stop = stopped.clone();
        shutdown.spawn_essential("embedded broker", async move {
            let result = tokio::select! {
                () = stop.cancelled() => Ok(()),
                ended = server => Err(match ended {
                    Ok(()) => "it ended".to_owned(),
                    Err(panic) => panic.to_string(),
                }),
            };
            connected.send_replace(false);
            runtime.shutdown_background();
            result
        });
        Ok(Self {
            house,
            local_address,
            secure_address,
            accept_new_agents,
            counters,
            connected: receiver,
            _stop: Arc::new(stopped.clone().drop_guard()),
            stopped,
        })
    }

    pub(super) fn publish(&self, message: Message) -> Result<(), PublishError> {
        let topic = message.topic.clone();
        if topic.is_empty() || topic.contains(['+', '#', '\0']) {
            return Err(PublishError::Topic { topic });
        }
        if self.stopped.is_cancelled() {
            return Err(PublishError::Disconnected { topic });
        }
        self.house.post.publish(message);
        Ok(())
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

    /// Where it listens in TLS.
    pub fn secure_address(&self) -> Option<SocketAddr> {
        self.secure_address
    }

    pub(super) fn counters(&self) -> &Arc<BrokerCounters> {
        &self.counters
    }
}

/// Where it listens: in clear, and in TLS.
type Addresses = (SocketAddr, Option<SocketAddr>);

/// Listens, and serves in a task of its own.
async fn serve(
    address: SocketAddr,
    secure: Option<Secure>,
    house: Arc<House>,
) -> Result<(Addresses, tokio::task::JoinHandle<()>), BrokerError> {
    let (local_address, in_clear) = listen(address)?;
    let in_tls = secure
        .map(|secure| listen(secure.listen).map(|(address, listener)| (address, listener, secure)))
        .transpose()?;
    let secure_address = in_tls.as_ref().map(|(address, ..)| *address);
    tracing::info!(address = %local_address, "the embedded broker listens for agents");
    if let Some(address) = secure_address {
        tracing::info!(%address, "the embedded broker listens for agents in TLS");
    }
    let server = tokio::spawn(async move {
        let open_in_tls = async {
            match in_tls {
                Some((_, listener, secure)) => door::open(listener, house.clone(), Some(secure)).await,
                None => std::future::pending().await,
            }
        };
        tokio::join!(door::open(in_clear, house.clone(), None), open_in_tls);
    });
    Ok(((local_address, secure_address), server))
}

fn listen(address: SocketAddr) -> Result<(SocketAddr, TcpListener), BrokerError> {
    let listen = || {
        let socket = match address {
            SocketAddr::V4(_) => TcpSocket::new_v4(),
            SocketAddr::V6(_) => TcpSocket::new_v6(),
        }?;
        // The port of a collector that was killed a moment ago is free for the next.
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        let listener = socket.listen(BACKLOG)?;
        Ok((listener.local_addr()?, listener))
    };
    listen().map_err(|error: std::io::Error| BrokerError::Listen {
        address,
        cause: error.to_string(),
    })
}

#[cfg(test)]
mod tests;
