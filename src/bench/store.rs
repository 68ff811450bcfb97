//! `plenum bench store`: a month of sensors through journal and history, and the bytes that are left of it.

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::JoinHandle;

use anyhow::{Context, Result};
use plenum_agent::drivers::simulated::{Curve, Cycle, Script};
use plenum_collector::database::{self, Database};
use plenum_collector::history::History;
use plenum_collector::intake;
use plenum_collector::journal::{self, Claim, Journal};
use plenum_core::fact::{Batch, StoredReading};
use plenum_link::{Shutdown, Stopwatch, SystemClock};
use plenum_protocol::AgentName;
use plenum_protocol::clock::SimulatedClock;
use plenum_protocol::{Channel, Clock, Duration, Quantity, Timestamp};
use serde::Serialize;

use super::folder::Folder;
use super::{grouped, mebibytes, process};
use crate::cli::bench::BenchStore;
use crate::print;

/// How often each sensor is read.
const INTERVAL: Duration = Duration::from_seconds(10);
/// Ticks that come in one group commit: 43,200 readings of 200 series, two thirds of what intake gathers at most. Ten of them
/// are a chunk's six hours, so that none reaches across a chunk's end: simulated time moves before its readings are there.
const TICKS: i64 = 216;
/// The first tick: 2026-01-01.
const START: Timestamp = Timestamp::from_milliseconds(1_767_225_600_000);
/// Sensors of an agent.
pub(super) const SENSORS: u16 = 10;
/// Readings in a batch at most.
const BATCH: usize = 1_000;
/// Bytes a reading that the store should need at most.
const GOAL: f64 = 0.5;
#[derive(Serialize)]
struct Report {
    series: u16,
    days: u16,
    seed: u64,
    readings: u64,
    bytes_per_reading: f64,
    /// `history.db` with its WAL.
    history_bytes: u64,
    /// `plenum.db` with its WAL: the journal, whose pages are used again.
    journal_bytes: u64,
    chunks: u64,
    seconds: f64,
    /// Without the making of the readings.
    cpu_seconds: f64,
    readings_per_cpu_second: f64,
    readings_per_second: f64,
    peak_memory: u64,
    processors: usize,
    file_system: String,
}

pub(crate) async fn run(arguments: BenchStore) -> Result<()> {
    let folder = Folder::new(arguments.output.data.as_deref())?;
    let report = measure(&arguments, &folder).await?;
    if arguments.output.json {
        return print::json(&report);
    }
    report.lines().iter().try_for_each(|line| print::line(line))
}

/// A journal and a history with readings in them.
pub(super) struct Filled {
    pub(super) journal: Journal,
    pub(super) history: History,
    pub(super) readings: u64,
    /// The first instant after them.
    pub(super) end: Timestamp,
    /// The processor time that their making took.
    making: f64,
}

/// Lets so many sensors go through journal and history for so many days.
pub(super) async fn fill((series, days, seed): (u16, u16, u64), path: &Path) -> Result<Filled> {
    let clock = SimulatedClock::new(START);
    let shared: Arc<dyn Clock> = Arc::new(clock.clone());
    let path = path.to_owned();
    let (journal, history) = tokio::task::spawn_blocking(move || open(&path, &shared)).await??;
    let shutdown = Shutdown::new();
    let (reader, log, stop) = (history.clone(), journal.clone(), shutdown.token());
    let reading = shutdown.spawn("history", async move { reader.run(log, stop).await });
    let sensors = sensors(series, seed)?;
    let end = START + Duration::from_hours(24 * i64::from(days));
    let (made, maker) = make(sensors, end)?;
    let readings = commit_all(made, &clock, &journal, &history).await?;
    caught_up(&history, *journal.head().borrow()).await?;
    history.seal_all().await?;
    let making = maker.join().ok().context("the maker of the readings failed")??;
    shutdown.finish(Duration::from_seconds(10), &SystemClock).await;
    reading.await??;
    Ok(Filled {
        journal,
        history,
        readings,
        end,
        making,
    })
}

