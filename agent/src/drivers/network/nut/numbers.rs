//! The variables that are numbers, in our units, and where a UPS writes one that it does not know.

use plenum_protocol::{Fault, Outcome, Quantity};

use super::status::Status;
use super::variables::{Variables, find};
use crate::driver::{Sample, measured, rounded};

/// The first one there counts. The factor converts NUT's unit to the quantity's.
const NUMBERS: &[(Quantity, &[&str], f64)] = &[
    (Quantity::InputVoltage, &["input.voltage"], 1.0),
    (
        Quantity::OutputVoltage,
        &["output.voltage", "output.L1-N.voltage"],
        1.0,
    ),
    (Quantity::Frequency, &["input.frequency"], 1.0),
    (Quantity::Load, &["ups.load"], 0.01),
    // A socket strip has no output of its own.
    (Quantity::Power, &["ups.realpower", "input.realpower"], 1.0),
    (Quantity::ApparentPower, &["ups.power", "input.power"], 1.0),
    (Quantity::BatteryCharge, &["battery.charge"], 1.0),
    (Quantity::BatteryRuntime, &["battery.runtime"], 1.0),
    (Quantity::BatteryVoltage, &["battery.voltage"], 1.0),
    (Quantity::BatteryTemperature, &["battery.temperature"], 1.0),
    // Its electronics are warmer than its battery: it is not judged as one.
    (Quantity::UpsTemperature, &["ups.temperature"], 1.0),
    (Quantity::Temperature, &["ambient.temperature"], 1.0),
    (Quantity::Humidity, &["ambient.humidity"], 1.0),
];

const INPUT_PHASES: &[&str] = &["input.L1-N.voltage", "input.L2-N.voltage", "input.L3-N.voltage"];
const LOAD_PHASES: &[&str] = &[
    "output.L1.power.percent",
    "output.L2.power.percent",
    "output.L3.power.percent",
];

/// A charge is up to so much above 100 % by its maker's rounding; what is beyond is a fault.
const FULLEST: f64 = 150.0;
/// No UPS carries more than twice its rating for as long as a poll takes. 255 % is a register full of ones.
const MOST_LOAD: f64 = 200.0;
/// What hangs on a UPS's probe. One that is not plugged in says nonsense, and is not listed.
const OF_A_PROBE: &[Quantity] = &[Quantity::Temperature, Quantity::Humidity];

/// Whether it is a number that a UPS may give.
pub(super) fn is_number(quantity: Quantity) -> bool {
    NUMBERS.iter().any(|(other, ..)| *other == quantity)
}

/// The numbers that a UPS has, in the table's order.
pub(super) fn numbers_in(variables: &Variables) -> impl Iterator<Item = Quantity> {
    let there = |quantity: &Quantity| match number(variables, *quantity) {
        Some((_, outcome)) => outcome.is_ok() || !OF_A_PROBE.contains(quantity),
        None => false,
    };
    NUMBERS.iter().map(|(quantity, ..)| *quantity).filter(there)
}

/// The voltages of the phases that are numbers.
pub(super) fn input_voltages(variables: &Variables) -> Vec<f64> {
    phases(variables, INPUT_PHASES)
}

/// A number of a UPS; none where it has none.
pub(super) fn number(variables: &Variables, quantity: Quantity) -> Option<Sample> {
    let (_, _, factor) = NUMBERS.iter().find(|(other, ..)| *other == quantity)?;
    let outcome = raw(variables, quantity)?.and_then(|value| doubted(variables, quantity, value));
    Some(match outcome {
        Ok(value) => measured(quantity, rounded(value * factor, 10_000.0)),
        Err(fault) => (quantity, Err(fault)),
    })
}

/// As the UPS writes it, in NUT's unit; of several phases the worst.
fn raw(variables: &Variables, quantity: Quantity) -> Option<Outcome> {
    let (_, names, _) = NUMBERS.iter().find(|(other, ..)| *other == quantity)?;
    let Some(text) = find(variables, names) else {
        return of_phases(variables, quantity).map(Ok);
    };
    let value = match quantity {
        Quantity::BatteryRuntime => minutes_and_seconds(text).or_else(|| text.parse().ok()),
        _ => text.parse().ok(),
    };
    // Exactly 0 degrees, for ever, is a thermometer that is not there.
    if is_temperature(quantity) && value == Some(0.0) {
        return None;
    }
    Some(value.ok_or(Fault::Corrupt))
}

fn of_phases(variables: &Variables, quantity: Quantity) -> Option<f64> {
    match quantity {
        Quantity::InputVoltage => input_voltages(variables).into_iter().reduce(f64::min),
        Quantity::Load => phases(variables, LOAD_PHASES).into_iter().reduce(f64::max),
        _ => None,
    }
}

fn phases(variables: &Variables, names: &[&str]) -> Vec<f64> {
    let values = names
        .iter()
        .filter_map(|name| find(variables, &[name])?.parse().ok());
    values.collect()
}

fn is_temperature(quantity: Quantity) -> bool {
    matches!(
        quantity,
        Quantity::BatteryTemperature | Quantity::UpsTemperature | Quantity::Temperature
    )
}

/// "36:00" is 36 minutes.
fn minutes_and_seconds(text: &str) -> Option<f64> {
    let (minutes, seconds) = text.split_once(':')?;
    let (minutes, seconds): (u32, u32) = (minutes.parse().ok()?, seconds.parse().ok()?);
    Some(f64::from(minutes) * 60.0 + f64::from(seconds))
}

/// What a UPS writes where it does not know is a fault.
fn doubted(variables: &Variables, quantity: Quantity, value: f64) -> Outcome {
    let on_line = || Status::of(variables).is_some_and(|status| status.is_on_line());
    let unknown = match quantity {
        // A register full of ones; and a UPS on mains whose battery would last for nothing says how full it is.
        Quantity::BatteryRuntime => value == 65_535.0 || (value == 0.0 && on_line()),
        Quantity::BatteryCharge if (100.0..=FULLEST).contains(&value) => return Ok(100.0),
        Quantity::BatteryCharge => value == 0.0 && on_line() && has_no_runtime(variables),
        Quantity::Load => value > MOST_LOAD,
        _ => false,
    };
    if unknown {
        Err(Fault::OutOfRange)
    } else {
        Ok(value)
    }
}

/// Whether a UPS that says its charge is 0 knows nothing of its battery at all.
fn has_no_runtime(variables: &Variables) -> bool {
    let runtime = raw(variables, Quantity::BatteryRuntime);
    runtime.is_none_or(|runtime| runtime.is_ok_and(|seconds| seconds == 0.0))
}
