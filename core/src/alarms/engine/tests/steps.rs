//! A clock that is set, either way, in the middle of what is waited for: who is away is told in time, and who speaks is heard.

use plenum_protocol::{Duration, Timestamp};

use super::*;
use crate::alarms::Alarm;
use crate::fact::{ExpectedSensor, Presence};

/// A collector whose wall clock can be set: `real` time goes by evenly.
struct House {
    engine: Engine,
    number: u64,
    received: Timestamp,
    wall: Timestamp,
}

impl House {
    fn new() -> Self {
        let mut engine = Engine::new(Arc::new(Site::unconfigured()));
        let wall = Timestamp::from_milliseconds(1_700_000_000_000);
        engine.reached_end(wall);
        Self {
            engine,
            number: 0,
            received: wall,
            wall,
        }
    }

    fn go_on(&mut self, seconds: i64) {
        for _ in 0..seconds {
            self.wall = self.wall + Duration::from_seconds(1);
            self.engine.advance(self.wall);
        }
    }

    fn set(&mut self, by: i64) {
        let by = Duration::from_seconds(by);
        self.wall = self.wall + by;
        self.engine.clock_was_set(by, self.wall);
        self.engine.advance(self.wall);
    }

    fn commit(&mut self, item: Item) {
        self.number += 1;
        self.received = self.received.max(self.wall);
        let entry = Entry {
            number: self.number,
            received: self.received,
            items: vec![item],
        };
        self.engine.apply_by(&entry, self.wall);
        self.engine.advance(self.wall);
    }

    fn presence(&mut self, online: bool) {
        self.commit(Item::Presence(Presence {
            agent: "s/pi".parse().unwrap(),
            online,
            clock_synchronised: true,
            sensors: vec![ExpectedSensor {
                sensor: "hall".parse().unwrap(),
                driver: String::new(),
                quantities: vec![plenum_protocol::Quantity::Smoke],
                interval: Duration::from_seconds(5),
            }],
        }));
    }

    /// A reading that is stamped by the collector's own clock, as one of an agent without a clock.
    fn smoke(&mut self, value: f64) {
        let readings = vec![StoredReading {
            channel: "hall/smoke".parse().unwrap(),
            at: self.wall,
            outcome: Ok(value),
            claimed: None,
        }];
        self.commit(Item::Batch(Batch {
            agent: "s/pi".parse().unwrap(),
            position: Some(("a".to_owned(), self.number)),
            newest: true,
            readings,
        }));
    }

    fn standing(&self) -> Vec<String> {
        let stands = |alarm: &&Alarm| alarm.state != State::Normal;
        let alarms = self.engine.alarms().filter(stands);
        alarms.map(|alarm| alarm.rule.to_string()).collect()
    }
}

const STEPS: [i64; 6] = [-63_072_000, -3_600, -1, 1, 3_600, 63_072_000];

#[test]
fn an_agent_that_goes_is_missed_in_time_however_the_clock_is_set() {
    for step in STEPS {
        for before in [0, 30] {
            let mut house = House::new();
            house.presence(true);
            house.smoke(0.0);
            house.go_on(5);
            house.presence(false);
            house.go_on(before);
            house.set(step);
            assert_eq!(
                house.standing(),
                Vec::<String>::new(),
                "step {step} after {before} s"
            );
            house.go_on(130 - before);
            assert!(
                house.standing().contains(&"agent-offline".to_owned()),
                "step {step}: {:?}",
                house.standing()
            );
        }
    }
}

#[test]
fn smoke_is_smoke_right_after_the_clock_was_set() {
    for step in STEPS {
        let mut house = House::new();
        house.presence(true);
        for _ in 0..4 {
            house.smoke(0.0);
            house.go_on(5);
        }
        house.set(step);
        house.smoke(0.0);
        assert_eq!(house.standing(), Vec::<String>::new(), "step {step}");
        house.go_on(2);
        house.smoke(1.0);
        assert_eq!(house.standing(), ["smoke"], "step {step}");
    }
}

#[test]
fn a_sensor_that_falls_silent_is_missed_however_the_clock_is_set() {
    for step in STEPS {
        let mut house = House::new();
        house.presence(true);
        house.smoke(0.0);
        house.set(step);
        assert_eq!(house.standing(), Vec::<String>::new(), "step {step}");
        house.go_on(300);
        assert!(!house.standing().is_empty(), "step {step}: nobody misses it");
    }
}

#[test]
fn a_sensor_that_falls_silent_while_the_clock_is_a_year_ahead_is_missed_when_it_is_right_again() {
    let mut house = House::new();
    house.presence(true);
    house.smoke(0.0);
    house.set(31_536_000);
    house.go_on(10);
    house.set(-31_536_000);
    house.go_on(300);
    assert!(!house.standing().is_empty(), "nobody misses it");
}

#[test]
fn an_agent_that_went_before_a_restart_under_another_clock_is_missed() {
    for step in STEPS {
        let mut house = House::new();
        house.presence(true);
        house.smoke(0.0);
        house.presence(false);
        let snapshot = house.engine.snapshot();
        house.engine = Engine::restore(snapshot, Arc::new(Site::unconfigured()));
        house.wall = house.wall + Duration::from_seconds(step);
        house.engine.reached_end(house.wall);
        house.go_on(200);
        let standing = house.standing();
        assert!(
            standing.contains(&"agent-offline".to_owned()),
            "step {step}: {standing:?}"
        );
    }
}
