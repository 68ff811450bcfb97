//! A running collector on simulated time: what happens goes into its journal, what it says is read from its outbox.

use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::Arc;

use plenum_collector::Collector;
use plenum_collector::broker::{Asking, Broker, Enrols};
use plenum_collector::config::Config;
use plenum_collector::open;
use plenum_collector::revisions::{self, Draft};
use plenum_core::authority::Actor;
use plenum_core::fact::{ActionKind, Batch, ExpectedSensor, Item, Presence, StoredReading};
use plenum_link::Shutdown;
use plenum_protocol::clock::SimulatedClock;
use plenum_protocol::enrolment::{Answer, Request};
use plenum_protocol::{AgentName, Channel, Clock, Duration, Quantity, Timestamp};
use rcgen::{CertificateParams, KeyPair};

/// 26 November 2026, 03:00 in Amsterdam.
const BEGIN: &str = "2026-11-26T02:00:00Z";
/// How often every sensor is read.
const INTERVAL: i64 = 10;

/// So many turns a message that is due is waited for: a loaded machine may need many.
const TURNS: usize = 20_000;

/// What a sensor says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Says {
    /// A value; a state is 0 or 1.
    Value(f64),
    /// Nothing.
    Nothing,
}

/// A message as the outbox has it.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) recipient: String,
    pub(crate) rule: String,
    pub(crate) reason: String,
    pub(crate) words: String,
}

/// The running parts.
pub(crate) struct House {
    collector: Collector,
    _broker: Broker,
    clock: Arc<SimulatedClock>,
    shutdown: Shutdown,
    begin: Timestamp,
    sensors: Vec<(Channel, Says)>,
    number: u64,
    folder: tempfile::TempDir,
}

impl House {
    /// A site with two people, each written to in a language, over a mail server that answers nobody.
    pub(crate) async fn open(site: &str) -> Self {
        Self::open_with(site, |_| String::new()).await
    }

    /// The same with keys of collector.toml that stand above its tables.
    pub(crate) async fn open_with(site: &str, keys: impl Fn(&Path) -> String) -> Self {
        // A second call changes nothing.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let folder = tempfile::tempdir().unwrap();
        let begin: Timestamp = BEGIN.parse().unwrap();
        let clock = Arc::new(SimulatedClock::new(begin));
        let shutdown = Shutdown::new();
        let config = config(folder.path(), &keys(folder.path()));
        let site = Some(site.to_owned());
        let opened = open::open(&config, site, clock.clone(), &shutdown).await.unwrap();
        let serving = opened.serve(&config, "http://plenum".to_owned(), &shutdown);
        let (collector, broker, _) = serving.await.unwrap();
        let house = Self {
            collector,
            _broker: broker,
            clock,
            shutdown,
            begin,
            sensors: Vec::new(),
            number: 0,
            folder,
        };
        house.caught_up().await;
        house
    }

    /// A sensor says something from now on.
    pub(crate) fn says(&mut self, channel: &str, says: Says) {
        let channel: Channel = channel.parse().unwrap();
        match self.sensors.iter_mut().find(|(known, _)| *known == channel) {
            Some((_, known)) => *known = says,
            None => self.sensors.push((channel, says)),
        }
    }

    /// The agent's status: it is there with all its sensors, or has gone.
    pub(crate) async fn agent(&mut self, online: bool) {
        let sensors = self.sensors.iter().map(|(channel, _)| ExpectedSensor {
            sensor: channel.sensor.clone(),
            driver: "simulated".to_owned(),
            quantities: vec![channel.quantity],
            interval: Duration::from_seconds(INTERVAL),
        });
        let presence = Presence {
            agent: agent(),
            online,
            clock_synchronised: true,
            sensors: if online { sensors.collect() } else { Vec::new() },
        };
        self.journal(Item::Presence(presence)).await;
    }

    /// All sensors are read until so many seconds after the beginning.
    pub(crate) async fn read_until(&mut self, second: i64, value: impl Fn(&Channel, i64) -> Option<f64>) {
        while self.next() <= second {
            let at = self.next();
            self.clock.advance_to(self.begin + Duration::from_seconds(at));
            self.read(at, &value).await;
        }
    }

    /// Nobody reads anything until so many seconds after the beginning.
    pub(crate) async fn silence_until(&mut self, second: i64) {
        while self.second() < second {
            let next = (self.second() + 1).min(second);
            self.clock.advance_to(self.begin + Duration::from_seconds(next));
            self.settle().await;
        }
    }

    /// The first tick that is still to come.
    fn next(&self) -> i64 {
        (self.second() / INTERVAL + 1) * INTERVAL
    }

    fn second(&self) -> i64 {
        self.clock.now().since(self.begin).milliseconds() / 1_000
    }

