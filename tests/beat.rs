//! A collector that is killed cannot say so: a second one, to which it beat, tells somebody, and takes it back when it beats again.

mod support;

use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use plenum_link::SystemClock;
use plenum_protocol::{Clock, Duration as Span};
use serde_json::json;
use support::process::eventually;
use support::server::{Server, Settings};

/// Ten seconds of `every` and ten of `grace`, the least that there are, and a loaded machine.
const PATIENCE: Duration = Duration::from_secs(60);

const SECOND: &str = r#"
[site]
id = "second"
name = "Second"
zone = "UTC"
[[heartbeat]]
id = "first"
name = "The first collector"
every = "10s"
grace = "10s"
priority = "critical"
"#;

const FIRST: &str = "[site]\nid = \"first\"\nname = \"First\"\nzone = \"UTC\"\n";

fn is_told(second: &Server) -> bool {
    let alarms = second.items("alarms?state=active");
    alarms
        .iter()
        .any(|alarm| alarm["rule"] == "heartbeat-missed" && alarm["priority"] == "critical")
}

/// Whether the newest word of its job is that it ran.
fn is_heard(second: &Server) -> bool {
    second.items("heartbeats")[0]["standing"] == "well"
}

#[test]
fn a_collector_that_is_killed_is_told_by_the_one_to_which_it_beat() {
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let settings = Settings {
        site: SECOND.to_owned(),
        ..Settings::default()
    };
    let second = Server::start(there.path(), &settings);
    let given =
        json!({"name": "first", "role": "job", "expires_at": SystemClock.now() + Span::from_hours(1)});
    let given = second.post("tokens", &given).unwrap();
    let token = here.path().join("second.token");
    std::fs::write(&token, given["secret"].as_str().unwrap()).unwrap();
    std::fs::set_permissions(&token, PermissionsExt::from_mode(0o600)).unwrap();

    let settings = Settings {
        site: FIRST.to_owned(),
        tables: format!(
            "[[beat]]\nid = \"second\"\nurl = \"{}/api/v1/heartbeats/first\"\ntoken_file = {:?}\nevery = \"1s\"\n",
            second.announced("url"),
            token.display().to_string()
        ),
        ..Settings::default()
    };
    let mut first = Server::start(here.path(), &settings);
    let beaten = || {
        let figures = first.fetch("/metrics").unwrap();
        let taken = r#"plenum_beats_total{beat="second",outcome="taken"} "#;
        let taken = figures.lines().find_map(|line| line.strip_prefix(taken));
        (taken.unwrap().parse::<u64>().unwrap() >= 3).then_some(figures)
    };
    let figures = eventually("three beats", PATIENCE, beaten);
    let at = r#"plenum_beat_taken_timestamp_seconds{beat="second"} "#;
    let at = figures.lines().find_map(|line| line.strip_prefix(at));
    assert!(at.unwrap().parse::<u64>().unwrap() > 1_700_000_000);
    assert_eq!(first.fetch("/readyz").unwrap(), "ready\n");
    eventually("hearing them", PATIENCE, || is_heard(&second).then_some(()));
    let log = first.log();
    assert!(!log.contains(given["secret"].as_str().unwrap()), "{log}");

    first.kill();
    eventually("the alarm", PATIENCE, || is_told(&second).then_some(()));

    first.launch();
    first.wait_until_up();
    eventually("its end", PATIENCE, || {
        (is_heard(&second) && !is_told(&second)).then_some(())
    });
}
