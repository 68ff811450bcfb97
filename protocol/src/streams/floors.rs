//! Where an agent's readings stand in time: none is from the future, and no two of a series are at one instant.
//!
//! | a batch | its readings |
//! |---|---|
//! | whose newest is more than 30 s ahead of its receipt | are moved as a whole: the newest to the receipt, distances kept, each above its series' floor |
//! | of the stream that was moved last, or sent relative to its sending, less than 30 s below the floor | stand right above it: they were read later, whatever two clocks say |
//! | any other | keep their instants, but for one that a moved reading of the series already has |
//!
//! The floor of a series is its newest instant. An edge so never stands before the state that it ended, and as many readings are stored as came.

use std::collections::{BTreeSet, HashMap};

use super::StreamId;
use crate::{Channel, Duration, Reading, Timestamp};

/// How far ahead of its receipt a reading may be.
pub const AHEAD: Duration = Duration::from_seconds(30);
/// Instants that were given to readings of a series, and those of late ones, that are remembered: nobody else gets them.
const GIVEN: usize = 1_024;
const TICK: Duration = Duration::from_milliseconds(1);

/// The series of one agent.
#[derive(Debug, Default)]
pub struct Floors {
    of_channels: HashMap<Channel, Floor>,
    /// The newest instant of before this run, of whatever series: what is moved stands above it.
    least: Option<Timestamp>,
}

#[derive(Debug)]
struct Floor {
    at: Timestamp,
    /// The stream whose reading made it, if that did not stand at an instant of its own clock.
    given_by: Option<StreamId>,
    given: BTreeSet<Timestamp>,
    /// The reading that made it was not lost with a failed group.
    sure: bool,
}

/// A batch as it is to be stored.
#[derive(Debug, Default)]
pub struct Placed {
    /// Its readings, in their order, each with the instant that it claimed if that is another.
    pub readings: Vec<(Reading, Option<Timestamp>)>,
    /// It was more than 30 s ahead of its receipt.
    pub ahead: bool,
    /// Readings of series beyond the most that an agent may have.
    pub beyond: Vec<Reading>,
}

/// What a batch comes with.
#[derive(Debug, Clone, Copy)]
pub struct Circumstances<'a> {
    /// When it was received.
    pub receipt: Timestamp,
    /// Its stream; a foreign publisher has none, and may repeat itself.
    pub stream: Option<&'a StreamId>,
    /// Its instants were sent relative to their sending.
    pub relative: bool,
    /// Series that its agent may have.
    pub most: usize,
}

impl Floors {
    /// Begins anew; `least`: the newest instant that is stored of the agent.
    pub fn new(least: Option<Timestamp>) -> Self {
        Self {
            of_channels: HashMap::new(),
            least,
        }
    }

    /// Our own clock was set, to `now`: a floor in a future that was wrong holds nobody up.
    pub fn clock_was_set(&mut self, now: Timestamp) {
        self.least = self.least.map(|least| least.min(now));
        for floor in self
            .of_channels
            .values_mut()
            .filter(|floor| floor.at > now + AHEAD)
        {
            floor.at = now;
            floor.given_by = None;
            floor.sure = false;
        }
    }

    /// A group failed: what was placed last may come again, and is then no other reading.
    pub fn unsettle(&mut self) {
        for floor in self.of_channels.values_mut() {
            floor.sure = false;
            floor.given_by = None;
            floor.given.clear();
        }
    }

    /// Gives each reading of a batch its instant.
    pub fn place(&mut self, readings: Vec<Reading>, circumstances: Circumstances<'_>) -> Placed {
        let Circumstances { receipt, stream, .. } = circumstances;
        let newest = readings.iter().map(|reading| reading.at).max().unwrap_or(receipt);
        let by = (newest > receipt + AHEAD).then(|| receipt.since(newest));
        let mut placed = Placed {
            ahead: by.is_some(),
            readings: Vec::with_capacity(readings.len()),
            beyond: Vec::new(),
        };
        // After our own clock was set back the newest of before may be far in its future, and says nothing.
        let least = self.least.filter(|least| *least <= receipt + AHEAD);
        for mut reading in readings {
            let Some(floor) = self.of(&reading.channel, circumstances.most) else {
                placed.beyond.push(reading);
                continue;
            };
            let at = match by {
                Some(by) => floor.moved(reading.at + by, least, stream),
                None if circumstances.relative => floor.relative(reading.at, stream),
                None => floor.own(reading.at, stream),
            };
            let claimed = (at != reading.at).then_some(reading.at);
            reading.at = at;
            placed.readings.push((reading, claimed));
        }
        placed
    }

