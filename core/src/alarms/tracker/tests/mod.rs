//! Delays, silence, faults and guards of one condition, as short stories.

mod around;
mod cooling;

use super::*;
use crate::expectation::Expectation;
use crate::site::condition::{Above, Below, Condition, Stale};
use crate::site::defaults::built_in;
use plenum_protocol::Fault;

fn rule(when: Condition, on: i64, off: i64) -> Rule {
    Rule {
        when,
        only_while: None,
        on_delay: Duration::from_seconds(on),
        off_delay: Duration::from_seconds(off),
        ..built_in()[0].clone()
    }
}

const GONE: f64 = f64::NAN;

/// Feeds (second, value or NaN for a fault), then lets the wall clock pass `end`; tells what was decided as text.
fn check(rule: &Rule, stale: Option<i64>, readings: &[(i64, f64)], end: i64, expected: &str) {
    let silence = stale.map_or(Silence::Unjudged, |after| {
        Silence::After(Duration::from_seconds(after))
    });
    check_with(rule, silence, readings, end, expected);
}

fn check_with(rule: &Rule, silence: Silence<'_>, readings: &[(i64, f64)], end: i64, expected: &str) {
    let second = |count: i64| Timestamp::from_milliseconds(count * 1_000);
    let mut tracker = ConditionTracker::new(rule);
    let mut changes = Vec::new();
    for (at, value) in readings {
        let outcome = if value.is_nan() {
            Err(Fault::Timeout)
        } else {
            Ok(*value)
        };
        // A restart forgets nothing.
        let text = serde_json::to_string(&tracker).unwrap();
        tracker = serde_json::from_str(&text).unwrap();
        tracker.reading(rule, silence, second(*at), outcome, &mut changes);
    }
    tracker.pass(rule, silence, second(end), &mut changes);
    let told: Vec<String> = changes
        .iter()
        .filter_map(|change| match change {
            Change::Raised(at) => Some(format!("+{}", at.milliseconds() / 1_000)),
            Change::Returned(at) => Some(format!("-{}", at.milliseconds() / 1_000)),
            _ => None,
        })
        .collect();
    assert_eq!(told.join(" "), expected, "{readings:?}");
}

#[test]
fn delays_end_at_their_exact_instant() {
    let warm = rule(
        Condition::Above(Above {
            limit: 27.0,
            deadband: 1.0,
        }),
        30,
        60,
    );
    check(&warm, None, &[(0, 28.0), (10, 28.0)], 29, "");
    check(&warm, None, &[(0, 28.0), (10, 28.0)], 30, "+30");
    check(&warm, None, &[(0, 28.0), (45, 28.0)], 45, "+30");
    check(&warm, None, &[(0, 28.0), (20, 27.0), (25, 28.0)], 50, "");
    check(&warm, None, &[(0, 28.0), (20, 27.0), (25, 28.0)], 55, "+55");
    // Within the deadband it is not gone; below it the off-delay runs.
    check(&warm, None, &[(0, 28.0), (40, 26.5), (300, 26.5)], 300, "+30");
    check(
        &warm,
        None,
        &[(0, 28.0), (40, 26.0), (60, 26.5), (70, 25.0)],
        129,
        "+30",
    );
    check(
        &warm,
        None,
        &[(0, 28.0), (40, 26.0), (60, 26.5), (70, 25.0)],
        130,
        "+30 -130",
    );
}

/// As `check`, of a series that is expected each so many seconds; every reading comes after a restart.
fn check_expected(rule: &Rule, interval: i64, readings: &[(i64, f64)], end: i64, expected: &str) {
    let expectation = Expectation::told(Duration::from_seconds(interval));
    check_with(rule, Silence::Expected(&expectation), readings, end, expected);
}

