//! What lies over an alarm ends while work goes on, or the work ends while another alarm stands for it.

use super::*;

/// Two sensors of one room, the second of which is too warm since before any work.
pub(super) fn world() -> World {
    let mut world = World::new();
    world.revise(3);
    world.says("two/temperature", 30.0);
    world.wait(20 * MINUTE);
    world
}

/// The alarm of a rule at the first sensor.
pub(super) fn id(world: &World, rule: &str) -> u64 {
    let sensor = match rule {
        "warm" => "one/temperature",
        _ => "one/smoke",
    };
    world.alarm(rule, sensor).unwrap().id
}

/// What last happened to an alarm.
pub(super) fn last(world: &World, id: u64) -> &Event {
    world.log.iter().rfind(|event| event.alarm == id).unwrap()
}

#[test]
fn whoever_has_it_until_an_instant_has_it_no_longer_where_another_stands_for_it_when_the_work_is_over() {
    for lasts in [60, 120] {
        let mut world = world();
        world.work(Some("r"), &[WorkKind::Temperature], (0, lasts));
        world.says("one/temperature", 30.0);
        let id = id(&world, "warm");
        let until = world.wall + Duration::from_minutes(90);
        world.act(id, ActionKind::AcknowledgeUntil { until });
        assert!(world.is_hidden("warm", "one/temperature"));
        world.wait(lasts * MINUTE);
        let cover = world.engine.alarm(id).unwrap().cover.as_ref().map(Cover::kind);
        assert_eq!(cover, Some(CoverKind::Suppressed));
        world.wait((90 - lasts).max(0) * MINUTE);
        assert_eq!(last(&world, id).cause, Cause::AcknowledgementEnded, "{lasts}");
    }
}

#[test]
fn what_came_during_the_work_and_was_put_aside_is_hidden_by_the_work_when_a_person_ends_that() {
    for (rule, sensor, value) in [("warm", "one/temperature", 30.0), ("fire", "one/smoke", 1.0)] {
        let mut world = World::new();
        world.work(Some("r"), &[WorkKind::Temperature, WorkKind::Smoke], (0, 120));
        world.says(sensor, value);
        world.wait(10 * MINUTE);
        let id = id(&world, rule);
        let until = world.wall + Duration::from_hours(4);
        let (puts, ends, cause) = match rule {
            "warm" => (
                ActionKind::Shelve { until },
                ActionKind::Unshelve,
                Cause::Unshelved,
            ),
            _ => (
                ActionKind::OutOfService { review: until },
                ActionKind::ReturnToService,
                Cause::ReturnedToService,
            ),
        };
        world.act(id, puts);
        assert!(!world.is_hidden(rule, sensor));
        world.wait(10 * MINUTE);
        world.act(id, ends);
        let event = last(&world, id);
        assert_eq!((event.cause, event.to_cover), (cause, Some(CoverKind::Work)));
        assert_eq!(event.actor, Actor::named("anna"), "it is they who ended it");
        assert!(world.is_hidden(rule, sensor) && !world.is_told(rule, sensor));
        world.wait(100 * MINUTE);
        assert!(world.is_told(rule, sensor), "the work is over");
    }
}

#[test]
fn what_came_before_the_work_is_told_when_a_person_ends_what_lay_over_it() {
    let mut world = World::new();
    world.says("one/temperature", 30.0);
    let id = id(&world, "warm");
    let until = world.wall + Duration::from_hours(4);
    world.act(id, ActionKind::Shelve { until });
    world.wait(10 * MINUTE);
    world.work(Some("r"), &[WorkKind::Temperature], (0, 120));
    world.wait(10 * MINUTE);
    world.act(id, ActionKind::Unshelve);
    assert_eq!(last(&world, id).to_cover, None);
    assert!(world.is_told("warm", "one/temperature"));
}

#[test]
fn what_is_shelved_and_gets_worse_is_hidden_by_work_that_names_it_as_it_is_then_and_told_otherwise() {
    for named in [true, false] {
        let mut world = World::new();
        let kinds: &[WorkKind] = match named {
            true => &[WorkKind::Temperature, WorkKind::CriticalTemperature],
            false => &[WorkKind::Temperature],
        };
        world.work(Some("r"), kinds, (0, 120));
        world.says("one/temperature", 30.0);
        let id = id(&world, "warm");
        let until = world.wall + Duration::from_hours(4);
        world.act(id, ActionKind::Shelve { until });
        world.revise(2);
        assert_eq!(last(&world, id).cause, Cause::PriorityChanged);
        assert_eq!(world.is_hidden("warm", "one/temperature"), named);
        assert_eq!(world.is_told("warm", "one/temperature"), !named);
    }
}
