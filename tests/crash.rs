//! Promise 1 and 2 in a storm: twenty agents, a real mosquitto and the collector are killed (SIGKILL) a dozen times each within a
//! minute. Afterwards the history holds every reading that a spool held, once, and the alarm log is what the pure engine makes of them.
#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]
#![expect(
    clippy::print_stdout,
    reason = "the figures of a run are for whoever reads its log"
)]

mod support;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use plenum_core::alarms::Subject;
use plenum_core::alarms::{Effect, Engine};
use plenum_core::fact::{Batch, Entry, Item, Presence, StoredReading};
use plenum_core::site::Site;
use plenum_link::SystemClock;
use plenum_link::testing::Mosquitto;
use plenum_protocol::AgentName;
use plenum_protocol::{Clock, Fault, Outcome, Series, Timestamp};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::Value;
use support::fleet::{Agent, Stored};
use support::process::eventually;
use support::server::{Server, Settings};

const AGENTS: usize = 20;
/// Each gives five quantities a second: fifty readings a second an agent.
const SENSORS: usize = 10;
const QUANTITIES: usize = 5;
/// Of the collector, of the broker and of each agent.
const KILLS: usize = 12;
/// How long they go on.
const STORM: Duration = Duration::from_secs(60);
/// After the storm: every condition is over and every delay has run out before the agents stop.
const CALM: Duration = Duration::from_secs(12);
const PASSWORD: &str = "storm-proof";
const PATIENCE: Duration = Duration::from_secs(60);

/// Rules with and without delays beside the built-in ones, which raise smoke, water and the fault contacts.
const SITE: &str = r#"
[site]
id = "storm"
name = "Storm"
zone = "UTC"
[[rule]]
id = "warm"
name = "Warm"
select = { quantities = ["temperature"] }
when = { above = { limit = 30, deadband = 2 } }
priority = "medium"
[[rule]]
id = "damp"
name = "Damp"
select = { quantities = ["humidity"] }
when = { above = { limit = 70, deadband = 5 } }
on_delay = "3s"
off_delay = "4s"
priority = "high"
[[rule]]
id = "thin"
name = "Thin"
select = { quantities = ["pressure"] }
when = { below = { limit = 95000, deadband = 500 } }
on_delay = "5s"
priority = "low"
[[rule]]
id = "strong"
name = "Strong"
select = { quantities = ["current"] }
when = { above = { limit = 16, deadband = 1 } }
off_delay = "3s"
priority = "low"
"#;

/// The states that the fifth quantity takes in turn; the built-in rules know them.
const STATES: [&str; 5] = ["smoke", "water", "cooling-fault", "contact-fault", "ups-fault"];

/// An alarm's transition, by the readings' time.
type Transition = (String, String, String, String, String, String);

