//! Cases from the field with the real program: a UPS that says what real ones say, and smoke while the agent's card is full. What a person is told
//! is read where it arrives. tests/field.md says which test shows which case.
#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod support;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use plenum_link::{Stopwatch, SystemClock};
use plenum_protocol::{Clock, Timestamp};
use serde_json::{Value, json};
use support::disk::SmallDisk;
use support::process::{Process, eventually};
use support::server::{Server, Settings};
use support::upsd::{SmallUpsd, Variables};
use support::webhook::WebhookReceiver;

const PATIENCE: Duration = Duration::from_secs(40);
const SECRET: &str = "a secret of the test's own";
const SITE: &str = r#"
[site]
id = "hall"
name = "The Hall"
zone = "UTC"
[[room]]
id = "room-a"
name = "Room A"
[[sensor]]
agent = "pi"
id = "ups"
name = "UPS A"
room = "room-a"
place = "ups"
[[sensor]]
agent = "pi"
id = "smoke"
name = "Detector"
room = "room-a"
place = "room"
[[channel]]
id = "ops"
kind = "webhook"
"#;

/// A server with one channel and a real agent.
struct Story {
    webhook: WebhookReceiver,
    server: Server,
    agent: Option<Process>,
    broker: String,
    folder: tempfile::TempDir,
}

impl Story {
    /// The server is up; nothing is read yet.
    fn begin() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let webhook = WebhookReceiver::start(SECRET);
        let secret = folder.path().join("ops.secret");
        std::fs::write(&secret, SECRET).unwrap();
        let settings = Settings {
            site: SITE.to_owned(),
            broker: format!(
                "listen = \"127.0.0.1:{}\"\naccept_new_agents = true\n",
                support::ports::free()
            ),
            tables: format!(
                "[[webhook]]\nchannel = \"ops\"\nurl = \"{}\"\nsecret_file = {:?}\n",
                webhook.url(),
                secret.display().to_string()
            ),
            ..Settings::default()
        };
        let server = Server::start(folder.path(), &settings);
        Self {
            webhook,
            broker: server.announced("mqtt"),
            server,
            agent: None,
            folder,
        }
    }

    /// Starts the agent with this sensor, or lets it read its file again.
    fn read(&mut self, spool: &Path, sensor: &str) {
        let file = self.folder.path().join("agent.toml");
        let text = format!(
            "site = \"hall\"\nagent = \"pi\"\nclock = \"trusted\"\n[broker]\nurl = \"{}\"\n[spool]\npath = {:?}\n\
             [[sensor]]\ninterval = \"1s\"\n{sensor}\n",
            self.broker,
            spool.display().to_string()
        );
        std::fs::write(&file, text).unwrap();
        match &self.agent {
            Some(agent) => {
                let number = agent.id().to_string();
                let sent = Command::new("kill").args(["-HUP", &number]).status();
                assert!(sent.unwrap().success());
            }
            None => {
                let mut command = support::process::plenum();
                command.args(["agent", "run"]).arg(&file);
                let log = self.folder.path().join("agent.log");
                self.agent = Some(Process::start(command, "plenum", &log));
            }
        }
    }

    fn spool(&self) -> PathBuf {
        self.folder.path().join("spool.db")
    }

    fn latest(&self, series: &str) -> Option<Value> {
        let latest = self.server.items("latest");
        latest.into_iter().find(|one| one["series"] == series)
    }

    fn wait_for(&self, series: &str, value: f64) {
        eventually(&format!("{series} = {value}"), PATIENCE, || {
            self.latest(series).filter(|latest| latest["value"] == value)
        });
    }

    /// The message of this reason about an alarm of this rule, once it has arrived.
    fn told(&self, rule: &str, reason: &str) -> Value {
        self.webhook
            .wait_for(&format!("{rule}: {reason}"), PATIENCE, |body| {
                body["reason"] == reason && body["alarm"]["rule"] == rule
            })
    }

    /// What was told so far: `rule reason`.
    fn all_told(&self) -> Vec<String> {
        let posts = self.webhook.posts().into_iter();
        let told = posts.map(|(_, body)| {
            let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            format!("{} {}", word(&body["alarm"]["rule"]), word(&body["reason"]))
        });
        told.collect()
    }
}

