//! A story of two agents that is told to a live engine: sensors that fail, fall silent and come back, agents that go and come, readings that are lost,
//! and restarts; with what is kept of it afterwards.

use super::rules::SITE;
use super::*;
use crate::alarms::forecast::trial::Random;
use crate::alarms::{Effect, Engine, State, Subject};
use crate::availability::Source;
use crate::expectation::{self, Expectation};
use crate::fact::{Batch, Entry, ExpectedSensor, Gap, Item, Presence, StoredReading};
use plenum_protocol::{AgentName, Channel, Duration, Fault, Quantity};

/// Agent, sensor, quantity, seconds from one reading to the next.
const SENSORS: [(&str, &str, Quantity, i64); 12] = [
    ("a", "inlet-0", Quantity::Temperature, 10),
    ("a", "inlet-0", Quantity::Humidity, 10),
    ("a", "inlet-1", Quantity::Temperature, 60),
    ("a", "inlet-2", Quantity::Temperature, 20),
    ("a", "ups", Quantity::UpsOnBattery, 10),
    ("a", "ups", Quantity::UpsOnLine, 10),
    ("a", "ups", Quantity::BatteryRuntime, 10),
    ("a", "ups", Quantity::BatteryTemperature, 10),
    ("b", "leak", Quantity::Water, 20),
    ("b", "outlet", Quantity::Temperature, 30),
    // An agent from which nothing at all comes holds its deadlines back for a minute, which nobody knows of the past: each has one that never fails.
    ("a", "steady-a", Quantity::Power, 10),
    ("b", "steady-b", Quantity::Power, 10),
];
const AGENTS: [&str; 2] = ["a", "b"];
pub(super) const START: i64 = 1_700_000_000;
pub(super) const LENGTH: i64 = 2_000;

fn agent(name: &str) -> AgentName {
    AgentName::new("s".parse().unwrap(), name.parse().unwrap())
}

fn channel(number: usize) -> Channel {
    let (_, sensor, quantity, _) = SENSORS[number];
    Channel {
        sensor: sensor.parse().unwrap(),
        quantity,
    }
}

/// What a sensor measures: a level that holds for a while and is then another, silence and faults.
struct Sensor {
    level: f64,
    until: i64,
    mode: u8,
}

impl Sensor {
    fn read(&mut self, quantity: Quantity, now: i64, random: &mut Random) -> Option<Outcome> {
        if now >= self.until {
            self.until = now + random.within(20.0, 400.0) as i64;
            self.mode = match random.within(0.0, 1.0) {
                _ if quantity == Quantity::Power => 0,
                chance if chance < 0.12 => 1,
                chance if chance < 0.24 => 2,
                _ => 0,
            };
            self.level = match quantity {
                Quantity::Humidity => random.within(20.0, 90.0),
                Quantity::BatteryRuntime => random.within(100.0, 1_500.0),
                Quantity::Temperature | Quantity::BatteryTemperature => random.within(19.0, 30.0),
                _ => f64::from(u8::from(random.within(0.0, 1.0) < 0.4)),
            };
        }
        let wobbles = matches!(quantity, Quantity::Temperature | Quantity::BatteryTemperature);
        let noise = if wobbles { random.within(-0.6, 0.6) } else { 0.0 };
        match self.mode {
            1 => None,
            2 => Some(Err(Fault::Timeout)),
            _ => Some(Ok(self.level + noise)),
        }
    }
}

/// An agent's way to the collector.
#[derive(Default)]
struct Way {
    away_since: Option<i64>,
    back_at: i64,
    /// It is away because it is switched off: it measures nothing.
    is_off: bool,
    kept: Vec<StoredReading>,
}

struct Live {
    engine: Engine,
    site: Arc<Site>,
    number: u64,
    raised: Told,
}

impl Live {
    fn new() -> Self {
        let site = site(SITE);
        let mut engine = Engine::new(site.clone());
        engine.reached_end(second(START));
        Self {
            engine,
            site,
            number: 0,
            raised: Told::new(),
        }
    }

