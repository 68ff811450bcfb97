//! What the agent says of itself, and which number its connection has.

use std::collections::BTreeMap;

use plenum_link::mqtt::Message;
use plenum_protocol::payload::{AgentState, ClockState, ListedSensor, ListedStream, Status};
use plenum_protocol::streams::StreamId;
use plenum_protocol::topic::{Topic, TopicKind};
use plenum_protocol::{AgentName, Timestamp};

/// Attempts to connect that one start may make before numbers of the next start would be used; the last number is then kept.
const ATTEMPTS: u64 = 1 << 20;

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

    /// The status while connected.
    pub(super) fn online(
        &self,
        attempt: u64,
        synchronised: bool,
        streams: BTreeMap<StreamId, ListedStream>,
        sensors: Vec<ListedSensor>,
    ) -> Message {
        self.message(&Status {
            clock: if synchronised {
                ClockState::Synchronised
            } else {
                ClockState::Free
            },
            streams,
            sensors,
            ..self.status(AgentState::Online, attempt)
        })
    }

    fn status(&self, state: AgentState, attempt: u64) -> Status {
        Status {
            state,
            connection: self.connection(attempt),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            started_at: Some(self.started_at),
            clock: ClockState::Free,
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
}
