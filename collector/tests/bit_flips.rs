//! One random byte of plenum.db, history.db or journal.head is another one: the program starts and serves, or refuses with what to do; it says what is
//! damaged; and what it stores afterwards is there after the next start. PLENUM_TEST_SEEDS says how many bytes are tried; 1,000 takes some minutes.
#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use plenum_collector::config::Config;
use plenum_collector::open::{self, Opened};
use plenum_core::fact::{Batch, Item, StoredReading, SystemKind};
use plenum_link::Shutdown;
use plenum_protocol::clock::SimulatedClock;
use plenum_protocol::{AgentName, Channel, Clock, Duration, Quantity, Series, Timestamp};

const FILES: [&str; 3] = ["plenum.db", "history.db", "journal.head"];
/// A little after the old program's last entry.
const THEN: Timestamp = Timestamp::from_milliseconds(1_795_688_300_000);
/// Readings that are stored after the damage.
const READINGS: i64 = 20;

/// Every reading of every series that was there before.
type Readings = BTreeMap<String, Vec<(Timestamp, String)>>;

/// The parts of a collector over a folder.
struct Running {
    opened: Opened,
    clock: Arc<SimulatedClock>,
    shutdown: Shutdown,
}

impl Running {
    async fn open(folder: &Path) -> Result<Self, String> {
        let config = Config {
            data: Some(PathBuf::from(folder)),
            ..Config::default()
        };
        let clock = Arc::new(SimulatedClock::new(THEN));
        let shutdown = Shutdown::new();
        let opened = open::open(&config, None, clock.clone(), &shutdown)
            .await
            .map_err(|error| error.to_string())?;
        let running = Self {
            opened,
            clock,
            shutdown,
        };
        running
            .until(|running| {
                let collector = &running.opened.collector;
                let head = *collector.journal.head().borrow();
                collector.history.is_ready()
                    && collector.history.is_checked()
                    && *collector.alarms.applied().borrow() >= head
            })
            .await;
        Ok(running)
    }

    async fn until(&self, what: impl Fn(&Self) -> bool) {
        let wait = async {
            while !what(self) {
                // Whoever waits for the next look is woken, too.
                self.clock.advance(Duration::from_milliseconds(10));
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(60), wait)
            .await
            .unwrap();
    }

    /// Stores some readings as an acknowledged batch, and lets the history look at itself.
    async fn store(&self) {
        for part in 0..2 {
            let history = &self.opened.collector.history;
            let items = vec![batch(part * READINGS / 2..(part + 1) * READINGS / 2)];
            let number = self.opened.collector.journal.append(items).await.unwrap();
            self.clock.advance(Duration::from_seconds(11));
            self.until(|_| history.statistics().number >= number).await;
            self.clock.advance(Duration::from_seconds(11));
        }
        self.opened.collector.history.seal_all().await.unwrap();
    }

    /// The alarms that say what is damaged.
    async fn said(&self) -> Vec<String> {
        let collector = &self.opened.collector;
        let head = *collector.journal.head().borrow();
        self.until(|_| *collector.alarms.applied().borrow() >= head).await;
        let alarms = collector.alarms.alarms(true);
        let kinds = [SystemKind::HistoryDamaged, SystemKind::JournalShortened].map(SystemKind::as_str);
        let damage = alarms.iter().filter(|alarm| kinds.contains(&alarm.rule.as_str()));
        damage
            .map(|alarm| format!("{}: {:?}", alarm.rule, alarm.origin))
            .collect()
    }

    async fn readings(&self, series: &str) -> Vec<(Timestamp, String)> {
        let history = &self.opened.collector.history;
        let series: Series = series.parse().unwrap();
        let Ok(found) = history
            .readings(series, Timestamp::MIN, Timestamp::MAX, usize::MAX)
            .await
        else {
            return Vec::new();
        };
        let values = found.points.iter().map(|(at, value)| (*at, value.to_string()));
        let faults = found.faults.iter().map(|(at, fault)| (*at, format!("{fault:?}")));
        let mut all: Vec<_> = values.chain(faults).collect();
        all.sort();
        all
    }

    async fn close(self) {
        drop(self.opened);
        let clock = self.clock.as_ref() as &dyn Clock;
        self.shutdown.finish(Duration::from_seconds(10), clock).await;
    }
}

fn batch(numbers: std::ops::Range<i64>) -> Item {
    let agent = AgentName {
        site: "hall".parse().unwrap(),
        agent: "after".parse().unwrap(),
    };
    let reading = |number: i64| StoredReading {
        channel: Channel {
            sensor: "probe".parse().unwrap(),
            quantity: Quantity::Temperature,
        },
        at: THEN + Duration::from_seconds(number),
        outcome: Ok(number as f64),
        claimed: None,
    };
    Item::Batch(Batch {
        agent,
        position: None,
        newest: true,
        readings: numbers.map(reading).collect(),
    })
}

/// An hour of a sensor that is noise, so that it fills pages.
fn noise(sensor: u64, hour: i64) -> Item {
    let Item::Batch(batch) = batch(0..0) else {
        unreachable!("it is a batch")
    };
    let reading = |number: i64| StoredReading {
        channel: Channel {
            sensor: format!("noise-{sensor}").parse().unwrap(),
            quantity: Quantity::Temperature,
        },
        at: THEN - Duration::from_hours(48 - hour) + Duration::from_seconds(number * 60),
        outcome: Ok((random(sensor << 32 | (hour << 8 | number) as u64) % 10_000) as f64 / 100.0),
        claimed: None,
    };
    Item::Batch(Batch {
        readings: (0..60).map(reading).collect(),
        ..batch
    })
}

/// Files of this program with everything in them, and the readings that they hold.
fn template() -> &'static (tempfile::TempDir, Readings) {
    static TEMPLATE: OnceLock<(tempfile::TempDir, Readings)> = OnceLock::new();
    TEMPLATE.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let old = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/data/collector-unversioned");
        copy(&old, folder.path());
        let readings = runtime().block_on(async {
            let running = Running::open(folder.path()).await.unwrap();
            for hour in 0..12 {
                let items = (0..40).map(|sensor| noise(sensor, hour)).collect();
                let number = running.opened.collector.journal.append(items).await.unwrap();
                running
                    .until(|running| running.opened.collector.history.statistics().number >= number)
                    .await;
            }
            running.opened.collector.history.seal_all().await.unwrap();
            let mut readings = Readings::new();
            for info in running.opened.collector.history.series() {
                let name = info.series.to_string();
                let all = running.readings(&name).await;
                readings.insert(name, all);
            }
            running.close().await;
            readings
        });
        (folder, readings)
    })
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
}

