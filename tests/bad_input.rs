//! Whatever is wrong has a named outcome: a clear error, a counter, a system alarm or a dead letter. Nothing is lost in silence and
//! nothing is acknowledged that is not stored.
#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod support;

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use plenum_link::testing::Mosquitto;
use plenum_protocol::Clock;
use serde_json::Value;
use support::disk::SmallDisk;
use support::fleet::Agent;
use support::ports;
use support::process::eventually;
use support::server::{Server, Settings};

const PATIENCE: Duration = Duration::from_secs(30);
const SITE: &str = "[site]\nid = \"s\"\nname = \"S\"\nzone = \"UTC\"\n";
const SENSOR: &str = "[[sensor]]\nid = \"inlet\"\ndriver = \"simulated\"\ninterval = \"1s\"\n\
    quantities.temperature = { base = 22.0, noise = 0.2 }\nquantities.humidity = { base = 50.0, noise = 0.5 }\n";

fn plenum(arguments: &[&str]) -> Output {
    let mut command = support::process::plenum();
    command.args(arguments).stdin(Stdio::null()).output().unwrap()
}

fn open_server(folder: &Path) -> Server {
    server_with(folder, "1MiB", None)
}

/// A server that lets new agents in, with this reserve on the disk of `data`.
fn server_with(folder: &Path, disk_reserve: &str, data: Option<PathBuf>) -> Server {
    let settings = Settings {
        site: SITE.to_owned(),
        broker: format!(
            "listen = \"127.0.0.1:{}\"\naccept_new_agents = true\n",
            ports::free()
        ),
        tables: format!("[storage]\ndisk_reserve = \"{disk_reserve}\"\n"),
        data,
        ..Settings::default()
    };
    Server::start(folder, &settings)
}

/// Publishes as any program on the network would; `properties` make it look like an agent.
fn publish(server: &Server, agent: &str, payload: &[u8], properties: &[(&str, &str)]) {
    let port = server.announced("mqtt").rsplit(':').next().unwrap().to_owned();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("payload");
    std::fs::write(&file, payload).unwrap();
    let mut command = Command::new("mosquitto_pub");
    command.args([
        "-V",
        "5",
        "-q",
        "1",
        "-h",
        "127.0.0.1",
        "-p",
        &port,
        "-i",
        &format!("test-{agent}"),
        "-u",
        &format!("s/{agent}"),
    ]);
    command
        .args(["-t", &format!("plenum/1/s/{agent}/readings"), "-f"])
        .arg(&file);
    for (key, value) in properties {
        command.args(["-D", "publish", "user-property", key, value]);
    }
    let output = command
        .output()
        .unwrap_or_else(|error| panic!("mosquitto_pub: {error}; apt-get install mosquitto-clients"));
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

fn batch(number: u32) -> [(String, String); 4] {
    let number = number.to_string();
    [
        ("stream", "00000000000000aa"),
        ("seq", &number),
        ("first", "1"),
        ("last", &number),
    ]
    .map(|(key, value)| (key.to_owned(), value.to_owned()))
}

fn counter(server: &Server, name: &str) -> u64 {
    let text = server.fetch("/metrics").unwrap();
    let line = text
        .lines()
        .find(|line| line.starts_with(&format!("plenum_{name} ")));
    let value = line
        .and_then(|line| line.split(' ').nth(1))
        .unwrap_or_else(|| panic!("no counter {name}:\n{text}"));
    value.parse::<f64>().unwrap() as u64
}

fn latest(server: &Server, series: &str) -> Option<f64> {
    let items = server.items("latest");
    items
        .iter()
        .find(|item| item["series"] == series)
        .and_then(|item| item["value"].as_f64())
}

/// A payload of which something cannot be stored.
struct Wrong {
    what: &'static str,
    payload: Vec<u8>,
    /// What the reason of its dead letter has to mention.
    word: &'static str,
    /// Whether nothing of it can be stored.
    whole: bool,
}

impl Wrong {
    fn wholly(what: &'static str, payload: Vec<u8>) -> Self {
        Self {
            what,
            payload,
            word: "",
            whole: true,
        }
    }

    /// A good temperature beside a record that cannot be stored.
    fn partly(what: &'static str, temperature: &str, bad: &str, word: &'static str) -> Self {
        let good = record("inlet/temperature", "Cel", temperature);
        Self {
            what,
            payload: format!(r#"[{{"bn":"s/pi/"}},{good},{bad}]"#).into_bytes(),
            word,
            whole: false,
        }
    }

    /// Published as batch `number`, it becomes a dead letter and is acknowledged, so that nobody sends it for ever.
    fn is_put_aside(&self, server: &Server, number: u32) {
        let what = self.what;
        let properties = batch(number);
        let properties: Vec<(&str, &str)> = properties
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str()))
            .collect();
        publish(server, "pi", &self.payload, &properties);
        let letter: Value = eventually(&format!("letter for {what}"), PATIENCE, || {
            let letters = server.items("dead-letters");
            letters.into_iter().find(|letter| letter["seq"] == number)
        });
        let reason = letter["reason"].as_str().unwrap();
        assert!(
            !reason.is_empty() && reason.contains(self.word),
            "{what}: {letter}"
        );
        assert_eq!(letter["whole"], self.whole, "{what}: {letter}");
        assert_eq!(letter["agent"], "pi");
        eventually(&format!("acknowledgement of {what}"), PATIENCE, || {
            let agents = server.items("agents");
            agents
                .iter()
                .find(|agent| agent["streams"][0]["through"] == number)
                .map(|_| ())
        });
    }
}