    fn of(&mut self, channel: &Channel, most: usize) -> Option<&mut Floor> {
        if !self.of_channels.contains_key(channel) {
            if self.of_channels.len() >= most {
                return None;
            }
            self.of_channels
                .insert(channel.clone(), Floor::at(Timestamp::MIN));
        }
        self.of_channels.get_mut(channel)
    }
}

impl Floor {
    fn at(at: Timestamp) -> Self {
        Self {
            at,
            given_by: None,
            given: BTreeSet::new(),
            sure: true,
        }
    }

    fn moved(&mut self, at: Timestamp, least: Option<Timestamp>, stream: Option<&StreamId>) -> Timestamp {
        let floor = least.filter(|_| self.at == Timestamp::MIN).unwrap_or(self.at);
        self.give(at.max(floor + TICK), stream)
    }

    /// Instants relative to a sending tremble with the network: of one stream they are in order all the same.
    fn relative(&mut self, at: Timestamp, stream: Option<&StreamId>) -> Timestamp {
        let follows = stream.is_some() && self.given_by.as_ref() == stream && self.at.since(at) < AHEAD;
        if at > self.at {
            self.at = at;
            self.given_by = stream.cloned();
            self.sure = true;
            return at;
        }
        if follows {
            return self.give(self.at + TICK, stream);
        }
        self.beside(at, stream)
    }

    fn own(&mut self, at: Timestamp, stream: Option<&StreamId>) -> Timestamp {
        if at > self.at {
            self.at = at;
            self.given_by = None;
            self.sure = true;
            return at;
        }
        // Of an agent's streams nothing comes twice: the same instant again is another reading.
        let again = at == self.at && stream.is_some() && self.sure;
        let follows = stream.is_some() && self.given_by.as_ref() == stream && self.at.since(at) < AHEAD;
        if follows || again {
            return self.give(self.at + TICK, stream);
        }
        self.beside(at, stream)
    }

    /// A late reading keeps its instant, but for one that another has.
    fn beside(&mut self, mut at: Timestamp, stream: Option<&StreamId>) -> Timestamp {
        if stream.is_some() {
            at = self.free_from(at);
            self.remember(at);
        }
        at
    }

    fn give(&mut self, mut at: Timestamp, stream: Option<&StreamId>) -> Timestamp {
        at = self.free_from(at);
        self.remember(at);
        self.at = self.at.max(at);
        self.given_by = stream.cloned();
        at
    }

    /// The first instant from here on that nobody has.
    fn free_from(&self, mut at: Timestamp) -> Timestamp {
        for taken in self.given.range(at..) {
            if *taken != at {
                break;
            }
            at = at + TICK;
        }
        at
    }

