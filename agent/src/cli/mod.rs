//! The agent's command line: `run`, `check`, `read`, `adopt`, `join`. Used by the small binary `plenum-agent` and by `plenum agent`.

mod adopt;
mod join;

use std::io::{BufRead, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Parser, Subcommand};
use plenum_link::causes::with_causes;
use plenum_link::shutdown::Reloads;
use plenum_link::{Exit, Shutdown, SystemClock, logs, output};
use plenum_protocol::config_error::ConfigError;
use plenum_protocol::{Clock, Duration, Fault, Quantity, Timestamp};
use serde_json::json;

use crate::bus::OpenedSensor;
use crate::driver::Sample;
use crate::spool::SpoolError;
use crate::uplink::UplinkError;
use crate::{AgentConfig, AgentError, AgentHandle};

const DEFAULT_FILE: &str = "/etc/plenum/agent.toml";

/// Reads sensors, spools every reading durably and sends it until the collector has acknowledged it.
#[derive(Debug, Parser)]
#[command(name = "plenum-agent", version, max_term_width = 120, after_help = after_help())]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

fn after_help() -> String {
    let codes = [Exit::Done, Exit::Failed, Exit::Usage, Exit::Configuration];
    format!(
        "{}\n\nEnvironment:\n  RUST_LOG  what is logged, as in info,rumqttc=warn; where it is not set, PLENUM_LOG",
        Exit::help(&codes)
    )
}

/// What the agent can be told to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Read the sensors, spool the readings and send them, until told to stop. SIGHUP reads the configuration again.
    Run {
        /// The configuration.
        #[arg(default_value = DEFAULT_FILE)]
        file: PathBuf,
    },
    /// Look for mistakes in a configuration, without touching a device. Exit code 78 if there are any.
    Check {
        /// The configuration.
        #[arg(default_value = DEFAULT_FILE)]
        file: PathBuf,
        /// Print one JSON document instead: {"file","problems":[{"file","line","column","message","suggestion"}]}.
        #[arg(long)]
        json: bool,
    },
    /// Read every sensor once and print its values, or its fault and what to try. Exit code 1 if there was a fault.
    Read {
        /// The configuration.
        #[arg(default_value = DEFAULT_FILE)]
        file: PathBuf,
        /// Print one JSON document instead: {"readings":[{"name","at","value","unit"} or {"name","at","fault","advice"}]}.
        #[arg(long)]
        json: bool,
    },
    /// Say what becomes of a spool that is another agent's, after a card was copied or a host renamed. The agent must not run.
    Adopt {
        /// The configuration.
        #[arg(default_value = DEFAULT_FILE)]
        file: PathBuf,
        /// The host was renamed on purpose: what is not delivered yet is sent under the new name.
        #[arg(long, conflicts_with = "discard")]
        keep: bool,
        /// The card was copied: drop all that it holds and begin anew as this agent.
        #[arg(long)]
        discard: bool,
        /// Do not ask.
        #[arg(long)]
        yes: bool,
    },
    /// Join the collector that gave a code out (`plenum enroll`): make a key, get its certificate, and write into the configuration where the broker is. Without
    /// a code: forget the collector that was followed, and deliver all that is still held to the next one that acknowledges. The agent may run.
    Join {
        /// The code, mqtts://SITE/AGENT@HOST:PORT#..., in quotes; it may be left out.
        #[arg(value_name = "CODE")]
        code: Option<PathBuf>,
        /// The configuration, /etc/plenum/agent.toml by default; with a code it is made if it is not there.
        file: Option<PathBuf>,
        /// Do not ask.
        #[arg(long)]
        yes: bool,
    },
}

impl Command {
    /// Runs the command to its end and returns the exit code.
    pub fn execute(self) -> ExitCode {
        let outcome = match self {
            Self::Run { file } => run(&file),
            Self::Check { file, json } => check(&file, json),
            Self::Read { file, json } => read(&file, json),
            Self::Adopt {
                file,
                keep,
                discard,
                yes,
            } => adopt::run(&file, adopt::Choice::of(keep, discard), yes),
            Self::Join { code, file, yes } => join::run(code, file, yes),
        };
        outcome.unwrap_or_else(|exit| exit).into()
    }
}

/// How it ended; an error has been told already.
type Outcome = Result<Exit, Exit>;

