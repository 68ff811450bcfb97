//! What can happen while people work, at random: nothing that no work names is ever hidden, and nothing stays hidden.

use super::*;
use crate::alarms::forecast::trial::Random;

fn happen(world: &mut World, roll: &mut impl FnMut(u64) -> u64, steps: bool) {
    match roll(20) {
        0..=7 => {
            // Slower than what chatters.
            world.wait(31);
            let channel = CHANNELS[roll(5) as usize];
            let value = match channel.ends_with("temperature") {
                true => 20.0 + 5.0 * roll(4) as f64,
                false => roll(2) as f64,
            };
            world.says(channel, value);
        }
        8..=10 => world.wait(MINUTE * roll(40) as i64),
        11..=14 => {
            let room = [None, Some("r"), Some("q")][roll(3) as usize];
            let kinds: Vec<WorkKind> = KINDS.into_iter().filter(|_| roll(2) == 0).collect();
            let from = [0, 0, 20, 90][roll(4) as usize];
            if !kinds.is_empty() && world.engine.works().count() < 8 {
                world.work(room, &kinds, (from, from + 1 + roll(100) as i64));
            }
        }
        15 => {
            let number = roll(world.works.len() as u64 + 2);
            let _ = world.said(Said::Ends(number));
        }
        16 => {
            let until = world.wall + Duration::from_minutes(1 + roll(60) as i64);
            world.act(1 + roll(8), ActionKind::Shelve { until });
        }
        17 => {
            let minutes = 5 + roll(90) as i64;
            let at = world.wall + Duration::from_minutes(minutes);
            let kind = match roll(16) {
                0..=3 => ActionKind::Unshelve,
                4 if roll(3) == 0 => ActionKind::OutOfService { review: at },
                4..=7 => ActionKind::Reset,
                8..=11 => ActionKind::ReturnToService,
                12 | 13 => ActionKind::AcknowledgeUntil { until: at },
                _ => ActionKind::Acknowledge,
            };
            world.act(1 + roll(8), kind);
        }
        18 if roll(3) == 0 => world.revise(roll(4) as usize),
        _ if steps => match roll(3) {
            0 => world.restart(),
            1 => world.set_clock([-90_000, -1_800, -1, 1, 1_800, 90_000][roll(6) as usize]),
            _ => world.wait(1),
        },
        _ => world.wait(7),
    }
}

#[test]
fn at_random_nothing_unnamed_is_hidden_and_nothing_stays_hidden() {
    let (mut hidden, mut told) = (0, 0);
    for seed in 1..=16 {
        let mut random = Random::new(seed * 0x5EED);
        let mut roll = |sides: u64| random.within(0.0, sides as f64) as u64;
        let mut world = World::new();
        for _ in 0..2_000 {
            happen(&mut world, &mut roll, true);
        }
        hidden += world
            .log
            .iter()
            .filter(|event| event.cause == Cause::Work)
            .count();
        told += world
            .log
            .iter()
            .filter(|event| event.cause == Cause::WorkEnded)
            .count();
        let mut left = 0;
        while world.engine.works().next().is_some() {
            world.wait(60 * MINUTE);
            left += 1;
            assert!(left < 10_000, "it never ends");
        }
    }
    assert!(hidden > 1_000 && told > 500, "{hidden} {told}");
}

/// What was logged about each alarm, in its order.
fn logged(log: &[Event]) -> BTreeMap<u64, Vec<&Event>> {
    let mut alarms: BTreeMap<u64, Vec<&Event>> = BTreeMap::new();
    // Whoever comes to a shelving when it has ended is not reminded that it will.
    for event in log.iter().filter(|event| event.cause != Cause::ShelvingEnds) {
        alarms.entry(event.alarm).or_default().push(event);
    }
    alarms
}

#[test]
fn the_journal_alone_gives_the_same() {
    for seed in 1..=8 {
        let mut random = Random::new(seed * 0xACE5);
        let mut roll = |sides: u64| random.within(0.0, sides as f64) as u64;
        let mut world = World::new();
        for _ in 0..1_000 {
            happen(&mut world, &mut roll, false);
        }
        let mut again = World::new();
        for entry in &world.entries {
            if let Item::Revision(number) = &entry.items[0] {
                let site = world.revisions[*number as usize - 1];
                again.engine.prepare(*number, world.sites[site].clone());
            }
            again.engine.apply(entry);
        }
        again.engine.advance(world.wall);
        again.wall = world.wall;
        while let Some(effect) = again.engine.poll_effect() {
            again.note(effect);
        }
        for (again, before) in logged(&again.log).iter().zip(logged(&world.log)) {
            for (again, before) in again.1.iter().zip(&before.1) {
                assert_eq!(again, before);
            }
            assert_eq!((again.0, again.1.len()), (&before.0, before.1.len()));
        }
        assert_eq!(again.works, world.works);
    }
}