    fn commit(&mut self, now: i64, items: Vec<Item>) {
        self.engine.advance(second(now));
        self.number += 1;
        self.engine.apply(&Entry {
            number: self.number,
            received: second(now),
            items,
        });
        self.note();
    }

    fn note(&mut self) {
        while let Some(effect) = self.engine.poll_effect() {
            let Effect::Transition { alarm, event } = effect else {
                continue;
            };
            let subject = match &alarm.subject {
                Subject::Series(series) => series.to_string(),
                Subject::Agent(agent) => agent.to_string(),
                Subject::System(_) => continue,
            };
            let stood = self.raised.entry((alarm.rule.to_string(), subject)).or_default();
            match (event.from.is_active(), event.to) {
                (false, State::ActiveUnacknowledged) => stood.push((event.at.milliseconds(), None)),
                (true, to) if !to.is_active() => stood.last_mut().unwrap().1 = Some(event.at.milliseconds()),
                _ => {}
            }
        }
    }

    fn restart(&mut self, now: i64) {
        self.engine.advance(second(now));
        self.note();
        let snapshot = serde_json::to_string(&self.engine.snapshot()).unwrap();
        self.engine = Engine::restore(serde_json::from_str(&snapshot).unwrap(), self.site.clone());
        self.engine.reached_end(second(now));
    }

    /// What it raised by `end`, which it passes.
    fn told(mut self, end: Timestamp) -> Told {
        self.engine.advance(end + Duration::from_seconds(1));
        self.note();
        for stood in self.raised.values_mut() {
            stood.retain(|(from, _)| *from < end.milliseconds());
            for (_, to) in stood {
                *to = to.filter(|to| *to < end.milliseconds());
            }
        }
        self.raised.retain(|_, stood| !stood.is_empty());
        self.raised
    }
}

/// A story as it goes on, with what is kept of it.
struct Story {
    random: Random,
    house: Live,
    sensors: Vec<Sensor>,
    ways: [Way; 2],
    known: Known,
    readings: Readings,
}

impl Story {
    fn new(seed: u64) -> Self {
        let sensor = |_| Sensor {
            level: 0.0,
            until: 0,
            mode: 0,
        };
        let mut story = Self {
            random: Random::new(seed),
            house: Live::new(),
            sensors: SENSORS.iter().map(sensor).collect(),
            ways: [Way::default(), Way::default()],
            known: Known::default(),
            readings: vec![Vec::new(); SENSORS.len()],
        };
        for name in AGENTS {
            story.house.commit(START, vec![Item::Presence(status(name))]);
        }
        let expected = AGENTS.map(status);
        let expected: Vec<_> = expected
            .iter()
            .flat_map(|status| expectation::told(&status.sensors))
            .collect();
        for (number, (name, ..)) in SENSORS.iter().enumerate() {
            let series = Series {
                agent: agent(name),
                channel: channel(number),
            };
            let (_, interval) = expected
                .iter()
                .find(|(channel, _)| *channel == series.channel)
                .unwrap();
            let mut expectation = Expectation::default();
            expectation.change(second(START), Some(*interval), false);
            story.known.sources.push(Source { series, expectation });
        }
        story
    }

    fn second(&mut self, now: i64) {
        for place in 0..AGENTS.len() {
            self.measure(place, now);
            self.go_or_come(place, now);
            let batch = match self.ways[place].away_since {
                None => self.batch(place),
                Some(_) => None,
            };
            if let Some(batch) = batch {
                self.house.commit(now, vec![batch]);
            }
        }
        if self.random.within(0.0, 1.0) < 0.001 && self.ways.iter().all(|way| way.away_since.is_none()) {
            self.restart(now);
        }
    }

    fn measure(&mut self, place: usize, now: i64) {
        for (number, (name, _, quantity, every)) in SENSORS.iter().enumerate() {
            if *name != AGENTS[place] || (now - START) % every != 0 {
                continue;
            }
            let outcome = self.sensors[number].read(*quantity, now, &mut self.random);
            if self.ways[place].is_off {
                continue;
            }
            self.ways[place].kept.extend(outcome.map(|outcome| StoredReading {
                channel: channel(number),
                at: second(now),
                outcome,
                claimed: None,
            }));
        }
    }

