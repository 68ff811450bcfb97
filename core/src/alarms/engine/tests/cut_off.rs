//! The collector hears nothing, because its broker is lost or it did not run itself: nobody is called silent for that, and what was measured meanwhile is
//! told as what it was.

use plenum_protocol::{Channel, Duration, Quantity, Timestamp};

use super::*;
use crate::alarms::Origin;
use crate::fact::{ExpectedSensor, Presence, Report, SystemCondition, SystemKind};

const START: i64 = 1_700_000_000;
const LEAK: &str = "leak/water";
const INLET: &str = "inlet/temperature";
/// From when to when water stands and the inlet is at 40 °C, in seconds from the start.
const BAD: std::ops::Range<i64> = 70..110;
/// From when on nothing is heard, and when all is heard again.
const LOST: i64 = 60;
const BACK: i64 = 172;

fn second(count: i64) -> Timestamp {
    Timestamp::from_milliseconds((START + count) * 1_000)
}

struct House {
    engine: Engine,
    number: u64,
    log: Vec<(String, Cause, i64)>,
}

impl House {
    fn new() -> Self {
        let site = r#"
[site]
id = "s"
name = "S"
zone = "UTC"
[[room]]
id = "a"
name = "A"
[[sensor]]
agent = "pi"
id = "inlet"
name = "Inlet"
room = "a"
place = "inlet"
[[sensor]]
agent = "pi"
id = "leak"
name = "Leak"
room = "a"
place = "other"
"#;
        let mut house = Self {
            engine: Engine::new(Arc::new(toml::from_str(site).unwrap())),
            number: 0,
            log: Vec::new(),
        };
        house.engine.reached_end(second(0));
        house.status(0);
        for now in 1..=LOST {
            house.live(now, "routine");
        }
        house
    }

    fn commit(&mut self, now: i64, items: Vec<Item>) {
        self.number += 1;
        let entry = Entry {
            number: self.number,
            received: second(now),
            items,
        };
        self.engine.apply_by(&entry, second(now));
        self.look(now);
    }

    fn look(&mut self, now: i64) {
        self.engine.advance(second(now));
        while let Some(effect) = self.engine.poll_effect() {
            if let Effect::Transition { alarm, event } = effect {
                let at = event.at.since(second(0)).milliseconds() / 1_000;
                self.log.push((alarm.rule.to_string(), event.cause, at));
            }
        }
    }

    fn status(&mut self, now: i64) {
        let sensor = |sensor: &str, quantity| ExpectedSensor {
            sensor: sensor.parse().unwrap(),
            driver: String::new(),
            quantities: vec![quantity],
            interval: Duration::from_seconds(1),
        };
        self.commit(
            now,
            vec![Item::Presence(Presence {
                agent: "s/pi".parse().unwrap(),
                online: true,
                clock_synchronised: true,
                sensors: vec![
                    sensor("leak", Quantity::Water),
                    sensor("inlet", Quantity::Temperature),
                ],
            })],
        );
    }

    fn broker(&mut self, now: i64, is_lost: bool) {
        let report = match is_lost {
            true => Report::BrokerLost { why: String::new() },
            false => Report::OVER,
        };
        self.commit(
            now,
            vec![Item::System(SystemCondition {
                kind: SystemKind::BrokerLost,
                subject: "broker:1883".to_owned(),
                active: is_lost,
                at: second(now),
                report,
            })],
        );
    }

    /// What was measured at these instants, in one batch.
    fn send(&mut self, now: i64, stream: &str, newest: bool, instants: impl Iterator<Item = i64>) {
        let reading = |channel: &str, at, value| StoredReading {
            channel: channel.parse::<Channel>().unwrap(),
            at: second(at),
            outcome: Ok(value),
            claimed: None,
        };
        let is_bad = |at| BAD.contains(&at);
        let readings = instants.flat_map(|at| {
            let (wet, warm) = match is_bad(at) {
                true => (1.0, 40.0),
                false => (0.0, 22.0),
            };
            [reading(LEAK, at, wet), reading(INLET, at, warm)]
        });
        let readings = readings.collect();
        self.commit(
            now,
            vec![Item::Batch(Batch {
                agent: "s/pi".parse().unwrap(),
                position: Some((stream.to_owned(), 1)),
                newest,
                readings,
            })],
        );
    }

