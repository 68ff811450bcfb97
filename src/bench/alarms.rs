//! `plenum bench alarms`: what a reading costs the alarm engine alone, and how much memory it needs and keeps needing.

use std::fmt::Write;
use std::sync::Arc;

use anyhow::Result;
use plenum_core::alarms::Engine;
use plenum_core::fact::{Batch, Entry, ExpectedSensor, Item, Presence, StoredReading};
use plenum_core::site::{Site, effective_rules};
use plenum_link::Stopwatch;
use plenum_protocol::{AgentName, Channel, Duration, Quantity, Timestamp, config_error};
use serde::Serialize;

use super::{grouped, mebibytes, process};
use crate::cli::bench::BenchAlarms;
use crate::print;

/// Nanoseconds a reading that the engine should need at most.
const GOAL: f64 = 1_000.0;
/// From one reading of a series to the next.
const INTERVAL: i64 = 10;
/// Sensors of an agent.
const SENSORS: usize = 50;
/// Sensors in a room: those of two agents.
const ROOM: usize = 2 * SENSORS;
/// What they measure, in turn.
const QUANTITIES: [Quantity; 5] = [
    Quantity::Temperature,
    Quantity::Humidity,
    Quantity::Power,
    Quantity::Load,
    Quantity::DoorOpen,
];
const START: Timestamp = Timestamp::from_milliseconds(1_767_225_600_000);

#[derive(Serialize)]
struct Report {
    series: usize,
    rules: usize,
    trackers: usize,
    minutes: i64,
    readings: u64,
    /// Readings, timers and effects.
    nanoseconds_per_reading: f64,
    /// What has to be written down of it, beside that.
    nanoseconds_to_keep: f64,
    /// Transitions of alarms.
    transitions: u64,
    /// A revision with these rules, put in force.
    revision_seconds: f64,
    bytes_per_series: f64,
    bytes_per_tracker: f64,
    /// Of the process, after five simulated minutes and at the end.
    memory_early: u64,
    memory_late: u64,
    /// Transitions when every series is far beyond its limits at once, for five minutes, and back for ten.
    burst_transitions: u64,
    /// What those fifteen minutes took, and the slowest of their 90 steps of ten seconds.
    burst_seconds: f64,
    burst_slowest: f64,
    /// Of the process, after that.
    memory_after_burst: u64,
}

pub(crate) fn run(arguments: &BenchAlarms) -> Result<()> {
    let report = measure(arguments)?;
    if arguments.json {
        return print::json(&report);
    }
    report.lines().iter().try_for_each(|line| print::line(line))
}

fn measure(arguments: &BenchAlarms) -> Result<Report> {
    let series = usize::from(arguments.series);
    let site = site(series, usize::from(arguments.rules))?;
    let rules = effective_rules(&site).len();
    let agents = agents(series)?;
    let empty = process::memory(std::process::id())?;
    let mut house = House::new(agents);
    house.begin();
    let revision_seconds = house.revise(site);
    let snapshot = house.engine.snapshot();
    let trackers = snapshot.series.iter().map(|row| row.trackers()).sum::<usize>();
    drop(snapshot);
    house.minutes(1);
    let filled = process::memory(std::process::id())?;
    house.minutes(4);
    let memory_early = process::memory(std::process::id())?;
    let minutes = i64::from(arguments.minutes);
    (house.seconds, house.keeping, house.readings, house.transitions) = (0.0, 0.0, 0, 0);
    house.minutes(minutes);
    let memory_late = process::memory(std::process::id())?;
    let (nanoseconds, keeping) = (house.seconds * 1e9, house.keeping * 1e9);
    let (readings, transitions) = (house.readings, house.transitions);
    let burst = house.burst();
    let grown = filled.saturating_sub(empty) as f64;
    Ok(Report {
        series,
        rules,
        trackers,
        minutes,
        readings,
        nanoseconds_per_reading: nanoseconds / readings as f64,
        nanoseconds_to_keep: keeping / readings as f64,
        transitions,
        revision_seconds,
        bytes_per_series: grown / series as f64,
        bytes_per_tracker: grown / trackers as f64,
        memory_early,
        memory_late,
        burst_transitions: burst.transitions,
        burst_seconds: burst.seconds,
        burst_slowest: burst.slowest,
        memory_after_burst: process::memory(std::process::id())?,
    })
}

/// What came of everything at once.
struct Burst {
    transitions: u64,
    seconds: f64,
    slowest: f64,
}

