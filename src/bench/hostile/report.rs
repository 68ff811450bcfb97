//! What `plenum bench hostile` found, for people and for programs.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result};
use serde::Serialize;
use serde_json::Value;

use super::CULPRIT;
use super::attacks::{Attack, Attacks};
use super::honest::Outcome;
use crate::bench::{grouped, mebibytes};
use crate::cli::bench::BenchHostile;
use crate::print;

/// Milliseconds within which 99 % of the honest batches should be committed.
const GOAL_LATENCY: f64 = 2_000.0;
/// MiB that the server should need at most.
const GOAL_MEMORY: f64 = 300.0;

#[derive(Serialize)]
pub(super) struct Report {
    agents: u16,
    seconds: u16,
    /// Of the honest agents.
    readings: usize,
    readings_missing: usize,
    batches_sent_again: usize,
    /// From a batch's making to its acknowledgement.
    milliseconds: Milliseconds,
    /// VmHWM, in bytes.
    server_peak_memory: u64,
    attacks: BTreeMap<&'static str, Attack>,
    /// What the server counted of refusals, drops and the like meanwhile.
    server_refused: BTreeMap<String, u64>,
    /// Rules of the alarms that name the culprit, and how many there are of each.
    alarms: BTreeMap<String, u64>,
}

#[derive(Serialize)]
struct Milliseconds {
    p50: f64,
    p99: f64,
    max: f64,
}

impl Report {
    pub(super) fn new(
        arguments: &BenchHostile,
        outcomes: Vec<Outcome>,
        attacks: &Attacks,
        (before, after): (&str, &str),
        server_peak_memory: u64,
        alarms: BTreeMap<String, u64>,
    ) -> Self {
        let sum = |count: fn(&Outcome) -> usize| outcomes.iter().map(count).sum();
        let mut waits: Vec<f64> = outcomes
            .iter()
            .flat_map(|outcome| outcome.milliseconds.iter().copied())
            .collect();
        waits.sort_by(f64::total_cmp);
        Self {
            agents: arguments.agents,
            seconds: arguments.seconds,
            readings: sum(|outcome| outcome.readings),
            readings_missing: sum(|outcome| outcome.missing),
            batches_sent_again: sum(|outcome| outcome.again),
            milliseconds: Milliseconds {
                p50: quantile(&waits, 0.5),
                p99: quantile(&waits, 0.99),
                max: waits.last().copied().unwrap_or(0.0),
            },
            server_peak_memory,
            attacks: attacks.list(),
            server_refused: refused(before, after),
            alarms,
        }
    }

    pub(super) fn print(&self, json: bool) -> Result<()> {
        if json {
            return print::json(self);
        }
        let Milliseconds { p50, p99, max } = self.milliseconds;
        let memory = mebibytes(self.server_peak_memory);
        print::line(&format!(
            "honest readings     {} made, {} missing, {} batches sent again",
            grouped(self.readings as f64),
            self.readings_missing,
            self.batches_sent_again
        ))?;
        print::line(&format!(
            "until stored        {p50:.0} ms half, {p99:.0} ms 99 % ({}), {max:.0} ms the last",
            judged(p99 <= GOAL_LATENCY, "goal 2,000")
        ))?;
        print::line(&format!(
            "server's memory     {memory:.0} MiB at most ({})",
            judged(memory <= GOAL_MEMORY, "goal 300")
        ))?;
        for (name, attack) in &self.attacks {
            print::line(&format!(
                "attack {name:<12} {} sent, {} refused, {} times sent away",
                grouped(attack.sent as f64),
                grouped(attack.refused as f64),
                grouped(attack.sent_away as f64)
            ))?;
        }
        for (name, count) in &self.server_refused {
            print::line(&format!("{name} {}", grouped(*count as f64)))?;
        }
        let alarms: Vec<String> = self
            .alarms
            .iter()
            .map(|(rule, count)| format!("{count} {rule}"))
            .collect();
        let alarms = if alarms.is_empty() {
            "none".to_owned()
        } else {
            alarms.join(", ")
        };
        print::line(&format!("alarms that name it {alarms}"))
    }
}

fn judged(met: bool, goal: &str) -> String {
    match met {
        true => goal.to_owned(),
        false => format!("{goal}: missed"),
    }
}

fn quantile(sorted: &[f64], part: f64) -> f64 {
    let index = (sorted.len() as f64 * part).ceil() as usize;
    sorted.get(index.saturating_sub(1)).copied().unwrap_or(0.0)
}

/// Figures that tell of what was turned away, and by how much they rose.
fn refused(before: &str, after: &str) -> BTreeMap<String, u64> {
    const WORDS: [&str; 8] = [
        "refused",
        "dropped",
        "closed",
        "oversized",
        "dead_letters_total",
        "ignored",
        "duplicate",
        "failures",
    ];
    let count = |text: &str, name: &str| -> u64 {
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.and_then(|value| value.parse::<f64>().ok()).unwrap_or(0.0) as u64
    };
    let names = after.lines().filter(|line| !line.starts_with('#'));
    let names = names.filter_map(|line| Some(line.rsplit_once(' ')?.0));
    let told = names.filter(|name| name.contains("_total") && WORDS.iter().any(|word| name.contains(word)));
    told.map(|name| (name.to_owned(), count(after, name) - count(before, name)))
        .filter(|(_, count)| *count > 0)
        .collect()
}

/// The rules of the alarms that name the culprit and how many there are of each, asked of the server over its API.
pub(super) async fn alarms_of(folder: &Path) -> Result<BTreeMap<String, u64>> {
    let access = folder.join("data/run/cli.json");
    let text =
        std::fs::read_to_string(&access).with_context(|| format!("{}: cannot be read", access.display()))?;
    let access: Value = serde_json::from_str(&text)?;
    let word = |key: &str| access[key].as_str().unwrap_or_default().to_owned();
    let client = reqwest::Client::new();
    let mut rules = BTreeMap::new();
    let mut cursor = String::new();
    loop {
        let asked = client
            .get(format!(
                "{}/api/v1/alarms?state=all&limit=500{cursor}",
                word("url")
            ))
            .bearer_auth(word("token"));
        let alarms: Value = asked.send().await?.error_for_status()?.json().await?;
        let items = alarms["items"].as_array().cloned().unwrap_or_default();
        let of_it = items.iter().filter(|alarm| alarm.to_string().contains(CULPRIT));
        for rule in of_it.filter_map(|alarm| alarm["rule"].as_str()) {
            *rules.entry(rule.to_owned()).or_default() += 1;
        }
        match alarms["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return Ok(rules),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_taken_from_what_is_there() {
        let sorted: Vec<f64> = (1..=100).map(f64::from).collect();
        assert_eq!((quantile(&sorted, 0.5), quantile(&sorted, 0.99)), (50.0, 99.0));
        assert_eq!(quantile(&[], 0.99), 0.0);
    }

    #[test]
    fn what_rose_of_refusals_is_told() {
        let before = "x_refused_total 2\ny_total 1\n";
        let after =
            "# TYPE x_refused_total counter\nx_refused_total 5\ny_total 9\nz_ignored_total{reason=\"a\"} 1\n";
        let expected = [("x_refused_total", 3), ("z_ignored_total{reason=\"a\"}", 1)];
        assert_eq!(
            refused(before, after),
            expected.map(|(name, count)| (name.to_owned(), count)).into()
        );
    }
}
