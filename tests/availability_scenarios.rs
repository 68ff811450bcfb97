//! Availability scenarios as data: what Plenum computes must be what `tests/reference/availability.py` computes, to the millisecond, and what the
//! scenario's author expected.
#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use plenum_core::availability::{Availability, Calendar, Revision, Source, State, Timeline, availability};
use plenum_core::expectation::Expectation;
use plenum_core::site::Site;
use plenum_protocol::{Duration, Fault, Outcome, Series, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Scenario {
    #[expect(dead_code, reason = "for people")]
    description: String,
    service: String,
    from: Timestamp,
    to: Timestamp,
    stale_after: Duration,
    #[serde(default)]
    readings: Vec<Readings>,
    #[serde(default)]
    gap: Vec<Gap>,
    expected: BTreeMap<String, toml::Value>,
    configuration: toml::Table,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Readings {
    series: Series,
    from: Timestamp,
    to: Timestamp,
    every: Duration,
    value: Option<f64>,
    fault: Option<Fault>,
    #[serde(default)]
    late: bool,
}

#[derive(Deserialize)]
struct Gap {
    agent: String,
    from: Timestamp,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios/availability")
}

/// What happens to one series, in order; the first stored reading of an instant wins.
fn course(scenario: &Scenario, series: &Series, with_late: bool) -> BTreeMap<Timestamp, Outcome> {
    let mut course = BTreeMap::new();
    for late in [false, true] {
        let wanted = scenario
            .readings
            .iter()
            .filter(|entry| entry.series == *series && entry.late == late);
        for entry in wanted.filter(|_| !late || with_late) {
            let outcome = entry.fault.map_or(Ok(entry.value.unwrap_or_default()), Err);
            let mut at = entry.from;
            while at < entry.to {
                course.entry(at).or_insert(outcome);
                at = at + entry.every;
            }
        }
    }
    course
}

fn compute(scenario: &Scenario, site: &std::sync::Arc<Site>, with_late: bool) -> Availability {
    let service = site
        .services
        .iter()
        .find(|service| service.id.as_str() == scenario.service)
        .unwrap();
    let wanted = scenario.readings.iter().filter(|entry| with_late || !entry.late);
    let mut names: Vec<Series> = wanted.map(|entry| entry.series.clone()).collect();
    names.sort();
    names.dedup();
    let sources = names
        .iter()
        .map(|series| Source {
            series: series.clone(),
            expectation: Expectation::told(Duration::from_milliseconds(
                scenario.stale_after.milliseconds() / 3,
            )),
        })
        .collect();
    let revisions = [Revision {
        from: Timestamp::MIN,
        site: site.clone(),
    }];
    let mut timeline = Timeline::new(&service.id, &revisions, sources);
    // In the order of their instants; what is lost comes before what is read then.
    let mut happened: Vec<(Timestamp, Option<Outcome>, usize)> = Vec::new();
    for index in timeline.wanted() {
        let series = &names[index];
        let agent = series.agent.to_string();
        let gaps = scenario.gap.iter().filter(|gap| gap.agent == agent);
        happened.extend(gaps.map(|gap| (gap.from, None, index)));
        let course = course(scenario, series, with_late).into_iter();
        happened.extend(course.map(|(at, outcome)| (at, Some(outcome), index)));
    }
    happened.sort_by_key(|(at, outcome, index)| (*at, outcome.is_some(), *index));
    for (at, outcome, index) in happened {
        match outcome {
            Some(outcome) => timeline.reading(index, at, outcome),
            None => timeline.lost(index, at),
        }
    }
    let calendars = [(Timestamp::MIN, Calendar::new(service))];
    availability(
        &calendars,
        &timeline.finish(scenario.to),
        scenario.from,
        scenario.to,
    )
}

/// In the reference's words: causes are ours alone, so neighbours that differ only in them are one interval.
fn as_reference(result: &Availability) -> Value {
    let mut intervals: Vec<(i64, i64, State)> = Vec::new();
    for interval in &result.intervals {
        let (from, to) = (interval.from.milliseconds(), interval.to.milliseconds());
        match intervals.last_mut() {
            Some(last) if last.2 == interval.state => last.1 = to,
            _ => intervals.push((from, to, interval.state)),
        }
    }
    json!({"milliseconds": result.milliseconds, "availability": result.availability, "intervals": intervals})
}

/// The figures that a person wrote down.
fn expected_figure(key: &str, closed: &Value, revised: &Value) -> Value {
    let sum = |result: &Value| -> i64 {
        result["milliseconds"]
            .as_object()
            .unwrap()
            .values()
            .filter_map(Value::as_i64)
            .sum()
    };
    match key {
        "availability" => closed["availability"].clone(),
        "no_availability" => closed["availability"].is_null().into(),
        "period_hours" => (sum(closed) / 3_600_000).into(),
        _ => {
            let key = key
                .strip_suffix("_milliseconds")
                .unwrap_or_else(|| panic!("unknown figure {key}"));
            match key.strip_prefix("revised_") {
                Some(key) => revised["milliseconds"][key].clone(),
                None => closed["milliseconds"][key].clone(),
            }
        }
    }
}

fn check(path: &Path) {
    let name = path.file_name().unwrap().to_string_lossy();
    let scenario: Scenario = toml::from_str(&std::fs::read_to_string(path).unwrap())
        .unwrap_or_else(|error| panic!("{name}: {error}"));
    let site: Site = plenum_protocol::config_error::parse::<Site>(
        &name,
        &toml::to_string(&scenario.configuration).unwrap(),
    )
    .unwrap_or_else(|error| panic!("{name}: {error}"));
    let site = std::sync::Arc::new(site);
    let python = std::env::var("PLENUM_TEST_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let program = folder().join("../../reference/availability.py");
    let output = Command::new(&python)
        .arg(program)
        .arg(path)
        .output()
        .unwrap_or_else(|error| panic!("{python}: {error}; install it with: apt-get install python3 tzdata"));
    assert!(
        output.status.success(),
        "{name}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let reference: Value = serde_json::from_slice(&output.stdout).unwrap();
    let (closed, revised) = (
        as_reference(&compute(&scenario, &site, false)),
        as_reference(&compute(&scenario, &site, true)),
    );
    assert_eq!(closed, reference["closed"], "{name}: the closed period");
    assert_eq!(revised, reference["revised"], "{name}: with late data");
    assert!(!scenario.expected.is_empty(), "{name}: expects nothing");
    for (key, expected) in &scenario.expected {
        let expected: Value = serde_json::to_value(expected).unwrap();
        assert_eq!(expected_figure(key, &closed, &revised), expected, "{name}: {key}");
    }
}

#[test]
fn every_scenario_comes_to_what_the_second_program_says() {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    assert!(paths.len() >= 16, "scenarios are missing: {}", paths.len());
    paths.iter().for_each(|path| check(path));
}
