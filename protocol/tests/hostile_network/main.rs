//! Both ends of the delivery streams against everything that can go wrong, 10,000 times: a network that drops, repeats
//! and reorders; agents that are killed, lose power, lie about their sync, run full or get a new card; a collector that is killed,
//! fails to commit, runs low on disk, is restored from a backup, is set up anew or meets a stranger on its ack topic; clocks that
//! run ahead and are set either way; disks that take nothing; a second host under the
//! agent's name, also one that runs on a copy of its card; numbers that nobody sends on purpose.
//!
//! After each run the network heals and must drain (no deadlock). Then every batch that was ever spooled is in the
//! journal once, or the journal has a gap over it, or it went with a card that lied or was thrown away (no silent loss). As many readings
//! stand in time as came, and of a second host nothing was acknowledged that is not stored.
//!
//! What it found wrong in earlier forms of the two ends, and what became of it:
//! - *The same 32 batches for ever.* After a power loss a lying card holds less of a stream than the collector has; an agent
//!   that ignores every `through` above what it sent since its start sends duplicates without end. Streams of an earlier
//!   start count as sent up to their last batch, and a `through` above that counts as that.
//! - *Acknowledging without end.* A collector that acknowledges after every commit, also one without anything of the
//!   agent, never falls silent.
//! - *A loss that nobody tells.* A stream whose last batches were given up has no next batch to say so, nor has one
//!   that is empty when the collector is restored. Notices of loss travel with batches of other streams and stand in the status, and emptied streams stay
//!   listed.
//! - *A loss that did not happen.* A collector that takes a live stream for one of an earlier start, because the status that
//!   listed it was lost or a retained one is older than the batches, calls its newest batches broken off. A stream's
//!   start is taken from a status alone, and judged only by a status of another start.

//! - *The wrong one of two.* Statuses that are long under way look like a second host that alternates with the first. Only an earlier start that
//!   comes back from ever new connections is one, and one of two that is silent for long has gone, whichever it is.

#![expect(clippy::unwrap_used, reason = "in a test whatever is missing is a failure")]

mod agent;
mod card;
mod collector;
mod folding;
mod oracle;
mod surroundings;

use plenum_protocol::payload::{Ack, Status};
use plenum_protocol::streams::{Class, DatabaseId, Envelope, Event, Position, StreamId};
use plenum_protocol::{Duration, Steady, Timestamp};
use rand::Rng;

use agent::Agent;
use collector::Collector;
use oracle::Oracle;
use surroundings::{Message, Surroundings, pick};

/// `RUNS=100000` for a night's worth.
const RUNS: u64 = 10_000;
const ACTIONS: usize = 160;

/// A batch: one is as good as a thousand readings here.
type Batch = (StreamId, u64);

struct World {
    around: Surroundings,
    agent: Agent,
    /// A second host under the agent's name.
    twin: Option<Agent>,
    collector: Collector,
    oracle: Oracle,
}

impl World {
    fn new(seed: u64) -> Self {
        let mut around = Surroundings::new(seed);
        let mut oracle = Oracle::default();
        let agent = Agent::new(0, &mut around, &mut oracle);
        let twin = around
            .hostility
            .twin
            .then(|| Agent::new(2, &mut around, &mut oracle));
        Self {
            agent,
            twin,
            collector: Collector::new(),
            oracle,
            around,
        }
    }

    fn deliver_until(&mut self, instant: Steady) {
        while let Some(message) = self.around.arrival(instant) {
            match message {
                Message::Readings(envelope) => self.collector.intake(&envelope, &self.around, &self.oracle),
                Message::Status(status) => self.collector.hear(&status, &self.around),
                Message::Ack(ack) => {
                    let Collector {
                        receiver,
                        database,
                        follows,
                        ..
                    } = &mut self.collector;
                    receiver.heard(&ack, database, follows);
                    if self.agent.connected {
                        self.tell_agent(Event::Acknowledged(&ack));
                    }
                    if let Some(twin) = self.twin.as_mut().filter(|twin| twin.connected) {
                        twin.step(Event::Acknowledged(&ack), &mut self.around, &mut self.oracle);
                    }
                }
            }
            self.collector.acknowledge(&mut self.around);
        }
        self.around.now = instant;
        self.collector.starts.are_two(instant);
    }

    fn tell_agent(&mut self, event: Event<'_>) {
        self.agent.step(event, &mut self.around, &mut self.oracle);
    }

