//! Everything that waits, under a wall clock that is set either way at any look: by years, an hour, a second. Readings arrive, an alarm is told, a
//! failed message is tried again, a broken connection comes back, the screens go on, and all of it stops in time.

mod support;

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use plenum_agent::{AgentConfig, AgentHandle};
use plenum_collector::Collector;
use plenum_collector::config::Config;
use plenum_collector::open;
use plenum_collector::timekeeper::Timekeeper;
use plenum_dashboard::Dashboard;
use plenum_link::{Shutdown, Stopwatch, SystemClock};
use plenum_protocol::clock::Sleep;
use plenum_protocol::{Clock, Duration as Span, Steady, Timestamp};

use support::webhook::WebhookReceiver;

/// Who waits, by file. `tests/steps.rs` runs them all but those whose own test is named.
const WAITING: &[(&str, &str)] = &[
    ("agent/src/agent.rs", "here: the agent's supervision and its stop"),
    (
        "agent/src/bus.rs",
        "here: ticks; tests/clocks.rs: the real program",
    ),
    (
        "agent/src/cli/mod.rs",
        "tests/clocks.rs: the real program's watchdog",
    ),
    (
        "agent/src/enrolment/renewal.rs",
        "agent/src/enrolment: when it is due; it waits for a day of the calendar",
    ),
    (
        "agent/src/uplink/commands.rs",
        "agent/tests/outputs.rs: an output's command; it waits by elapsed time",
    ),
    ("agent/src/uplink/mod.rs", "here"),
    (
        "collector/src/alarms/task/mod.rs",
        "here: an alarm and its return",
    ),
    ("collector/src/alarms/teller.rs", "tests/unstored.rs"),
    (
        "collector/src/audit/keeper.rs",
        "here: it looks every ten seconds and is told to stop",
    ),
    (
        "collector/src/broker/commands.rs",
        "tests/sirens.rs: a command and its answer; it waits by elapsed time",
    ),
    (
        "collector/src/collector/addresses.rs",
        "in the file itself: whose address is whose; it waits by elapsed time, after a look that failed",
    ),
    (
        "collector/src/collector/beats.rs",
        "tests/beat.rs: the real program; it waits by elapsed time",
    ),
    ("collector/src/collector/chores.rs", "here: the trimmer"),
    (
        "collector/src/collector/drills/mod.rs",
        "core/src/drill/nights.rs: a clock that is set moves what a drill waits for; here: it looks each minute and is told to stop",
    ),
    (
        "collector/src/collector/heartbeats/mod.rs",
        "collector/src/collector/heartbeats/tests.rs: a clock that is set makes nobody late; it waits by elapsed time",
    ),
    (
        "collector/src/collector/self_check/mod.rs",
        "here: it looks every ten seconds; what it makes of it goes by elapsed time",
    ),
    (
        "collector/src/collector/sounder/mod.rs",
        "collector/src/collector/sounder/siren.rs: what is told when; it waits by elapsed time",
    ),
    (
        "collector/src/collector/upkeep/mod.rs",
        "collector/src/collector/upkeep/tests.rs: certificates near their end; it waits by elapsed time",
    ),
    (
        "collector/src/facts/mod.rs",
        "here: a message waits for the history to have read what raised its alarm",
    ),
    ("collector/src/history/check.rs", "here: the look at the chunks"),
    (
        "collector/src/history/sealer.rs",
        "here; collector/src/history/tests: sealing two years ahead",
    ),
    ("collector/src/intake/task/mod.rs", "here: acknowledgements"),
    (
        "collector/src/intake/task/outcome.rs",
        "collector/src/intake/tests/disk.rs: a full disk",
    ),
    (
        "collector/src/notify/caller/mod.rs",
        "collector/src/notify/caller/tests/mod.rs: a step waits as long as before; it looks twice a minute by elapsed time",
    ),
    (
        "collector/src/notify/courier/mod.rs",
        "here: a message that is tried again",
    ),
    (
        "collector/src/notify/courier/test_page.rs",
        "collector/src/notify/courier/tests/test_page.rs: a page over each way; it waits for half a minute by elapsed time",
    ),
    (
        "collector/src/notify/duty/watch.rs",
        "here: it waits for ten minutes by elapsed time and is told to stop",
    ),
    (
        "collector/src/notify/lookout.rs",
        "tests/clocks.rs: nothing else happened; it waits by elapsed time",
    ),
    (
        "collector/src/notify/pruner.rs",
        "here: it waits for an hour and is told to stop",
    ),
    (
        "collector/src/tls/served.rs",
        "tests/https.rs: a changed certificate is taken; it waits by elapsed time",
    ),
    ("dashboard/src/live/mod.rs", "here: the live feed"),
    (
        "link/src/mqtt/connection.rs",
        "here: the agent's connection is made again",
    ),
    ("link/src/shutdown.rs", "here: everything stops in time"),
    (
        "src/commands/drill.rs",
        "a command that asks the server how far a drill is, once a second by elapsed time; nothing waits for it",
    ),
    (
        "src/commands/trial.rs",
        "a command that asks the server how far a trial is; nothing waits for it",
    ),
    ("src/server.rs", "tests/clocks.rs: the real program's watchdog"),
];