fn record(name: &str, unit: &str, value: &str) -> String {
    format!(r#"{{"n":"{name}","u":"{unit}","t":-1,"v":{value}}}"#)
}

#[test]
fn what_cannot_be_read_is_a_dead_letter_and_the_rest_is_stored() {
    let folder = tempfile::tempdir().unwrap();
    let server = open_server(folder.path());
    let cases = [
        Wrong::wholly("malformed SenML", b"[{\"bn\":\"s/pi/\",".to_vec()),
        Wrong::partly(
            "a wrong unit",
            "20.5",
            &record("inlet/humidity", "Cel", "40"),
            "unit",
        ),
        Wrong::partly(
            "an impossible value",
            "20.75",
            &record("inlet/humidity", "%RH", "140"),
            "140",
        ),
        Wrong::partly(
            "an unknown quantity",
            "21.0",
            &record("inlet/happiness", "/", "1"),
            "happiness",
        ),
        Wrong::wholly("an oversized payload", vec![b' '; 300 * 1024]),
        Wrong::wholly("binary", vec![0, 159, 146, 150, 255, 0, 1]),
    ];
    for (number, case) in (1..).zip(&cases) {
        case.is_put_aside(&server, number);
    }
    eventually("the good records beside the bad", PATIENCE, || {
        (latest(&server, "s/pi/inlet/temperature") == Some(21.0)).then_some(())
    });
    assert_eq!(latest(&server, "s/pi/inlet/humidity"), None);
    assert_eq!(counter(&server, "intake_dead_letters_total"), 6);
    let alarm: Value = eventually("alarm", PATIENCE, || server.alarm("dead-letters"));
    assert_eq!(alarm["subject"], "s/pi");
    let data = server.data().display().to_string();
    let listed = plenum(&["dead-letters", "list", "--data", &data]);
    let text = String::from_utf8_lossy(&listed.stdout).into_owned();
    assert!(listed.status.success() && text.contains("happiness"), "{text}");
}

#[test]
fn a_foreign_publisher_is_stored_without_acknowledgement_and_refused_under_an_agents_name() {
    let folder = tempfile::tempdir().unwrap();
    let server = open_server(folder.path());
    let pack = |agent: &str, value: f64| {
        format!(r#"[{{"bn":"s/{agent}/","n":"probe/temperature","u":"Cel","t":-1,"v":{value}}}]"#)
            .into_bytes()
    };
    publish(&server, "stranger", &pack("stranger", 19.5), &[]);
    eventually("the stranger's reading", PATIENCE, || {
        (latest(&server, "s/stranger/probe/temperature") == Some(19.5)).then_some(())
    });
    let mut agent = Agent::new(folder.path(), "s", "pi", &server.announced("mqtt"), "", SENSOR);
    agent.launch();
    eventually("the agent's reading", PATIENCE, || {
        latest(&server, "s/pi/inlet/temperature")
    });
    publish(&server, "pi", &pack("pi", 99.0), &[]);
    let letter: Value = eventually("refusal", PATIENCE, || {
        let letters = server.items("dead-letters");
        letters.into_iter().find(|letter| letter["agent"] == "pi")
    });
    assert!(
        letter["reason"].as_str().unwrap().contains("belongs to an agent"),
        "{letter}"
    );
    assert_eq!(counter(&server, "intake_ignored_total{reason=\"foreign\"}"), 1);
    assert_eq!(latest(&server, "s/pi/probe/temperature"), None);
    // Never acknowledged: nothing is kept for it at the broker.
    let agents = server.items("agents");
    let stranger = agents.iter().find(|agent| agent["agent"] == "stranger").unwrap();
    assert_eq!(stranger["streams"], serde_json::json!([]));
}

#[test]
fn mistakes_in_files_are_named_with_line_and_suggestion() {
    let folder = tempfile::tempdir().unwrap();
    let check = |name: &str, text: &str, expected: &[&str]| {
        let file = folder.path().join(name);
        std::fs::write(&file, text).unwrap();
        let output = plenum(&["check", &file.display().to_string()]);
        let words = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(78), "{name}: {words}");
        for part in expected {
            assert!(words.contains(part), "{name}: `{part}` is not in: {words}");
        }
        words
    };
    let room = "[[room]]\nid = \"room-a\"\nname = \"Room A\"\n";
    check(
        "site.toml",
        &format!("{SITE}[[romm]]\nid = \"a\"\n"),
        &["site.toml:5:", "romm", "did you mean `room`?"],
    );
    check(
        "site.toml",
        &format!(
            "{SITE}{room}[[sensor]]\nagent = \"pi\"\nid = \"i\"\nname = \"I\"\nroom = \"room-b\"\nplace = \"inlet\"\n"
        ),
        &["site.toml:12:", "room-b", "room-a"],
    );
    check(
        "site.toml",
        &format!(
            "{SITE}[[rule]]\nid = \"r\"\nname = \"R\"\nwhen = {{ abvoe = {{ limit = 3 }} }}\npriority = \"low\"\n"
        ),
        &["site.toml:8:", "abvoe", "above"],
    );
    check(
        "collector.toml",
        "[http]\nlissten = \"127.0.0.1:0\"\n",
        &["collector.toml:2:", "lissten", "did you mean `listen`?"],
    );
    check(
        "collector.toml",
        "[storage]\ndisk_reserve = \"lots\"\n",
        &["collector.toml:2:", "lots", "256MiB"],
    );
    check(
        "agent.toml",
        "site = \"s\"\nagent = \"pi\"\n[broker]\nurl = \"mqtt://localhost\"\n[[sensor]]\nid = \"a\"\ndriver = \"lm57\"\n",
        &["agent.toml:7:", "lm57", "did you mean `lm75`?"],
    );
    // The server itself says the same and does not start.
    let file = folder.path().join("collector.toml");
    std::fs::write(&file, "[htp]\n").unwrap();
    let output = plenum(&["serve", "--config", &file.display().to_string()]);
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        output.status.code() == Some(78)
            && words.contains("collector.toml:1:")
            && words.contains("did you mean `http`?"),
        "{words}"
    );
}

