//! A collector that is no more than its bookkeeping, behind a real connection.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use plenum_link::mqtt::{self, Event, Message, MqttOptions};
use plenum_link::testing::Mosquitto;
use plenum_link::{Shutdown, SystemClock};
use plenum_protocol::Clock;
use plenum_protocol::payload::{Ack, CommandResult, Status};
use plenum_protocol::streams::{Envelope, StreamId};

#[derive(Default)]
pub(crate) struct Taken {
    pub(crate) through: BTreeMap<StreamId, u64>,
    pub(crate) readings: Vec<(String, i64, String)>,
    pub(crate) statuses: Vec<Status>,
    pub(crate) results: Vec<CommandResult>,
    pub(crate) gaps: u64,
}

/// A collector's bookkeeping behind a real connection.
pub(crate) struct Collector {
    pub(crate) taken: Arc<Mutex<Taken>>,
    pub(crate) publisher: mqtt::Publisher,
    pub(crate) shutdown: Shutdown,
}

impl Collector {
    pub(crate) fn start(broker: &Mosquitto, name: &str) -> Self {
        Self::with_database(broker, name, "d-1")
    }

    pub(crate) fn with_database(broker: &Mosquitto, name: &str, database: &'static str) -> Self {
        let mut options = MqttOptions::new(&broker.address(), name);
        options.subscriptions = ["readings", "status", "result"]
            .map(|kind| format!("plenum/1/+/+/{kind}"))
            .to_vec();
        let shutdown = Shutdown::new();
        let (publisher, mut events) = mqtt::connect(options, SystemClock::shared(), &shutdown);
        let taken = Arc::new(Mutex::new(Taken::default()));
        let (shared, answers) = (taken.clone(), publisher.clone());
        tokio::spawn(async move {
            while let Some(event) = events.recv().await {
                let Event::Message(message) = event else { continue };
                let acknowledge = {
                    let mut taken = shared.lock().unwrap();
                    if message.topic.ends_with("/status") {
                        let status = Status::from_json(&message.payload).unwrap();
                        for id in status.streams.keys() {
                            taken.through.entry(id.clone()).or_insert(0);
                        }
                        taken.statuses.push(status);
                    } else if message.topic.ends_with("/result") {
                        taken
                            .results
                            .push(CommandResult::from_json(&message.payload).unwrap());
                    } else {
                        take(&mut taken, &message);
                    }
                    Ack {
                        database: database.parse().unwrap(),
                        follows: Vec::new(),
                        streams: taken.through.clone(),
                    }
                };
                let ack = Message::new("plenum/1/zaandam/pi-a1/ack", acknowledge.to_json()).retained();
                // It comes again with the next message.
                let _ = answers.try_publish(ack);
            }
        });
        Self {
            taken,
            publisher,
            shutdown,
        }
    }

    pub(crate) fn count(&self, sensor: &str) -> usize {
        let taken = self.taken.lock().unwrap();
        taken
            .readings
            .iter()
            .filter(|(name, ..)| name.starts_with(sensor))
            .count()
    }

    /// How many readings it has of all sensors.
    pub(crate) fn count_all(&self) -> usize {
        self.taken.lock().unwrap().readings.len()
    }

    /// Whether the newest status is so.
    pub(crate) fn is_told(&self, what: impl Fn(&Status) -> bool) -> bool {
        self.taken.lock().unwrap().statuses.last().is_some_and(what)
    }

    /// The first reading of the contact that is closed.
    pub(crate) fn closed(&self) -> Option<(String, i64, String)> {
        let taken = self.taken.lock().unwrap();
        taken
            .readings
            .iter()
            .find(|(name, _, value)| name == "smoke-1/smoke" && value == "Ok(1.0)")
            .cloned()
    }
}

fn take(taken: &mut Taken, message: &mqtt::Incoming) {
    let properties = message
        .user_properties
        .iter()
        .map(|(key, value)| (key.as_str(), value.as_str()));
    let position = Envelope::from_properties(properties).unwrap().unwrap().position;
    let through = taken.through.entry(position.stream).or_insert(0);
    if position.seq == position.first && position.first > *through + 1 {
        taken.gaps += position.first - *through - 1;
    } else if position.seq != *through + 1 {
        return;
    }
    *through = position.seq;
    let now = SystemClock.now();
    let site = "zaandam".parse().unwrap();
    let agent = "pi-a1".parse().unwrap();
    let pack = plenum_protocol::senml::decode(&site, &agent, &message.payload, now).unwrap();
    assert!(pack.bad.is_empty(), "{:?}", pack.bad);
    for reading in pack.readings {
        taken.readings.push((
            reading.channel.to_string(),
            reading.at.milliseconds(),
            format!("{:?}", reading.outcome),
        ));
    }
}