#[test]
fn a_delay_shorter_than_the_interval_needs_two_readings() {
    let above = Condition::Above(Above {
        limit: 32.0,
        deadband: 0.0,
    });
    let hot = rule(above.clone(), 30, 0);
    let once = [(0, 21.0), (60, 85.0), (120, 21.0), (180, 21.0)];
    check_expected(&hot, 60, &once, 400, "");
    check_expected(&hot, 60, &[(0, 21.0), (60, 33.0), (120, 34.0)], 130, "+120");
    check_expected(&hot, 60, &[(0, 33.0), (60, GONE), (120, 34.0)], 130, "+120");
    check_expected(&hot, 60, &[(0, 33.0), (60, GONE), (120, 21.0)], 130, "");
    check_expected(&hot, 10, &[(0, 33.0), (10, 34.0)], 130, "+30");
    let twice = [(0, 85.0), (60, 21.0), (120, 85.0), (180, 21.0)];
    check_expected(&hot, 60, &twice, 400, "");
    check_expected(&rule(above, 0, 0), 60, &[(0, 33.0)], 10, "+0");
    let wet = Condition::Is(crate::site::condition::Is {
        state: true,
        latched: false,
    });
    check_expected(&rule(wet, 2, 0), 60, &[(0, 0.0), (60, 1.0)], 70, "+62");
}

#[test]
fn a_delay_as_long_as_the_interval_is_not_over_with_the_reading_that_denies_it() {
    let above = Condition::Above(Above {
        limit: 32.0,
        deadband: 0.0,
    });
    let hot = Rule {
        two_readings: Some(true),
        ..rule(above, 30, 0)
    };
    check_expected(&hot, 30, &[(0, 21.0), (30, 85.0), (60, 21.0)], 200, "");
    check_expected(&hot, 30, &[(0, 21.0), (30, 33.0), (60, 34.0)], 200, "+60");
}

#[test]
fn a_state_whose_rule_wants_two_readings_waits_for_the_second() {
    let low = Condition::Is(crate::site::condition::Is {
        state: true,
        latched: false,
    });
    let once = rule(low, 10, 0);
    let twice = Rule {
        two_readings: Some(true),
        ..once.clone()
    };
    let odd = [(0, 0.0), (60, 1.0), (120, 0.0), (180, 0.0)];
    check_expected(&once, 60, &odd, 200, "+70 -120");
    check_expected(&twice, 60, &odd, 200, "");
    check_expected(&twice, 60, &[(0, 0.0), (60, 1.0), (120, 1.0)], 130, "+120");
    check_expected(&twice, 1, &[(0, 1.0), (9, 1.0), (10, 0.0)], 40, "+10 -10");
    check_expected(&twice, 1, &[(0, 1.0), (9, 0.0)], 40, "");
}

#[test]
fn what_was_never_known_is_not_lost() {
    let lost = rule(
        Condition::Stale(Stale {
            once_known: true,
            ..Stale::default()
        }),
        0,
        0,
    );
    check(&lost, Some(60), &[(0, GONE), (30, GONE)], 500, "");
    check(&lost, Some(60), &[(0, GONE), (10, 97.0), (30, GONE)], 500, "+70");
    check(&lost, Some(60), &[(0, 97.0), (90, 96.0)], 100, "+60 -90");
}

#[test]
fn faults_and_silence_never_clear() {
    let warm = rule(
        Condition::Above(Above {
            limit: 27.0,
            deadband: 0.0,
        }),
        0,
        60,
    );
    check(&warm, None, &[(0, 28.0), (10, 20.0), (20, GONE)], 500, "+0");
    check(
        &warm,
        None,
        &[(0, 28.0), (10, 20.0), (20, GONE), (30, 20.0)],
        90,
        "+0 -90",
    );
    check(&warm, None, &[(0, 28.0), (10, 20.0), (70, GONE)], 70, "+0");
    // Silent for longer than the stale limit: the off-delay starts again with the next good reading.
    check(&warm, Some(30), &[(0, 28.0), (10, 20.0)], 500, "+0");
    check(&warm, Some(30), &[(0, 28.0), (10, 20.0), (100, 20.0)], 129, "+0");
    check(
        &warm,
        Some(60),
        &[(0, 28.0), (10, 20.0), (100, 20.0)],
        129,
        "+0 -70",
    );
    // An on-delay goes on: trouble is presumed.
    let slow = Rule {
        on_delay: Duration::from_seconds(30),
        ..warm
    };
    check(&slow, None, &[(0, 28.0), (10, GONE)], 30, "+30");
}

#[test]
fn silence_is_told_at_the_limit_and_ends_with_a_good_reading() {
    let stale = rule(Condition::Stale(Stale::default()), 0, 0);
    check(&stale, Some(60), &[(0, 1.0), (60, 1.0)], 119, "");
    check(&stale, Some(60), &[(0, 1.0), (60, 1.0)], 120, "+120");
    check(
        &stale,
        Some(60),
        &[(0, 1.0), (30, GONE), (61, GONE), (90, 1.0)],
        91,
        "+60 -90",
    );
    check(&stale, Some(60), &[(0, GONE)], 61, "+60");
    check(&stale, None, &[(0, 1.0)], 9_999, "");
}

