//! The night: sensors whose conditions come and go, people who take what they are told of, and a collector that is killed meanwhile.

mod feed;
mod judged;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use plenum_link::testing::Mosquitto;
use plenum_link::{Stopwatch, SystemClock};
use plenum_protocol::{Clock, Timestamp};
use rand::Rng;
use rand::rngs::StdRng;
use serde_json::json;

use crate::PATIENCE;
use crate::support::mail::MailSink;
use crate::support::process::eventually;
use crate::support::server::{Server, Settings};
use crate::support::webhook::WebhookReceiver;
use feed::{Feed, series};
use judged::{Arrival, Figures};

const SECRET: &str = "only the two of us know";
/// So many stand untaken all night, so that a ladder gets to its end.
const LEFT: usize = 6;
/// So many messages may wait; then nothing further is raised, so that most of it is told while it stands.
const WAITING: f64 = 250.0;
/// So many milliseconds at least, and at most, from a start that is waited for to the kill; the more there is, the longer a start takes, and the more is done between two.
const LIFE: (u64, u64) = (100, 4_000);
/// How often the collector is asked what it lacks, and how much waits.
const LOOK: Duration = Duration::from_millis(500);

/// What is critical climbs a ladder; of what is high everybody is told at once.
const SITE: &str = r#"
[site]
id = "night"
name = "Night"
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
[[ladder]]
id = "critical"
priorities = ["critical"]
fallback = "anna"
[[ladder.step]]
whom = { person = "anna" }
[[ladder.step]]
whom = { person = "bert" }
after = "10s"
[[rule]]
id = "breaker"
name = "Breaker"
select = { quantities = ["current"] }
when = { above = { limit = 16, deadband = 1 } }
priority = "critical"
[[rule]]
id = "load"
name = "Load"
select = { quantities = ["power"] }
when = { above = { limit = 16, deadband = 1 } }
priority = "high"
"#;

/// How far a sensor's condition has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Course {
    /// It has yet to come.
    Ahead,
    /// It holds; so often it comes again after that.
    Holds { again: u32 },
    /// It went, and comes again.
    Between { again: u32 },
    /// It is gone.
    Gone,
}

/// All that takes part; what is dropped first ends first.
pub(crate) struct Night {
    server: Server,
    feed: Feed,
    mail: MailSink,
    webhook: WebhookReceiver,
    random: StdRng,
    begun: Timestamp,
    sensors: Vec<Course>,
    /// How often each came.
    raised: Vec<usize>,
    kills: Vec<Timestamp>,
    /// When that an alarm is taken was answered.
    taken: BTreeMap<u64, Timestamp>,
    /// The series of those, which do not come again.
    has: BTreeSet<String>,
    _broker: Mosquitto,
    _folder: tempfile::TempDir,
}

