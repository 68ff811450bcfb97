//! `[[output]]`: what the agent switches, and when by itself.

mod rule;

use std::path::PathBuf;
use std::sync::Arc;

use plenum_protocol::Identifier;
use plenum_protocol::config_error::{ConfigError, suggestion_for};
use plenum_protocol::payload::status::SENSORS;
use serde::Deserialize;

use super::positions::{KeyPositions, Step};
use super::{SensorConfig, ordinal};
use crate::driver::Problem;
use crate::drivers::chip::{self, LineName};
use crate::drivers::switch::{Switch, Wired};
use crate::outputs::Rule;

/// What an output is, for people: a word in the status and on the screens. `identify` blinks lamps, or beeps with buzzers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum What {
    /// Anything behind a relay: a siren, a flashing light.
    #[default]
    Relay,
    /// It sounds.
    Buzzer,
    /// It shines.
    Lamp,
}

impl What {
    /// The word in the file and in the status.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Relay => "relay",
            Self::Buzzer => "buzzer",
            Self::Lamp => "lamp",
        }
    }
}

/// Opens an output's line.
type Open = Arc<dyn Fn() -> Result<Box<dyn Switch>, Problem> + Send + Sync>;

/// An output: its name, its line, and when it goes on by itself.
#[derive(Clone)]
pub struct OutputConfig {
    /// Its name, unique among the agent's outputs and sensors.
    pub id: Identifier,
    /// What it is.
    pub what: What,
    /// The line is active while the output is off, so that it falls when the power does.
    pub rests_on: bool,
    /// When it goes on by itself.
    pub rules: Vec<Rule>,
    /// The line, as a bus is named.
    pub(crate) bus: String,
    pub(crate) open: Open,
}

impl std::fmt::Debug for OutputConfig {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            id,
            what,
            rests_on,
            rules,
            bus,
            ..
        } = self;
        write!(
            formatter,
            "{id} ({}, {bus}, rests on: {rests_on}, {rules:?})",
            what.as_str()
        )
    }
}

impl OutputConfig {
    /// An output whose line is opened by `open` rather than found on a chip: for programs that run an agent in process with a line of their own.
    pub fn given(
        id: Identifier,
        what: What,
        rules: Vec<Rule>,
        open: impl Fn() -> Result<Box<dyn Switch>, Problem> + Send + Sync + 'static,
    ) -> Self {
        Self {
            bus: format!("output {id}"),
            id,
            what,
            rests_on: false,
            rules,
            open: Arc::new(open),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    id: Identifier,
    #[serde(default)]
    what: What,
    chip: Option<PathBuf>,
    line: LineName,
    #[serde(default)]
    active_low: bool,
    #[serde(default)]
    rests_on: bool,
    #[serde(default)]
    rule: Vec<toml::Table>,
}

/// Where an output stands in the file.
struct Place<'a, 'text> {
    positions: &'a KeyPositions<'text>,
    path: Vec<Step<'static>>,
    /// What mistakes are of.
    of: String,
}

impl Place<'_, '_> {
    fn error(&self, key: Option<&str>, message: impl std::fmt::Display) -> ConfigError {
        self.positions
            .at(&self.path, key, format!("{}: {message}", self.of))
    }

    /// Puts an error of its keys at the key that it names.
    fn of_keys(&self, table: &toml::Table, error: &toml::de::Error) -> ConfigError {
        let whole = error.to_string();
        let line = error.message().lines().next().unwrap_or_default();
        let mut named = whole.split('`').skip(1).step_by(2);
        let key = named.find(|word| table.contains_key(*word));
        let placed = self.error(key, line);
        match suggestion_for(error.message()) {
            Some(suggestion) => placed.suggest(suggestion),
            None => placed,
        }
    }
}

/// Reads them all, and says what is wrong with each.
pub(super) fn check(
    tables: Vec<toml::Table>,
    sensors: &[SensorConfig],
    positions: &KeyPositions<'_>,
    errors: &mut Vec<ConfigError>,
) -> Vec<OutputConfig> {
    let mut outputs: Vec<OutputConfig> = Vec::new();
    for (index, table) in tables.into_iter().enumerate() {
        let mut place = Place {
            positions,
            path: vec![("output", index)],
            of: format!("the {} [[output]]", ordinal(index + 1)),
        };
        if sensors.len() + index == SENSORS {
            let message = format!("an agent has {SENSORS} sensors and outputs at most");
            errors.push(place.error(None, message));
        }
        match one(table, sensors, &mut place) {
            Ok(output) => {
                errors.extend(clash(&output, sensors, &outputs, &place));
                outputs.push(output);
            }
            Err(mistakes) => errors.extend(mistakes),
        }
    }
    outputs
}

fn one(
    table: toml::Table,
    sensors: &[SensorConfig],
    place: &mut Place<'_, '_>,
) -> Result<OutputConfig, Vec<ConfigError>> {
    if let Some(id) = table.get("id").and_then(toml::Value::as_str) {
        place.of = format!("output `{id}`");
    }
    let written: Written = table
        .clone()
        .try_into()
        .map_err(|error| vec![place.of_keys(&table, &error)])?;
    let wired = Wired {
        chip: written.chip,
        line: written.line,
        active_low: written.active_low,
        begins_active: written.rests_on,
    };
    Ok(OutputConfig {
        id: written.id,
        what: written.what,
        rests_on: written.rests_on,
        rules: rule::check(written.rule, sensors, place)?,
        bus: chip::bus(wired.chip.as_ref(), &wired.line),
        open: Arc::new(move || wired.request()),
    })
}

/// What of an output is somebody else's already.
fn clash(
    output: &OutputConfig,
    sensors: &[SensorConfig],
    outputs: &[OutputConfig],
    place: &Place<'_, '_>,
) -> Option<ConfigError> {
    let is_sensor = sensors.iter().any(|sensor| sensor.id == output.id);
    if is_sensor || outputs.iter().any(|other| other.id == output.id) {
        let kind = if is_sensor { "a sensor" } else { "another output" };
        let error = place.error(Some("id"), format!("{kind} has this name"));
        return Some(error.suggest("give each sensor and each output a name of its own"));
    }
    let on_line = |sensor: &&SensorConfig| sensor.open().is_ok_and(|opened| opened.bus == output.bus);
    let holder = sensors
        .iter()
        .find(on_line)
        .map(|sensor| format!("sensor `{}`", sensor.id));
    let other = outputs.iter().find(|other| other.bus == output.bus);
    let holder = holder.or_else(|| Some(format!("output `{}`", other?.id)))?;
    let error = place.error(Some("line"), format!("{holder} has the line {}", output.bus));
    Some(error.suggest("a line is either read or switched, by one"))
}

#[cfg(test)]
mod tests;
