//! A UPS that is well and then says something else, through the real driver and the built-in rules: who is told, and when. The courses are in
//! tests/scenarios/upses/courses.toml.
#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod support;

use std::collections::BTreeMap;
use std::path::Path;

use plenum_agent::driver::Sample;
use plenum_agent::drivers;
use plenum_protocol::quantity::Kind;
use plenum_protocol::{Duration, Timestamp};
use support::upsd::{SmallUpsd, Variables};
use support::watch::{Told, Watch};

const SITE: &str = r#"
[site]
id = "zaandam"
name = "Zaandam"
zone = "UTC"
[[room]]
id = "room-a"
name = "Room A"
[[sensor]]
agent = "pi-a1"
id = "ups"
name = "UPS A"
room = "room-a"
place = "ups"
"#;

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    good: Variables,
    course: Vec<Course>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Course {
    what: String,
    #[serde(default = "each_second")]
    every: Duration,
    /// What it says before; as a rule it is well.
    #[serde(default)]
    at_first: Variables,
    steps: Vec<Step>,
    end: String,
    /// What the driver reads at the end.
    #[serde(default)]
    reads: BTreeMap<String, toml::Value>,
    /// What the driver does not list then.
    #[serde(default)]
    lacks: Vec<String>,
    /// `time rule cause`.
    events: Vec<String>,
    /// The sentence of each.
    #[serde(default)]
    messages: Vec<String>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    at: String,
    /// What it says otherwise than at first; a variable that is written `-` is not there.
    #[serde(default)]
    says: Variables,
    /// upsd has no fresh data of it.
    #[serde(default)]
    stale: bool,
}

fn each_second() -> Duration {
    Duration::from_seconds(1)
}

fn good_but(good: &Variables, changes: &Variables) -> Variables {
    let mut variables = good.clone();
    variables.extend(changes.clone());
    variables.retain(|_, value| value != "-");
    variables
}

fn offset(text: &str) -> Duration {
    let parts = text.split(':').map(|part| part.parse::<i64>().unwrap());
    Duration::from_seconds(parts.fold(0, |sum, part| sum * 60 + part))
}

/// A time as the courses write it.
fn words_of(passed: Duration) -> String {
    let seconds = passed.milliseconds() / 1_000;
    match seconds / 3_600 {
        0 => format!("{}:{:02}", seconds / 60, seconds % 60),
        hours => format!("{hours}:{:02}:{:02}", seconds / 60 % 60, seconds % 60),
    }
}

/// A reading as the courses write it: a number, true or false, or the fault's word.
fn written(samples: &[Sample], quantity: &str) -> Option<toml::Value> {
    let mut samples = samples.iter();
    let (quantity, outcome) = samples.find(|(other, _)| other.as_str() == quantity)?;
    Some(match (outcome, quantity.kind()) {
        (Ok(value), Kind::Boolean) => (*value != 0.0).into(),
        (Ok(value), Kind::Number) => (*value).into(),
        (Err(fault), _) => fault.as_str().into(),
    })
}

fn play(good: &Variables, course: &Course) {
    let what = &course.what;
    let good = good_but(good, &course.at_first);
    let server = SmallUpsd::playing([("rack".to_owned(), good.clone())].into());
    let entry = drivers::find("nut").unwrap();
    let keys = format!("ups = 'rack'\nport = {}", server.port());
    let opened = (entry.open)(&"ups".parse().unwrap(), keys.parse().unwrap()).unwrap();
    let start: Timestamp = "2026-06-18T00:00:00Z".parse().unwrap();
    let mut watch = Watch::new(SITE, opened.driver, course.every, start);
    for step in &course.steps {
        watch.run_until(start + offset(&step.at));
        server.play("rack", (!step.stale).then(|| good_but(&good, &step.says)));
    }
    watch.run_until(start + offset(&course.end));
    let event = |told: &Told| {
        let cause = serde_json::to_value(told.event.cause).unwrap();
        let passed = words_of(told.event.at.since(start));
        format!("{passed} {} {}", told.alarm.rule, cause.as_str().unwrap())
    };
    let events: Vec<String> = watch.told.iter().map(event).collect();
    assert_eq!(events, course.events, "{what}");
    if !course.messages.is_empty() {
        let sentences: Vec<&str> = watch.told.iter().map(|told| told.sentence.as_str()).collect();
        assert_eq!(sentences, course.messages, "{what}");
    }
    for (quantity, expected) in &course.reads {
        let read = written(&watch.samples, quantity);
        assert_eq!(read.as_ref(), Some(expected), "{what}: {quantity}");
    }
    for quantity in &course.lacks {
        assert_eq!(written(&watch.samples, quantity), None, "{what}: {quantity}");
    }
}

#[test]
fn every_course_of_a_ups_goes_as_written() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios/upses/courses.toml");
    let file: File = toml::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    let failed = file.course.iter().filter(|course| {
        let played = std::panic::catch_unwind(|| play(&file.good, course));
        played.is_err()
    });
    let failed: Vec<&str> = failed.map(|course| course.what.as_str()).collect();
    assert!(failed.is_empty(), "these went otherwise: {failed:#?}");
}