fn copy(from: &Path, to: &Path) {
    for name in FILES {
        std::fs::copy(from.join(name), to.join(name)).unwrap();
    }
}

/// What came of one damaged byte.
#[derive(Debug, Default)]
struct Outcomes {
    refused: BTreeMap<String, u64>,
    said: u64,
    unharmed: u64,
}

/// A number that looks random.
fn random(seed: u64) -> u64 {
    let mixed = (seed ^ (seed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

fn flip(path: &Path, seed: u64) -> (usize, u8) {
    let mut bytes = std::fs::read(path).unwrap();
    let number = random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) + 1);
    // Every second one is among those that are in use.
    let used: Vec<usize> = match seed % 2 {
        0 => (0..bytes.len()).collect(),
        _ => (0..bytes.len()).filter(|at| bytes[*at] != 0).collect(),
    };
    let at = used[(number >> 8) as usize % used.len()];
    let mask = (number as u8).max(1);
    bytes[at] ^= mask;
    std::fs::write(path, bytes).unwrap();
    (at, mask)
}

/// What a refusal must hold: words that docs/operating.md explains.
const REASONS: [&str; 3] = [
    "put back the last backup",
    "put back the copy of the folder",
    "name another folder",
];

/// What went wrong, if anything did.
async fn check(name: &str, seed: u64, outcomes: &mut Outcomes) -> Option<String> {
    let (template, readings) = template();
    let folder = tempfile::tempdir().unwrap();
    copy(template.path(), folder.path());
    let place = flip(&folder.path().join(name), seed);
    let context = format!("{name}, seed {seed}, byte {place:?}");
    // A process that ends itself leaves this behind.
    let trace = std::env::temp_dir().join(format!("plenum-bit-flips-{}-{name}", std::process::id()));
    std::fs::write(&trace, &context).unwrap();
    let running = match Running::open(folder.path()).await {
        Ok(running) => running,
        Err(reason) => {
            std::fs::remove_file(trace).unwrap();
            let known = REASONS.iter().find(|known| reason.contains(**known));
            let Some(known) = known.filter(|_| name == "plenum.db") else {
                return Some(format!("{context}: {reason}"));
            };
            *outcomes.refused.entry((*known).to_owned()).or_default() += 1;
            return None;
        }
    };
    running.store().await;
    let mut lost = Vec::new();
    for (series, expected) in readings {
        if running.readings(series).await != *expected {
            lost.push(series);
        }
    }
    let said = running.said().await;
    let silent = (!lost.is_empty() && said.is_empty())
        .then(|| format!("{context}: {lost:?} are not what they were, and nothing was said"));
    match said.is_empty() {
        true => outcomes.unharmed += 1,
        false => outcomes.said += 1,
    }
    running.close().await;
    let again = Running::open(folder.path()).await;
    std::fs::remove_file(trace).unwrap();
    let again = match again {
        Ok(again) => again,
        Err(error) => return Some(format!("{context}, the second start: {error}")),
    };
    let stored = again.readings("hall/after/probe/temperature").await;
    again.close().await;
    if stored.len() as i64 != READINGS {
        return Some(format!(
            "{context}: {} readings of what was stored: {said:?}",
            stored.len()
        ));
    }
    silent
}

#[expect(clippy::print_stdout, reason = "the figures are what a long run is for")]
fn flips(name: &'static str) {
    template();
    let seeds: u64 = std::env::var("PLENUM_TEST_SEEDS").map_or(40, |seeds| seeds.parse().unwrap());
    let (mut outcomes, mut problems) = (Outcomes::default(), Vec::new());
    // Where to go on after one that failed.
    let first: u64 = std::env::var("PLENUM_TEST_FIRST_SEED").map_or(0, |seed| seed.parse().unwrap());
    for seed in first..first + seeds {
        problems.extend(runtime().block_on(check(name, seed, &mut outcomes)));
    }
    println!("{name}: {seeds} seeds, {outcomes:?}");
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    assert!(outcomes.unharmed > 0 && outcomes.refused.values().sum::<u64>() < seeds / 4);
}

#[test]
fn a_damaged_byte_of_plenum_db_is_survived_and_said() {
    flips("plenum.db");
}

#[test]
fn a_damaged_byte_of_history_db_is_survived_and_said() {
    flips("history.db");
}

#[test]
fn a_damaged_byte_of_journal_head_is_survived_and_said() {
    flips("journal.head");
}
