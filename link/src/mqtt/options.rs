//! What a connection needs to know.

use std::fmt;
use std::sync::Arc;

use plenum_protocol::Duration;

use super::{BrokerAddress, Message};
use crate::tls;

/// Makes the last will of the n-th attempt to connect (counted from 1 by this process): a status names its connection,
/// so that an older connection's will is recognised when it arrives after a newer one's status.
pub type Will = Arc<dyn Fn(u64) -> Message + Send + Sync>;

/// How to connect, and what for.
#[derive(Clone)]
pub struct MqttOptions {
    /// Host name or address.
    pub host: String,
    /// TCP port; 1883 is MQTT's.
    pub port: u16,
    /// In TLS, as this says.
    pub tls: Option<tls::Client>,
    /// The name under which the broker knows the connection; a second one with it ends the first.
    pub client_id: String,
    /// User name, for the broker's check.
    pub user: Option<String>,
    /// Password; without it the user name alone is sent.
    pub password: Option<String>,
    /// A silent connection is probed after this long; at least 5 s.
    pub keep_alive: Duration,
    /// What the broker publishes when this connection breaks, and the client itself when it is told to stop.
    pub will: Option<Will>,
    /// Publishes on their way to the broker without its PUBACK; the broker may want fewer.
    pub inflight: u16,
    /// The largest packet, both ways, in bytes.
    pub max_packet: u32,
    /// Topic filters, subscribed with QoS 1 at each connect.
    pub subscriptions: Vec<String>,
    /// Whether what this connection publishes comes back to it where it has subscribed to it.
    pub own_messages: bool,
    /// Events that may wait for the consumer; the module says what happens when so many do. At least 2.
    pub event_queue: usize,
    /// Bytes of messages that may wait for the consumer, those counted with which it is not done.
    pub event_bytes: usize,
}

impl MqttOptions {
    /// Connects to `address` as `client_id`, with what suits an agent: keep-alive 15 s, 64 in flight, 320 KiB a packet.
    pub fn new(address: &BrokerAddress, client_id: impl Into<String>) -> Self {
        Self {
            host: address.host.clone(),
            port: address.port,
            tls: None,
            client_id: client_id.into(),
            user: address.user.clone(),
            password: None,
            keep_alive: Duration::from_seconds(15),
            will: None,
            inflight: 64,
            max_packet: 320 * 1024,
            subscriptions: Vec::new(),
            own_messages: false,
            event_queue: 64,
            event_bytes: 16 << 20,
        }
    }
}

impl fmt::Debug for MqttOptions {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("MqttOptions")
            .field("host", &self.host)
            .field("port", &self.port)
            .field("client_id", &self.client_id)
            .field("tls", &self.tls.is_some())
            .field("user", &self.user)
            .field("subscriptions", &self.subscriptions)
            .finish_non_exhaustive()
    }
}