#[test]
fn what_was_spooled_is_stored_once_and_judged_as_it_was_measured() {
    let seed = std::env::var("STORM_SEED")
        .ok()
        .and_then(|text| text.parse().ok());
    let seed: u64 = seed.unwrap_or_else(rand::random);
    println!("STORM_SEED={seed}");
    let mut random = StdRng::seed_from_u64(seed);
    let folder = tempfile::tempdir().unwrap();
    let names: Vec<String> = (1..=AGENTS).map(|number| format!("pi-{number:02}")).collect();
    let mut broker = mosquitto(&names);
    let url = format!("mqtt://127.0.0.1:{}", broker.port());

    std::fs::write(folder.path().join("password"), PASSWORD).unwrap();
    let settings = Settings {
        site: SITE.to_owned(),
        broker: format!("url = \"{url}\"\nuser = \"collector\"\npassword_file = \"password\"\n"),
        tables: "[storage]\ndisk_reserve = \"1MiB\"\n".to_owned(),
        data: None,
    };
    let mut server = Server::start(folder.path(), &settings);
    let begin = SystemClock.now();
    let mut agents: Vec<Agent> = names
        .iter()
        .map(|name| {
            let sensors = sensors(begin, &mut random);
            Agent::new(folder.path(), "storm", name, &url, PASSWORD, &sensors)
        })
        .collect();
    agents.iter_mut().for_each(Agent::launch);

    let blows = blows(&mut random);
    let mut away = [0; 3];
    for blow in &blows {
        wait_until(begin, blow.at);
        match (blow.target, blow.kills) {
            (Target::Collector, true) => server.kill(),
            (Target::Collector, false) => server.launch(),
            (Target::Broker, true) => broker.kill(),
            (Target::Broker, false) => broker.start_again().unwrap(),
            (Target::Agent(number), true) => agents[number].kill(),
            (Target::Agent(number), false) => agents[number].launch(),
        }
        let place = match blow.target {
            Target::Collector => 0,
            Target::Broker => 1,
            Target::Agent(_) => 2,
        };
        let milliseconds = i64::try_from(blow.at.as_millis()).unwrap();
        away[place] += if blow.kills { -milliseconds } else { milliseconds };
    }
    server.wait_until_up();
    wait_until(begin, STORM + CALM);
    drain(&mut agents, &server);
    let drained = SystemClock.now().since(begin);

    let mut spooled = Stored::new();
    for agent in &agents {
        spooled.extend(agent.spooled());
    }
    let readings: usize = spooled.values().map(Vec::len).sum();
    let faults = spooled
        .values()
        .flatten()
        .filter(|(_, outcome)| outcome.is_err())
        .count();
    assert_eq!(spooled.len(), AGENTS * SENSORS * QUANTITIES);
    let deadline = SystemClock.now() + plenum_protocol::Duration::from_seconds(30);
    eventually("stored history and alarm log", PATIENCE, || {
        let wrong =
            compare_history(&spooled, &server, begin).and_then(|()| compare_alarms(&spooled, &server, begin));
        match wrong {
            Ok(()) => Some(()),
            Err(words) if SystemClock.now() > deadline => {
                panic!("seed {seed}: {words}")
            }
            Err(_) => None,
        }
    });
    for rule in [
        "gap",
        "late",
        "dead-letters",
        "foreign-database",
        "clock-ahead",
        "journal-shortened",
    ] {
        assert_eq!(server.alarm(rule), None, "seed {seed}");
    }
    let transitions = logged(&server, begin).len();
    println!(
        "{readings} readings ({faults} faults) and {transitions} transitions of {AGENTS} agents survived {} kills; away: collector {} ms, broker {} ms, \
         agents {} ms each; {drained} until drained, {} in all",
        blows.len() / 2,
        away[0],
        away[1],
        away[2] / AGENTS as i64,
        SystemClock.now().since(begin),
    );
    // Half of the minute is enough to say that the storm was one of readings; how much of it is left depends on the seed.
    let alive = (STORM + CALM).as_millis() as i64 * AGENTS as i64 - away[2];
    let expected = alive / 1_000 * (SENSORS * QUANTITIES) as i64;
    assert!(
        readings as i64 > expected * 8 / 10,
        "{readings} readings of {expected}: the machine is too slow for this test"
    );
}

/// One that asks for passwords and keeps in its memory what a collector misses for seconds.
fn mosquitto(names: &[String]) -> Mosquitto {
    let users: Vec<String> = names.iter().map(|name| format!("storm/{name}")).collect();
    let mut users: Vec<(&str, &str)> = users.iter().map(|user| (user.as_str(), PASSWORD)).collect();
    users.push(("collector", PASSWORD));
    let lines = "allow_anonymous false\nmax_inflight_messages 1000\nmax_queued_messages 100000\n";
    Mosquitto::configured(&users, lines).unwrap()
}

/// Sensors whose conditions hold twice within the storm, at least 20 s each, with at least 8 s between.
fn sensors(begin: Timestamp, random: &mut StdRng) -> String {
    let mut text = String::new();
    for sensor in 0..SENSORS {
        let mut episodes = |effect: &str| {
            let first = random.random_range(2_000..7_000);
            let first_end = first + random.random_range(20_000..22_000);
            let second = first_end + random.random_range(8_000..10_000);
            let second_end = second + random.random_range(20_000..21_000);
            format!(
                "{{ at = \"{first}ms\", until = \"{first_end}ms\", effect = {effect} }}, \
                 {{ at = \"{second}ms\", until = \"{second_end}ms\", effect = {effect} }}"
            )
        };
        let (temperature, humidity) = (episodes("{ step = 10.0 }"), episodes("{ step = 25.0 }"));
        let pressure = episodes("{ step = -9000.0 }");
        let state = episodes("{ level = true }");
        // It falls while its sensor has a fault: only the next good value tells.
        let onset = random.random_range(2_000..7_000);
        let current = format!(
            "{{ at = \"{onset}ms\", until = \"{}ms\", effect = {{ step = 8.0 }} }}",
            onset + 30_000
        );
        let fault = format!(
            "{{ at = \"{}ms\", until = \"{}ms\", effect = {{ fault = \"timeout\" }} }}",
            onset + 20_000,
            onset + 42_000
        );
        let seed: u32 = random.random();
        let flag = STATES[sensor % STATES.len()];
        writeln!(
            text,
            "[[sensor]]\nid = \"s{sensor}\"\ndriver = \"simulated\"\ninterval = \"1s\"\nseed = {seed}\nstart = \"{begin}\"\n\
             quantities.temperature = {{ base = 24.0, noise = 0.4, events = [{temperature}] }}\n\
             quantities.humidity = {{ base = 55.0, noise = 1.0, events = [{humidity}] }}\n\
             quantities.pressure = {{ base = 101325.0, noise = 30.0, events = [{pressure}] }}\n\
             quantities.current = {{ base = 11.0, noise = 0.3, events = [{current}, {fault}] }}\n\
             quantities.{flag} = {{ base = false, events = [{state}] }}"
        )
        .unwrap();
    }
    text
}

