//! The agent's shell: the sender over a card, as `plenum-agent` has it over its spool.

use std::collections::BTreeSet;

use plenum_protocol::payload::{AgentState, ClockState, Status};
use plenum_protocol::streams::{Class, Effect, Event, Lost, Removal, Sender, StreamId, next_eviction};
use plenum_protocol::{Duration, Timestamp};
use rand::Rng;

use crate::Batch;
use crate::card::Card;
use crate::oracle::Oracle;
use crate::surroundings::{Message, Surroundings, pick};

/// What is the same in every loss of this model.
const FULL: &str = "full spool";

pub(crate) struct Agent {
    pub(crate) spool: Card,
    /// What is really on the card, if it lies.
    durable: Card,
    pub(crate) sender: Sender,
    pub(crate) connected: bool,
    connection: u64,
    started_at: Timestamp,
    /// Urgent batches that the disk did not take: in memory, under the numbers that they were sent with.
    memory: Vec<Batch>,
    pub(crate) disk_is_full: bool,
    clock: AgentClock,
}

/// The agent's wall clock and what its sampler makes of it: no instant twice.
struct AgentClock {
    off: Duration,
    last: Timestamp,
    given: BTreeSet<Timestamp>,
    /// Each host's sensors are read at other milliseconds.
    lane: i64,
}

impl AgentClock {
    fn stamp(&mut self, around: &mut Surroundings) -> Timestamp {
        around.now = around.now + Duration::from_milliseconds(10);
        let wall = around.wall().milliseconds() / 4 * 4 + self.lane;
        let own = Timestamp::from_milliseconds(wall) + self.off;
        // A floor leads the clock by 30 s at most.
        let mut at = if own <= self.last && self.last.since(own) <= Duration::from_seconds(30) {
            self.last + Duration::from_milliseconds(4)
        } else {
            own
        };
        while !self.given.insert(at) {
            at = at + Duration::from_milliseconds(4);
        }
        self.last = at;
        at
    }
}

impl Agent {
    pub(crate) fn new(lane: i64, around: &mut Surroundings, oracle: &mut Oracle) -> Self {
        let placeholder = Sender::new(vec![], None, StreamId::from_random(0), StreamId::from_random(1));
        let mut agent = Self {
            spool: Card::default(),
            durable: Card::default(),
            sender: placeholder,
            connected: false,
            connection: 0,
            started_at: around.wall(),
            memory: Vec::new(),
            disk_is_full: false,
            clock: AgentClock {
                off: Duration::ZERO,
                last: Timestamp::MIN,
                given: BTreeSet::new(),
                lane,
            },
        };
        agent.start(around, oracle);
        agent
    }

    pub(crate) fn set_clock(&mut self, around: &mut Surroundings) {
        let seconds = *pick(
            &mut around.random,
            &[0, 0, -63_072_000, -3_600, -1, 1, 40, 3_600, 7_200, 63_072_000],
        );
        self.clock.off = Duration::from_seconds(seconds);
    }

    pub(crate) fn start(&mut self, around: &mut Surroundings, oracle: &mut Oracle) {
        // What was in memory alone is gone, and its numbers are not used again.
        oracle.lost_with_card.extend(std::mem::take(&mut self.memory));
        self.spool.fold(around, oracle);
        let (urgent, routine) = (around.fresh_stream(), around.fresh_stream());
        let held = self.spool.held();
        self.sender = Sender::new(held, self.spool.pinned.clone(), urgent.clone(), routine.clone());
        self.spool.open(&urgent, Class::Urgent);
        self.spool.open(&routine, Class::Routine);
        self.connected = false;
        around.now = around.now + Duration::from_milliseconds(1);
        self.started_at = around.wall();
        self.sync(around);
    }

    /// The same start takes up its own streams again, with a sender that remembers nothing.
    pub(crate) fn reload(&mut self, around: &mut Surroundings) {
        self.take_from_memory(around);
        let sender = &self.sender;
        let (urgent, routine) = (
            sender.current(Class::Urgent).clone(),
            sender.current(Class::Routine).clone(),
        );
        let pinned = self.spool.pinned.clone();
        self.sender = Sender::new(self.spool.held(), pinned, urgent, routine);
        self.connected = false;
    }

