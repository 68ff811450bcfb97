//! A message on its way out and a message that came in.

use std::any::Any;
use std::sync::Arc;

use bytes::Bytes;
use plenum_protocol::{Clock, Steady, Timestamp};

/// A message to publish, always with QoS 1.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Message {
    /// Where to; no wildcards.
    pub topic: String,
    /// What is said; together with the rest at most what the broker takes as a packet.
    pub payload: Bytes,
    /// The broker keeps it as the topic's last value.
    pub retain: bool,
    /// The payload's media type.
    pub content_type: Option<String>,
    /// MQTT 5 user properties, in order.
    pub user_properties: Vec<(String, String)>,
    /// The broker forgets it after so many seconds.
    pub expiry_seconds: Option<u32>,
}

impl Message {
    /// A plain message.
    pub fn new(topic: impl Into<String>, payload: impl Into<Bytes>) -> Self {
        Self {
            topic: topic.into(),
            payload: payload.into(),
            ..Self::default()
        }
    }

    /// The same, kept by the broker as the topic's last value.
    #[must_use]
    pub fn retained(mut self) -> Self {
        self.retain = true;
        self
    }

    /// An upper bound of its size as a packet, in bytes.
    pub(crate) fn packet_size(&self) -> usize {
        let properties: usize = self
            .user_properties
            .iter()
            .map(|(key, value)| 5 + key.len() + value.len())
            .sum();
        let content_type = self.content_type.as_ref().map_or(0, |text| 3 + text.len());
        // Fixed header, packet identifier, property length, expiry: 5 + 2 + 4 + 5.
        16 + 2 + self.topic.len() + self.payload.len() + properties + content_type
    }
}

/// A message that arrived. Intake reads this whichever way it came: from a broker or from the one within.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Incoming {
    /// Where it was published.
    pub topic: String,
    /// What was said, as it came.
    pub payload: Bytes,
    /// It is the topic's kept value, not news. Set by the broker for a fresh subscription only.
    pub retain: bool,
    /// The payload's media type, if it said.
    pub content_type: Option<String>,
    /// MQTT 5 user properties, in order; a 3.1.1 publisher has none.
    pub user_properties: Vec<(String, String)>,
    /// The publisher's client id, where the broker is ours and knows it.
    pub received_from: Option<String>,
    /// The publisher's network address, where the broker is ours and knows it.
    pub address: Option<String>,
    /// When it came through the door, where that was noted: it may wait in queues after that.
    pub arrived: Option<Arrival>,
    /// Its place among the bytes that may wait.
    pub held: Held,
}

/// When a message came: by the wall clock for what is stored, by the steady one for what is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrival {
    /// By the wall clock: relative packs count from here, and nothing is stored much later than this.
    pub at: Timestamp,
    /// By the steady clock.
    pub steady: Steady,
}

impl Arrival {
    /// Both clocks as they stand.
    pub fn now(clock: &dyn Clock) -> Self {
        Self {
            at: clock.now(),
            steady: clock.steady(),
        }
    }
}

/// Something that is given back when the last copy of a message is done with.
#[derive(Clone, Default)]
pub struct Held(Option<Arc<dyn Any + Send + Sync>>);

impl Held {
    /// Gives this back by dropping it.
    pub fn new(place: impl Any + Send + Sync) -> Self {
        Self(Some(Arc::new(place)))
    }
}

impl std::fmt::Debug for Held {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(if self.0.is_some() { "held" } else { "not held" })
    }
}

/// What a message says does not depend on it.
impl PartialEq for Held {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Held {}

impl Incoming {
    /// The first user property of this name.
    pub fn user_property(&self, name: &str) -> Option<&str> {
        self.user_properties
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }
}
