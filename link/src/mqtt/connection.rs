//! The task that holds the connection.
//!
//! The event loop does not wait long for a slow consumer. Messages wait in a queue that is bounded in pieces and bytes; when that is full the event
//! loop reads nothing for a third of the keep-alive at most, which holds the broker back (its socket fills), then what
//! finds no room is dropped and counted while the connection is kept alive. Once half the queue is free again the
//! subscriptions are made again, which brings the kept values (status, acknowledgements) again; readings are sent again
//! by their agents. MQTT's own receive maximum would be the finer means, but mosquitto 2.0.11 ignores it after the
//! first acknowledgement, and with acknowledgements held back rumqttc takes them one by one, slower than they arise.
//! After any error client and event loop are thrown away and built anew: what they held is in nobody's books.

use std::sync::Arc;

use plenum_protocol::{Clock, Duration, Steady};
use rand::SeedableRng;
use rand::rngs::StdRng;
use rumqttc::Outgoing;
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::{ConnAck, Packet, PubAck, PubAckReason, SubAck, SubscribeReasonCode};
use rumqttc::v5::{AsyncClient, Event as ClientEvent, EventLoop};
use tokio::sync::{Semaphore, mpsc, watch};
use tokio_util::sync::CancellationToken;

use super::backoff::Backoff;
use super::publisher::{Line, parts};
use super::{Arrival, ConnectionError, Counters, Held, Incoming, Message, MqttOptions, Publisher, client};
use crate::Shutdown;

/// A connection that held so long was a good one: the next back-off begins anew.
const HELD: Duration = Duration::from_seconds(10);
/// Bytes of messages are counted in so many, and one for what a message costs beside them.
const UNIT: usize = 1_024;
/// How long the farewell may take.
const FAREWELL: Duration = Duration::from_seconds(2);

/// What happens on the connection, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The broker took us; the subscriptions are on their way. `attempt` is the number that the will was made with.
    Connected {
        /// Attempts to connect since the start of the process, this one included.
        attempt: u64,
    },
    /// The connection broke, or the first attempt failed, or attempts now fail for another kind of reason.
    Disconnected {
        /// What ended the connection or the attempt.
        why: ConnectionError,
    },
    /// A message came in.
    Message(Incoming),
}

/// Connects, and connects again whenever that fails, until `shutdown`. Events come through a bounded queue; see the
/// module for what happens when nobody takes them.
pub fn connect(
    options: MqttOptions,
    clock: Arc<dyn Clock>,
    shutdown: &Shutdown,
) -> (Publisher, mpsc::Receiver<Event>) {
    let counters = Arc::new(Counters::default());
    let (line, line_receiver) = watch::channel(None);
    let (events, receiver) = mpsc::channel(options.event_queue.max(2));
    let name = format!("mqtt connection of {}", options.client_id);
    let room = options.event_bytes.div_ceil(UNIT);
    let connection = Connection {
        options,
        clock,
        line,
        events,
        room: Arc::new(Semaphore::new(room)),
        counters: counters.clone(),
        stop: shutdown.token(),
    };
    shutdown.spawn(name, connection.run());
    (Publisher::new(line_receiver, counters), receiver)
}

struct Connection {
    options: MqttOptions,
    clock: Arc<dyn Clock>,
    line: watch::Sender<Option<Line>>,
    events: mpsc::Sender<Event>,
    /// Units of memory that messages may still take.
    room: Arc<Semaphore>,
    counters: Arc<Counters>,
    stop: CancellationToken,
}

impl Connection {
    async fn run(self) {
        let mut random = StdRng::from_os_rng();
        let mut backoff = Backoff::new();
        let mut trouble: Option<(ConnectionError, Steady, u64)> = None;
        for attempt in 1.. {
            let mut connected_at = None;
            let why = self.hold(attempt, &mut connected_at, &mut trouble).await;
            self.line.send_replace(None);
            let now = self.clock.steady();
            if connected_at.is_some_and(|at| now.since(at) >= HELD) {
                backoff.reset();
            }
            if why == ConnectionError::Stopped {
                // The consumer may already have gone; nobody waits for a full queue while stopping.
                let _ = self.events.try_send(Event::Disconnected { why });
                return;
            }
            let wait = backoff.next(why.is_refusal(), &mut random);
            let same = trouble
                .as_ref()
                .is_some_and(|(before, ..)| std::mem::discriminant(before) == std::mem::discriminant(&why));
            match &mut trouble {
                Some((_, _, attempts)) if same => *attempts += 1,
                _ => {
                    tracing::warn!(client = %self.options.client_id, "{why}; trying again until it works");
                    trouble = Some((why.clone(), now, 1));
                    tokio::select! {
                        sent = self.events.send(Event::Disconnected { why }) => if sent.is_err() { return },
                        () = self.stop.cancelled() => return,
                    }
                }
            }
            tokio::select! {
                () = self.clock.sleep(wait) => {}
                () = self.stop.cancelled() => return,
            }
        }
    }

