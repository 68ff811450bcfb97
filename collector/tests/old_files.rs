//! Files that an earlier program left are opened by this one, with every fact there. tests/data says how each was made.
#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use plenum_collector::alarms::store;
use plenum_collector::config::Config;
use plenum_collector::intake::dead_letters;
use plenum_collector::notify::outbox::{self, DeliveryState};
use plenum_collector::open::{self, Opened};
use plenum_collector::revisions;
use plenum_core::alarms::{Alarm, State};
use plenum_core::authority::{Actor, Called, Directory};
use plenum_core::fact::{ActionKind, Item, StoredReading};
use plenum_core::oncall::Reason;
use plenum_link::Shutdown;
use plenum_protocol::clock::SimulatedClock;
use plenum_protocol::{Clock, Fault, Series, Timestamp};

/// The old program committed its last entry at this instant; nothing is due at it that was not then.
const THEN: Timestamp = Timestamp::from_milliseconds(1_795_688_263_496);
/// Where the sealed chunk's period begins.
const OLD: i64 = 1_795_500_000_000;

/// The parts of a collector over a copy of the files.
struct Old {
    opened: Opened,
    clock: Arc<SimulatedClock>,
    shutdown: Shutdown,
    folder: tempfile::TempDir,
}

/// A copy of the files.
fn copy() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/data/collector-unversioned");
    for name in ["plenum.db", "history.db", "journal.head"] {
        std::fs::copy(from.join(name), folder.path().join(name)).unwrap();
    }
    folder
}

impl Old {
    async fn open() -> Self {
        Self::again(copy()).await
    }

    async fn again(folder: tempfile::TempDir) -> Self {
        let config = Config {
            data: Some(PathBuf::from(folder.path())),
            ..Config::default()
        };
        let clock = Arc::new(SimulatedClock::new(THEN));
        let shutdown = Shutdown::new();
        let opened = open::open(&config, None, clock.clone(), &shutdown).await.unwrap();
        let mut applied = opened.collector.alarms.applied();
        applied.wait_for(|number| *number >= 33).await.unwrap();
        while !opened.collector.history.is_ready() {
            tokio::task::yield_now().await;
        }
        Self {
            opened,
            clock,
            shutdown,
            folder,
        }
    }

    async fn close(self) -> tempfile::TempDir {
        drop(self.opened);
        assert_eq!(
            self.shutdown
                .finish(
                    plenum_protocol::Duration::from_seconds(10),
                    self.clock.as_ref() as &dyn Clock
                )
                .await,
            Vec::<String>::new()
        );
        self.folder
    }

    /// Everything in the journal that the old program left there.
    async fn items(&self) -> Vec<Item> {
        let mut reader = self.opened.collector.journal.reader("test").await.unwrap();
        let mut items = Vec::new();
        let mut expected = 9;
        while expected <= 33 {
            let entry = reader.next().await.unwrap();
            assert_eq!(entry.number, expected);
            assert!(entry.number < 33 || entry.received == THEN);
            items.extend(entry.items.iter().cloned());
            expected += 1;
        }
        items
    }

    async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&rusqlite::Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> T {
        self.opened.collector.database.read(work).await.unwrap()
    }
}

/// A program that is newer would change the tables under the one that runs.
#[tokio::test]
async fn a_folder_that_another_collector_uses_is_left_as_it_is() {
    let folder = copy();
    let path = folder.path().to_owned();
    let before = ["plenum.db", "history.db"].map(|name| std::fs::read(path.join(name)).unwrap());
    let running = std::fs::File::open(path.join("journal.head")).unwrap();
    running.try_lock().unwrap();
    let config = Config {
        data: Some(path.clone()),
        ..Config::default()
    };
    let clock = Arc::new(SimulatedClock::new(THEN));
    let opened = open::open(&config, None, clock, &Shutdown::new()).await;
    let error = opened.err().unwrap().to_string();
    assert!(
        error.contains("another collector uses this folder: stop it first, or give this one another folder"),
        "{error}"
    );
    let after = ["plenum.db", "history.db"].map(|name| std::fs::read(path.join(name)).unwrap());
    assert!(after == before, "they were changed");
    assert_eq!(std::fs::read_dir(&path).unwrap().count(), 3);
}

fn kind(item: &Item) -> &'static str {
    match item {
        Item::Batch(batch) if batch.position.is_some() => "batch of a stream",
        Item::Batch(_) => "batch without a stream",
        Item::Gap(_) => "gap",
        Item::Presence(presence) if presence.online => "came",
        Item::Presence(_) => "went",
        Item::Action(_) => "action",
        Item::Revision(_) => "revision",
        Item::System(_) => "condition",
        Item::Expectation(_) => "expectation",
        Item::Words(_) => "words",
        Item::Audited(_) => "audited",
        Item::Work(_) => "work",
        Item::Unknown { .. } => "unknown",
    }
}

