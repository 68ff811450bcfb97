//! The main job from end to end, with real processes: a UPS loses mains, the alarm is raised, a mail and a signed post reach people, mains
//! comes back, and a person acknowledges in a browser. Once with a UPS that Network UPS Tools watches, once with one on a serial line.

mod support;

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::Value;
use support::mail::MailSink;
use support::megatec::{Megatec, State};
use support::nut::Upsd;
use support::process::Process;
use support::webhook::WebhookReceiver;

const PATIENCE: Duration = Duration::from_secs(30);
const SECRET: &str = "only the two of us know";

const SITE: &str = r#"
[site]
id = "hall"
name = "The Hall"
zone = "Europe/Amsterdam"
language = "en"

[[room]]
id = "power"
name = "Power room"
floor = "Basement"
width_m = 4.0
depth_m = 3.0

[[sensor]]
agent = "pi"
id = "ups"
name = "UPS 1"
room = "power"
place = "ups"
position = "left wall"
x_m = 0.5
y_m = 1.5

[[person]]
id = "sanne"
name = "Sanne de Vries"

[[channel]]
id = "duty"
kind = "email"
people = ["sanne"]
priorities = ["critical", "high"]

[[channel]]
id = "ops"
kind = "webhook"
"#;

const ON_LINE: &[(&str, &str)] = &[
    ("battery.charge", "97"),
    ("battery.runtime", "1740"),
    ("ups.load", "34"),
    ("input.voltage", "231.4"),
    ("ups.status", "OL"),
];
const ON_BATTERY: &[(&str, &str)] = &[
    ("battery.charge", "96"),
    ("battery.runtime", "1700"),
    ("ups.load", "34"),
    ("input.voltage", "0.0"),
    ("ups.status", "OB DISCHRG"),
];

/// A server and an agent, each a process of its own, and the receivers of what they tell.
struct Story {
    webhook: WebhookReceiver,
    mail: MailSink,
    agent: Process,
    server: Process,
    address: String,
    token: String,
    first: String,
    _folder: tempfile::TempDir,
}

