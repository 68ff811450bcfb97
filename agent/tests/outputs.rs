//! A siren on a real agent behind a real mosquitto: by command, by the agent's own rule when nobody answers, and handed over when somebody does.
#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod support;

use std::process::Command as Program;

use plenum_agent::AgentConfig;
use plenum_agent::config::{Broker, ClockTrust, OutputConfig, SensorConfig, SpoolConfig, What};
use plenum_agent::drivers::contact::Wire;
use plenum_agent::drivers::switch::{Bulb, Switch};
use plenum_agent::outputs::{AlarmState, Input, Rule};
use plenum_link::mqtt::Message;
use plenum_link::testing::Mosquitto;
use plenum_link::{Shutdown, Stopwatch, SystemClock};
use plenum_protocol::payload::{Command, CommandKind};
use plenum_protocol::{Clock, Duration, Quantity, Size};
use support::Collector;

const SILENT: Duration = Duration::from_seconds(3);

/// An agent's parts that are seen from outside.
struct House {
    folder: tempfile::TempDir,
    smoke: Wire,
    siren: Bulb,
    lamp: Bulb,
}

fn output(id: &str, what: What, bulb: &Bulb, rules: Vec<Rule>) -> OutputConfig {
    let bulb = bulb.clone();
    OutputConfig::given(id.parse().unwrap(), what, rules, move || {
        Ok(Box::new(bulb.clone()) as Box<dyn Switch>)
    })
}

impl House {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            smoke: Wire::new(false),
            siren: Bulb::default(),
            lamp: Bulb::default(),
        }
    }

    fn config(&self, broker: &str) -> AgentConfig {
        let smoke = self.smoke.clone();
        let contact = move || {
            smoke
                .contact(Quantity::Smoke, Duration::from_milliseconds(5), "wire")
                .unwrap()
        };
        let rule = Rule {
            silent: SILENT,
            inputs: vec![Input {
                sensor: "smoke-1".parse().unwrap(),
                quantity: Quantity::Smoke,
                state: AlarmState::Is(true),
            }],
            button: None,
            blinks: false,
        };
        AgentConfig {
            site: "zaandam".parse().unwrap(),
            agent: "pi-a1".parse().unwrap(),
            clock: ClockTrust::Trusted,
            broker: Broker::at(broker),
            spool: SpoolConfig {
                path: self.folder.path().join("spool.db"),
                maximum: Size(4 << 20),
            },
            sensors: vec![SensorConfig::given(
                "smoke-1".parse().unwrap(),
                Duration::from_seconds(1),
                "contact",
                contact,
            )],
            outputs: vec![
                output("siren", What::Relay, &self.siren, vec![rule]),
                output("lamp", What::Lamp, &self.lamp, Vec::new()),
            ],
        }
    }

    fn smokes(&self, smokes: bool) {
        self.smoke.set(smokes, SystemClock.now());
    }
}

/// Waits until it is so. Gives how many milliseconds that took.
async fn until(what: &str, holds: impl Fn() -> bool) -> u128 {
    let watch = Stopwatch::start();
    while !holds() {
        assert!(watch.elapsed().as_secs() < 40, "never: {what}");
        SystemClock.sleep(Duration::from_milliseconds(10)).await;
    }
    watch.elapsed().as_millis()
}

async fn ask(collector: &Collector, id: &str, kind: CommandKind) -> (bool, String) {
    let id = id.to_owned();
    let command = Command { id: id.clone(), kind };
    let before = collector.taken.lock().unwrap().results.len();
    let message = Message {
        expiry_seconds: Some(10),
        ..Message::new("plenum/1/zaandam/pi-a1/command", command.to_json())
    };
    collector.publisher.publish(message).await.unwrap();
    until("the command is answered", || {
        collector.taken.lock().unwrap().results.len() > before
    })
    .await;
    let taken = collector.taken.lock().unwrap();
    let result = taken.results.last().unwrap();
    assert_eq!(result.id, id);
    (result.done, result.message.clone())
}

/// Whether the siren's series has this value.
fn stood(collector: &Collector, value: &str) -> bool {
    let taken = collector.taken.lock().unwrap();
    let of_siren = |(name, _, said): &(String, i64, String)| name == "siren/switched-on" && said == value;
    taken.readings.iter().any(of_siren)
}

fn switch(relay: &str, on: bool, seconds: u32) -> CommandKind {
    CommandKind::Relay {
        relay: relay.parse().unwrap(),
        on,
        seconds: on.then_some(seconds),
    }
}