    fn live(&mut self, now: i64, stream: &str) {
        self.send(now, stream, true, now..=now);
    }

    /// Lives on for ten minutes, and gives what was said of all of it.
    fn told(mut self) -> Vec<(String, Cause, i64)> {
        for now in BACK + 4..BACK + 600 {
            self.live(now, "routine-2");
        }
        self.log
    }
}

/// What was said of the water and of the heat, with their own instants: nothing of it is about anybody's silence.
fn check(log: &[(String, Cause, i64)], begins: Cause, monitor: &[(&str, Cause, i64)]) {
    let of = |rule: &str| -> Vec<(Cause, i64)> {
        let own = log.iter().filter(|(own, ..)| own == rule);
        own.map(|(_, cause, at)| (*cause, *at)).collect()
    };
    let water = of("water");
    assert_eq!(water.first(), Some(&(begins, 72)), "{log:?}");
    let (cause, at) = water[1];
    assert!(cause == Cause::Returned && (110..130).contains(&at), "{log:?}");
    let heat = of("inlet-very-high");
    assert_eq!(heat.first(), Some(&(begins, 100)), "{log:?}");
    let (cause, at) = heat[1];
    assert!(cause == Cause::Returned && (110..420).contains(&at), "{log:?}");
    assert_eq!((water.len(), heat.len()), (2, 2), "{log:?}");
    let others = log.iter().filter(|(rule, ..)| {
        rule.starts_with("no-data") || rule.starts_with("agent") || rule.starts_with("broker")
    });
    let others: Vec<_> = others
        .map(|(rule, cause, at)| (rule.as_str(), *cause, *at))
        .collect();
    assert_eq!(others, monitor, "{log:?}");
}

/// The broker is lost for two minutes.
fn lost() -> House {
    let mut house = House::new();
    for now in LOST + 1..BACK - 2 {
        match now {
            80 => house.broker(now, true),
            _ => house.look(now),
        }
    }
    house.broker(BACK - 2, false);
    house
}

const ONE_ALARM: [(&str, Cause, i64); 2] = [
    ("broker-lost", Cause::Raised, 80),
    ("broker-lost", Cause::Returned, BACK - 2),
];

#[test]
fn what_was_measured_while_the_broker_was_lost_is_told_when_it_is_back() {
    let mut house = lost();
    house.status(BACK);
    house.send(BACK + 1, "routine", false, LOST + 1..100);
    house.send(BACK + 2, "routine", true, 100..BACK + 2);
    house.live(BACK + 3, "routine-2");
    check(&house.told(), Cause::Raised, &ONE_ALARM);
}

#[test]
fn the_same_is_told_if_what_is_live_overtakes_it() {
    let mut house = lost();
    house.status(BACK);
    house.live(BACK + 1, "routine-2");
    house.send(BACK + 2, "routine", false, LOST + 1..100);
    house.live(BACK + 2, "routine-2");
    house.send(BACK + 3, "routine", true, 100..BACK + 1);
    check(&house.told(), Cause::Late, &ONE_ALARM);
}

#[test]
fn what_was_urgent_and_kept_says_nothing_of_the_clock_that_stamped_it() {
    let mut house = lost();
    house.status(BACK);
    house.urgent(BACK + 1, LOST + 2, 1.0);
    house.urgent(BACK + 1, LOST + 8, 0.0);
    // What is live overtakes the rest, and is not the last that there is.
    house.send(BACK + 1, "routine-2", false, BACK..=BACK);
    house.send(BACK + 2, "routine", true, 110..BACK);
    let log = house.told();
    let silent = log.iter().filter(|(rule, ..)| rule.starts_with("no-data"));
    assert_eq!(silent.collect::<Vec<_>>(), Vec::<&(String, Cause, i64)>::new());
    assert!(log.iter().any(|(rule, ..)| rule == "water"), "{log:?}");
}