async fn measure(arguments: &BenchStore, folder: &Folder) -> Result<Report> {
    let own = || process::cpu_seconds(std::process::id());
    let (cpu, watch) = (own()?, Stopwatch::start());
    let Filled {
        journal,
        history,
        readings,
        making,
        ..
    } = fill((arguments.series, arguments.days, arguments.seed), folder.path()).await?;
    let seconds = watch.seconds();
    let cpu = own()? - cpu - making;
    journal.trim().await?;
    journal.database().checkpoint().await?;
    let chunks = history.database().context("history.db is begun anew")?;
    chunks.checkpoint().await?;
    let (history_bytes, journal_bytes) = (chunks.size(), journal.database().size());
    let statistics = history.statistics();
    anyhow::ensure!(
        statistics.sealed == readings,
        "{} of {readings} readings are in chunks",
        statistics.sealed
    );
    Ok(Report {
        series: arguments.series,
        days: arguments.days,
        seed: arguments.seed,
        readings,
        bytes_per_reading: (history_bytes + journal_bytes) as f64 / readings as f64,
        history_bytes,
        journal_bytes,
        chunks: statistics.chunks,
        seconds,
        cpu_seconds: cpu,
        readings_per_cpu_second: readings as f64 / cpu.max(0.01),
        readings_per_second: readings as f64 / seconds,
        peak_memory: process::peak_memory(std::process::id())?,
        processors: process::processors(),
        file_system: folder.file_system(),
    })
}

/// Commits what is made until it ends; the number of readings.
async fn commit_all(made: Made, clock: &SimulatedClock, journal: &Journal, history: &History) -> Result<u64> {
    let made = Arc::new(std::sync::Mutex::new(made));
    let mut readings = 0;
    loop {
        let made = made.clone();
        let next = tokio::task::spawn_blocking(move || {
            made.lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner)
                .recv()
                .ok()
        });
        let Some((to, batches)) = next.await? else { break };
        readings += batches
            .iter()
            .map(|batch| batch.readings.len() as u64)
            .sum::<u64>();
        clock.advance_to(to);
        let number = intake::commit_batches(journal, batches).await?;
        // As in production the history is an entry behind at most: it reads from memory.
        caught_up(history, number - 1).await?;
        // In production every five seconds, which is more often than this.
        journal.trim().await?;
    }
    Ok(readings)
}

/// Batches and up to when they reach.
type Made = Receiver<(Timestamp, Vec<Batch>)>;

/// Makes the readings up to `end` in a thread of its own, whose processor time it returns at its end.
fn make(sensors: Vec<Sensors>, end: Timestamp) -> Result<(Made, JoinHandle<Result<f64>>)> {
    let (sender, made) = sync_channel(1);
    let make = move || {
        let mut from = START;
        while from < end {
            let to = (from + Duration::from_milliseconds(INTERVAL.milliseconds() * TICKS)).min(end);
            if sender.send((to, batches(&sensors, from, to))).is_err() {
                break;
            }
            from = to;
        }
        process::this_thread_seconds()
    };
    let maker = std::thread::Builder::new().name("maker".to_owned()).spawn(make)?;
    Ok((made, maker))
}

fn open(path: &Path, clock: &Arc<dyn Clock>) -> Result<(Journal, History)> {
    let claim = Claim::take(path)?;
    let database = Database::open(&path.join("plenum.db"), &database::PLENUM)?;
    let journal = Journal::open(claim, database, clock.clone(), journal::Options::default())?;
    Ok((journal, History::open(&path.join("history.db"), clock.clone())?))
}

async fn caught_up(history: &History, number: u64) -> Result<()> {
    let clock = SystemClock;
    while history.statistics().number < number {
        clock.sleep(Duration::from_milliseconds(1)).await;
    }
    Ok(())
}