#[test]
fn a_port_that_is_taken_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    let data = folder.path().join("data").display().to_string();
    for (option, other) in [("--http", "--mqtt"), ("--mqtt", "--http")] {
        let output = plenum(&["serve", "--data", &data, option, &taken, other, "127.0.0.1:0"]);
        let words = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{option}: {words}");
        let last = words.lines().last().unwrap_or_default();
        assert!(
            last.starts_with("plenum: ") && last.contains(&taken),
            "{option}: {words}"
        );
    }
}

/// A collector at a mosquitto with a password, and one agent with its own.
fn at_mosquitto(folder: &Path, broker: &Mosquitto, password: &str) -> (Server, Agent) {
    std::fs::write(folder.join("password"), password).unwrap();
    let url = format!("mqtt://127.0.0.1:{}", broker.port());
    let settings = Settings {
        site: SITE.to_owned(),
        broker: format!("url = \"{url}\"\nuser = \"collector\"\npassword_file = \"password\"\n"),
        tables: "[storage]\ndisk_reserve = \"1MiB\"\n".to_owned(),
        data: None,
        ..Settings::default()
    };
    let server = Server::start(folder, &settings);
    (server, Agent::new(folder, "s", "pi", &url, password, SENSOR))
}

const USERS: [(&str, &str); 2] = [("collector", "right"), ("s/pi", "right")];

#[test]
fn a_broker_that_refuses_is_told_in_clear_words() {
    let folder = tempfile::tempdir().unwrap();
    let broker = Mosquitto::with_users(&USERS).unwrap();
    let (server, mut agent) = at_mosquitto(folder.path(), &broker, "sesame");
    agent.launch();
    let broker = format!("127.0.0.1:{}", broker.port());
    for (who, log) in [
        ("collector", Box::new(|| server.log()) as Box<dyn Fn() -> String>),
        ("agent", Box::new(|| agent.log())),
    ] {
        eventually(&format!("word of the {who} about the refusal"), PATIENCE, || {
            let log = log();
            let line = log
                .lines()
                .find(|line| line.contains("refused") && line.contains(&broker))?;
            (line.contains("password") && !line.contains("sesame")).then_some(())
        });
    }
}