    fn stranger_speaks(&mut self) {
        let listed = self.agent.sender.listed();
        let ack = Ack {
            database: "stranger".parse().unwrap(),
            follows: vec![],
            streams: listed.into_keys().map(|name| (name, u64::MAX)).collect(),
        };
        if self.agent.sender.pinned().is_some() {
            self.around.put_on_the_way(Message::Ack(ack));
        }
    }

    /// The second host does what a host does; connecting, it takes the first one's place at the broker.
    fn act_as_twin(&mut self) {
        let (Some(twin), around, oracle) = (&mut self.twin, &mut self.around, &mut self.oracle) else {
            return;
        };
        let spooled = oracle.spooled.len();
        oracle.twin_at_work = true;
        match around.random.random_range(0..4) {
            _ if around.hostility.cloned && around.random.random_bool(0.05) => {
                twin.take_copy_of(&self.agent, around, oracle);
            }
            0 => twin.spool_batch(Class::Routine, around, oracle),
            1 => twin.spool_batch(Class::Urgent, around, oracle),
            2 => {
                self.agent.disconnect(around, oracle);
                twin.connect(around, oracle);
            }
            _ => twin.transmit(20, around),
        }
        oracle.twin_at_work = false;
        let new: Vec<Batch> = oracle.spooled[spooled..].to_vec();
        oracle.of_the_twin.extend(new);
    }

