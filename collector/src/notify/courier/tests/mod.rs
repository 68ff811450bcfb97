//! The courier over real sockets on loopback, with a mail server and a receiver of posts that misbehave as they do at night.

mod servers;
mod test_page;
mod unreached;

use std::sync::Mutex;

use plenum_core::alarms::{Cause, Event, State};
use plenum_core::fact::SystemKind;
use plenum_core::site::{Priority, Site};
use plenum_core::text::Form;
use plenum_protocol::clock::SimulatedClock;

use super::super::outbox::tests::{NOW, alarm, transition};
use super::*;
use crate::config::Config;
use crate::database::PLENUM;
use servers::{Met, Mood, Server, http, smtp};

/// Says what the alarm is and no more.
#[derive(Default)]
struct Bare {
    standing: Mutex<Vec<Alarm>>,
    /// Who was taken off a channel.
    gone: Mutex<Vec<(&'static str, &'static str)>>,
}

impl FactsSource for Bare {
    fn facts<'a>(&'a self, due: &'a Due, known: Known, now: Timestamp) -> BoxFuture<'a, Facts> {
        let site: Site = toml::from_str(SITE).unwrap();
        let standing = self.standing.lock().unwrap();
        let stands = standing.iter().find(|alarm| alarm.id == due.alarm.id).cloned();
        let facts = Facts {
            reason: due.reason,
            form: Form::of(&site, plenum_core::text::Language::English, now),
            untold: due.untold,
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
            works: Vec::new(),
            others: Vec::new(),
            first_cause: None,
            along: plenum_core::text::message::Along::default(),
            beyond: Vec::new(),
            changes: String::new(),
            answering: None,
            agent: None,
            also: Vec::new(),
            told: None,
            passed_on: None,
            next: plenum_core::text::message::Next::default(),
            alarm_link: String::new(),
            acknowledge_link: known.secret,
        };
        Box::pin(async move { facts })
    }

    fn is_way(&self, channel: &str, recipient: Option<&str>) -> bool {
        let gone = self.gone.lock().unwrap();
        !gone
            .iter()
            .any(|(of, to)| *of == channel && Some(*to) == recipient)
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
    facts: Arc<Bare>,
    courier: Arc<Courier>,
    conditions: mpsc::Receiver<SystemCondition>,
    wake: Arc<Notify>,
    stop: CancellationToken,
    running: tokio::task::JoinHandle<()>,
    _folder: tempfile::TempDir,
}

/// How often sockets are let have real time while a second goes by.
const RESTS: usize = 10;

impl Night {
    fn begin() -> Self {
        Self::begin_after(|_| Ok(()))
    }

