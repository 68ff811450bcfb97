//! The task that holds the connection, and the one that hands on what comes in.
//!
//! The event loop never waits for the consumer. A message is acknowledged to the broker only when the consumer has
//! taken it, so a slow consumer fills the receive maximum and the broker holds the rest back, while keep-alives go on.
//! Not every broker obeys (mosquitto 2.0.11 sends on after the first acknowledgement): what finds no room is dropped
//! and counted, and once there is room the subscriptions are made again, which brings the kept values (status,
//! acknowledgements) again; readings are sent again by their agents.
//! After any error client and event loop are thrown away and built anew: what they held is in nobody's books.

use std::sync::Arc;

use plenum_protocol::{Clock, Duration, Timestamp};
use rand::SeedableRng;
use rand::rngs::StdRng;
use rumqttc::NetworkOptions;
use rumqttc::Outgoing;
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::{
    ConnAck, ConnectProperties, Filter, LastWill, LastWillProperties, Packet, PubAck, PubAckReason, Publish,
    SubAck, SubscribeReasonCode,
};
use rumqttc::v5::{AsyncClient, Event as ClientEvent, EventLoop, MqttOptions as ClientOptions};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use super::backoff::Backoff;
use super::publisher::{Line, parts};
use super::{ConnectionError, Counters, Incoming, Message, MqttOptions, Publisher};
use crate::Shutdown;

/// Requests that wait for the event loop, beside those in flight.
const REQUEST_QUEUE: usize = 64;
/// A connection that held so long was a good one: the next back-off begins anew.
const HELD: Duration = Duration::from_seconds(10);
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
        /// Why.
        why: ConnectionError,
    },
    /// A message came in.
    Message(Incoming),
}

/// What the event loop hands to the other task.
enum Received {
    Event(Event),
    Publish(Publish, AsyncClient),
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
    let backlog = usize::from(options.receive_maximum.max(1));
    let (received, to_hand_on) = mpsc::channel(backlog + 2);
    let (events, receiver) = mpsc::channel(1);
    let name = format!("mqtt connection of {}", options.client_id);
    let connection = Connection {
        options,
        clock,
        line,
        received,
        counters: counters.clone(),
        stop: shutdown.token(),
    };
    shutdown.spawn(name, connection.run());
    // Ends when the connection has ended or the consumer has gone.
    tokio::spawn(hand_on(to_hand_on, events));
    (Publisher::new(line_receiver, counters), receiver)
}

async fn hand_on(mut received: mpsc::Receiver<Received>, events: mpsc::Sender<Event>) {
    while let Some(next) = received.recv().await {
        let (event, to_acknowledge) = match next {
            Received::Event(event) => (event, None),
            Received::Publish(publish, client) => {
                let acknowledgement = acknowledgement_of(&publish);
                (Event::Message(incoming(publish)), Some((acknowledgement, client)))
            }
        };
        if events.send(event).await.is_err() {
            return;
        }
        if let Some((publish, client)) = to_acknowledge {
            // Fails only if that connection is gone, and the message's number with it.
            let _ = client.ack(&publish).await;
        }
    }
}

struct Connection {
    options: MqttOptions,
    clock: Arc<dyn Clock>,
    line: watch::Sender<Option<Line>>,
    received: mpsc::Sender<Received>,
    counters: Arc<Counters>,
    stop: CancellationToken,
}

