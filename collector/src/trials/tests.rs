//! One trial at a time, stopped when nobody waits, and bounded in what it counts.

use std::fmt::Write;

use plenum_core::expectation::Expectation;
use plenum_core::trial::Alarms;
use plenum_link::SystemClock;
use plenum_protocol::{Outcome, config_error};

use super::*;
use crate::database;

const PERIOD: (i64, i64) = (0, 2_000_000_000);

fn second(count: i64) -> Timestamp {
    Timestamp::from_milliseconds(count * 1_000)
}

fn site(rules: &[&str]) -> Arc<Site> {
    let mut text = "[site]\nid = \"s\"\nname = \"S\"\nzone = \"UTC\"\n".to_owned();
    for rule in rules {
        write!(
            text,
            "[[rule]]\nid = \"{rule}\"\nname = \"{rule}\"\npriority = \"low\"\n\
             select = {{ quantities = [\"temperature\"] }}\nwhen = {{ above = {{ limit = 20 }} }}\n"
        )
        .unwrap();
    }
    Arc::new(config_error::parse("site.toml", &text).unwrap())
}

fn trials(folder: &std::path::Path) -> Trials {
    let database = Database::open(&folder.join("plenum.db"), &database::PLENUM).unwrap();
    let history = History::open(&folder.join("history.db"), SystemClock::shared()).unwrap();
    Trials::new(database, history)
}

#[tokio::test]
async fn one_runs_at_a_time_and_the_next_is_told_how_far_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let trials = trials(folder.path());
    let run = |period: (i64, i64)| {
        let period = (second(period.0), second(period.1));
        trials.run(site(&[]), site(&["warm"]), period, second(1_000_000))
    };
    assert_eq!(trials.progress(), None);
    trials.0.running.store(true, Ordering::Release);
    let turn = Turn(Arc::clone(&trials.0));
    trials.0.all.store(8, Ordering::Relaxed);
    trials.0.done.store(2, Ordering::Relaxed);
    assert_eq!(trials.progress(), Some(25));
    let busy = run((0, 1_000)).await.unwrap_err();
    assert_eq!(
        busy.to_string(),
        "another revision is being tried (25 % done); try again when it is done"
    );
    drop(turn);
    let trial = run((0, 10_000_000)).await.unwrap();
    // It ends now at the latest.
    assert_eq!(trial.period, (second(0), second(1_000_000)));
    assert_eq!((trial.series, trial.readings, trial.begins), (0, 0, None));
    assert_eq!(trials.progress(), None);
    assert!(matches!(run((1_000, 1_000)).await, Err(TrialError::Period)));
}

#[test]
fn whoever_asked_and_has_gone_stops_it() {
    let folder = tempfile::tempdir().unwrap();
    let trials = trials(folder.path());
    let stop = Stop(Arc::default());
    let stopped = Arc::clone(&stop.0);
    drop(stop);
    let period = (second(PERIOD.0), second(PERIOD.1));
    let outcome = trials.0.try_out(site(&[]), site(&[]), period, &stopped);
    assert!(matches!(outcome, Err(TrialError::Aborted)));
}

#[test]
fn more_alarms_than_anybody_reads_end_it_with_the_rule_that_raised_most() {
    let source = Source {
        series: "s/a/inlet/temperature".parse().unwrap(),
        expectation: Expectation::told(Duration::from_seconds(10)),
    };
    let known = Known {
        sources: vec![source],
        ..Known::default()
    };
    let period = (second(PERIOD.0), second(PERIOD.1));
    let plan = Plan::new(site(&["up-and-down"]), site(&[]), period, known);
    let fold = |count: i64| {
        let mut alone = plan.alone(0);
        let reading =
            |index: i64| -> (Timestamp, Outcome) { (second(10 * index), Ok(19.0 + (index % 2 * 2) as f64)) };
        alone.readings(&(0..count).map(reading).collect::<Vec<_>>());
        Ok(Folded {
            readings: count as u64,
            ..Folded::of(alone.finish())
        })
    };
    let mut all = Ok(Folded::default());
    put(&mut all, fold(1_000), &plan);
    // It was silent before the first and is after the last, for both revisions.
    assert_eq!(all.as_ref().unwrap().stood, 502);
    put(&mut all, fold(2 * MOST_ALARMS as i64), &plan);
    let error = all.unwrap_err().to_string();
    assert!(
        error.contains("more than 100000 alarms in that time, `up-and-down` alone 100500"),
        "{error}"
    );
    let nothing: Alarms = plan.alarms(Vec::new());
    assert!(nothing.iter().all(Vec::is_empty));
}
