//! The program and a spool that is another agent's: it does not start, says what to do, and does it.
#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::path::Path;
use std::process::{Command, Output, Stdio};

use plenum_agent::config::SpoolConfig;
use plenum_agent::moment::Moment;
use plenum_agent::spool::{Batch, Spool};
use plenum_protocol::streams::Class;
use plenum_protocol::{Duration, Reading, Size, Timestamp};

fn call(folder: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let Output {
        status,
        stdout,
        stderr,
    } = Command::new(env!("CARGO_BIN_EXE_plenum-agent"))
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    (
        status.code(),
        String::from_utf8([stdout, stderr].concat()).unwrap(),
    )
}

/// A spool of pi-a1's on the host of an agent that is called otherwise.
fn cloned(folder: &Path) {
    let config = SpoolConfig {
        path: folder.join("spool.db"),
        maximum: Size(1 << 20),
    };
    let now = Moment {
        wall: Timestamp::from_milliseconds(1_790_000_000_000),
        boot: Duration::from_seconds(1),
        synchronised: true,
    };
    let mut spool = Spool::open_as(&"zaandam/pi-a1".parse().unwrap(), &config, "boot", now).unwrap();
    let batch = Batch {
        class: Class::Routine,
        readings: vec![Reading::new(
            "inlet-a3/temperature".parse().unwrap(),
            now.wall,
            Ok(21.0),
        )],
    };
    spool.commit(&[batch], now).unwrap();
    let text = "site = \"zaandam\"\nagent = \"pi-b2\"\n[broker]\nurl = \"mqtt://127.0.0.1:1\"\n[spool]\npath = \"spool.db\"\n";
    std::fs::write(folder.join("agent.toml"), text).unwrap();
}

#[test]
fn a_cloned_card_is_refused_until_a_person_has_said_what_it_is() {
    for (choice, left) in [
        ("--keep", "1 batches with 1 readings"),
        ("--discard", "0 batches with 0 readings"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        cloned(folder.path());
        let (code, told) = call(folder.path(), &["run", "agent.toml"]);
        assert!(
            code == Some(78) && told.contains("plenum-agent adopt --discard"),
            "{code:?} {told}"
        );
        let (code, told) = call(folder.path(), &["adopt", "agent.toml"]);
        assert!(
            code == Some(2) && told.contains("zaandam/pi-a1's"),
            "{code:?} {told}"
        );
        assert!(told.contains("1 batches with 1 readings, from 2026-"), "{told}");
        let (code, told) = call(folder.path(), &["adopt", "agent.toml", choice]);
        assert!(
            code == Some(1) && told.contains("nothing was changed"),
            "{code:?} {told}"
        );
        let (code, told) = call(folder.path(), &["adopt", "agent.toml", choice, "--yes"]);
        assert!(code == Some(0), "{code:?} {told}");
        let (code, told) = call(folder.path(), &["adopt", "agent.toml"]);
        assert!(
            code == Some(0) && told.contains("nothing is to be adopted"),
            "{code:?} {told}"
        );
        assert!(told.contains("zaandam/pi-b2's") && told.contains(left), "{told}");
        let (code, told) = call(folder.path(), &["join", "agent.toml"]);
        assert!(
            code == Some(0) && told.contains("no collector is followed yet"),
            "{code:?} {told}"
        );
    }
}