impl Connection {
    async fn run(self) {
        let mut random = StdRng::from_os_rng();
        let mut backoff = Backoff::new();
        let mut trouble: Option<(ConnectionError, Timestamp, u64)> = None;
        for attempt in 1.. {
            let mut connected_at = None;
            let why = self.hold(attempt, &mut connected_at, &mut trouble).await;
            self.line.send_replace(None);
            let now = self.clock.now();
            if connected_at.is_some_and(|at| now.since(at) >= HELD) {
                backoff.reset();
            }
            if why == ConnectionError::Stopped {
                // The consumer may already have gone; nobody waits for a full queue while stopping.
                let _ = self
                    .received
                    .try_send(Received::Event(Event::Disconnected { why }));
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
                    let event = Received::Event(Event::Disconnected { why });
                    tokio::select! {
                        sent = self.received.send(event) => if sent.is_err() { return },
                        () = self.stop.cancelled() => return,
                    }
                }
            }
            tokio::select! {
                () = self.clock.sleep_until(now + wait) => {}
                () = self.stop.cancelled() => return,
            }
        }
    }

    /// Makes one connection and holds it until it breaks. Answers why it did.
    async fn hold(
        &self,
        attempt: u64,
        connected_at: &mut Option<Timestamp>,
        trouble: &mut Option<(ConnectionError, Timestamp, u64)>,
    ) -> ConnectionError {
        // Waits until what the last connection received has been taken: then the queue holds whatever this one may
        // receive, and room for `Connected` is taken beforehand, so that the event loop need not wait for it.
        let mut room = tokio::select! {
            room = self.received.reserve_many(self.received.max_capacity()) => match room {
                Ok(mut rooms) => rooms.next(),
                Err(_) => return ConnectionError::Stopped,
            },
            () = self.stop.cancelled() => return ConnectionError::Stopped,
        };
        let will = self.options.will.as_ref().map(|will| will(attempt));
        let (client, mut event_loop) = self.client(will.as_ref());
        let mut dropped: Vec<Publish> = Vec::new();
        loop {
            if !dropped.is_empty() && self.received.capacity() > self.received.max_capacity() / 2 {
                self.make_up_for(&mut dropped, &client);
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
                    *connected_at = Some(self.clock.now());
                    self.connected(&client, &answer, trouble.take());
                    if let Some(room) = room.take() {
                        room.send(Received::Event(Event::Connected { attempt }));
                    }
                }
                Ok(ClientEvent::Incoming(Packet::Publish(publish))) => {
                    Counters::count(&self.counters.received);
                    let acknowledgement = acknowledgement_of(&publish);
                    if self
                        .received
                        .try_send(Received::Publish(publish, client.clone()))
                        .is_err()
                    {
                        Counters::count(&self.counters.dropped);
                        dropped.push(acknowledgement);
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

    /// Acknowledges what was dropped, so that its numbers are free again, and asks for the kept values again.
    fn make_up_for(&self, dropped: &mut Vec<Publish>, client: &AsyncClient) {
        while let Some(publish) = dropped.last() {
            if client.try_ack(publish).is_err() {
                return;
            }
            dropped.pop();
        }
        tracing::debug!(client = %self.options.client_id, "subscribing again after messages were dropped");
        if client.try_subscribe_many(self.filters()).is_err() {
            dropped.push(Publish::default());
        }
    }

    fn filters(&self) -> impl Iterator<Item = Filter> {
        self.options.subscriptions.iter().map(|filter| Filter {
            nolocal: !self.options.own_messages,
            ..Filter::new(filter, QoS::AtLeastOnce)
        })
    }

    fn connected(
        &self,
        client: &AsyncClient,
        answer: &ConnAck,
        trouble: Option<(ConnectionError, Timestamp, u64)>,
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
                let after = self.clock.now().since(since);
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
            () = self.clock.sleep_until(self.clock.now() + FAREWELL) => {}
        }
    }

    /// A client that has not connected yet, its subscriptions first in its queue.
    fn client(&self, will: Option<&Message>) -> (AsyncClient, EventLoop) {
        let options = &self.options;
        let host = super::address::bracketed(&options.host);
        let mut client = ClientOptions::new(&options.client_id, host, options.port);
        client.set_clean_start(true);
        client.set_keep_alive(options.keep_alive.max(Duration::from_seconds(5)).to_std());
        client.set_manual_acks(true);
        client.set_outgoing_inflight_upper_limit(options.inflight.max(1));
        client.set_connect_properties(ConnectProperties {
            session_expiry_interval: Some(0),
            receive_maximum: Some(options.receive_maximum.max(1)),
            max_packet_size: Some(options.max_packet),
            ..ConnectProperties::new()
        });
        let mut network = NetworkOptions::new();
        network.set_tcp_nodelay(true);
        client.set_network_options(network);
        if let Some(user) = &options.user {
            client.set_credentials(user, options.password.as_deref().unwrap_or_default());
        }
        if let Some(will) = will {
            let properties = LastWillProperties {
                delay_interval: None,
                payload_format_indicator: None,
                message_expiry_interval: will.expiry_seconds,
                content_type: will.content_type.clone(),
                response_topic: None,
                correlation_data: None,
                user_properties: will.user_properties.clone(),
            };
            client.set_last_will(LastWill::new(
                &will.topic,
                will.payload.to_vec(),
                QoS::AtLeastOnce,
                will.retain,
                Some(properties),
            ));
        }
        let (client, event_loop) = AsyncClient::new(client, REQUEST_QUEUE);
        if !options.subscriptions.is_empty() && client.try_subscribe_many(self.filters()).is_err() {
            tracing::error!(topics = ?options.subscriptions, "no valid topic filters; nothing is subscribed");
        }
        (client, event_loop)
    }
}

/// What the client needs of a message to acknowledge it.
fn acknowledgement_of(publish: &Publish) -> Publish {
    Publish {
        pkid: publish.pkid,
        qos: publish.qos,
        ..Publish::default()
    }
}

fn incoming(publish: Publish) -> Incoming {
    let properties = publish.properties.unwrap_or_default();
    Incoming {
        topic: String::from_utf8_lossy(&publish.topic).into_owned(),
        payload: publish.payload,
        retain: publish.retain,
        content_type: properties.content_type,
        user_properties: properties.user_properties,
        received_from: None,
    }
}
