//! The courier over real sockets on loopback, with a mail server and a receiver of posts that misbehave as they do at night.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Mutex;
use std::sync::mpsc as blocking;

use plenum_core::alarms::Event;
use plenum_core::site::Site;
use plenum_core::text::Form;
use plenum_protocol::clock::SimulatedClock;

use super::super::outbox::tests::{NOW, alarm, transition};
use super::*;
use crate::config::Config;
use crate::database::PLENUM;

/// Where a server says nothing more, or what it refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mood {
    Well,
    SilentAtBanner,
    SilentAtEhlo,
    SilentAfterDot,
    SilentAtQuit,
}

/// What a server met.
#[derive(Debug, PartialEq, Eq)]
enum Met {
    /// It has begun to be silent.
    Silence,
    /// A mail or a post came: to whom, and its subject or body.
    Message(String, String),
}

/// A server on loopback, mail or webhook.
struct Server {
    port: u16,
    mood: Arc<Mutex<Mood>>,
    met: blocking::Receiver<Met>,
}

impl Server {
    fn start(talk: fn(TcpStream, Mood, &blocking::Sender<Met>) -> std::io::Result<()>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (tell, met) = blocking::channel();
        let mood = Arc::new(Mutex::new(Mood::Well));
        let now = mood.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (mood, tell) = (*now.lock().unwrap(), tell.clone());
                std::thread::spawn(move || talk(stream.unwrap(), mood, &tell));
            }
        });
        Self { port, mood, met }
    }

    fn becomes(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }
}

/// Reads until the other side has gone.
fn say_nothing(stream: &mut impl Read, tell: &blocking::Sender<Met>) -> std::io::Result<()> {
    let _ = tell.send(Met::Silence);
    std::io::copy(stream, &mut std::io::sink()).map(drop)
}

fn smtp(mut stream: TcpStream, mood: Mood, tell: &blocking::Sender<Met>) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?);
    if mood == Mood::SilentAtBanner {
        return say_nothing(&mut lines, tell);
    }
    stream.write_all(b"220 test\r\n")?;
    let (mut to, mut line) = (String::new(), String::new());
    while lines.read_line(&mut line)? > 0 {
        let words = std::mem::take(&mut line);
        let verb = words.get(..4).unwrap_or_default().to_uppercase();
        match verb.as_str() {
            "EHLO" if mood == Mood::SilentAtEhlo => return say_nothing(&mut lines, tell),
            "EHLO" => stream.write_all(b"250-test\r\n250 8BITMIME\r\n")?,
            "DATA" => {
                stream.write_all(b"354 go on\r\n")?;
                let mut mail = String::new();
                while lines.read_line(&mut line)? > 0 && line != ".\r\n" {
                    mail += &std::mem::take(&mut line);
                }
                line.clear();
                if mood == Mood::SilentAfterDot {
                    return say_nothing(&mut lines, tell);
                }
                let _ = tell.send(Met::Message(to.clone(), subject(&mail)));
                stream.write_all(b"250 taken\r\n")?;
            }
            "QUIT" if mood == Mood::SilentAtQuit => return say_nothing(&mut lines, tell),
            "QUIT" => return stream.write_all(b"221 bye\r\n"),
            "RCPT" => {
                to = words.split(['<', '>']).nth(1).unwrap_or_default().to_owned();
                stream.write_all(b"250 ok\r\n")?;
            }
            _ => stream.write_all(b"250 ok\r\n")?,
        }
    }
    Ok(())
}

fn subject(mail: &str) -> String {
    let line = mail.lines().find_map(|line| line.strip_prefix("Subject: "));
    line.unwrap_or_default().to_owned()
}

