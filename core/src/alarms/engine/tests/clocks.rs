//! Clocks that are wrong: whoever speaks is not silent, whatever it stamps and whatever the collector's clock says; whoever is silent is missed.

use plenum_protocol::{Channel, Duration, Timestamp};

use super::*;
use crate::alarms::forecast::trial::Random;
use crate::fact::{ExpectedSensor, Presence};

/// A collector and an agent that polls two sensors, each with a clock of its own. Real time goes by evenly.
struct World {
    engine: Engine,
    number: u64,
    received: Timestamp,
    /// The collector's clock.
    wall: Timestamp,
    /// The agent's clock, as it stands from the true time.
    agent: Duration,
    truth: Timestamp,
    /// The sensors that answer.
    speaks: Vec<&'static str>,
    smoke: f64,
    wet: f64,
    /// What each agent's series was stamped last: it never goes back by itself.
    floors: BTreeMap<String, Timestamp>,
    log: Vec<String>,
}

const HALL: &str = "hall/smoke";
const INLET: &str = "inlet/temperature";
const LEAK: &str = "leak/water";
/// From one poll to the next, in seconds.
const EVERY: i64 = 5;

impl World {
    fn new(agent: i64) -> Self {
        let mut engine = Engine::new(Arc::new(Site::unconfigured()));
        let wall = Timestamp::from_milliseconds(1_700_000_000_000);
        engine.reached_end(wall);
        let mut world = Self {
            engine,
            number: 0,
            received: wall,
            wall,
            agent: Duration::from_seconds(agent),
            truth: wall,
            speaks: vec![HALL, INLET],
            smoke: 0.0,
            wet: 0.0,
            floors: BTreeMap::new(),
            log: Vec::new(),
        };
        let sensor = |sensor: &str, quantity| ExpectedSensor {
            sensor: sensor.parse().unwrap(),
            driver: String::new(),
            quantities: vec![quantity],
            interval: Duration::from_seconds(EVERY),
        };
        world.commit(Item::Presence(Presence {
            agent: "s/pi".parse().unwrap(),
            online: true,
            clock_synchronised: true,
            sensors: vec![
                sensor("hall", plenum_protocol::Quantity::Smoke),
                sensor("inlet", plenum_protocol::Quantity::Temperature),
            ],
        }));
        world
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
        self.fetch();
    }

    fn fetch(&mut self) {
        while let Some(effect) = self.engine.poll_effect() {
            if let Effect::Transition { alarm, event } = effect {
                self.log.push(format!("{} {:?}", alarm.rule, event.cause));
            }
        }
    }

    /// Everything that answers is read and sent; what is from the future is moved to its receipt, as intake does.
    fn poll(&mut self) {
        let stamp = self.truth + self.agent;
        let placed = match stamp > self.wall + Duration::from_seconds(30) {
            true => self.wall,
            false => stamp,
        };
        let mut readings = Vec::new();
        for channel in &self.speaks {
            let floor = self.floors.get(*channel).copied().unwrap_or(Timestamp::MIN);
            // Within half a minute what comes later was read later.
            let at = match placed <= floor && floor.since(placed) < Duration::from_seconds(30) {
                true => floor + Duration::from_milliseconds(1),
                false => placed,
            };
            self.floors.insert((*channel).to_owned(), floor.max(at));
            readings.push(StoredReading {
                channel: channel.parse::<Channel>().unwrap(),
                at,
                outcome: Ok(match *channel {
                    HALL => self.smoke,
                    LEAK => self.wet,
                    _ => 21.0,
                }),
                claimed: None,
            });
        }
        if !readings.is_empty() {
            self.commit(Item::Batch(Batch {
                agent: "s/pi".parse().unwrap(),
                position: Some(("r".to_owned(), self.number)),
                newest: true,
                readings,
            }));
        }
    }

    fn go_on(&mut self, seconds: i64) {
        for _ in 0..seconds {
            let second = Duration::from_seconds(1);
            self.truth = self.truth + second;
            self.wall = self.wall + second;
            self.engine.advance(self.wall);
            self.fetch();
            if self.truth.milliseconds() / 1_000 % EVERY == 0 {
                self.poll();
            }
        }
    }

