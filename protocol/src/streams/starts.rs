//! Two hosts under one name: which of an agent's starts is the agent, and which one is held.
//!
//! A start of an agent never comes back after a later one. So when the statuses of two starts alternate, there are two hosts; the one that was heard
//! of first is the agent, and of the other nothing is taken until it has been silent for [`SILENT`] or one of the two has another name.

use std::collections::BTreeSet;

use super::StreamId;
use crate::payload::Status;
use crate::{Duration, Steady, Timestamp};

/// For so long the other start must not have been heard of until it counts as gone.
pub const SILENT: Duration = Duration::from_minutes(10);
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
        let seen_before = self.position(started_at).is_some();
        self.note(started_at, address, status, now);
        let current = *self.current.get_or_insert(started_at);
        if self.held == Some(started_at) {
            return Verdict::Held;
        }
        if started_at == current {
            return Verdict::Own;
        }
        if !seen_before {
            self.current = Some(started_at);
            return Verdict::Own;
        }
        let (one, other) = (self.position(current), self.position(started_at));
        let recent = |position: Option<usize>| {
            position.is_some_and(|position| now.since(self.known[position].heard) < SILENT)
        };
        if !recent(one) {
            self.current = Some(started_at);
            return Verdict::Own;
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

    /// Whether a batch of this stream is taken. While there are two, one that no status of the agent has listed is not.
    pub fn takes(&self, stream: &StreamId) -> bool {
        let Some(held) = self.held else { return true };
        let lists = |start: Timestamp| {
            self.position(start)
                .is_some_and(|position| self.known[position].streams.contains(stream))
        };
        !lists(held) && self.current.is_some_and(lists)
    }

    /// Whether there are two; the other counts as gone when it was silent for long.
    pub fn are_two(&mut self, now: Steady) -> bool {
        let Some(held) = self.held else { return false };
        let silent = self
            .position(held)
            .is_none_or(|position| now.since(self.known[position].heard) >= SILENT);
        if silent {
            self.held = None;
        }
        !silent
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
            assert!(starts.takes(&StreamId::from_random(start.unsigned_abs())));
        }
        assert!(!starts.are_two(at(30)));
        // A card that was put back after the other host was taken away.
        assert_eq!(starts.hear(&status(28), None, at(1_000)), Verdict::Own);
    }

    #[test]
    fn of_two_that_alternate_the_later_is_held_until_it_has_gone() {
        let mut starts = Starts::default();
        assert_eq!(starts.hear(&status(1), Some("10.0.0.1"), at(1)), Verdict::Own);
        assert_eq!(starts.hear(&status(2), Some("10.0.0.2"), at(2)), Verdict::Own);
        let addresses = [Some("10.0.0.1".to_owned()), Some("10.0.0.2".to_owned())];
        let twins = Verdict::Twins {
            held: false,
            addresses,
        };
        assert_eq!(starts.hear(&status(1), Some("10.0.0.1"), at(3)), twins);
        assert_eq!(starts.hear(&status(2), Some("10.0.0.2"), at(4)), Verdict::Held);
        assert_eq!(starts.hear(&status(1), Some("10.0.0.1"), at(5)), Verdict::Own);
        let stream = |start| StreamId::from_random(start);
        assert!(starts.takes(&stream(1)) && !starts.takes(&stream(2)) && !starts.takes(&stream(3)));
        assert!(!starts.speaks(&status(2)) && starts.speaks(&status(1)));
        assert!(starts.are_two(at(600)));
        assert!(!starts.are_two(at(604)));
        assert!(starts.takes(&stream(2)));
        assert_eq!(starts.hear(&status(2), None, at(605)), Verdict::Own);
    }
}
