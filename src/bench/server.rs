//! The server of a bench: `plenum serve`, and what it counts on `/metrics`.

use std::path::Path;
use std::process::Stdio;

use anyhow::{Context, Result};
use plenum_link::logs;
use serde::Deserialize;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use super::program::{id, this_program};

/// A running server; it ends when dropped.
pub(crate) struct Server {
    /// Where people ask.
    pub(crate) url: String,
    /// The link for the first administrator.
    pub(crate) first: Option<String>,
    /// Where agents publish.
    pub(crate) mqtt: String,
    /// Its process's number, for what `/proc` tells of it.
    pub(crate) process: u32,
    metrics: String,
    http: reqwest::Client,
    _child: Child,
}

#[derive(Deserialize)]
struct Said {
    url: String,
    first: Option<String>,
    mqtt: String,
}

/// What a server has counted since its start.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Counted {
    /// Readings that are durable.
    pub(crate) readings: u64,
    /// Batches that are.
    pub(crate) batches: u64,
    /// Group commits.
    pub(crate) groups: u64,
    /// Seconds that they took.
    pub(crate) seconds: f64,
    /// Messages that came.
    pub(crate) messages: u64,
}

impl Server {
    /// Starts one with these keys of `[broker]` and further tables, and waits until all is up.
    pub(crate) async fn start(folder: &Path, broker: &str, tables: &str) -> Result<Self> {
        Self::launch(folder, broker, tables, this_program()?).await
    }

    /// The same, where what it would warn of is the bench's doing.
    pub(crate) async fn start_silently(folder: &Path, broker: &str) -> Result<Self> {
        let mut command = this_program()?;
        command.env(logs::VARIABLES[0], "error");
        Self::launch(folder, broker, "", command).await
    }

    async fn launch(folder: &Path, broker: &str, tables: &str, mut command: Command) -> Result<Self> {
        let file = folder.join("collector.toml");
        let text = format!("data = \"data\"\n[http]\nlisten = \"127.0.0.1:0\"\n[broker]\n{broker}\n{tables}");
        std::fs::write(&file, text).with_context(|| format!("{}: cannot be written", file.display()))?;
        command.args(["serve", "--json", "--config"]).arg(&file);
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = command.spawn()?;
        let mut line = String::new();
        let output = child.stdout.take().context("the server has no output")?;
        BufReader::new(output).read_line(&mut line).await?;
        let said: Said =
            serde_json::from_str(&line).context("the server did not start; its last words stand above")?;
        Ok(Self {
            mqtt: said.mqtt,
            process: id(&child)?,
            metrics: format!("{}/metrics", said.url),
            url: said.url,
            first: said.first,
            http: reqwest::Client::new(),
            _child: child,
        })
    }

    /// All that it tells on `/metrics`.
    pub(crate) async fn told(&self) -> Result<String> {
        Ok(self.http.get(&self.metrics).send().await?.text().await?)
    }

    /// What it has counted.
    pub(crate) async fn counted(&self) -> Result<Counted> {
        let text = self.told().await?;
        Counted::read(&text).context("/metrics does not tell what intake counted")
    }
}

impl Counted {
    fn read(metrics: &str) -> Option<Self> {
        let value = |name: &str| {
            let mut lines = metrics.lines().filter_map(|line| line.split_once(' '));
            let (_, value) = lines.find(|(key, _)| *key == name)?;
            value.parse::<f64>().ok()
        };
        let count = |name: &str| value(name).map(|count| count as u64);
        Some(Self {
            readings: count("plenum_intake_readings_total")?,
            batches: count("plenum_intake_batches_total{outcome=\"committed\"}")?,
            groups: count("plenum_intake_commit_duration_seconds_count")?,
            seconds: value("plenum_intake_commit_duration_seconds_sum")?,
            messages: count("plenum_intake_messages_total")?,
        })
    }

    /// What has come since.
    pub(crate) fn since(self, before: &Self) -> Self {
        Self {
            readings: self.readings - before.readings,
            batches: self.batches - before.batches,
            groups: self.groups - before.groups,
            seconds: self.seconds - before.seconds,
            messages: self.messages - before.messages,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_metrics_are_read_by_name() {
        let text = "# TYPE plenum_intake_readings_total counter\nplenum_intake_readings_total 40\n\
                    plenum_intake_batches_total{outcome=\"committed\"} 4\n\
                    plenum_intake_commit_duration_seconds_sum 0.009\nplenum_intake_commit_duration_seconds_count 2\n\
                    plenum_intake_messages_total 5\n";
        let counted = Counted::read(text).unwrap();
        assert_eq!((counted.readings, counted.batches, counted.messages), (40, 4, 5));
        assert_eq!(counted.since(&counted).batches, 0);
        assert_eq!(Counted::read("plenum_intake_messages_total 2\n"), None);
    }
}
