//! What the sensors say, by agents of a few lines: each keeps its batches and sends again what the collector has not acknowledged.

use std::collections::BTreeMap;

use plenum_link::SystemClock;
use plenum_protocol::{Clock, Duration, Timestamp};
use serde_json::Value;

use crate::support::mqtt::Client;

/// So many sensors an agent.
const SENSORS: usize = 250;

/// All the agents, over one connection.
pub(super) struct Feed {
    url: String,
    client: Client,
    /// The last packet's number.
    number: u16,
    /// When something was read last.
    at: Timestamp,
    /// What each agent has read, in batches.
    batches: Vec<Vec<Vec<u8>>>,
}

impl Feed {
    /// Connects.
    pub(super) fn of(url: &str, sensors: usize) -> Self {
        Self {
            url: url.to_owned(),
            client: connect(url),
            number: 0,
            at: SystemClock.now(),
            batches: vec![Vec::new(); sensors.div_ceil(SENSORS)],
        }
    }

    /// These sensors say that their conditions hold, or that they do not.
    pub(super) fn say(&mut self, sensors: &[usize], holds: bool) {
        // No two of a series at one instant.
        self.at = SystemClock.now().max(self.at + Duration::from_milliseconds(1));
        let at = self.at.milliseconds() as f64 / 1_000.0;
        let mut by_agent: BTreeMap<usize, Vec<String>> = BTreeMap::new();
        for sensor in sensors {
            let record = format!(
                r#"{{"n":"{}","u":"{}","t":{at:.3},"v":{}}}"#,
                series(*sensor),
                quantity(*sensor).1,
                if holds { 20 } else { 10 }
            );
            by_agent.entry(sensor / SENSORS).or_default().push(record);
        }
        for (agent, records) in by_agent {
            self.batches[agent].push(format!("[{}]", records.join(",")).into_bytes());
            self.send(agent, self.batches[agent].len());
        }
    }

    /// Sends again what the collector does not have, as it says itself. Whether it has everything.
    pub(super) fn send_again(&mut self, agents: &[Value]) -> bool {
        let mut has_everything = true;
        for agent in 0..self.batches.len() {
            let of = agents.iter().find(|known| known["agent"] == name(agent));
            let streams = of.and_then(|known| known["streams"].as_array());
            let through = streams
                .into_iter()
                .flatten()
                .find_map(|stream| stream["through"].as_u64());
            let through = usize::try_from(through.unwrap_or(0)).unwrap();
            for number in through + 1..=self.batches[agent].len() {
                self.send(agent, number);
                has_everything = false;
            }
        }
        has_everything
    }

    /// The broker has it when this returns.
    fn send(&mut self, agent: usize, number: usize) {
        let batch = self.batches[agent][number - 1].clone();
        let number = number.to_string();
        let properties = [
            ("stream", "only"),
            ("seq", &number),
            ("first", "1"),
            ("last", &number),
        ];
        let topic = format!("plenum/1/night/{}/readings", name(agent));
        for _ in 0..2 {
            self.number = self.number % u16::MAX + 1;
            self.client
                .publish_with(&topic, self.number, &properties, &batch, false);
            if self.client.packet().is_some() {
                return;
            }
            // Whoever was silent for long is sent away.
            self.client = connect(&self.url);
        }
        panic!("the broker takes nothing");
    }
}

/// What a sensor measures, in which unit. Of one a ladder calls, of the other the channel's people are told.
fn quantity(sensor: usize) -> (&'static str, &'static str) {
    match sensor.is_multiple_of(2) {
        true => ("current", "A"),
        false => ("power", "W"),
    }
}

/// The series of a sensor.
pub(super) fn series(sensor: usize) -> String {
    format!(
        "night/{}/s{sensor}/{}",
        name(sensor / SENSORS),
        quantity(sensor).0
    )
}

fn name(agent: usize) -> String {
    format!("pi-{agent}")
}

fn connect(url: &str) -> Client {
    let (client, reason) = Client::log_in(url, "feed", "feed", "");
    assert_eq!(reason, 0, "it is let in");
    client
}