/// An agent with its sensors.
struct Sensors {
    agent: AgentName,
    sensors: Vec<(Channel, Script)>,
}

/// The standard deviations of an SHT3x's readings, in kelvin and per cent: its data sheet's repeatability, 0.04 K and 0.08 %, is three
/// of them.
const NOISE: (f64, f64) = (0.04 / 3.0, 0.08 / 3.0);

/// Seven thermometers and three hygrometers an agent, as in a row of racks, each row with a cooling unit of its own.
fn sensors(series: u16, seed: u64) -> Result<Vec<Sensors>> {
    let mut agents: Vec<Sensors> = Vec::new();
    for number in 0..series {
        let (agent, within) = (number / SENSORS, number % SENSORS);
        let quantity = if within < 7 {
            Quantity::Temperature
        } else {
            Quantity::Humidity
        };
        let period = Duration::from_seconds(600 + i64::from(agent) * 30);
        let curve = match quantity {
            Quantity::Temperature => Curve {
                daily: 0.8,
                cycle: Some(Cycle {
                    amplitude: 0.4,
                    period,
                }),
                noise: NOISE.0,
                resolution: Some(0.01),
                ..Curve::flat(21.0 + f64::from(within) * 0.4)
            },
            _ => Curve {
                daily: 3.0,
                cycle: Some(Cycle {
                    amplitude: 1.0,
                    period,
                }),
                noise: NOISE.1,
                resolution: Some(0.01),
                ..Curve::flat(45.0)
            },
        };
        let script = Script {
            start: START,
            seed: seed.wrapping_add(u64::from(number)),
            dew_point: false,
            quantities: [(quantity, curve)].into(),
        };
        let channel = Channel {
            sensor: format!("sensor-{within}").parse()?,
            quantity,
        };
        if within == 0 {
            let name = AgentName {
                site: "bench".parse()?,
                agent: format!("agent-{agent}").parse()?,
            };
            agents.push(Sensors {
                agent: name,
                sensors: Vec::new(),
            });
        }
        if let Some(last) = agents.last_mut() {
            last.sensors.push((channel, script));
        }
    }
    Ok(agents)
}

/// What the agents send of `from..to`, tick by tick.
fn batches(agents: &[Sensors], from: Timestamp, to: Timestamp) -> Vec<Batch> {
    let mut all = Vec::new();
    for agent in agents {
        let mut readings = Vec::new();
        let mut at = from;
        while at < to {
            for (channel, script) in &agent.sensors {
                if let Some(outcome) = script.value(channel.quantity, at) {
                    readings.push(StoredReading {
                        channel: channel.clone(),
                        at,
                        outcome,
                        claimed: None,
                    });
                }
            }
            at = at + INTERVAL;
        }
        all.extend(readings.chunks(BATCH).map(|part| Batch {
            agent: agent.agent.clone(),
            position: None,
            newest: true,
            readings: part.to_vec(),
        }));
    }
    all
}

impl Report {
    fn lines(&self) -> Vec<String> {
        vec![
            format!(
                "{} series, {} days, a reading every 10 s, seed {}: {} readings; {} processors, {}",
                self.series,
                self.days,
                self.seed,
                grouped(self.readings as f64),
                self.processors,
                self.file_system
            ),
            format!("{:.3} bytes a reading (goal {GOAL})", self.bytes_per_reading),
            format!(
                "  history.db {:.1} MiB in {} chunks, plenum.db {:.1} MiB",
                mebibytes(self.history_bytes),
                grouped(self.chunks as f64),
                mebibytes(self.journal_bytes)
            ),
            format!(
                "{} readings a processor second, {} a second; {:.1} s in all, {:.1} s of processor",
                grouped(self.readings_per_cpu_second),
                grouped(self.readings_per_second),
                self.seconds,
                self.cpu_seconds
            ),
            format!(
                "at most {:.1} MiB of memory, the making of the readings included",
                mebibytes(self.peak_memory)
            ),
        ]
    }
}
