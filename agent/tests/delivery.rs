//! Real agents, a real mosquitto and a collector that is no more than its bookkeeping: everything that was spooled arrives
//! once, whatever dies in between.
#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod support;

use plenum_agent::config::{Broker, ClockTrust, SensorConfig, SpoolConfig};
use plenum_agent::driver::{Driver, Edge, Sample};
use plenum_agent::drivers::Opened;
use plenum_agent::{AgentConfig, AgentHandle};
use plenum_link::mqtt::Message;
use plenum_link::testing::Mosquitto;
use plenum_link::{Shutdown, SystemClock};
use plenum_protocol::payload::{AgentState, Command, CommandKind};
use plenum_protocol::{Clock, Duration, Quantity, Size, Timestamp};
use support::Collector;
use tokio::sync::watch;

/// Counts its polls, so that each reading has a value of its own; the contact closes when told.
struct Counting {
    polls: f64,
    contact: Option<watch::Receiver<bool>>,
}

impl Driver for Counting {
    fn quantities(&self) -> Vec<Quantity> {
        match self.contact {
            Some(_) => vec![Quantity::Smoke],
            None => vec![Quantity::Age],
        }
    }

    fn read(&mut self, _: Timestamp) -> Vec<Sample> {
        self.polls += 1.0;
        match &self.contact {
            Some(contact) => vec![(Quantity::Smoke, Ok(f64::from(*contact.borrow())))],
            None => vec![(Quantity::Age, Ok(self.polls))],
        }
    }

    fn wait(&mut self, timeout: std::time::Duration) -> Option<Vec<Edge>> {
        let contact = self.contact.as_mut()?;
        std::thread::sleep(timeout.min(std::time::Duration::from_millis(5)));
        let changed = contact.has_changed().unwrap_or(false);
        let edge = |value: bool| Edge {
            at: None,
            quantity: Quantity::Smoke,
            outcome: Ok(f64::from(value)),
        };
        Some(if changed {
            vec![edge(*contact.borrow_and_update())]
        } else {
            Vec::new()
        })
    }
}

struct Rig {
    folder: tempfile::TempDir,
    broker: Mosquitto,
    contact: watch::Sender<bool>,
}

impl Rig {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            broker: Mosquitto::start().unwrap(),
            contact: watch::Sender::new(false),
        }
    }

    fn config(&self) -> AgentConfig {
        let second = Duration::from_seconds(1);
        let contact = self.contact.clone();
        AgentConfig {
            site: "zaandam".parse().unwrap(),
            agent: "pi-a1".parse().unwrap(),
            clock: ClockTrust::Trusted,
            broker: Broker::at(&self.broker.address().to_string()),
            spool: SpoolConfig {
                path: self.folder.path().join("spool.db"),
                maximum: Size(4 << 20),
            },
            sensors: vec![
                SensorConfig::given("counter".parse().unwrap(), second, "counting", || Opened {
                    bus: "counter".to_owned(),
                    driver: Box::new(Counting {
                        polls: 0.0,
                        contact: None,
                    }),
                }),
                SensorConfig::given("smoke-1".parse().unwrap(), second, "counting", move || Opened {
                    bus: "contact".to_owned(),
                    driver: Box::new(Counting {
                        polls: 0.0,
                        contact: Some(contact.subscribe()),
                    }),
                }),
            ],
            outputs: Vec::new(),
        }
    }

    async fn agent(&self, shutdown: &Shutdown) -> AgentHandle {
        plenum_agent::start(self.config(), SystemClock::shared(), shutdown)
            .await
            .unwrap()
    }

    /// (sensor and quantity, instant, value) of everything in the spool, in order.
    fn spooled(&self) -> Vec<(String, i64, String)> {
        let boot = plenum_link::BootClock::new().unwrap();
        let reader =
            plenum_agent::spool::SpoolReader::open(&self.config().spool.path, boot.boot_id()).unwrap();
        let mut readings = Vec::new();
        for (stream, seq) in reader.held().unwrap() {
            for reading in reader.row(&stream, seq).unwrap().unwrap().readings {
                readings.push((
                    reading.channel.to_string(),
                    reading.at.milliseconds(),
                    format!("{:?}", reading.outcome),
                ));
            }
        }
        readings.sort();
        readings
    }
}

