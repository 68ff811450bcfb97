//! The real `plenum serve` and what nobody sends on purpose, or somebody does: clocks ahead, huge numbers, junk, too many series, two hosts under
//! one name, yesterday's database. The others are stored, and who it was is told.
#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod support;

use std::path::Path;
use std::time::Duration;

use plenum_link::testing::Mosquitto;
use plenum_link::{Stopwatch, SystemClock};
use plenum_protocol::Clock;
use serde_json::Value;
use support::fleet::Agent;
use support::mqtt::Client;
use support::ports;
use support::process::eventually;
use support::server::{Server, Settings};

const PATIENCE: Duration = Duration::from_secs(60);
const SITE: &str = "[site]\nid = \"s\"\nname = \"S\"\nzone = \"UTC\"\n";
/// Zero, a negative one, both sides of the largest that is allowed, of 64 bits, and one that no integer holds.
const NUMBERS: [&str; 8] = [
    "0",
    "-1",
    "9007199254740992",
    "9007199254740993",
    "9223372036854775807",
    "9223372036854775808",
    "18446744073709551615",
    "1e308",
];

fn server(folder: &Path) -> Server {
    Server::start(folder, &settings())
}

fn settings() -> Settings {
    Settings {
        site: SITE.to_owned(),
        broker: format!(
            "listen = \"127.0.0.1:{}\"\naccept_new_agents = true\n",
            ports::free()
        ),
        ..Settings::default()
    }
}

/// An agent of a few lines: sends what it is told to, in one stream.
struct Publisher {
    client: Client,
    agent: String,
    number: u16,
}

impl Publisher {
    fn connect(url: &str, agent: &str) -> Self {
        let (client, reason) = Client::log_in(url, agent, &format!("s/{agent}"), "");
        assert_eq!(reason, 0, "{agent} is let in");
        Self {
            client,
            agent: agent.to_owned(),
            number: 0,
        }
    }

    /// Publishes; the broker has it when this returns.
    fn publish(&mut self, kind: &str, properties: &[(&str, &str)], payload: &[u8], retain: bool) {
        self.send(kind, properties, payload, retain);
        let answer = self.client.packet();
        assert!(answer.is_some(), "{} was sent away", self.agent);
    }

    /// Publishes and waits for nothing.
    fn send(&mut self, kind: &str, properties: &[(&str, &str)], payload: &[u8], retain: bool) {
        self.number += 1;
        let topic = format!("plenum/1/s/{}/{kind}", self.agent);
        self.client
            .publish_with(&topic, self.number, properties, payload, retain);
    }

    fn batch(&mut self, stream: &str, seq: u32, payload: &[u8]) {
        let seq = seq.to_string();
        let properties = [("stream", stream), ("seq", &seq), ("first", "1"), ("last", &seq)];
        self.publish("readings", &properties, payload, false);
    }

    fn status(&mut self, status: &str, retain: bool) {
        self.publish("status", &[], status.as_bytes(), retain);
    }
}

/// A pack of readings of one series, at these seconds from now.
fn pack(agent: &str, series: &str, values: impl Iterator<Item = (f64, String)>) -> Vec<u8> {
    let now = SystemClock.now().milliseconds() as f64 / 1_000.0;
    let records: Vec<String> = values
        .map(|(from_now, value)| {
            format!(
                r#"{{"n":"s/{agent}/{series}","t":{:.3},{value}}}"#,
                now + from_now
            )
        })
        .collect();
    format!("[{}]", records.join(",")).into_bytes()
}

fn temperatures(agent: &str, count: u32, from: f64) -> Vec<u8> {
    let values = (0..count).map(|index| {
        (
            from + f64::from(index) * 0.01,
            format!("\"u\":\"Cel\",\"v\":{}", 20 + index % 5),
        )
    });
    pack(agent, "inlet/temperature", values)
}

