//! What is known when the collector's clock was ahead and is set back: what was stamped by it gives way, in this run and in the next.

use plenum_core::expectation::Knowledge;
use plenum_core::fact::{Report, SystemCondition, SystemKind};

use super::*;

const AHEAD: Duration = Duration::from_hours(2);

/// What is said of a series: its value if it is known, and the instant of its newest reading, in seconds since the start.
fn said(rig: &Rig, index: usize) -> (Option<f64>, i64) {
    let all = rig.history().latest();
    let latest = all.iter().find(|latest| latest.series == series(index)).unwrap();
    let known = rig.history().knowledge(&series(index), rig.clock.now());
    assert_eq!(latest.knowledge(rig.clock.now()), known);
    assert_eq!(rig.history().latest_of(&series(index)).unwrap().0, latest.at);
    (known.value(), (latest.at.milliseconds() - START) / 1_000)
}

/// Sensors are read now.
async fn read(rig: &Rig, readings: &[(usize, f64)]) {
    let now = rig.clock.now().milliseconds();
    let readings: Vec<_> = readings
        .iter()
        .map(|(index, value)| (*index, now, Ok(*value)))
        .collect();
    rig.append(vec![batch(&readings)]).await;
    rig.caught_up().await;
}

/// The clock is two hours ahead for a minute; two sensors are read, and one of them once more when it is right again.
async fn ahead_and_back(rig: &Rig) {
    rig.append(vec![present()]).await;
    rig.clock.step(AHEAD);
    read(rig, &[(0, 1.0), (1, 1.0)]).await;
    rig.clock.advance(Duration::from_seconds(60));
    read(rig, &[(0, 2.0), (1, 2.0)]).await;
    rig.clock.step(Duration::ZERO - AHEAD);
    // It is noticed before the next entry is taken.
    rig.append(vec![present()]).await;
    rig.caught_up().await;
    rig.clock.advance(Duration::from_seconds(1));
}

/// As intake says it with the first commit after that.
fn set_back(rig: &Rig) -> Item {
    Item::System(SystemCondition {
        kind: SystemKind::CollectorClock,
        subject: "data".to_owned(),
        active: true,
        at: rig.clock.now(),
        report: Report::ClockBehind { by: AHEAD },
    })
}

#[tokio::test]
async fn what_was_stamped_ahead_gives_way_when_the_clock_is_set_back() {
    let rig = Rig::new().await;
    ahead_and_back(&rig).await;
    read(&rig, &[(0, 3.0)]).await;
    assert_eq!(said(&rig, 0), (Some(3.0), 61), "the next reading counts");
    assert_eq!(said(&rig, 1), (Some(2.0), 60), "it was heard a second ago");
    // Its agent dies: three intervals of 30 s.
    rig.clock.advance(Duration::from_seconds(100));
    assert_eq!(said(&rig, 0), (None, 61));
}

#[tokio::test]
async fn after_a_restart_it_has_given_way_too() {
    let mut rig = Rig::new().await;
    ahead_and_back(&rig).await;
    rig.append(vec![set_back(&rig)]).await;
    rig.clock.advance(Duration::from_seconds(1));
    read(&rig, &[(0, 3.0)]).await;
    rig.crash().await;
    assert_eq!(said(&rig, 0), (Some(3.0), 62));
    assert_eq!(said(&rig, 1), (Some(2.0), 61));
    rig.clock.advance(Duration::from_seconds(100));
    rig.crash().await;
    assert_eq!(said(&rig, 0), (None, 62));
    read(&rig, &[(0, 4.0)]).await;
    assert_eq!(said(&rig, 0), (Some(4.0), 162));
}

#[tokio::test]
async fn a_clock_that_was_set_while_nothing_ran_is_found_by_the_first_commit() {
    let mut rig = Rig::new().await;
    read(&rig, &[(0, 0.5), (1, 0.5)]).await;
    rig.clock.step(AHEAD);
    read(&rig, &[(0, 1.0), (1, 1.0)]).await;
    rig.history().seal_all().await.unwrap();
    read(&rig, &[(0, 1.0)]).await;
    rig.stop().await;
    rig.clock.step(Duration::ZERO - AHEAD);
    rig.clock.advance(Duration::from_seconds(1));
    rig.start().await;
    assert_eq!(said(&rig, 0).1, 0, "nothing is known of when it was");
    rig.append(vec![set_back(&rig)]).await;
    rig.caught_up().await;
    assert_eq!((said(&rig, 0), said(&rig, 1)), ((Some(1.0), 1), (Some(1.0), 1)));
    rig.clock.advance(Duration::from_seconds(1));
    read(&rig, &[(0, 2.0)]).await;
    assert_eq!(said(&rig, 0), (Some(2.0), 2));
}

#[tokio::test]
async fn a_clock_that_was_years_back_at_the_start_takes_nothing_away() {
    let mut rig = Rig::new().await;
    read(&rig, &[(0, 0.5)]).await;
    rig.stop().await;
    rig.clock.step(Duration::from_hours(-24 * 365 * 50));
    rig.start().await;
    assert_eq!(rig.history().knowledge(&series(0), rig.clock.now()).value(), None);
    rig.clock.step(Duration::from_hours(24 * 365 * 50));
    rig.clock.advance(Duration::from_seconds(5));
    rig.append(vec![present()]).await;
    rig.caught_up().await;
    assert_eq!(said(&rig, 0), (Some(0.5), 0));
}

#[tokio::test]
async fn who_is_heard_by_a_clock_of_its_own_is_not_silent_when_the_collectors_is_set() {
    let rig = Rig::new().await;
    rig.append(vec![present()]).await;
    read(&rig, &[(0, 0.5)]).await;
    rig.clock.step(AHEAD);
    rig.append(vec![present()]).await;
    rig.caught_up().await;
    assert_eq!(said(&rig, 0), (Some(0.5), 0));
    rig.clock.advance(Duration::from_seconds(100));
    let known = rig.history().knowledge(&series(0), rig.clock.now());
    assert!(matches!(known, Knowledge::Unknown { since: Some(since), .. } if since == at(START + 90_000)));
}
