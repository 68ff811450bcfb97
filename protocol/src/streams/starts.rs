//! Two hosts under one name: which of an agent's starts is the agent, and which one is held.
//!
//! A start of an agent never comes back after a later one, and its connections have rising numbers. So when an earlier start speaks from ever new
//! connections although a later one was heard of, there are two hosts; the one that was heard of first is the agent, and of the other nothing is taken
//! until it has been silent for [`SILENT`] or one of the two has another name. Once may be a status that was long under way.

use std::collections::BTreeSet;

use super::StreamId;
use crate::payload::Status;
use crate::{Duration, Steady, Timestamp};

/// For so long the other start must not have been heard of until it counts as gone.
pub const SILENT: Duration = Duration::from_minutes(10);
/// So often an earlier start must have come back.
const RETURNS: u32 = 2;
/// Starts that are remembered.
const REMEMBERED: usize = 8;

/// The starts of one agent, in the order in which they were first heard of.
#[derive(Debug, Default)]
pub struct Starts {
    known: Vec<Start>,
    current: Option<Timestamp>,
    held: Option<Timestamp>,
}

#[derive(Debug)]
struct Start {
    started_at: Timestamp,
    address: Option<String>,
    streams: BTreeSet<StreamId>,
    heard: Steady,
    /// The newest connection that it spoke from.
    connection: u64,
    /// How often it came back from a new connection after a later start was heard of.
    returns: u32,
}

/// What a status is to be taken for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The agent's own.
    Own,
    /// That of a second host under the agent's name.
    Held,
    /// It proves that there are two, and is the agent's own or the other's.
    Twins {
        /// It is the other's.
        held: bool,
        /// Where both are, as far as that is known, the agent first.
        addresses: [Option<String>; 2],
    },
}

impl Starts {
    /// The start that is known from before this program's start.
    pub fn remember(&mut self, status: &Status, now: Steady) {
        if let Some(started_at) = status.started_at {
            self.note(started_at, None, status, now);
            self.current = Some(started_at);
        }
    }

    /// A status that says that its agent is there.
    pub fn hear(&mut self, status: &Status, address: Option<&str>, now: Steady) -> Verdict {
        let Some(started_at) = status.started_at else {
            return Verdict::Own;
        };
        let before = self
            .position(started_at)
            .map(|position| self.known[position].connection);
        self.note(started_at, address, status, now);
        let current = *self.current.get_or_insert(started_at);
        if self.held == Some(started_at) {
            return Verdict::Held;
        }
        if started_at == current {
            return Verdict::Own;
        }
        let Some(before) = before else {
            self.current = Some(started_at);
            return Verdict::Own;
        };
        let (one, other) = (self.position(current), self.position(started_at));
        let recent = |position: Option<usize>| {
            position.is_some_and(|position| now.since(self.known[position].heard) < SILENT)
        };
        if !recent(one) {
            self.current = Some(started_at);
            return Verdict::Own;
        }
        if let Some(start) = other.map(|position| &mut self.known[position]) {
            start.returns += u32::from(status.connection > before);
            if start.returns < RETURNS {
                return Verdict::Held;
            }
        }
        let (own, held) = if one < other {
            (current, started_at)
        } else {
            (started_at, current)
        };
        self.current = Some(own);
        self.held = Some(held);
        let address = |start| {
            self.position(start)
                .and_then(|position| self.known[position].address.clone())
        };
        Verdict::Twins {
            held: held == started_at,
            addresses: [address(own), address(held)],
        }
    }

    /// Whether a will or a farewell of this start speaks for the agent.
    pub fn speaks(&self, status: &Status) -> bool {
        match (status.started_at, self.current) {
            (Some(started_at), Some(current)) => started_at == current,
            _ => true,
        }
    }

    /// Whether a batch of this stream is taken; it is a sign of life of whoever listed it. While there are two, one that no status of the agent has
    /// listed is not taken.
    pub fn takes(&mut self, stream: &StreamId, now: Steady) -> bool {
        let Some(held) = self.held else { return true };
        // One that both list says of neither that it is there.
        let mut listing = self
            .known
            .iter_mut()
            .filter(|start| start.streams.contains(stream));
        if let (Some(only), None) = (listing.next(), listing.next()) {
            only.heard = now;
        }
        let lists = |start: Timestamp| {
            self.position(start)
                .is_some_and(|position| self.known[position].streams.contains(stream))
        };
        !lists(held) && self.current.is_some_and(lists)
    }

