//! The small binary as systemd runs it: it says when it is ready, reloads on SIGHUP, survives a bad file, stops on SIGTERM.
#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

fn configuration(sensors: &[&str]) -> String {
    let mut text = "site = \"zaandam\"\nagent = \"pi-a1\"\n[broker]\nurl = \"mqtt://127.0.0.1:1\"\n[spool]\npath = \"spool.db\"\n".to_owned();
    for id in sensors {
        text += &format!(
            "[[sensor]]\nid = \"{id}\"\ndriver = \"simulated\"\ninterval = \"1s\"\nstart = \"2026-01-01T00:00:00Z\"\nseed = 1\n\
             [sensor.quantities.temperature]\nbase = 22.0\n"
        );
    }
    text
}

fn start(folder: &Path) -> (Child, UnixDatagram) {
    start_with(Command::new(env!("CARGO_BIN_EXE_plenum-agent")), folder)
}

fn start_with(mut program: Command, folder: &Path) -> (Child, UnixDatagram) {
    let socket = folder.join("notify");
    let notify = UnixDatagram::bind(&socket).unwrap();
    notify.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let child = program
        .args(["run", "agent.toml"])
        .current_dir(folder)
        .env("NOTIFY_SOCKET", &socket)
        .env("WATCHDOG_USEC", "400000")
        .env_remove("WATCHDOG_PID")
        .stderr(Stdio::from(std::fs::File::create(folder.join("log")).unwrap()))
        .spawn()
        .unwrap();
    (child, notify)
}

fn signal(child: &Child, name: &str) {
    let status = Command::new("kill")
        .args(["-s", name, &child.id().to_string()])
        .status()
        .unwrap();
    assert!(status.success());
}

fn until_told(notify: &UnixDatagram, word: &str) {
    let mut buffer = [0; 256];
    loop {
        let length = notify.recv(&mut buffer).unwrap();
        if String::from_utf8_lossy(&buffer[..length]).contains(word) {
            return;
        }
    }
}

fn until_logged(folder: &Path, words: &str) {
    for _ in 0..1_000 {
        if std::fs::read_to_string(folder.join("log"))
            .unwrap()
            .contains(words)
        {
            return;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!(
        "never logged `{words}`: {}",
        std::fs::read_to_string(folder.join("log")).unwrap()
    );
}

#[test]
fn it_is_ready_is_alive_reloads_and_stops() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("agent.toml");
    std::fs::write(&file, configuration(&["a"])).unwrap();
    let (mut child, notify) = start(folder.path());
    until_told(&notify, "READY=1");
    until_told(&notify, "WATCHDOG=1");
    std::fs::write(&file, configuration(&["a", "a"])).unwrap();
    signal(&child, "HUP");
    until_logged(folder.path(), "stands here twice");
    std::fs::write(&file, configuration(&["a", "b"])).unwrap();
    signal(&child, "HUP");
    until_logged(folder.path(), "the configuration was reloaded sensors=2");
    until_told(&notify, "WATCHDOG=1");
    signal(&child, "TERM");
    until_told(&notify, "STOPPING=1");
    assert_eq!(child.wait().unwrap().code(), Some(0));
    let log = std::fs::read_to_string(folder.path().join("log")).unwrap();
    assert_eq!(
        log.matches("cannot reach broker").count(),
        1,
        "an absent broker is told once: {log}"
    );
}

#[test]
fn what_it_makes_is_its_owners_alone_whatever_the_umask() {
    for umask in ["0000", "0777"] {
        let folder = tempfile::tempdir().unwrap();
        let text = configuration(&["a"]).replace("\"spool.db\"", "\"state/agent/spool.db\"");
        std::fs::write(folder.path().join("agent.toml"), text).unwrap();
        let mut shell = Command::new("sh");
        let agent = env!("CARGO_BIN_EXE_plenum-agent");
        shell.args(["-c", &format!("umask {umask}; exec \"$0\" \"$@\""), agent]);
        let (mut child, notify) = start_with(shell, folder.path());
        until_told(&notify, "READY=1");
        let mode = |name: &str| {
            let data = std::fs::metadata(folder.path().join("state").join(name)).unwrap();
            data.permissions().mode() & 0o777
        };
        for name in ["", "agent"] {
            assert_eq!(mode(name), 0o700, "state/{name} under umask {umask}");
        }
        for name in ["spool.db", "spool.db-wal", "spool.db-shm", "spool.db.lock"] {
            assert_eq!(
                mode(&format!("agent/{name}")),
                0o600,
                "{name} under umask {umask}"
            );
        }
        signal(&child, "TERM");
        assert_eq!(child.wait().unwrap().code(), Some(0));
    }
}

#[test]
fn a_spool_that_a_newer_agent_has_changed_is_a_matter_of_configuration() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("agent.toml"), configuration(&["a"])).unwrap();
    let (mut child, notify) = start(folder.path());
    until_told(&notify, "READY=1");
    signal(&child, "TERM");
    child.wait().unwrap();
    let newer = "pragma user_version = 9; insert into migration values (9, '0009-later', '9.1.0');";
    let spool = rusqlite::Connection::open(folder.path().join("spool.db")).unwrap();
    spool.execute_batch(newer).unwrap();
    drop((spool, notify));
    std::fs::remove_file(folder.path().join("notify")).unwrap();
    let (mut child, _notify) = start(folder.path());
    assert_eq!(child.wait().unwrap().code(), Some(78));
    until_logged(folder.path(), "start plenum 9.1.0");
}