/// A good UPS with some variables written otherwise.
fn good_but(changes: &[(&str, &str)]) -> Option<Variables> {
    let good = [
        ("ups.status", "OL"),
        ("battery.charge", "100"),
        ("battery.runtime", "2400"),
        ("ups.load", "30"),
        ("input.voltage", "231.0"),
        ("output.voltage", "230.0"),
        ("battery.voltage", "27.3"),
    ];
    let all = good.iter().chain(changes);
    Some(
        all.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
    )
}

fn text<'a>(message: &'a Value, key: &str) -> &'a str {
    message["message"][key].as_str().unwrap()
}

/// The line of a message's text that begins so.
fn line<'a>(message: &'a Value, label: &str) -> &'a str {
    let mut lines = text(message, "text").lines();
    let found = lines.find(|line| line.starts_with(label));
    found
        .unwrap_or_else(|| panic!("no {label} in {message}"))
        .trim_start_matches(label)
        .trim()
}

fn instant(value: &Value) -> Timestamp {
    value.as_str().unwrap().parse().unwrap()
}

/// A UPS that is read each second, and says well for a start.
fn watched() -> (Story, SmallUpsd) {
    let upsd = SmallUpsd::playing([("rack".to_owned(), good_but(&[]).unwrap())].into());
    let mut story = Story::begin();
    let sensor = format!(
        "id = \"ups\"\ndriver = \"nut\"\nups = \"rack\"\nport = {}\n",
        upsd.port()
    );
    story.read(&story.spool(), &sensor);
    story.wait_for("hall/pi/ups/ups-on-line", 1.0);
    (story, upsd)
}

#[test]
fn a_ups_that_says_what_real_ones_say_for_a_while_wakes_nobody() {
    let (story, upsd) = watched();
    let good = good_but(&[]);
    let says = |polls, changes| {
        upsd.answer("rack", polls, &good_but(changes));
        upsd.answer("rack", 3, &good);
    };
    says(1, &[("ups.status", "OL LB RB"), ("battery.charge", "99")]);
    says(8, &[("ups.status", "OL OFF")]);
    says(
        25,
        &[
            ("ups.status", "OB CAL DISCHRG"),
            ("battery.charge", "96"),
            ("battery.runtime", "250"),
        ],
    );
    says(5, &[("ups.status", "OL HE")]);
    says(5, &[("ups.status", "OL ECO")]);
    // What it said came through: the collector has it, and nothing came of it.
    let readings = |quantity: &str| {
        let path = format!("readings?series=hall/pi/ups/{quantity}&from=2026-06-01T00:00:00Z");
        let points = story.server.get(&path)["points"].as_array().unwrap().clone();
        points.iter().filter(|point| point[1] == 1.0).count()
    };
    eventually("all that it said", PATIENCE, || {
        (readings("ups-calibrating") >= 25).then_some(())
    });
    assert_eq!(readings("ups-battery-low"), 1);
    assert_eq!(readings("ups-off"), 8);
    assert_eq!(readings("ups-on-battery"), 25);
    assert_eq!(story.server.items("alarms?state=all"), Vec::<Value>::new());
    assert_eq!(story.all_told(), Vec::<String>::new());
}