    /// Makes one connection and holds it until it breaks. Returns why it did.
    async fn hold(
        &self,
        attempt: u64,
        connected_at: &mut Option<Steady>,
        trouble: &mut Option<(ConnectionError, Steady, u64)>,
    ) -> ConnectionError {
        // Room for `Connected` is taken beforehand, so that the event loop need not wait for it.
        let mut room = tokio::select! {
            room = self.events.reserve() => match room {
                Ok(room) => Some(room),
                Err(_) => return ConnectionError::Stopped,
            },
            () = self.stop.cancelled() => return ConnectionError::Stopped,
        };
        let will = self.options.will.as_ref().map(|will| will(attempt));
        let (client, mut event_loop) = client::build(&self.options, will.as_ref());
        let mut missed = false;
        loop {
            if missed && self.is_half_empty() {
                tracing::debug!(client = %self.options.client_id, "subscribing again after messages were dropped");
                missed = client.try_subscribe_many(client::filters(&self.options)).is_err();
            }
            let polled = tokio::select! {
                polled = event_loop.poll() => polled,
                () = self.stop.cancelled() => {
                    if connected_at.is_some() {
                        self.farewell(&client, event_loop, will).await;
                    }
                    return ConnectionError::Stopped;
                }
            };
            match polled {
                Ok(ClientEvent::Incoming(Packet::ConnAck(answer))) => {
                    *connected_at = Some(self.clock.steady());
                    self.connected(&client, &answer, trouble.take());
                    if let Some(room) = room.take() {
                        room.send(Event::Connected { attempt });
                    }
                }
                Ok(ClientEvent::Incoming(Packet::Publish(publish))) => {
                    Counters::count(&self.counters.received);
                    let mut message = client::incoming(publish);
                    message.arrived = Some(Arrival::now(self.clock.as_ref()));
                    if !self.find_space_for(message, !missed).await {
                        Counters::count(&self.counters.dropped);
                        missed = true;
                    }
                }
                Ok(ClientEvent::Incoming(Packet::PubAck(answer))) => self.look_at(&answer),
                Ok(ClientEvent::Incoming(Packet::SubAck(answer))) => self.look_at_subscriptions(&answer),
                Ok(_) => {}
                Err(error) => {
                    return ConnectionError::from_client(&error, &self.options, connected_at.is_some());
                }
            }
        }
    }

    fn is_half_empty(&self) -> bool {
        let whole = self.options.event_bytes.div_ceil(UNIT);
        self.events.capacity() > self.events.max_capacity() / 2 && self.room.available_permits() > whole / 2
    }

    /// Queues a message for the consumer, waiting for space if that is still worth it. Returns whether it was queued. Its bytes count until it
    /// is done with.
    async fn find_space_for(&self, mut message: Incoming, patient: bool) -> bool {
        let whole = self.options.event_bytes.div_ceil(UNIT);
        let units = (message.payload.len().div_ceil(UNIT) + 1).min(whole);
        let units = u32::try_from(units).unwrap_or(u32::MAX);
        let space = async {
            let held = self.room.clone().acquire_many_owned(units).await.ok()?;
            let room = self.events.reserve().await.ok()?;
            message.held = Held::new(held);
            room.send(Event::Message(message));
            Some(())
        };
        let patience = match patient {
            true => Duration::from_milliseconds(self.options.keep_alive.milliseconds() / 3),
            false => Duration::ZERO,
        };
        tokio::select! {
            biased;
            queued = space => queued.is_some(),
            () = self.clock.sleep(patience) => false,
            () = self.stop.cancelled() => false,
        }
    }

    fn connected(
        &self,
        client: &AsyncClient,
        answer: &ConnAck,
        trouble: Option<(ConnectionError, Steady, u64)>,
    ) {
        Counters::count(&self.counters.connected);
        let of_broker = answer
            .properties
            .as_ref()
            .and_then(|properties| properties.max_packet_size)
            .unwrap_or(u32::MAX);
        self.line.send_replace(Some(Line {
            client: client.clone(),
            max_packet: of_broker.min(self.options.max_packet) as usize,
        }));
        let client = &self.options.client_id;
        let broker = format!("{}:{}", self.options.host, self.options.port);
        match trouble {
            Some((_, since, attempts)) => {
                let after = self.clock.steady().since(since);
                tracing::info!(%client, %broker, %after, failed_attempts = attempts, "connected again");
            }
            None => tracing::info!(%client, %broker, "connected"),
        }
    }

    fn look_at(&self, answer: &PubAck) {
        if !matches!(
            answer.reason,
            PubAckReason::Success | PubAckReason::NoMatchingSubscribers
        ) {
            Counters::count(&self.counters.refused);
            tracing::debug!(reason = ?answer.reason, "the broker refused a message");
        }
    }

    fn look_at_subscriptions(&self, answer: &SubAck) {
        for (code, filter) in answer.return_codes.iter().zip(&self.options.subscriptions) {
            if !matches!(code, SubscribeReasonCode::Success(_)) {
                tracing::error!(client = %self.options.client_id, topic = %filter, reason = ?code, "the broker refused a subscription");
            }
        }
    }

    /// Says the last will itself, then good-bye.
    async fn farewell(&self, client: &AsyncClient, mut event_loop: EventLoop, will: Option<Message>) {
        if let Some(will) = will {
            let (topic, retain, payload, properties) = parts(will);
            if client
                .try_publish_with_properties(topic, QoS::AtLeastOnce, retain, payload, properties)
                .is_err()
            {
                // No room to say it: without a good-bye the broker says it for us.
                return;
            }
        }
        if client.try_disconnect().is_err() {
            return;
        }
        let said = async {
            loop {
                match event_loop.poll().await {
                    Ok(ClientEvent::Outgoing(Outgoing::Disconnect)) | Err(_) => return,
                    Ok(_) => {}
                }
            }
        };
        tokio::select! {
            () = said => {}
            () = self.clock.sleep(FAREWELL) => {}
        }
    }
}