#[test]
fn whoever_waits_is_listed_with_what_runs_it_under_a_clock_that_is_set() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    for folder in ["agent/src", "collector/src", "dashboard/src", "link/src", "src"] {
        look(root, &root.join(folder), &mut found);
    }
    found.sort();
    let listed: Vec<&str> = WAITING.iter().map(|(file, _)| *file).collect();
    assert_eq!(found, listed, "what is new waits, too: run it here and list it");
}

fn look(root: &Path, folder: &Path, found: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).expect("the sources are here") {
        let path = entry.expect("an entry").path();
        let name = path.strip_prefix(root).expect("below it").display().to_string();
        // Benches and the demo wait for themselves alone; clocks are what is waited by.
        let apart = ["tests", "bench", "demo", "testing", "clock.rs", "timekeeper.rs"];
        if apart
            .iter()
            .any(|part| name.ends_with(part) || name.ends_with(&format!("{part}.rs")))
        {
            continue;
        }
        if path.is_dir() {
            look(root, &path, found);
        } else if name.ends_with(".rs") {
            let text = std::fs::read_to_string(&path).expect("it can be read");
            let waits = |line: &str| {
                let code = line.trim_start();
                let calls = [".sleep(", ".sleep_until(", ".wake_at("];
                !code.starts_with("//")
                    && !code.starts_with("fn ")
                    && calls.iter().any(|call| code.contains(call))
            };
            if text
                .split("#[cfg(test)]")
                .next()
                .is_some_and(|text| text.lines().any(waits))
            {
                found.push(name);
            }
        }
    }
}

/// The system's clocks, but for the wall clock: at every fifth look it is set.
#[derive(Clone, Default)]
struct Unsteady(Arc<AtomicU64>);

const STEPS: [i64; 8] = [0, -63_072_000, -3_600, -1, 1, 3_600, 63_072_000, 0];

impl Unsteady {
    fn off(&self) -> Span {
        let looks = self.0.fetch_add(1, Ordering::Relaxed) / 5;
        // Any order will do that is not the table's.
        let place = looks.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 61;
        Span::from_seconds(STEPS[place as usize % STEPS.len()])
    }
}

impl Clock for Unsteady {
    fn now(&self) -> Timestamp {
        SystemClock.now() + self.off()
    }

    fn steady(&self) -> Steady {
        SystemClock.steady()
    }

    fn sleep_until(&self, deadline: Steady) -> Sleep {
        SystemClock.sleep_until(deadline)
    }

    /// A step wakes whoever waits for the wall clock, and there is always one.
    fn wake_at(&self, instant: Timestamp) -> Sleep {
        let remaining = instant.since(self.now()).max(Span::ZERO);
        SystemClock.sleep(remaining.min(Span::from_milliseconds(300)))
    }
}

const SITE: &str = r#"
[site]
id = "s"
name = "S"
zone = "UTC"

[[rule]]
id = "hot"
name = "Too hot"
select = { quantities = ["temperature"] }
when = { above = { limit = "30 Cel" } }
on_delay = "2s"
priority = "high"

[[channel]]
id = "ops"
kind = "webhook"
"#;

/// Waits on the runtime's own clock until it is so.
async fn until(what: &str, mut so: impl FnMut() -> bool) {
    let watch = Stopwatch::start();
    while !so() {
        assert!(watch.seconds() < 40.0, "no {what} within 40 s");
        SystemClock.sleep(Span::from_milliseconds(50)).await;
    }
}

/// A collector with its screens, in this process.
struct House {
    collector: Collector,
    mqtt: SocketAddr,
    screens: SocketAddr,
    shutdown: Shutdown,
}