impl Story {
    /// Starts everything; `driver` is what the agent's one sensor needs besides its name.
    fn begin(driver: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).expect("a file");
        let (mail, webhook) = (MailSink::start(), WebhookReceiver::start(SECRET));
        write("site.toml", SITE);
        write("ops.secret", SECRET);
        write("pi.password", "the agent's own");
        write("collector.toml", &collector(mail.port(), &webhook.url()));
        let mut server = plenum(
            &["serve", "--json", "--data", "data", "--config", "collector.toml"],
            folder.path(),
            "server.log",
        );
        let log = folder.path().join("server.log");
        let up = server.wait_until("line that all is up", PATIENCE, || all_is_up(&log));
        let text = |name: &str| up[name].as_str().expect("a text").to_owned();
        let cli = fs::read(folder.path().join("data/run/cli.json")).expect("the command line's access");
        let cli: Value = serde_json::from_slice(&cli).expect("JSON");
        write("agent.toml", &agent(&text("mqtt"), driver));
        let agent = plenum(&["agent", "run", "agent.toml"], folder.path(), "agent.log");
        assert_eq!(up["site"], "hall");
        let story = Self {
            webhook,
            mail,
            agent,
            server,
            address: text("url").trim_start_matches("http://").to_owned(),
            token: cli["token"].as_str().expect("a token").to_owned(),
            first: text("first"),
            _folder: folder,
        };
        story.wait("a first reading of the UPS", || {
            let latest = story.get("/api/v1/latest");
            let latest = latest["items"].as_array().cloned().unwrap_or_default();
            latest
                .into_iter()
                .find(|one| one["series"] == "hall/pi/ups/ups-on-battery" && one["value"] == 0.0)
        });
        assert_eq!(
            story.get("/api/v1/alarms?state=active")["items"],
            serde_json::json!([]),
            "all is well at first"
        );
        story
    }

    /// Asks the API as the command line does.
    fn get(&self, path: &str) -> Value {
        let mut stream = TcpStream::connect(&self.address).expect("the dashboard answers");
        write!(
            stream,
            "GET {path} HTTP/1.0\r\nhost: {}\r\nauthorization: Bearer {}\r\n\r\n",
            self.address, self.token
        )
        .expect("a request");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
        let status = head.split(' ').nth(1).expect("a status");
        assert_eq!(status, "200", "GET {path}: {answer}");
        serde_json::from_str(body).expect("JSON")
    }

    /// Waits for what must come; where it does not, says what server and agent wrote meanwhile.
    fn wait<T>(&self, what: &str, mut look: impl FnMut() -> Option<T>) -> T {
        let naps = PATIENCE.as_millis() / 50;
        for _ in 0..naps {
            if let Some(found) = look() {
                return found;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!(
            "no {what} within {PATIENCE:?}\nserver:\n{}\nagent:\n{}",
            self.server.output(),
            self.agent.output()
        );
    }

    /// The alarm of this rule once it is in this state.
    fn alarm(&self, rule: &str, state: &str) -> Value {
        self.wait(&format!("alarm {rule} that is {state}"), || {
            let alarms = self.get("/api/v1/alarms?state=all");
            let alarms = alarms["items"].as_array().cloned().unwrap_or_default();
            alarms
                .into_iter()
                .find(|alarm| alarm["rule"] == rule && alarm["state"] == state)
        })
    }

    /// The alarm with its events and deliveries.
    fn detail(&self, alarm: &Value) -> Value {
        self.get(&format!("/api/v1/alarms/{}", alarm["id"]))
    }

    /// The post of this reason about this alarm.
    fn post(&self, alarm: &Value, reason: &str) -> Value {
        self.webhook.wait_for(
            &format!("about alarm {}: {reason}", alarm["id"]),
            PATIENCE,
            |body| body["reason"] == reason && body["alarm"]["id"] == alarm["id"],
        )
    }
}

fn collector(smtp: u16, webhook: &str) -> String {
    format!(
        r#"
data = "data"
site = "site.toml"
[http]
listen = "127.0.0.1:0"
[broker]
listen = "127.0.0.1:0"
[smtp]
host = "127.0.0.1"
port = {smtp}
security = "none"
from = "Plenum <plenum@hall.example>"
[[address]]
person = "sanne"
email = "sanne@hall.example"
[[webhook]]
channel = "ops"
url = "{webhook}"
secret_file = "ops.secret"
[[agent]]
site = "hall"
id = "pi"
password_file = "pi.password"
"#
    )
}

fn agent(broker: &str, driver: &str) -> String {
    format!(
        r#"
site = "hall"
agent = "pi"
clock = "trusted"
[broker]
url = "{broker}"
password_file = "pi.password"
[spool]
path = "spool.db"
maximum = "16MiB"
[[sensor]]
id = "ups"
interval = "1s"
{driver}
"#
    )
}

fn plenum(arguments: &[&str], folder: &Path, log: &str) -> Process {
    let mut command = support::process::plenum();
    command.args(arguments).current_dir(folder);
    Process::start(command, "plenum", &folder.join(log))
}

/// The line of JSON that a server prints when all is up.
fn all_is_up(log: &Path) -> Option<Value> {
    let output = fs::read_to_string(log).ok()?;
    let mut lines = output
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok());
    lines.find(|line| line["url"].is_string())
}

/// A person opens the one-time link in Chromium, finds the alarm in the list and acknowledges it.
fn acknowledge_in_chromium(story: &Story, alarm: &Value, comment: &str) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser/acknowledge.mjs");
    let output = Command::new("node")
        .arg(script)
        .args([&story.first, "Sanne", &alarm["id"].to_string(), comment])
        .output()
        .unwrap_or_else(|error| panic!("node: {error}; install it with: apt-get install nodejs npm"));
    assert!(
        output.status.success(),
        "the browser: {}{}\nserver:\n{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
        story.server.output()
    );
}

/// The whole story; `mains` takes the UPS's mains away and gives it back.
fn mains_fails_and_comes_back(story: &Story, mains: impl Fn(bool)) {
    mains(false);
    let alarm = story.alarm("ups-on-battery", "active-unacknowledged");
    assert_eq!(alarm["room"], "power");
    assert_eq!(alarm["series"], "hall/pi/ups/ups-on-battery");
    assert_eq!(alarm["priority"], "high");
    assert_eq!(alarm["input"], "known");
    assert_eq!(alarm["acknowledged"], Value::Null);

    let mail = first_mail(story, &alarm);
    let post = story.post(&alarm, "first");
    assert_eq!(post["alarm"]["state"], "active-unacknowledged");
    assert_eq!(post["message"]["subject"], mail["subject"]);

    mains(true);
    let alarm = story.alarm("ups-on-battery", "returned-unacknowledged");
    people_hear_that_it_is_over(story, &alarm);

    let comment = "grid was away, the UPS carried it";
    acknowledge_in_chromium(story, &alarm, comment);
    everything_is_in_the_detail(&story.detail(&alarm), comment);
}