async fn until(what: &str, condition: impl Fn() -> bool) {
    let clock = SystemClock;
    let deadline = clock.now() + Duration::from_seconds(40);
    while !condition() {
        assert!(clock.now() < deadline, "waited in vain until {what}");
        clock.sleep(Duration::from_milliseconds(10)).await;
    }
}

/// How many readings the agent has spooled since it was started.
fn spooled_by(agent: &AgentHandle) -> u64 {
    agent
        .figures()
        .gathered
        .spooled
        .load(std::sync::atomic::Ordering::Relaxed)
}

async fn stop(agent: AgentHandle, shutdown: &Shutdown) {
    shutdown.request();
    agent.finished().await.unwrap();
}

#[tokio::test]
async fn everything_spooled_arrives_once_though_broker_collector_and_agent_stop_and_start() {
    let mut rig = Rig::new();
    // Nobody acknowledges yet.
    let first_run = Shutdown::new();
    let agent = rig.agent(&first_run).await;
    until("two readings are spooled", || spooled_by(&agent) >= 4).await;
    stop(agent, &first_run).await;
    // The second start finds them in the spool.
    let second_run = Shutdown::new();
    let collector = Collector::start(&rig.broker, "collector");
    let agent = rig.agent(&second_run).await;
    until("readings of the second start arrive", || {
        collector.count("counter") >= 4
    })
    .await;
    rig.broker.kill();
    let before = spooled_by(&agent);
    until("sampling goes on without a broker", || {
        spooled_by(&agent) >= before + 4
    })
    .await;
    rig.broker.start_again().unwrap();
    let held = rig.spooled().len();
    until("what was spooled meanwhile arrives", || {
        collector.count_all() >= held
    })
    .await;
    stop(agent, &second_run).await;
    let spooled = rig.spooled();
    until("the last readings arrive", || {
        collector.count_all() >= spooled.len()
    })
    .await;
    until("the agent says good-bye", || {
        collector.is_told(|status| status.state == AgentState::Offline)
    })
    .await;
    let mut taken = collector.taken.lock().unwrap();
    taken.readings.sort();
    assert_eq!(taken.readings, spooled);
    assert_eq!(taken.gaps, 0);
    let connections: Vec<u64> = taken.statuses.iter().map(|status| status.connection).collect();
    assert!(connections.is_sorted(), "{connections:?}");
    collector.shutdown.request();
}

#[tokio::test]
async fn a_collector_set_up_anew_is_followed_once_a_person_says_so_and_gets_all_that_is_held() {
    let rig = Rig::new();
    let shutdown = Shutdown::new();
    let before = Collector::start(&rig.broker, "before");
    let agent = rig.agent(&shutdown).await;
    until("readings arrive", || before.count("counter") >= 2).await;
    before.shutdown.request();
    let anew = Collector::with_database(&rig.broker, "anew", "d-2");
    let foreign = agent.figures().uplink.clone();
    until("the new one speaks", || {
        foreign.foreign.load(std::sync::atomic::Ordering::Relaxed) > 0
    })
    .await;
    let file = rig.folder.path().join("agent.toml");
    let text = "site = \"zaandam\"\nagent = \"pi-a1\"\n[broker]\nurl = \"mqtt://127.0.0.1:1\"\n[spool]\npath = \"spool.db\"\n";
    std::fs::write(&file, text).unwrap();
    let join = || {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_plenum-agent"));
        command.arg("join").arg(&file);
        command
    };
    let asked = join().stdin(std::process::Stdio::null()).output().unwrap();
    let told = String::from_utf8(asked.stdout).unwrap();
    assert!(
        asked.status.code() == Some(1) && told.contains("database d-1 is followed"),
        "{told}"
    );
    until("without a person's word it goes on as before", || {
        foreign.unsent.load(std::sync::atomic::Ordering::Relaxed) >= 2
    })
    .await;
    let joined = join().arg("--yes").output().unwrap();
    let told = String::from_utf8(joined.stdout).unwrap();
    assert!(
        joined.status.success() && told.contains("running agent"),
        "{told}"
    );
    until("it gets everything from the first reading on", || {
        let taken = anew.taken.lock().unwrap();
        let first = taken
            .readings
            .iter()
            .any(|(name, _, value)| name == "counter/age" && value == "Ok(1.0)");
        first && taken.gaps == 0
    })
    .await;
    stop(agent, &shutdown).await;
    let spooled = rig.spooled();
    until("the last readings arrive", || anew.count_all() >= spooled.len()).await;
    let mut taken = anew.taken.lock().unwrap();
    taken.readings.sort();
    assert_eq!(taken.readings, spooled);
    anew.shutdown.request();
}