/// An engine with its agents, on simulated time.
struct House {
    engine: Engine,
    agents: Vec<(AgentName, Vec<Channel>)>,
    number: u64,
    now: Timestamp,
    tick: u64,
    seconds: f64,
    keeping: f64,
    readings: u64,
    transitions: u64,
    /// Every series is far beyond its limits.
    all_bad: bool,
}

impl House {
    fn new(agents: Vec<(AgentName, Vec<Channel>)>) -> Self {
        Self {
            engine: Engine::new(Arc::new(Site::unconfigured())),
            agents,
            number: 0,
            now: START,
            tick: 0,
            seconds: 0.0,
            keeping: 0.0,
            readings: 0,
            transitions: 0,
            all_bad: false,
        }
    }

    /// Every agent tells of itself, before there is a site.
    fn begin(&mut self) {
        self.engine.reached_end(START);
        let statuses: Vec<Item> = self
            .agents
            .iter()
            .map(|(agent, channels)| status(agent, channels))
            .collect();
        for status in statuses {
            self.apply(vec![status]);
        }
    }

    /// Puts the site in force, gives how long that took.
    fn revise(&mut self, site: Arc<Site>) -> f64 {
        self.engine.prepare(1, site);
        let before = self.seconds;
        self.apply(vec![Item::Revision(1)]);
        self.seconds - before
    }

    fn minutes(&mut self, count: i64) {
        for _ in 0..count * 60 / INTERVAL {
            self.step();
        }
    }

    /// A reading of every series.
    fn step(&mut self) {
        self.now = self.now + Duration::from_seconds(INTERVAL);
        self.tick += 1;
        for agent in 0..self.agents.len() {
            let batch = self.batch(agent);
            self.readings += batch.readings.len() as u64;
            self.apply(vec![Item::Batch(batch)]);
        }
    }

    /// Everything at once, and over.
    fn burst(&mut self) -> Burst {
        let (seconds, transitions) = (self.seconds, self.transitions);
        let mut slowest = 0.0_f64;
        for minute in 0..15 {
            self.all_bad = minute < 5;
            for _ in 0..60 / INTERVAL {
                let before = self.seconds;
                self.step();
                slowest = slowest.max(self.seconds - before);
            }
        }
        Burst {
            transitions: self.transitions - transitions,
            seconds: self.seconds - seconds,
            slowest,
        }
    }

    fn apply(&mut self, items: Vec<Item>) {
        self.number += 1;
        let entry = Entry {
            number: self.number,
            received: self.now,
            items,
        };
        let watch = Stopwatch::start();
        self.engine.apply(&entry);
        self.engine.advance(self.now);
        while let Some(effect) = self.engine.poll_effect() {
            self.transitions += u64::from(matches!(effect, plenum_core::alarms::Effect::Transition { .. }));
        }
        self.seconds += watch.seconds();
        let watch = Stopwatch::start();
        drop(self.engine.take_changes());
        self.keeping += watch.seconds();
    }

    fn batch(&self, agent: usize) -> Batch {
        let (name, channels) = &self.agents[agent];
        let readings = channels
            .iter()
            .enumerate()
            .map(|(sensor, channel)| StoredReading {
                channel: channel.clone(),
                at: self.now,
                outcome: Ok(self.value(channel.quantity, agent * SENSORS + sensor)),
                claimed: None,
            });
        Batch {
            agent: name.clone(),
            position: Some(("bench".to_owned(), self.tick)),
            newest: true,
            readings: readings.collect(),
        }
    }

    /// Well within the limits, but for one series in 200 at a time, for some minutes.
    fn value(&self, quantity: Quantity, series: usize) -> f64 {
        let noise = (series as u64)
            .wrapping_mul(2_654_435_761)
            .wrapping_add(self.tick.wrapping_mul(40_503))
            >> 7
            & 0xff;
        let noise = noise as f64 / 256.0 - 0.5;
        let is_bad = self.all_bad || (series as u64 + self.tick / 60).is_multiple_of(200);
        match quantity {
            Quantity::Temperature => 22.0 + noise + if is_bad { 15.0 } else { 0.0 },
            Quantity::Humidity => 45.0 + noise + if is_bad { 45.0 } else { 0.0 },
            Quantity::Power => 300.0 + 10.0 * noise + if is_bad { 900.0 } else { 0.0 },
            Quantity::Load => 0.5 + 0.01 * noise + if is_bad { 0.48 } else { 0.0 },
            _ => f64::from(u8::from(is_bad)),
        }
    }
}

