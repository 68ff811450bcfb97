//! The real `plenum audit`: what is done to an export, or to the database of a server that does not run, `verify` names, with the line, and ends with 1.
#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::time::Duration;

use serde_json::json;
use support::probe::python;
use support::process::{self, eventually};
use support::server::{Server, Settings};

const PATIENCE: Duration = Duration::from_secs(60);
/// So many people are invited: each is a line.
const DEEDS: usize = 20;

fn audit(server: &Server, arguments: &[&str]) -> Output {
    let mut command = process::plenum();
    command
        .arg("audit")
        .args(arguments)
        .arg("--data")
        .arg(server.data());
    command.output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// The log is whole.
#[track_caller]
fn is_whole(server: &Server, arguments: &[&str]) {
    let output = audit(server, arguments);
    assert!(output.status.success(), "{}", said(&output));
    assert!(
        said(&output).contains("all as they were written"),
        "{}",
        said(&output)
    );
}

/// The log is not, and this is said of it.
#[track_caller]
fn is_named(server: &Server, arguments: &[&str], words: &str) {
    let output = audit(server, arguments);
    let said = said(&output);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains(words), "`{words}` is not in: {said}");
}

/// How many lines there are, once there are that many.
fn lines(server: &Server) -> usize {
    eventually("lines", PATIENCE, || {
        let newest = server.get("audit?limit=1");
        let number = newest["items"][0]["number"].as_u64()?;
        let number = usize::try_from(number).unwrap();
        (number >= DEEDS).then_some(number)
    })
}

fn write(path: &Path, lines: &[&str]) -> PathBuf {
    fs::write(path, lines.join("\n") + "\n").unwrap();
    path.to_owned()
}

#[test]
fn what_is_done_to_the_log_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::start(folder.path(), &Settings::default());
    for number in 0..DEEDS {
        let new = json!({"name": format!("p{number}"), "role": "viewer", "rooms": [], "customers": []});
        server.post("people", &new).unwrap();
    }
    lines(&server);
    is_whole(&server, &["verify"]);

    let export = String::from_utf8(audit(&server, &["export"]).stdout).unwrap();
    let whole: Vec<&str> = export.lines().collect();
    let path = folder.path().join("export.jsonl");
    let verify = |lines: &[&str], words: &str| {
        let path = write(&path, lines);
        is_named(&server, &["verify", path.to_str().unwrap()], words);
    };
    is_whole(&server, &["verify", write(&path, &whole).to_str().unwrap()]);
    let mut changed = whole.clone();
    let other = whole[6].replace("\"status\":200", "\"status\":201");
    assert_ne!(other, whole[6]);
    changed[6] = &other;
    verify(&changed, "line 7 is not as it was written");
    let mut dropped = whole.clone();
    dropped.remove(8);
    verify(&dropped, "lines 9 to 9 are missing");
    let mut swapped = whole.clone();
    swapped.swap(3, 9);
    verify(&swapped, "in the place of line 4 stands line 10");
    let mut added = whole.clone();
    added.insert(5, whole[4]);
    verify(&added, "line 5 is there more than once");

    // With its checkpoints, in the database of a server that does not run.
    let number = lines(&server);
    server.kill();
    let cut = format!(
        "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); \
         [c.execute(f'delete from {{table}} where number > {}') for table in ('audit', 'audit_checkpoint')]; c.commit()",
        number - 3
    );
    let database = server.data().join("plenum.db");
    let done = python().args(["-c", &cut]).arg(database).output().unwrap();
    assert!(done.status.success(), "{}", said(&done));
    server.launch();
    server.wait_until_up();
    is_named(&server, &["verify"], &format!("lines {} to ", number - 2));
    assert!(
        server
            .log()
            .contains("the audit log ends before lines that were signed"),
        "{}",
        server.log()
    );
}
