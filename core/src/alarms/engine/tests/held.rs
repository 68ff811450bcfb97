//! When a condition began and ended beside when it was told, what its value was then, and what a revision says of it at once.

use super::*;
use crate::alarms::Alarm;
use crate::oncall::{self, Heard, Listener, Reason};

fn site_with(limit: u32) -> Arc<Site> {
    let text = format!(
        "[site]\nid = \"s\"\nname = \"S\"\nzone = \"UTC\"\n\
         [[rule]]\nid = \"warm\"\nname = \"Warm\"\nwhen = {{ above = {{ limit = {limit}, deadband = 1 }} }}\n\
         on_delay = \"30s\"\noff_delay = \"60s\"\npriority = \"high\"\n\
         [[channel]]\nid = \"mail\"\nkind = \"email\"\npeople = []\n"
    );
    Arc::new(toml::from_str(&text).unwrap())
}

/// A house that is read every ten seconds: these values.
struct House {
    engine: Engine,
    player: Player,
    next: i64,
}

impl House {
    fn new() -> Self {
        let mut engine = Engine::new(site_with(27));
        engine.reached_end(second(0));
        Self {
            engine,
            player: Player::default(),
            next: 10,
        }
    }

    fn read(&mut self, values: &[f64]) {
        for value in values {
            let reading = StoredReading {
                channel: "inlet/temperature".parse().unwrap(),
                at: second(self.next),
                outcome: Ok(*value),
                claimed: None,
            };
            let at = second(self.next);
            self.player.send(&mut self.engine, vec![reading], at, true);
            self.next += 10;
        }
    }

    fn alarm(&self) -> Alarm {
        let mut alarms = self.engine.alarms();
        alarms
            .find(|alarm| alarm.rule.as_str() == "warm")
            .unwrap()
            .clone()
    }

    /// A revision of the site; gives what one who was told is told of it.
    fn revise(&mut self, site: Arc<Site>) -> Vec<Reason> {
        self.engine.prepare(1, site.clone());
        self.player.number += 1;
        self.engine.apply(&Entry {
            number: self.player.number,
            received: second(self.next - 5),
            items: vec![Item::Revision(1)],
        });
        let effects = std::iter::from_fn(|| self.engine.poll_effect());
        let listener = Listener {
            takes: true,
            heard: Heard::Stands,
            acted: false,
        };
        let told = effects.filter_map(|effect| match effect {
            Effect::Transition { alarm, event } => Some(oncall::decide(&alarm, &event, listener)),
            _ => None,
        });
        told.collect()
    }
}

#[test]
fn it_lasted_from_its_beginning_to_its_end_and_not_from_delay_to_delay() {
    let mut house = House::new();
    house.read(&[25.0, 30.0, 30.0, 30.0, 30.0, 30.0]);
    let alarm = house.alarm();
    assert_eq!(
        (alarm.raised_at, alarm.held.began_at),
        (second(50), Some(second(20)))
    );
    assert!(!alarm.is_ending());
    house.read(&[25.0, 25.0]);
    assert!(house.alarm().is_ending(), "its condition is gone, its delay runs");
    house.read(&[25.0, 25.0, 25.0, 25.0, 24.0]);
    let alarm = house.alarm();
    assert_eq!(alarm.returned_at, Some(second(130)));
    assert_eq!(alarm.lasted(), Some((Duration::from_seconds(50), true)));
    assert_eq!(alarm.value, Some(24.0), "what ended it");
}

#[test]
fn a_limit_that_the_known_value_does_not_pass_any_more_is_judged_at_once() {
    let mut house = House::new();
    house.read(&[30.0; 6]);
    assert!(house.alarm().state.is_active());
    assert_eq!(house.revise(site_with(35)), [Reason::Resolved]);
    let alarm = house.alarm();
    assert!(!alarm.state.is_active());
    assert_eq!(alarm.changed.map(|changed| changed.at), alarm.returned_at);
}

#[test]
fn what_a_revision_leaves_standing_is_changed_and_what_is_over_is_not_told() {
    let mut house = House::new();
    house.read(&[30.0; 6]);
    assert_eq!(house.revise(site_with(28)), [Reason::Changed]);
    let mut house = House::new();
    house.read(&[30.0; 6]);
    house.read(&[25.0; 8]);
    assert!(house.alarm().is_open() && !house.alarm().state.is_active());
    assert!(!house.revise(site_with(28)).contains(&Reason::Changed));
}
