//! The sending end: takes a message when there is a connection and room, and says so when there is not.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use rumqttc::v5::AsyncClient;
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::PublishProperties;
use tokio::sync::watch;

use super::{Message, PublishError};

/// Publishes over whatever connection there is at the moment. Cheap to clone.
#[derive(Clone)]
pub struct Publisher {
    line: watch::Receiver<Option<Line>>,
    counters: Arc<Counters>,
}

/// A connection that stands: where its requests go and what the broker takes.
#[derive(Clone)]
pub(crate) struct Line {
    pub(crate) client: AsyncClient,
    pub(crate) max_packet: usize,
}

/// What the connection has done since the start of the process.
#[derive(Debug, Default)]
pub struct Counters {
    /// Connections made.
    pub connected: AtomicU64,
    /// Messages handed to the connection.
    pub published: AtomicU64,
    /// Messages that the broker answered with a refusal.
    pub refused: AtomicU64,
    /// Messages received.
    pub received: AtomicU64,
    /// Messages received and dropped because the consumer was too slow for too long.
    pub dropped: AtomicU64,
}

impl Counters {
    pub(crate) fn count(counter: &AtomicU64) {
        counter.fetch_add(1, Ordering::Relaxed);
    }
}

impl Publisher {
    pub(crate) fn new(line: watch::Receiver<Option<Line>>, counters: Arc<Counters>) -> Self {
        Self { line, counters }
    }

    /// Whether there is a connection now.
    pub fn is_connected(&self) -> bool {
        self.line.borrow().is_some()
    }

    /// Ends when there is a connection, or never if this process is stopping.
    pub async fn connected(&self) {
        if self.line.clone().wait_for(Option::is_some).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// What the connection has done so far.
    pub fn counters(&self) -> &Arc<Counters> {
        &self.counters
    }

    /// Publishes with QoS 1 and ends when the message waits for the connection, waiting for room if need be. It may
    /// still be lost with the connection: whoever must know keeps it until its own acknowledgement comes.
    ///
    /// # Errors
    /// Without a connection, or if the message is too large or its topic is not a valid one.
    pub async fn publish(&self, message: Message) -> Result<(), PublishError> {
        let line = self.line_for(&message)?;
        let (topic, retain, payload, properties) = parts(message);
        let sent = line
            .client
            .publish_bytes_with_properties(topic.clone(), QoS::AtLeastOnce, retain, payload, properties)
            .await;
        match sent {
            Ok(()) => {
                Counters::count(&self.counters.published);
                Ok(())
            }
            // The event loop went while we waited.
            Err(_) => Err(PublishError::Disconnected { topic }),
        }
    }

    /// As [`publish`](Self::publish), but never waits.
    ///
    /// # Errors
    /// Also [`PublishError::Full`].
    pub fn try_publish(&self, message: Message) -> Result<(), PublishError> {
        let line = self.line_for(&message)?;
        let (topic, retain, payload, properties) = parts(message);
        let sent = line.client.try_publish_with_properties(
            topic.clone(),
            QoS::AtLeastOnce,
            retain,
            payload,
            properties,
        );
        match sent {
            Ok(()) => {
                Counters::count(&self.counters.published);
                Ok(())
            }
            Err(_) if self.is_connected() => Err(PublishError::Full { topic }),
            Err(_) => Err(PublishError::Disconnected { topic }),
        }
    }

    fn line_for(&self, message: &Message) -> Result<Line, PublishError> {
        let topic = || message.topic.clone();
        if message.topic.is_empty() || message.topic.contains(['+', '#', '\0']) {
            return Err(PublishError::Topic { topic: topic() });
        }
        let line = self
            .line
            .borrow()
            .clone()
            .ok_or_else(|| PublishError::Disconnected { topic: topic() })?;
        let size = message.packet_size();
        if size > line.max_packet {
            return Err(PublishError::TooLarge {
                topic: topic(),
                size,
                limit: line.max_packet,
            });
        }
        Ok(line)
    }
}

/// A message as the client wants it.
pub(crate) fn parts(message: Message) -> (String, bool, Bytes, PublishProperties) {
    let properties = PublishProperties {
        message_expiry_interval: message.expiry_seconds,
        user_properties: message.user_properties,
        content_type: message.content_type,
        ..PublishProperties::default()
    };
    (message.topic, message.retain, message.payload, properties)
}
