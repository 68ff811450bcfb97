//! `[[output.rule]]`: when an output goes on by itself.

use plenum_protocol::config_error::{ConfigError, nearest};
use plenum_protocol::quantity::Kind;
use plenum_protocol::{Duration, Identifier, Quantity};
use serde::Deserialize;

use super::Place;
use crate::config::SensorConfig;
use crate::outputs::{AlarmState, Input, Rule};

/// A collector that is started anew is back before.
const SILENT_LEAST: Duration = Duration::from_minutes(1);
const SILENT_GREATEST: Duration = Duration::from_hours(24);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenRule {
    silent: Duration,
    #[serde(default)]
    input: Vec<toml::Table>,
    silenced_by: Option<Identifier>,
    #[serde(default)]
    blinks: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenInput {
    sensor: Identifier,
    quantity: Option<Quantity>,
    is: Option<bool>,
    above: Option<f64>,
    below: Option<f64>,
}

/// Reads the rules of the output at `place`.
pub(super) fn check(
    tables: Vec<toml::Table>,
    sensors: &[SensorConfig],
    place: &mut Place<'_, '_>,
) -> Result<Vec<Rule>, Vec<ConfigError>> {
    let (mut rules, mut errors) = (Vec::new(), Vec::new());
    for (index, table) in tables.into_iter().enumerate() {
        place.path.push(("rule", index));
        match one(&table, sensors, place) {
            Ok(rule) => rules.push(rule),
            Err(mistakes) => errors.extend(mistakes),
        }
        place.path.pop();
    }
    match errors.is_empty() {
        true => Ok(rules),
        false => Err(errors),
    }
}

fn one(
    table: &toml::Table,
    sensors: &[SensorConfig],
    place: &mut Place<'_, '_>,
) -> Result<Rule, Vec<ConfigError>> {
    let written: WrittenRule = table
        .clone()
        .try_into()
        .map_err(|error| vec![place.of_keys(table, &error)])?;
    let mut errors = Vec::new();
    if !(SILENT_LEAST..=SILENT_GREATEST).contains(&written.silent) {
        let message = format!(
            "`silent` is {}, which is not between {SILENT_LEAST} and {SILENT_GREATEST}",
            written.silent
        );
        errors.push(place.error(Some("silent"), message));
    }
    if let Some(button) = &written.silenced_by {
        let presses = |sensor: &SensorConfig| {
            let known = quantities(sensor);
            known.is_empty() || known.contains(&Quantity::ButtonPressed)
        };
        match find(button, sensors) {
            Err((what, instead)) => {
                errors.push(place.error(Some("silenced_by"), what).suggest(instead));
            }
            Ok(sensor) if !presses(sensor) => {
                let error = place.error(Some("silenced_by"), format!("sensor `{button}` is not a button"));
                errors.push(error.suggest("write `quantity = \"button-pressed\"` for the contact behind it"));
            }
            Ok(_) => {}
        }
    }
    let mut inputs = Vec::new();
    for (index, table) in written.input.iter().enumerate() {
        place.path.push(("input", index));
        match input(table, sensors, place) {
            Ok(input) => inputs.push(input),
            Err(error) => errors.push(error),
        }
        place.path.pop();
    }
    match errors.is_empty() {
        true => Ok(Rule {
            silent: written.silent,
            inputs,
            button: written.silenced_by,
            blinks: written.blinks,
        }),
        false => Err(errors),
    }
}

fn input(table: &toml::Table, sensors: &[SensorConfig], place: &Place<'_, '_>) -> Result<Input, ConfigError> {
    let written: WrittenInput = table
        .clone()
        .try_into()
        .map_err(|error| place.of_keys(table, &error))?;
    let sensor = find(&written.sensor, sensors)
        .map_err(|(what, instead)| place.error(Some("sensor"), what).suggest(instead))?;
    let known = quantities(sensor);
    let quantity = match (written.quantity, known.as_slice()) {
        (None, [only]) => *only,
        (None, several) => {
            let names: Vec<&str> = several.iter().map(|quantity| quantity.as_str()).collect();
            let error = place.error(
                None,
                format!("sensor `{}` needs a `quantity` here", written.sensor),
            );
            return Err(match names.is_empty() {
                true => error.suggest("write which of its quantities it is"),
                false => error.suggest(format!("it has: {}", names.join(", "))),
            });
        }
        (Some(wanted), [only]) if wanted != *only => {
            let message = format!("sensor `{}` gives {only}, not {wanted}", written.sensor);
            return Err(place.error(Some("quantity"), message));
        }
        (Some(wanted), _) => wanted,
    };
    let state = state(quantity, &written).map_err(|(key, message)| place.error(key, message))?;
    Ok(Input {
        sensor: written.sensor,
        quantity,
        state,
    })
}

/// When it is an alarm; else the key that is wrong, and how.
fn state(quantity: Quantity, written: &WrittenInput) -> Result<AlarmState, (Option<&'static str>, String)> {
    let bound = |key: &'static str, value: f64| match quantity.accepts(value) {
        true => Ok(value),
        false => {
            let (least, greatest) = quantity.plausible();
            let unit = quantity.unit();
            let range = format!("{key} = {value} is not between {least} and {greatest} {unit}");
            Err((Some(key), range))
        }
    };
    match (quantity.kind(), written.is, written.above, written.below) {
        (Kind::Boolean, state, None, None) => Ok(AlarmState::Is(state.unwrap_or(true))),
        (Kind::Boolean, ..) => {
            let key = if written.above.is_some() { "above" } else { "below" };
            let message =
                format!("{quantity} is a state: write `is = true` or `is = false` instead of `{key}`");
            Err((Some(key), message))
        }
        (Kind::Number, None, Some(limit), None) => bound("above", limit).map(AlarmState::Above),
        (Kind::Number, None, None, Some(limit)) => bound("below", limit).map(AlarmState::Below),
        (Kind::Number, ..) => {
            let message = format!(
                "{quantity} is a number: write either `above` or `below`, in {}",
                quantity.unit()
            );
            Err((None, message))
        }
    }
}

/// The sensor of this name; else what is wrong and what may be meant.
fn find<'a>(name: &Identifier, sensors: &'a [SensorConfig]) -> Result<&'a SensorConfig, (String, String)> {
    sensors.iter().find(|sensor| sensor.id == *name).ok_or_else(|| {
        let names = || sensors.iter().map(|sensor| sensor.id.as_str());
        let instead = match nearest(name.as_str(), names()) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => "only this agent's own sensors can be named, above or below in this file".to_owned(),
        };
        (format!("there is no sensor `{name}`"), instead)
    })
}

/// What its driver gives, as far as that is known before it has met its device.
fn quantities(sensor: &SensorConfig) -> Vec<Quantity> {
    let opened = sensor.open();
    opened.map_or_else(|_| Vec::new(), |opened| opened.driver.quantities())
}
