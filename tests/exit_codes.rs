//! Every kind of end has its exit code: the real program, asked to do what cannot be done.
#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod support;

use std::fs::Permissions;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Output, Stdio};

use support::process;

/// An agent's file without a mistake.
const AGENT: &str = "site = \"s\"\nagent = \"a\"\n[broker]\nurl = \"mqtt://127.0.0.1\"\n[spool]\npath = \"spool.db\"\n\
    [[sensor]]\nid = \"x\"\ndriver = \"simulated\"\ninterval = \"10s\"\nquantities.temperature = { base = 20.0 }\n";

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
    check(
        folder.path(),
        &["agents", "resolve", "pi-a1"],
        2,
        "write site/agent",
    );
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
        access(folder.path(), &answering(status));
        check(
            folder.path(),
            &["agents", "resolve", "zaandam/pi-a1", "--data", "data"],
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
    check(folder.path(), &["agents", "list", "--data", "data"], 4, &url);
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
        "beyond loopback",
    );
}

#[test]
fn check_refuses_what_a_start_would_refuse() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    let serve = ["serve", "--data", "data", "--config", "collector.toml"];
    write("broken.toml", "[site]\nid = 1\n");
    for (text, place) in [
        (
            "[http]\nbase_url = \"plenum.example.org\"\n",
            "collector.toml:2:12: `plenum.example.org`",
        ),
        (
            "[http]\nlisten = \"0.0.0.0:8080\"\n",
            "collector.toml:2:10: http address",
        ),
        (
            "[broker]\nlisten = \"0.0.0.0:1883\"\n",
            "collector.toml:2:10: the embedded broker",
        ),
        (
            "[broker]\nurl = \"mqtt://b\"\n",
            "collector.toml:2:7: broker b:1883",
        ),
        (
            "[[agent]]\nsite = \"s\"\nid = \"a\"\npassword_file = \"gone\"\n",
            "collector.toml:4:17: gone",
        ),
        (
            "[smtp]\nhost = \"h\"\nport = 25\nfrom = \"a@b\"\nuser = \"u\"\npassword_file = \"gone\"\n",
            "collector.toml:6:17: smtp",
        ),
        ("site = \"gone.toml\"\n", "collector.toml:1:8: gone.toml"),
        ("site = \"broken.toml\"\n", "broken.toml:2:6: "),
    ] {
        write("collector.toml", text);
        check(folder.path(), &["check", "collector.toml"], 78, place);
        check(
            folder.path(),
            &["check", "--json", "collector.toml"],
            78,
            r#""problems":[{"#,
        );
        // Ports that are free, where the file does not say what is refused.
        let free: &[&str] = match text.contains("listen") {
            true => &[],
            false => &["--http", "127.0.0.1:0", "--mqtt", "127.0.0.1:0"],
        };
        check(folder.path(), &[&serve, free].concat(), 78, "");
    }
}

#[test]
fn a_data_folder_with_something_elses_plenum_db_is_78_and_untouched() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    std::fs::create_dir(&data).unwrap();
    let file = data.join("plenum.db");
    std::fs::write(&file, "a text, and no database at all\n".repeat(40)).unwrap();
    std::fs::set_permissions(&file, Permissions::from_mode(0o644)).unwrap();
    let before = std::fs::read(&file).unwrap();
    check(
        folder.path(),
        &["serve", "--data", "data"],
        78,
        "plenum.db: it is not an SQLite file",
    );
    assert_eq!(std::fs::read(&file).unwrap(), before);
    assert_eq!(
        std::fs::metadata(&file).unwrap().permissions().mode() & 0o777,
        0o644
    );
}

#[test]
fn what_is_printed_ends_quietly_when_nobody_reads_it() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("collector.toml"), "").unwrap();
    std::fs::write(folder.path().join("agent.toml"), AGENT).unwrap();
    let commands: [&[&str]; 8] = [
        &["site", "defaults"],
        &["site", "defaults", "--json"],
        &["completions", "bash"],
        &["man"],
        &["check", "collector.toml"],
        &["check", "--json", "collector.toml"],
        &["agent", "check", "agent.toml"],
        &["--help"],
    ];
    for arguments in commands {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = process::plenum();
        command.args(arguments).current_dir(folder.path()).stdout(writer);
        let output = command.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(
            (output.status.code(), said.as_ref()),
            (Some(0), ""),
            "{arguments:?}"
        );
    }
}

#[test]
fn what_cannot_be_printed_is_a_failure() {
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let mut command = process::plenum();
    let output = command.args(["site", "defaults"]).stdout(full).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.starts_with("plenum: standard output: "), "{said}");
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
