//! Appending, reading, deleting, and what a crash or a damaged file leaves.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use plenum_core::fact::{Batch, Entry, Item, Report, StoredReading, SystemKind};
use plenum_core::text::{Language, monitor};
use plenum_protocol::clock::SimulatedClock;
use plenum_protocol::{AgentName, Channel, Quantity, Timestamp};

use super::*;
use crate::database::{self, Database};

mod later;
mod witnessed;

struct Bench {
    folder: tempfile::TempDir,
    clock: SimulatedClock,
}

impl Bench {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            clock: SimulatedClock::new(Timestamp::from_milliseconds(1_000_000)),
        }
    }

    async fn open(&self) -> Journal {
        open(self.folder.path(), &self.clock).await
    }

    /// A folder as a crash at this instant would leave it.
    fn copy(&self) -> tempfile::TempDir {
        let copy = tempfile::tempdir().unwrap();
        for name in ["plenum.db", "plenum.db-wal", "journal.head"] {
            let from = self.folder.path().join(name);
            if from.exists() {
                std::fs::copy(from, copy.path().join(name)).unwrap();
            }
        }
        copy
    }
}

async fn open(folder: &Path, clock: &SimulatedClock) -> Journal {
    let (folder, clock) = (folder.to_owned(), clock.clone());
    let open = move || {
        let claim = Claim::take(&folder).unwrap();
        let database = Database::open(&folder.join("plenum.db"), &database::PLENUM).unwrap();
        Journal::open(claim, database, Arc::new(clock), Options::default())
    };
    tokio::task::spawn_blocking(open).await.unwrap().unwrap()
}

fn item(at: i64) -> Item {
    Item::Batch(Batch {
        agent: AgentName {
            site: "s".parse().unwrap(),
            agent: "a".parse().unwrap(),
        },
        position: Some(("x".to_owned(), at as u64)),
        newest: true,
        readings: vec![StoredReading {
            channel: Channel {
                sensor: "t".parse().unwrap(),
                quantity: Quantity::Temperature,
            },
            at: Timestamp::from_milliseconds(at),
            outcome: Ok(21.5),
            claimed: None,
        }],
    })
}

async fn all(journal: &Journal, name: &str) -> Vec<Arc<Entry>> {
    let mut reader = journal.reader(name).await.unwrap();
    let mut entries = Vec::new();
    while let Some(entry) = reader.try_next().await.unwrap() {
        entries.push(entry);
    }
    entries
}

fn batches(entries: &[Arc<Entry>]) -> Vec<u64> {
    let items = entries.iter().flat_map(|entry| &entry.items);
    items
        .filter_map(|item| match item {
            Item::Batch(batch) => batch.position.as_ref().map(|(_, seq)| *seq),
            _ => None,
        })
        .collect()
}

fn said(report: &Report) -> String {
    match report {
        Report::Damaged { findings } => {
            let said = findings
                .iter()
                .map(|one| monitor::finding(one, Language::English));
            said.collect::<Vec<_>>().join("; ")
        }
        _ => String::new(),
    }
}

fn shortened(entries: &[Arc<Entry>]) -> Vec<(bool, String)> {
    let items = entries.iter().flat_map(|entry| &entry.items);
    items
        .filter_map(|item| match item {
            Item::System(condition) if condition.kind == SystemKind::JournalShortened => {
                Some((condition.active, said(&condition.report)))
            }
            _ => None,
        })
        .collect()
}

