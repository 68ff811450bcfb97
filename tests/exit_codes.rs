//! Every kind of end has its exit code: the real program, asked to do what cannot be done.
#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod support;

use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Output, Stdio};

use support::process;

fn run(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = process::plenum();
    command
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

#[track_caller]
fn check(folder: &Path, arguments: &[&str], code: i32, words: &str) {
    let output = run(folder, arguments);
    let said =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
    assert!(said.contains(words), "{arguments:?}: `{words}` is not in: {said}");
}

/// Writes the access to a server where earlier versions had it.
fn access(folder: &Path, url: &str) {
    let text = format!(r#"{{"url":"{url}","token":"t"}}"#);
    std::fs::create_dir_all(folder.join("data")).unwrap();
    std::fs::write(folder.join("data/cli.json"), text).unwrap();
}

/// Answers each question with a status, as the real server does.
fn answering(status: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming().take(16) {
            let mut stream = stream.unwrap();
            let mut question = [0; 4_096];
            let _ = stream.read(&mut question);
            let body = r#"{"type":"about:blank","title":"T","status":0,"detail":"as a test has it"}"#;
            let length = body.len();
            let answer =
                format!("HTTP/1.1 {status} X\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}");
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    url
}

#[test]
fn done_failed_and_not_understood() {
    let folder = tempfile::tempdir().unwrap();
    check(folder.path(), &["site", "defaults"], 0, "inlet");
    std::fs::write(folder.path().join("something"), "").unwrap();
    check(folder.path(), &["demo", "--data", "."], 1, "is not empty");
    check(folder.path(), &["chek"], 2, "check");
    check(folder.path(), &["alarms", "--jsn"], 2, "--json");
    check(folder.path(), &["--help"], 0, "78");
    check(folder.path(), &["agent", "--help"], 0, "run");
}

#[test]
fn a_refusal_is_told_from_a_failure_of_the_server() {
    let folder = tempfile::tempdir().unwrap();
    for (status, code) in [
        ("401", 3),
        ("403", 3),
        ("404", 3),
        ("409", 3),
        ("422", 3),
        ("500", 1),
        ("507", 1),
    ] {
        access(folder.path(), &answering(status));
        check(
            folder.path(),
            &["site", "show", "7", "--data", "data"],
            code,
            "as a test has it",
        );
    }
    std::fs::write(
        folder.path().join("site.toml"),
        "[site]\nid = \"s\"\nname = \"S\"\nzone = \"UTC\"\n",
    )
    .unwrap();
    access(folder.path(), &answering("409"));
    let apply = [
        "site",
        "apply",
        "site.toml",
        "--base",
        "1",
        "--comment",
        "c",
        "--data",
        "data",
    ];
    check(folder.path(), &apply, 3, "as a test has it");
}

#[test]
fn no_server_is_told_from_a_refusal() {
    let folder = tempfile::tempdir().unwrap();
    check(folder.path(), &["alarms", "--data", "nowhere"], 4, "plenum serve");
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", taken.local_addr().unwrap());
    drop(taken);
    access(folder.path(), &url);
    check(
        folder.path(),
        &["dead-letters", "list", "--data", "data"],
        4,
        &url,
    );
    // What PLENUM_DATA names is the same as what --data names.
    let mut command = process::plenum();
    command
        .arg("alarms")
        .env("PLENUM_DATA", folder.path().join("data"));
    assert_eq!(command.output().unwrap().status.code(), Some(4));
}

#[test]
fn mistakes_in_configuration_are_78() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("collector.toml", "[htp]\n");
    write("agent.toml", "site = \"s\"\n");
    write("site.toml", "[site]\n");
    for file in ["collector.toml", "agent.toml", "site.toml", "missing.toml"] {
        check(folder.path(), &["check", file], 78, file);
    }
    check(
        folder.path(),
        &["serve", "--data", "data", "--config", "collector.toml"],
        78,
        "collector.toml:1:",
    );
    check(
        folder.path(),
        &["serve", "--data", "data", "--config", "missing.toml"],
        78,
        "missing.toml",
    );
    check(folder.path(), &["agent", "run", "agent.toml"], 78, "agent.toml");
    let apply = [
        "site",
        "apply",
        "site.toml",
        "--base",
        "1",
        "--comment",
        "c",
        "--data",
        "data",
    ];
    check(folder.path(), &apply, 78, "site.toml:1:");
    // Valid, but what it names is not there, or not allowed.
    write(
        "collector.toml",
        "[[webhook]]\nchannel = \"ops\"\nurl = \"http://127.0.0.1:1\"\nsecret_file = \"gone\"\n",
    );
    check(folder.path(), &["check", "collector.toml"], 78, "gone");
    write("collector.toml", "site = \"gone.toml\"\n");
    check(
        folder.path(),
        &["serve", "--data", "data", "--config", "collector.toml"],
        78,
        "gone.toml",
    );
    check(
        folder.path(),
        &["serve", "--data", "data", "--http", "0.0.0.0:0"],
        78,
        "loopback",
    );
}

#[test]
fn check_gives_problems_as_json() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("collector.toml"),
        "[http]\nlissten = \"127.0.0.1:1\"\n",
    )
    .unwrap();
    let output = run(folder.path(), &["check", "--json", "collector.toml"]);
    assert_eq!(output.status.code(), Some(78));
    let checked: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let problem = &checked["problems"][0];
    assert_eq!(
        (problem["file"].as_str(), problem["line"].as_u64()),
        (Some("collector.toml"), Some(2))
    );
    assert_eq!(problem["suggestion"], "did you mean `listen`?");
    std::fs::write(folder.path().join("collector.toml"), "").unwrap();
    let output = run(folder.path(), &["check", "--json", "collector.toml"]);
    assert_eq!(output.status.code(), Some(0));
    let checked: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(checked["problems"], serde_json::json!([]));
}