#[tokio::test]
async fn a_change_of_a_contact_overtakes_its_poll_and_commands_are_done_once() {
    let rig = Rig::new();
    let shutdown = Shutdown::new();
    let collector = Collector::start(&rig.broker, "collector");
    let agent = rig.agent(&shutdown).await;
    until("the contact was polled", || collector.count("smoke-1") >= 1).await;
    the_change_carries_its_own_instant(&rig, &collector).await;
    each_command_is_done_once(&collector).await;
    a_drill_is_read_and_ends_by_itself_or_when_it_is_told_to(&collector).await;
    reloads_change_what_they_may(&rig, &collector, &agent).await;
    stop(agent, &shutdown).await;
    until("all of them came, once", || {
        collector.count_all() == rig.spooled().len()
    })
    .await;
    collector.shutdown.request();
}

async fn the_change_carries_its_own_instant(rig: &Rig, collector: &Collector) {
    let clock = SystemClock;
    let changed = clock.now();
    rig.contact.send_replace(true);
    until("the contact's change arrives", || collector.closed().is_some()).await;
    let (_, at, _) = collector.closed().unwrap();
    assert!(
        at >= changed.milliseconds() && at % 1_000 != 0,
        "an edge carries its own instant"
    );
}

async fn each_command_is_done_once(collector: &Collector) {
    let command = |id: &str, kind| Command {
        id: id.to_owned(),
        kind,
    };
    for (id, kind) in [
        ("c-1", CommandKind::Flush),
        ("c-1", CommandKind::Flush),
        ("c-2", CommandKind::Identify),
    ] {
        let message = Message::new("plenum/1/zaandam/pi-a1/command", command(id, kind).to_json());
        collector.publisher.publish(message).await.unwrap();
    }
    until("all commands are answered", || {
        collector.taken.lock().unwrap().results.len() == 3
    })
    .await;
    let answers: Vec<(String, bool)> = collector
        .taken
        .lock()
        .unwrap()
        .results
        .iter()
        .map(|result| (format!("{} {}", result.id, result.message), result.done))
        .collect();
    assert!(
        answers[0].1 && answers[1].0.contains("received before") && !answers[2].1,
        "{answers:?}"
    );
}