/// The mail about this alarm, once it is seen to say where, how long, what to do and how sure it is.
fn first_mail(story: &Story, alarm: &Value) -> Value {
    let number = number(alarm);
    let mail = story.mail.wait_for(&["HIGH", &number], PATIENCE);
    assert_eq!(mail["to"], serde_json::json!(["sanne@hall.example"]));
    assert_eq!(mail["from"], "plenum@hall.example");
    assert_eq!(
        mail["subject"].as_str().expect("a subject"),
        format!("HIGH Power room: UPS on battery, UPS 1 {number}")
    );
    let text = mail["text"].as_str().expect("a text");
    let line = |label: &str| {
        text.lines()
            .find(|line| line.starts_with(label))
            .unwrap_or_else(|| panic!("no {label} in:\n{text}"))
    };
    assert!(
        line("WHERE").contains("Power room, basement. UPS 1 (left wall)."),
        "{text}"
    );
    assert!(line("HOW LONG").contains("until its battery is empty"), "{text}");
    assert!(
        line("DO")
            .contains("1 Look how long the UPS still lasts; if that is unknown here, read its display."),
        "{text}"
    );
    assert!(
        line("YOU").contains(&format!("http://{}/a/", story.address)),
        "{text}"
    );
    assert!(
        line("SURE?").contains("1 of 1 sensors of the room answer; agent pi online"),
        "{text}"
    );
    assert!(line("Raised").contains("rule ups-on-battery"), "{text}");
    // Whichever was quicker: the post has arrived, or is still under way.
    let other = ["also sent by ops", "Also going to: ops"];
    assert!(other.iter().any(|words| text.contains(words)), "{text}");
    mail
}

/// The alarm as the subject of a mail names it.
fn number(alarm: &Value) -> String {
    format!("[{}]", alarm["id"])
}

fn people_hear_that_it_is_over(story: &Story, alarm: &Value) {
    let mail = story.mail.wait_for(&["RETURNED", &number(alarm)], PATIENCE);
    let text = mail["text"].as_str().expect("a text");
    assert!(text.contains("UPS on battery: over. It lasted"), "{text}");
    assert!(
        !text.contains("/a/"),
        "there is nothing to take on any more:\n{text}"
    );
    let post = story.post(alarm, "resolved");
    assert_eq!(post["alarm"]["state"], "returned-unacknowledged");
}

/// The alarm tells its whole life, who acknowledged it and that each message arrived at the first attempt.
fn everything_is_in_the_detail(detail: &Value, comment: &str) {
    assert_eq!(detail["state"], "normal");
    let mut events = detail["events"].as_array().cloned().expect("a history");
    events.reverse();
    let causes: Vec<_> = events.iter().map(|event| event["cause"].clone()).collect();
    assert_eq!(causes, ["raised", "returned", "acknowledged"], "{events:#?}");
    let last = events.last().expect("the acknowledgement");
    assert_eq!(last["actor"], "Sanne de Vries");
    assert_eq!(last["comment"], comment);
    let deliveries = detail["deliveries"].as_array().cloned().unwrap_or_default();
    assert_eq!(
        deliveries.len(),
        4,
        "two messages over two channels: {deliveries:#?}"
    );
    assert!(
        deliveries
            .iter()
            .all(|one| one["state"] == "sent" && one["attempts"] == 1),
        "{deliveries:#?}"
    );
}

#[test]
fn a_ups_that_nut_watches_loses_mains_and_somebody_comes() {
    let upsd = Upsd::dummy(ON_LINE);
    let story = Story::begin(&format!(
        "driver = \"nut\"\nups = \"rack\"\nport = {}",
        upsd.port()
    ));
    mains_fails_and_comes_back(&story, |present| {
        upsd.play(if present { ON_LINE } else { ON_BATTERY });
    });
}

