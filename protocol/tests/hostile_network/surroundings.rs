//! What surrounds both ends: chance, time, hostility and the network with what its broker retains.

use std::collections::BTreeMap;

use plenum_protocol::payload::{Ack, Status};
use plenum_protocol::streams::{DatabaseId, Envelope, StreamId};
use plenum_protocol::{Duration, Steady, Timestamp};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

/// What a run has to put up with.
#[derive(Debug, Clone)]
pub(crate) struct Hostility {
    pub(crate) drop: f64,
    pub(crate) duplicate: f64,
    pub(crate) reorder: bool,
    pub(crate) lying_disk: bool,
    pub(crate) new_cards: bool,
    pub(crate) restores: bool,
    /// The collector is set up anew now and then.
    pub(crate) new_collectors: bool,
    /// The agent's clock is set, either way, and runs ahead.
    pub(crate) wrong_clock: bool,
    /// The agent's disk takes nothing now and then.
    pub(crate) full_disk: bool,
    /// There is a second host under the agent's name.
    pub(crate) twin: bool,
    /// Its card is a copy of the first one's now and then.
    pub(crate) cloned: bool,
    pub(crate) capacity: usize,
}

impl Hostility {
    fn draw(random: &mut SmallRng) -> Self {
        Self {
            drop: *pick(random, &[0.0, 0.02, 0.3]),
            duplicate: *pick(random, &[0.0, 0.2]),
            reorder: random.random_bool(0.5),
            lying_disk: random.random_bool(0.3),
            new_cards: random.random_bool(0.2),
            restores: random.random_bool(0.4),
            new_collectors: random.random_bool(0.15),
            wrong_clock: random.random_bool(0.5),
            full_disk: random.random_bool(0.3),
            twin: random.random_bool(0.15),
            cloned: random.random_bool(0.5),
            capacity: *pick(random, &[6, 40, 400]),
        }
    }

    /// Nothing happens that could make a true gap look different from what was given up.
    pub(crate) fn is_orderly(&self) -> bool {
        !self.reorder
            && self.duplicate == 0.0
            && !self.lying_disk
            && !self.new_cards
            && !self.restores
            && !self.new_collectors
            && !self.full_disk
            && !self.twin
    }
}

pub(crate) fn pick<'a, T>(random: &mut SmallRng, choices: &'a [T]) -> &'a T {
    &choices[random.random_range(0..choices.len())]
}

/// What the network carries.
#[derive(Debug, Clone)]
pub(crate) enum Message {
    Readings(Envelope),
    Status(Status),
    Ack(Ack),
}

/// Everything that is neither end.
pub(crate) struct Surroundings {
    pub(crate) random: SmallRng,
    pub(crate) hostility: Hostility,
    pub(crate) healed: bool,
    pub(crate) now: Steady,
    names: u64,
    /// By instant of delivery.
    pub(crate) network: BTreeMap<(Steady, u64), Message>,
    messages: u64,
    pub(crate) retained_status: Option<Status>,
    pub(crate) retained_ack: Option<Ack>,
}

impl Surroundings {
    pub(crate) fn new(seed: u64) -> Self {
        let mut random = SmallRng::seed_from_u64(seed);
        let hostility = Hostility::draw(&mut random);
        Self {
            random,
            hostility,
            healed: false,
            now: Steady::from_milliseconds(1_000_000_000_000),
            names: 1,
            network: BTreeMap::new(),
            messages: 0,
            retained_status: None,
            retained_ack: None,
        }
    }

    pub(crate) fn fresh_stream(&mut self) -> StreamId {
        self.names += 1;
        // Random, so that the order of names is not the order of age.
        StreamId::from_random(self.names.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    pub(crate) fn fresh_database(&mut self) -> DatabaseId {
        self.names += 1;
        format!("database-{}", self.names).parse().unwrap()
    }

    /// The collector's wall clock, which is never wrong here.
    pub(crate) fn wall(&self) -> Timestamp {
        Timestamp::from_milliseconds(self.now.milliseconds())
    }

    pub(crate) fn send(&mut self, message: Message) {
        match &message {
            Message::Status(status) => self.retained_status = Some(status.clone()),
            Message::Ack(ack) => self.retained_ack = Some(ack.clone()),
            Message::Readings(_) => {}
        }
        let (drop, duplicate) = (self.hostility.drop, self.hostility.duplicate);
        if !self.healed && self.random.random_bool(drop) {
            return;
        }
        if !self.healed && self.random.random_bool(duplicate) {
            self.put_on_the_way(message.clone());
        }
        self.put_on_the_way(message);
    }

    pub(crate) fn put_on_the_way(&mut self, message: Message) {
        let delay = if self.hostility.reorder && !self.healed {
            self.random.random_range(0..5_000)
        } else {
            10
        };
        self.messages += 1;
        let at = self.now + Duration::from_milliseconds(delay);
        self.network.insert((at, self.messages), message);
    }

    /// The next message that arrives until then, at its instant.
    pub(crate) fn arrival(&mut self, until: Steady) -> Option<Message> {
        let entry = self.network.first_entry()?;
        if entry.key().0 > until {
            return None;
        }
        let ((at, _), message) = entry.remove_entry();
        self.now = self.now.max(at);
        Some(message)
    }
}
