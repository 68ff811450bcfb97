//! What happens to one agent, as rules over another agent's series see it: readings that are lost, and silence while an agent is away.

use plenum_protocol::{Duration, Quantity};

use super::*;
use crate::fact::{ExpectedSensor, Gap, Presence};

const ROOM: &str = r#"
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
[[sensor]]
agent = "b"
id = "outlet"
name = "Outlet"
room = "r"
place = "outlet"
"#;

/// Two agents of one room; all that they read is read each ten seconds.
struct House {
    engine: Engine,
    player: Player,
}

impl House {
    /// Under one rule, over temperatures, with no other one.
    fn new(rule: &str) -> Self {
        let text = format!(
            "{ROOM}[[rule]]\nid = \"watched\"\nname = \"Watched\"\npriority = \"low\"\nselect = {{ quantities = [\"temperature\"] }}\n{rule}\n"
        );
        let mut site: Site = toml::from_str(&text).unwrap();
        for rule in crate::site::defaults::built_in() {
            let mut off = rule.clone();
            off.enabled = false;
            site.rules.push(off);
        }
        let mut house = Self {
            engine: Engine::new(Arc::new(site)),
            player: Player::default(),
        };
        house.engine.reached_end(at(0));
        house.is_there("a", true, 0);
        house.is_there("b", true, 0);
        house
    }

    fn commit(&mut self, item: Item, second: i64) {
        self.engine.advance(at(second));
        self.player.number += 1;
        self.engine.apply(&Entry {
            number: self.player.number,
            received: at(second),
            items: vec![item],
        });
        self.note();
    }

    fn note(&mut self) {
        let effects = std::iter::from_fn(|| self.engine.poll_effect()).collect();
        self.player.note(effects);
    }

    fn is_there(&mut self, agent: &str, online: bool, second: i64) {
        let (sensor, quantities) = match agent {
            "a" => ("inlet", vec![Quantity::Temperature]),
            _ => ("outlet", vec![Quantity::Temperature, Quantity::Humidity]),
        };
        let listed = ExpectedSensor {
            sensor: sensor.parse().unwrap(),
            driver: String::new(),
            quantities,
            interval: Duration::from_seconds(10),
        };
        let presence = Presence {
            agent: format!("s/{agent}").parse().unwrap(),
            online,
            clock_synchronised: true,
            sensors: vec![listed],
        };
        self.commit(Item::Presence(presence), second);
    }

    fn reads(&mut self, series: &str, value: f64, second: i64) {
        let (agent, channel) = series.split_once('/').unwrap();
        let batch = Batch {
            agent: format!("s/{agent}").parse().unwrap(),
            position: Some(("r".to_owned(), self.player.number)),
            newest: true,
            readings: vec![StoredReading {
                channel: channel.parse().unwrap(),
                at: at(second),
                outcome: Ok(value),
                claimed: None,
            }],
        };
        self.commit(Item::Batch(batch), second);
    }

    fn loses(&mut self, agent: &str, (from, to): (i64, i64), second: i64) {
        let gap = Gap {
            agent: format!("s/{agent}").parse().unwrap(),
            stream: "r".to_owned(),
            sequence: (1, 2),
            from: at(from),
            to: at(to),
            why: "the spool was full".to_owned(),
        };
        self.commit(Item::Gap(gap), second);
    }

    /// When the alarm of a series was raised and returned, in seconds.
    fn told(mut self, series: &str, until: i64) -> Vec<(i64, Cause)> {
        self.engine.advance(at(until));
        self.note();
        let key = ("watched".to_owned(), format!("s/{series}"));
        let log = self.player.log.remove(&key).unwrap_or_default();
        log.into_iter()
            .map(|(at, _, _, cause)| (at / 1_000, cause))
            .collect()
    }
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_milliseconds(second * 1_000)
}