#[test]
fn a_guard_starts_and_ends_the_condition() {
    let low = rule(
        Condition::Below(Below {
            limit: 300.0,
            deadband: 0.0,
        }),
        0,
        0,
    );
    let low = Rule {
        only_while: Some(crate::site::Guard::near(
            plenum_protocol::Quantity::UpsOnBattery,
            true,
        )),
        ..low
    };
    let second = |count: i64| Timestamp::from_milliseconds(count * 1_000);
    let guard = |truth: Truth| Elsewhere::new(vec![Learned::always(truth)]);
    let mut tracker = ConditionTracker::new(&low);
    let mut changes = Vec::new();
    let silence = Silence::Unjudged;
    // A guard that was never seen: nobody can say whether the condition counts.
    tracker.reading(&low, silence, second(0), Ok(200.0), &mut changes);
    assert_eq!(changes, []);
    tracker.reading(&low, silence, second(1), Ok(400.0), &mut changes);
    assert_eq!(changes, [Change::Known(second(1))]);
    tracker.look(&low, silence, second(2), guard(Truth::False), &mut changes);
    tracker.reading(&low, silence, second(3), Ok(200.0), &mut changes);
    assert_eq!(changes.len(), 1);
    tracker.look(&low, silence, second(5), guard(Truth::True), &mut changes);
    assert_eq!(changes.last(), Some(&Change::Raised(second(5))));
    // Nobody knows of it any more: that ends nothing.
    tracker.look(&low, silence, second(6), guard(Truth::Unknown), &mut changes);
    assert_eq!(changes.last(), Some(&Change::Unknown(second(6))));
    let text = serde_json::to_string(&tracker).unwrap();
    assert_eq!(
        serde_json::from_str::<ConditionTracker>(&text).unwrap(),
        tracker,
        "{text}"
    );
    tracker.look(&low, silence, second(9), guard(Truth::False), &mut changes);
    assert_eq!(
        changes[changes.len() - 2..],
        [Change::Known(second(9)), Change::Returned(second(9))]
    );
}

#[test]
fn while_its_own_series_is_lost_a_guard_neither_begins_nor_ends_anything() {
    let low = Rule {
        only_while: Some(crate::site::Guard::near(
            plenum_protocol::Quantity::UpsOnBattery,
            true,
        )),
        ..rule(
            Condition::Below(Below {
                limit: 300.0,
                deadband: 0.0,
            }),
            0,
            0,
        )
    };
    let second = |count: i64| Timestamp::from_milliseconds(count * 1_000);
    let guard = |truth: bool| Elsewhere::new(vec![Learned::always(truth)]);
    let silence = Silence::Unjudged;
    let mut tracker = ConditionTracker::new(&low);
    let mut changes = Vec::new();
    tracker.reading(&low, silence, second(0), Ok(200.0), &mut changes);
    tracker.reading(&low, silence, second(1), Err(Fault::Timeout), &mut changes);
    tracker.look(&low, silence, second(2), guard(true), &mut changes);
    assert!(!tracker.is_active());
    tracker.reading(&low, silence, second(3), Ok(200.0), &mut changes);
    assert!(tracker.is_active());
    tracker.reading(&low, silence, second(4), Err(Fault::Timeout), &mut changes);
    tracker.look(&low, silence, second(5), guard(false), &mut changes);
    assert!(tracker.is_active());
    tracker.reading(&low, silence, second(6), Ok(200.0), &mut changes);
    assert!(!tracker.is_active());
}

#[test]
fn what_an_earlier_program_stored_of_a_guard_is_still_read() {
    let held: ConditionTracker = serde_json::from_str("[10,200.0,5000,6000,null]").unwrap();
    assert_eq!(*held.elsewhere(), Elsewhere::new(vec![Learned::always(true)]));
    assert_eq!((held.is_known(), held.is_active()), (true, false));
    let open: ConditionTracker = serde_json::from_str("[3,200.0,5000,6000,null]").unwrap();
    assert_eq!(*open.elsewhere(), Elsewhere::default());
    assert_eq!((open.is_known(), open.is_active()), (true, true));
}