    async fn read(&mut self, second: i64, value: &impl Fn(&Channel, i64) -> Option<f64>) {
        let at = self.begin + Duration::from_seconds(second);
        let readings = self.sensors.iter().filter_map(|(channel, says)| {
            let outcome = match (value(channel, second), says) {
                (Some(value), _) => Ok(value),
                (None, Says::Value(value)) => Ok(*value),
                (None, Says::Nothing) => return None,
            };
            Some(StoredReading {
                channel: channel.clone(),
                at,
                outcome,
                claimed: None,
            })
        });
        self.number += 1;
        let batch = Batch {
            agent: agent(),
            position: Some(("r1".to_owned(), self.number)),
            newest: true,
            readings: readings.collect(),
        };
        self.journal(Item::Batch(batch)).await;
    }

    async fn journal(&self, item: Item) {
        self.collector.journal.append(vec![item]).await.unwrap();
        self.caught_up().await;
        // A channel that fails is told of by way of the journal.
        self.caught_up().await;
    }

    /// Somebody takes the alarm of a rule.
    pub(crate) async fn acknowledge(&self, rule: &str, person: &str) {
        let alarms = self.collector.alarms.alarms(false);
        let alarm = alarms.iter().find(|alarm| alarm.rule.as_str() == rule).unwrap();
        let (id, actor) = (alarm.id, Actor::named(person));
        self.collector
            .alarms
            .acknowledge(id, None, actor, "")
            .await
            .unwrap();
        self.caught_up().await;
    }

    /// Somebody shelves the alarm of a rule for so many seconds.
    pub(crate) async fn shelve(&self, rule: &str, person: &str, seconds: i64) {
        let alarms = self.collector.alarms.alarms(false);
        let alarm = alarms.iter().find(|alarm| alarm.rule.as_str() == rule).unwrap();
        let until = self.clock.now() + Duration::from_seconds(seconds);
        let (id, kind, actor) = (alarm.id, ActionKind::Shelve { until }, Actor::named(person));
        let shelved = self
            .collector
            .alarms
            .act(id, kind, None, actor, "the battery is being changed");
        shelved.await.unwrap();
        self.caught_up().await;
    }

    /// Somebody begins a drill.
    pub(crate) async fn drill(&self, id: &str) {
        let begun = self.collector.drills.begin(id, Actor::named("Anna")).await;
        assert!(begun.is_ok(), "{begun:?}");
    }

    /// Another site is in force from now on.
    pub(crate) async fn revise(&self, site: &str) {
        let base = self.collector.current_revision().await.unwrap();
        let draft = Draft {
            base,
            text: site.to_owned(),
            author: Actor::named("Anna"),
            comment: String::new(),
            at: self.clock.now(),
        };
        revisions::apply(&self.collector.journal, draft).await.unwrap();
        self.caught_up().await;
    }

    async fn caught_up(&self) {
        loop {
            let head = *self.collector.journal.head().borrow();
            let applied = *self.collector.alarms.applied().borrow();
            if applied >= head && self.collector.history.statistics().number >= head {
                break;
            }
            self.turn().await;
        }
        self.settle().await;
    }

    /// Waits until every message that is due was tried: at each instant the same ones are.
    async fn settle(&self) {
        self.turn().await;
        for _ in 0..TURNS {
            if self.due().await == 0 {
                return;
            }
            self.turn().await;
        }
        panic!("{} s: a message that is due is not tried", self.second());
    }

    async fn due(&self) -> i64 {
        let now = self.clock.now().milliseconds();
        let due = self.collector.database.read(move |connection| {
            connection.query_row(
                "select count(*) from outbox where state = 'waiting' and next_attempt <= ?1",
                [now],
                |row| row.get(0),
            )
        });
        due.await.unwrap()
    }

    async fn turn(&self) {
        let millisecond = std::time::Duration::from_millis(1);
        // Databases have threads of their own, which need a moment of the real clock.
        let _ = tokio::time::timeout(millisecond, std::future::pending::<()>()).await;
    }

    /// Waits until so many messages were written, and gives all that were.
    pub(crate) async fn told(&self, count: usize) -> Vec<Told> {
        self.until(|told| told.len() >= count).await;
        self.settle().await;
        self.written().await
    }

    /// An agent has a certificate of the collector's from now on.
    pub(crate) async fn joins(&self, agent: &str) {
        let (enrolment, agent): (_, AgentName) = (&self.collector.enrolment, agent.parse().unwrap());
        let code = enrolment.begin(&agent).await.unwrap().secret;
        let key = KeyPair::generate().unwrap();
        let asked = CertificateParams::default().serialize_request(&key).unwrap();
        let request = Request {
            agent,
            secret: Some(code),
            certificate_request: asked.pem().unwrap(),
        };
        let asking = Asking {
            holder: None,
            address: Ipv4Addr::LOCALHOST.into(),
        };
        let answer = enrolment.answer(&request, asking).await;
        assert!(matches!(answer, Answer::Certificate(_)), "{answer:?}");
    }

    /// So many days pass at once.
    pub(crate) fn pass(&self, days: i64) {
        self.clock
            .advance_to(self.begin + Duration::from_hours(days * 24));
    }