    fn remember(&mut self, at: Timestamp) {
        if self.given.len() >= GIVEN {
            self.given.pop_first();
        }
        self.given.insert(at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_700_000_000_000;

    fn reading(at: i64, value: f64) -> Reading {
        Reading::new(
            "hall/smoke".parse().unwrap(),
            Timestamp::from_milliseconds(at),
            Ok(value),
        )
    }

    fn circumstances(receipt: i64, stream: &StreamId) -> Circumstances<'_> {
        Circumstances {
            receipt: Timestamp::from_milliseconds(receipt),
            stream: Some(stream),
            relative: false,
            most: 2_000,
        }
    }

    fn instants(placed: &Placed) -> Vec<i64> {
        placed
            .readings
            .iter()
            .map(|(reading, _)| reading.at.milliseconds() - NOW)
            .collect()
    }

    #[test]
    fn a_burst_from_the_future_keeps_every_reading() {
        let (stream, mut floors) = (StreamId::from_random(1), Floors::default());
        let hours = 3 * 3_600_000;
        let mut all = Vec::new();
        for batch in 0..20 {
            let readings = (0..30)
                .map(|at| reading(NOW + hours + batch * 30_000 + at * 1_000, 0.0))
                .collect();
            let placed = floors.place(readings, circumstances(NOW, &stream));
            assert!(placed.ahead && placed.readings.iter().all(|reading| reading.1.is_some()));
            all.extend(instants(&placed));
        }
        assert_eq!(&all[..3], &[-29_000, -28_000, -27_000]);
        assert!(all.is_sorted_by(|one, other| one < other), "{all:?}");
        assert_eq!(all.len(), 600);
        assert_eq!(*all.last().unwrap(), 570);
        // The clock is right again, a little behind ours: it goes on above.
        let placed = floors.place(vec![reading(NOW - 2_000, 1.0)], circumstances(NOW + 10, &stream));
        assert!(!placed.ahead);
        assert_eq!(instants(&placed), [571]);
    }

    #[test]
    fn an_edge_stands_above_what_it_ends() {
        let (stream, mut floors) = (StreamId::from_random(1), Floors::default());
        let hour = 3_600_000;
        let before = floors.place(vec![reading(NOW + hour, 0.0)], circumstances(NOW, &stream));
        let edge = floors.place(vec![reading(NOW + hour + 300, 1.0)], circumstances(NOW, &stream));
        assert_eq!((instants(&before), instants(&edge)), (vec![0], vec![1]));
    }

    #[test]
    fn what_is_late_keeps_its_instant_and_meets_nobody() {
        let (old, new, mut floors) = (
            StreamId::from_random(1),
            StreamId::from_random(2),
            Floors::default(),
        );
        floors.place(vec![reading(NOW + 7_200_000, 0.0)], circumstances(NOW, &new));
        let late = floors.place(
            vec![reading(NOW - 600_000, 1.0), reading(NOW, 1.0)],
            circumstances(NOW, &old),
        );
        assert_eq!(instants(&late), [-600_000, 1]);
    }

    #[test]
    fn a_foreign_publisher_may_repeat_itself_and_an_agent_does_not() {
        let (stream, mut floors) = (StreamId::from_random(1), Floors::default());
        let foreign = Circumstances {
            stream: None,
            ..circumstances(NOW, &stream)
        };
        for _ in 0..2 {
            assert_eq!(instants(&floors.place(vec![reading(NOW, 0.0)], foreign)), [0]);
        }
        assert_eq!(
            instants(&floors.place(vec![reading(NOW, 0.0)], circumstances(NOW, &stream))),
            [1]
        );
    }

    #[test]
    fn more_series_than_an_agent_may_have_are_handed_back() {
        let (stream, mut floors) = (StreamId::from_random(1), Floors::default());
        let few = Circumstances {
            most: 1,
            ..circumstances(NOW, &stream)
        };
        let other = Reading::new(
            "b/smoke".parse().unwrap(),
            Timestamp::from_milliseconds(NOW),
            Ok(0.0),
        );
        let placed = floors.place(vec![reading(NOW, 0.0), other], few);
        assert_eq!(
            (
                placed.readings.len(),
                placed.beyond.len(),
                floors.of_channels.len()
            ),
            (1, 1, 1)
        );
    }

    #[test]
    fn a_floor_of_a_clock_that_was_set_back_holds_nobody_up() {
        let (stream, mut floors) = (StreamId::from_random(1), Floors::default());
        floors.place(
            vec![reading(NOW + 3_600_000, 0.0)],
            circumstances(NOW + 3_600_000, &stream),
        );
        let back = floors.place(vec![reading(NOW, 1.0)], circumstances(NOW, &stream));
        assert_eq!(instants(&back), [0]);
    }

    #[test]
    fn whatever_the_clocks_say_as_many_come_out_as_went_in() {
        use rand::{Rng, SeedableRng};
        for seed in 0..300 {
            let mut random = rand::rngs::StdRng::seed_from_u64(seed);
            let streams: Vec<StreamId> = (0..3).map(StreamId::from_random).collect();
            let mut floors = Floors::default();
            let (mut receipt, mut off, mut stored, mut sent) = (NOW, 0, BTreeSet::new(), 0);
            let mut read: [i64; 3] = [NOW; 3];
            for _ in 0..200 {
                receipt += random.random_range(0..3_000);
                if random.random_bool(0.1) {
                    off = *[0, 0, 3_600_000, 7_200_000, 63_072_000_000]
                        .get(random.random_range(0..5))
                        .unwrap();
                }
                let lane = random.random_range(0..3);
                let stream = &streams[lane];
                let count = random.random_range(1..40);
                let batch: Vec<Reading> = (0..count)
                    .map(|_| {
                        // Each lane has its own milliseconds: an agent gives no instant twice.
                        read[lane] += 3 * random.random_range(1..500);
                        reading(read[lane] / 3 * 3 + lane as i64 + off, 0.0)
                    })
                    .collect();
                sent += batch.len();
                let placed = floors.place(batch, circumstances(receipt, stream));
                stored.extend(instants(&placed));
                for at in instants(&placed) {
                    assert!(
                        at + NOW <= receipt + 60_000 + 200 * 40,
                        "seed {seed}: from the future"
                    );
                }
            }
            // Instants that its clock goes through twice are the agent's to keep apart (its sampler does).
            assert_eq!(stored.len(), sent, "seed {seed}");
        }
    }
}
