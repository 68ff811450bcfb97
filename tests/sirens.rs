//! A siren in the building, with a real mosquitto, a real agent and a real collector: it sounds while nobody has an alarm, stops when somebody has, goes on by itself when
//! nothing connects them any more, and is handed over without a gap when something does again.
#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::path::Path;

use plenum_agent::config::{Broker, ClockTrust, OutputConfig, SensorConfig, SpoolConfig, What};
use plenum_agent::drivers::contact::Wire;
use plenum_agent::drivers::switch::{Bulb, Switch};
use plenum_agent::outputs::{AlarmState, Input, Rule};
use plenum_agent::{AgentConfig, AgentHandle};
use plenum_collector::Collector;
use plenum_collector::config::Config;
use plenum_collector::open;
use plenum_core::alarms::Alarm;
use plenum_core::authority::Actor;
use plenum_core::fact::ActionKind;
use plenum_link::testing::Mosquitto;
use plenum_link::{Shutdown, Stopwatch, SystemClock};
use plenum_protocol::payload::CommandKind;
use plenum_protocol::{Clock, Duration as Span, Quantity, Size};

const SITE: &str = r#"
[site]
id = "s"
name = "S"
zone = "UTC"

[[channel]]
id = "siren"
kind = "relay"
priorities = ["critical"]
"#;

/// How long the collector may be silent for the agent's own rule.
const SILENT: Span = Span::from_seconds(4);

/// What hangs on the agent's lines.
#[derive(Default)]
struct Room {
    smoke: Option<Wire>,
    siren: Bulb,
}

impl Room {
    fn new() -> Self {
        Self {
            smoke: Some(Wire::new(false)),
            ..Self::default()
        }
    }

    fn wire(&self) -> Wire {
        self.smoke.clone().unwrap()
    }

    fn smokes(&self) {
        self.wire().set(true, SystemClock.now());
    }
}

/// Waits until it is so. Gives how many milliseconds that took.
async fn until(what: &str, mut so: impl FnMut() -> bool) -> u128 {
    let watch = Stopwatch::start();
    while !so() {
        assert!(watch.seconds() < 60.0, "no {what} within 60 s");
        SystemClock.sleep(Span::from_milliseconds(10)).await;
    }
    watch.elapsed().as_millis()
}

async fn collector(folder: &Path, broker: &Mosquitto, shutdown: &Shutdown) -> Collector {
    let text = format!(
        "data = {:?}\n[broker]\nurl = \"{}\"\n[storage]\ndisk_reserve = \"1MiB\"\n\
         [[relay]]\nchannel = \"siren\"\nagent = \"s/pi\"\noutput = \"siren\"\n",
        folder.join("data").display().to_string(),
        broker.address(),
    );
    let config = Config::parse("collector.toml", &text).unwrap();
    let opened = open::open(&config, Some(SITE.to_owned()), SystemClock::shared(), shutdown);
    let opened = opened.await.unwrap();
    let base_url = "http://127.0.0.1".to_owned();
    opened.serve(&config, base_url, shutdown).await.unwrap().0
}

async fn agent(folder: &Path, broker: &Mosquitto, room: &Room, shutdown: &Shutdown) -> AgentHandle {
    let (wire, bulb) = (room.wire(), room.siren.clone());
    let contact = move || {
        wire.contact(Quantity::Smoke, Span::from_milliseconds(5), "wire")
            .unwrap()
    };
    let rule = Rule {
        silent: SILENT,
        inputs: vec![Input {
            sensor: "smoke-a".parse().unwrap(),
            quantity: Quantity::Smoke,
            state: AlarmState::Is(true),
        }],
        button: None,
        blinks: false,
    };
    let siren = move || Ok(Box::new(bulb.clone()) as Box<dyn Switch>);
    let config = AgentConfig {
        site: "s".parse().unwrap(),
        agent: "pi".parse().unwrap(),
        clock: ClockTrust::Trusted,
        broker: Broker::at(&broker.address().to_string()),
        spool: SpoolConfig {
            path: folder.join("spool.db"),
            maximum: Size(4 << 20),
        },
        sensors: vec![SensorConfig::given(
            "smoke-a".parse().unwrap(),
            Span::from_seconds(1),
            "contact",
            contact,
        )],
        outputs: vec![OutputConfig::given(
            "siren".parse().unwrap(),
            What::Relay,
            vec![rule],
            siren,
        )],
    };
    plenum_agent::start(config, SystemClock::shared(), shutdown)
        .await
        .unwrap()
}