fn load(file: &Path) -> Result<AgentConfig, Exit> {
    AgentConfig::load(file).map_err(|errors| {
        for error in &errors {
            complain(error);
        }
        Exit::Configuration
    })
}

fn complain(message: &dyn std::fmt::Display) {
    // Without anyone who reads it there is nothing to be done.
    let _ = writeln!(std::io::stderr(), "{message}");
}

/// Says a line on standard output.
fn say(line: &str) -> Result<(), Exit> {
    output::line(line).map_err(|error| {
        complain(&error);
        Exit::Failed
    })
}

/// Asks a person, unless that was answered beforehand.
fn confirm(yes: bool, question: &str) -> Result<(), Exit> {
    if yes {
        return Ok(());
    }
    say(&format!("{question} Type yes:"))?;
    let mut answer = String::new();
    // Nobody there to answer says no.
    let _ = std::io::stdin().lock().read_line(&mut answer);
    if answer.trim().eq_ignore_ascii_case("yes") {
        return Ok(());
    }
    complain(&"nothing was changed; --yes answers beforehand");
    Err(Exit::Failed)
}

/// Tells an error of the spool.
fn failed(error: SpoolError) -> Exit {
    complain(&with_causes(&error));
    Exit::Failed
}

fn check(file: &Path, json: bool) -> Outcome {
    let name = file.display().to_string();
    let checked =
        AgentConfig::load(file).and_then(|config| match config.broker.refused(SystemClock::shared()) {
            None => Ok(config),
            Some(error) => Err(vec![ConfigError::of_file(&name, error)]),
        });
    let problems = checked.as_ref().err().map_or(&[][..], Vec::as_slice);
    if json {
        say(&json!({ "file": name, "problems": problems }).to_string())?;
    } else {
        problems.iter().for_each(|problem| complain(problem));
    }
    let config = checked.map_err(|_| Exit::Configuration)?;
    if !json {
        let count = counted(&config);
        say(&format!(
            "{name}: all right: agent {}/{}, {count} to {}",
            config.site, config.agent, config.broker.url
        ))?;
    }
    Ok(Exit::Done)
}

/// How many sensors there are, and outputs where there are any.
fn counted(config: &AgentConfig) -> String {
    let some = |count: usize, one: &str| match count {
        1 => format!("1 {one}"),
        count => format!("{count} {one}s"),
    };
    let sensors = some(config.sensors.len(), "sensor");
    match config.outputs.len() {
        0 => sensors,
        count => format!("{sensors} and {}", some(count, "output")),
    }
}

fn read(file: &Path, json: bool) -> Outcome {
    let config = load(file)?;
    let mut sensors = OpenedSensor::open_all(&config.sensors).map_err(|error| {
        complain(&error);
        Exit::Configuration
    })?;
    let mut exit = Exit::Done;
    let mut documents = Vec::new();
    for sensor in &mut sensors {
        let (tick, samples) = first_reading(sensor);
        for (quantity, outcome) in samples {
            let outcome = outcome.and_then(|value| match quantity.accepts(value) {
                true => Ok(value),
                false => Err(Fault::OutOfRange),
            });
            let name = format!("{}/{quantity}", sensor.id);
            let advice = outcome.err().map(|fault| sensor.driver.advice(fault));
            if outcome.is_err() {
                exit = Exit::Failed;
            }
            if json {
                documents.push(match outcome {
                    Ok(value) => json!({"name": name, "at": tick, "value": value, "unit": quantity.unit()}),
                    Err(fault) => json!({"name": name, "at": tick, "fault": fault, "advice": advice}),
                });
                continue;
            }
            say(&match outcome {
                Ok(value) => format!("{name:<44} {}", in_words(quantity, value)),
                Err(fault) => format!("{name:<44} {fault}: {}", advice.unwrap_or_default()),
            })?;
        }
    }
    if json {
        say(&json!({ "readings": documents }).to_string())?;
    }
    Ok(exit)
}