    /// After an earlier run that left something in the database.
    fn begin_after(left: fn(&rusqlite::Connection) -> rusqlite::Result<()>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::open(&folder.path().join("plenum.db"), &PLENUM).unwrap();
        tokio::task::block_in_place(|| database.write_blocking(left)).unwrap();
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
        let facts = Arc::<Bare>::default();
        let courier = Courier::new(
            &options,
            database.clone(),
            Arc::new(clock.clone()),
            facts.clone(),
            report,
            wake.clone(),
            Arc::default(),
        );
        let stop = CancellationToken::new();
        let courier = Arc::new(courier.unwrap());
        let running = tokio::spawn(courier.clone().run(stop.clone()));
        Self {
            clock,
            mail,
            ops,
            database,
            facts,
            courier,
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

    /// Lets sockets have real time, a little, while the clock stands.
    async fn rest(&self) {
        let _ = tokio::time::timeout(std::time::Duration::from_millis(4), std::future::pending::<()>()).await;
    }

    /// The next mail that came or silence that began, while the clock stands.
    async fn mail_meets(&self) -> Met {
        for _ in 0..5_000 {
            if let Ok(met) = self.mail.met.try_recv() {
                return met;
            }
            self.rest().await;
        }
        panic!("the mail server met nothing");
    }

    /// The same, while little time goes by: none of an attempt's deadline.
    async fn mail_meets_soon(&self) -> Met {
        for _ in 0..50 {
            if let Ok(met) = self.mail.met.try_recv() {
                return met;
            }
            self.rest().await;
            self.clock.advance(Duration::from_milliseconds(100));
        }
        self.mail_meets().await
    }

    /// A second goes by. Real sockets need real time for it: what takes a minute by the clock is given up, and must not have been about to come.
    async fn tick(&self) {
        for _ in 0..RESTS {
            self.rest().await;
        }
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

    /// Does not wait for attempts that hang.
    fn end_hanging(self) {
        self.stop.cancel();
        self.running.abort();
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

/// The alarm of the night is over.
fn returned() -> (Alarm, Event) {
    let at = NOW + Duration::from_seconds(40);
    let over = Alarm {
        state: State::ReturnedUnacknowledged,
        returned_at: Some(at),
        ..alarm()
    };
    let event = Event {
        at,
        from: State::ActiveUnacknowledged,
        to: State::ReturnedUnacknowledged,
        cause: Cause::Returned,
        ..transition()
    };
    (over, event)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_raised_and_is_over_before_anybody_could_be_told_is_one_message_that_says_both() {
    let mut night = Night::begin();
    night.mail.becomes(Mood::Busy);
    night.ops.becomes(Mood::Busy);
    night.happens(alarm(), transition()).await;
    for _ in 0..40 {
        night.tick().await;
    }
    let (over, event) = returned();
    night.happens(over, event).await;
    for _ in 0..5 {
        night.tick().await;
    }
    night.mail.becomes(Mood::Well);
    night.ops.becomes(Mood::Well);
    let mut told = Vec::new();
    while told.len() < 2 {
        told.push(
            night
                .until("a mail", |night| night.mail.met.try_recv().ok())
                .await,
        );
    }
    for mail in told {
        let Met::Message(_, subject) = mail else {
            panic!("{mail:?}");
        };
        assert!(
            subject.starts_with("OVER ALREADY, HIGH Room A: warm, from "),
            "{subject}"
        );
    }
    let post = night.until("a post", |night| night.ops.met.try_recv().ok()).await;
    assert_eq!(post, Met::Message("ops".to_owned(), "\"resolved\"".to_owned()));
    // That a message was sent is written a moment after it arrived.
    let mut rows = night.rows().await;
    let ends = |rows: &[String]| rows.iter().filter(|row| row.contains(" resolved sent ")).count();
    for _ in 0..100 {
        if ends(&rows) < 3 {
            night.tick().await;
            rows = night.rows().await;
        }
    }
    let replaced = rows.iter().filter(|row| row.contains(" first replaced ")).count();
    assert_eq!((ends(&rows), replaced, rows.len()), (3, 3, 6), "{rows:?}");
    night.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_raise_and_a_return_in_one_moment_arrive_in_order_or_as_one() {
    let mut night = Night::begin();
    night.happens(alarm(), transition()).await;
    let (over, event) = returned();
    night.happens(over, event).await;
    let mut subjects = Vec::new();
    let to_anna = |met: Met| match met {
        Met::Message(to, subject) if to.starts_with("anna") => Some(subject),
        _ => None,
    };
    loop {
        let subject = night
            .until("a mail", |night| night.mail.met.try_iter().find_map(to_anna))
            .await;
        let is_end = subject.starts_with("RETURNED") || subject.starts_with("OVER ALREADY");
        subjects.push(subject);
        if is_end {
            break;
        }
    }
    assert!(subjects.len() <= 2, "{subjects:?}");
    for _ in 0..10 {
        night.tick().await;
    }
    let after: Vec<Met> = night
        .mail
        .met
        .try_iter()
        .filter(|met| matches!(met, Met::Message(to, _) if to.starts_with("anna")))
        .collect();
    assert_eq!(after, [], "nothing comes behind the end");
    night.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_critical_has_a_place_of_its_own_behind_a_server_that_hangs() {
    let night = Night::begin();
    night.mail.becomes(Mood::SilentAtBanner);
    for id in 2..7 {
        let low = Alarm {
            id,
            priority: Priority::Low,
            ..alarm()
        };
        night.happens(low, transition()).await;
    }
    // What is low has gathered by then.
    for _ in 0..32 {
        night.tick().await;
    }
    // Of each of the two people one message is under way, the second as soon as the first one takes long.
    for _ in 0..2 {
        assert_eq!(night.mail_meets_soon().await, Met::Silence);
    }
    night.tick().await;
    night.mail.becomes(Mood::Well);
    let critical = Alarm {
        priority: Priority::Critical,
        ..alarm()
    };
    night.happens(critical, transition()).await;
    let mut told = Vec::new();
    for _ in 0..2 {
        let Met::Message(to, subject) = night.mail_meets().await else {
            panic!("another place is silent");
        };
        assert!(subject.starts_with("CRITICAL "), "{subject}");
        told.push(to);
    }
    told.sort();
    assert_eq!(told, ["anna@example.org", "bert@example.org"]);
    night.end_hanging();
}