#[test]
fn a_silence_that_a_reading_tells_of_began_before_it() {
    let mut house = House::new();
    // It says what it measures anew a moment before the detector has been silent for too long, so that what it kept may come.
    house.status(LOST + 59);
    house.look(LOST + 64);
    assert!(house.log.is_empty(), "{:?}", house.log);
    let again = Batch {
        agent: "s/pi".parse().unwrap(),
        position: Some(("routine".to_owned(), 2)),
        newest: true,
        readings: vec![StoredReading {
            channel: LEAK.parse().unwrap(),
            at: second(LOST + 64),
            outcome: Ok(0.0),
            claimed: None,
        }],
    };
    let entry = Entry {
        number: house.number + 1,
        received: second(LOST + 64),
        items: vec![Item::Batch(again)],
    };
    house.engine.apply_by(&entry, second(LOST + 64));
    let mut silent = Vec::new();
    while let Some(effect) = house.engine.poll_effect() {
        if let Effect::Transition { alarm, event } = effect {
            silent.push((event.cause, event.at, alarm.held.began_at, alarm.origin));
        }
    }
    let (cause, at, began, origin) = silent.first().expect("it was silent");
    assert_eq!((*cause, *at), (Cause::Raised, second(LOST + 60)));
    assert_eq!(*began, Some(second(LOST)));
    let Some(Origin::Silent { since, .. }) = origin else {
        panic!("{origin:?}");
    };
    assert_eq!(*since, second(LOST));
}

#[test]
fn whoever_is_not_heard_when_the_broker_is_back_is_away() {
    let mut house = lost();
    for now in BACK..BACK + 300 {
        house.look(now);
    }
    let rules: Vec<&str> = house.log.iter().map(|(rule, ..)| rule.as_str()).collect();
    assert_eq!(
        rules,
        ["broker-lost", "broker-lost", "agent-offline"],
        "{:?}",
        house.log
    );
}

#[test]
fn a_collector_that_stood_still_calls_nobody_silent() {
    let mut house = House::new();
    house.engine.interrupted(second(BACK));
    house.look(BACK);
    for at in LOST + 1..BACK {
        house.live_at(at);
    }
    check(&house.told(), Cause::Raised, &[]);
}

impl House {
    /// What was sent while nobody took it.
    fn live_at(&mut self, at: i64) {
        self.send(BACK + 1, "routine", true, at..=at);
    }
}

fn disk(now: i64, is_short: bool) -> Item {
    let report = match is_short {
        true => Report::DiskReserve { free: 1, reserve: 2 },
        false => Report::OVER,
    };
    Item::System(SystemCondition {
        kind: SystemKind::DiskReserve,
        subject: "/data".to_owned(),
        active: is_short,
        at: second(now),
        report,
    })
}

#[test]
fn below_the_reserve_what_is_urgent_is_told_nobody_is_silent_and_the_rest_is_told_when_there_is_room() {
    let mut house = House::new();
    house.commit(LOST, vec![disk(LOST, true)]);
    for now in LOST + 1..BACK {
        match now {
            70 => house.urgent(now, now, 1.0),
            110 => house.urgent(now, now, 0.0),
            _ => house.look(now),
        }
    }
    let water = house.log.clone();
    house.commit(BACK, vec![disk(BACK, false)]);
    house.send(BACK + 1, "routine", false, LOST + 1..100);
    house.send(BACK + 2, "routine", true, 100..BACK + 2);
    house.live(BACK + 3, "routine-2");
    let told = house.told();
    let of = |log: &[(String, Cause, i64)]| -> Vec<(String, i64)> {
        log.iter().map(|(rule, _, at)| (rule.clone(), *at)).collect()
    };
    let short = ("disk-reserve".to_owned(), LOST);
    let wet = [("water".to_owned(), 72), ("water".to_owned(), 110)];
    assert_eq!(of(&water), [&[short][..], &wet].concat());
    let rest = of(&told[water.len()..]);
    assert_eq!(rest[0], ("disk-reserve".to_owned(), BACK), "{told:?}");
    assert_eq!(rest[1], ("inlet-very-high".to_owned(), 100), "{told:?}");
    assert!(
        rest.iter().all(|(rule, _)| !rule.starts_with("no-data")),
        "{told:?}"
    );
}

impl House {
    fn urgent(&mut self, now: i64, at: i64, value: f64) {
        let reading = StoredReading {
            channel: LEAK.parse::<Channel>().unwrap(),
            at: second(at),
            outcome: Ok(value),
            claimed: None,
        };
        let batch = Batch {
            agent: "s/pi".parse().unwrap(),
            position: Some(("urgent".to_owned(), 1)),
            newest: true,
            readings: vec![reading],
        };
        self.commit(now, vec![Item::Batch(batch)]);
    }
}