fn status(agent: &AgentName, channels: &[Channel]) -> Item {
    let sensors = channels.iter().map(|channel| ExpectedSensor {
        sensor: channel.sensor.clone(),
        driver: "simulated".to_owned(),
        quantities: vec![channel.quantity],
        interval: Duration::from_seconds(INTERVAL),
    });
    Item::Presence(Presence {
        agent: agent.clone(),
        online: true,
        clock_synchronised: true,
        sensors: sensors.collect(),
    })
}

fn agents(series: usize) -> Result<Vec<(AgentName, Vec<Channel>)>> {
    let mut agents: Vec<(AgentName, Vec<Channel>)> = Vec::new();
    for number in 0..series {
        if number.is_multiple_of(SENSORS) {
            let agent = format!("agent-{}", number / SENSORS).parse()?;
            agents.push((AgentName::new("bench".parse()?, agent), Vec::new()));
        }
        let channel = Channel {
            sensor: format!("sensor-{}", number % SENSORS).parse()?,
            quantity: QUANTITIES[number % QUANTITIES.len()],
        };
        if let Some((_, channels)) = agents.last_mut() {
            channels.push(channel);
        }
    }
    Ok(agents)
}

/// Limits of the rules for a room in turn: on what, beyond what, back by what.
const LIMITS: [(&str, f64, f64); 9] = [
    ("temperature", 26.0, 1.0),
    ("temperature", 29.0, 1.0),
    ("temperature", 33.0, 1.0),
    ("humidity", 60.0, 3.0),
    ("humidity", 70.0, 3.0),
    ("power", 500.0, 20.0),
    ("power", 1_000.0, 50.0),
    ("load", 0.7, 0.05),
    ("load", 0.9, 0.05),
];

/// A site that places every sensor and has so many rules in all, each for one room.
fn site(series: usize, rules: usize) -> Result<Arc<Site>> {
    let mut text = String::from("[site]\nid = \"bench\"\nname = \"Bench\"\nzone = \"UTC\"\n");
    let rooms = series.div_ceil(ROOM);
    for room in 0..rooms {
        writeln!(text, "[[room]]\nid = \"room-{room}\"\nname = \"Room {room}\"")?;
    }
    for number in 0..series {
        writeln!(
            text,
            "[[sensor]]\nagent = \"agent-{}\"\nid = \"sensor-{}\"\nname = \"{number}\"\nroom = \"room-{}\"\nplace = \"{}\"",
            number / SENSORS,
            number % SENSORS,
            number / ROOM,
            if number.is_multiple_of(QUANTITIES.len()) {
                "inlet"
            } else {
                "room"
            },
        )?;
    }
    let own = rules.saturating_sub(plenum_core::site::defaults::built_in().len());
    for number in 0..own {
        let (quantity, limit, deadband) = LIMITS[number / rooms % LIMITS.len()];
        writeln!(
            text,
            "[[rule]]\nid = \"rule-{number}\"\nname = \"Rule {number}\"\npriority = \"medium\"\non_delay = \"30s\"\noff_delay = \"1min\"\n\
             select = {{ quantities = [\"{quantity}\"], rooms = [\"room-{}\"] }}\nwhen = {{ above = {{ limit = {limit}, deadband = {deadband} }} }}",
            number % rooms
        )?;
    }
    Ok(Arc::new(config_error::parse("site.toml", &text)?))
}

impl Report {
    fn lines(&self) -> Vec<String> {
        vec![
            format!(
                "{} series, {} rules, {} trackers; {} readings in {} simulated minutes, {} transitions",
                grouped(self.series as f64),
                self.rules,
                grouped(self.trackers as f64),
                grouped(self.readings as f64),
                self.minutes,
                grouped(self.transitions as f64)
            ),
            format!(
                "{:.0} ns a reading (goal {GOAL:.0}), {:.0} ns more for what has to be kept of it",
                self.nanoseconds_per_reading, self.nanoseconds_to_keep
            ),
            format!(
                "{:.2} s to put a revision with these rules in force",
                self.revision_seconds
            ),
            format!(
                "{} bytes a series, {} a tracker",
                grouped(self.bytes_per_series),
                grouped(self.bytes_per_tracker)
            ),
            format!(
                "{:.1} MiB of memory after five minutes, {:.1} MiB at the end",
                mebibytes(self.memory_early),
                mebibytes(self.memory_late)
            ),
            format!(
                "all series beyond their limits at once for five minutes and back for ten: {} transitions in {:.2} s, {:.3} s for the slowest of 90 steps, \
                 {:.1} MiB of memory after it",
                grouped(self.burst_transitions as f64),
                self.burst_seconds,
                self.burst_slowest,
                mebibytes(self.memory_after_burst)
            ),
        ]
    }
}