impl Night {
    /// Starts everything; nothing is wrong yet.
    pub(crate) fn begin(incidents: usize, random: StdRng) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let lines = "allow_anonymous true\nmax_inflight_messages 1000\nmax_queued_messages 100000\n";
        let broker = Mosquitto::configured(&[], lines).unwrap();
        let url = format!("mqtt://127.0.0.1:{}", broker.port());
        let (mail, webhook) = (MailSink::start(), WebhookReceiver::start(SECRET));
        std::fs::write(folder.path().join("ops.secret"), SECRET).unwrap();
        let settings = Settings {
            site: SITE.to_owned(),
            broker: format!("url = \"{url}\"\n"),
            tables: tables(&mail, &webhook),
            ..Settings::default()
        };
        let server = Server::start(folder.path(), &settings);
        Self {
            server,
            feed: Feed::of(&url, incidents),
            mail,
            webhook,
            random,
            begun: SystemClock.now(),
            sensors: vec![Course::Ahead; incidents],
            raised: vec![0; incidents],
            kills: Vec::new(),
            taken: BTreeMap::new(),
            has: BTreeSet::new(),
            _broker: broker,
            _folder: folder,
        }
    }

    /// Whether everything has come and gone, but what stands all night, and the collector answers. What waits then is waited for at the end.
    pub(crate) fn is_over(&self) -> bool {
        let is_gone = |course: &Course| *course == Course::Gone;
        self.sensors[LEFT..].iter().all(is_gone) && self.waiting().is_some()
    }

    /// The collector runs for a while, and much happens.
    pub(crate) fn live(&mut self) {
        if !self.server.runs() {
            self.server.launch();
        }
        if self.random.random_bool(0.2) {
            // It is killed while it starts.
            let nap = self.random.random_range(0..1_500);
            std::thread::sleep(Duration::from_millis(nap));
            return;
        }
        self.server.wait_until_up();
        let longest = LIFE.1 + u64::try_from(self.sensors.len()).unwrap();
        let life = Duration::from_millis(self.random.random_range(LIFE.0..longest));
        let (watch, mut looked, mut waiting) = (Stopwatch::start(), None, None);
        while watch.elapsed() < life {
            if looked.is_none_or(|at| watch.elapsed() - at > LOOK) {
                looked = Some(watch.elapsed());
                self.send_again();
                waiting = self.waiting();
            }
            match self.random.random_range(0..6) {
                0 | 1 if waiting.is_some_and(|waiting| waiting < WAITING) => self.comes(),
                2 => self.goes(),
                3 => self.is_taken(),
                _ => {
                    let nap = self.random.random_range(0..200);
                    std::thread::sleep(Duration::from_millis(nap));
                }
            }
        }
    }

    /// SIGKILL.
    pub(crate) fn kill(&mut self) {
        self.kills.push(SystemClock.now());
        self.server.kill();
        // Sensors go on.
        if self.random.random_bool(0.3) {
            self.goes();
        }
        let nap = self.random.random_range(0..300);
        std::thread::sleep(Duration::from_millis(nap));
    }

    /// What stood all night ends, and all messages leave.
    pub(crate) fn end(&mut self) {
        self.settle();
        eventually("end of the ladder", PATIENCE, || {
            let told: BTreeSet<u64> = self
                .arrivals()
                .iter()
                .filter_map(Arrival::calls_the_second)
                .collect();
            let active = self.server.items("alarms?state=active&limit=500");
            // Agents that have nothing more to say are missed, too.
            let mut ours = active.iter().filter(|alarm| judged::is_of_a_sensor(alarm));
            let all = ours.all(|alarm| told.contains(&alarm["id"].as_u64().unwrap()));
            all.then_some(())
        });
        let left: Vec<usize> = (0..LEFT).collect();
        self.feed.say(&left, false);
        self.settle();
    }

    /// What came of it, once it is as it must be.
    pub(crate) fn judged(&self) -> Figures {
        let deadline = SystemClock.now() + plenum_protocol::Duration::from_seconds(40);
        eventually("end of the night", PATIENCE, || match judged::judge(self) {
            Err(wrong) if SystemClock.now() > deadline => panic!("{wrong}"),
            judged => judged.ok(),
        })
    }

    /// Some conditions come.
    fn comes(&mut self) {
        let at_most = self.random.random_range(1..=30);
        let mut come = Vec::new();
        for sensor in 0..self.sensors.len() {
            let again = match self.sensors[sensor] {
                _ if come.len() == at_most => break,
                Course::Ahead => u32::from(sensor >= LEFT && self.random.random_bool(0.15)),
                Course::Between { .. } if self.has.contains(&series(sensor)) => {
                    self.sensors[sensor] = Course::Gone;
                    continue;
                }
                Course::Between { again } if self.random.random_bool(0.3) => again - 1,
                _ => continue,
            };
            self.sensors[sensor] = Course::Holds { again };
            self.raised[sensor] += 1;
            come.push(sensor);
        }
        self.feed.say(&come, true);
    }

    /// Some of those that hold go.
    fn goes(&mut self) {
        let mut gone = Vec::new();
        for sensor in LEFT..self.sensors.len() {
            if let Course::Holds { again } = self.sensors[sensor]
                && self.random.random_bool(0.15)
            {
                self.sensors[sensor] = match again {
                    0 => Course::Gone,
                    again => Course::Between { again },
                };
                gone.push(sensor);
            }
        }
        self.feed.say(&gone, false);
    }

    /// Somebody takes some of what stands.
    fn is_taken(&mut self) {
        let Ok(page) = self
            .server
            .try_get("alarms?state=active-unacknowledged&limit=100")
        else {
            return;
        };
        for alarm in page["items"].as_array().unwrap() {
            let named = alarm["series"].as_str().unwrap_or_default().to_owned();
            let stands_all_night = (0..LEFT).any(|sensor| series(sensor) == named);
            if stands_all_night || named.is_empty() || !self.random.random_bool(0.04) {
                continue;
            }
            let id = alarm["id"].as_u64().unwrap();
            let answer = self
                .server
                .post(&format!("alarms/{id}/acknowledge"), &json!({ "comment": "" }));
            if answer.is_ok() {
                self.taken.insert(id, SystemClock.now());
                self.has.insert(named);
            }
        }
    }

    fn send_again(&mut self) -> bool {
        let agents = self.server.items("agents");
        self.feed.send_again(&agents)
    }

    /// Waits until the collector has every reading and nothing waits.
    fn settle(&mut self) {
        // What it was sent a moment ago it may take yet.
        while !self.send_again() {
            std::thread::sleep(LOOK);
        }
        eventually("empty outbox", 10 * PATIENCE, || {
            (self.waiting() == Some(0.0)).then_some(())
        });
    }

    /// How many messages wait.
    fn waiting(&self) -> Option<f64> {
        let metrics = self.server.fetch("/metrics").ok()?;
        let line = metrics
            .lines()
            .find(|line| line.starts_with("plenum_queue_length{queue=\"messages\"}"))?;
        line.rsplit(' ').next()?.parse().ok()
    }

    /// All that arrived.
    fn arrivals(&self) -> Vec<Arrival> {
        let mails = self.mail.mails();
        let posts = self.webhook.arrivals();
        let mails = mails.iter().map(Arrival::of_mail);
        mails.chain(posts.iter().map(Arrival::of_post)).collect()
    }
}

fn tables(mail: &MailSink, webhook: &WebhookReceiver) -> String {
    format!(
        r#"
[smtp]
host = "127.0.0.1"
port = {}
security = "none"
from = "Plenum <plenum@night.example>"
[[address]]
person = "anna"
email = "anna@night.example"
[[address]]
person = "bert"
email = "bert@night.example"
[[webhook]]
channel = "ops"
url = "{}"
secret_file = "ops.secret"
[storage]
disk_reserve = "1MiB"
"#,
        mail.port(),
        webhook.url()
    )
}
