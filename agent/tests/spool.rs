//! The program and what its card does to the spool: it starts, saves what can be read, and however often it is started holds few streams.
#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use plenum_agent::config::SpoolConfig;
use plenum_agent::moment::Moment;
use plenum_agent::spool::{Batch, Spool, SpoolReader};
use plenum_protocol::streams::Class;
use plenum_protocol::{Reading, Size, Timestamp};

const CONFIGURATION: &str = "site = \"zaandam\"\nagent = \"pi-a1\"\nclock = \"trusted\"\n\
    [broker]\nurl = \"mqtt://127.0.0.1:1\"\n[spool]\npath = \"spool.db\"\n\
    [[sensor]]\nid = \"inlet-a3\"\ndriver = \"simulated\"\ninterval = \"1s\"\nstart = \"2026-01-01T00:00:00Z\"\nseed = 1\n\
    [sensor.quantities.temperature]\nbase = 22.0\n";

fn moment(seconds: i64) -> Moment {
    Moment {
        wall: Timestamp::from_milliseconds(1_790_000_000_000 + seconds * 1_000),
        boot: plenum_protocol::Duration::from_seconds(seconds),
        synchronised: true,
    }
}

fn config(folder: &Path) -> SpoolConfig {
    SpoolConfig {
        path: folder.join("spool.db"),
        maximum: Size(16 << 20),
    }
}

/// Starts the program and returns once it samples.
fn start(folder: &Path) -> Child {
    std::fs::write(folder.join("agent.toml"), CONFIGURATION).unwrap();
    let socket = folder.join("notify");
    std::fs::remove_file(&socket).ok();
    let notify = UnixDatagram::bind(&socket).unwrap();
    notify.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let log = std::fs::File::options()
        .create(true)
        .append(true)
        .open(folder.join("log"))
        .unwrap();
    let child = Command::new(env!("CARGO_BIN_EXE_plenum-agent"))
        .args(["run", "agent.toml"])
        .current_dir(folder)
        .env("NOTIFY_SOCKET", &socket)
        .stderr(Stdio::from(log.try_clone().unwrap()))
        .stdout(Stdio::from(log))
        .spawn()
        .unwrap();
    let mut told = [0; 256];
    let length = notify.recv(&mut told).unwrap();
    assert!(String::from_utf8_lossy(&told[..length]).contains("READY"));
    child
}

/// How many batches the spool holds.
fn count(folder: &Path) -> usize {
    let reader = SpoolReader::open(&config(folder).path, "another").unwrap();
    reader.held().unwrap().len()
}

/// Lets it spool more than was there when it sampled, and stops it as systemd does.
fn stop(mut child: Child, folder: &Path) {
    let (before, deadline) = (count(folder), 400);
    let mut looks = (0..deadline).take_while(|_| count(folder) <= before);
    while looks.next().is_some() {
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(count(folder) > before, "it samples and spools");
    let id = child.id().to_string();
    assert!(Command::new("kill").arg(id).status().unwrap().success());
    assert!(child.wait().unwrap().success());
}

#[test]
fn it_starts_on_a_damaged_spool_and_holds_what_could_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let mut spool = Spool::open(&config(folder.path()), "boot", moment(0)).unwrap();
    spool.tell().unwrap();
    for number in 0..400 {
        let reading = |index| {
            let at = moment(number).wall + plenum_protocol::Duration::from_milliseconds(index);
            Reading::new("inlet-a3/temperature".parse().unwrap(), at, Ok(number as f64))
        };
        let batch = Batch {
            class: Class::Routine,
            readings: (0..50).map(reading).collect(),
        };
        spool.commit(&[batch], moment(number)).unwrap();
    }
    let stream = spool.heads().borrow()[1].id.clone();
    drop(spool);
    let path = folder.path().join("spool.db");
    let mut bytes = std::fs::read(&path).unwrap();
    // The page on which the index of the batches begins, and one of batches.
    let middle = bytes.len() / 2 / 4_096 * 4_096;
    for page in [middle, 8 * 4_096] {
        bytes[page..page + 4_096].fill(0x55);
    }
    std::fs::write(&path, bytes).unwrap();
    stop(start(folder.path()), folder.path());
    let log = std::fs::read_to_string(folder.path().join("log")).unwrap();
    let reader = SpoolReader::open(&path, "boot").unwrap();
    let held = reader.held().unwrap();
    let saved = held.iter().filter(|(id, seq)| {
        let row = reader.row(id, *seq);
        *id == stream && row.is_ok_and(|row| row.is_some_and(|row| row.readings.len() == 50))
    });
    let saved = saved.count();
    assert!((300..400).contains(&saved), "{saved} {log}");
}

#[test]
fn it_holds_few_streams_however_often_it_is_started() {
    const STARTS: usize = 4;
    let folder = tempfile::tempdir().unwrap();
    for _ in 0..STARTS {
        stop(start(folder.path()), folder.path());
    }
    let mut spool = Spool::open(&config(folder.path()), "another", moment(0)).unwrap();
    let used = |spool: &Spool| spool.heads().borrow().iter().filter(|head| head.last > 0).count();
    assert!(used(&spool) <= 2, "{:?}", spool.heads().borrow());
    assert_eq!(spool.next_start().unwrap(), STARTS as u64 + 1);
    assert!(
        count(folder.path()) >= STARTS,
        "each start has spooled what it read"
    );
}