/// How many readings of a series are stored, whenever they are said to have been.
fn stored(server: &Server, series: &str) -> usize {
    let mut count = 0;
    let mut from = String::from("2026-01-01T00:00:00Z");
    loop {
        let path = format!("readings?series={series}&from={from}&to=2030-01-01T00:00:00Z");
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

fn through(server: &Server, agent: &str) -> u64 {
    let agents = server.items("agents");
    let agent = agents.iter().find(|known| known["agent"] == agent);
    let streams = agent.and_then(|agent| agent["streams"].as_array());
    let through = streams.into_iter().flatten();
    through.filter_map(|stream| stream["through"].as_u64()).sum()
}

fn standing(server: &Server, rule: &str) -> Vec<Value> {
    let alarms = server.items("alarms?state=active");
    alarms.into_iter().filter(|alarm| alarm["rule"] == rule).collect()
}

#[test]
fn a_burst_from_a_clock_three_hours_ahead_is_stored_reading_by_reading() {
    let folder = tempfile::tempdir().unwrap();
    let server = server(folder.path());
    let mut agent = Publisher::connect(&server.announced("mqtt"), "pi");
    for seq in 1..=20 {
        let payload = temperatures("pi", 30, 3.0 * 3_600.0 + f64::from(seq));
        agent.batch("ahead", seq, &payload);
    }
    eventually("acknowledgement of the burst", PATIENCE, || {
        (through(&server, "pi") == 20).then_some(())
    });
    assert_eq!(stored(&server, "s/pi/inlet/temperature"), 600);
    assert_eq!(standing(&server, "clock-ahead").len(), 1);
}

#[test]
fn smoke_of_twenty_agents_an_hour_ahead_is_twenty_alarms() {
    let folder = tempfile::tempdir().unwrap();
    let server = server(folder.path());
    let mqtt = server.announced("mqtt");
    let mut others = Publisher::connect(&mqtt, "others");
    let mut agents: Vec<Publisher> = (0..20)
        .map(|number| Publisher::connect(&mqtt, &format!("ahead-{number}")))
        .collect();
    // Both of an agent's are in one group, behind what is at the disk.
    for _ in 0..20 {
        others.send("readings", &[], &temperatures("others", 900, -10.0), false);
    }
    for (number, agent) in agents.iter_mut().enumerate() {
        for (seq, smoke) in [("1", false), ("2", true)] {
            let at = 3_600.0 + if smoke { 0.3 } else { 0.0 };
            let reading = std::iter::once((at, format!("\"vb\":{smoke}")));
            let payload = pack(&format!("ahead-{number}"), "hall/smoke", reading);
            let properties = [("stream", "urgent"), ("seq", seq), ("first", "1"), ("last", seq)];
            agent.send("readings", &properties, &payload, false);
        }
    }
    eventually("twenty alarms", PATIENCE, || {
        (standing(&server, "smoke").len() == 20).then_some(())
    });
}

/// Sends every number in every field that takes one; how many of these messages are beyond what is a number on the wire.
fn send_numbers(hostile: &mut Publisher) {
    for number in NUMBERS {
        for status in [
            format!(r#"{{"state":"online","connection":{number}}}"#),
            format!(r#"{{"state":"online","streams":{{"x":{{"first":{number},"last":{number}}}}}}}"#),
            format!(
                r#"{{"state":"online","streams":{{}},"sensors":[{{"id":"x","driver":"x","quantities":["temperature"],"interval_s":{number}}}]}}"#
            ),
        ] {
            hostile.status(&status, true);
        }
        let lost = format!(
            r#"[{{"stream":"x","from_seq":1,"to_seq":{number},"count":{number},"why":"full spool"}}]"#
        );
        for key in ["seq", "first", "last", "lost"] {
            let mut properties = [
                ("stream", "x"),
                ("seq", "1"),
                ("first", "1"),
                ("last", "1"),
                ("lost", "[]"),
            ];
            let value = if key == "lost" { lost.as_str() } else { number };
            for property in &mut properties {
                if property.0 == key {
                    property.1 = value;
                }
            }
            let payload = temperatures("hostile", 1, -1.0);
            hostile.publish("readings", &properties, &payload, false);
        }
        let value = format!("\"u\":\"Cel\",\"v\":{number}");
        for payload in [
            pack("hostile", "x/temperature", std::iter::once((0.0, value))),
            format!(r#"[{{"n":"s/hostile/x/temperature","u":"Cel","t":{number},"v":1}}]"#).into_bytes(),
        ] {
            hostile.publish("readings", &[], &payload, false);
        }
    }
}

fn others_are_stored(server: &Server, seq: u32, honest: &mut Publisher) {
    let watch = Stopwatch::start();
    honest.batch("honest", seq, &temperatures("honest", 10, f64::from(seq)));
    eventually("acknowledgement of the honest one", PATIENCE, || {
        (through(server, "honest") == u64::from(seq)).then_some(())
    });
    let took = watch.elapsed();
    assert!(took < Duration::from_secs(5), "{took:?}");
    assert!(server.fetch("/readyz").is_ok());
    assert_eq!(
        stored(server, "s/honest/inlet/temperature"),
        10 * usize::try_from(seq).unwrap()
    );
}

#[test]
fn no_number_costs_anybody_else_a_reading() {
    let folder = tempfile::tempdir().unwrap();
    let server = server(folder.path());
    let mqtt = server.announced("mqtt");
    let mut hostile = Publisher::connect(&mqtt, "hostile");
    let mut honest = Publisher::connect(&mqtt, "honest");
    send_numbers(&mut hostile);
    others_are_stored(&server, 1, &mut honest);
    let letters = server.items("dead-letters");
    let topics: Vec<&str> = letters
        .iter()
        .filter_map(|letter| letter["topic"].as_str())
        .collect();
    let of_kind = |kind: &str| topics.iter().filter(|topic| topic.ends_with(kind)).count();
    assert!(of_kind("status") >= 15 && of_kind("readings") >= 30, "{topics:?}");
    let alarm = standing(&server, "dead-letters");
    assert_eq!(alarm[0]["subject"], "s/hostile");
}

#[test]
fn a_huge_number_that_an_external_broker_keeps_stops_nobody_over_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let broker = Mosquitto::start().unwrap();
    let url = format!("mqtt://127.0.0.1:{}", broker.port());
    let settings = Settings {
        broker: format!("url = \"{url}\"\n"),
        ..settings()
    };
    let mut server = Server::start(folder.path(), &settings);
    let mut hostile = Publisher::connect(&url, "hostile");
    let mut honest = Publisher::connect(&url, "honest");
    send_numbers(&mut hostile);
    // Acknowledgements and commands are the collector's; this broker lets anyone forge them.
    hostile.publish(
        "ack",
        &[],
        br#"{"database":"x","follows":[],"streams":{"honest":9223372036854775808}}"#,
        true,
    );
    hostile.publish(
        "command",
        &[],
        br#"{"id":18446744073709551615,"do":"identify"}"#,
        true,
    );
    hostile.status(r#"{"state":"online","connection":9223372036854775808}"#, true);
    others_are_stored(&server, 1, &mut honest);
    server.kill();
    server.launch();
    server.wait_until_up();
    others_are_stored(&server, 2, &mut honest);
}

#[test]
fn five_megabytes_of_junk_are_a_hundred_letters_and_one_line_a_message() {
    let folder = tempfile::tempdir().unwrap();
    let server = server(folder.path());
    let mqtt = server.announced("mqtt");
    let mut hostile = Publisher::connect(&mqtt, "hostile");
    let mut honest = Publisher::connect(&mqtt, "honest");
    // Two bytes a record: nothing makes more letters of a message.
    let junk = format!("[{}0]", "0,".repeat(125_000));
    for seq in 1..=20 {
        hostile.batch("junk", seq, junk.as_bytes());
    }
    others_are_stored(&server, 1, &mut honest);
    eventually("acknowledgement of the junk", PATIENCE, || {
        (through(&server, "hostile") == 20).then_some(())
    });
    let letters = server.items("dead-letters?limit=500").len();
    assert!((20..=2_000).contains(&letters), "{letters} letters");
    let log = server.log();
    let lines = log.lines().filter(|line| line.contains("s/hostile")).count();
    assert!(
        (1..=25).contains(&lines) && log.len() < 100_000,
        "{lines} lines: {log}"
    );
}

#[test]
fn a_hundred_thousand_series_of_one_agent_are_two_thousand() {
    let folder = tempfile::tempdir().unwrap();
    let server = server(folder.path());
    let mqtt = server.announced("mqtt");
    let mut hostile = Publisher::connect(&mqtt, "hostile");
    let mut honest = Publisher::connect(&mqtt, "honest");
    for seq in 1..=100_u32 {
        let records: Vec<String> = (0..1_000)
            .map(|number| format!(r#"{{"n":"x{seq}-{number}/temperature","u":"Cel","v":1}}"#))
            .collect();
        let payload = format!(
            r#"[{{"bn":"s/hostile/","bt":-1,"n":"x/temperature","u":"Cel","v":1}},{}]"#,
            records.join(",")
        );
        hostile.batch("series", seq, payload.as_bytes());
    }
    others_are_stored(&server, 1, &mut honest);
    let alarm: Value = eventually("alarm", PATIENCE, || {
        standing(&server, "series-limit").into_iter().next()
    });
    assert_eq!(alarm["subject"], "s/hostile");
    let series = server.items("series?limit=500");
    let hostile = series
        .iter()
        .filter(|series| series["agent"] == "hostile")
        .count();
    assert_eq!((hostile, series.len()), (2_000, 2_001));
}

#[test]
fn of_two_hosts_under_one_name_the_later_is_held_and_both_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let server = server(folder.path());
    let mqtt = server.announced("mqtt");
    let sensor = |base: u32| {
        format!(
            "[[sensor]]\nid = \"inlet\"\ndriver = \"simulated\"\ninterval = \"1s\"\nquantities.temperature = {{ base = {base} }}\n"
        )
    };
    let [mut own, mut other] = [("one", 21), ("other", 29)].map(|(place, base)| {
        let folder = folder.path().join(place);
        std::fs::create_dir_all(&folder).unwrap();
        Agent::new(&folder, "s", "pi", &mqtt, "", &sensor(base))
    });
    own.launch();
    eventually("readings of the first", PATIENCE, || {
        (stored(&server, "s/pi/inlet/temperature") > 3).then_some(())
    });
    other.launch();
    let alarm: Value = eventually("alarm", PATIENCE, || {
        standing(&server, "two-hosts").into_iter().next()
    });
    let message = alarm["message"].as_str().unwrap();
    assert_eq!(message.matches("127.0.0.1").count(), 2, "{message}");
    std::thread::sleep(Duration::from_secs(5));
    let latest = server.items("latest");
    assert_eq!(latest[0]["value"], 21.0, "{latest:?}");
    own.ask_to_stop();
    own.wait_until_stopped();
    other.kill();
    let held: usize = other.spooled().values().map(Vec::len).sum();
    assert!(held >= 3, "{held}");
    let spooled: usize = own.spooled().values().map(Vec::len).sum();
    own.launch();
    eventually("all that the first has measured", PATIENCE, || {
        (stored(&server, "s/pi/inlet/temperature") >= spooled).then_some(())
    });
    // Nothing of the second one stands among it.
    let path = "readings?series=s/pi/inlet/temperature&from=2026-01-01T00:00:00Z";
    let points = server.get(path)["points"].as_array().unwrap().clone();
    assert!(points.iter().all(|point| point[1] == 21.0), "{points:?}");
}

#[test]
fn beside_todays_history_yesterdays_database_loses_nothing_that_comes_after_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = server(folder.path());
    let mqtt = server.announced("mqtt");
    let series = "s/pi/inlet/temperature";
    let mut agent = Publisher::connect(&mqtt, "pi");
    agent.batch("one", 1, &temperatures("pi", 10, -3_000.0));
    eventually("what yesterday knew", PATIENCE, || {
        (stored(&server, series) == 10).then_some(())
    });
    server.kill();
    let (data, yesterday) = (server.data().to_owned(), folder.path().join("yesterday"));
    std::fs::create_dir(&yesterday).unwrap();
    for name in ["plenum.db", "plenum.db-wal", "journal.head"] {
        std::fs::copy(data.join(name), yesterday.join(name)).unwrap();
    }
    // Today: so much of one series that it goes into chunks.
    server.launch();
    server.wait_until_up();
    let mut agent = Publisher::connect(&mqtt, "pi");
    for seq in 2..=30 {
        agent.batch(
            "one",
            seq,
            &temperatures("pi", 500, -2_900.0 + f64::from(seq) * 10.0),
        );
    }
    eventually("what today knows", PATIENCE, || {
        (stored(&server, series) == 10 + 29 * 500).then_some(())
    });
    server.kill();
    for name in ["plenum.db", "plenum.db-wal", "journal.head"] {
        std::fs::copy(yesterday.join(name), data.join(name)).unwrap();
    }
    let _ = std::fs::remove_file(data.join("plenum.db-shm"));
    server.launch();
    server.wait_until_up();
    let before = stored(&server, series);
    let mut agent = Publisher::connect(&mqtt, "pi");
    for seq in 1..=50 {
        agent.batch("two", seq, &temperatures("pi", 1, -1_000.0 + f64::from(seq)));
    }
    eventually("acknowledgement of fifty", PATIENCE, || {
        (through(&server, "pi") >= 50).then_some(())
    });
    server.kill();
    server.launch();
    server.wait_until_up();
    let after = eventually("the history", PATIENCE, || {
        let after = stored(&server, series);
        (after > 0).then_some(after)
    });
    assert_eq!(after, before + 50);
}