    /// Waits until both people were written to of a rule's alarm, and gives all that was written.
    pub(crate) async fn told_of(&self, rule: &str) -> Vec<Told> {
        let of_rule = |told: &[Told]| told.iter().filter(|told| told.rule == rule).count();
        self.until(|told| of_rule(told) >= 2).await
    }

    /// Waits, at this instant, until a rule's alarm is raised: whoever looks after certificates and keys takes what time that takes.
    pub(crate) async fn finds(&self, rule: &str) {
        for _ in 0..TURNS {
            if self.is_raised(rule).await {
                return;
            }
            self.turn().await;
        }
        panic!("no alarm of {rule}");
    }

    async fn is_raised(&self, rule: &str) -> bool {
        let rule = rule.to_owned();
        let raised = self.collector.database.read(move |connection| {
            connection.query_row(
                "select exists (select 1 from alarm where json_extract(alarm, '$.rule') = ?1)",
                [rule],
                |row| row.get(0),
            )
        });
        raised.await.unwrap()
    }

    /// Waits for messages. What is not critical is gathered for up to half a minute.
    async fn until(&self, all: impl Fn(&[Told]) -> bool) -> Vec<Told> {
        for second in 0..=31 {
            for _ in 0..100 {
                let told = self.written().await;
                if all(&told) {
                    return told;
                }
                self.turn().await;
            }
            if second < 31 {
                self.clock.advance(Duration::from_seconds(1));
            }
        }
        panic!("{:#?}", self.written().await);
    }

    /// What was written and refused until now has arrived after all: no channel of the house works.
    pub(crate) async fn arrived(&self) {
        self.settle().await;
        let arrive = self.collector.database.write(|connection| {
            let arrive = "update outbox set state = 'sent' where state = 'waiting' and tried";
            connection.execute(arrive, []).map(drop)
        });
        arrive.await.unwrap();
    }

    async fn written(&self) -> Vec<Told> {
        let folder = self.folder.path().display().to_string();
        let read = self.collector.database.read(move |connection| {
            let mut rows = connection.prepare(
                "select recipient, reason, snapshot, message from outbox where message is not null order by id",
            )?;
            let rows = rows.query_map([], |row| {
                let alarm: String = row.get(2)?;
                let message: String = row.get(3)?;
                Ok(Told {
                    recipient: row.get(0)?,
                    reason: row.get::<_, String>(1)?.trim_matches('"').to_owned(),
                    rule: field(&alarm, "rule"),
                    words: words(&message).replace(&folder, "/FOLDER"),
                })
            })?;
            rows.collect()
        });
        read.await.unwrap()
    }

    pub(crate) async fn close(self) {
        drop(self.collector);
        let clock = self.clock.as_ref() as &dyn Clock;
        self.shutdown.finish(Duration::from_seconds(10), clock).await;
    }
}

fn field(json: &str, name: &str) -> String {
    let value: serde_json::Value = serde_json::from_str(json).unwrap();
    value[name].as_str().unwrap().to_owned()
}

/// All forms of a message on one page. The secret of its link is another each time, and so is whether a second attempt at an instant comes before or
/// after that instant's reading.
fn words(json: &str) -> String {
    let value: serde_json::Value = serde_json::from_str(json).unwrap();
    let form = |name: &str| value[name].as_str().unwrap().to_owned();
    let page = format!("{}\n\n{}\n{}\n", form("subject"), form("text"), form("short"));
    // A message is gathered for up to half a minute.
    let page = (0..=40).fold(page, |page, age| {
        page.replace(&format!(" {age} s old"), " AGE old")
            .replace(&format!(" {age} s oud"), " AGE oud")
    });
    // No channel of the house works: whether the other's attempt failed before this one is another each time.
    let page = page.replace("Could not be reached:", "Also going to:");
    let page = page.replace("Niet bereikt:", "Gaat ook naar:");
    match value["secret"].as_str() {
        Some(secret) => page.replace(secret, "SECRET"),
        None => page,
    }
}

fn agent() -> AgentName {
    "zaandam/pi-a1".parse().unwrap()
}

fn config(folder: &Path, keys: &str) -> Config {
    // Nobody listens on the port of the discard service.
    let text = format!(
        "{keys}data = {:?}\n\
         [broker]\nlisten = \"127.0.0.1:0\"\n\
         [smtp]\nhost = \"127.0.0.1\"\nport = 9\nsecurity = \"none\"\nfrom = \"plenum@example.org\"\n\
         [[address]]\nperson = \"anna\"\nemail = \"anna@example.org\"\n\
         [[address]]\nperson = \"sanne\"\nemail = \"sanne@example.org\"\n",
        folder.join("data").display().to_string()
    );
    Config::parse("collector.toml", &text).unwrap()
}

/// A quantity of a channel, for scripts.
pub(crate) fn is(channel: &Channel, sensor: &str, quantity: Quantity) -> bool {
    channel.sensor.as_str() == sensor && channel.quantity == quantity
}
