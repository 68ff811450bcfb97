//! A Q1 status line: how it is found in what comes, what it says, and which quantities that makes.

use plenum_protocol::{Fault, Quantity};

use crate::driver::{Sample, measured, rounded, state};

/// A cell of a lead battery has about 2 V; what is above this is a whole battery.
const HIGHEST_CELL: f64 = 3.0;

/// An output below this voltage carries nothing.
const NO_OUTPUT: f64 = 10.0;

/// The bytes between the last `(` and the carriage return after it.
pub(super) fn complete(answer: &[u8]) -> Option<&[u8]> {
    let end = answer.iter().rposition(|byte| *byte == b'\r')?;
    let begin = answer[..end].iter().rposition(|byte| *byte == b'(')?;
    Some(&answer[begin + 1..end])
}

/// One status line. A field that the UPS has no value for (`---.-`, `@@.@`) is `None`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Status {
    pub(super) input_voltage: Option<f64>,
    pub(super) output_voltage: Option<f64>,
    pub(super) load_percent: Option<f64>,
    pub(super) frequency: Option<f64>,
    pub(super) battery_voltage: Option<f64>,
    pub(super) temperature: Option<f64>,
    /// b7 to b0 as they are sent, b7 first.
    pub(super) bits: u8,
}

impl Status {
    fn bit(&self, number: u8) -> bool {
        self.bits >> number & 1 == 1
    }
}

/// Reads `MMM.M NNN.N PPP.P QQQ RR.R S.SS TT.T b7b6b5b4b3b2b1b0`. There is no checksum, so anything unexpected makes the
/// whole line void; only the fields' widths differ among makers.
pub(super) fn parse(reply: &[u8]) -> Option<Status> {
    let text = std::str::from_utf8(reply).ok()?;
    let fields: Vec<&str> = text.split(' ').filter(|field| !field.is_empty()).collect();
    let [input, _fault, output, load, frequency, battery, temperature, bits] = fields.as_slice() else {
        return None;
    };
    if bits.len() != 8 || !bits.bytes().all(|bit| matches!(bit, b'0' | b'1')) {
        return None;
    }
    Some(Status {
        input_voltage: number(input)?,
        output_voltage: number(output)?,
        load_percent: number(load)?,
        frequency: number(frequency)?,
        battery_voltage: number(battery)?,
        temperature: number(temperature)?,
        bits: u8::from_str_radix(bits, 2).ok()?,
    })
}

/// Digits with at most one point and a sign; `Some(None)` for a placeholder; `None` for anything else.
fn number(field: &str) -> Option<Option<f64>> {
    let digits = field.strip_prefix(['-', '+']).unwrap_or(field);
    let placeholder = |byte| matches!(byte, b'-' | b'@' | b'*' | b'?' | b'.');
    if field.len() > 7 {
        None
    } else if field.bytes().all(placeholder) {
        Some(None)
    } else if digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        field.parse().ok().map(Some)
    } else {
        None
    }
}

/// The quantities of a status, in the order of `QUANTITIES`.
pub(super) fn convert(status: &Status, cells: f64) -> Vec<Sample> {
    let standby = status.bit(3);
    let mains_failed = status.bit(7);
    // An on-line type reports one cell's volts, a standby type the battery's. Some on-line ones report the battery all the same.
    let battery = status.battery_voltage.map(|volts| {
        let one_cell = !standby && volts < HIGHEST_CELL;
        rounded(if one_cell { volts * cells } else { volts }, 100.0)
    });
    let field = |quantity, value: Option<f64>| match value {
        Some(value) => measured(quantity, value),
        None => (quantity, Err(Fault::NotPresent)),
    };
    vec![
        state(Quantity::MainsPresent, !mains_failed),
        state(Quantity::UpsOnBattery, mains_failed),
        state(Quantity::UpsBatteryLow, status.bit(6)),
        // One bit for two things: a standby type boosts or bucks, an on-line type goes to bypass.
        state(Quantity::UpsBypass, status.bit(5) && !standby),
        state(Quantity::UpsBoost, status.bit(5) && standby),
        state(Quantity::UpsFault, status.bit(4)),
        state(Quantity::UpsCalibrating, status.bit(2)),
        state(Quantity::UpsForcedShutdown, status.bit(1)),
        // No bit says that the output is off.
        match status.output_voltage {
            Some(volts) => state(Quantity::UpsOff, volts < NO_OUTPUT),
            None => (Quantity::UpsOff, Err(Fault::NotPresent)),
        },
        field(Quantity::InputVoltage, status.input_voltage),
        field(Quantity::OutputVoltage, status.output_voltage),
        field(
            Quantity::Load,
            status
                .load_percent
                .map(|percent| rounded(percent / 100.0, 1_000.0)),
        ),
        field(Quantity::Frequency, status.frequency),
        field(Quantity::BatteryVoltage, battery),
        field(Quantity::BatteryTemperature, status.temperature),
    ]
}
