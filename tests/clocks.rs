//! The real programs under clocks that are set, either way, while they run: nothing that was spooled is missing, who goes is missed in time, and
//! whoever waits goes on.

mod support;

use std::time::Duration;

use plenum_link::Stopwatch;

use support::clock::FakeClock;
use support::fleet::Agent;
use support::process::eventually;
use support::server::{Server, Settings};

const PATIENCE: Duration = Duration::from_secs(60);
const SENSOR: &str = "[[sensor]]\nid = \"inlet\"\ndriver = \"simulated\"\ninterval = \"1s\"\n\
    quantities.temperature = { base = 20.0 }\n";
const SITE: &str = r#"
[site]
id = "s"
name = "S"
zone = "UTC"

[[rule]]
id = "gone"
name = "Agent is away"
when = { offline = { after = "5s" } }
priority = "high"
"#;
const SERIES: &str = "s/pi/inlet/temperature";

fn settings() -> Settings {
    Settings {
        site: SITE.to_owned(),
        broker: format!(
            "listen = \"127.0.0.1:{}\"\naccept_new_agents = true\n",
            support::ports::free()
        ),
        ..Settings::default()
    }
}

/// Lets time go by: what is tested here is what happens meanwhile.
fn wait(seconds: u64) {
    std::thread::sleep(Duration::from_secs(seconds));
}

fn stored(server: &Server) -> usize {
    let mut count = 0;
    let mut from = String::from("2026-01-01T00:00:00Z");
    loop {
        let path = format!("readings?series={SERIES}&from={from}&to=2030-01-01T00:00:00Z");
        let Ok(page) = server.try_get(&path) else {
            return count;
        };
        count += page["points"].as_array().map_or(0, Vec::len);
        match page["next"].as_str() {
            Some(next) => from = next.to_owned(),
            None => return count,
        }
    }
}

#[test]
fn an_agent_whose_clock_is_set_reads_on_and_all_that_it_spooled_is_stored() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), &settings());
    let clock = FakeClock::new(folder.path());
    let mut agent = Agent::new(folder.path(), "s", "pi", &server.announced("mqtt"), "", SENSOR);
    agent.environment = clock.environment();
    agent.launch();
    eventually("first reading", PATIENCE, || (stored(&server) > 0).then_some(()));
    // Two hours ahead for five seconds, ten minutes back for good.
    for (seconds, lasts) in [(7_200, 5), (0, 5), (-600, 0)] {
        clock.set(seconds);
        wait(lasts);
    }
    let (before, since) = (stored(&server), Stopwatch::start());
    wait(10);
    let read = stored(&server) - before;
    let elapsed = since.elapsed().as_secs();
    assert!(
        read as u64 + 3 >= elapsed,
        "{read} readings in {elapsed} s: {}",
        agent.log()
    );
    agent.ask_to_stop();
    agent.wait_until_stopped();
    let spooled: usize = agent.spooled().values().map(Vec::len).sum();
    eventually(
        &format!("{spooled} readings stored, there are {}", stored(&server)),
        PATIENCE,
        || (stored(&server) == spooled).then_some(()),
    );
}

#[test]
fn a_collector_whose_clock_is_an_hour_ahead_for_seconds_misses_who_goes() {
    let folder = tempfile::tempdir().unwrap();
    let clock = FakeClock::new(folder.path());
    let settings = Settings {
        environment: clock.environment(),
        ..settings()
    };
    let server = Server::start(folder.path(), &settings);
    let mut agent = Agent::new(folder.path(), "s", "pi", &server.announced("mqtt"), "", SENSOR);
    agent.launch();
    eventually("first reading", PATIENCE, || (stored(&server) > 0).then_some(()));
    clock.set(3_600);
    wait(3);
    clock.set(0);
    agent.kill();
    let alarm = eventually("alarm about the agent", Duration::from_secs(40), || {
        server.alarm("gone")
    });
    assert_eq!(alarm["state"], "active-unacknowledged");
    let stale: Vec<_> = server
        .items("alarms?state=all")
        .into_iter()
        .filter(|alarm| alarm["rule"] != "gone")
        .map(|alarm| alarm["rule"].to_string())
        .collect();
    assert_eq!(stale, Vec::<String>::new(), "nothing else happened");
}

#[test]
fn a_collector_whose_clock_is_set_back_for_good_goes_on() {
    goes_on(0, -600);
}

#[test]
fn a_collector_that_started_two_years_ahead_goes_on() {
    goes_on(63_072_000, 0);
}

fn goes_on(first: i64, then: i64) {
    let folder = tempfile::tempdir().expect("a folder");
    let clock = FakeClock::new(folder.path());
    clock.set(first);
    let settings = Settings {
        environment: clock.environment(),
        ..settings()
    };
    let server = Server::start(folder.path(), &settings);
    let mut agent = Agent::new(folder.path(), "s", "pi", &server.announced("mqtt"), "", SENSOR);
    agent.launch();
    eventually("first reading", PATIENCE, || (stored(&server) > 0).then_some(()));
    clock.set(then);
    // Until it is believed, and some more.
    wait(35);
    let before = stored(&server);
    agent.kill();
    eventually("alarm about the agent", Duration::from_secs(40), || {
        server.alarm("gone")
    });
    agent.launch();
    eventually("reading after that", PATIENCE, || {
        (stored(&server) > before).then_some(())
    });
    let told = eventually("alarm about its clock", PATIENCE, || {
        server.alarm("collector-clock")
    });
    assert_ne!(told["state"], "normal");
}