#[test]
fn of_a_ups_on_battery_broken_and_silent_somebody_is_told_what_is_known() {
    let (story, upsd) = watched();
    let watch = Stopwatch::start();
    let on_battery = [
        ("ups.status", "OL DISCHRG"),
        ("input.voltage", "0.0"),
        ("battery.charge", "97"),
    ];
    upsd.play("rack", good_but(&on_battery));
    let told = story.told("ups-on-battery", "first");
    assert!(watch.elapsed() < Duration::from_secs(15), "{:?}", watch.elapsed());
    let number = &told["alarm"]["id"];
    assert_eq!(
        text(&told, "subject"),
        format!("HIGH Room A: UPS on battery, UPS A [{number}]")
    );
    upsd.play("rack", good_but(&[]));
    story.told("ups-on-battery", "resolved");

    // With the flag; its words stand in whatever a person reads.
    upsd.play(
        "rack",
        good_but(&[("ups.status", "ALARM OL"), ("ups.alarm", "Fan failure!")]),
    );
    let told = story.told("ups-alarm", "first");
    let sentence = "UPS reports an alarm: UPS A, Room A: \"Fan failure!\"";
    assert_eq!(told["alarm"]["message"], sentence);
    assert!(line(&told, "WHAT").starts_with(sentence), "{told}");
    assert!(text(&told, "short").contains("\"Fan failure!\""), "{told}");
    upsd.play("rack", good_but(&[]));
    story.told("ups-alarm", "resolved");

    upsd.answer("rack", 3, &good_but(&[]));
    let before = SystemClock.now();
    upsd.answer("rack", 70, &None);
    let told = story.told("no-data-ups", "first");
    let last = instant(&told["alarm"]["raised_at"]) - plenum_protocol::Duration::from_minutes(1);
    let apart = before.since(last).milliseconds().abs();
    assert!(apart < 5_000, "{before} {last} {told}");
    let clock = last.to_string()[11..19].to_owned();
    let words = format!("UPS silent: UPS A, Room A: no word since {clock} (no answer in time)");
    assert!(line(&told, "WHAT").starts_with(&words), "{told}");
    assert!(line(&told, "HOW BAD").starts_with("Unknown since"), "{told}");
    let whole = told.to_string();
    for lie in ["not on line", "no UPS on line", "on battery"] {
        assert!(!whole.contains(lie), "{lie}: {told}");
    }
    story.told("no-data-ups", "resolved");
    let expected = ["ups-on-battery", "ups-alarm", "no-data-ups"];
    let expected = expected.map(|rule| [format!("{rule} first"), format!("{rule} resolved")]);
    assert_eq!(story.all_told(), expected.concat(), "and nothing else");
}

#[test]
fn smoke_for_15_s_while_the_agents_card_is_full_is_critical_at_once_and_so_is_the_card_told() {
    let mut story = Story::begin();
    let disk = SmallDisk::mount();
    let spool = disk.path().join("spool.db");
    let detector = |smoke| {
        format!("id = \"smoke\"\ndriver = \"simulated\"\n[sensor.quantities.smoke]\nbase = {smoke}\n")
    };
    story.read(&spool, &detector(false));
    story.wait_for("hall/pi/smoke/smoke", 0.0);
    disk.fill(1_024);
    disk.fill(0);
    let card = story.told("agent-disk", "first");
    assert_eq!(card["alarm"]["subject"]["system"], "hall/pi");
    assert!(line(&card, "WHAT").contains("its card is full"), "{card}");

    let watch = Stopwatch::start();
    story.read(&spool, &detector(true));
    let told = story.told("smoke", "first");
    let took = watch.elapsed();
    assert!(took < Duration::from_secs(6), "{took:?}");
    assert_eq!(told["alarm"]["priority"], "critical");
    assert!(
        text(&told, "subject").starts_with("CRITICAL Room A: smoke"),
        "{told}"
    );
    std::thread::sleep(Duration::from_secs(15).saturating_sub(watch.elapsed()));
    story.read(&spool, &detector(false));
    story.wait_for("hall/pi/smoke/smoke", 0.0);
    disk.make_room();
    story.told("agent-disk", "resolved");
    // It stands until a person has looked, and what the card has of it now is no news.
    let alarm = story.server.alarm("smoke").unwrap();
    assert_eq!(
        json!([alarm["state"], alarm["input"]]),
        json!(["active-unacknowledged", "known"])
    );
    let told = story.all_told();
    assert_eq!(told, ["agent-disk first", "smoke first", "agent-disk resolved"]);
}
