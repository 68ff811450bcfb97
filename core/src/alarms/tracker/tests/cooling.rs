//! The built-in rules for cooling that fails: told of a loss, and not of what only looks like one.

use super::*;
use crate::alarms::forecast::trial::{Random, Room, Sensor, cooling_rules};

/// An inlet whose compressor cycles for two hours and that then goes its own way, in minutes since. Gives after how many minutes each rule raised, the
/// critical one first.
fn raised(interval: i64, after: impl Fn(f64) -> f64) -> [Option<f64>; 2] {
    const BEFORE: i64 = 7_200;
    let mut random = Random::new(7);
    cooling_rules().map(|rule| {
        let mut tracker = ConditionTracker::new(rule);
        let mut changes = Vec::new();
        let expectation = Expectation::told(Duration::from_seconds(interval));
        let silence = Silence::of(rule, &expectation);
        for second in (0..BEFORE + 3_600).step_by(interval as usize) {
            let phase = second as f64 / 780.0 * std::f64::consts::TAU;
            let value = match second - BEFORE {
                before if before < 0 => 22.0 + 0.5 * phase.sin(),
                since => after(since as f64 / 60.0),
            };
            let value = ((value + 0.04 * random.normal()) * 100.0).round() / 100.0;
            let at = Timestamp::from_milliseconds(second * 1_000);
            tracker.reading(rule, silence, at, Ok(value), &mut changes);
        }
        changes.iter().find_map(|change| match change {
            Change::Raised(at) => Some((at.milliseconds() / 1_000 - BEFORE) as f64 / 60.0),
            _ => None,
        })
    })
}

/// From 22 degrees to another balance, with a time constant in minutes.
fn towards(end: f64, constant: f64, minutes: f64) -> f64 {
    end - (end - 22.0) * (-minutes / constant).exp()
}

#[test]
fn a_loss_of_cooling_is_told_before_the_limit() {
    for (end, constant) in [(38.0, 3.0), (40.0, 8.0), (45.0, 20.0), (42.0, 40.0)] {
        let crossing = -constant * (1.0 - 10.0 / (end - 22.0_f64)).ln();
        let [critical, high] = raised(10, |minutes| towards(end, constant, minutes));
        assert!(
            high.is_some_and(|high| high < crossing / 2.0),
            "{end} {constant}: {high:?} of {crossing}"
        );
        assert!(
            critical.is_some_and(|critical| critical < crossing - 1.0),
            "{end} {constant}: {critical:?} of {crossing}"
        );
    }
}

#[test]
fn a_door_that_is_opened_and_a_sensor_that_is_moved_are_not_critical() {
    let mut told = Vec::new();
    for interval in [2, 10, 60] {
        // To the air of a corridor for three minutes, and back.
        for (corridor, constant) in [(25.0, 1.0), (26.0, 1.5), (28.0, 2.0)] {
            let at_three = towards(corridor, constant, 3.0);
            let door = |minutes: f64| match minutes {
                open if open < 3.0 => towards(corridor, constant, open),
                closed => 22.0 + (at_three - 22.0) * (-(closed - 3.0) / constant).exp(),
            };
            let [critical, _] = raised(interval, door);
            told.extend(critical.map(|at| (at, corridor, constant, interval)));
        }
        // From the front of a rack to its rear, within one reading and as its thermometer follows.
        for (rear, constant) in [(26.0, 0.01), (29.0, 0.01), (29.0, 0.5)] {
            let [critical, _] = raised(interval, |minutes| towards(rear, constant, minutes));
            told.extend(critical.map(|at| (at, rear, constant, interval)));
        }
    }
    // The one that follows so slowly looks like a room that is lost for longer than a minute, at one of the intervals.
    let told: Vec<_> = told.into_iter().filter(|(at, ..)| *at < 1.25).collect();
    assert_eq!(told, []);
}

#[test]
fn a_compressor_that_cycles_is_not_told() {
    let mut random = Random::new(1);
    for sensor in [Sensor::Sht3x, Sensor::Ds18b20] {
        let room = Room {
            sensor,
            ..Room::drawn(0.0, 32.0, 60, &mut random)
        };
        assert_eq!(room.alarms(5, cooling_rules(), &mut random), [0, 0], "{room:?}");
    }
}
