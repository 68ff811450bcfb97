//! The real program whose disk is full, read-only or silent: what is urgent arrives all the same, under the number that it has in the spool
//! afterwards.
#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use plenum_agent::spool::SpoolReader;
use plenum_link::mqtt::{self, Event, Message, MqttOptions, Publisher};
use plenum_link::testing::Mosquitto;
use plenum_link::{BootClock, Shutdown, SystemClock};
use plenum_protocol::payload::{Ack, SpoolState, Status};
use plenum_protocol::streams::{Envelope, StreamId};
use plenum_protocol::{Clock, Steady};

/// A disk of 16 MiB that can be filled to the last byte: a tmpfs of its own.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    fn mount() -> Self {
        let disk = Self(tempfile::tempdir().unwrap());
        disk.mounted(&["-t", "tmpfs", "-o", "size=16m", "tmpfs"]);
        disk
    }

    fn remount(&self, how: &str) {
        self.mounted(&["-o", &format!("remount,{how},size=16m")]);
    }

    fn mounted(&self, arguments: &[&str]) {
        let status = Command::new("mount").args(arguments).arg(self.path()).status();
        assert!(
            status.is_ok_and(|status| status.success()),
            "cannot mount a tmpfs: run the tests as root, or with `unshare --user --map-root-user --mount`"
        );
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn fill(&self) {
        use std::io::Write;
        let mut filler = std::fs::File::create(self.path().join("filler")).unwrap();
        for size in [64 << 10, 1] {
            while filler.write(&vec![1; size]).is_ok_and(|count| count > 0) {}
        }
    }

    fn make_room(&self) {
        std::fs::remove_file(self.path().join("filler")).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.path()).status();
    }
}

/// The agent's program with a smoke detector and a thermometer, and a collector that is no more than its bookkeeping.
struct Rig {
    folder: tempfile::TempDir,
    spool: PathBuf,
    broker: Mosquitto,
    taken: Arc<Mutex<Taken>>,
    agent: Option<Child>,
    _shutdown: Shutdown,
}

#[derive(Default)]
struct Taken {
    through: BTreeMap<StreamId, u64>,
    /// Sensor and quantity, value, stream and number.
    readings: Vec<(String, f64, StreamId, u64)>,
    status: Option<Status>,
}

impl Rig {
    fn new(spool: &Path) -> Self {
        let broker = Mosquitto::start().unwrap();
        let taken = Arc::new(Mutex::new(Taken::default()));
        let mut options = MqttOptions::new(&broker.address(), "collector");
        options.subscriptions = ["readings", "status"]
            .map(|kind| format!("plenum/1/+/+/{kind}"))
            .to_vec();
        let shutdown = Shutdown::new();
        let (publisher, mut events) = mqtt::connect(options, SystemClock::shared(), &shutdown);
        let shared = taken.clone();
        tokio::spawn(async move {
            while let Some(event) = events.recv().await {
                if let Event::Message(message) = event {
                    take(&mut shared.lock().unwrap(), &message, &publisher);
                }
            }
        });
        Self {
            folder: tempfile::tempdir().unwrap(),
            spool: spool.to_owned(),
            broker,
            taken,
            agent: None,
            _shutdown: shutdown,
        }
    }

    /// Writes the configuration and starts the agent, or lets it read that again.
    fn detect(&mut self, smoke: bool) {
        let text = format!(
            "site = \"zaandam\"\nagent = \"pi-a1\"\nclock = \"trusted\"\n[broker]\nurl = \"{}\"\n[spool]\npath = \"{}\"\n\
             [[sensor]]\nid = \"smoke-1\"\ndriver = \"simulated\"\ninterval = \"1s\"\n[sensor.quantities.smoke]\nbase = {smoke}\n\
             [[sensor]]\nid = \"inlet\"\ndriver = \"simulated\"\ninterval = \"1s\"\n[sensor.quantities.temperature]\nbase = 22.0\n",
            self.broker.address(),
            self.spool.display(),
        );
        std::fs::write(self.folder.path().join("agent.toml"), text).unwrap();
        match &self.agent {
            Some(agent) => signal(agent, "HUP"),
            None => {
                let log = std::fs::File::create(self.folder.path().join("log")).unwrap();
                let mut program = Command::new(env!("CARGO_BIN_EXE_plenum-agent"));
                program
                    .args(["run", "agent.toml"])
                    .current_dir(self.folder.path());
                self.agent = Some(program.stderr(Stdio::from(log)).spawn().unwrap());
            }
        }
    }

    /// Waits until it holds, and returns how long that took.
    async fn until(&self, what: &str, holds: impl Fn(&Taken) -> bool) -> Duration {
        let begin: Steady = SystemClock.steady();
        loop {
            let took = SystemClock.steady().since(begin);
            if holds(&self.taken.lock().unwrap()) {
                return took.to_std();
            }
            if took > plenum_protocol::Duration::from_seconds(20) {
                let log = std::fs::read_to_string(self.folder.path().join("log")).unwrap();
                let taken = self.taken.lock().unwrap();
                let last = taken.readings.last();
                panic!("never {what}; last {last:?}, {:?}; {log}", taken.status);
            }
            SystemClock
                .sleep(plenum_protocol::Duration::from_milliseconds(20))
                .await;
        }
    }

    /// Whether the spool has each taken smoke reading under its stream and number.
    fn has_spooled_the_smoke(&self) -> bool {
        let boot = BootClock::new().unwrap();
        let Ok(reader) = SpoolReader::open(&self.spool, boot.boot_id()) else {
            return false;
        };
        let taken = self.taken.lock().unwrap();
        let smoke = taken.readings.iter().find(|(_, value, ..)| *value == 1.0);
        let Some((name, value, stream, seq)) = smoke else {
            return false;
        };
        reader.row(stream, *seq).ok().flatten().is_some_and(|row| {
            let mut readings = row.readings.iter();
            readings.any(|reading| reading.channel.to_string() == *name && reading.outcome == Ok(*value))
        })
    }

