//! The history with a journal before it: what is sealed, read again after a restart, lost and damaged. The plain map that it is compared with
//! stands in `property`.

use std::path::Path;
use std::sync::Arc;

use plenum_core::fact::{Batch, ExpectedSensor, Gap, Item, Presence, StoredReading};
use plenum_protocol::clock::SimulatedClock;
use plenum_protocol::{AgentName, Channel, Clock, Duration, Fault, Outcome, Quantity, Series, Timestamp};
use tokio_util::sync::CancellationToken;

use super::*;
use crate::database::{self, Database};
use crate::journal::{self, Claim, Journal};

mod clocks;
mod damaged;
mod property;
mod set;

const START: i64 = 1_700_006_400_000;
const HOUR: i64 = 3_600_000;

struct Rig {
    folder: tempfile::TempDir,
    clock: SimulatedClock,
    running: Option<Running>,
}

struct Running {
    journal: Journal,
    history: History,
    stop: CancellationToken,
    task: tokio::task::JoinHandle<Result<(), HistoryError>>,
}

impl Rig {
    async fn new() -> Self {
        let mut rig = Self {
            folder: tempfile::tempdir().unwrap(),
            clock: SimulatedClock::new(Timestamp::from_milliseconds(START)),
            running: None,
        };
        rig.start().await;
        rig
    }

    async fn start(&mut self) {
        let (path, clock) = (self.folder.path().to_owned(), Arc::new(self.clock.clone()));
        let open = move || open(&path, clock);
        let (journal, history) = tokio::task::spawn_blocking(open).await.unwrap();
        let stop = CancellationToken::new();
        let task = tokio::spawn(history.clone().run(journal.clone(), stop.clone()));
        self.running = Some(Running {
            journal,
            history,
            stop,
            task,
        });
        self.caught_up().await;
        assert!(self.history().is_ready());
    }

    /// As a crash would: memory is gone, cursors are where they were.
    async fn crash(&mut self) {
        let running = self.running.take().unwrap();
        running.task.abort();
        running.task.await.ok();
        drop((running.journal, running.history));
        self.start().await;
    }

    async fn stop(&mut self) {
        let running = self.running.take().unwrap();
        running.stop.cancel();
        running.task.await.unwrap().unwrap();
    }

    fn running(&self) -> &Running {
        self.running.as_ref().unwrap()
    }

    fn history(&self) -> &History {
        &self.running().history
    }

    fn journal(&self) -> &Journal {
        &self.running().journal
    }

    async fn append(&self, items: Vec<Item>) {
        self.journal().append(items).await.unwrap();
    }

