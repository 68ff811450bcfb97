//! When an input is known: over changes of what is expected, either way, and not otherwise for what is said later.

use super::*;

fn second(count: i64) -> Timestamp {
    Timestamp::from_milliseconds(count * 1_000)
}

/// Intervals in seconds from seconds on; 0 is a retirement.
fn expectation(eras: &[(i64, i64)]) -> Expectation {
    let mut expectation = Expectation::default();
    for (from, interval) in eras {
        expectation.change(second(*from), every(*interval), true);
    }
    expectation
}

fn every(interval: i64) -> Option<Expected> {
    (interval > 0).then_some(Expected {
        interval: Duration::from_seconds(interval),
        why: Why::Told,
    })
}

fn check(eras: &[(i64, i64)], fresh: i64, expected: i64) {
    let until = expectation(eras).known_until(second(fresh));
    assert_eq!(until.milliseconds() / 1_000, expected, "{eras:?} at {fresh}");
}

#[test]
fn three_intervals_and_at_least_a_minute_may_pass() {
    check(&[(0, 10)], 100, 160);
    check(&[(0, 60)], 100, 280);
    check(&[(0, 3_600)], 100, 10_900);
    check(&[], 100, 1_000);
    // Nothing was said yet at that time.
    check(&[(5_000, 60)], 100, 1_000);
}

#[test]
fn what_changes_while_a_reading_is_awaited_lengthens_or_has_its_own_length() {
    check(&[(0, 60), (150, 3_600)], 100, 10_900);
    check(&[(0, 3_600), (5_000, 60)], 100, 5_180);
    // It was silent for too long before that.
    check(&[(0, 60), (281, 3_600)], 100, 280);
    check(&[(0, 60), (280, 3_600)], 100, 10_900);
    // It would have been due anyway.
    check(&[(0, 3_600), (10_800, 60)], 100, 10_900);
    check(&[(0, 60), (150, 0)], 100, 280);
}

#[test]
fn a_publisher_that_says_another_interval_each_second_gains_nothing_beyond_its_longest() {
    let eras: Vec<(i64, i64)> = (0..60).map(|index| (101 + index, 60 + index % 2)).collect();
    let until = expectation(&eras).known_until(second(100));
    assert!(until <= second(100 + 15 * 60), "{until:?}");
    let mut many = expectation(&[]);
    for index in 0..100_000 {
        many.change(second(index), every(60 + index % 2), true);
    }
    assert_eq!(many.eras().len(), ERAS);
}

#[test]
fn the_past_is_judged_by_what_was_expected_then() {
    let before = expectation(&[(0, 60)]);
    let mut after = before.clone();
    after.change(second(100_000), every(3_600), true);
    for fresh in (0..90_000).step_by(97) {
        assert_eq!(
            before.known_until(second(fresh)),
            after.known_until(second(fresh))
        );
    }
}

#[test]
fn what_is_said_before_the_first_reading_holds_of_what_comes_from_before_that() {
    let mut told = Expectation::default();
    told.change(second(5_000), every(60), false);
    assert_eq!(told.known_until(second(100)), second(280));
    assert_eq!(told.begins(), Some(second(5_000)));
}

#[test]
fn the_same_again_is_no_change_and_an_older_instant_counts_from_the_newest() {
    assert_eq!(expectation(&[(0, 60), (50, 60)]).eras().len(), 1);
    let back = expectation(&[(100, 60), (50, 10)]);
    assert_eq!(back.eras().len(), 1);
    assert_eq!(back.eras()[0].from, second(100));
    assert_eq!(
        back.now().map(|now| now.interval),
        Some(Duration::from_seconds(10))
    );
    assert_eq!(expectation(&[(0, 60), (50, 0)]).now(), None);
}

#[test]
fn what_was_before_can_be_forgotten() {
    let mut expectation = expectation(&[(0, 60), (100, 10), (200, 30)]);
    expectation.forget_before(second(150));
    assert_eq!(expectation.eras().len(), 2);
    assert_eq!(expectation.known_until(second(199)), second(259 + 30));
    expectation.forget_before(second(1_000));
    assert_eq!(expectation.eras().len(), 1);
}

#[test]
fn silences_end_with_a_reading_and_count_from_the_limit() {
    let check = |before: Option<i64>, readings: &[i64], expected: &[(i64, i64)]| {
        let found = silences(
            &expectation(&[(0, 60)]),
            before.map(second),
            readings.iter().map(|at| second(*at)),
            (second(1_000), second(2_000)),
        );
        let found: Vec<(i64, i64)> = found
            .iter()
            .map(|(from, to)| (from.milliseconds() / 1_000, to.milliseconds() / 1_000))
            .collect();
        assert_eq!(found, expected);
    };
    check(None, &[1_300], &[(1_000, 1_300), (1_480, 2_000)]);
    check(
        Some(900),
        &[1_080, 1_260, 1_500, 1_900],
        &[(1_440, 1_500), (1_680, 1_900)],
    );
    check(Some(10), &[], &[(1_000, 2_000)]);
    check(Some(990), &[], &[(1_170, 2_000)]);
}
