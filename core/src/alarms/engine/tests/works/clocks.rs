//! Clocks that are set, and starts: no work lasts longer for that, begins before its time, or hides what came before it.

use super::uncovered::{id, last, world};
use super::*;

#[test]
fn a_clock_that_is_set_back_makes_no_work_longer_and_begins_none_before_its_time() {
    let mut world = World::new();
    world.work(Some("r"), &[WorkKind::Water], (0, 60));
    world.wait(30 * MINUTE);
    world.says("one/water", 1.0);
    world.set_clock(-7_200);
    assert!(world.is_hidden("wet", "one/water"));
    world.wait(31 * MINUTE);
    assert!(world.is_told("wet", "one/water"));
    let mut world = World::new();
    let work = world.work(Some("r"), &[WorkKind::Water], (600, 660));
    world.set_clock(610 * MINUTE);
    world.says("one/water", 1.0);
    assert!(world.is_hidden("wet", "one/water"));
    world.set_clock(-610 * MINUTE);
    assert!(world.is_told("wet", "one/water"));
    assert_eq!(world.works[&work].state, WorkState::Planned);
}

#[test]
fn work_whose_end_came_while_nothing_ran_hides_nothing_after_the_start() {
    let mut world = World::new();
    world.work(Some("r"), &[WorkKind::Water], (0, 60));
    world.says("one/water", 1.0);
    world.wall = world.wall + Duration::from_minutes(61);
    let text = serde_json::to_string(&world.engine.snapshot()).unwrap();
    world.engine = Engine::restore(serde_json::from_str(&text).unwrap(), world.sites[0].clone());
    world.engine.reached_end(world.wall);
    world.engine.advance(world.wall);
    world.look();
    assert!(world.is_told("wet", "one/water"));
}

#[test]
fn whoever_has_it_has_it_no_longer_on_a_clock_that_is_set_back_during_the_work() {
    let mut world = world();
    world.work(Some("r"), &[WorkKind::Temperature], (0, 60));
    world.says("one/temperature", 30.0);
    let id = id(&world, "warm");
    let until = world.wall + Duration::from_minutes(90);
    world.act(id, ActionKind::AcknowledgeUntil { until });
    world.set_clock(-7_200);
    world.wait(90 * MINUTE);
    assert_eq!(last(&world, id).cause, Cause::AcknowledgementEnded);
}

#[test]
fn what_came_before_the_work_is_told_on_a_clock_that_was_set_back_too() {
    for restarts in [false, true] {
        let mut world = World::new();
        world.says("one/temperature", 30.0);
        let id = id(&world, "warm");
        let until = world.wall + Duration::from_minutes(60);
        world.act(id, ActionKind::Shelve { until });
        world.wait(10 * MINUTE);
        world.work(Some("r"), &[WorkKind::Temperature], (0, 120));
        world.wait(20 * MINUTE);
        match restarts {
            true => {
                world.wall = world.wall - Duration::from_minutes(30);
                world.restart();
            }
            false => world.set_clock(-1_800),
        }
        world.wait(60 * MINUTE);
        assert_eq!(last(&world, id).cause, Cause::ShelvingEnded);
        assert!(world.is_told("warm", "one/temperature"));
    }
}

#[test]
fn what_came_before_a_clock_was_set_back_is_not_hidden_by_work_that_began_after_that() {
    let mut world = World::new();
    world.says("one/temperature", 30.0);
    let id = id(&world, "warm");
    let until = world.wall + Duration::from_minutes(60);
    world.act(id, ActionKind::Shelve { until });
    world.set_clock(-7_200);
    world.work(Some("r"), &[WorkKind::Temperature], (0, 120));
    world.wait(60 * MINUTE);
    assert_eq!(last(&world, id).cause, Cause::ShelvingEnded);
    assert!(world.is_told("warm", "one/temperature"));
}

#[test]
fn work_that_is_heard_of_after_its_end_is_over() {
    let mut world = World::new();
    let (at, by) = (world.wall, Actor::Person(1));
    let plan = Plan {
        room: None,
        kinds: [WorkKind::Water].into(),
        from: at,
        until: at + Duration::from_minutes(60),
        reason: "fire test".to_owned(),
    };
    world.wait(61 * MINUTE);
    let said = Said::Begins(plan);
    world.commit(Item::Work(WorkSaid { at, by, said }));
    let work = world.answers.pop().unwrap().unwrap();
    assert!(world.works[&work].is_over());
    world.says("one/water", 1.0);
    assert!(world.is_told("wet", "one/water"));
}
