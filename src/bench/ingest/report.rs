//! What `plenum bench ingest` found, for people and for programs.

use std::collections::BTreeMap;

use anyhow::Result;
use serde::Serialize;

use crate::bench::server::Counted;
use crate::bench::{grouped, mebibytes, process};
use crate::cli::bench::BenchIngest;
use crate::print;

/// Committed readings a second that one box should take.
const GOAL_RATE: f64 = 100_000.0;
/// MiB that an agent with ten sensors should need at most.
const GOAL_AGENT: f64 = 12.0;
/// Threads that are told of each process.
const THREADS: usize = 5;
/// From this share of all processors' time on, they are what limits.
const BUSY: f64 = 0.85;
/// From this share of one processor on, a thread is what limits.
const FULL: f64 = 0.9;

#[derive(Serialize)]
pub(super) struct Report {
    agents: u16,
    batch: u16,
    seconds: u16,
    processors: usize,
    file_system: String,
    pub(super) rows: Vec<Row>,
}

/// One run through one broker.
#[derive(Serialize)]
pub(super) struct Row {
    broker: String,
    readings: u64,
    readings_per_second: f64,
    /// Of all processes of the bench together.
    readings_per_cpu_second: f64,
    /// Of the server alone.
    readings_per_server_cpu_second: f64,
    readings_per_commit: f64,
    milliseconds_per_commit: f64,
    /// Messages of batches that had come before, or too early.
    messages_per_batch: f64,
    processes: Vec<Used>,
    /// Processor seconds of everything else on the machine.
    others_cpu_seconds: f64,
    /// VmHWM of an agent with ten sensors, in bytes.
    agent_peak_memory: u64,
    limit: String,
}

/// What a process has used.
#[derive(Debug, Serialize)]
pub(super) struct Used {
    name: &'static str,
    cpu_seconds: f64,
    peak_memory: u64,
    threads: BTreeMap<String, f64>,
}

impl Used {
    /// Up to now.
    pub(super) fn now(name: &'static str, process: u32) -> Result<Self> {
        Ok(Self {
            name,
            cpu_seconds: process::cpu_seconds(process)?,
            peak_memory: process::peak_memory(process)?,
            threads: process::thread_seconds(process),
        })
    }

    /// Between two looks.
    pub(super) fn since(mut self, before: &Self) -> Self {
        self.cpu_seconds -= before.cpu_seconds;
        for (name, seconds) in &mut self.threads {
            *seconds -= before.threads.get(name).copied().unwrap_or(0.0);
        }
        self.threads.retain(|_, seconds| *seconds > 0.0);
        self
    }

    /// Its threads, the busiest first.
    fn busiest(&self) -> Vec<(&str, f64)> {
        let mut threads: Vec<(&str, f64)> = self
            .threads
            .iter()
            .map(|(name, seconds)| (name.as_str(), *seconds))
            .collect();
        threads.sort_by(|one, other| other.1.total_cmp(&one.1));
        threads
    }
}

impl Row {
    pub(super) fn new(
        broker: &str,
        seconds: f64,
        counted: Counted,
        processes: Vec<Used>,
        machine: f64,
        agent_peak_memory: u64,
    ) -> Self {
        let own: f64 = processes.iter().map(|used| used.cpu_seconds).sum();
        let server = processes.first().map_or(0.0, |used| used.cpu_seconds);
        let readings = counted.readings as f64;
        let each = |amount: u64, of: u64| amount as f64 / of.max(1) as f64;
        let others = (machine - own).max(0.0);
        Self {
            broker: broker.to_owned(),
            readings: counted.readings,
            readings_per_second: readings / seconds,
            readings_per_cpu_second: readings / own.max(0.01),
            readings_per_server_cpu_second: readings / server.max(0.01),
            readings_per_commit: each(counted.readings, counted.groups),
            milliseconds_per_commit: counted.seconds * 1_000.0 / counted.groups.max(1) as f64,
            messages_per_batch: each(counted.messages, counted.batches),
            limit: limit(seconds, &processes, own, others),
            processes,
            others_cpu_seconds: others,
            agent_peak_memory,
        }
    }