    /// What nobody sends on purpose does not come through the door.
    fn hostile_number(&mut self) {
        let number = *pick(
            &mut self.around.random,
            &[
                "-1",
                "9007199254740993",
                "9223372036854775808",
                "18446744073709551615",
            ],
        );
        let properties = [("stream", "x"), ("seq", number), ("first", "1"), ("last", number)];
        assert!(Envelope::from_properties(properties).is_err());
        let status = format!(r#"{{"state":"online","streams":{{"x":{{"first":1,"last":{number}}}}}}}"#);
        assert!(Status::from_json(status.as_bytes()).is_err());
        // The largest that does is somebody's, and costs nobody else anything.
        let most = plenum_protocol::count::MOST;
        let stream = self.around.fresh_stream();
        self.around.now = self.around.now + Duration::from_milliseconds(10);
        // At milliseconds of its own, as every host's sensors.
        let at = Timestamp::from_milliseconds(self.around.now.milliseconds() / 4 * 4 + 3);
        let position = Position {
            stream: stream.clone(),
            seq: most,
            first: most,
            last: most,
        };
        let envelope = Envelope {
            position,
            class: Class::Routine,
            lost: vec![],
        };
        self.oracle.readings.insert((stream, most), vec![at]);
        self.around.put_on_the_way(Message::Readings(envelope));
    }

    /// One of the things that can happen.
    fn act(&mut self) {
        if self.twin.is_some() && self.around.random.random_bool(0.3) {
            return self.act_as_twin();
        }
        let Self {
            around,
            agent,
            collector,
            oracle,
            ..
        } = self;
        match around.random.random_range(0..103) {
            0..24 => agent.spool_batch(Class::Routine, around, oracle),
            24..28 => {
                for _ in 0..around.random.random_range(20..50) {
                    agent.spool_batch(Class::Routine, around, oracle);
                }
            }
            28..34 => agent.spool_batch(Class::Urgent, around, oracle),
            34..50 => {
                let most = around.random.random_range(1..80);
                agent.transmit(most, around);
            }
            50..66 => {
                let most = *pick(&mut around.random, &[20, 500, 3_000, 70_000]);
                let step = around.random.random_range(0..most);
                let until = around.now + Duration::from_milliseconds(step);
                self.deliver_until(until);
                self.tell_agent(Event::Tick);
                self.collector.acknowledge(&mut self.around);
            }
            66..74 => collector.begin_commit(),
            74..82 => collector.end_commit(around),
            82..83 => collector.fail_commit(),
            83..88 => {
                if let Some(twin) = self.twin.as_mut().filter(|twin| twin.connected) {
                    twin.disconnect(around, oracle);
                }
                agent.connect(around, oracle);
            }
            100 if around.hostility.wrong_clock => agent.set_clock(around),
            101 if around.hostility.full_disk => match agent.disk_is_full {
                true => agent.take_from_memory(around),
                false => agent.disk_is_full = true,
            },
            102 if around.random.random_bool(0.2) => self.hostile_number(),
            88..90 => agent.disconnect(around, oracle),
            90 if around.random.random_bool(0.3) => agent.reload(around),
            90 => agent.start(around, oracle),
            91..92 => agent.lose_power(around, oracle),
            92..94 => collector.restart(around),
            94 => collector.low_on_disk = !collector.low_on_disk,
            95 if around.hostility.restores => collector.back_up(),
            96 if around.hostility.restores => collector.restore(around, oracle),
            96 if around.hostility.new_collectors && around.random.random_bool(0.3) => {
                collector.set_up_anew(around, oracle);
            }
            97 if around.hostility.new_cards && around.random.random_bool(0.3) => {
                agent.replace_card(around, oracle);
            }
            98 => self.stranger_speaks(),
            99 if around.random.random_bool(0.1) => {
                around.now = around.now + Duration::from_hours(49);
                self.tell_agent(Event::Tick);
            }
            _ => {}
        }
    }

    /// All is well again: everything must arrive by itself.
    fn heal(&mut self) {
        self.twin.iter_mut().for_each(|twin| twin.connected = false);
        let Self {
            around,
            agent,
            collector,
            oracle,
            ..
        } = self;
        around.healed = true;
        agent.take_from_memory(around);
        collector.low_on_disk = false;
        collector.receiver.resolve_foreign(around.now);
        collector.fail_commit();
        collector.restart(around);
        // The stranger is gone. An agent that lost its pin to it waits for a person.
        let stranger =
            |message: &Message| matches!(message, Message::Ack(ack) if ack.database.as_str() == "stranger");
        around.network.retain(|_, message| !stranger(message));
        // So is a collector that was set up anew since.
        let followed =
            |database: &DatabaseId| *database == collector.database || collector.follows.contains(database);
        around
            .network
            .retain(|_, message| !matches!(message, Message::Ack(ack) if !followed(&ack.database)));
        let known = |pinned: &DatabaseId| *pinned == collector.database || collector.follows.contains(pinned);
        if agent.sender.pinned().is_some_and(|pinned| !known(pinned)) {
            agent.step(Event::Join, around, oracle);
        }
        // A batch after the losses, to tell of them.
        agent.spool_batch(Class::Routine, around, oracle);
        agent.connect(around, oracle);
        let deadline = around.now + Duration::from_minutes(30);
        while self.around.now < deadline {
            if self.drains() {
                return;
            }
        }
        panic!(
            "deadlock: {:?}: {} batches do not drain: {:?}",
            self.around.hostility,
            self.agent.sender.unsent(),
            self.agent.sender
        );
    }

    /// A turn of a world in which all is well. Returns whether nothing is left to do.
    fn drains(&mut self) -> bool {
        self.agent.transmit(64, &mut self.around);
        let now = self.around.now;
        let wakeup = self.agent.sender.next_wakeup().unwrap_or(Steady::MAX);
        let step = wakeup.min(now + Duration::from_milliseconds(200));
        self.deliver_until(step.max(now + Duration::from_milliseconds(10)));
        self.tell_agent(Event::Tick);
        self.collector.begin_commit();
        self.collector.end_commit(&mut self.around);
        self.collector.acknowledge(&mut self.around);
        if self.collector.receiver.foreign().is_some() {
            self.collector.receiver.resolve_foreign(self.around.now);
            return false;
        }
        self.agent.sender.unsent() == 0 && self.around.network.is_empty()
    }
}

fn run(seed: u64) {
    let mut world = World::new(seed);
    for _ in 0..ACTIONS {
        world.act();
    }
    world.heal();
    world.oracle.check(&world.around, &world.agent, &world.collector);
    if let Some(twin) = &world.twin {
        world.oracle.check_twin(twin, &world.collector);
    }
}

#[test]
fn nothing_is_lost_in_silence_and_nothing_is_stored_twice() {
    let only: Option<u64> = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok());
    let workers = std::thread::available_parallelism().map_or(2, usize::from) as u64;
    let runs = std::env::var("RUNS")
        .ok()
        .and_then(|runs| runs.parse().ok())
        .unwrap_or(RUNS);
    let seeds = only.map_or(0..runs, |seed| seed..seed + 1);
    let mut failed: Vec<u64> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..workers)
            .map(|worker| {
                let seeds = seeds.clone().filter(move |seed| seed % workers == worker);
                scope.spawn(move || {
                    // Ten of each worker's are enough to work on.
                    seeds
                        .filter(|seed| std::panic::catch_unwind(|| run(*seed)).is_err())
                        .take(10)
                        .collect()
                })
            })
            .collect();
        workers
            .into_iter()
            .flat_map(|worker| worker.join().unwrap_or_else(|_| Vec::<u64>::new()))
            .collect()
    });
    failed.sort_unstable();
    let shown = &failed[..failed.len().min(10)];
    assert!(
        failed.is_empty(),
        "{} runs failed; again with SEED=n for n in {shown:?}",
        failed.len()
    );
}
