//! What a changed rule does to an alarm that stands, or is about to: as much as it decides, and nothing more.

use super::*;
use crate::alarms::remark::Change;
use crate::alarms::{Alarm, Remark};
use crate::fact::{Expectation, ExpectationChange, ExpectedSensor, Presence};

/// A house with one rule, read every ten seconds.
pub(super) struct House {
    pub(super) engine: Engine,
    number: u64,
    next: i64,
    pub(super) log: Vec<(i64, Cause)>,
    pub(super) remarks: Vec<Option<Remark>>,
}

fn site_of(rule: &str) -> Arc<Site> {
    site_with("high", rule)
}

pub(super) fn site_with(priority: &str, rule: &str) -> Arc<Site> {
    let text = format!(
        "[site]\nid = \"s\"\nname = \"S\"\nzone = \"UTC\"\n[[rule]]\nid = \"warm\"\nname = \"Warm\"\npriority = \"{priority}\"\n{rule}\n"
    );
    Arc::new(toml::from_str(&text).unwrap())
}

impl House {
    fn new(rule: &str) -> Self {
        Self::with("high", rule)
    }

    pub(super) fn with(priority: &str, rule: &str) -> Self {
        let mut engine = Engine::new(site_with(priority, rule));
        engine.reached_end(second(0));
        Self {
            engine,
            number: 0,
            next: 0,
            log: Vec::new(),
            remarks: Vec::new(),
        }
    }

    pub(super) fn apply(&mut self, received: Timestamp, item: Item) {
        self.engine.advance(received);
        self.number += 1;
        self.engine.apply(&Entry {
            number: self.number,
            received,
            items: vec![item],
        });
        self.note();
    }

    pub(super) fn note(&mut self) {
        while let Some(effect) = self.engine.poll_effect() {
            if let Effect::Transition { alarm, event } = effect
                && alarm.rule.as_str() == "warm"
            {
                self.log
                    .push((event.at.since(second(0)).milliseconds() / 1_000, event.cause));
                self.remarks.push(event.remark);
            }
        }
    }

    pub(super) fn measure(&mut self, received: i64, channel: &str, readings: &[(i64, f64)]) {
        let readings = readings.iter().map(|(at, value)| StoredReading {
            channel: channel.parse().unwrap(),
            at: second(*at),
            outcome: Ok(*value),
            claimed: None,
        });
        let batch = Batch {
            agent: "s/a".parse().unwrap(),
            position: Some(("r".to_owned(), self.number)),
            newest: true,
            readings: readings.collect(),
        };
        self.apply(second(received), Item::Batch(batch));
    }

    /// Its agent says that the inlet is read so often.
    fn status(&mut self, interval: i64) {
        let sensor = ExpectedSensor {
            sensor: "inlet".parse().unwrap(),
            driver: "hwmon".to_owned(),
            interval: Duration::from_seconds(interval),
            quantities: vec![plenum_protocol::Quantity::Temperature],
        };
        let presence = Presence {
            agent: "s/a".parse().unwrap(),
            online: true,
            clock_synchronised: true,
            sensors: vec![sensor],
        };
        self.apply(second(0), Item::Presence(presence));
    }

    /// The next readings of the inlet.
    fn read(&mut self, values: &[f64]) {
        for value in values {
            self.measure(self.next, "inlet/temperature", &[(self.next, *value)]);
            self.next += 10;
        }
    }

    /// Another rule, five seconds after the newest reading.
    fn revise(&mut self, rule: &str) {
        let revision = self.engine.revision() + 1;
        self.engine.prepare(revision, site_of(rule));
        self.apply(second(self.next - 5), Item::Revision(revision));
    }

    pub(super) fn alarm(&self) -> Alarm {
        let mut alarms = self.engine.alarms();
        alarms
            .find(|alarm| alarm.rule.as_str() == "warm")
            .unwrap()
            .clone()
    }

    /// Nothing stands that nothing watches: what is far from any limit for long ends whatever stands.
    fn check(mut self, expected: &[(i64, Cause)]) {
        assert_eq!(self.log, expected);
        self.read(&[20.0; 70]);
        assert!(!self.alarm().state.is_active(), "{:?}", self.log);
    }
}

use Cause::{Raised, Returned};