    /// The collector's clock is set.
    fn set(&mut self, by: i64) {
        let by = Duration::from_seconds(by);
        self.wall = self.wall + by;
        self.engine.clock_was_set(by, self.wall);
        self.engine.advance(self.wall);
        self.fetch();
        // Floors that stand in what is the future now come back, as intake's do.
        for floor in self.floors.values_mut() {
            *floor = (*floor).min(self.wall + Duration::from_seconds(30));
        }
    }

    /// The agent's clock is set.
    fn set_agent(&mut self, by: i64) {
        self.agent = self.agent + Duration::from_seconds(by);
    }

    fn restart(&mut self) {
        let text = serde_json::to_string(&self.engine.snapshot()).unwrap();
        self.engine = Engine::restore(
            serde_json::from_str(&text).unwrap(),
            Arc::new(Site::unconfigured()),
        );
        self.engine.reached_end(self.wall);
    }

    fn silences(&self) -> Vec<&String> {
        self.log
            .iter()
            .filter(|line| line.starts_with("no-data"))
            .collect()
    }

    fn standing(&self) -> Vec<String> {
        let stands = self.engine.alarms().filter(|alarm| alarm.state.is_active());
        stands.map(|alarm| alarm.rule.to_string()).collect()
    }
}

const NOBODY: Vec<String> = Vec::new();

#[test]
fn whoever_speaks_with_a_clock_that_is_behind_is_not_silent_and_its_smoke_is_smoke() {
    for behind in [-31, -100, -2_400, -63_072_000] {
        let mut world = World::new(behind);
        world.go_on(300);
        assert_eq!(world.log, NOBODY, "behind by {behind} s");
        world.smoke = 1.0;
        world.go_on(EVERY);
        assert_eq!(world.log, ["smoke Raised"], "behind by {behind} s");
        world.go_on(300);
        assert_eq!(world.log.len(), 1, "behind by {behind} s: {:?}", world.log);
        assert!(
            world
                .engine
                .alarms()
                .all(|alarm| alarm.input == crate::alarms::Input::Known)
        );
    }
}

#[test]
fn whoever_falls_silent_with_a_clock_that_is_behind_is_missed_within_the_limit() {
    for behind in [0, -100, -2_400] {
        let mut world = World::new(behind);
        world.go_on(120);
        world.speaks = vec![INLET];
        world.go_on(58);
        assert_eq!(world.log, NOBODY, "behind by {behind} s");
        world.go_on(10);
        assert_eq!(world.standing(), ["no-data-protection"], "behind by {behind} s");
        world.speaks.push(HALL);
        world.go_on(20);
        assert_eq!(world.standing(), NOBODY, "behind by {behind} s");
        assert_eq!(world.log.len(), 2, "behind by {behind} s: {:?}", world.log);
    }
}

#[test]
fn a_collector_whose_clock_is_set_says_of_nobody_that_he_is_silent() {
    for step in [3_600, -7_200, 90, -90, 86_400] {
        let mut world = World::new(0);
        world.go_on(120);
        world.set(step);
        world.go_on(200);
        assert_eq!(world.silences(), Vec::<&String>::new(), "step {step}");
        world.set(-step);
        world.go_on(200);
        assert_eq!(world.silences(), Vec::<&String>::new(), "step {step} and back");
        world.smoke = 1.0;
        world.go_on(EVERY);
        assert!(
            world.log.contains(&"smoke Raised".to_owned()),
            "step {step}: {:?}",
            world.log
        );
    }
}

#[test]
fn what_was_received_before_the_collectors_clock_was_set_back_makes_no_silence() {
    let mut world = World::new(0);
    world.go_on(120);
    let under_way = world.truth + Duration::from_seconds(1);
    world.received = under_way;
    world.set(-7_200);
    world.commit(Item::Batch(Batch {
        agent: "s/pi".parse().unwrap(),
        position: Some(("r".to_owned(), 1_000)),
        newest: true,
        readings: vec![StoredReading {
            channel: HALL.parse().unwrap(),
            at: under_way,
            outcome: Ok(0.0),
            claimed: None,
        }],
    }));
    world.go_on(200);
    assert_eq!(world.silences(), Vec::<&String>::new());
}