    fn count(&self, name: &str) -> usize {
        let taken = self.taken.lock().unwrap();
        taken.readings.iter().filter(|(other, ..)| other == name).count()
    }
}

impl Drop for Rig {
    fn drop(&mut self) {
        if let Some(agent) = &mut self.agent {
            let _ = agent.kill();
            let _ = agent.wait();
        }
    }
}

fn signal(child: &Child, name: &str) {
    let status = Command::new("kill")
        .args(["-s", name, &child.id().to_string()])
        .status();
    assert!(status.unwrap().success());
}

fn take(taken: &mut Taken, message: &mqtt::Incoming, publisher: &Publisher) {
    if message.topic.ends_with("/status") {
        let status = Status::from_json(&message.payload).unwrap();
        for id in status.streams.keys() {
            taken.through.entry(id.clone()).or_insert(0);
        }
        taken.status = Some(status);
    } else {
        let properties = message.user_properties.iter();
        let properties = properties.map(|(key, value)| (key.as_str(), value.as_str()));
        let position = Envelope::from_properties(properties).unwrap().unwrap().position;
        let through = taken.through.entry(position.stream.clone()).or_insert(0);
        if position.seq != *through + 1 && position.seq != position.first {
            return;
        }
        if position.seq <= *through {
            return;
        }
        *through = position.seq;
        let (site, agent) = ("zaandam".parse().unwrap(), "pi-a1".parse().unwrap());
        let pack =
            plenum_protocol::senml::decode(&site, &agent, &message.payload, SystemClock.now()).unwrap();
        for reading in pack.readings {
            let name = reading.channel.to_string();
            let value = reading.outcome.unwrap();
            let stream = position.stream.clone();
            taken.readings.push((name, value, stream, position.seq));
        }
    }
    let ack = Ack {
        database: "d-1".parse().unwrap(),
        follows: Vec::new(),
        streams: taken.through.clone(),
    };
    // It comes again with the next message.
    let _ = publisher.try_publish(Message::new("plenum/1/zaandam/pi-a1/ack", ack.to_json()).retained());
}

fn smoke(taken: &Taken) -> bool {
    let mut readings = taken.readings.iter();
    readings.any(|(name, value, ..)| name == "smoke-1/smoke" && *value == 1.0)
}

fn by_memory(taken: &Taken) -> bool {
    let status = taken.status.as_ref();
    status.is_some_and(|status| status.spool == Some(SpoolState::Memory))
}

fn is_well(taken: &Taken) -> bool {
    taken.status.as_ref().is_some_and(|status| status.spool.is_none())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn smoke_does_not_wait_for_a_full_disk() {
    let disk = SmallDisk::mount();
    let mut rig = Rig::new(&disk.path().join("spool.db"));
    rig.detect(false);
    rig.until("a reading", |taken| taken.readings.len() > 2).await;
    disk.fill();
    rig.until("told that readings go by memory", by_memory).await;
    rig.detect(true);
    let took = rig.until("smoke", smoke).await;
    // A second to the next poll, and two.
    assert!(took < Duration::from_secs(3), "{took:?}");
    assert!(!rig.has_spooled_the_smoke());
    disk.make_room();
    rig.until("told that all is well", is_well).await;
    assert!(rig.has_spooled_the_smoke());
    let before = rig.count("inlet/temperature");
    rig.until("routine readings again", |taken| {
        taken.readings.len() > before + 8
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn smoke_does_not_wait_for_a_silent_disk() {
    let folder = tempfile::tempdir().unwrap();
    let mut rig = Rig::new(&folder.path().join("spool.db"));
    rig.detect(false);
    rig.until("a reading", |taken| taken.readings.len() > 2).await;
    // Whoever holds the lock for writing holds up every commit, as a card that hangs does.
    let other = rusqlite::Connection::open(&rig.spool).unwrap();
    other.execute_batch("begin immediate").unwrap();
    rig.detect(true);
    let took = rig.until("smoke", smoke).await;
    // A second to the next poll, two that the disk may take, and one.
    assert!(took < Duration::from_secs(4), "{took:?}");
    rig.until("told that readings go by memory", by_memory).await;
    other.execute_batch("rollback").unwrap();
    rig.until("told that all is well", is_well).await;
    assert!(rig.has_spooled_the_smoke());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_agent_starts_on_a_full_disk_and_on_a_read_only_one() {
    let disk = SmallDisk::mount();
    disk.fill();
    let mut rig = Rig::new(&disk.path().join("spool.db"));
    rig.detect(true);
    rig.until("smoke", smoke).await;
    rig.until("told that readings go by memory", by_memory).await;
    rig.until("routine readings", |taken| taken.readings.len() > 4)
        .await;
    disk.make_room();
    rig.until("told that all is well", is_well).await;
    assert!(rig.has_spooled_the_smoke());
    let before = rig.count("inlet/temperature");
    rig.until("routine readings again", |taken| {
        taken.readings.len() > before + 8
    })
    .await;
    let mut agent = rig.agent.take().unwrap();
    signal(&agent, "TERM");
    assert!(agent.wait().unwrap().success());
    disk.remount("ro");
    rig.taken.lock().unwrap().readings.clear();
    rig.detect(true);
    rig.until("smoke", smoke).await;
    rig.until("told that readings go by memory", by_memory).await;
}