#[derive(Debug, Clone, Copy)]
enum Target {
    Collector,
    Broker,
    Agent(usize),
}

#[derive(Debug)]
struct Blow {
    at: Duration,
    target: Target,
    /// Or starts it again.
    kills: bool,
}

/// Everyone is killed once in each twelfth of the storm, at a moment of its own, and away for up to five seconds.
fn blows(random: &mut StdRng) -> Vec<Blow> {
    let slot = u64::try_from(STORM.as_millis()).unwrap() / KILLS as u64;
    let mut blows = Vec::new();
    let agents = (0..AGENTS).map(Target::Agent);
    for target in [Target::Collector, Target::Broker].into_iter().chain(agents) {
        for kill in 0..KILLS as u64 {
            let wait = random.random_range(0..slot * 3 / 4);
            let longest = slot - wait;
            let away = if random.random_bool(0.25) {
                longest
            } else {
                longest.min(1_500)
            };
            let away = random.random_range(20..away);
            for (at, kills) in [(wait, true), (wait + away, false)] {
                let at = Duration::from_millis(kill * slot + at);
                blows.push(Blow { at, target, kills });
            }
        }
    }
    blows.sort_by_key(|blow| blow.at);
    blows
}

fn wait_until(begin: Timestamp, after: Duration) {
    let after = plenum_protocol::Duration::from_milliseconds(i64::try_from(after.as_millis()).unwrap());
    let left = (begin + after).since(SystemClock.now());
    if left > plenum_protocol::Duration::ZERO {
        std::thread::sleep(left.to_std());
    }
}

/// Stops the agents and waits until the collector has every batch that their spools have; what an agent could not send before it ended
/// it sends when it is started once more.
fn drain(agents: &mut [Agent], server: &Server) {
    for _ in 0..5 {
        eventually("agents with little unsent", PATIENCE, || {
            let items = server.try_get("agents").ok()?["items"].as_array()?.clone();
            let little = |agent: &Value| agent["unsent"].as_u64().is_some_and(|unsent| unsent < 5);
            (items.len() == AGENTS && items.iter().all(little)).then_some(())
        });
        agents.iter().for_each(Agent::ask_to_stop);
        agents.iter_mut().for_each(Agent::wait_until_stopped);
        let through = through(server);
        let left: Vec<&mut Agent> = agents
            .iter_mut()
            .filter(|agent| {
                let behind =
                    |(stream, last): &(String, u64)| through.get(stream).copied().unwrap_or(0) < *last;
                agent.streams().iter().any(behind)
            })
            .collect();
        if left.is_empty() {
            return;
        }
        println!(
            "{} agents are started once more to send what they hold",
            left.len()
        );
        left.into_iter().for_each(Agent::launch);
        std::thread::sleep(Duration::from_secs(2));
    }
    panic!("the spools do not get empty");
}

/// Up to which batch the collector has each stream.
fn through(server: &Server) -> BTreeMap<String, u64> {
    let agents = server.items("agents");
    let streams = agents
        .iter()
        .filter_map(|agent| agent["streams"].as_array())
        .flatten();
    streams
        .filter_map(|stream| Some((stream["stream"].as_str()?.to_owned(), stream["through"].as_u64()?)))
        .collect()
}

fn compare_history(spooled: &Stored, server: &Server, begin: Timestamp) -> Result<(), String> {
    for (series, expected) in spooled {
        let from = begin.milliseconds() - 60_000;
        let path = format!("readings?series={series}&from={from}&to={}", from + 3_600_000);
        let answer = server.try_get(&path)?;
        if !answer["next"].is_null() {
            return Err(format!("{series}: more readings than fit on a page"));
        }
        let mut stored: Vec<(Timestamp, Outcome)> = Vec::new();
        for point in answer["points"].as_array().ok_or("no points")? {
            stored.push((instant(&point[0]), Ok(point[1].as_f64().ok_or("no value")?)));
        }
        for fault in answer["faults"].as_array().ok_or("no faults")? {
            let fault_word: Fault = fault[1]
                .as_str()
                .and_then(|word| word.parse().ok())
                .ok_or("no fault")?;
            stored.push((instant(&fault[0]), Err(fault_word)));
        }
        stored.sort_by_key(|(at, _)| *at);
        if stored != *expected {
            let lost: Vec<_> = expected
                .iter()
                .filter(|reading| !stored.contains(reading))
                .take(5)
                .collect();
            let added: Vec<_> = stored
                .iter()
                .filter(|reading| !expected.contains(reading))
                .take(5)
                .collect();
            return Err(format!(
                "{series}: {} stored of {} spooled; lost {lost:?}; not spooled {added:?}",
                stored.len(),
                expected.len()
            ));
        }
    }
    Ok(())
}