    pub(crate) fn sync(&mut self, around: &mut Surroundings) {
        if around.hostility.lying_disk && !around.healed && around.random.random_bool(0.7) {
            return;
        }
        if around.hostility.lying_disk {
            self.durable = self.spool.clone();
        }
    }

    pub(crate) fn lose_power(&mut self, around: &mut Surroundings, oracle: &mut Oracle) {
        if around.hostility.lying_disk {
            // Also what was given up since: the card does not even know any more that it was there.
            for stream in &self.spool.streams {
                let mut durable = self.durable.streams.iter();
                let really = durable.find(|durable| durable.name == stream.name);
                let last = really.map_or(0, |durable| durable.held.last);
                let lost = (last + 1..=stream.held.last).map(|seq| (stream.name.clone(), seq));
                oracle.lost_with_card.extend(lost);
                if really.is_none() {
                    oracle.gone.insert(stream.name.clone());
                }
            }
            // What a card gives back after power loss may include rows that were deleted: they are no longer given up.
            self.spool = self.durable.clone();
        }
        self.start(around, oracle);
    }

    pub(crate) fn replace_card(&mut self, around: &mut Surroundings, oracle: &mut Oracle) {
        oracle.lost_with_card.extend(self.spool.batches());
        for stream in std::mem::take(&mut self.spool).streams {
            let given_up = oracle.given_up.iter().filter(|(name, _)| *name == stream.name);
            oracle.lost_with_card.extend(given_up.cloned());
            oracle.gone.insert(stream.name);
        }
        self.durable = Card::default();
        self.connection = 0;
        self.start(around, oracle);
    }

    /// Somebody made a copy of the other one's card and put it into this host.
    pub(crate) fn take_copy_of(&mut self, other: &Self, around: &mut Surroundings, oracle: &mut Oracle) {
        oracle.lost_with_card.extend(self.spool.batches());
        self.spool = other.spool.clone();
        self.durable = self.spool.clone();
        self.connection = other.connection;
        self.start(around, oracle);
    }

    /// The disk takes again what it did not: under the same numbers.
    pub(crate) fn take_from_memory(&mut self, around: &mut Surroundings) {
        self.disk_is_full = false;
        for (name, seq) in std::mem::take(&mut self.memory) {
            if let Some(stream) = self.spool.stream(&name) {
                stream.rows.push_back(seq);
                stream.held.last = seq;
                stream.told = true;
            }
        }
        self.sync(around);
    }

    pub(crate) fn spool_batch(&mut self, class: Class, around: &mut Surroundings, oracle: &mut Oracle) {
        if self.disk_is_full && class == Class::Routine {
            // It waits in memory for the disk: not spooled, and nothing was promised.
            return;
        }
        let instants = (0..around.random.random_range(1..4))
            .map(|_| self.clock.stamp(around))
            .collect();
        while self.spool.rows() >= around.hostility.capacity && !self.disk_is_full {
            self.evict(around, oracle);
        }
        let name = self.sender.current(class).clone();
        let seq = self.sender.last(&name) + 1;
        oracle.readings.insert((name.clone(), seq), instants);
        if self.disk_is_full {
            self.memory.push((name.clone(), seq));
        } else {
            let stream = self.spool.stream(&name).unwrap();
            stream.rows.push_back(seq);
            stream.held.last = seq;
            self.sync(around);
        }
        oracle.spooled.push((name.clone(), seq));
        self.step(Event::Spooled { stream: &name, seq }, around, oracle);
    }