/// Reads a sensor once, or as often as one needs that measures nothing before it was on for a while.
fn first_reading(sensor: &mut OpenedSensor) -> (Timestamp, Vec<Sample>) {
    const STEP: Duration = Duration::from_seconds(1);
    let mut left = sensor.driver.begins_within();
    loop {
        let tick = SystemClock.now().align_down(sensor.interval);
        let samples = sensor.driver.read(tick);
        let is_late = samples.iter().all(|(_, outcome)| *outcome == Err(Fault::Timeout));
        if !is_late || left <= Duration::ZERO {
            return (tick, samples);
        }
        std::thread::sleep(STEP.to_std());
        left = left - STEP;
    }
}

fn in_words(quantity: Quantity, value: f64) -> String {
    match quantity.kind() {
        plenum_protocol::quantity::Kind::Boolean if value == 0.0 => "no".to_owned(),
        plenum_protocol::quantity::Kind::Boolean => "yes".to_owned(),
        plenum_protocol::quantity::Kind::Number => {
            let rounded = format!("{value:.3}");
            let short = rounded.trim_end_matches('0').trim_end_matches('.');
            let exact = value.to_string();
            // A share of carbon dioxide is nothing but its fourth place and those behind it.
            let text = if value.abs() < 0.1 { &exact } else { short };
            match quantity.unit() {
                "/" => format!("{text} (of 1)"),
                unit => format!("{text} {unit}"),
            }
        }
    }
}

fn run(file: &Path) -> Outcome {
    let config = load(file)?;
    logs::begin("info");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| {
            complain(&format_args!("the runtime cannot be started: {error}"));
            Exit::Failed
        })?;
    let result = runtime.block_on(run_until_stopped(config, file));
    // A bus thread that hangs in its device must not hold the process.
    runtime.shutdown_background();
    match result {
        Ok(()) => Ok(Exit::Done),
        Err(error) => {
            complain(&with_causes(error.as_ref()));
            Err(match error.chain().any(is_of_configuration) {
                true => Exit::Configuration,
                false => Exit::Failed,
            })
        }
    }
}

/// Whether the agent does not start for what its files say, so that starting again is of no use.
fn is_of_configuration(cause: &(dyn std::error::Error + 'static)) -> bool {
    let cause = cause.downcast_ref();
    matches!(
        cause,
        Some(
            AgentError::Sensor(_)
                | AgentError::Uplink(UplinkError::Broker(_) | UplinkError::Password(_) | UplinkError::Tls(_))
                | AgentError::Spool(
                    SpoolError::Refused { .. } | SpoolError::LeftBehind { .. } | SpoolError::Owner { .. }
                )
        )
    )
}

async fn run_until_stopped(config: AgentConfig, file: &Path) -> anyhow::Result<()> {
    let shutdown = Shutdown::new();
    shutdown.on_signals()?;
    let mut reloads = Reloads::new()?;
    let clock: Arc<dyn Clock> = SystemClock::shared();
    let agent = crate::start(config, clock.clone(), &shutdown).await?;
    let figures = agent.figures();
    tell_systemd(&[sd_notify::NotifyState::Ready]);
    // Half of what systemd allows, as sd_watchdog_enabled(3) advises.
    let beat = sd_notify::watchdog_enabled()
        .map(|limit| Duration::from_milliseconds(i64::try_from(limit.as_millis() / 2).unwrap_or(i64::MAX)));
    while !agent.is_finished() {
        let wait = beat
            .unwrap_or(Duration::from_minutes(1))
            .min(Duration::from_minutes(1));
        tokio::select! {
            () = shutdown.requested() => break,
            () = reloads.requested() => reload(&agent, file).await,
            () = clock.sleep(wait) => {}
        }
        if beat.is_some() && figures.is_alive() {
            tell_systemd(&[sd_notify::NotifyState::Watchdog]);
        }
    }
    tell_systemd(&[sd_notify::NotifyState::Stopping]);
    agent.finished().await?;
    Ok(())
}

async fn reload(agent: &AgentHandle, file: &Path) {
    match AgentConfig::load(file) {
        Ok(config) => {
            if let Err(error) = agent.reload(config).await {
                tracing::error!(%error, "the configuration was not reloaded; the old one goes on");
            }
        }
        Err(errors) => {
            for error in errors {
                tracing::error!(%error, "the configuration was not reloaded; the old one goes on");
            }
        }
    }
}

fn tell_systemd(state: &[sd_notify::NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(state) {
        tracing::debug!(%error, "systemd was not told");
    }
}