    /// An agent goes, or comes back; some of what it kept may be lost.
    fn go_or_come(&mut self, place: usize, now: i64) {
        let name = AGENTS[place];
        let Some(since) = self.ways[place].away_since else {
            if self.random.within(0.0, 1.0) < 0.002 {
                // What it just measured goes out with it.
                let batch = self.batch(place);
                let gone = Presence {
                    online: false,
                    sensors: Vec::new(),
                    ..status(name)
                };
                self.house
                    .commit(now, batch.into_iter().chain([Item::Presence(gone)]).collect());
                self.ways[place].away_since = Some(now);
                self.ways[place].is_off = self.random.within(0.0, 1.0) < 0.3;
                self.ways[place].back_at = now + self.random.within(3.0, 300.0) as i64;
            }
            return;
        };
        if now < self.ways[place].back_at {
            return;
        }
        self.ways[place].away_since = None;
        self.absent(name, since, Some(now));
        self.house.commit(now, vec![Item::Presence(status(name))]);
        let is_off = std::mem::take(&mut self.ways[place].is_off);
        if !is_off && self.random.within(0.0, 1.0) < 0.3 {
            let gap = Gap {
                agent: agent(name),
                stream: "x".to_owned(),
                sequence: (1, 2),
                from: second(since),
                to: second(since + (now - since) / 2),
                why: "the spool was full".to_owned(),
            };
            self.ways[place].kept.retain(|reading| reading.at > gap.to);
            self.known.losses.entry(agent(name)).or_default().push(gap.from);
            self.house.commit(now, vec![Item::Gap(gap)]);
        }
    }

    fn absent(&mut self, name: &str, from: i64, to: Option<i64>) {
        let absences = self.known.absences.entry(agent(name)).or_default();
        absences.push(Absence {
            from: second(from),
            to: to.map(second),
        });
        absences.sort_by_key(|absence| absence.from);
    }

    fn batch(&mut self, place: usize) -> Option<Item> {
        let kept = std::mem::take(&mut self.ways[place].kept);
        for reading in &kept {
            let number = (0..SENSORS.len()).find(|number| channel(*number) == reading.channel);
            self.readings[number.unwrap()].push((reading.at, reading.outcome));
        }
        (!kept.is_empty()).then(|| {
            Item::Batch(Batch {
                agent: agent(AGENTS[place]),
                position: Some(("x".to_owned(), 1)),
                newest: true,
                readings: kept,
            })
        })
    }

    fn restart(&mut self, now: i64) {
        self.house.restart(now);
        for name in AGENTS {
            // They notice that their broker was away, and tell of themselves anew.
            self.house.commit(now, vec![Item::Presence(status(name))]);
            self.absent(name, now, Some(now));
        }
    }
}

/// Tells a story to the engine; gives what it raised, and what is kept of the past.
pub(super) fn live(seed: u64) -> (Told, Known, Readings) {
    let mut story = Story::new(seed);
    for now in START + 1..START + LENGTH {
        story.second(now);
    }
    for (place, name) in AGENTS.into_iter().enumerate() {
        if let Some(since) = story.ways[place].away_since {
            story.absent(name, since, None);
        }
    }
    (
        story.house.told(second(START + LENGTH)),
        story.known,
        story.readings,
    )
}

fn status(name: &str) -> Presence {
    let sensors = SENSORS.iter().filter(|(of, ..)| *of == name);
    Presence {
        agent: agent(name),
        online: true,
        clock_synchronised: true,
        sensors: sensors
            .map(|(_, sensor, quantity, every)| ExpectedSensor {
                sensor: sensor.parse().unwrap(),
                driver: "simulated".to_owned(),
                quantities: vec![*quantity],
                interval: Duration::from_seconds(*every),
            })
            .collect(),
    }
}
