//! PagerDuty both ways, with a real collector and a service on loopback that speaks as the documents of PagerDuty say: what is told is triggered there, what people acknowledge
//! there is acknowledged here, and what they let go is anybody's again. The real PagerDuty was not tried.
#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod support;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use plenum_link::SystemClock;
use plenum_link::testing::Mosquitto;
use plenum_protocol::{Clock, Timestamp};
use serde_json::{Value, json};
use sha2::Sha256;
use support::mqtt::Client;
use support::process::eventually;
use support::server::{Server, Settings};

const SECRET: &str = "what-the-subscription-was-given";
const PATIENCE: Duration = Duration::from_secs(30);
const SITE: &str = r#"
[site]
id = "hall"
name = "The Hall"
zone = "UTC"
[[channel]]
id = "pagerduty"
kind = "pagerduty"
priorities = ["critical"]
[[rule]]
id = "breaker-warm"
name = "Breaker warm"
select = { quantities = ["current"] }
when = { above = { limit = 12, deadband = 1 } }
priority = "high"
[[rule]]
id = "breaker"
name = "Breaker"
select = { quantities = ["current"] }
when = { above = { limit = 16, deadband = 1 } }
priority = "critical"
"#;

/// The service: takes events and answers each as it says it does.
fn service() -> (String, Receiver<Value>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (sender, events) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let event = take(stream).unwrap();
            let _ = sender.send(event);
        }
    });
    (url, events)
}

fn take(mut stream: TcpStream) -> std::io::Result<Value> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        match line.trim_end().to_lowercase().split_once(": ") {
            Some(("content-length", value)) => length = value.parse().unwrap(),
            None if line.trim_end().is_empty() => break,
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let event: Value = serde_json::from_slice(&body)?;
    let answer = json!({"status": "success", "message": "Event processed", "dedup_key": event["dedup_key"]})
        .to_string();
    write!(
        stream,
        "HTTP/1.1 202 Accepted\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{answer}",
        answer.len()
    )?;
    Ok(event)
}

struct Hall {
    server: Server,
    events: Receiver<Value>,
    feed: Client,
    number: u16,
    _broker: Mosquitto,
    _folder: tempfile::TempDir,
}

impl Hall {
    fn begin() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let broker = Mosquitto::configured(&[], "allow_anonymous true\n").unwrap();
        let broker_url = format!("mqtt://127.0.0.1:{}", broker.port());
        let (url, events) = service();
        std::fs::write(
            folder.path().join("routing.key"),
            "0123456789abcdef0123456789abcdef\n",
        )
        .unwrap();
        std::fs::write(folder.path().join("webhook.secret"), format!("{SECRET}\n")).unwrap();
        let settings = Settings {
            site: SITE.to_owned(),
            broker: format!("url = \"{broker_url}\"\n"),
            tables: format!(
                "[[pagerduty]]\nchannel = \"pagerduty\"\nserver = \"{url}\"\nrouting_key_file = \"routing.key\"\nsource = \"hall\"\n\
                 webhook_secret_file = \"webhook.secret\"\n"
            ),
            ..Settings::default()
        };
        let server = Server::start(folder.path(), &settings);
        let (feed, reason) = Client::log_in(&broker_url, "feed", "feed", "");
        assert_eq!(reason, 0, "it is let in");
        Self {
            server,
            events,
            feed,
            number: 0,
            _broker: broker,
            _folder: folder,
        }
    }

    fn reads(&mut self, current: f64) {
        self.number += 1;
        let at = SystemClock.now().milliseconds() as f64 / 1_000.0;
        let batch = format!(r#"[{{"n":"hall/pi-1/strip/current","u":"A","t":{at:.3},"v":{current}}}]"#);
        let number = self.number.to_string();
        let properties = [
            ("stream", "only"),
            ("seq", &number),
            ("first", "1"),
            ("last", &number),
        ];
        self.feed.publish_with(
            "plenum/1/hall/pi-1/readings",
            self.number,
            &properties,
            batch.as_bytes(),
            false,
        );
        assert!(self.feed.packet().is_some(), "the broker takes it");
    }

    /// The next event of this kind about the breaker.
    fn event(&self, action: &str) -> Value {
        loop {
            let event = self.events.recv_timeout(PATIENCE);
            let event = event.unwrap_or_else(|_| panic!("no event to {action}"));
            if event["payload"]["class"] == "breaker" && event["event_action"] == action {
                return event;
            }
        }
    }

    /// The alarm once it is in this state.
    fn alarm(&self, state: &str) -> Value {
        self.alarm_of("breaker", state)
    }

    fn alarm_of(&self, rule: &str, state: &str) -> Value {
        eventually(state, PATIENCE, || {
            self.server.alarm(rule).filter(|alarm| alarm["state"] == state)
        })
    }

    fn posted(&self, channel: &str, secret: &str, what: &str, key: &Value) -> Result<String, String> {
        self.posted_of(SystemClock.now(), (channel, secret), what, key)
    }

    /// Posts what was done at an instant.
    fn posted_of(
        &self,
        at: Timestamp,
        (channel, secret): (&str, &str),
        what: &str,
        key: &Value,
    ) -> Result<String, String> {
        let body = webhook(what, key, at);
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
        mac.update(body.as_bytes());
        let signature = format!("v1={}", hex::encode(mac.finalize().into_bytes()));
        let path = format!("channels/{channel}/hook");
        self.server
            .post_bytes(&path, ("X-PagerDuty-Signature", &signature), body.as_bytes())
    }
}

