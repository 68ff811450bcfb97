//! What a UPS's variables say: the flags of its status as states, numbers in our units, and its own words for the log.

use plenum_protocol::{Fault, Quantity};

use crate::driver::{Sample, measured, rounded, state};

/// The UPS's variables with their values, as upsd lists them.
pub(super) type Variables = Vec<(String, String)>;

/// The flags of `ups.status`, each a state of its own. TRIM and BOOST share one, and so do CAL and TEST.
const FLAGS: &[(Quantity, &[&str])] = &[
    (Quantity::UpsOnLine, &["OL"]),
    (Quantity::UpsOnBattery, &["OB"]),
    (Quantity::UpsBatteryLow, &["LB"]),
    (Quantity::UpsReplaceBattery, &["RB"]),
    (Quantity::UpsBypass, &["BYPASS"]),
    (Quantity::UpsBoost, &["BOOST", "TRIM"]),
    (Quantity::UpsOverload, &["OVER"]),
    (Quantity::UpsOff, &["OFF"]),
    (Quantity::UpsForcedShutdown, &["FSD"]),
    (Quantity::UpsAlarm, &["ALARM"]),
    (Quantity::UpsCalibrating, &["CAL", "TEST"]),
    (Quantity::UpsCharging, &["CHRG"]),
];
/// Known, and told by others: a battery that discharges is OB or a test, and a high one is full.
const SILENT_FLAGS: &[&str] = &["DISCHRG", "HB"];

/// The variables that are numbers: the first one there counts. The factor converts NUT's unit to the quantity's.
const NUMBERS: &[(Quantity, &[&str], f64)] = &[
    (
        Quantity::InputVoltage,
        &["input.voltage", "input.L1-N.voltage"],
        1.0,
    ),
    (
        Quantity::OutputVoltage,
        &["output.voltage", "output.L1-N.voltage"],
        1.0,
    ),
    (Quantity::Frequency, &["input.frequency"], 1.0),
    (Quantity::Load, &["ups.load"], 0.01),
    (Quantity::Power, &["ups.realpower"], 1.0),
    (Quantity::ApparentPower, &["ups.power"], 1.0),
    (Quantity::BatteryCharge, &["battery.charge"], 1.0),
    (Quantity::BatteryRuntime, &["battery.runtime"], 1.0),
    (Quantity::BatteryVoltage, &["battery.voltage"], 1.0),
    // Inside a UPS it is the battery whose life the temperature decides.
    (
        Quantity::BatteryTemperature,
        &["battery.temperature", "ups.temperature"],
        1.0,
    ),
    (Quantity::Temperature, &["ambient.temperature"], 1.0),
    (Quantity::Humidity, &["ambient.humidity"], 1.0),
];

/// Every state, in the order in which they are listed.
pub(super) fn states() -> impl Iterator<Item = Quantity> {
    let flags = FLAGS.iter().map(|(quantity, _)| *quantity);
    flags.chain([Quantity::UpsOtherFlag])
}

fn is_known_flag(flag: &str) -> bool {
    FLAGS.iter().any(|(_, flags)| flags.contains(&flag)) || SILENT_FLAGS.contains(&flag)
}

/// Whether the driver of upsd itself waits for its first data.
pub(super) fn waits(variables: &Variables) -> bool {
    let status = find(variables, &["ups.status"]).unwrap_or_default();
    status.split_whitespace().any(|flag| flag == "WAIT")
}

/// The value of the first of `names` that is there and says something.
fn find<'a>(variables: &'a Variables, names: &[&str]) -> Option<&'a str> {
    names.iter().find_map(|name| {
        let (_, value) = variables.iter().find(|(variable, _)| variable == name)?;
        Some(value.trim()).filter(|value| !value.is_empty())
    })
}

/// What the UPS says about its alarms; several drivers write 0 for none.
fn alarm_text(variables: &Variables) -> Option<&str> {
    find(variables, &["ups.alarm"]).filter(|text| *text != "0")
}

/// The listed quantities from upsd's variables. Without a status there is no data: then no state has a value.
pub(super) fn convert(variables: &Variables, listed: &[Quantity]) -> Vec<Sample> {
    let status = find(variables, &["ups.status"]).map(|text| text.split_whitespace().collect::<Vec<_>>());
    // A status that says nothing is a UPS without data; none at all is another kind of device, a PDU for one.
    let silent = variables.iter().any(|(name, _)| name == "ups.status");
    let stateless = if silent { Fault::Timeout } else { Fault::NotPresent };
    let sample = |quantity: Quantity| match (&status, number(variables, quantity)) {
        (_, Some(number)) => number,
        (Some(flags), None) if is_state(quantity) => flag(quantity, flags, alarm_text(variables).is_some()),
        (None, None) if is_state(quantity) => (quantity, Err(stateless)),
        _ => (quantity, Err(Fault::NotPresent)),
    };
    listed.iter().copied().map(sample).collect()
}

/// Whether upsd can give a quantity at all.
pub(super) fn known(quantity: Quantity) -> bool {
    is_state(quantity) || NUMBERS.iter().any(|(other, ..)| *other == quantity)
}

/// The numbers that a UPS has, in the table's order.
pub(super) fn numbers_in(variables: &Variables) -> impl Iterator<Item = Quantity> {
    let there = NUMBERS
        .iter()
        .filter(|(_, names, _)| find(variables, names).is_some());
    there.map(|(quantity, ..)| *quantity)
}

fn is_state(quantity: Quantity) -> bool {
    states().any(|state| state == quantity)
}

fn flag(quantity: Quantity, flags: &[&str], alarm: bool) -> Sample {
    let names = FLAGS
        .iter()
        .find(|(other, _)| *other == quantity)
        .map(|(_, names)| names);
    let set = match names {
        Some(names) => flags.iter().any(|flag| names.contains(flag)),
        None => flags.iter().any(|flag| !is_known_flag(flag)),
    };
    // A UPS once burnt its fan while a checker read "ALARM OL" as fine; some say it only in ups.alarm.
    state(quantity, set || (quantity == Quantity::UpsAlarm && alarm))
}

fn number(variables: &Variables, quantity: Quantity) -> Option<Sample> {
    let (_, names, factor) = NUMBERS.iter().find(|(other, ..)| *other == quantity)?;
    let Ok(value) = find(variables, names)?.parse::<f64>() else {
        return Some((quantity, Err(Fault::Corrupt)));
    };
    // A 16-bit register full of ones: the UPS does not know.
    if quantity == Quantity::BatteryRuntime && value == 65_535.0 {
        return Some((quantity, Err(Fault::OutOfRange)));
    }
    Some(measured(quantity, rounded(value * factor, 10_000.0)))
}

/// What was last said about alarms and unknown flags, so that each is logged once.
#[derive(Debug, Default)]
pub(super) struct Remarks(String);

impl Remarks {
    /// Logs alarm texts and unknown flags when they change: a state says that there is one, the log says which.
    pub(super) fn look(&mut self, ups: &str, variables: &Variables) {
        let alarm = alarm_text(variables).unwrap_or_default();
        let status = find(variables, &["ups.status"]).unwrap_or_default();
        let unknown = status.split_whitespace().filter(|flag| !is_known_flag(flag));
        let flags = unknown.collect::<Vec<_>>().join(" ");
        let remark = format!("{flags} {alarm}").trim().to_owned();
        if remark != self.0 {
            tracing::warn!(ups, alarm, flags, "the UPS's own words changed");
            self.0 = remark;
        }
    }
}
