//! A receiver of requests on loopback that keeps what came and answers as it is told, and a channel that is opened from its table as a start opens it.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex};

use plenum_core::alarms::State;
use plenum_core::site::Priority;
use plenum_protocol::Duration;
use serde_json::Value;

use super::*;
use crate::config::Config;
use crate::notify::outbox::tests::{NOW, alarm};

/// What came.
#[derive(Debug, Clone)]
pub(in crate::notify::channels) struct Request {
    pub(in crate::notify::channels) method: String,
    pub(in crate::notify::channels) path: String,
    pub(in crate::notify::channels) headers: BTreeMap<String, String>,
    pub(in crate::notify::channels) body: Value,
}

type Answers = Arc<Mutex<(u16, String, String)>>;

/// A receiver.
pub(in crate::notify::channels) struct Receiver {
    port: u16,
    came: Arc<Mutex<Vec<Request>>>,
    answer: Answers,
}

impl Receiver {
    pub(in crate::notify::channels) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (came, answer) = (Arc::<Mutex<Vec<Request>>>::default(), Answers::default());
        let (kept, says) = (came.clone(), answer.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let _ = take(stream, &kept, &says);
            }
        });
        let receiver = Self { port, came, answer };
        receiver.answers(200, "", "");
        receiver
    }

    pub(in crate::notify::channels) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// From now on: the status, headers each with the end of its line, and the body.
    pub(in crate::notify::channels) fn answers(&self, status: u16, headers: &str, body: &str) {
        *self.answer.lock().unwrap() = (status, headers.to_owned(), body.to_owned());
    }

    /// What came since the last look.
    pub(in crate::notify::channels) fn came(&self) -> Vec<Request> {
        std::mem::take(&mut *self.came.lock().unwrap())
    }
}

fn take(mut stream: TcpStream, came: &Mutex<Vec<Request>>, answer: &Answers) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?);
    let mut line = String::new();
    lines.read_line(&mut line)?;
    let mut words = line.split_whitespace().map(ToOwned::to_owned);
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        lines.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(": ") else {
            break;
        };
        headers.insert(name.to_lowercase(), value.to_owned());
    }
    let length = headers
        .get("content-length")
        .and_then(|length| length.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    lines.read_exact(&mut body)?;
    let body = serde_json::from_slice(&body).unwrap_or_default();
    came.lock().unwrap().push(Request {
        method,
        path,
        headers,
        body,
    });
    let (status, headers, body) = answer.lock().unwrap().clone();
    write!(
        stream,
        "HTTP/1.1 {status} x\r\nconnection: close\r\n{headers}content-length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// A channel from its table; what stands in files is given by name.
pub(in crate::notify::channels) fn open(table: &str, files: &[(&str, &str)]) -> Box<dyn Channel> {
    let folder = tempfile::tempdir().unwrap();
    open_in(folder.path(), table, files).unwrap()
}

pub(in crate::notify::channels) fn open_in(
    folder: &Path,
    table: &str,
    files: &[(&str, &str)],
) -> Result<Box<dyn Channel>, String> {
    // A second call changes nothing.
    let _ = rustls::crypto::ring::default_provider().install_default();
    for (name, text) in files {
        std::fs::write(folder.join(name), text).unwrap();
    }
    let file = folder.join("collector.toml").display().to_string();
    let config = Config::parse(&file, table).unwrap();
    let channels = config.courier().channels;
    channels[0].settings.open().map_err(|error| error.to_string())
}

/// A message about a critical alarm whose texts try to be more than texts, with its links.
pub(in crate::notify::channels) fn raised(address: &str) -> Delivery {
    let base = "http://plenum.lan:8080";
    Delivery {
        key: "2f0c9a4e-1111-4222-8333-444455556666".to_owned(),
        address: address.to_owned(),
        reason: Reason::First,
        alarm: Alarm {
            priority: Priority::Critical,
            room: Some("room-a".parse().unwrap()),
            subject: Subject::System("<!channel> \"x]\\".to_owned()),
            ..alarm()
        },
        message: Message {
            subject: "CRITICAL Room A: <!channel> @all <b>warm</b> & 29.1 °C [1]".to_owned(),
            text: "WHAT      Inlet too warm: \"<script>\" *bold* @here [x](http://evil).\nHOW BAD   29.1 °C.\n\nRaised 03:00.".to_owned(),
            short: "CRITICAL Room A warm #1".to_owned(),
        },
        incident: Some(7),
        goes_on: false,
        along: crate::notify::outbox::Along::default(),
        links: Links {
            look: format!("{base}/alarms/1"),
            take: (!address.is_empty()).then(|| format!("{base}/a/SECRET")),
            passes: false,
        },
        language: Language::English,
        is_last_way: false,
        now: NOW,
    }
}

/// The end of the same.
pub(in crate::notify::channels) fn over(address: &str) -> Delivery {
    let begun = raised(address);
    let now = NOW + Duration::from_minutes(10);
    Delivery {
        key: "2f0c9a4e-1111-4222-8333-777788889999".to_owned(),
        reason: Reason::Resolved,
        alarm: Alarm {
            state: State::ReturnedUnacknowledged,
            returned_at: Some(now),
            ..begun.alarm
        },
        links: Links {
            take: None,
            ..begun.links
        },
        now,
        ..begun
    }
}

/// The same with far more text than any service takes, of letters that become longer when they are escaped and that take several bytes.
pub(in crate::notify::channels) fn endless(address: &str) -> Delivery {
    let begun = raised(address);
    let words = "<&\"*_@🔥é\\] ".repeat(4_000);
    Delivery {
        message: Message {
            subject: words.clone(),
            text: format!("WHAT      {words}\nDO        {words}\n{words}"),
            ..begun.message
        },
        ..begun
    }
}
