//! An honest agent without spool and sensors: five readings a second in a stream, each batch sent again until it is acknowledged.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::Result;
use plenum_link::mqtt::{Event, Message, MqttOptions, Publisher, connect};
use plenum_link::{Shutdown, Stopwatch};
use plenum_protocol::payload::{Ack, AgentState, ClockState, ListedSensor, ListedStream, Status};
use plenum_protocol::senml::{Times, encode};
use plenum_protocol::streams::{Class, StreamId};
use plenum_protocol::topic::{Topic, TopicKind};
use plenum_protocol::{AgentName, Channel, Clock, Duration, Quantity, Reading, Steady, Timestamp};
use tokio::sync::mpsc;

use super::{PASSWORD, SITE};

/// Readings of a batch.
const READINGS: usize = 5;
/// Between two batches.
const INTERVAL: Duration = Duration::from_seconds(1);
/// After so long without an acknowledgement a batch is sent again.
const AGAIN: Duration = Duration::from_seconds(2);

/// One agent.
pub(super) struct Honest {
    name: AgentName,
    stream: StreamId,
    publisher: Publisher,
    events: mpsc::Receiver<Event>,
    clock: Arc<dyn Clock>,
    channels: Vec<Channel>,
    /// What is not acknowledged, with the time since it was made.
    open: BTreeMap<u64, Batch>,
    last: u64,
    last_at: Timestamp,
    result: Outcome,
}

struct Batch {
    payload: Vec<u8>,
    made: Stopwatch,
}

/// What it found.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    /// Readings made.
    pub(super) readings: usize,
    /// Readings of which it was not told in the end that they are stored.
    pub(super) missing: usize,
    /// Batches that were sent again.
    pub(super) again: usize,
    /// From a batch's making to its acknowledgement.
    pub(super) milliseconds: Vec<f64>,
}

impl Honest {
    /// Begins to connect.
    pub(super) fn connect(name: &str, url: &str, clock: Arc<dyn Clock>, shutdown: &Shutdown) -> Result<Self> {
        let name = AgentName::new(SITE.parse()?, name.parse()?);
        let address = url.replace("mqtt://", &format!("mqtt://{name}@")).parse()?;
        let mut options = MqttOptions::new(&address, name.to_string());
        options.password = Some(PASSWORD.to_owned());
        options.subscriptions = vec![topic(&name, TopicKind::Ack)];
        let (publisher, events) = connect(options, clock.clone(), shutdown);
        let channel = |number: usize| -> Result<Channel> {
            Ok(Channel {
                sensor: format!("sensor-{number}").parse()?,
                quantity: Quantity::Temperature,
            })
        };
        Ok(Self {
            stream: format!("of-{}", name.agent).parse()?,
            name,
            publisher,
            events,
            channels: (0..READINGS).map(channel).collect::<Result<_>>()?,
            open: BTreeMap::new(),
            last: 0,
            last_at: clock.now(),
            clock,
            result: Outcome::default(),
        })
    }

    /// Sends for so long, then waits for what is not acknowledged.
    pub(super) async fn run(mut self, duration: Duration, patience: Duration) -> Outcome {
        let end = self.clock.steady() + duration;
        let (mut next, mut look) = (self.clock.steady() + INTERVAL, self.clock.steady() + AGAIN);
        loop {
            let now = self.clock.steady();
            if now >= end && (self.open.is_empty() || now >= end + patience) {
                break;
            }
            let making = if now < end { next } else { end + patience };
            tokio::select! {
                event = self.events.recv() => match event {
                    Some(event) => self.hear(event).await,
                    None => break,
                },
                () = self.clock.sleep_until(making) => {
                    if now < end {
                        self.make().await;
                        next = next + INTERVAL;
                    }
                }
                () = self.clock.sleep_until(look) => {
                    self.send_again().await;
                    look = self.later(AGAIN);
                }
            }
        }
        self.result.missing = self.open.len() * READINGS;
        self.result
    }

    fn later(&self, duration: Duration) -> Steady {
        self.clock.steady() + duration
    }

    async fn hear(&mut self, event: Event) {
        match event {
            Event::Connected { .. } => self.say_status().await,
            Event::Disconnected { .. } => {}
            Event::Message(message) => {
                let Ok(ack) = Ack::from_json(&message.payload) else {
                    return;
                };
                let through = ack.streams.get(&self.stream).copied().unwrap_or(0);
                let left = self.open.split_off(&(through + 1));
                for batch in std::mem::replace(&mut self.open, left).into_values() {
                    self.result.milliseconds.push(batch.made.seconds() * 1_000.0);
                }
            }
        }
    }

    async fn say_status(&mut self) {
        let first = self.open.keys().next().copied().unwrap_or(self.last + 1);
        let listed = ListedStream {
            first,
            last: self.last,
            class: Class::Routine,
            lost: None,
        };
        let sensor = |channel: &Channel| ListedSensor {
            id: channel.sensor.clone(),
            driver: "simulated".to_owned(),
            quantities: vec![channel.quantity],
            interval: INTERVAL,
            words: None,
        };
        let status = Status {
            state: AgentState::Online,
            connection: 1,
            version: String::new(),
            started_at: None,
            clock: ClockState::Synchronised,
            spool: None,
            streams: [(self.stream.clone(), listed)].into(),
            sensors: self.channels.iter().map(sensor).collect(),
        };
        let message = Message::new(topic(&self.name, TopicKind::Status), status.to_json()).retained();
        // Without a connection it is said at the next.
        let _ = self.publisher.publish(message).await;
    }

    async fn make(&mut self) {
        let at = self
            .clock
            .now()
            .max(self.last_at + Duration::from_milliseconds(1));
        self.last_at = at;
        let reading = |channel: &Channel| Reading::new(channel.clone(), at, Ok(21.5));
        let readings: Vec<Reading> = self.channels.iter().map(reading).collect();
        let mut payload = Vec::new();
        encode(
            &self.name.site,
            &self.name.agent,
            &readings,
            Times::Absolute,
            &mut payload,
        );
        self.last += 1;
        let made = Stopwatch::start();
        self.open.insert(self.last, Batch { payload, made });
        self.result.readings += READINGS;
        self.send(self.last).await;
    }

    async fn send_again(&mut self) {
        let limit = AGAIN.seconds();
        let due: Vec<u64> = self
            .open
            .iter()
            .filter(|(_, batch)| batch.made.seconds() >= limit)
            .map(|(number, _)| *number)
            .take(32)
            .collect();
        for number in due {
            self.result.again += 1;
            self.send(number).await;
        }
    }

    async fn send(&self, number: u64) {
        let (Some(batch), Some(first)) = (self.open.get(&number), self.open.keys().next()) else {
            return;
        };
        let mut message = Message::new(topic(&self.name, TopicKind::Readings), batch.payload.clone());
        message.content_type = Some("application/senml+json".to_owned());
        let property = |key: &str, value: String| (key.to_owned(), value);
        message.user_properties = vec![
            property("stream", self.stream.to_string()),
            property("seq", number.to_string()),
            property("first", first.to_string()),
            property("last", self.last.to_string()),
        ];
        // Without a connection it is sent again later.
        let _ = self.publisher.publish(message).await;
    }
}

fn topic(name: &AgentName, kind: TopicKind) -> String {
    Topic::new(name.site.clone(), name.agent.clone(), kind).to_string()
}
