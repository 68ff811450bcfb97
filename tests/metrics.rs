//! /metrics of a real server with two sites' agents of one name, read by a parser of Prometheus' own and judged as promtool does.
#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod support;

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use support::fleet::Agent;
use support::ports;
use support::process::eventually;
use support::server::{Server, Settings};

const PATIENCE: Duration = Duration::from_secs(30);

const SITE: &str = r#"
[site]
id = "north"
name = "North"
zone = "UTC"
[[room]]
id = "hall"
name = "Hall"
[[sensor]]
agent = "pi"
id = "inlet"
name = "Inlet"
room = "hall"
place = "inlet"
"#;

fn sensors(temperature: f64) -> String {
    format!(
        "[[sensor]]\nid = \"inlet\"\ndriver = \"simulated\"\ninterval = \"1s\"\nquantities.temperature = {{ base = {temperature:?} }}\n"
    )
}

/// A sample: its name, its labels, its value.
type Sample = (String, BTreeMap<String, String>, String);

/// What the parser made of the text; fails with what it or the rules object to.
fn linted(text: &str) -> Vec<Sample> {
    let python = std::env::var("PLENUM_TEST_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/support/metrics_lint.py");
    let mut child = Command::new(&python)
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{python}: {error}; install it with: apt-get install python3"));
    let text = text.to_owned();
    let mut input = child.stdin.take().unwrap();
    let writing = std::thread::spawn(move || input.write_all(text.as_bytes()));
    let output = child.wait_with_output().unwrap();
    assert!(
        output.status.success(),
        "{}\n(without the module prometheus_client: pip install prometheus-client; tests/run does)",
        String::from_utf8_lossy(&output.stderr)
    );
    writing.join().unwrap().unwrap();
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The values of the samples of a name with these labels among theirs.
fn values<'a>(samples: &'a [Sample], name: &str, labels: &[(&str, &str)]) -> Vec<&'a str> {
    let fits = |sample: &&Sample| {
        sample.0 == name
            && labels
                .iter()
                .all(|(label, value)| sample.1.get(*label).is_some_and(|found| found == value))
    };
    samples
        .iter()
        .filter(fits)
        .map(|sample| sample.2.as_str())
        .collect()
}

/// How long it is, how long it may be, and what it dropped.
fn every_queue_is_told(samples: &[Sample]) {
    let queues = |name: &str| -> Vec<String> {
        let found = samples.iter().filter(|sample| sample.0 == name);
        found.map(|sample| sample.1["queue"].clone()).collect()
    };
    let expected = [
        "packets",
        "commands",
        "conditions",
        "messages",
        "plenum.db",
        "history.db",
    ];
    for name in [
        "plenum_queue_length",
        "plenum_queue_capacity",
        "plenum_queue_dropped_total",
    ] {
        assert_eq!(queues(name), expected, "{name}");
    }
}

fn what_runs_is_counted(samples: &[Sample]) {
    for counted in [
        "plenum_intake_commit_duration_seconds_count",
        "plenum_database_commit_duration_seconds_count",
        "plenum_http_request_duration_seconds_count",
        "process_cpu_seconds_total",
        "process_resident_memory_bytes",
        "process_open_fds",
        "process_start_time_seconds",
    ] {
        let found = values(samples, counted, &[]);
        assert!(
            found.iter().any(|value| value.parse::<f64>().unwrap() > 0.0),
            "{counted}: {found:?}"
        );
    }
}

#[test]
fn two_sites_with_one_agent_name_are_two_series_and_everything_is_named_as_prometheus_asks() {
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings {
        site: SITE.to_owned(),
        broker: format!(
            "listen = \"127.0.0.1:{}\"\naccept_new_agents = true\n",
            ports::free()
        ),
        tables: "[storage]\ndisk_reserve = \"1MiB\"\n".to_owned(),
        data: None,
        ..Settings::default()
    };
    let server = Server::start(folder.path(), &settings);
    let mqtt = server.announced("mqtt");
    let mut agents = [("north", 21.5), ("south", 31.5)].map(|(site, temperature)| {
        let place = folder.path().join(site);
        std::fs::create_dir(&place).unwrap();
        Agent::new(&place, site, "pi", &mqtt, "", &sensors(temperature))
    });
    agents.iter_mut().for_each(Agent::launch);
    let samples = eventually("reading of both sites in /metrics", PATIENCE, || {
        let samples = linted(&server.fetch("/metrics").unwrap());
        let readings = values(
            &samples,
            "plenum_reading",
            &[("agent", "pi"), ("sensor", "inlet")],
        );
        (readings.len() == 2).then_some(samples)
    });
    for (site, room, value) in [("north", "hall", "21.5"), ("south", "", "31.5")] {
        let labels = [("site", site), ("room", room), ("quantity", "temperature")];
        assert_eq!(values(&samples, "plenum_reading", &labels), [value], "{site}");
        assert_eq!(
            values(
                &samples,
                "plenum_agent_online",
                &[("site", site), ("agent", "pi")]
            ),
            ["1.0"],
            "{site}"
        );
    }
    every_queue_is_told(&samples);
    what_runs_is_counted(&samples);
}