    fn lines(&self) -> Vec<String> {
        let mut lines = vec![
            format!(
                "broker {}: {} readings a second committed (goal {})",
                self.broker,
                grouped(self.readings_per_second),
                grouped(GOAL_RATE)
            ),
            format!(
                "  {} readings a processor second, {} of the server's",
                grouped(self.readings_per_cpu_second),
                grouped(self.readings_per_server_cpu_second)
            ),
            format!(
                "  {:.0} readings a commit, {:.1} ms each; {:.2} messages a batch",
                self.readings_per_commit, self.milliseconds_per_commit, self.messages_per_batch
            ),
        ];
        for used in &self.processes {
            let threads = used.busiest().into_iter().take(THREADS);
            let threads: Vec<String> = threads
                .map(|(name, seconds)| format!("{name} {seconds:.1} s"))
                .collect();
            lines.push(format!(
                "  {:<7} {:6.1} s of processor, at most {:.1} MiB; {}",
                used.name,
                used.cpu_seconds,
                mebibytes(used.peak_memory),
                threads.join(", ")
            ));
        }
        lines.push(format!(
            "  an agent with 10 sensors: at most {:.1} MiB (goal {GOAL_AGENT})",
            mebibytes(self.agent_peak_memory)
        ));
        lines.push(format!("  limited by {}", self.limit));
        lines
    }
}

/// What stands in the way of more, as far as processor time tells.
fn limit(seconds: f64, processes: &[Used], own: f64, others: f64) -> String {
    let all = seconds * process::processors() as f64;
    let percent = |part: f64| format!("{:.0} %", part / all * 100.0);
    let mut shares: Vec<&Used> = processes.iter().collect();
    shares.sort_by(|one, other| other.cpu_seconds.total_cmp(&one.cpu_seconds));
    let shares: Vec<String> = shares
        .iter()
        .map(|used| format!("{} {}", used.name, percent(used.cpu_seconds)))
        .collect();
    let aside = match others / all {
        share if share > 0.05 => format!(
            "; other programs took {}: repeat it when they rest",
            percent(others)
        ),
        _ => String::new(),
    };
    if (own + others) / all >= BUSY {
        return format!("the processors: {}{aside}", shares.join(", "));
    }
    // Threads of one name may be several: only those that are alone tell.
    let full = processes.iter().find_map(|used| {
        let (name, busy) = used.busiest().into_iter().next()?;
        let alone = ["plenum-writer", "mosquitto", "spool"].contains(&name);
        (alone && busy / seconds >= FULL).then(|| format!("one thread, {name} of {}", used.name))
    });
    full.unwrap_or_else(|| {
        format!(
            "waiting: the disk's syncs and the way there and back ({}){aside}",
            shares.join(", ")
        )
    })
}

impl Report {
    pub(super) fn new(arguments: &BenchIngest, file_system: String) -> Self {
        Self {
            agents: arguments.agents,
            batch: arguments.batch,
            seconds: arguments.seconds,
            processors: process::processors(),
            file_system,
            rows: Vec::new(),
        }
    }

    pub(super) fn print(&self, json: bool) -> Result<()> {
        if json {
            return print::json(self);
        }
        print::line(&format!(
            "{} agents, {} readings a batch, {} s, {} processors, {}",
            self.agents, self.batch, self.seconds, self.processors, self.file_system
        ))?;
        self.rows
            .iter()
            .flat_map(Row::lines)
            .try_for_each(|line| print::line(&line))?;
        if let [first, second] = &self.rows[..] {
            let ratio = first.readings_per_second / second.readings_per_second.max(1.0);
            print::line(&format!("{} to {}: {ratio:.2}", first.broker, second.broker))?;
        }
        Ok(())
    }
}