fn instant(value: &Value) -> Timestamp {
    Timestamp::from_milliseconds(value.as_i64().expect("milliseconds"))
}

fn compare_alarms(spooled: &Stored, server: &Server, begin: Timestamp) -> Result<(), String> {
    let (found, expected) = (logged(server, begin), replayed(spooled));
    if found == expected {
        return Ok(());
    }
    let few = |list: &[Transition], other: &[Transition]| {
        let mut left = other.to_vec();
        let mut words = String::new();
        let mut count = 0;
        for transition in list {
            match left.iter().position(|one| one == transition) {
                Some(place) => drop(left.swap_remove(place)),
                None => {
                    count += 1;
                    if count <= 12 {
                        let _ = write!(words, "\n    {transition:?}");
                    }
                }
            }
        }
        format!("{count}{words}")
    };
    Err(format!(
        "{} transitions logged, {} expected; logged without reason: {}\n  missing: {}",
        found.len(),
        expected.len(),
        few(&found, &expected),
        few(&expected, &found)
    ))
}

/// The alarm log of everything that is about a series, in a fixed order.
fn logged(server: &Server, begin: Timestamp) -> Vec<Transition> {
    let alarms: BTreeMap<u64, Value> = server
        .items("alarms?state=all")
        .into_iter()
        .map(|alarm| (alarm["id"].as_u64().expect("a number"), alarm))
        .collect();
    let from = begin.milliseconds() - 60_000;
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut log: Vec<Transition> = server
        .items(&format!("alarms/events?from={from}&to={}", from + 3_600_000))
        .iter()
        .filter_map(|event| {
            let alarm = &alarms[&event["alarm"].as_u64()?];
            let series = alarm["series"].as_str()?.to_owned();
            Some((
                series,
                word(&event["at"]),
                word(&alarm["rule"]),
                word(&event["from"]),
                word(&event["to"]),
                word(&event["cause"]),
            ))
        })
        .collect();
    log.sort();
    log
}

/// What the pure engine says when it is given the same readings in the order in which they were measured.
fn replayed(spooled: &Stored) -> Vec<Transition> {
    let site: Arc<Site> = Arc::new(toml::from_str(SITE).unwrap());
    let mut by_agent: BTreeMap<AgentName, BTreeMap<Timestamp, Vec<StoredReading>>> = BTreeMap::new();
    for (series, readings) in spooled {
        for (at, outcome) in readings {
            let reading = StoredReading {
                channel: series.channel.clone(),
                at: *at,
                outcome: *outcome,
                ahead: false,
            };
            let ticks = by_agent.entry(series.agent.clone()).or_default();
            ticks.entry(*at).or_default().push(reading);
        }
    }
    let mut engine = Engine::new(site.clone());
    engine.prepare(1, site);
    let mut log = Log::default();
    log.enter(&mut engine, Timestamp::MIN, Item::Revision(1));
    let mut last = Timestamp::MIN;
    for (agent, ticks) in &by_agent {
        for (at, readings) in ticks {
            last = last.max(*at);
            let batch = Batch {
                agent: agent.clone(),
                position: None,
                newest: true,
                readings: readings.clone(),
            };
            log.enter(&mut engine, *at, Item::Batch(batch));
        }
    }
    for agent in by_agent.into_keys() {
        let presence = Presence {
            agent,
            online: false,
            clock_synchronised: true,
            sensors: Vec::new(),
        };
        log.enter(&mut engine, last, Item::Presence(presence));
    }
    log.transitions.sort();
    log.transitions
}

#[derive(Default)]
struct Log {
    number: u64,
    transitions: Vec<Transition>,
}

impl Log {
    fn enter(&mut self, engine: &mut Engine, received: Timestamp, item: Item) {
        self.number += 1;
        let entry = Entry {
            number: self.number,
            received,
            items: vec![item],
        };
        engine.apply(&entry);
        while let Some(effect) = engine.poll_effect() {
            if let Effect::Transition { alarm, event } = effect
                && let Subject::Series(series) = &alarm.subject
            {
                let word = |state| serde_json::to_value(state).unwrap().as_str().unwrap().to_owned();
                self.transitions.push((
                    Series::to_string(series),
                    event.at.to_string(),
                    alarm.rule.to_string(),
                    word(event.from),
                    word(event.to),
                    serde_json::to_value(event.cause)
                        .unwrap()
                        .as_str()
                        .unwrap()
                        .to_owned(),
                ));
            }
        }
    }
}
