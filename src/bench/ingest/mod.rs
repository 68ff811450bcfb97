//! `plenum bench ingest`: agents' spools and uplinks in one process, `plenum serve` in another, and what is committed there.

mod report;

use std::path::Path;
use std::process::Stdio;

use anyhow::{Context, Result, bail};
use plenum_link::{Stopwatch, SystemClock};
use plenum_protocol::{Clock, Duration};
use tokio::process::{Child, Command};

use super::folder::Folder;
use super::program::{id, quiet, this_program};
use super::server::Server;
use super::{mosquitto, process};
use crate::cli::bench::BenchIngest;
use crate::print;
use report::{Report, Row, Used};

/// What does not count: connections, first pages, empty queues.
const WARM_UP: Duration = Duration::from_seconds(5);
/// The longest that everything may take to come up.
const PATIENCE: Duration = Duration::from_seconds(30);
/// How often the server is asked while it is measured.
const LOOK: Duration = Duration::from_seconds(2);
/// Sensors of the agent whose memory is measured.
const SENSORS: usize = 10;

/// Through which broker.
enum Broker {
    Embedded,
    Mosquitto,
    At(String),
}

pub(crate) async fn run(arguments: BenchIngest) -> Result<()> {
    let brokers = brokers(&arguments.broker)?;
    let folder = Folder::new(arguments.output.data.as_deref())?;
    let mut report = Report::new(&arguments, folder.file_system());
    for (index, broker) in brokers.iter().enumerate() {
        if !arguments.output.json {
            let seconds = i64::from(arguments.seconds) + WARM_UP.milliseconds() / 1_000;
            print::line(&format!("{}: {seconds} s ...", broker.name()))?;
        }
        let part = folder.part(&index.to_string())?;
        report.rows.push(row(&arguments, broker, &part).await?);
    }
    report.print(arguments.output.json)
}

fn brokers(asked: &[String]) -> Result<Vec<Broker>> {
    if asked.is_empty() {
        let also = mosquitto::installed().map(|_| Broker::Mosquitto);
        return Ok([Broker::Embedded].into_iter().chain(also).collect());
    }
    let broker = |text: &String| match text.as_str() {
        "embedded" => Ok(Broker::Embedded),
        "mosquitto" => Ok(Broker::Mosquitto),
        url if url.starts_with("mqtt://") => Ok(Broker::At(url.to_owned())),
        other => bail!("--broker {other}: write embedded, mosquitto or a URL like mqtt://127.0.0.1:1884"),
    };
    asked.iter().map(broker).collect()
}

impl Broker {
    fn name(&self) -> &str {
        match self {
            Self::Embedded => "embedded",
            Self::Mosquitto => "mosquitto",
            Self::At(url) => url,
        }
    }
}

async fn row(arguments: &BenchIngest, broker: &Broker, folder: &Path) -> Result<Row> {
    let started = match broker {
        Broker::Mosquitto => Some(mosquitto::start(folder).await?),
        Broker::Embedded | Broker::At(_) => None,
    };
    let external = match (broker, &started) {
        (Broker::At(url), _) => Some(url.as_str()),
        (_, Some(mosquitto)) => Some(mosquitto.url.as_str()),
        _ => None,
    };
    let keys = match external {
        Some(url) => format!("url = \"{url}\""),
        None => "listen = \"127.0.0.1:0\"\naccept_new_agents = true".to_owned(),
    };
    let server = Server::start(folder, &keys, "").await?;
    let sensors = sensors(folder, &server.mqtt)?;
    let agents = agents(arguments, folder, &server.mqtt)?;
    let mut parts = vec![("server", server.process), ("agents", id(&agents)?)];
    parts.extend(started.as_ref().map(|mosquitto| ("broker", mosquitto.process)));

    let clock = SystemClock;
    let until = clock.steady() + PATIENCE;
    while server.counted().await?.readings == 0 {
        if clock.steady() > until {
            bail!("nothing was committed within {PATIENCE}");
        }
        clock.sleep(Duration::from_milliseconds(50)).await;
    }
    clock.sleep(WARM_UP).await;

    let machine = process::machine_seconds()?;
    let before: Vec<Used> = used(&parts)?;
    let counted = server.counted().await?;
    let watch = Stopwatch::start();
    let end = clock.steady() + Duration::from_seconds(arguments.seconds.into());
    while clock.steady() < end {
        clock.sleep_until(end.min(clock.steady() + LOOK)).await;
        // A server that has ended is noticed at once.
        server.counted().await?;
    }
    let committed = server.counted().await?.since(&counted);
    let seconds = watch.seconds();
    let after = used(&parts)?;
    let machine = process::machine_seconds()? - machine;
    let parts = after
        .into_iter()
        .zip(&before)
        .map(|(after, before)| after.since(before));
    Ok(Row::new(
        broker.name(),
        seconds,
        committed,
        parts.collect(),
        machine,
        process::peak_memory(id(&sensors)?)?,
    ))
}

fn used(parts: &[(&'static str, u32)]) -> Result<Vec<Used>> {
    parts
        .iter()
        .map(|(name, process)| Used::now(name, *process))
        .collect()
}

/// The agents that send as fast as they can.
fn agents(arguments: &BenchIngest, folder: &Path, url: &str) -> Result<Child> {
    let mut command = this_program()?;
    command
        .args(["bench", "agents", "--url", url, "--folder"])
        .arg(folder);
    command.args(["--agents", &arguments.agents.to_string()]);
    command.args(["--batch", &arguments.batch.to_string()]);
    // It ends when this end of the pipe is closed.
    command.stdin(Stdio::piped());
    Ok(command.spawn()?)
}

/// An agent like any other, with sensors that it reads every second: its memory is what a Pi needs.
fn sensors(folder: &Path, url: &str) -> Result<Child> {
    let file = folder.join("agent.toml");
    let mut text = format!(
        "site = \"default\"\nagent = \"sensors\"\nclock = \"trusted\"\n[broker]\nurl = \"{url}\"\n\
         [spool]\npath = \"spool-of-sensors.db\"\n"
    );
    for number in 0..SENSORS {
        text += &format!(
            "[[sensor]]\nid = \"inlet-{number}\"\ndriver = \"simulated\"\ninterval = \"1s\"\nstart = \"2026-01-01T00:00:00Z\"\n\
             seed = {number}\nquantities.temperature = {{ base = 22.0, noise = 0.02 }}\n"
        );
    }
    std::fs::write(&file, text).with_context(|| format!("{}: cannot be written", file.display()))?;
    let mut command = agent_program()?;
    command.arg("run").arg(&file).stdin(Stdio::null());
    Ok(command.spawn()?)
}

/// The small program of the Pi if it lies beside this one, otherwise `plenum agent`.
fn agent_program() -> Result<Command> {
    let mut command = this_program()?;
    let beside = std::env::current_exe()?.with_file_name("plenum-agent");
    if beside.is_file() {
        command = Command::new(beside);
        quiet(&mut command);
    } else {
        command.arg("agent");
    }
    Ok(command)
}