#[tokio::test]
async fn a_command_switches_for_as_long_as_it_says_and_is_done_once() {
    let (house, broker, shutdown) = (House::new(), Mosquitto::start().unwrap(), Shutdown::new());
    let config = house.config(&broker.address().to_string());
    let agent = plenum_agent::start(config, SystemClock::shared(), &shutdown)
        .await
        .unwrap();
    let collector = Collector::start(&broker, "collector");
    until("the status lists the outputs", || {
        collector.is_told(|status| {
            let drivers: Vec<&str> = status
                .sensors
                .iter()
                .map(|sensor| sensor.driver.as_str())
                .collect();
            drivers == ["contact", "relay", "lamp"]
        })
    })
    .await;
    let said = ask(&collector, "1", switch("siren", true, 2)).await;
    assert_eq!(
        said,
        (true, "siren is on for 2s unless it is said again".to_owned())
    );
    assert!(house.siren.shines(), "the answer comes when it is on");
    until("it ends by itself", || !house.siren.shines()).await;
    let said = ask(&collector, "1", switch("siren", true, 2)).await;
    assert!(said.0 && said.1.contains("received before") && !house.siren.shines());
    ask(&collector, "2", switch("siren", true, 30)).await;
    assert!(house.siren.shines());
    ask(&collector, "3", switch("siren", false, 0)).await;
    assert!(!house.siren.shines() && house.siren.times() == 2);
    let said = ask(&collector, "4", switch("horn", true, 30)).await;
    assert_eq!(
        said,
        (
            false,
            "this agent has no output `horn`; it has: siren, lamp".to_owned()
        )
    );
    let said = ask(&collector, "5", CommandKind::Identify).await;
    assert_eq!(said, (true, "shows itself for ten seconds by lamp".to_owned()));
    until("the lamp blinks", || house.lamp.times() >= 2).await;
    house.siren.break_it();
    let said = ask(&collector, "6", switch("siren", true, 30)).await;
    assert_eq!(said, (false, "the bulb is broken".to_owned()));
    for value in ["Ok(0.0)", "Ok(1.0)", "Err(DeviceError)"] {
        until("its state is a series", || stood(&collector, value)).await;
    }
    shutdown.request();
    agent.finished().await.unwrap();
    assert!(!house.lamp.shines());
    collector.shutdown.request();
}

#[tokio::test]
async fn nobody_answers_and_it_sounds_by_itself_until_somebody_takes_over() {
    let (house, mut broker, shutdown) = (House::new(), Mosquitto::start().unwrap(), Shutdown::new());
    let config = house.config(&broker.address().to_string());
    let agent = plenum_agent::start(config, SystemClock::shared(), &shutdown)
        .await
        .unwrap();
    let collector = Collector::start(&broker, "collector");
    until("the agent is heard", || {
        collector.count("smoke-1") > 0 && collector.count_all() > 1
    })
    .await;
    house.smokes(true);
    until("smoke arrives", || collector.closed().is_some()).await;
    SystemClock.sleep(SILENT).await;
    assert_eq!(house.siren.times(), 0, "whoever is heard sees to it");
    broker.kill();
    let took = until("it sounds by itself", || house.siren.shines()).await;
    assert!(took < 8_000, "by itself {took} ms after the broker was killed");
    // What the broker has kept says nothing of the collector: only a fresh word counts.
    let told = collector.taken.lock().unwrap().statuses.len();
    broker.start_again().unwrap();
    until("the agent is there again", || {
        collector.taken.lock().unwrap().statuses.len() > told
    })
    .await;
    ask(&collector, "1", switch("siren", true, 30)).await;
    SystemClock.sleep(SILENT).await;
    assert!(house.siren.shines());
    assert_eq!(house.siren.times(), 1, "handed over without a gap");
    ask(&collector, "2", switch("siren", false, 0)).await;
    assert!(!house.siren.shines());
    SystemClock.sleep(SILENT).await;
    assert!(!house.siren.shines(), "smoke stands, and somebody has it");
    shutdown.request();
    agent.finished().await.unwrap();
    collector.shutdown.request();
}

/// A disk that takes nothing.
struct Closed(tempfile::TempDir);