#[tokio::test]
async fn the_journal_has_every_item() {
    let old = Old::open().await;
    let items = old.items().await;
    let mut kinds = BTreeMap::new();
    for item in &items {
        *kinds.entry(kind(item)).or_insert(0) += 1;
    }
    let expected = [
        ("action", 3),
        ("batch of a stream", 12),
        ("batch without a stream", 7),
        ("came", 4),
        ("condition", 4),
        ("gap", 2),
        ("revision", 2),
        ("went", 1),
    ];
    assert_eq!(kinds, BTreeMap::from(expected));
    let readings: Vec<&StoredReading> = items
        .iter()
        .filter_map(|item| match item {
            Item::Batch(batch) => Some(&batch.readings),
            _ => None,
        })
        .flatten()
        .collect();
    let odd = readings.iter().find(|reading| reading.claimed.is_some()).unwrap();
    assert_eq!(odd.outcome, Ok(0.1 + 0.2));
    assert!(
        readings
            .iter()
            .any(|reading| reading.outcome == Err(Fault::Timeout))
    );
    let reset = items.iter().find_map(|item| match item {
        Item::Action(action) if action.kind == ActionKind::Reset => Some(action),
        _ => None,
    });
    let reset = reset.unwrap();
    assert_eq!(
        (reset.alarm, &reset.actor, reset.comment.as_str()),
        (9, &Actor::named("command line"), "dry again")
    );
    let sensors = items.iter().find_map(|item| match item {
        Item::Presence(presence) if !presence.sensors.is_empty() => Some(&presence.sensors),
        _ => None,
    });
    let names: Vec<&str> = sensors
        .unwrap()
        .iter()
        .map(|sensor| sensor.sensor.as_str())
        .collect();
    assert_eq!(names, ["inlet", "broken"]);
    let revisions: Vec<&Item> = items
        .iter()
        .filter(|item| matches!(item, Item::Revision(_)))
        .collect();
    assert_eq!(revisions, [&Item::Revision(2), &Item::Revision(3)]);
    old.close().await;
}

#[tokio::test]
async fn the_alarms_stand_as_they_stood() {
    let old = Old::open().await;
    let mut alarms = old.opened.collector.alarms.alarms(true);
    alarms.sort_by_key(|alarm| alarm.id);
    let stands: Vec<(&str, State)> = alarms
        .iter()
        .map(|alarm| (alarm.rule.as_str(), alarm.state))
        .collect();
    let active = State::ActiveUnacknowledged;
    let expected = [
        ("no-data", active),
        ("delivery-failed", active),
        ("delivery-failed", active),
        ("delivery-failed", active),
        ("clock-ahead", State::ReturnedUnacknowledged),
        ("warm", active),
        ("damp", State::ActiveAcknowledged),
        ("smoke", active),
        ("water", State::Normal),
        ("door-open", State::ReturnedUnacknowledged),
        ("gap", active),
        ("dead-letters", active),
    ];
    assert_eq!(stands, expected);
    let damp = alarms[6].acknowledged.as_ref().unwrap();
    assert_eq!(
        (&damp.by, damp.comment.as_str()),
        (&Actor::named("command line"), "the humidifier runs")
    );
    assert!(alarms[7].latched);
    let all = |connection: &rusqlite::Connection| {
        store::events(connection, Timestamp::MIN, Timestamp::MAX, None, 100)
    };
    let (events, next) = old.read(all).await;
    assert_eq!((events.len(), next), (21, None));
    // The smoke alarm's condition is gone: it is latched, and a person can end it.
    old.opened
        .collector
        .alarms
        .reset(8, Actor::named("anna"), "no fire")
        .await
        .unwrap();
    old.close().await;
}

/// By which channel, to whom and about which alarm each message that waits will go; each can be read.
fn waiting(connection: &rusqlite::Connection) -> rusqlite::Result<Vec<(String, String, u64)>> {
    let sql = "select channel, recipient, snapshot, reason from outbox where state = 'waiting'";
    let mut statement = connection.prepare(sql)?;
    let rows = statement.query_map([], |row| {
        let alarm: Alarm = serde_json::from_str(&row.get::<_, String>(2)?).unwrap();
        let _: Reason = serde_json::from_str(&row.get::<_, String>(3)?).unwrap();
        Ok((row.get(0)?, row.get(1)?, alarm.id))
    })?;
    rows.collect()
}

