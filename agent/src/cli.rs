//! The agent's command line: `run`, `check`, `read`. Used by the small binary `plenum-agent` and by `plenum agent`.
//!
//! Exit codes: 0 all is well; 1 the configuration is invalid, a sensor gave a fault (`read`) or the agent failed;
//! 2 the command line was not understood.
#![expect(clippy::print_stdout, reason = "this is the command line")]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::Subcommand;
use plenum_link::{Shutdown, SystemClock, shutdown::Reloads};
use plenum_protocol::{Clock, Duration, Quantity};

use crate::bus::OpenedSensor;
use crate::{AgentConfig, AgentHandle};

const DEFAULT_FILE: &str = "/etc/plenum/agent.toml";

/// What the agent can be told to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Read the sensors, spool the readings and send them, until told to stop. SIGHUP reads the configuration again.
    Run {
        /// The configuration.
        #[arg(default_value = DEFAULT_FILE)]
        file: PathBuf,
    },
    /// Look for mistakes in a configuration, without touching a device. Exit code 1 if there are any.
    Check {
        /// The configuration.
        #[arg(default_value = DEFAULT_FILE)]
        file: PathBuf,
    },
    /// Read every sensor once and print its values, or its fault and what to try. Exit code 1 if there was a fault.
    Read {
        /// The configuration.
        #[arg(default_value = DEFAULT_FILE)]
        file: PathBuf,
        /// Print one JSON document instead.
        #[arg(long)]
        json: bool,
    },
}

impl Command {
    /// Does it.
    pub fn execute(self) -> ExitCode {
        match self {
            Self::Run { file } => run(&file),
            Self::Check { file } => check(&file),
            Self::Read { file, json } => match read(&file, json) {
                Ok(true) => ExitCode::SUCCESS,
                Ok(false) | Err(()) => ExitCode::FAILURE,
            },
        }
    }
}

fn load(file: &Path) -> Result<AgentConfig, ()> {
    AgentConfig::load(file).map_err(|errors| {
        for error in &errors {
            complain(error);
        }
    })
}

fn complain(message: &dyn std::fmt::Display) {
    // Without anyone who reads it there is nothing to be done.
    let _ = writeln!(std::io::stderr(), "{message}");
}

fn check(file: &Path) -> ExitCode {
    let Ok(config) = load(file) else {
        return ExitCode::FAILURE;
    };
    if let Err(error) = config.broker.password() {
        complain(&format_args!("{}: {error}", file.display()));
        return ExitCode::FAILURE;
    }
    println!(
        "{}: all right: agent {}/{}, {} to {}",
        file.display(),
        config.site,
        config.agent,
        match config.sensors.len() {
            1 => "1 sensor".to_owned(),
            count => format!("{count} sensors"),
        },
        config.broker.url
    );
    ExitCode::SUCCESS
}

fn read(file: &Path, json: bool) -> Result<bool, ()> {
    let config = load(file)?;
    let mut sensors = OpenedSensor::open_all(&config.sensors).map_err(|error| complain(&error))?;
    let mut all_well = true;
    let mut documents = Vec::new();
    for sensor in &mut sensors {
        let tick = SystemClock.now().align_down(sensor.interval);
        for (quantity, outcome) in sensor.driver.read(tick) {
            let outcome = outcome.and_then(|value| {
                let fits = quantity.accepts(value);
                if fits {
                    Ok(value)
                } else {
                    Err(plenum_protocol::Fault::OutOfRange)
                }
            });
            all_well &= outcome.is_ok();
            let name = format!("{}/{quantity}", sensor.id);
            if json {
                documents.push(match outcome {
                    Ok(value) => {
                        serde_json::json!({"name": name, "at": tick, "value": value, "unit": quantity.unit()})
                    }
                    Err(fault) => serde_json::json!({
                        "name": name, "at": tick, "fault": fault, "advice": sensor.driver.advice(fault)
                    }),
                });
                continue;
            }
            match outcome {
                Ok(value) => println!("{name:<44} {}", in_words(quantity, value)),
                Err(fault) => {
                    println!("{name:<44} {fault}: {}", sensor.driver.advice(fault));
                }
            }
        }
    }
    if json {
        println!("{}", serde_json::json!({ "readings": documents }));
    }
    Ok(all_well)
}

fn in_words(quantity: Quantity, value: f64) -> String {
    match quantity.kind() {
        plenum_protocol::quantity::Kind::Boolean if value == 0.0 => "no".to_owned(),
        plenum_protocol::quantity::Kind::Boolean => "yes".to_owned(),
        plenum_protocol::quantity::Kind::Number => {
            let rounded = format!("{value:.3}");
            let short = rounded.trim_end_matches('0').trim_end_matches('.');
            let exact = value.to_string();
            let text = if short == "0" || short == "-0" {
                &exact
            } else {
                short
            };
            match quantity.unit() {
                "/" => format!("{text} (of 1)"),
                unit => format!("{text} {unit}"),
            }
        }
    }
}

fn run(file: &Path) -> ExitCode {
    let Ok(config) = load(file) else {
        return ExitCode::FAILURE;
    };
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_default_env()
                .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info")),
        )
        .with_writer(std::io::stderr)
        .with_ansi(false);
    // A program that runs agents in process may have its own already.
    let _ = subscriber.try_init();
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            complain(&format_args!("the runtime cannot be started: {error}"));
            return ExitCode::FAILURE;
        }
    };
    let result = runtime.block_on(run_until_stopped(config, file));
    // A bus thread that hangs in its device must not hold the process.
    runtime.shutdown_background();
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&format_args!("{error:#}"));
            ExitCode::FAILURE
        }
    }
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
            () = clock.sleep_until(clock.now() + wait) => {}
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