impl Closed {
    fn mount() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let arguments = ["-t", "tmpfs", "-o", "ro,size=1m", "tmpfs"];
        let status = Program::new("mount").args(arguments).arg(folder.path()).status();
        assert!(
            status.is_ok_and(|status| status.success()),
            "cannot mount a tmpfs: run the tests as root, or with `unshare --user --map-root-user --mount`"
        );
        Self(folder)
    }
}

impl Drop for Closed {
    fn drop(&mut self) {
        let _ = Program::new("umount").arg("-l").arg(self.0.path()).status();
    }
}

#[tokio::test]
async fn it_needs_neither_a_disk_nor_a_network() {
    let (house, disk, shutdown) = (House::new(), Closed::mount(), Shutdown::new());
    let config = AgentConfig {
        spool: SpoolConfig {
            path: disk.0.path().join("spool.db"),
            maximum: Size(4 << 20),
        },
        ..house.config("mqtt://127.0.0.1:1")
    };
    let agent = plenum_agent::start(config, SystemClock::shared(), &shutdown)
        .await
        .unwrap();
    house.smokes(true);
    until("it sounds by itself", || house.siren.shines()).await;
    house.smokes(false);
    until("the smoke is gone", || !house.siren.shines()).await;
    shutdown.request();
    // Whether its spool failed is not the question here.
    drop(agent.finished().await);
}

#[tokio::test]
async fn a_command_is_done_whatever_the_disk_takes() {
    let (house, disk, shutdown) = (House::new(), Closed::mount(), Shutdown::new());
    let broker = Mosquitto::start().unwrap();
    let config = AgentConfig {
        spool: SpoolConfig {
            path: disk.0.path().join("spool.db"),
            maximum: Size(4 << 20),
        },
        ..house.config(&broker.address().to_string())
    };
    let agent = plenum_agent::start(config, SystemClock::shared(), &shutdown)
        .await
        .unwrap();
    let collector = Collector::start(&broker, "collector");
    until("the agent is heard", || collector.count("smoke-1") > 0).await;
    assert!(ask(&collector, "1", switch("siren", true, 30)).await.0);
    assert!(house.siren.shines());
    shutdown.request();
    drop(agent.finished().await);
    assert!(!house.siren.shines());
    collector.shutdown.request();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_broker_has_kept_is_no_command_and_a_disk_that_is_silent_holds_none_up() {
    let (house, broker, shutdown) = (House::new(), Mosquitto::start().unwrap(), Shutdown::new());
    let collector = Collector::start(&broker, "collector");
    until("the collector is there", || collector.publisher.is_connected()).await;
    let kept = Command {
        id: "0".to_owned(),
        kind: switch("siren", true, 60),
    };
    let kept = Message::new("plenum/1/zaandam/pi-a1/command", kept.to_json()).retained();
    collector.publisher.publish(kept).await.unwrap();
    let config = house.config(&broker.address().to_string());
    let spool = config.spool.path.clone();
    let agent = plenum_agent::start(config, SystemClock::shared(), &shutdown)
        .await
        .unwrap();
    until("the agent is heard", || collector.count("smoke-1") > 0).await;
    assert!(ask(&collector, "1", CommandKind::Identify).await.0);
    assert!(!house.siren.shines() && house.siren.times() == 0);
    // Whoever holds the lock for writing holds up every commit, as a card that hangs does.
    let other = rusqlite::Connection::open(&spool).unwrap();
    other.execute_batch("begin immediate").unwrap();
    assert!(ask(&collector, "2", switch("siren", true, 30)).await.0);
    let watch = Stopwatch::start();
    for number in 3..8 {
        let on = number % 2 == 1;
        assert!(
            ask(&collector, &number.to_string(), switch("siren", on, 30))
                .await
                .0
        );
        assert_eq!(house.siren.shines(), on);
    }
    let took = watch.elapsed().as_millis();
    assert!(took < 4_000, "five commands in {took} ms");
    // The chain holds where the disk does not, and a drill shows that.
    let begins = CommandKind::Drill {
        drill: "monthly".parse().unwrap(),
        on: true,
        seconds: 60,
    };
    assert!(ask(&collector, "8", begins).await.0);
    until("the drill's reading is sent", || {
        collector.count("monthly/drill") > 0
    })
    .await;
    let said = ask(&collector, "9", CommandKind::Flush).await;
    assert!(!said.0 && said.1.contains("its disk takes no note"), "{said:?}");
    other.execute_batch("rollback").unwrap();
    shutdown.request();
    agent.finished().await.unwrap();
    collector.shutdown.request();
}