#[test]
fn another_deadband_ends_what_it_does_not_keep_and_nothing_else() {
    let mut house = House::new("when = { above = { limit = 30, deadband = 1 } }\noff_delay = \"60s\"");
    house.read(&[31.0, 29.5, 29.5]);
    house.revise("when = { above = { limit = 30, deadband = 2 } }\noff_delay = \"60s\"");
    house.read(&[29.5]);
    assert!(house.alarm().state.is_active());
    house.revise("when = { above = { limit = 30, deadband = 0.1 } }\noff_delay = \"60s\"");
    assert_eq!(
        house.remarks.last().unwrap(),
        &Some(Remark::Changed(vec![Change::Condition]))
    );
    house.check(&[(0, Raised), (35, Returned)]);
}

#[test]
fn what_has_no_limit_to_show_ends_by_its_change_too() {
    let mut house = House::new("when = { rises = { by = 3, within = \"5min\" } }");
    house.read(&[20.0, 20.0, 24.0, 24.0]);
    house.revise("when = { rises = { by = 8, within = \"5min\" } }");
    house.check(&[(30, Raised), (35, Returned)]);
}

#[test]
fn an_off_delay_goes_on_under_a_rule_by_which_the_condition_is_gone_as_well() {
    let mut house = House::new("when = { above = { limit = 30 } }\noff_delay = \"60s\"");
    house.read(&[31.0, 25.0, 25.0]);
    house.revise("when = { above = { limit = 29 } }\noff_delay = \"60s\"");
    assert_eq!(house.alarm().held.ended_at, Some(second(10)));
    house.read(&[25.0; 6]);
    let [.., ended] = house.log[..] else { panic!() };
    assert_eq!(ended, (70, Returned));
    assert_eq!(house.alarm().held.ended_at, Some(second(10)));
}

#[test]
fn an_off_delay_stops_where_the_condition_holds_by_the_new_rule() {
    let mut house = House::new("when = { above = { limit = 30 } }\noff_delay = \"60s\"");
    house.read(&[31.0, 29.0, 29.0]);
    assert!(house.alarm().is_ending());
    house.revise("when = { above = { limit = 28 } }\noff_delay = \"60s\"");
    assert!(!house.alarm().is_ending());
    house.read(&[29.0; 9]);
    assert!(house.alarm().state.is_active());
    assert!(!house.alarm().is_ending());
}

#[test]
fn an_on_delay_goes_on_where_the_new_rule_would_begin_as_well() {
    let mut house = House::new("when = { above = { limit = 30 } }\non_delay = \"60s\"");
    house.read(&[33.0, 33.0, 33.0]);
    house.revise("when = { above = { limit = 31 } }\non_delay = \"60s\"");
    house.read(&[33.0; 5]);
    assert_eq!(house.alarm().held.began_at, Some(second(0)));
    house.check(&[(60, Raised)]);
}

#[test]
fn another_on_delay_counts_from_where_the_condition_began_and_raises_nothing_before_it_was_in_force() {
    let short = "when = { above = { limit = 30 } }\non_delay = \"20s\"";
    let middle = "when = { above = { limit = 30 } }\non_delay = \"60s\"";
    let long = "when = { above = { limit = 30 } }\non_delay = \"90s\"";
    for (after, raised) in [(short, 45), (long, 90)] {
        let mut house = House::new(middle);
        house.read(&[33.0; 5]);
        house.revise(after);
        house.read(&[33.0; 6]);
        house.check(&[(raised, Raised)]);
    }
}

#[test]
fn a_guard_that_is_added_ends_what_it_hinders_and_nothing_else() {
    let plain = "when = { above = { limit = 30 } }";
    let guarded = |is: bool| {
        format!("{plain}\nonly_while = {{ quantity = \"door-open\", is = {is}, within = \"site\" }}")
    };
    for (is, expected) in [
        (true, &[(0, Raised), (15, Returned)][..]),
        (false, &[(0, Raised)]),
    ] {
        let mut house = House::new(plain);
        house.measure(0, "door/door-open", &[(0, 0.0)]);
        house.read(&[33.0; 2]);
        house.revise(&guarded(is));
        house.check(expected);
    }
}

/// The inlet in a room, an alarm of it that stands, and a revision that does not name it any more. `is_there`: its agent.
fn taken_out(is_there: bool, value: f64) -> House {
    let plain = "when = { above = { limit = 30 } }";
    let placed = "[[room]]\nid = \"r\"\nname = \"R\"\n[[sensor]]\nagent = \"a\"\nid = \"inlet\"\nname = \"I\"\nroom = \"r\"\nplace = \"inlet\"";
    let mut house = House::new(&format!("{plain}\n{placed}"));
    house.status(10);
    house.read(&[33.0, value]);
    if !is_there {
        let presence = Presence {
            agent: "s/a".parse().unwrap(),
            online: false,
            clock_synchronised: true,
            sensors: Vec::new(),
        };
        house.apply(second(12), Item::Presence(presence));
    }
    house.revise(plain);
    let retired = Expectation {
        agent: "s/a".parse().unwrap(),
        change: ExpectationChange::Retired {
            sensor: "inlet".parse().unwrap(),
            by: None,
        },
    };
    house.apply(second(15), Item::Expectation(retired));
    house
}