#[test]
fn what_a_ups_says_of_itself_stands_in_the_message_and_a_contradiction_is_seen_through() {
    let upsd = Upsd::dummy(ON_LINE);
    let story = Story::begin(&format!(
        "driver = \"nut\"\nups = \"rack\"\nport = {}",
        upsd.port()
    ));
    let says = |words, status| {
        let variables = [
            ("input.voltage", "0.0"),
            ("battery.charge", "97"),
            ("ups.alarm", words),
        ];
        upsd.play(&[&variables[..], &[("ups.status", status)]].concat());
    };
    says("Fan failure!", "ALARM OL");
    let alarm = story.alarm("ups-alarm", "active-unacknowledged");
    let sentence = "UPS reports an alarm: UPS 1, Power room: \"Fan failure!\"";
    assert_eq!(alarm["message"], sentence);
    let mail = story
        .mail
        .wait_for(&["UPS reports an alarm", &number(&alarm)], PATIENCE);
    let text = mail["text"].as_str().expect("a text");
    assert!(text.contains("\"Fan failure!\""), "{text}");

    says("Fan failure! On batteries!", "ALARM OL DISCHRG");
    assert_eq!(
        story.alarm("ups-on-battery", "active-unacknowledged")["input"],
        "known"
    );
    story.wait("the UPS's other words", || {
        let alarm = story.alarm("ups-alarm", "active-unacknowledged");
        let message = alarm["message"].as_str().expect("a message");
        message.ends_with("\"Fan failure! On batteries!\"").then_some(())
    });
}

#[test]
fn a_ups_on_a_serial_line_loses_mains_and_somebody_comes() {
    let ups = Megatec::start();
    let story = Story::begin(&format!(
        "driver = \"megatec\"\nport = \"{}\"\ntimeout = \"1s\"",
        ups.path().display()
    ));
    // This UPS also tells of its mains, for which there is a rule of its own: one incident, and one mail of it.
    ups.set(State::default().on_battery(true));
    story.alarm("ups-on-battery", "active-unacknowledged");
    let mail = story.mail.wait_for(&["HIGH Power room: mains lost"], PATIENCE);
    let text = mail["text"].as_str().expect("a text");
    assert!(text.contains("UPS on battery (UPS 1, since "), "{text}");
    ups.set(State::default());
    let mains = story.alarm("mains-lost", "returned-unacknowledged");
    let mail = story
        .mail
        .wait_for(&["RETURNED Power room: mains lost"], PATIENCE);
    let text = mail["text"].as_str().expect("a text");
    assert!(
        text.contains("1 alarm of this incident is over: UPS on battery"),
        "{text}"
    );
    assert_eq!(mains["series"], "hall/pi/ups/mains-present");
}

#[test]
fn a_webhook_that_is_down_gets_each_message_once_when_it_is_back_and_its_failing_is_an_alarm() {
    let upsd = Upsd::dummy(ON_LINE);
    let story = Story::begin(&format!(
        "driver = \"nut\"\nups = \"rack\"\nport = {}",
        upsd.port()
    ));
    story.webhook.answer(500);
    upsd.play(ON_BATTERY);
    let alarm = story.alarm("ups-on-battery", "active-unacknowledged");
    let failing = story.alarm("delivery-failed", "active-unacknowledged");
    assert_eq!(failing["subject"], "ops");
    let message = failing["message"].as_str().expect("a message");
    assert!(message.contains("500"), "{message}");
    let mail = story
        .mail
        .wait_for(&["The Hall", "messages are not delivered"], PATIENCE);
    let text = mail["text"].as_str().expect("a text");
    assert!(text.contains("over channel ops do not arrive"), "{text}");
    assert!(story.webhook.posts().is_empty());

    story.webhook.answer(204);
    story.post(&alarm, "first");
    story.alarm("delivery-failed", "returned-unacknowledged");
    upsd.play(ON_LINE);
    story.post(&alarm, "resolved");
    let posts = story.webhook.posts();
    let keys: std::collections::BTreeSet<_> = posts.iter().map(|(key, _)| key).collect();
    assert_eq!(keys.len(), posts.len(), "each message came once: {posts:#?}");
    // A channel is not told over itself that it does not work.
    let about_itself = |body: &Value| body["alarm"]["rule"] == "delivery-failed";
    assert!(!posts.iter().any(|(_, body)| about_itself(body)), "{posts:#?}");
    let detail = story.detail(&alarm);
    let mut deliveries = detail["deliveries"].as_array().expect("deliveries").iter().rev();
    let first = deliveries
        .find(|one| one["channel"] == "ops")
        .expect("a delivery");
    assert_eq!(first["state"], "sent");
    // Three failed, one arrived.
    assert!(first["attempts"].as_u64() >= Some(4), "{first}");
}