#[tokio::test]
async fn readers_go_on_from_their_cursor_on_disk_and_in_memory() {
    let bench = Bench::new();
    let journal = bench.open().await;
    for at in 1..=10 {
        assert_eq!(journal.append(vec![item(at)]).await.unwrap(), at as u64);
    }
    let mut reader = journal.reader("alarms").await.unwrap();
    for at in 1..=4 {
        assert_eq!(reader.next().await.unwrap().items, [item(at)]);
    }
    reader.advance(4).await.unwrap();
    drop((reader, journal));
    let journal = bench.open().await;
    let mut reader = journal.reader("alarms").await.unwrap();
    for at in 5..=10 {
        let entry = reader.next().await.unwrap();
        assert_eq!(batches(&[entry]), [at]);
    }
    assert!(reader.at_the_end());
    let waiting = tokio::spawn(async move { reader.next().await.unwrap().number });
    assert_eq!(journal.append(vec![item(11)]).await.unwrap(), 11);
    assert_eq!(waiting.await.unwrap(), 11);
    let other = all(&journal, "history").await;
    assert_eq!(batches(&other), (1..=11).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_closure_that_fails_leaves_neither_rows_nor_items() {
    let bench = Bench::new();
    let journal = bench.open().await;
    let failing = journal.append_with(|connection, group| {
        group.push(item(1));
        connection.execute("insert into nothing values (1)", [])
    });
    assert!(failing.await.is_err());
    assert_eq!(journal.append(vec![item(2)]).await.unwrap(), 1);
    assert_eq!(batches(&all(&journal, "r").await), [2]);
}

#[tokio::test]
async fn a_closure_that_panics_after_its_push_leaves_nothing() {
    let bench = Bench::new();
    let journal = bench.open().await;
    let panicking = journal.append_with(|_, group| -> rusqlite::Result<()> {
        group.push(item(1));
        panic!("on purpose")
    });
    assert!(panicking.await.is_err());
    assert_eq!(journal.append(vec![item(2)]).await.unwrap(), 1);
    assert_eq!(batches(&all(&journal, "r").await), [2]);
    // In one group with it, too.
    let (before, panicking, after) = tokio::join!(
        journal.append(vec![item(3)]),
        journal.append_with(|_, group| -> rusqlite::Result<()> {
            group.push(item(4));
            panic!("on purpose")
        }),
        journal.append(vec![item(5)]),
    );
    assert!(before.is_ok() && panicking.is_err() && after.is_ok());
    assert_eq!(batches(&all(&journal, "s").await), [2, 3, 5]);
}

#[tokio::test]
async fn received_never_goes_back() {
    let bench = Bench::new();
    let journal = bench.open().await;
    bench.clock.advance_to(Timestamp::from_milliseconds(9_000_000));
    journal.append(vec![item(1)]).await.unwrap();
    drop(journal);
    let earlier = SimulatedClock::new(Timestamp::from_milliseconds(5));
    let journal = open(bench.folder.path(), &earlier).await;
    journal.append(vec![item(2)]).await.unwrap();
    let entries = all(&journal, "r").await;
    assert_eq!(entries[1].received, Timestamp::from_milliseconds(9_000_000));
}

#[tokio::test]
async fn entries_go_when_all_readers_have_passed_and_numbers_are_never_used_again() {
    let bench = Bench::new();
    let journal = bench.open().await;
    let (one, other) = (
        journal.reader("one").await.unwrap(),
        journal.reader("other").await.unwrap(),
    );
    for at in 1..=200 {
        journal.append(vec![item(at)]).await.unwrap();
    }
    one.advance(200).await.unwrap();
    assert_eq!(journal.trim().await.unwrap(), 0);
    other.advance(150).await.unwrap();
    assert_eq!(journal.trim().await.unwrap(), 150);
    other.advance(200).await.unwrap();
    assert_eq!(journal.trim().await.unwrap(), 50);
    assert_eq!(journal.statistics().bytes, 0);
    drop((one, other, journal));
    let journal = bench.open().await;
    assert_eq!(journal.append(vec![item(201)]).await.unwrap(), 201);
    drop(journal);
    // Also when only the file beside the database remembers.
    for name in ["plenum.db", "plenum.db-wal", "plenum.db-shm"] {
        std::fs::remove_file(bench.folder.path().join(name)).ok();
    }
    let journal = bench.open().await;
    let entries = all(&journal, "r").await;
    assert_eq!(entries[0].number, 202);
    assert!(
        shortened(&entries)[0].1.contains("entries 1 to 201"),
        "{:?}",
        shortened(&entries)
    );
}

#[tokio::test]
async fn a_bounded_reader_is_told_what_it_missed() {
    let bench = Bench::new();
    let journal = bench.open().await;
    drop(journal);
    let folder = bench.folder.path().to_owned();
    let clock = bench.clock.clone();
    let journal = tokio::task::spawn_blocking(move || {
        let claim = Claim::take(&folder).unwrap();
        let database = Database::open(&folder.join("plenum.db"), &database::PLENUM).unwrap();
        let options = Options { maximum: 2_000 };
        Journal::open(claim, database, Arc::new(clock), options)
    });
    let journal = journal.await.unwrap().unwrap();
    let essential = journal.reader("history").await.unwrap();
    let mut slow = journal.bounded_reader("export").await.unwrap();
    for at in 1..=100 {
        journal.append(vec![item(at)]).await.unwrap();
    }
    essential.advance(100).await.unwrap();
    let gone = journal.trim().await.unwrap();
    assert!((20..100).contains(&gone), "{gone}");
    assert!(journal.statistics().bytes <= 2_000);
    // In memory it would still be found: only what is gone from there too is missed.
    slow = {
        drop(slow);
        drop(essential);
        drop(journal);
        let journal = bench.open().await;
        journal.bounded_reader("export").await.unwrap()
    };
    assert!(matches!(
        slow.next().await,
        Err(JournalError::Missed { from: 1, to, .. }) if to == gone
    ));
    assert_eq!(slow.next().await.unwrap().number, gone + 1);
}

/// Every state of the files that a crash can leave after an answered append holds that append.
#[tokio::test]
async fn whatever_was_answered_is_there_after_a_crash_at_any_cut() {
    let bench = Bench::new();
    let journal = bench.open().await;
    for at in 1..=30 {
        journal.append(vec![item(at)]).await.unwrap();
        let wal = bench.folder.path().join("plenum.db-wal");
        let durable = std::fs::metadata(&wal).unwrap().len();
        // A further append whose WAL frames reach the disk only in part, at several cuts.
        if at % 5 == 0 {
            let copy = bench.copy();
            for cut in [0, 1, 24, 100, 4_000, 4_096, 8_000] {
                let torn = tempfile::tempdir().unwrap();
                for name in ["plenum.db", "plenum.db-wal", "journal.head"] {
                    std::fs::copy(copy.path().join(name), torn.path().join(name)).unwrap();
                }
                let mut bytes = std::fs::read(torn.path().join("plenum.db-wal")).unwrap();
                assert_eq!(bytes.len() as u64, durable);
                bytes.extend(vec![0xa5; cut]);
                std::fs::write(torn.path().join("plenum.db-wal"), bytes).unwrap();
                let reopened = open(torn.path(), &bench.clock).await;
                let entries = all(&reopened, "r").await;
                assert_eq!(batches(&entries), (1..=at as u64).collect::<Vec<_>>());
                assert!(shortened(&entries).is_empty(), "{:?}", shortened(&entries));
            }
        }
    }
}

#[tokio::test]
async fn a_flipped_bit_in_the_wal_is_found_named_and_survived() {
    let bench = Bench::new();
    let journal = bench.open().await;
    for at in 1..=100 {
        journal.append(vec![item(at)]).await.unwrap();
    }
    let copy = bench.copy();
    let wal = copy.path().join("plenum.db-wal");
    let mut bytes = std::fs::read(&wal).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&wal, bytes).unwrap();
    let damaged = open(copy.path(), &bench.clock).await;
    let entries = all(&damaged, "r").await;
    let left = batches(&entries);
    assert!(left.len() < 100, "SQLite gives up silently what follows");
    let said = shortened(&entries);
    let lost = format!("entries {} to 100", left.len() + 1);
    assert!(said[0].0 && said[0].1.contains(&lost), "{said:?}");
    // Numbers go on above what was lost, and what comes after is whole again.
    assert_eq!(damaged.append(vec![item(500)]).await.unwrap(), 102);
    drop(damaged);
    let again = open(copy.path(), &bench.clock).await;
    let said = shortened(&all(&again, "s").await);
    assert_eq!(
        said.iter().map(|(active, _)| *active).collect::<Vec<_>>(),
        [true, false]
    );
}

#[tokio::test]
async fn a_damaged_entry_is_set_aside_and_the_others_are_read() {
    let bench = Bench::new();
    let journal = bench.open().await;
    for at in 1..=5 {
        journal.append(vec![item(at)]).await.unwrap();
    }
    let damage = |connection: &rusqlite::Connection| {
        connection.execute(
            "update journal set blob = zeroblob(length(blob)) where number = 3",
            [],
        )?;
        // An entry exchanged for another that is whole in itself.
        let (forged, _) = frame::seal(5, Timestamp::from_milliseconds(7), &[item(99)], &[9; 32]);
        connection.execute("update journal set blob = ?1 where number = 5", [forged])
    };
    journal.database().write(damage).await.unwrap();
    drop(journal);
    let journal = bench.open().await;
    let entries = all(&journal, "r").await;
    assert_eq!(batches(&entries), [1, 2, 4]);
    let said = &shortened(&entries)[0].1;
    assert!(
        said.contains("entry 3 is damaged") && said.contains("entry 5"),
        "{said}"
    );
}

#[tokio::test]
async fn the_live_reader_skips_what_it_is_too_slow_for() {
    let bench = Bench::new();
    let journal = bench.open().await;
    let mut live = journal.live();
    journal.append(vec![item(1)]).await.unwrap();
    assert_eq!(
        live.next().await.map(|(entry, missed)| (entry.number, missed)),
        Some((1, false))
    );
    let many = |from: i64| (0..60_000).map(|index| reading(from + index)).collect::<Vec<_>>();
    for from in [0, 100_000, 200_000, 300_000] {
        let Item::Batch(batch) = item(from) else {
            unreachable!()
        };
        let readings = many(from);
        journal
            .append(vec![Item::Batch(Batch { readings, ..batch })])
            .await
            .unwrap();
    }
    assert_eq!(
        live.next().await.map(|(entry, missed)| (entry.number, missed)),
        Some((5, true))
    );
}

fn reading(at: i64) -> StoredReading {
    match item(at) {
        Item::Batch(batch) => batch.readings[0].clone(),
        _ => unreachable!("the item is a batch"),
    }
}

#[tokio::test]
async fn a_second_collector_on_the_folder_is_refused() {
    let bench = Bench::new();
    let _journal = bench.open().await;
    let path: PathBuf = bench.folder.path().to_owned();
    let second = tokio::task::spawn_blocking(move || Claim::take(&path));
    let error = second.await.unwrap().err().map(|error| error.to_string());
    assert!(error.unwrap().contains("another collector"));
}
