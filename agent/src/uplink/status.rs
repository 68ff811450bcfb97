//! What the agent says of itself, and which number its connection has.

use std::collections::BTreeMap;

use plenum_link::mqtt::Message;
use plenum_protocol::payload::{
    AgentState, ClockState, ListedSensor, ListedStream, SpoolState, Status, status,
};
use plenum_protocol::streams::StreamId;
use plenum_protocol::topic::{Topic, TopicKind};
use plenum_protocol::{AgentName, Timestamp};

/// Attempts to connect that one start may make before numbers of the next start would be used; the last number is then kept.
const ATTEMPTS: u64 = 1 << 20;

/// What changes from status to status.
#[derive(Debug, Clone)]
pub(super) struct Say {
    pub(super) synchronised: bool,
    /// Whether readings go by memory because the spool's disk does not take them.
    pub(super) by_memory: bool,
    pub(super) streams: BTreeMap<StreamId, ListedStream>,
    pub(super) sensors: Vec<ListedSensor>,
}

/// What stays the same in every status of a start.
#[derive(Debug, Clone)]
pub(super) struct Origin {
    pub(super) name: AgentName,
    /// How often the agent has been started with this spool.
    pub(super) start: u64,
    pub(super) started_at: Timestamp,
}

impl Origin {
    /// A topic of this agent.
    pub(super) fn topic(&self, kind: TopicKind) -> String {
        Topic::new(self.name.site.clone(), self.name.agent.clone(), kind).to_string()
    }

    /// Counts connections over all starts without a write for each: the start counts the high part.
    pub(super) fn connection(&self, attempt: u64) -> u64 {
        self.start * ATTEMPTS + attempt.min(ATTEMPTS - 1)
    }

    /// The last will of an attempt to connect.
    pub(super) fn offline(&self, attempt: u64) -> Message {
        self.message(&self.status(AgentState::Offline, attempt))
    }

    /// The status while connected, within its bound whatever there is to say: 256 sensors and 256 streams fit once losses and quantities
    /// are left out.
    pub(super) fn online(&self, attempt: u64, say: Say) -> Message {
        let mut said = Status {
            clock: if say.synchronised {
                ClockState::Synchronised
            } else {
                ClockState::Free
            },
            spool: say.by_memory.then_some(SpoolState::Memory),
            streams: say.streams,
            sensors: say.sensors,
            ..self.status(AgentState::Online, attempt)
        };
        let mut message = self.message(&said);
        if message.payload.len() > status::BYTES {
            // What went of a stream is told with its batches as well.
            for listed in said.streams.values_mut() {
                listed.lost = None;
            }
            message = self.message(&said);
        }
        if message.payload.len() > status::BYTES {
            // That there is an alarm, its readings tell.
            for sensor in &mut said.sensors {
                sensor.words = None;
            }
            message = self.message(&said);
        }
        if message.payload.len() > status::BYTES {
            // What a sensor gives, its readings tell.
            for sensor in &mut said.sensors {
                sensor.quantities.clear();
            }
            message = self.message(&said);
        }
        message
    }

    fn status(&self, state: AgentState, attempt: u64) -> Status {
        Status {
            state,
            connection: self.connection(attempt),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            started_at: Some(self.started_at),
            clock: ClockState::Free,
            spool: None,
            streams: BTreeMap::new(),
            sensors: Vec::new(),
        }
    }

    fn message(&self, status: &Status) -> Message {
        Message::new(self.topic(TopicKind::Status), status.to_json()).retained()
    }
}

#[cfg(test)]
mod tests {
    use plenum_protocol::Quantity;
    use plenum_protocol::streams::{Class, Lost};

    use super::*;

    #[test]
    fn a_later_connection_has_a_greater_number_whatever_happened_between() {
        let origin = |start| Origin {
            name: "zaandam/pi-a1".parse().unwrap(),
            start,
            started_at: Timestamp::from_milliseconds(0),
        };
        let numbers = [
            origin(1).connection(1),
            origin(1).connection(2),
            origin(1).connection(u64::MAX),
            origin(2).connection(1),
        ];
        assert!(numbers.is_sorted_by(|a, b| a < b));
        let will = origin(2).offline(3);
        assert!(will.retain);
        assert_eq!(will.topic, "plenum/1/zaandam/pi-a1/status");
        let status = Status::from_json(&will.payload).unwrap();
        assert_eq!(
            (status.state, status.connection),
            (AgentState::Offline, origin(2).connection(3))
        );
    }

    #[test]
    fn the_largest_status_stays_within_its_bound_and_lists_everything() {
        let origin = Origin {
            name: "zaandam/pi-a1".parse().unwrap(),
            start: 1 << 32,
            started_at: Timestamp::from_milliseconds(1_800_000_000_123),
        };
        let most = (1 << 53) - 1;
        let stream = |number: u64| {
            let id = StreamId::from_random(u64::MAX - number);
            let lost = Lost {
                stream: id.clone(),
                from_seq: most - 1,
                to_seq: most,
                from: Some(origin.started_at),
                to: Some(origin.started_at),
                count: most,
                why: "full spool; full disk; a card that broke: a batch could not be read back".to_owned(),
            };
            let listed = ListedStream {
                first: most,
                last: most,
                class: Class::Urgent,
                lost: Some(lost),
            };
            (id, listed)
        };
        let sensor = |number: usize| ListedSensor {
            id: format!("{number:0>63}").parse().unwrap(),
            driver: "simulated".to_owned(),
            quantities: Quantity::ALL.to_vec(),
            interval: plenum_protocol::Duration::from_milliseconds(86_399_999),
            words: Some("w".repeat(status::WORDS)),
        };
        let say = |sensors: usize, streams: u64| Say {
            synchronised: true,
            by_memory: true,
            streams: (0..streams).map(stream).collect(),
            sensors: (0..sensors).map(sensor).collect(),
        };
        let message = origin.online(u64::MAX, say(256, 256));
        assert!(
            message.payload.len() <= status::BYTES,
            "{} bytes",
            message.payload.len()
        );
        let read = Status::from_json(&message.payload).unwrap();
        assert_eq!((read.sensors.len(), read.streams.len()), (256, 256));
        assert_eq!(read.spool, Some(SpoolState::Memory));
        let small = Status::from_json(&origin.online(1, say(3, 3)).payload).unwrap();
        assert!(!small.sensors[2].quantities.is_empty());
        assert!(small.streams.values().all(|listed| listed.lost.is_some()));
    }
}
