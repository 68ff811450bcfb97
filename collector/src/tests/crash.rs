//! The whole store: whatever was acknowledged is there after a crash at any instant, once, in the right place.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

use futures::FutureExt;
use plenum_link::Shutdown;
use plenum_link::mqtt::Incoming;
use plenum_protocol::clock::SimulatedClock;
use plenum_protocol::payload::Ack;
use plenum_protocol::{Clock, Duration, Series, Timestamp};
use tokio::sync::mpsc;

use crate::database::{self, Database};
use crate::history::History;
use crate::intake::{self, Command, Intake, PublishAck};
use crate::journal::{self, Claim, Journal};

const START: i64 = 1_700_006_400_000;
/// Readings a batch.
pub(super) const BATCH: u64 = 40;
/// Batches that each agent sends.
pub(super) const BATCHES: u64 = 60;
pub(super) const AGENTS: usize = 3;

/// By agent: everything up to here was acknowledged.
type Through = Arc<Mutex<BTreeMap<String, u64>>>;

pub(super) struct Store {
    pub(super) journal: Journal,
    pub(super) history: History,
    messages: mpsc::Sender<Incoming>,
    _commands: mpsc::Sender<Command>,
    through: Through,
    shutdown: Shutdown,
    clock: SimulatedClock,
}

impl Store {
    pub(super) async fn open(folder: &Path) -> Self {
        let clock = SimulatedClock::new(Timestamp::from_milliseconds(START + 40 * 3_600_000));
        let shared: Arc<dyn Clock> = Arc::new(clock.clone());
        let (path, at) = (folder.to_owned(), shared.clone());
        let open = tokio::task::spawn_blocking(move || files(&path, at));
        let (journal, history) = open.await.unwrap();
        let mut options = intake::Options::new(folder.to_owned());
        options.disk_reserve = 0;
        options.disk_full = 101;
        let intake = Intake::start(journal.clone(), shared, options).await.unwrap();
        let through = Through::default();
        let acked = through.clone();
        let publish: PublishAck = Arc::new(move |topic, payload| {
            let ack = Ack::from_json(&payload).unwrap();
            if let Some(through) = ack.streams.get("aa") {
                acked.lock().unwrap().insert(topic.agent.to_string(), *through);
            }
            async { true }.boxed()
        });
        let (messages, inbox) = mpsc::channel(16);
        let (commands, asked) = mpsc::channel(1);
        let shutdown = Shutdown::new();
        shutdown.spawn("intake", intake.run(inbox, asked, publish, shutdown.token()));
        shutdown.spawn("history", history.clone().run(journal.clone(), shutdown.token()));
        Self {
            journal,
            history,
            messages,
            _commands: commands,
            through,
            shutdown,
            clock,
        }
    }

