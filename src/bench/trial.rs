//! `plenum bench try`: a revision tried on a month of sensors, from the chunks on disk, as `plenum site try` does it.

use std::fmt::Write;
use std::sync::Arc;

use anyhow::Result;
use plenum_collector::trials::{Trial, Trials};
use plenum_core::site::Site;
use plenum_core::trial::{IN_FORCE, TRIED};
use plenum_protocol::{Duration, config_error};
use serde::Serialize;

use super::folder::Folder;
use super::store::{self, Filled};
use super::{grouped, mebibytes, process};
use crate::cli::bench::BenchTry;
use crate::print;

/// How long the usual month may take, in seconds.
const GOAL: f64 = 5.0;

#[derive(Serialize)]
struct Report {
    series: u16,
    days: u16,
    readings: u64,
    runs: Vec<Run>,
    peak_memory: u64,
    processors: usize,
    file_system: String,
}

/// One revision against another.
#[derive(Serialize)]
struct Run {
    about: &'static str,
    seconds: f64,
    readings_per_second: f64,
    alarms: [u32; 2],
}

pub(crate) async fn run(arguments: BenchTry) -> Result<()> {
    let folder = Folder::new(arguments.output.data.as_deref())?;
    let report = measure(&arguments, &folder).await?;
    if arguments.output.json {
        return print::json(&report);
    }
    report.lines().iter().try_for_each(|line| print::line(line))
}

async fn measure(arguments: &BenchTry, folder: &Folder) -> Result<Report> {
    let Filled {
        journal,
        history,
        readings,
        end,
        ..
    } = store::fill((arguments.series, arguments.days, arguments.seed), folder.path()).await?;
    let trials = Trials::new(journal.database().clone(), history);
    let period = (end - Duration::from_hours(24 * i64::from(arguments.days)), end);
    let in_force = site(arguments.series, "")?;
    let mut runs = Vec::new();
    for (about, rules) in [
        ("the revision in force itself", ""),
        ("inlets from 24 C", WARM),
        ("and a limit amid the readings of each series", AMID),
    ] {
        let tried = site(arguments.series, rules)?;
        let trial = trials.run(tried, in_force.clone(), period, end).await?;
        runs.push(Run::of(about, &trial));
    }
    Ok(Report {
        series: arguments.series,
        days: arguments.days,
        readings,
        runs,
        peak_memory: process::peak_memory(std::process::id())?,
        processors: process::processors(),
        file_system: folder.file_system(),
    })
}

/// A rule that some sensors pass for hours.
const WARM: &str = r#"
[[rule]]
id = "inlet-high"
name = "Inlet too warm"
priority = "medium"
select = { quantities = ["temperature"], places = ["inlet"] }
when = { above = { limit = 24, deadband = 1 } }
on_delay = "5min"
off_delay = "5min"
"#;

/// Rules whose limits lie where the readings are, so that fewer blocks can be passed over.
const AMID: &str = r#"
[[rule]]
id = "inlet-high"
name = "Inlet too warm"
priority = "medium"
select = { quantities = ["temperature"], places = ["inlet"] }
when = { above = { limit = 22.5, deadband = 0.5 } }
on_delay = "5min"
off_delay = "5min"
[[rule]]
id = "humidity-high"
name = "Too humid"
priority = "medium"
select = { quantities = ["humidity"] }
when = { above = { limit = 45, deadband = 1 } }
on_delay = "15min"
off_delay = "15min"
"#;

/// A site that places the bench's sensors, with rules of its own beside the built-in ones.
fn site(series: u16, rules: &str) -> Result<Arc<Site>> {
    let mut text = String::from("[site]\nid = \"bench\"\nname = \"Bench\"\nzone = \"Europe/Amsterdam\"\n");
    text.push_str("[[room]]\nid = \"room\"\nname = \"Room\"\n");
    for number in 0..series {
        let (agent, within) = (number / store::SENSORS, number % store::SENSORS);
        let place = if within < 7 { "inlet" } else { "room" };
        writeln!(
            text,
            "[[sensor]]\nagent = \"agent-{agent}\"\nid = \"sensor-{within}\"\nname = \"{agent}-{within}\"\nroom = \"room\"\nplace = \"{place}\""
        )?;
    }
    text.push_str(rules);
    Ok(Arc::new(config_error::parse("site.toml", &text)?))
}

impl Run {
    fn of(about: &'static str, trial: &Trial) -> Self {
        let sides = &trial.comparison.sides;
        Self {
            about,
            seconds: trial.seconds,
            readings_per_second: trial.readings as f64 / trial.seconds.max(0.001),
            alarms: [sides[TRIED].alarms, sides[IN_FORCE].alarms],
        }
    }
}

impl Report {
    fn lines(&self) -> Vec<String> {
        let head = format!(
            "{} series, {} days, a reading every 10 s: {} readings; {} processors, {}",
            self.series,
            self.days,
            grouped(self.readings as f64),
            self.processors,
            self.file_system
        );
        let runs = self.runs.iter().map(|run| {
            format!(
                "{:.2} s (goal {GOAL}), {} readings a second: {}; {} alarms, in force {}",
                run.seconds,
                grouped(run.readings_per_second),
                run.about,
                run.alarms[TRIED],
                run.alarms[IN_FORCE]
            )
        });
        let memory = format!(
            "at most {:.1} MiB of memory, the making of the readings included",
            mebibytes(self.peak_memory)
        );
        [head].into_iter().chain(runs).chain([memory]).collect()
    }
}