fn smoke(collector: &Collector) -> Option<Alarm> {
    let alarms = collector.alarms.alarms(false);
    alarms.into_iter().find(|alarm| alarm.rule.as_str() == "smoke")
}

async fn act(collector: &Collector, kind: ActionKind) {
    let alarm = smoke(collector).unwrap();
    let by = Actor::named("sanne");
    collector.alarms.act(alarm.id, kind, None, by, "").await.unwrap();
}

/// All of it, between two programs and a broker that come and go.
struct House {
    folder: tempfile::TempDir,
    room: Room,
    broker: Mosquitto,
}

impl House {
    fn new() -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        Self {
            folder: tempfile::tempdir().unwrap(),
            room: Room::new(),
            broker: Mosquitto::start().unwrap(),
        }
    }

    async fn collector(&self, shutdown: &Shutdown) -> Collector {
        collector(self.folder.path(), &self.broker, shutdown).await
    }

    /// A collector and an agent that know of each other.
    async fn open(&self, house: &Shutdown, pi: &Shutdown) -> (Collector, AgentHandle) {
        let collector = self.collector(house).await;
        let agent = agent(self.folder.path(), &self.broker, &self.room, pi).await;
        let name = "s/pi".parse().unwrap();
        until("agent", || {
            let agent = collector.agents.get(&name);
            agent.is_some_and(|agent| agent.online)
        })
        .await;
        SystemClock.sleep(SILENT).await;
        assert!(!self.room.siren.shines());
        (collector, agent)
    }

    async fn sounds(&self, times: usize) -> u128 {
        let took = until("siren", || self.room.siren.shines()).await;
        assert_eq!(self.room.siren.times(), times, "without a gap until then");
        took
    }

    async fn is_silent(&self) -> u128 {
        until("silence", || !self.room.siren.shines()).await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_sounds_until_somebody_has_the_alarm_through_a_restart_too() {
    let (house, first, pi) = (House::new(), Shutdown::new(), Shutdown::new());
    let (collector, agent) = house.open(&first, &pi).await;
    // A siren that calls the building together is nothing to show oneself by.
    let commands = &collector.running.get().unwrap().commands;
    let asked = commands
        .ask(&"s/pi".parse().unwrap(), CommandKind::Identify)
        .await;
    let why = asked.unwrap_err().to_string();
    assert!(why.contains("no lamp or buzzer"), "{why}");
    assert!(!house.room.siren.shines());
    house.room.smokes();
    let took = house.sounds(1).await;
    assert!(took < 2_000, "it sounded after {took} ms");
    act(&collector, ActionKind::Acknowledge).await;
    let took = house.is_silent().await;
    assert!(took < 2_000, "it stopped after {took} ms");
    act(&collector, ActionKind::GiveBack).await;
    house.sounds(2).await;
    first.finish(Span::from_seconds(10), &SystemClock).await;
    drop(collector);
    let second = Shutdown::new();
    let collector = house.collector(&second).await;
    until("alarm", || smoke(&collector).is_some()).await;
    SystemClock.sleep(SILENT).await;
    house.sounds(2).await;
    act(&collector, ActionKind::Acknowledge).await;
    house.is_silent().await;
    assert_eq!(house.room.siren.times(), 2);
    pi.finish(Span::from_seconds(10), &SystemClock).await;
    agent.finished().await.unwrap();
    second.finish(Span::from_seconds(10), &SystemClock).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_goes_on_by_itself_and_is_handed_over_without_a_gap() {
    let (mut house, server, pi) = (House::new(), Shutdown::new(), Shutdown::new());
    let (collector, agent) = house.open(&server, &pi).await;
    house.room.smokes();
    house.sounds(1).await;
    house.broker.kill();
    // What the collector had switched on ends by itself after half a minute; by then the agent has smoke of its own.
    for _ in 0..35 {
        SystemClock.sleep(Span::from_seconds(1)).await;
        assert!(house.room.siren.shines());
    }
    house.broker.start_again().unwrap();
    SystemClock.sleep(Span::from_seconds(15)).await;
    house.sounds(1).await;
    act(&collector, ActionKind::Acknowledge).await;
    house.is_silent().await;
    // Somebody has it, which nobody here can know who hears nothing.
    house.broker.kill();
    house.sounds(2).await;
    house.broker.start_again().unwrap();
    // So it is said when somebody can say it, and not a minute later.
    let took = house.is_silent().await;
    assert!(took < 40_000, "it was stuck for {took} ms");
    assert_eq!(house.room.siren.times(), 2);
    pi.finish(Span::from_seconds(10), &SystemClock).await;
    agent.finished().await.unwrap();
    server.finish(Span::from_seconds(10), &SystemClock).await;
}
