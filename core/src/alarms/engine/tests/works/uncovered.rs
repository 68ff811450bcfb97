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