#[tokio::test]
async fn site_messages_accounts_and_letters_are_there() {
    let old = Old::open().await;
    let site = old.opened.collector.site();
    let rooms: Vec<&str> = site.rooms.iter().map(|room| room.id.as_str()).collect();
    assert_eq!(rooms, ["room-a", "room-2", "room-3"]);
    let revisions = old.read(revisions::log).await;
    let comments: Vec<&str> = revisions
        .iter()
        .map(|revision| revision.comment.as_str())
        .collect();
    assert_eq!(
        comments,
        ["a third room", "a second room", "loaded at the first start"]
    );
    let messages = |connection: &rusqlite::Connection| {
        let sql = "select state, count(*) from outbox group by state order by state";
        let mut statement = connection.prepare(sql)?;
        let rows = statement.query_map([], |row| {
            Ok((row.get::<_, DeliveryState>(0)?, row.get::<_, i64>(1)?))
        })?;
        rows.collect::<rusqlite::Result<Vec<_>>>()
    };
    let expected = [
        (DeliveryState::Failed, 17),
        (DeliveryState::Sent, 18),
        (DeliveryState::Waiting, 34),
    ];
    assert_eq!(old.read(messages).await, expected);
    let waiting = old.read(waiting).await;
    assert_eq!(waiting.len(), 34);
    // One message at a time leaves to each recipient.
    let ways: BTreeSet<(&str, &str)> = waiting
        .iter()
        .map(|(channel, recipient, _)| (channel.as_str(), recipient.as_str()))
        .collect();
    let far = Timestamp::MAX;
    let due = old.read(move |connection| outbox::due(connection, far)).await;
    let leaves: BTreeSet<(&str, &str)> = due
        .iter()
        .map(|due| (due.channel.as_str(), due.recipient.as_str()))
        .collect();
    assert_eq!((leaves, due.len()), (ways.clone(), ways.len()));
    let letters = old.read(|connection| dead_letters::list(connection, 0, 10)).await;
    assert_eq!(
        letters.iter().map(|letter| letter.whole).collect::<Vec<_>>(),
        [true, false]
    );
    let people = old.opened.collector.people.clone();
    let here = std::net::Ipv4Addr::LOCALHOST.into();
    people
        .log_in("anna", "correct horse battery", here)
        .await
        .unwrap();
    assert!(people.log_in("anna", "wrong", here).await.is_err());
    let agents = old.opened.collector.agents.list();
    let names: Vec<String> = agents.iter().map(|(name, _)| name.agent.to_string()).collect();
    assert_eq!(names, ["loader", "pi", "rack", "yard"]);
    old.close().await;
}

#[tokio::test]
async fn whom_the_site_writes_to_is_a_person_and_known_by_the_name_that_was_written_down() {
    let old = Old::open().await;
    let people = &old.opened.collector.people;
    let sanne = people.number_of("sanne").await.unwrap().unwrap().0;
    let all = people.all().await.unwrap();
    let known: Vec<_> = all
        .iter()
        .map(|person| (person.name.as_str(), person.logs_in))
        .collect();
    assert_eq!(known, [("anna", true), ("sanne", false)]);
    let directory = old.opened.collector.directory().await.unwrap();
    let of_link = Actor::named("Sanne de Vries");
    assert_eq!(directory.number_of(&of_link), Some(sanne));
    assert_eq!(directory.person(sanne), Some(Called::Name("Sanne de Vries")));
    old.close().await;
}

#[tokio::test]
async fn the_history_has_what_was_sealed_and_what_was_not() {
    // Twice: what was not sealed comes from the journal again.
    let mut old = Old::open().await;
    for _ in 0..2 {
        let history = old.opened.collector.history.clone();
        let series: Series = "hall/loader/probe/temperature".parse().unwrap();
        let (from, to) = (Timestamp::from_milliseconds(OLD), THEN);
        let found = history.readings(series, from, to, 10_000).await.unwrap();
        let expected: Vec<(Timestamp, f64)> = (0..9_000)
            .map(|second| {
                let at = Timestamp::from_milliseconds(OLD + second * 1_000);
                (at, 20.0 + (second % 100) as f64 / 10.0)
            })
            .collect();
        assert!(found.points == expected, "{} readings", found.points.len());
        for (series, points, faults) in [
            ("hall/pi/inlet/temperature", 12, 0),
            ("hall/pi/broken/temperature", 1, 11),
            ("hall/yard/gate/temperature", 1, 0),
            ("hall/rack/probe/temperature", 3, 0),
        ] {
            let found = history
                .readings(series.parse().unwrap(), from, Timestamp::MAX, 10_000)
                .await
                .unwrap();
            assert_eq!(
                (found.points.len(), found.faults.len()),
                (points, faults),
                "{series}"
            );
        }
        old = Old::again(old.close().await).await;
    }
    old.close().await;
}