#[test]
fn a_sensor_that_is_taken_out_of_the_site_and_still_read_keeps_its_alarm() {
    let mut house = taken_out(true, 33.0);
    assert_eq!(house.log, [(0, Raised), (15, Cause::Moved)]);
    assert_eq!(house.alarm().room, None);
    house.read(&[33.0, 33.0, 20.0]);
    assert_eq!(house.log[2..], [(40, Returned)]);
    let mut house = taken_out(false, 33.0);
    assert_eq!(house.log, [(0, Raised), (15, Cause::Removed)]);
    house.status(10);
    house.read(&[33.0]);
    assert_eq!(house.log[2..], [(20, Raised)]);
}

#[test]
fn what_is_written_otherwise_and_means_the_same_changes_nothing() {
    let mut house = House::new("when = { above = { limit = 30 } }\non_delay = \"60s\"");
    house.read(&[33.0; 4]);
    house.revise("when = { above = { limit = \"30 Cel\", deadband = 0 } }\non_delay = \"1min\"\nselect = { quantities = [\"temperature\"] }");
    house.read(&[33.0; 4]);
    house.check(&[(60, Raised)]);
}

const WET: &str =
    "when = { is = { state = true } }\nselect = { quantities = [\"door-open\"] }\noff_delay = \"5min\"";

/// A door that was open in what came late, and is closed: its off-delay runs in the run of late readings.
fn late_door() -> House {
    let mut house = House::new(WET);
    house.measure(0, "door/door-open", &[(0, 0.0)]);
    house.measure(100, "door/door-open", &[(100, 0.0)]);
    house.measure(101, "door/door-open", &[(50, 1.0), (60, 0.0)]);
    assert_eq!(house.log, [(50, Cause::Late)]);
    house
}

fn is_over(mut house: House) {
    for minute in 2..9 {
        house.measure(minute * 60, "door/door-open", &[(minute * 60, 0.0)]);
    }
    assert!(!house.alarm().state.is_active(), "{:?}", house.log);
    assert_eq!(house.log.len(), 2, "{:?}", house.log);
    assert_eq!(house.log[1].1, Returned);
}

#[test]
fn what_came_late_ends_after_a_revision_too() {
    is_over(late_door());
    for rule in [
        WET.to_owned(),
        WET.replace("5min", "4min"),
        format!("{WET}\ncause = \"wind\""),
    ] {
        let mut house = late_door();
        house.next = 107;
        house.revise(&rule);
        is_over(house);
    }
}

#[test]
fn what_came_late_ends_after_a_restart_under_fewer_rules_too() {
    let more = format!(
        "{WET}\n[[rule]]\nid = \"other\"\nname = \"O\"\npriority = \"low\"\nwhen = {{ is = {{ state = true }} }}"
    );
    let mut house = late_door();
    house.next = 95;
    let text = serde_json::to_string(&house.engine.snapshot()).unwrap();
    house.engine = Engine::restore(serde_json::from_str(&text).unwrap(), site_of(&more));
    house.engine.reached_end(second(101));
    let text = serde_json::to_string(&house.engine.snapshot()).unwrap();
    house.engine = Engine::restore(serde_json::from_str(&text).unwrap(), site_of(WET));
    house.engine.reached_end(second(102));
    house.note();
    is_over(house);
}

#[test]
fn what_came_late_began_with_the_first_reading_that_said_so_and_one_odd_reading_says_nothing() {
    let rule = "when = { above = { limit = 30 } }\non_delay = \"30s\"";
    let late = |readings: &[(i64, f64)]| {
        let mut house = House::with("critical", rule);
        house.status(60);
        house.measure(1_000, "inlet/temperature", &[(1_000, 20.0)]);
        house.measure(1_001, "inlet/temperature", readings);
        house
    };
    let house = late(&[(100, 33.0), (160, 33.0), (220, 20.0)]);
    assert_eq!(house.log, [(160, Cause::Late), (220, Returned)]);
    assert_eq!(house.alarm().held.began_at, Some(second(100)));
    let house = late(&[(100, 20.0), (160, 85.0), (220, 20.0)]);
    assert_eq!(house.log, []);
}