    async fn caught_up(&self) {
        let head = *self.journal().head().borrow();
        let done = async {
            while !self.history().is_ready() || self.history().statistics().number < head {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(20), done)
            .await
            .unwrap();
    }

    /// Lets time pass until everything up to now has been sealed.
    async fn sealed(&self) {
        self.clock.advance_to(self.clock.now() + Duration::from_hours(13));
        self.sealed_soon().await;
    }

    async fn sealed_soon(&self) {
        let done = async {
            while self.history().statistics().in_memory > 0 {
                self.clock
                    .advance_to(self.clock.now() + Duration::from_seconds(10));
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(20), done)
            .await
            .unwrap();
    }
}

fn open(folder: &Path, clock: Arc<SimulatedClock>) -> (Journal, History) {
    let claim = Claim::take(folder).unwrap();
    let database = Database::open(&folder.join("plenum.db"), &database::PLENUM).unwrap();
    let journal = Journal::open(claim, database, clock.clone(), journal::Options::default()).unwrap();
    (journal, History::open(&folder.join("history.db"), clock).unwrap())
}

fn agent() -> AgentName {
    AgentName {
        site: "s".parse().unwrap(),
        agent: "a".parse().unwrap(),
    }
}

fn series(index: usize) -> Series {
    format!("s/a/t{index}/temperature").parse().unwrap()
}

fn batch(readings: &[(usize, i64, Outcome)]) -> Item {
    let stored = |(index, at, outcome): &(usize, i64, Outcome)| StoredReading {
        channel: Channel {
            sensor: format!("t{index}").parse().unwrap(),
            quantity: Quantity::Temperature,
        },
        at: Timestamp::from_milliseconds(*at),
        outcome: *outcome,
        claimed: None,
    };
    Item::Batch(Batch {
        agent: agent(),
        position: None,
        newest: true,
        readings: readings.iter().map(stored).collect(),
    })
}

fn at(milliseconds: i64) -> Timestamp {
    Timestamp::from_milliseconds(milliseconds)
}

#[tokio::test]
async fn a_restart_after_a_seal_reads_nothing_twice_and_the_journal_is_let_go() {
    let mut rig = Rig::new().await;
    for minute in 0..600 {
        let readings: Vec<_> = (0..3)
            .map(|index| (index, START + minute * 60_000, Ok(minute as f64)))
            .collect();
        rig.append(vec![batch(&readings)]).await;
    }
    rig.caught_up().await;
    rig.sealed().await;
    let chunks = rig.history().statistics().chunks;
    assert_eq!(chunks, 6, "three series, two periods");
    rig.crash().await;
    assert_eq!(
        rig.history().statistics().in_memory,
        0,
        "sealed_through says that all is there"
    );
    rig.stop().await;
    rig.start().await;
    assert_eq!(rig.journal().trim().await.unwrap(), 600);
    let counted = rig
        .history()
        .windows(
            series(1),
            at(START),
            at(START + 20 * HOUR),
            Duration::from_hours(1),
        )
        .await
        .unwrap();
    assert_eq!(
        counted.iter().map(|window| window.count).collect::<Vec<_>>(),
        [60; 10]
    );
}

#[tokio::test]
async fn a_series_is_sealed_when_it_is_full_and_goes_on_in_the_same_period() {
    let rig = Rig::new().await;
    for part in 0..25 {
        let readings: Vec<_> = (0..1_000)
            .map(|index| (0, START + (part * 1_000 + index) * 100, Ok(20.0)))
            .collect();
        rig.append(vec![batch(&readings)]).await;
    }
    rig.caught_up().await;
    let statistics = rig.history().statistics();
    assert!(
        statistics.chunks >= 2 && statistics.in_memory < 10_000,
        "{statistics:?}"
    );
    // A late one among them.
    rig.append(vec![batch(&[
        (0, START + 50, Ok(1.0)),
        (0, START + 100, Ok(99.0)),
    ])])
    .await;
    rig.caught_up().await;
    rig.sealed().await;
    let read = rig
        .history()
        .readings(series(0), at(START), at(START + HOUR), 4)
        .await
        .unwrap();
    assert_eq!(
        read.points
            .iter()
            .map(|(at, value)| (at.milliseconds() - START, *value))
            .collect::<Vec<_>>(),
        [(0, 20.0), (50, 1.0), (100, 20.0), (200, 20.0)],
        "the first committed stays"
    );
    assert_eq!(read.next, Some(at(START + 300)));
    let rest = rig
        .history()
        .readings(series(0), read.next.unwrap(), at(START + HOUR), 100_000)
        .await
        .unwrap();
    assert_eq!(rest.points.len(), 25_000 - 3);
    assert_eq!(rest.next, None);
}

/// An agent that says it reads `t0` every 30 s.
fn present() -> Item {
    Item::Presence(Presence {
        agent: agent(),
        online: true,
        clock_synchronised: true,
        sensors: vec![ExpectedSensor {
            sensor: "t0".parse().unwrap(),
            driver: "simulated".to_owned(),
            quantities: vec![Quantity::Temperature],
            interval: Duration::from_seconds(30),
        }],
    })
}

#[tokio::test]
async fn lost_batches_and_silence_are_gaps_after_a_restart_too() {
    let mut rig = Rig::new().await;
    let lost = Gap {
        agent: agent(),
        stream: "aa".to_owned(),
        sequence: (2, 3),
        from: at(START + 30_000),
        to: at(START + 60_000),
        why: "a full spool".to_owned(),
    };
    let instants = [0, 30, 60, 150, 241, 300];
    let readings = instants.map(|second| (0, START + second * 1_000, Ok(1.0)));
    rig.append(vec![present(), batch(&readings), Item::Gap(lost)])
        .await;
    rig.caught_up().await;
    rig.clock.advance_to(at(START + 600_000));
    rig.crash().await;
    let history = rig.history();
    let read = history.readings(series(0), at(START), at(START + HOUR), 1_000);
    let read = read.await.unwrap();
    let span = |gap: &GapSpan| (gap.from.milliseconds() - START, gap.to.milliseconds() - START);
    let gaps: Vec<_> = read
        .gaps
        .iter()
        .map(|gap| (span(gap), gap.why.as_str()))
        .collect();
    assert_eq!(
        gaps,
        [
            ((30_000, 60_000), "a full spool"),
            ((240_000, 241_000), "no data"),
            ((390_000, 600_000), "no data")
        ],
        "it is known until 90 s after a reading, and the future does not count as a gap"
    );
    let expected = history.series()[0].expectation.now().unwrap();
    assert_eq!(expected.interval, Duration::from_seconds(30));
    let unknown = history.readings(series(7), at(START), at(START + 1), 1);
    assert!(matches!(unknown.await, Err(HistoryError::Unknown(_))));
}

#[tokio::test]
async fn what_is_lost_after_the_newest_reading_is_unknown_until_the_next_also_after_restarts() {
    let mut rig = Rig::new().await;
    let lost = Gap {
        agent: agent(),
        stream: "aa".to_owned(),
        sequence: (2, 3),
        from: at(START + 10_000),
        to: at(START + 20_000),
        why: "a full spool".to_owned(),
    };
    let first = batch(&[(0, START, Ok(1.0))]);
    rig.append(vec![present(), first, Item::Gap(lost)]).await;
    for _ in 0..2 {
        rig.clock.advance(Duration::from_seconds(30));
        rig.crash().await;
        let known = rig.history().knowledge(&series(0), at(START + 30_000));
        assert_eq!(known.unknown_since(), Some(at(START + 10_000)));
        let read = rig
            .history()
            .readings(series(0), at(START + 5_000), at(START + 30_000), 9);
        let gaps = read.await.unwrap().gaps;
        let gaps: Vec<_> = gaps.iter().map(|gap| (gap.from, gap.to)).collect();
        assert_eq!(gaps, [(at(START + 10_000), at(START + 30_000))]);
        rig.sealed().await;
    }
    rig.append(vec![batch(&[(0, START + 40_000, Ok(1.0))])]).await;
    rig.caught_up().await;
    let known = rig.history().knowledge(&series(0), at(START + 41_000));
    assert_eq!(known.value(), Some(1.0));
}

#[tokio::test]
async fn a_damaged_chunk_is_set_aside_and_the_rest_is_read() {
    let rig = Rig::new().await;
    rig.append(vec![batch(&[
        (0, START, Ok(1.0)),
        (0, START + 7 * HOUR, Ok(2.0)),
        (1, START, Ok(3.0)),
    ])])
    .await;
    rig.caught_up().await;
    rig.sealed().await;
    let flip = |connection: &rusqlite::Connection| {
        connection.execute(
            "update chunk set blob = zeroblob(9) where key = (select min(key) from chunk)",
            [],
        )
    };
    rig.history().database().unwrap().write(flip).await.unwrap();
    let read = rig
        .history()
        .readings(series(0), at(START), at(START + 10 * HOUR), 10)
        .await
        .unwrap();
    assert_eq!(read.points, [(at(START + 7 * HOUR), 2.0)]);
    assert!(
        read.gaps.iter().any(|gap| gap.why.contains("damaged")),
        "{:?}",
        read.gaps
    );
    // Readings of that period can be stored again, and the damaged bytes are kept.
    rig.append(vec![batch(&[(0, START, Ok(1.0))])]).await;
    rig.caught_up().await;
    rig.sealed().await;
    let read = rig
        .history()
        .readings(series(0), at(START), at(START + 10 * HOUR), 10)
        .await
        .unwrap();
    assert_eq!(read.points.len(), 2);
    let kept = |connection: &rusqlite::Connection| {
        connection.query_row("select count(*) from chunk_damaged", [], |row| {
            row.get::<_, u32>(0)
        })
    };
    assert_eq!(rig.history().database().unwrap().read(kept).await.unwrap(), 1);
}

/// Sensors of a resolution of 0.01 with noise, a daily and a compressor cycle, on ticks of 10 s.
#[tokio::test]
async fn a_reading_on_disk_takes_little_more_than_its_noise() {
    let rig = Rig::new().await;
    let mut noise = 1_u64;
    let (days, many) = (2_i64, 20_usize);
    for hour in 0..days * 24 {
        let mut readings = Vec::new();
        for index in 0..many {
            for tick in 0..360 {
                let second = hour * 3_600 + tick * 10;
                noise = noise
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1_442_695_040_888_963_407);
                let jitter = (noise >> 33) as f64 / f64::from(1_u32 << 31) - 0.5;
                let phase = second as f64 + index as f64 * 977.0;
                let value = 22.0
                    + 1.5 * (phase / 86_400.0 * std::f64::consts::TAU).sin()
                    + 0.4 * (phase / 900.0 * std::f64::consts::TAU).sin()
                    + jitter * 0.04;
                readings.push((index, START + second * 1_000, Ok((value * 100.0).round() / 100.0)));
            }
        }
        rig.append(vec![batch(&readings)]).await;
    }
    rig.caught_up().await;
    rig.sealed().await;
    // The chunks themselves: in so small a file, its first pages would be half of it.
    let length = |connection: &rusqlite::Connection| {
        connection.query_row("select sum(length(blob)) from chunk", [], |row| {
            row.get::<_, f64>(0)
        })
    };
    let length = rig.history().database().unwrap().read(length).await.unwrap();
    let bytes = length / (days as usize * 8_640 * many) as f64;
    assert!(bytes < 0.5, "{bytes:.3} bytes a reading");
}