    /// Whether there are two; one of them that was silent for long counts as gone, and the other is the agent.
    pub fn are_two(&mut self, now: Steady) -> bool {
        let Some(held) = self.held else { return false };
        let silent = |start: Option<Timestamp>| {
            let position = start.and_then(|start| self.position(start));
            position.is_none_or(|position| now.since(self.known[position].heard) >= SILENT)
        };
        let (own_is_gone, held_is_gone) = (silent(self.current), silent(Some(held)));
        if held_is_gone || own_is_gone {
            self.held = None;
        }
        if own_is_gone && !held_is_gone {
            self.current = Some(held);
        }
        self.held.is_some()
    }

    fn position(&self, started_at: Timestamp) -> Option<usize> {
        self.known.iter().position(|start| start.started_at == started_at)
    }

    fn note(&mut self, started_at: Timestamp, address: Option<&str>, status: &Status, now: Steady) {
        let streams: BTreeSet<StreamId> = status.streams.keys().cloned().collect();
        match self.position(started_at) {
            Some(position) => {
                let start = &mut self.known[position];
                start.streams = streams;
                start.heard = now;
                start.connection = start.connection.max(status.connection);
                if address.is_some() {
                    start.address = address.map(str::to_owned);
                }
            }
            None => {
                if self.known.len() >= REMEMBERED {
                    let keep = [self.current, self.held];
                    let oldest = self
                        .known
                        .iter()
                        .position(|start| !keep.contains(&Some(start.started_at)));
                    oldest.map(|position| self.known.remove(position));
                }
                self.known.push(Start {
                    started_at,
                    address: address.map(str::to_owned),
                    streams,
                    heard: now,
                    connection: status.connection,
                    returns: 0,
                });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::payload::ListedStream;
    use crate::streams::Class;

    use super::*;

    fn status(start: i64) -> Status {
        let text = format!(r#"{{"state":"online","started_at":"2026-01-01T00:00:{start:02}Z"}}"#);
        let mut status = Status::from_json(text.as_bytes()).unwrap();
        let listed = ListedStream {
            first: 1,
            last: 1,
            class: Class::Routine,
            lost: None,
        };
        status
            .streams
            .insert(StreamId::from_random(start.unsigned_abs()), listed);
        status
    }

    fn at(seconds: i64) -> Steady {
        Steady::from_milliseconds(seconds * 1_000)
    }

    #[test]
    fn a_restart_is_not_a_second_host() {
        let mut starts = Starts::default();
        for start in 1..30 {
            assert_eq!(
                starts.hear(&status(start), Some("10.0.0.1"), at(start)),
                Verdict::Own
            );
            assert!(starts.takes(&StreamId::from_random(start.unsigned_abs()), at(start)));
        }
        assert!(!starts.are_two(at(30)));
        // A card that was put back after the other host was taken away.
        assert_eq!(starts.hear(&status(28), None, at(1_000)), Verdict::Own);
    }

    #[test]
    fn of_two_that_alternate_the_later_is_held_until_it_has_gone() {
        let mut starts = Starts::default();
        let mut hear = |start: i64, connection, seconds| {
            let mut status = status(start);
            status.connection = connection;
            starts.hear(&status, Some(&format!("10.0.0.{start}")), at(seconds))
        };
        assert_eq!(hear(1, 1, 1), Verdict::Own);
        assert_eq!(hear(2, 1, 2), Verdict::Own);
        // These may have been long under way.
        assert_eq!(hear(1, 1, 3), Verdict::Held);
        assert_eq!(hear(1, 2, 3), Verdict::Held);
        assert_eq!(hear(2, 2, 3), Verdict::Own);
        let addresses = [Some("10.0.0.1".to_owned()), Some("10.0.0.2".to_owned())];
        let twins = Verdict::Twins {
            held: false,
            addresses,
        };
        assert_eq!(hear(1, 3, 3), twins);
        assert_eq!(hear(2, 3, 4), Verdict::Held);
        assert_eq!(hear(1, 4, 5), Verdict::Own);
        let stream = |start| StreamId::from_random(start);
        let mut takes = |start| starts.takes(&stream(start), at(5));
        assert!(takes(1) && !takes(2) && !takes(3));
        assert!(!starts.speaks(&status(2)) && starts.speaks(&status(1)));
        assert!(starts.are_two(at(600)));
        assert!(!starts.are_two(at(605)));
        assert!(starts.takes(&stream(2), at(605)));
    }

    #[test]
    fn when_the_first_of_two_has_gone_the_other_is_the_agent() {
        let mut starts = Starts::default();
        for (start, connection) in [(1, 1), (2, 1), (1, 2), (1, 3)] {
            let mut status = status(start);
            status.connection = connection;
            starts.hear(&status, None, at(1));
        }
        for second in 1..70 {
            assert!(!starts.takes(&StreamId::from_random(2), at(second * 10)) || second >= 60);
            starts.are_two(at(second * 10));
        }
        assert!(starts.takes(&StreamId::from_random(2), at(700)));
    }
}