/// A receiver of posts; where it is silent after its banner it drips its answer, a byte now and then.
fn http(mut stream: TcpStream, mood: Mood, tell: &blocking::Sender<Met>) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?);
    let (mut length, mut line) = (0, String::new());
    while lines.read_line(&mut line)? > 2 {
        let header = std::mem::take(&mut line).to_lowercase();
        if let Some(value) = header.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    lines.read_exact(&mut body)?;
    match mood {
        Mood::Well => {
            let body: serde_json::Value = serde_json::from_slice(&body)?;
            let _ = tell.send(Met::Message("ops".to_owned(), body["reason"].to_string()));
            stream.write_all(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n")
        }
        Mood::SilentAtBanner => say_nothing(&mut lines, tell),
        _ => {
            stream.write_all(b"HTTP/1.1 ")?;
            say_nothing(&mut lines, tell)
        }
    }
}

/// Says what the alarm is and no more.
struct Bare(Arc<Mutex<Vec<Alarm>>>);

impl FactsSource for Bare {
    fn facts<'a>(&'a self, due: &'a Due, known: Known, now: Timestamp) -> BoxFuture<'a, Facts> {
        let site: Site = toml::from_str(SITE).unwrap();
        let standing = self.0.lock().unwrap();
        let stands = standing.iter().find(|alarm| alarm.id == due.alarm.id).cloned();
        let facts = Facts {
            reason: due.reason,
            form: Form::of(&site, plenum_core::text::Language::English, now),
            due: due.created,
            alarm: due.alarm.clone(),
            stands,
            sentence: due.alarm.name.clone(),
            name: due.alarm.name.clone(),
            room: "Room A".to_owned(),
            floor: String::new(),
            sensor: String::new(),
            position: String::new(),
            quantity: None,
            measured: None,
            cause: String::new(),
            consequence: String::new(),
            response: Vec::new(),
            focus: None,
            siblings: None,
            climate: None,
            nearby: Vec::new(),
            others: Vec::new(),
            answering: None,
            agent: None,
            also: Vec::new(),
            told: None,
            alarm_link: String::new(),
            acknowledge_link: known.secret,
        };
        Box::pin(async move { facts })
    }

    fn alarm(&self, due: &Due) -> Alarm {
        due.alarm.clone()
    }
}

const SITE: &str = r#"
[site]
id = "s"
name = "S"
zone = "UTC"
[[person]]
id = "anna"
name = "Anna"
[[person]]
id = "bert"
name = "Bert"
[[channel]]
id = "mail"
kind = "email"
people = ["anna", "bert"]
[[channel]]
id = "ops"
kind = "webhook"
"#;

/// A running courier with its servers.
struct Night {
    clock: SimulatedClock,
    mail: Server,
    ops: Server,
    database: Database,
    conditions: mpsc::Receiver<SystemCondition>,
    wake: Arc<Notify>,
    stop: CancellationToken,
    running: tokio::task::JoinHandle<()>,
    _folder: tempfile::TempDir,
}

impl Night {
    fn begin() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::open(&folder.path().join("plenum.db"), &PLENUM).unwrap();
        let (mail, ops) = (Server::start(smtp), Server::start(http));
        let secret = folder.path().join("ops.secret");
        std::fs::write(&secret, "secret").unwrap();
        let text = format!(
            "[[webhook]]\nchannel = \"ops\"\nurl = \"http://127.0.0.1:{}\"\nsecret_file = {:?}\n\
             [smtp]\nhost = \"127.0.0.1\"\nport = {}\nsecurity = \"none\"\nfrom = \"a@example.org\"\n\
             [[address]]\nperson = \"anna\"\nemail = \"anna@example.org\"\n\
             [[address]]\nperson = \"bert\"\nemail = \"bert@example.org\"\n",
            ops.port,
            secret.display().to_string(),
            mail.port,
        );
        // reqwest takes whichever provider the process has; a second call changes nothing.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let options = Config::parse("collector.toml", &text).unwrap().courier();
        let (clock, wake) = (SimulatedClock::new(NOW), Arc::new(Notify::new()));
        let (report, conditions) = mpsc::channel(64);
        let courier = Courier::new(
            &options,
            database.clone(),
            Arc::new(clock.clone()),
            Arc::new(Bare(Arc::default())),
            report,
            wake.clone(),
            Arc::default(),
        );
        let stop = CancellationToken::new();
        let running = tokio::spawn(Arc::new(courier.unwrap()).run(stop.clone()));
        Self {
            clock,
            mail,
            ops,
            database,
            conditions,
            wake,
            stop,
            running,
            _folder: folder,
        }
    }

    async fn happens(&self, alarm: Alarm, event: Event) {
        let (site, now): (Site, _) = (toml::from_str(SITE).unwrap(), self.clock.now());
        let write = move |connection: &rusqlite::Connection| {
            outbox::intend(connection, &[(alarm, event)], &site, now, Timestamp::MIN).map(drop)
        };
        self.database.write(write).await.unwrap();
        self.wake.notify_one();
    }

    /// Lets time go by until there is something.
    async fn until<T>(&mut self, what: &str, mut look: impl FnMut(&mut Self) -> Option<T>) -> T {
        for _ in 0..1_000 {
            if let Some(found) = look(self) {
                return found;
            }
            self.tick().await;
        }
        panic!("{what} did not come");
    }

    /// A second goes by. Real sockets need real time for it, a little.
    async fn tick(&self) {
        let _ = tokio::time::timeout(std::time::Duration::from_millis(4), std::future::pending::<()>()).await;
        self.clock.advance(Duration::from_seconds(1));
    }

    /// The outbox's rows that somebody looks for, as `channel/recipient reason state attempts`.
    async fn rows(&self) -> Vec<String> {
        let rows = self.database.read(|connection| {
            let select = "select channel || '/' || recipient || ' ' || replace(reason, '\"', '') || ' ' || state || ' ' || attempts
                 from outbox order by id";
            let mut rows = connection.prepare(select)?;
            rows.query_map([], |row| row.get::<_, String>(0))?.collect()
        });
        rows.await.unwrap()
    }

    /// Lets time go by until these are the rows.
    async fn until_rows(&self, expected: &[&str]) {
        let mut rows = Vec::new();
        for _ in 0..1_000 {
            rows = self.rows().await;
            if rows == expected {
                return;
            }
            self.tick().await;
        }
        assert_eq!(rows, expected);
    }

    async fn condition(&mut self) -> SystemCondition {
        self.until("a condition", |night| night.conditions.try_recv().ok())
            .await
    }

    async fn end(self) {
        self.stop.cancel();
        self.running.await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_server_that_accepts_and_says_nothing_is_left_after_a_minute_and_tried_again() {
    for mood in [Mood::SilentAtBanner, Mood::SilentAtEhlo, Mood::SilentAfterDot] {
        let mut night = Night::begin();
        night.mail.becomes(mood);
        let began = night.clock.now();
        night.happens(alarm(), transition()).await;
        night
            .until("silence", |night| night.mail.met.try_recv().ok())
            .await;
        // The other channel goes on meanwhile.
        let post = night.until("a post", |night| night.ops.met.try_recv().ok()).await;
        assert_eq!(post, Met::Message("ops".to_owned(), "\"first\"".to_owned()));
        let failed = loop {
            let condition = night.condition().await;
            if condition.active {
                break condition;
            }
        };
        assert_eq!(
            (failed.kind, failed.active),
            (SystemKind::DeliveryFailed, true),
            "{mood:?}"
        );
        let after = night.clock.now().since(began);
        assert!(after >= DEADLINE, "{mood:?}: {after:?}");
        night.mail.becomes(Mood::Well);
        let mut reached = Vec::new();
        while reached.len() < 2 {
            let met = night
                .until("a mail", |night| night.mail.met.try_recv().ok())
                .await;
            if let Met::Message(to, _) = met {
                reached.push(to);
            }
        }
        reached.sort();
        assert_eq!(reached, ["anna@example.org", "bert@example.org"], "{mood:?}");
        night.end().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receiver_of_posts_that_is_silent_or_drips_is_left_after_a_minute_and_tried_again() {
    for mood in [Mood::SilentAtBanner, Mood::SilentAtEhlo] {
        let mut night = Night::begin();
        night.ops.becomes(mood);
        night.happens(alarm(), transition()).await;
        night
            .until("silence", |night| night.ops.met.try_recv().ok())
            .await;
        let failed = loop {
            let condition = night.condition().await;
            if condition.active {
                break condition;
            }
        };
        assert_eq!((failed.subject.as_str(), failed.active), ("ops", true));
        night.ops.becomes(Mood::Well);
        let is_message = |met: &Met| matches!(met, Met::Message(..));
        let look = |night: &mut Night| night.ops.met.try_iter().find(is_message);
        night.until("a post", look).await;
        night.end().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_that_the_server_has_is_sent_though_it_never_says_goodbye() {
    let night = Night::begin();
    night.mail.becomes(Mood::SilentAtQuit);
    night.happens(alarm(), transition()).await;
    night
        .until_rows(&[
            "mail/anna first sent 1",
            "mail/bert first sent 1",
            "ops/ops first sent 1",
        ])
        .await;
    night.end().await;
}
