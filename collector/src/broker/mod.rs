//! The broker between agents and collector: one within this process, or any MQTT 5 broker elsewhere.
//! Intake sees no difference: packets come through one bounded queue, acknowledgements and commands go out by `publish`.

mod access;
mod admission;
mod commands;
mod credentials;
mod embedded;
mod enrolled;
mod external;
mod gate;
mod lanes;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use plenum_link::Shutdown;
use plenum_link::mqtt::{self, MqttOptions, PublishError};
use plenum_protocol::{Clock, Steady};
use tokio::sync::{mpsc, watch};

use admission::Admission;

pub use admission::{SHARE, WHOLE};
pub use commands::{CommandCounters, CommandError, Commands, WAITING};
pub use credentials::{AgentCredentials, AgentPasswords, Credentials, Decision};
pub use embedded::{Embedded, EmbeddedOptions, OF_AN_ADDRESS, OF_AN_AGENT, Secure};
pub use enrolled::{Asking, Enrolled, Enrols, InForce};
pub use external::External;
pub use plenum_link::mqtt::{Incoming, Message};

/// The largest packet taken. Larger than any batch (256 KiB), so that intake sees an oversized one and keeps it among
/// the dead letters instead of its agent sending it for ever.
pub const MAX_PACKET: u32 = 1024 * 1024;
/// The largest status. Of a longer one intake sees so many bytes and one more, which tells it that it is too long.
pub const LARGEST_STATUS: usize = 64 << 10;

/// A broker that is up, or that is being reached for. Cheap to clone.
#[derive(Clone)]
pub enum Broker {
    /// Within this process.
    Embedded(Embedded),
    /// Elsewhere.
    External(External),
}

/// Why the embedded broker did not start.
#[derive(Debug, thiserror::Error)]
pub enum BrokerError {
    /// The port is taken, or the address is not ours.
    #[error(
        "cannot listen for agents on {address}: {cause}; is another broker running there? Choose another address with `--mqtt` \
         or `[broker] listen`"
    )]
    Listen {
        /// Where it was to listen.
        address: SocketAddr,
        /// What the operating system said.
        cause: String,
    },
    /// Plain MQTT beyond loopback.
    #[error(
        "the embedded broker would listen on {address}, where plain MQTT can be read and forged on the way: \
         write `insecure = true` under [broker] if that network is yours alone"
    )]
    Insecure {
        /// Where it was to listen.
        address: SocketAddr,
    },
    /// No threads for it.
    #[error("cannot start the embedded broker's threads")]
    Threads(#[source] io::Error),
    /// Its parts did not come up.
    #[error("cannot start the embedded broker: {0}")]
    Start(String),
}

/// What the broker has done since the start of the process.
#[derive(Debug, Default)]
pub struct BrokerCounters {
    /// Packets handed to intake.
    pub handed_over: AtomicU64,
    /// Packets refused because there stayed no room for more of their sender's before intake: their agents send them again.
    pub refused_full: AtomicU64,
    /// Publications and subscriptions refused by the access rules.
    pub refused_access: AtomicU64,
    /// Connections refused: wrong password, unknown name, or a name that is not theirs.
    pub refused_login: AtomicU64,
    /// Last wills among the packets handed over.
    pub last_wills: AtomicU64,
    /// Clients that are logged in now.
    pub clients: AtomicU64,
    /// Connections taken, logged in or not.
    pub connections: AtomicU64,
    /// Connections refused because an agent, an address or all together had as many as they may.
    pub refused_connections: AtomicU64,
    /// Connections closed because nothing was heard: before the log-in or beyond what was promised.
    pub closed_silent: AtomicU64,
    /// Connections closed because what they sent was no MQTT, too large, or not to be expected.
    pub closed_wrong: AtomicU64,
    /// Statuses that were too long; intake got their beginning.
    pub oversized: AtomicU64,
    /// Commands that a client read too slowly to be told.
    pub dropped_commands: AtomicU64,
    pub(crate) admission: Admission,
}