    /// As the agent's spool does it: the rows go and the loss is noted in one transaction, then the sender is told.
    pub(crate) fn evict(&mut self, around: &mut Surroundings, oracle: &mut Oracle) {
        let spool = &mut self.spool;
        let eviction = next_eviction(spool.streams.iter().map(|stream| &stream.held))
            .expect("a full spool has something to give up");
        let stream = spool.stream(&eviction.stream).unwrap();
        let from_seq = stream.held.first;
        while stream.rows.front().is_some_and(|row| *row <= eviction.through) {
            stream.rows.pop_front();
        }
        stream.held.first = eviction.through + 1;
        let gone = from_seq..=eviction.through;
        if !eviction.acknowledged {
            stream.held.lose(Lost {
                stream: eviction.stream.clone(),
                from_seq,
                to_seq: eviction.through,
                from: None,
                to: None,
                count: 1,
                why: FULL.to_owned(),
            });
            let given_up = gone.map(|seq| (eviction.stream.clone(), seq));
            oracle.given_up.extend(given_up);
        }
        self.sync(around);
        self.step(
            Event::Removed(Removal {
                stream: eviction.stream,
                through: eviction.through,
                from: None,
                to: None,
                count: u64::from(!eviction.acknowledged),
                why: FULL.to_owned(),
            }),
            around,
            oracle,
        );
    }

    pub(crate) fn step(&mut self, event: Event<'_>, around: &mut Surroundings, oracle: &mut Oracle) {
        let effects = self.sender.step(event, around.now);
        let mut written = false;
        for effect in effects {
            written |= !matches!(effect, Effect::PublishStatus | Effect::ForeignDatabase(_));
            match effect {
                Effect::PublishStatus => self.publish_status(around),
                Effect::OpenedRoutine(name) => self.spool.open(&name, Class::Routine),
                Effect::Pin(database) => self.spool.pinned = Some(database),
                Effect::Acknowledged { stream, through } | Effect::Withdrawn { stream, through } => {
                    self.acknowledge(&stream, through);
                }
                Effect::Closed(name) => {
                    self.spool.streams.retain(|stream| stream.name != name);
                    oracle.gone.insert(name);
                }
                Effect::ForeignDatabase(_) => {}
            }
        }
        if written {
            self.sync(around);
        }
    }

    /// The card holds what it holds; what is acknowledged need not come from memory to it any more.
    fn acknowledge(&mut self, name: &StreamId, through: u64) {
        let acknowledged = |batch: &Batch| batch.0 == *name && batch.1 <= through;
        // A restored collector may ask for it again: kept for as long as the card would keep it.
        let kept = !self.memory.iter().any(acknowledged);
        let stream = self.spool.stream(name).unwrap();
        if kept {
            stream.held.acknowledge(through);
        }
    }

    pub(crate) fn publish_status(&mut self, around: &mut Surroundings) {
        if !self.connected {
            return;
        }
        // On the card before it leaves.
        for name in self.sender.listed().keys() {
            if let Some(stream) = self.spool.stream(name) {
                stream.told = true;
            }
        }
        self.sync(around);
        let status = Status {
            state: AgentState::Online,
            connection: self.connection,
            version: String::new(),
            started_at: Some(self.started_at),
            spool: None,
            clock: ClockState::Free,
            streams: self.sender.listed(),
            sensors: vec![],
        };
        around.send(Message::Status(status));
    }

    pub(crate) fn connect(&mut self, around: &mut Surroundings, oracle: &mut Oracle) {
        self.connected = true;
        self.connection += 1;
        let fresh = around.fresh_stream();
        self.step(Event::Connected { fresh }, around, oracle);
        if let Some(ack) = around.retained_ack.clone() {
            around.put_on_the_way(Message::Ack(ack));
        }
    }

    pub(crate) fn disconnect(&mut self, around: &mut Surroundings, oracle: &mut Oracle) {
        self.connected = false;
        self.step(Event::Disconnected, around, oracle);
        // With the session goes what was under way.
        if around.random.random_bool(0.5) {
            around
                .network
                .retain(|_, message| matches!(message, Message::Ack(_)));
        }
    }

    pub(crate) fn transmit(&mut self, most: usize, around: &mut Surroundings) {
        for _ in 0..most {
            let Some(transmission) = self.sender.next(around.now) else {
                return;
            };
            let position = &transmission.envelope.position;
            let stream = self
                .spool
                .stream(&position.stream)
                .expect("only streams of the spool are sent");
            let in_memory = self.memory.contains(&(position.stream.clone(), position.seq));
            assert!(
                in_memory || stream.rows.contains(&position.seq),
                "only batches of the spool, or of what it does not take, are sent"
            );
            assert!(in_memory || stream.rows.front() == Some(&position.first));
            around.send(Message::Readings(transmission.envelope));
        }
    }
}
