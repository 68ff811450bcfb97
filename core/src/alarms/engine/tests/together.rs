//! Rules that remember the same of a series remember it once, and each says what it would by itself.

use super::*;
use crate::alarms::memory::Shared;

const BUILT_IN: &str = r#"
[site]
id = "s"
name = "S"
zone = "UTC"
[[room]]
id = "r"
name = "R"
[[sensor]]
agent = "a"
id = "inlet"
name = "Inlet"
room = "r"
place = "inlet"
"#;
/// A rule that looks as far as the built-in ones do.
const OWN: &str = r#"
[[rule]]
id = "own"
name = "Own"
priority = "low"
when = { forecast = { limit = 40, within = "20min" } }
select = { quantities = ["temperature"] }
"#;

struct House {
    engine: Engine,
    number: u64,
}

fn site(text: &str) -> Arc<Site> {
    Arc::new(toml::from_str(text).unwrap())
}

impl House {
    fn new(text: &str) -> Self {
        let mut engine = Engine::new(site(text));
        engine.reached_end(second(0));
        Self { engine, number: 0 }
    }

    fn apply(&mut self, at: i64, item: Item) {
        self.number += 1;
        self.engine.apply(&Entry {
            number: self.number,
            received: second(at),
            items: vec![item],
        });
        self.engine.advance(second(at));
    }

    fn read(&mut self, at: i64) {
        let reading = StoredReading {
            channel: "inlet/temperature".parse().unwrap(),
            at: second(at),
            outcome: Ok(22.0 + (at % 70) as f64 / 20.0),
            claimed: None,
        };
        let batch = Batch {
            agent: "s/a".parse().unwrap(),
            position: Some(("r".to_owned(), self.number)),
            newest: true,
            readings: vec![reading],
        };
        self.apply(at, Item::Batch(batch));
    }

    fn restart(&mut self, text: &str) {
        let stored = serde_json::to_string(&self.engine.snapshot()).unwrap();
        self.engine = Engine::restore(serde_json::from_str(&stored).unwrap(), site(text));
    }

    /// The forecasters of the inlet's trackers.
    fn forecasters(&self) -> Vec<&Shared> {
        let machines = self.engine.table.state(0).machines.iter();
        machines
            .filter_map(|machine| machine.tracker.memory()?.forecaster())
            .collect()
    }

    /// How many of them there really are.
    fn distinct(&self) -> usize {
        let mut distinct: Vec<&Shared> = Vec::new();
        for shared in self.forecasters() {
            if !distinct.iter().any(|other| other.is_one_with(shared)) {
                distinct.push(shared);
            }
        }
        distinct.len()
    }
}

#[test]
fn what_two_rules_remember_alike_is_one_and_counts_each_reading_once() {
    let mut house = House::new(BUILT_IN);
    let mut alone = crate::alarms::forecast::Forecaster::default();
    for at in (0..7_200).step_by(10) {
        house.read(at);
        alone.push(second(at), 22.0 + (at % 70) as f64 / 20.0);
        if at == 3_600 {
            house.restart(BUILT_IN);
            assert_eq!(house.distinct(), 2, "read back, each by itself");
        }
    }
    assert_eq!(house.forecasters().len(), 2);
    assert_eq!(house.distinct(), 1);
    assert_eq!(house.forecasters()[0].forecaster(), Some(&alone));
}

#[test]
fn a_rule_that_begins_later_knows_what_it_would_by_itself() {
    let mut house = House::new(BUILT_IN);
    (0..600).step_by(10).for_each(|at| house.read(at));
    let text = [BUILT_IN, OWN].concat();
    house.engine.prepare(1, site(&text));
    house.apply(600, Item::Revision(1));
    let mut later = crate::alarms::forecast::Forecaster::default();
    for at in (610..1_200).step_by(10) {
        house.read(at);
        later.push(second(at), 22.0 + (at % 70) as f64 / 20.0);
    }
    assert_eq!((house.forecasters().len(), house.distinct()), (3, 2));
    let forecasters = house.forecasters();
    let is_later = |shared: &&&Shared| shared.forecaster() == Some(&later);
    assert_eq!(forecasters.iter().filter(is_later).count(), 1);
}
