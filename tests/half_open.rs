//! The real `plenum serve` with 256 files, and 300 half-open clients at each door (the dashboard's, the broker's in clear and in TLS), each of which comes back as soon
//! as it is sent away: smoke reaches its receiver, the agents stay connected, and a person logs in.
#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod support;

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use plenum_link::{Stopwatch, SystemClock};
use plenum_protocol::{Clock, Timestamp};
use serde_json::{Value, json};
use support::fleet::Agent;
use support::ports;
use support::process::eventually;
use support::server::{Server, Settings};
use support::webhook::WebhookReceiver;

const PATIENCE: Duration = Duration::from_secs(60);
const FILES: u32 = 256;
const CLIENTS: usize = 300;
const SECRET: &str = "only the two of us know";
const PASSWORD: &str = "warm racks hum softly";
const SITE: &str = r#"
[site]
id = "s"
name = "S"
zone = "UTC"
[[room]]
id = "hall"
name = "Hall"
[[sensor]]
agent = "pi"
id = "detector"
name = "Detector"
room = "hall"
place = "room"
[[channel]]
id = "ops"
kind = "webhook"
"#;

/// What half-open clients of the dashboard say, and then nothing more.
const HALF_REQUESTS: [&[u8]; 5] = [
    b"",
    b"GET /api/v1/alarms HTTP/1.1\r\nHost: loc",
    b"POST /api/v1/sessions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 60\r\n\r\n{\"na",
    // The beginning of a TLS ClientHello.
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    // Asks for more than a socket holds and takes none of it.
    b"GET /api/v1/openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n",
];
/// The same of the broker's.
const HALF_CONNECTS: [&[u8]; 3] = [
    b"",
    b"\x10\x40\x00\x04MQTT\x05\xc2\x00",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
];

/// The same where the broker speaks TLS: nothing, the beginning of a hello, a whole record that is none, a CONNECT in clear.
const HALF_HANDSHAKES: [&[u8]; 4] = [
    b"",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00",
    b"\x10\x40\x00\x04MQTT\x05\xc2\x00",
];
/// The one whose detector sees smoke, and two that only read.
const AGENTS: [&str; 3] = ["pi", "pi-2", "pi-3"];

/// A client that never comes to the point.
struct HalfOpen {
    address: String,
    says: Vec<u8>,
    socket: Option<TcpStream>,
}

impl HalfOpen {
    /// Comes back if it was sent away; whether it had to.
    fn insist(&mut self, reads: bool) -> bool {
        let closed = self
            .socket
            .as_mut()
            .is_none_or(|socket| reads && is_closed(socket));
        if closed {
            self.socket = TcpStream::connect(&self.address).ok().filter(|mut socket| {
                let ready = socket.set_nonblocking(true).is_ok();
                ready && socket.write(&self.says).is_ok()
            });
        }
        closed
    }
}

fn is_closed(socket: &mut TcpStream) -> bool {
    match socket.peek(&mut [0; 1]) {
        Ok(0) => true,
        // It was answered, as something wrong; what is left is the end.
        Ok(_) => socket.read(&mut [0; 4_096]).is_err(),
        Err(error) => error.kind() != ErrorKind::WouldBlock,
    }
}

/// All half-open clients, in a thread of their own.
struct Siege {
    stop: Arc<AtomicBool>,
    attempts: Arc<AtomicUsize>,
    thread: Option<JoinHandle<()>>,
}

impl Siege {
    fn lay(url: &str, says: &[&[u8]]) -> Self {
        let address = url.rsplit_once("//").unwrap().1.to_owned();
        let mut clients: Vec<HalfOpen> = (0..CLIENTS)
            .map(|number| HalfOpen {
                address: address.clone(),
                // Only one kind of them asks for an answer: so often that no socket holds it all.
                says: match says[number % says.len()] {
                    asks if asks.ends_with(b"\r\n\r\n") => asks.repeat(40),
                    half => half.to_vec(),
                },
                socket: None,
            })
            .collect();
        let (stop, attempts) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let (stopped, counted) = (stop.clone(), attempts.clone());
        let thread = std::thread::spawn(move || {
            while !stopped.load(Ordering::Relaxed) {
                for client in &mut clients {
                    let deaf = client.says.len() > 1_000;
                    if client.insist(!deaf) {
                        counted.fetch_add(1, Ordering::Relaxed);
                    }
                }
                std::thread::sleep(Duration::from_millis(20));
            }
        });
        let siege = Self {
            stop,
            attempts,
            thread: Some(thread),
        };
        eventually("siege", PATIENCE, || (siege.attempts() >= CLIENTS).then_some(()));
        siege
    }

    fn attempts(&self) -> usize {
        self.attempts.load(Ordering::Relaxed)
    }
}