#[test]
fn a_broker_that_loses_its_state_loses_no_reading() {
    let folder = tempfile::tempdir().unwrap();
    let mut broker = Mosquitto::with_users(&USERS).unwrap();
    let (server, mut agent) = at_mosquitto(folder.path(), &broker, "right");
    let begin = plenum_link::SystemClock.now();
    agent.launch();
    eventually("the first reading", PATIENCE, || {
        latest(&server, "s/pi/inlet/temperature")
    });
    for _ in 0..2 {
        // It keeps nothing: neither sessions nor what was retained.
        broker.kill();
        std::thread::sleep(Duration::from_secs(2));
        broker.start_again().unwrap();
        let now = plenum_link::SystemClock.now();
        eventually("a reading from after it", PATIENCE, || {
            let items = server.items("latest");
            let at: plenum_protocol::Timestamp = items.first()?["at"].as_str()?.parse().ok()?;
            (at > now).then_some(())
        });
    }
    agent.ask_to_stop();
    agent.wait_until_stopped();
    all_is_stored_once(&agent, &server, begin);
}

fn all_is_stored_once(agent: &Agent, server: &Server, begin: plenum_protocol::Timestamp) {
    for (series, readings) in agent.spooled() {
        let expected: Vec<(i64, f64)> = readings
            .iter()
            .map(|(at, outcome)| (at.milliseconds(), outcome.unwrap()))
            .collect();
        let path = format!("readings?series={series}&from={}", begin.milliseconds() - 60_000);
        eventually(&format!("{series} as it was spooled"), PATIENCE, || {
            let answer = server.get(&path);
            let stored: Vec<(i64, f64)> = serde_json::from_value(answer["points"].clone()).unwrap();
            (stored == expected).then_some(())
        });
    }
}

/// How many batches of all streams are acknowledged.
fn acknowledged(server: &Server) -> u64 {
    let agents = server.items("agents");
    let streams = agents
        .iter()
        .filter_map(|agent| agent["streams"].as_array())
        .flatten();
    streams.filter_map(|stream| stream["through"].as_u64()).sum()
}

/// First nothing is left but a part of the reserve, then nothing at all.
fn nothing_is_acknowledged_while_it_fills(disk: &SmallDisk, server: &mut Server) -> u64 {
    disk.fill(1_024);
    let alarm: Value = eventually("the alarm about the disk", PATIENCE, || {
        server.alarm("disk-reserve")
    });
    assert!(alarm["message"].as_str().unwrap().contains("reserve"), "{alarm}");
    assert_eq!(alarm["state"], "active-unacknowledged");
    let before = acknowledged(server);
    std::thread::sleep(Duration::from_secs(3));
    assert_eq!(
        acknowledged(server),
        before,
        "routine readings wait below the reserve"
    );
    disk.fill(0);
    std::thread::sleep(Duration::from_secs(3));
    assert_eq!(
        acknowledged(server),
        before,
        "nothing is acknowledged on a full disk"
    );
    assert!(server.runs(), "a full disk ends nothing: {}", server.log());
    before
}

#[test]
fn on_a_full_disk_nothing_is_acknowledged_that_is_not_stored_and_later_all_is_stored_once() {
    let folder = tempfile::tempdir().unwrap();
    let disk = SmallDisk::mount();
    let mut server = server_with(folder.path(), "2MiB", Some(disk.path().join("data")));
    let begin = plenum_link::SystemClock.now();
    let mut agent = Agent::new(folder.path(), "s", "pi", &server.announced("mqtt"), "", SENSOR);
    agent.launch();
    eventually("the first reading", PATIENCE, || {
        latest(&server, "s/pi/inlet/temperature")
    });
    let before = nothing_is_acknowledged_while_it_fills(&disk, &mut server);
    disk.make_room();
    eventually("further acknowledgements", PATIENCE, || {
        (acknowledged(&server) > before + 5).then_some(())
    });
    eventually("the end of the alarm", PATIENCE, || {
        let alarm = server.alarm("disk-reserve")?;
        (alarm["state"] == "returned-unacknowledged").then_some(())
    });
    agent.ask_to_stop();
    agent.wait_until_stopped();
    all_is_stored_once(&agent, &server, begin);
    // It is in the database and not only in memory.
    server.kill();
    server.launch();
    server.wait_until_up();
    all_is_stored_once(&agent, &server, begin);
}