async fn a_drill_is_read_and_ends_by_itself_or_when_it_is_told_to(collector: &Collector) {
    let read = || {
        let taken = collector.taken.lock().unwrap();
        let drills = taken.readings.iter();
        let drills = drills.filter(|(name, ..)| name == "monthly/drill");
        drills.map(|(_, _, value)| value.clone()).collect::<Vec<_>>()
    };
    let ask = async |id: &str, on, seconds| {
        let kind = CommandKind::Drill {
            drill: "monthly".parse().unwrap(),
            on,
            seconds,
        };
        let id = id.to_owned();
        let message = Message::new("plenum/1/zaandam/pi-a1/command", Command { id, kind }.to_json());
        collector.publisher.publish(message).await.unwrap();
    };
    ask("d-1", true, 1).await;
    until("it ends by itself", || read() == ["Ok(1.0)", "Ok(0.0)"]).await;
    ask("d-2", true, 600).await;
    until("it stands", || read().len() == 3).await;
    ask("d-3", false, 0).await;
    // Of one that it knows nothing of, the end is read as well.
    ask("d-4", false, 0).await;
    until("it is told to end", || {
        read()[2..] == ["Ok(1.0)", "Ok(0.0)", "Ok(0.0)"]
    })
    .await;
    assert!(
        collector
            .taken
            .lock()
            .unwrap()
            .results
            .iter()
            .all(|result| !result.id.starts_with('d') || result.done)
    );
}

/// A reload that fails changes nothing, one that works changes the sensors, and another broker's address the uplink.
async fn reloads_change_what_they_may(rig: &Rig, collector: &Collector, agent: &AgentHandle) {
    let mut other = rig.config();
    other.agent = "pi-b1".parse().unwrap();
    assert!(agent.reload(other).await.is_err());
    let mut fewer = rig.config();
    fewer.sensors.truncate(1);
    agent.reload(fewer).await.unwrap();
    until("the status lists one sensor", || {
        collector.is_told(|status| status.sensors.len() == 1)
    })
    .await;
    let mut moved = rig.config();
    moved.broker = Broker::at(&rig.broker.address().to_string().replace("127.0.0.1", "localhost"));
    agent.reload(moved).await.unwrap();
    let before = collector.count("counter");
    until("readings come over the new connection", || {
        collector.count("counter") >= before + 3
    })
    .await;
}

#[tokio::test]
async fn whatever_the_kernel_says_of_its_clock_readings_arrive_with_their_instants() {
    let rig = Rig::new();
    let shutdown = Shutdown::new();
    let collector = Collector::start(&rig.broker, "collector");
    let config = AgentConfig {
        clock: ClockTrust::Kernel,
        ..rig.config()
    };
    let agent = plenum_agent::start(config, SystemClock::shared(), &shutdown)
        .await
        .unwrap();
    until("readings arrive", || collector.count("counter") >= 2).await;
    stop(agent, &shutdown).await;
    let taken = collector.taken.lock().unwrap();
    let synchronised = plenum_link::BootClock::new().unwrap().is_synchronised();
    for (_, at, _) in taken
        .readings
        .iter()
        .filter(|(name, ..)| name.starts_with("counter"))
    {
        // A relative instant counts from the receipt, which is a moment after the sending.
        let late = at.rem_euclid(1_000);
        assert!(late == 0 || (!synchronised && late < 500), "{at}");
    }
    collector.shutdown.request();
}

#[tokio::test]
async fn a_hung_bus_stops_nobody_else_and_shutdown_does_not_wait_for_it() {
    struct Hung;
    impl Driver for Hung {
        fn quantities(&self) -> Vec<Quantity> {
            vec![Quantity::Temperature]
        }
        fn read(&mut self, _: Timestamp) -> Vec<Sample> {
            std::thread::sleep(std::time::Duration::from_secs(3_600));
            Vec::new()
        }
    }
    let mut rig = Rig::new();
    rig.broker.kill();
    let mut config = rig.config();
    config.sensors.push(SensorConfig::given(
        "dead".parse().unwrap(),
        Duration::from_seconds(1),
        "hung",
        || Opened {
            bus: "dead".to_owned(),
            driver: Box::new(Hung),
        },
    ));
    let shutdown = Shutdown::new();
    let agent = plenum_agent::start(config, SystemClock::shared(), &shutdown)
        .await
        .unwrap();
    until("the others are read", || rig.spooled().len() >= 6).await;
    assert!(agent.figures().is_alive());
    stop(agent, &shutdown).await;
}
