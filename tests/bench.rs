//! The benches run, and what they count is true; how fast is not tested.
#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::process::Command;

use serde_json::Value;

fn bench(arguments: &[&str]) -> Value {
    let output = Command::new(env!("CARGO_BIN_EXE_plenum"))
        .arg("bench")
        .args(arguments)
        .arg("--json")
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn the_store_keeps_every_reading_of_a_day() {
    let report = bench(&["store", "--series", "2", "--days", "1"]);
    assert_eq!(report["readings"], 2 * 8_640);
    // Four periods of six hours.
    assert_eq!(report["chunks"], 2 * 4);
    let bytes = report["bytes_per_reading"].as_f64().unwrap();
    let files = report["history_bytes"].as_f64().unwrap() + report["journal_bytes"].as_f64().unwrap();
    assert!((bytes - files / 17_280.0).abs() < 1e-6 && bytes > 0.0, "{report}");
}

#[test]
fn an_edge_leads_to_a_webhooks_request() {
    let report = bench(&["latency", "--edges", "2"]);
    assert_eq!(report["edges"], 2);
    let stage = |name: &str| report[name]["max"].as_f64().unwrap();
    assert!(
        stage("committed") > 0.0 && stage("requested") >= stage("committed"),
        "{report}"
    );
}

#[test]
fn whoever_guesses_is_told_to_wait_and_others_log_in() {
    let report = bench(&["log-in", "--seconds", "2"]);
    let guesses = |how: &str| report["guesses"][how].as_u64().unwrap();
    assert!(guesses("wrong") >= 30 && guesses("told_to_wait") > 0, "{report}");
    assert_eq!(guesses("not_answered"), 0, "{report}");
    for what in ["known", "unknown", "calm", "besieged"] {
        assert!(report[what]["p50"].as_f64().unwrap() > 0.0, "{report}");
    }
}

#[test]
fn honest_agents_lose_nothing_while_one_is_hostile() {
    let report = bench(&["hostile", "--agents", "5", "--seconds", "2"]);
    assert_eq!(report["readings_missing"], 0, "{report}");
    assert!(report["readings"].as_u64().unwrap() >= 5 * 5, "{report}");
    assert!(report["milliseconds"]["max"].as_f64().unwrap() > 0.0, "{report}");
    assert!(
        report["attacks"]["statuses"]["sent"].as_u64().unwrap() > 0,
        "{report}"
    );
}

#[test]
fn the_forecast_is_tried_in_every_kind_of_room() {
    let report = bench(&["forecast", "--runs", "1", "--rooms", "1", "--days", "1"]);
    let losses = report["losses"].as_array().unwrap();
    assert_eq!(losses.len(), 3 * 5);
    for row in losses {
        let runs: u64 = ["crossed", "hasty", "settled"]
            .iter()
            .map(|kind| row[kind].as_u64().unwrap())
            .sum();
        assert_eq!(runs, 1, "{row}");
    }
    assert_eq!(report["cycling"].as_array().unwrap().len(), 3);
    assert_eq!(report["cycling"][2]["false_forecasts"], 0, "{report}");
}