impl Drop for Siege {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn credential(agent: &str) -> String {
    format!("[[agent]]\nsite = \"s\"\nid = \"{agent}\"\npassword_file = \"password\"\n")
}

fn server(folder: &std::path::Path, webhook: &WebhookReceiver, in_tls: u16) -> Server {
    for (name, text) in [("password", "secret"), ("ops.secret", SECRET)] {
        std::fs::write(folder.join(name), text).unwrap();
    }
    let settings = Settings {
        site: SITE.to_owned(),
        broker: format!(
            "listen = \"127.0.0.1:{}\"\ntls_listen = \"127.0.0.1:{in_tls}\"\n",
            ports::free()
        ),
        tables: format!(
            "{}[[webhook]]\nchannel = \"ops\"\nurl = \"{}\"\nsecret_file = \"ops.secret\"\n",
            AGENTS.map(credential).concat(),
            webhook.url()
        ),
        files: Some(FILES),
        ..Settings::default()
    };
    Server::start(folder, &settings)
}

/// An agent whose detector sees smoke at that instant.
fn agent(folder: &std::path::Path, server: &Server, name: &str, smoke_at: Timestamp) -> Agent {
    let sensor = format!(
        "[[sensor]]\nid = \"detector\"\ndriver = \"simulated\"\ninterval = \"1s\"\nstart = \"{smoke_at}\"\n\
         quantities.smoke = {{ base = false, events = [{{ at = \"0s\", effect = {{ level = true }} }}] }}\n"
    );
    let mut agent = Agent::new(folder, "s", name, &server.announced("mqtt"), "secret", &sensor);
    agent.launch();
    let series = format!("s/{name}/detector/smoke");
    eventually("first reading", PATIENCE, || {
        let latest = server.items("latest");
        latest.into_iter().find(|one| one["series"] == series)
    });
    agent
}

/// Nothing has come between the agents and the broker since they came.
fn stayed_connected(server: &Server, agents: &[Agent]) {
    let known = server.items("agents");
    assert_eq!(known.len(), agents.len());
    assert!(known.iter().all(|agent| agent["online"] == true), "{known:?}");
    for agent in agents {
        let log = agent.log();
        assert!(!log.contains("trying again"), "{}: {log}", agent.name);
    }
}

fn person() -> Value {
    json!({"name": "anna", "password": PASSWORD})
}

/// Asks as a person does: again, where the connection was closed. Besieged from one address with it, a request may lose its seat before it is read.
fn insist(server: &Server, path: &str, body: &Value) -> Value {
    eventually(path, PATIENCE, || match server.post(path, body) {
        Err(error) if error.starts_with("error sending request") => None,
        answered => Some(answered.unwrap()),
    })
}

/// Makes the administrator and logs in.
fn log_in(server: &Server) {
    let link = server.announced("first");
    let token = link.rsplit_once('#').unwrap().1;
    let watch = Stopwatch::start();
    let first = json!({"token": token, "name": "anna", "password": PASSWORD});
    insist(server, "sessions/first", &first);
    let session = insist(server, "sessions", &person());
    assert_eq!(session["user"]["name"], "anna");
    let took = watch.elapsed();
    assert!(took < Duration::from_secs(20), "the log-in took {took:?}");
}

#[test]
fn smoke_is_told_under_siege_with_256_files() {
    let folder = tempfile::tempdir().unwrap();
    let webhook = WebhookReceiver::start(SECRET);
    let in_tls = ports::free();
    let server = server(folder.path(), &webhook, in_tls);
    let now = SystemClock.now();
    let (smoke_at, never) = (
        now + plenum_protocol::Duration::from_seconds(20),
        now + plenum_protocol::Duration::from_hours(1),
    );
    let agents = AGENTS.map(|name| {
        let at = if name == AGENTS[0] { smoke_at } else { never };
        agent(folder.path(), &server, name, at)
    });
    let at_http = Siege::lay(&server.announced("url"), &HALF_REQUESTS);
    let at_mqtt = Siege::lay(&server.announced("mqtt"), &HALF_CONNECTS);
    let at_tls = Siege::lay(&format!("mqtts://127.0.0.1:{in_tls}"), &HALF_HANDSHAKES);
    assert!(SystemClock.now() < smoke_at, "the siege was laid too late");
    webhook.wait_for("about smoke", PATIENCE, |body| body["alarm"]["rule"] == "smoke");
    let took = SystemClock.now().since(smoke_at);
    assert!(took < plenum_protocol::Duration::from_seconds(5), "{took}");
    let attempts = [&at_http, &at_mqtt, &at_tls].map(Siege::attempts);
    assert!(
        attempts.into_iter().all(|attempts| attempts > CLIENTS),
        "nobody was sent away: {attempts:?}"
    );
    log_in(&server);
    drop(at_http);
    stayed_connected(&server, &agents);
    drop((at_mqtt, at_tls));
    assert!(server.post("sessions", &person()).is_ok());
    let log = server.log();
    assert!(!log.contains("could not be taken"), "{log}");
}