impl House {
    async fn open(folder: &Path, webhook: &str, clock: &Unsteady) -> Self {
        std::fs::write(folder.join("hook"), "secret").expect("it can be written");
        let text = format!(
            "data = {:?}\n[broker]\nlisten = \"127.0.0.1:0\"\naccept_new_agents = true\n[storage]\ndisk_reserve = \"1MiB\"\n\
             [[webhook]]\nchannel = \"ops\"\nurl = \"{webhook}\"\nsecret_file = {:?}\n",
            folder.join("data").display().to_string(),
            folder.join("hook").display().to_string()
        );
        let config = Config::parse("collector.toml", &text).unwrap_or_else(|error| panic!("{error}"));
        let clock = Timekeeper::shared(Arc::new(clock.clone()));
        let shutdown = Shutdown::new();
        let opened = open::open(&config, Some(SITE.to_owned()), clock.clone(), &shutdown).await;
        let opened = opened.unwrap_or_else(|error| panic!("{error}"));
        let dashboard = Dashboard::new(Arc::new(opened.collector.clone()), clock, "test");
        let address = "127.0.0.1:0".parse().expect("an address");
        let screens = plenum_dashboard::serve(address, Arc::new(dashboard), &shutdown).await;
        let base_url = "http://127.0.0.1".to_owned();
        let served = opened.serve(&config, base_url, &shutdown).await;
        let (collector, broker, _) = served.unwrap_or_else(|error| panic!("{error}"));
        Self {
            collector,
            mqtt: broker.local_address().expect("it listens"),
            screens: screens.expect("it serves").address,
            shutdown,
        }
    }

    fn committed(&self) -> u64 {
        self.collector
            .intake_counters
            .readings_committed
            .load(Ordering::Relaxed)
    }

    fn is_hot(&self) -> bool {
        let alarms = self.collector.alarms.alarms(false);
        alarms.iter().any(|alarm| alarm.rule.as_str() == "hot")
    }

    /// A screen is told a reading.
    async fn tell_a_screen(&self) {
        let token = self
            .collector
            .people
            .issue_token("screen")
            .await
            .expect("a token");
        let live = reqwest::Client::new().get(format!("http://{}/api/v1/live", self.screens));
        let mut live = live.bearer_auth(token).send().await.expect("a feed");
        let mut told = String::new();
        while !told.contains("event: reading") {
            let chunk = tokio::time::timeout(std::time::Duration::from_secs(20), live.chunk()).await;
            let chunk = chunk
                .expect("a reading within 20 s")
                .expect("a feed")
                .expect("it goes on");
            told += &String::from_utf8_lossy(&chunk);
        }
    }
}

async fn agent(folder: &Path, mqtt: SocketAddr, clock: &Unsteady, shutdown: &Shutdown) -> AgentHandle {
    let text = format!(
        "site = \"s\"\nagent = \"pi\"\nclock = \"trusted\"\n[broker]\nurl = \"mqtt://{mqtt}\"\n[spool]\npath = {:?}\n\
         [[sensor]]\nid = \"inlet\"\ndriver = \"simulated\"\ninterval = \"1s\"\nquantities.temperature = {{ base = 40.0 }}\n",
        folder.join("spool.db").display().to_string()
    );
    let config = AgentConfig::parse("agent.toml", &text).unwrap_or_else(|errors| panic!("{errors:?}"));
    let started = plenum_agent::start(config, Arc::new(clock.clone()), shutdown).await;
    started.unwrap_or_else(|error| panic!("{error}"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_that_waits_goes_on_under_a_clock_that_is_set_at_any_look() {
    let folder = tempfile::tempdir().expect("a folder");
    let receiver = WebhookReceiver::start("secret");
    receiver.answer(503);
    let clock = Unsteady::default();
    let _ = rustls::crypto::ring::default_provider().install_default();
    let house = House::open(folder.path(), &receiver.url(), &clock).await;
    let agents = Shutdown::new();
    let agent = agent(folder.path(), house.mqtt, &clock, &agents).await;

    until("reading", || house.committed() > 2).await;
    let (before, watch) = (house.committed(), Stopwatch::start());
    until("ten seconds of readings", || watch.seconds() > 10.0).await;
    let read = house.committed() - before;
    assert!(read >= 7, "{read} readings in 10 s");
    until("alarm", || house.is_hot()).await;
    let retried = || house.collector.deliveries.retried.load(Ordering::Relaxed) > 0;
    until("message that fails", retried).await;
    receiver.answer(204);
    until("message", || !receiver.posts().is_empty()).await;
    assert!(agent.figures().is_alive());
    house.tell_a_screen().await;

    let watch = Stopwatch::start();
    agents.finish(Span::from_seconds(10), &clock).await;
    agent.finished().await.unwrap_or_else(|error| panic!("{error}"));
    let late = house.shutdown.finish(Span::from_seconds(10), &clock).await;
    assert_eq!(late, Vec::<String>::new());
    assert!(watch.seconds() < 12.0, "it stopped after {} s", watch.seconds());
    assert_eq!(house.shutdown.failure(), None);
}