impl BrokerCounters {
    /// Packets that wait for intake now.
    pub fn waiting_packets(&self) -> usize {
        self.admission.packets()
    }

    /// Bytes of packets that wait for intake now.
    pub fn waiting_bytes(&self) -> usize {
        self.admission.bytes()
    }

    /// Counts one more and returns how many there are now.
    pub(crate) fn count(counter: &AtomicU64) -> u64 {
        counter.fetch_add(1, Ordering::Relaxed) + 1
    }
}

impl Broker {
    /// Starts a broker within this process. It listens when this returns; packets go to `queue`.
    ///
    /// # Errors
    /// It cannot listen there, or must not.
    pub async fn start_embedded(
        options: EmbeddedOptions,
        queue: mpsc::Sender<Incoming>,
        shutdown: &Shutdown,
    ) -> Result<Self, BrokerError> {
        Embedded::start(options, queue, shutdown)
            .await
            .map(Self::Embedded)
    }

    /// Begins to connect to a broker elsewhere and goes on trying until `shutdown`. What to subscribe to is filled in here.
    pub fn start_external(
        options: MqttOptions,
        queue: mpsc::Sender<Incoming>,
        clock: Arc<dyn Clock>,
        shutdown: &Shutdown,
    ) -> Self {
        Self::External(External::start(options, queue, clock, shutdown))
    }

    /// Publishes an acknowledgement or a command.
    ///
    /// # Errors
    /// There is no connection, or the message cannot be sent.
    pub async fn publish(&self, message: Message) -> Result<(), PublishError> {
        match self {
            Self::Embedded(broker) => broker.publish(message),
            Self::External(broker) => broker.publish(message).await,
        }
    }

    /// From now on, whether names without a credential may connect and publish. A broker elsewhere decides that itself.
    pub fn accept_new_agents(&self, accept: bool) {
        if let Self::Embedded(broker) = self {
            broker.accept_new_agents(accept);
        }
    }

    /// Whether agents' packets can reach us now, and whenever that changes.
    pub fn connected(&self) -> watch::Receiver<bool> {
        match self {
            Self::Embedded(broker) => broker.connected(),
            Self::External(broker) => broker.connected(),
        }
    }

    /// Why they cannot, in words, if they cannot.
    pub fn trouble(&self) -> Option<String> {
        match self {
            Self::Embedded(_) => None,
            Self::External(broker) => broker.trouble(),
        }
    }

    /// Since when they cannot, if they cannot.
    pub fn lost_since(&self) -> Option<Steady> {
        match self {
            Self::Embedded(_) => None,
            Self::External(broker) => broker.lost_since(),
        }
    }

    /// Where the broker elsewhere is.
    pub fn address(&self) -> Option<String> {
        match self {
            Self::Embedded(_) => None,
            Self::External(broker) => Some(broker.address().to_owned()),
        }
    }

    /// Where the broker within listens.
    pub fn local_address(&self) -> Option<SocketAddr> {
        match self {
            Self::Embedded(broker) => Some(broker.local_address()),
            Self::External(_) => None,
        }
    }

    /// Where the broker within listens in TLS, if it does.
    pub fn secure_address(&self) -> Option<SocketAddr> {
        match self {
            Self::Embedded(broker) => broker.secure_address(),
            Self::External(_) => None,
        }
    }

    /// What the connection to a broker elsewhere has done so far.
    pub fn link_counters(&self) -> Option<&Arc<mqtt::Counters>> {
        match self {
            Self::Embedded(_) => None,
            Self::External(broker) => Some(broker.link_counters()),
        }
    }

    /// What it has done so far.
    pub fn counters(&self) -> &Arc<BrokerCounters> {
        match self {
            Self::Embedded(broker) => broker.counters(),
            Self::External(broker) => broker.counters(),
        }
    }
}
