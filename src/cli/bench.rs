//! `plenum bench`: what is measured, and over how much.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub(crate) enum Bench {
    /// Agents' spools and uplinks, broker, intake and journal: committed readings a second.
    Ingest(BenchIngest),
    /// The store alone: bytes a reading.
    Store(BenchStore),
    /// From a contact's edge to the webhook's request.
    Latency(BenchLatency),
    /// What log-ins take while one address guesses passwords, and whether the time tells who has a name.
    LogIn(BenchLogIn),
    /// What honest agents notice while one with a credential of its own does the worst it can.
    Hostile(BenchHostile),
    /// How right and how early the forecast is after a loss of cooling, in rooms that are made up.
    Forecast(BenchForecast),
    /// The alarm engine alone: what a reading costs, and how much memory.
    Alarms(BenchAlarms),
    /// A revision tried on a month of readings: how long it takes.
    Try(BenchTry),
    /// The agents' side of `ingest`, in a process of its own; ends with its standard input.
    #[command(hide = true)]
    Agents(BenchAgents),
}

/// What every bench takes.
#[derive(Debug, Args)]
pub(crate) struct BenchOutput {
    /// Puts its databases into a new folder in this one and removes them: name one on the disk that is to be measured.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) data: Option<PathBuf>,
    /// Prints JSON for programs.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct BenchIngest {
    /// How many agents, 1 to 1,000.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=1_000))]
    pub(crate) agents: u16,
    /// How long, in seconds, 1 at least; a few seconds before do not count.
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) seconds: u16,
    /// Readings in a batch, 1 to 1,000, each of another sensor.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=1_000))]
    pub(crate) batch: u16,
    /// `embedded`, `mosquitto` (started for the bench) or the URL of a broker as mqtt://127.0.0.1:1884; may stand more than
    /// once. By default the embedded one, and then mosquitto if it is installed.
    #[arg(long)]
    pub(crate) broker: Vec<String>,
    #[command(flatten)]
    pub(crate) output: BenchOutput,
}

#[derive(Debug, Args)]
pub(crate) struct BenchAgents {
    /// Where the broker listens.
    #[arg(long)]
    pub(crate) url: String,
    /// Where the spools lie.
    #[arg(long)]
    pub(crate) folder: PathBuf,
    #[arg(long)]
    pub(crate) agents: u16,
    #[arg(long)]
    pub(crate) batch: u16,
}

#[derive(Debug, Args)]
pub(crate) struct BenchStore {
    /// How many series, 1 at least.
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) series: u16,
    /// How many days, 1 at least, a reading every 10 s.
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) days: u16,
    /// What the noise is drawn from.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    #[command(flatten)]
    pub(crate) output: BenchOutput,
}

#[derive(Debug, Args)]
pub(crate) struct BenchAlarms {
    /// How many series, 100 at least.
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u16).range(100..))]
    pub(crate) series: u16,
    /// How many rules, the built-in ones among them.
    #[arg(long, default_value_t = 500)]
    pub(crate) rules: u16,
    /// How many minutes of a reading every 10 s, 1 at least; five more before do not count.
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) minutes: u16,
    /// Prints JSON for programs.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct BenchTry {
    /// How many series, 1 at least.
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) series: u16,
    /// How many days, 1 to 365, a reading every 10 s.
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u16).range(1..=365))]
    pub(crate) days: u16,
    /// What the noise is drawn from.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    #[command(flatten)]
    pub(crate) output: BenchOutput,
}

#[derive(Debug, Args)]
pub(crate) struct BenchHostile {
    /// How many honest agents, 1 to 1,000, each with five readings a second.
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u16).range(1..=1_000))]
    pub(crate) agents: u16,
    /// How long, in seconds, 1 at least.
    #[arg(long, default_value_t = 300, value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) seconds: u16,
    #[command(flatten)]
    pub(crate) output: BenchOutput,
}

#[derive(Debug, Args)]
pub(crate) struct BenchForecast {
    /// How many losses of cooling for each interval and time constant, 1 at least.
    #[arg(long, default_value_t = 300, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(crate) runs: u32,
    /// How many rooms cycle for each interval, 1 at least.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) rooms: u16,
    /// How many days they cycle, 1 at least.
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) days: u16,
    /// What the rooms are drawn from.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Prints JSON for programs.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct BenchLatency {
    /// How many edges, 1 at least.
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) edges: u32,
    #[command(flatten)]
    pub(crate) output: BenchOutput,
}

#[derive(Debug, Args)]
pub(crate) struct BenchLogIn {
    /// Wrong passwords a second from one address, 1 to 1,000.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u16).range(1..=1_000))]
    pub(crate) guesses: u16,
    /// How long it guesses, in seconds, 1 at least.
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) seconds: u16,
    #[command(flatten)]
    pub(crate) output: BenchOutput,
}
