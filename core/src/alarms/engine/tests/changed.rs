//! What a change of an alarm that stands leaves in it, for whoever is told of that.

use super::*;
use crate::alarms::Alarm;
use crate::alarms::remark::Change;
use crate::fact::{ExpectedSensor, Presence};

const RULES: &str = "[site]\nid = \"s\"\nname = \"S\"\nzone = \"UTC\"\n\
    [[room]]\nid = \"room-a\"\nname = \"Room A\"\n[[room]]\nid = \"room-b\"\nname = \"Room B\"\n\
    [[rule]]\nid = \"mild\"\nname = \"Mild\"\nwhen = { above = { limit = 25 } }\npriority = \"low\"\n\
    [[rule]]\nid = \"warm\"\nname = \"Warm\"\nwhen = { above = { limit = 27 } }\npriority = \"high\"\n";

fn alarm(engine: &Engine, rule: &str) -> Alarm {
    let mut alarms = engine.alarms();
    alarms.find(|alarm| alarm.rule.as_str() == rule).unwrap().clone()
}

#[test]
fn a_summary_that_becomes_worse_says_from_what_to_what() {
    let mut engine = Engine::new(Arc::new(toml::from_str(RULES).unwrap()));
    engine.reached_end(second(0));
    let mut player = Player::default();
    let mut read = |engine: &mut Engine, at: i64, value: f64| {
        let reading = StoredReading {
            channel: "inlet/temperature".parse().unwrap(),
            at: second(at),
            outcome: Ok(value),
            claimed: None,
        };
        player.send(engine, vec![reading], second(1_000 + at), true);
    };
    read(&mut engine, 900, 20.0);
    read(&mut engine, 10, 26.0);
    let first = alarm(&engine, "late");
    assert_eq!(first.changed, None);
    read(&mut engine, 20, 30.0);
    let worse = alarm(&engine, "late");
    assert_eq!(worse.priority, Priority::High);
    let changed = worse.changed.unwrap();
    let what = Change::Priority {
        before: first.priority,
        after: Priority::High,
    };
    assert_eq!(changed.what, [what]);
}

#[test]
fn a_sensor_that_was_never_heard_is_told_of_in_the_room_that_it_is_moved_to() {
    let placed = |room: &str| -> Arc<Site> {
        let sensor = format!(
            "[[sensor]]\nagent = \"a\"\nid = \"leak\"\nname = \"Leak\"\nroom = \"{room}\"\nplace = \"room\"\n"
        );
        Arc::new(toml::from_str(&(RULES.to_owned() + &sensor)).unwrap())
    };
    let mut engine = Engine::new(Arc::new(toml::from_str(RULES).unwrap()));
    engine.reached_end(second(0));
    let mut number = 0;
    let mut apply = |engine: &mut Engine, at: Timestamp, item: Item| {
        number += 1;
        engine.apply(&Entry {
            number,
            received: at,
            items: vec![item],
        });
    };
    let presence = Presence {
        agent: "s/a".parse().unwrap(),
        online: true,
        clock_synchronised: true,
        sensors: Vec::<ExpectedSensor>::new(),
    };
    engine.prepare(1, placed("room-a"));
    apply(&mut engine, second(1), Item::Revision(1));
    apply(&mut engine, second(2), Item::Presence(presence));
    engine.advance(second(3_600));
    assert_eq!(alarm(&engine, "never-heard").room, "room-a".parse().ok());
    engine.prepare(2, placed("room-b"));
    apply(&mut engine, second(3_601), Item::Revision(2));
    let moved = alarm(&engine, "never-heard");
    assert_eq!(moved.room, "room-b".parse().ok());
    let what = Change::Room {
        before: "room-a".parse().ok(),
        after: "room-b".parse().ok(),
    };
    assert_eq!(moved.changed.unwrap().what, [what]);
}