#[test]
fn an_agent_whose_clock_is_set_right_was_not_silent_meanwhile() {
    for behind in [-100, -2_400] {
        let mut world = World::new(behind);
        world.go_on(120);
        world.set_agent(-behind);
        world.go_on(120);
        assert_eq!(world.silences(), Vec::<&String>::new(), "behind by {behind} s");
        world.set_agent(behind);
        world.go_on(120);
        assert_eq!(world.silences(), Vec::<&String>::new(), "and behind again");
    }
}

#[test]
fn what_chatters_by_a_clock_that_is_behind_is_quiet_after_as_long_as_by_any_other() {
    let mut world = World::new(-2_400);
    world.go_on(60);
    world.speaks.push(LEAK);
    for _ in 0..5 {
        world.wet = 1.0;
        world.go_on(10);
        world.wet = 0.0;
        world.go_on(5);
    }
    assert!(
        world.log.contains(&"water Chattering".to_owned()),
        "{:?}",
        world.log
    );
    world.go_on(240);
    assert!(!world.log.contains(&"water Quiet".to_owned()), "{:?}", world.log);
    world.go_on(70);
    assert!(world.log.contains(&"water Quiet".to_owned()), "{:?}", world.log);
}

#[test]
fn how_long_an_alarm_stood_is_not_told_by_a_clock_that_was_set_meanwhile() {
    let lasted = |collector: i64, agent: i64| {
        let mut world = World::new(agent.min(0));
        world.speaks.push(LEAK);
        world.go_on(60);
        world.wet = 1.0;
        world.go_on(20);
        if collector != 0 {
            world.set(collector);
        }
        world.set_agent(agent.abs());
        world.go_on(20);
        world.wet = 0.0;
        world.go_on(60);
        let mut alarms = world.engine.alarms();
        let water = alarms.find(|alarm| alarm.rule.as_str() == "water").unwrap();
        assert!(
            water.returned_at.is_some() && !water.state.is_active(),
            "{water:?}"
        );
        water.lasted().map(|(lasted, _)| lasted.seconds())
    };
    assert_eq!(lasted(0, 0), Some(40.0));
    for step in [-7_200, -600, 600, 7_200] {
        assert_eq!(lasted(step, 0), None, "the collector's, by {step} s");
    }
    assert_eq!(lasted(0, -2_400), None, "the agent's is set right");
}

/// Random clocks, steps of either and restarts: nobody who speaks is called silent, and smoke at the end is told.
fn check(seed: u64) {
    let mut random = Random::new(seed);
    let mut pick = |all: &[i64]| all[(random.within(0.0, all.len() as f64) as usize).min(all.len() - 1)];
    let steps = [-7_200, -2_400, -100, -20, 20, 100, 2_400, 7_200];
    let (agent, mut told) = (pick(&[0, 0, -20, -100, -2_400, -7_200, 100, 2_400]), Vec::new());
    told.push((9, agent, 0));
    let mut world = World::new(agent);
    world.go_on(pick(&[20, 70, 130]));
    for _ in 0..pick(&[1, 2, 3]) {
        let (what, by, then) = (pick(&[0, 1, 2]), pick(&steps), pick(&[45, 70, 130]));
        told.push((what, by, then));
        match what {
            0 => world.set(by),
            1 => world.set_agent(by),
            _ => world.restart(),
        }
        world.go_on(then);
    }
    assert_eq!(
        world.silences(),
        Vec::<&String>::new(),
        "seed {seed}, {told:?}: {:?}",
        world.log
    );
    world.speaks.clear();
    world.go_on(200);
    assert!(
        !world.silences().is_empty(),
        "seed {seed}, {told:?}: nobody misses them"
    );
}

#[test]
fn nobody_who_speaks_is_called_silent_by_any_clocks() {
    (0..1_000).for_each(check);
}