    pub(super) async fn send(&self, agent: usize, seq: u64) {
        let records: Vec<String> = (0..BATCH)
            .map(|index| {
                let number = (seq - 1) * BATCH + index;
                let at = START / 1_000 + number as i64 * 10;
                format!(r#"{{"n":"s/a{agent}/t/age","u":"s","t":{at},"v":{number}}}"#)
            })
            .collect();
        let property = |key: &str, value: u64| (key.to_owned(), value.to_string());
        let message = Incoming {
            topic: format!("plenum/1/s/a{agent}/readings"),
            payload: format!("[{}]", records.join(",")).into_bytes().into(),
            user_properties: vec![
                ("stream".to_owned(), "aa".to_owned()),
                property("seq", seq),
                property("first", 1),
                property("last", seq),
            ],
            ..Incoming::default()
        };
        self.messages.send(message).await.unwrap();
    }

    pub(super) fn acknowledged(&self) -> BTreeMap<String, u64> {
        self.through.lock().unwrap().clone()
    }

    pub(super) async fn until(&self, what: impl Fn(&Self) -> bool) {
        let wait = async {
            while !what(self) {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(30), wait)
            .await
            .unwrap();
    }

    pub(super) async fn caught_up(&self) {
        self.until(|store| {
            let head = *store.journal.head().borrow();
            store.history.is_ready() && store.history.statistics().number >= head
        })
        .await;
    }

    /// Waits until every batch of every agent is acknowledged and in the history.
    pub(super) async fn has_everything(&self) {
        self.until(|store| {
            store
                .acknowledged()
                .values()
                .filter(|through| **through == BATCHES)
                .count()
                == AGENTS
        })
        .await;
        self.caught_up().await;
    }

    /// The agent's readings: how many, provided that they are the first so many, once each.
    pub(super) fn readings(&self, agent: usize) -> u64 {
        let series: Series = format!("s/a{agent}/t/age").parse().unwrap();
        let all = self
            .history
            .readings_blocking(&series, Timestamp::MIN, Timestamp::MAX, usize::MAX);
        let Ok(all) = all else { return 0 };
        for (number, (at, value)) in all.points.iter().enumerate() {
            assert_eq!(
                (at.milliseconds(), *value),
                (START + number as i64 * 10_000, number as f64)
            );
        }
        all.points.len() as u64
    }

    pub(super) async fn stop(self) {
        let wait = self.shutdown.finish(Duration::from_seconds(1), &self.clock);
        assert!(wait.await.is_empty());
    }
}

fn files(folder: &Path, clock: Arc<dyn Clock>) -> (Journal, History) {
    let claim = Claim::take(folder).unwrap();
    let database = Database::open(&folder.join("plenum.db"), &database::PLENUM).unwrap();
    let journal = Journal::open(claim, database, clock.clone(), journal::Options::default()).unwrap();
    let path = folder.join("history.db");
    (journal, History::open(&path, clock).unwrap())
}

/// The files as a crash at this instant leaves them: the history's first, since it never knows more than the journal.
pub(super) fn copy(from: &Path) -> tempfile::TempDir {
    let copy = tempfile::tempdir().unwrap();
    for name in [
        "history.db",
        "history.db-wal",
        "plenum.db",
        "plenum.db-wal",
        "journal.head",
    ] {
        // A database that was closed in good order has no WAL.
        if from.join(name).exists() {
            std::fs::copy(from.join(name), copy.path().join(name)).unwrap();
        }
    }
    copy
}

/// What was promised before a crash, and what there is after it.
struct Crash {
    acknowledged: BTreeMap<String, u64>,
    files: tempfile::TempDir,
}

/// Lets every agent send all of its batches. After each seventh, what was acknowledged by then and the files as a crash leaves them.
async fn feed(store: &Store, folder: &Path) -> Vec<Crash> {
    let mut crashes = Vec::new();
    for seq in 1..=BATCHES {
        for agent in 0..AGENTS {
            store.send(agent, seq).await;
        }
        if seq % 7 == 0 {
            // Some of it is acknowledged, some is on its way; the history seals meanwhile.
            crashes.push(Crash {
                acknowledged: store.acknowledged(),
                files: copy(folder),
            });
            store
                .clock
                .advance_to(store.clock.now() + Duration::from_minutes(6));
        }
    }
    crashes
}

impl Crash {
    /// The store comes back with all that it promised, and takes what the agents send again once.
    async fn is_survived(&self) {
        let reopened = Store::open(self.files.path()).await;
        reopened.caught_up().await;
        for agent in 0..AGENTS {
            let promised = self.acknowledged.get(&format!("a{agent}")).copied().unwrap_or(0);
            let stored = reopened.readings(agent);
            assert!(
                stored >= promised * BATCH && stored.is_multiple_of(BATCH),
                "{stored} of {promised} batches"
            );
            // The agent sends again what was not acknowledged: all is there once.
            for seq in promised.max(1)..=BATCHES {
                reopened.send(agent, seq).await;
            }
        }
        reopened.has_everything().await;
        assert_eq!(
            (0..AGENTS)
                .map(|agent| reopened.readings(agent))
                .collect::<Vec<_>>(),
            [BATCHES * BATCH; AGENTS]
        );
        reopened.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_was_acknowledged_is_in_the_history_after_a_crash_at_any_instant() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).await;
    let mut crashes = feed(&store, folder.path()).await;
    store.has_everything().await;
    for agent in 0..AGENTS {
        assert_eq!(store.readings(agent), BATCHES * BATCH);
    }
    store.stop().await;
    crashes.push(Crash {
        acknowledged: BTreeMap::from([("a0".to_owned(), BATCHES)]),
        files: copy(folder.path()),
    });
    for crash in crashes {
        crash.is_survived().await;
    }
}
