//! The agent's shell: the sender over a card, as `plenum-agent` has it over its spool.

use plenum_protocol::payload::{AgentState, ClockState, Status};
use plenum_protocol::streams::{Class, Effect, Event, Lost, Removal, Sender, StreamId, next_eviction};
use plenum_protocol::{Duration, Timestamp};
use rand::Rng;

use crate::card::Card;
use crate::oracle::Oracle;
use crate::surroundings::{Message, Surroundings};

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
}

/// The wall clock, which is never wrong here.
fn wall(around: &Surroundings) -> Timestamp {
    Timestamp::from_milliseconds(around.now.milliseconds())
}

impl Agent {
    pub(crate) fn new(around: &mut Surroundings) -> Self {
        let placeholder = Sender::new(vec![], None, StreamId::from_random(0), StreamId::from_random(1));
        let mut agent = Self {
            spool: Card::default(),
            durable: Card::default(),
            sender: placeholder,
            connected: false,
            connection: 0,
            started_at: wall(around),
        };
        agent.start(around);
        agent
    }

    pub(crate) fn start(&mut self, around: &mut Surroundings) {
        let (urgent, routine) = (around.fresh_stream(), around.fresh_stream());
        let held = self.spool.held();
        self.sender = Sender::new(held, self.spool.pinned.clone(), urgent.clone(), routine.clone());
        self.spool.open(&urgent, Class::Urgent);
        self.spool.open(&routine, Class::Routine);
        self.connected = false;
        around.now = around.now + Duration::from_milliseconds(1);
        self.started_at = wall(around);
        self.sync(around);
    }

    /// The same start takes up its own streams again, with a sender that remembers nothing.
    pub(crate) fn reload(&mut self) {
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
        self.start(around);
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
        self.start(around);
    }

    pub(crate) fn spool_batch(&mut self, class: Class, around: &mut Surroundings, oracle: &mut Oracle) {
        while self.spool.rows() >= around.hostility.capacity {
            self.evict(around, oracle);
        }
        let name = self.sender.current(class).clone();
        let seq = self.sender.last(&name) + 1;
        let stream = self.spool.stream(&name).unwrap();
        stream.rows.push_back(seq);
        stream.held.last = seq;
        self.sync(around);
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
                    self.spool.stream(&stream).unwrap().held.acknowledge(through);
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

    pub(crate) fn publish_status(&mut self, around: &mut Surroundings) {
        if !self.connected {
            return;
        }
        let status = Status {
            state: AgentState::Online,
            connection: self.connection,
            version: String::new(),
            started_at: Some(self.started_at),
            clock: ClockState::Free,
            spool: None,
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
            assert!(
                stream.rows.contains(&position.seq),
                "only batches of the spool are sent"
            );
            assert_eq!(stream.rows.front(), Some(&position.first));
            around.send(Message::Readings(transmission.envelope));
        }
    }
}