#[test]
fn what_is_lost_of_one_series_is_unknown_to_a_rule_over_another() {
    let rule = "when = { any = [{ above = { limit = 31 } }, { quantity = \"humidity\", within = \"room\", above = { limit = 70 } }] }\noff_delay = \"60s\"";
    for lost in [false, true] {
        let mut house = House::new(rule);
        for second in (10..=200).step_by(10) {
            house.reads("a/inlet/temperature", 20.0, second);
            let humidity = if second < 30 { 80.0 } else { 50.0 };
            if !lost || !(40..100).contains(&second) {
                house.reads("b/outlet/humidity", humidity, second);
            } else if second == 40 {
                house.loses("b", (40, 90), 40);
            }
        }
        // It was dry from 30 on; with readings lost from 40 on nobody knows it until 100.
        let returned = if lost { 160 } else { 90 };
        let expected = [(10, Cause::Raised), (returned, Cause::Returned)];
        assert_eq!(house.told("a/inlet/temperature", 300), expected, "lost: {lost}");
    }
}

#[test]
fn what_was_read_after_a_loss_counts_whenever_that_is_told() {
    let rule = "when = { vote = { at_least = 2, above = { limit = 27 } } }\noff_delay = \"30s\"";
    let mut house = House::new(rule);
    for second in (10..=100).step_by(10) {
        let value = if second < 30 { 29.0 } else { 22.0 };
        house.reads("a/inlet/temperature", 29.0, second);
        house.reads("b/outlet/temperature", value, second);
        if second == 50 {
            // Of before the newest reading.
            house.loses("b", (31, 39), 50);
        }
    }
    let expected = [(10, Cause::Raised), (60, Cause::Returned)];
    assert_eq!(house.told("a/inlet/temperature", 300), expected);
}

#[test]
fn a_guard_goes_by_what_was_last_seen_before_a_loss() {
    let rule = "when = { above = { limit = 27 } }\nonly_while = { quantity = \"humidity\", within = \"room\", above = 70 }\noff_delay = \"30s\"";
    let mut house = House::new(rule);
    house.reads("b/outlet/humidity", 80.0, 5);
    house.reads("a/inlet/temperature", 29.0, 10);
    house.loses("b", (20, 25), 25);
    for second in (30..=90).step_by(10) {
        house.reads("a/inlet/temperature", 22.0, second);
    }
    let expected = [(10, Cause::Raised), (60, Cause::Returned)];
    assert_eq!(house.told("a/inlet/temperature", 300), expected);
}

#[test]
fn silence_of_an_agent_that_is_away_is_no_alarm_of_its_sensors_whatever_another_agent_says() {
    let rule = "when = { stale = { after = \"40s\" } }\nnot_while = [{ quantity = \"humidity\", within = \"room\", above = 70 }]";
    let mut house = House::new(rule);
    house.reads("b/outlet/humidity", 50.0, 5);
    house.reads("a/inlet/temperature", 20.0, 10);
    house.is_there("a", false, 15);
    for second in (20..=200).step_by(10) {
        let humidity = if second % 40 == 0 { 80.0 } else { 50.0 };
        house.reads("b/outlet/humidity", humidity, second);
    }
    assert_eq!(house.told("a/inlet/temperature", 300), []);
}

#[test]
fn a_guard_that_sees_its_own_series_goes_by_the_reading_that_is_judged() {
    for guard in [
        "not_while = [{ quantity = \"temperature\", within = \"site\", above = 35 }]",
        "only_while = { quantity = \"temperature\", within = \"site\", below = 35 }",
    ] {
        let rule = format!("when = {{ above = {{ limit = 27 }} }}\n{guard}");
        let mut house = super::revised::House::with("high", &rule);
        for (at, value) in [(0, 25.0), (10, 36.0), (20, 36.0), (30, 30.0), (40, 25.0)] {
            house.measure(at, "inlet/temperature", &[(at, value)]);
        }
        // Raised and returned at 10 s it would have woken somebody for nothing.
        assert_eq!(house.log, [(30, Cause::Raised), (40, Cause::Returned)], "{guard}");
    }
}
