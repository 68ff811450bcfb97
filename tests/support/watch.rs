//! One device through its real driver and the alarm engine, on simulated time: what an agent would send of it, and what comes of that.

use std::sync::Arc;

use plenum_agent::driver::{Driver, Sample};
use plenum_core::alarms::{Alarm, Effect, Engine, Event};
use plenum_core::fact::{Batch, Entry, ExpectedSensor, Item, Presence, StoredReading, Words};
use plenum_core::site::Site;
use plenum_core::text::{self, Form};
use plenum_protocol::{AgentName, Channel, Duration, Identifier, Timestamp};

/// A transition of an alarm, and the sentence of the alarm then.
pub struct Told {
    pub alarm: Alarm,
    pub event: Event,
    pub sentence: String,
}

/// The device as an agent `pi-a1` reads it, as sensor `ups`, with the engine that judges it.
pub struct Watch {
    driver: Box<dyn Driver>,
    every: Duration,
    engine: Engine,
    site: Arc<Site>,
    agent: AgentName,
    at: Timestamp,
    number: u64,
    listed: usize,
    words: String,
    /// What it read last.
    pub samples: Vec<Sample>,
    /// What happened so far.
    pub told: Vec<Told>,
}

impl Watch {
    /// Reads the device each `every`, first at `start`. Nothing is read yet.
    pub fn new(site: &str, driver: Box<dyn Driver>, every: Duration, start: Timestamp) -> Self {
        let site: Arc<Site> = Arc::new(toml::from_str(site).unwrap());
        let mut engine = Engine::new(site.clone());
        engine.prepare(1, site.clone());
        let mut watch = Self {
            driver,
            every,
            engine,
            agent: AgentName::new(site.site.id.clone(), "pi-a1".parse().unwrap()),
            site,
            at: start,
            number: 0,
            listed: 0,
            words: String::new(),
            samples: Vec::new(),
            told: Vec::new(),
        };
        watch.journal(start, Item::Revision(1));
        watch.engine.reached_end(start);
        watch
    }

    /// Reads at each tick that comes before `until`, and lets the clock run to there.
    pub fn run_until(&mut self, until: Timestamp) {
        while self.at < until {
            self.read();
            self.at = self.at + self.every;
            let at = self.at;
            while let Some(wakeup) = self.engine.next_wakeup().filter(|wakeup| *wakeup < at) {
                self.engine.advance(wakeup);
                self.note();
            }
        }
    }

    fn read(&mut self) {
        let at = self.at;
        self.samples = self.driver.read(at);
        if self.samples.len() > self.listed {
            self.listed = self.samples.len();
            let presence = self.presence();
            self.journal(at, Item::Presence(presence));
        }
        let words = self.driver.words().unwrap_or_default();
        if words != self.words {
            self.words.clone_from(&words);
            let (agent, sensor) = (self.agent.clone(), sensor());
            self.journal(at, Item::Words(Words { agent, sensor, words }));
        }
        let batch = self.batch(at);
        self.journal(at, Item::Batch(batch));
    }

    fn journal(&mut self, received: Timestamp, item: Item) {
        self.number += 1;
        self.engine.apply(&Entry {
            number: self.number,
            received,
            items: vec![item],
        });
        self.note();
    }

    fn note(&mut self) {
        while let Some(effect) = self.engine.poll_effect() {
            if let Effect::Transition { alarm, event } = effect {
                let form = Form::of(&self.site, self.site.site.language, event.at);
                let sentence = text::alarm::sentence(&self.site, &alarm, &form);
                self.told.push(Told {
                    alarm,
                    event,
                    sentence,
                });
            }
        }
    }

    fn presence(&self) -> Presence {
        Presence {
            agent: self.agent.clone(),
            online: true,
            clock_synchronised: true,
            sensors: vec![ExpectedSensor {
                sensor: sensor(),
                driver: "nut".to_owned(),
                quantities: self.driver.quantities(),
                interval: self.every,
            }],
        }
    }

    fn batch(&self, at: Timestamp) -> Batch {
        let reading = |(quantity, outcome): &Sample| StoredReading {
            channel: Channel {
                sensor: sensor(),
                quantity: *quantity,
            },
            at,
            outcome: *outcome,
            claimed: None,
        };
        Batch {
            agent: self.agent.clone(),
            position: None,
            newest: true,
            readings: self.samples.iter().map(reading).collect(),
        }
    }
}

fn sensor() -> Identifier {
    "ups".parse().unwrap()
}