/// With the fields of the documented example.
fn webhook(what: &str, key: &Value, at: Timestamp) -> String {
    json!({"event": {
        "id": "5ac64822-4adc-4fda-ade0-410becf0de4f",
        "event_type": format!("incident.{what}"),
        "resource_type": "incident",
        "occurred_at": at.to_string(),
        "agent": {"html_url": "https://acme.pagerduty.com/users/PLH1HKV", "id": "PLH1HKV", "summary": "Jane Doe", "type": "user_reference"},
        "client": {"name": "PagerDuty"},
        "data": {"id": "PGR0VU2", "type": "incident", "number": 2, "status": what, "incident_key": key, "title": "The Hall: Breaker", "urgency": "high"},
    }})
    .to_string()
}

#[test]
fn what_is_acknowledged_there_is_taken_here_and_what_is_let_go_there_is_anybodys() {
    let mut hall = Hall::begin();
    hall.reads(20.0);
    let triggered = hall.event("trigger");
    let key = &triggered["dedup_key"];
    assert!(
        key.as_str().unwrap().starts_with("plenum/hall/incident-"),
        "{key}"
    );
    hall.alarm("active-unacknowledged");

    what_is_not_its_word_changes_nothing(&hall, key);
    let took = SystemClock.now();

    // It is posted twice: the first answer may be lost.
    for _ in 0..2 {
        hall.posted("pagerduty", SECRET, "acknowledged", key).unwrap();
        let taken = hall.alarm("active-acknowledged");
        assert_eq!(taken["acknowledged"]["comment"], "Jane Doe");
    }
    assert_eq!(hall.event("acknowledge")["dedup_key"], *key);
    // It is of the same incident, and PagerDuty was not told of it.
    let (breaker, warm) = (
        hall.alarm("active-acknowledged"),
        hall.alarm_of("breaker-warm", "active-unacknowledged"),
    );
    assert_eq!(breaker["incident"], warm["incident"]);

    hall.posted("pagerduty", SECRET, "unacknowledged", key).unwrap();
    hall.alarm("active-unacknowledged");
    hall.posted(
        "pagerduty",
        SECRET,
        "acknowledged",
        &json!("plenum/elsewhere/incident-1"),
    )
    .unwrap();
    hall.posted("pagerduty", SECRET, "reassigned", key).unwrap();
    // The first post once more: whoever had it then has it no longer.
    hall.posted_of(took, ("pagerduty", SECRET), "acknowledged", key)
        .unwrap();
    hall.alarm("active-unacknowledged");

    hall.posted("pagerduty", SECRET, "acknowledged", key).unwrap();
    hall.alarm("active-acknowledged");
    hall.reads(10.0);
    assert_eq!(hall.event("resolve")["dedup_key"], *key);
    it_is_written_down(&hall);
}

fn what_is_not_its_word_changes_nothing(hall: &Hall, key: &Value) {
    for (channel, secret, status) in [
        ("pagerduty", "another", "403"),
        ("nothing", SECRET, "404"),
        ("not an id", SECRET, "404"),
    ] {
        let refused = hall.posted(channel, secret, "acknowledged", key).unwrap_err();
        assert!(refused.starts_with(status), "{refused}");
    }
    assert_eq!(hall.alarm("active-unacknowledged")["acknowledged"], Value::Null);
}

fn it_is_written_down(hall: &Hall) {
    let lines = hall.server.items("audit?limit=500");
    let answered = lines.iter().filter(|line| line["deed"] == "answer-by-service");
    let answered: Vec<(&Value, &Value)> = answered.map(|line| (&line["on"], &line["status"])).collect();
    assert!(
        answered.contains(&(&json!("pagerduty"), &json!(204))),
        "{answered:?}"
    );
    assert!(
        answered.contains(&(&json!("pagerduty"), &json!(403))),
        "{answered:?}"
    );
}
