//! A UPS that speaks Megatec's Q1 on a serial line, as most of the world's cheaper ones do: 2400 baud, 8N1, no checksum.

mod status;
#[cfg(test)]
mod tests;

use std::io::{self, ErrorKind, Read, Write};

use plenum_protocol::config_key::{Key, required, usual};
use plenum_protocol::{Duration, Fault, Identifier, Quantity};
use serde::Deserialize;
use serde::de::Error as _;
use serialport::{ClearBuffer, SerialPort, TTYPort};

use crate::driver::Problem;
use crate::drivers::lazy::Lazy;
use crate::drivers::polled::Polled;
use crate::drivers::{Entry, Manual, Opened};
use crate::patience::Patience;
use status::{Status, complete, convert, parse};

/// The registry's entry.
pub(crate) const ENTRY: Entry = Entry {
    name: "megatec",
    summary: "a UPS that speaks Megatec/Q1 on a serial line",
    open,
    manual: Manual {
        about: "A UPS that speaks Megatec (Q1) on a serial line.",
        keys: KEYS,
        below: &[],
        sample: "\
# A UPS on a serial line that speaks Megatec (Q1).
[[sensor]]
id = \"ups-a\"
driver = \"megatec\"
port = \"/dev/ttyUSB0\"                   # better a name under /dev/serial/by-id
cells = 1                               # the battery's cells, where the UPS reports volts per cell
",
    },
};

const KEYS: &[Key] = &[
    required(
        "port",
        "path",
        "\"/dev/ttyUSB0\"",
        "The serial line; a name under /dev/serial/by-id stays the same.",
    ),
    usual(
        "timeout",
        "duration, 300ms to 1min",
        "\"2s\"",
        "How long an answer may take.",
    ),
    usual(
        "cells",
        "number, 1 to 500",
        "1",
        "The battery's cells in series, where the UPS reports volts per cell.",
    ),
];

/// An answer is 47 bytes; some UPSes echo the question and some send noise before it.
const LONGEST_ANSWER: usize = 256;
/// What a good answer gives.
const QUANTITIES: [Quantity; 15] = [
    Quantity::MainsPresent,
    Quantity::UpsOnBattery,
    Quantity::UpsBatteryLow,
    Quantity::UpsBypass,
    Quantity::UpsBoost,
    Quantity::UpsFault,
    Quantity::UpsCalibrating,
    Quantity::UpsForcedShutdown,
    Quantity::UpsOff,
    Quantity::InputVoltage,
    Quantity::OutputVoltage,
    Quantity::Load,
    Quantity::Frequency,
    Quantity::BatteryVoltage,
    // Last, and only where the UPS has a thermometer.
    Quantity::BatteryTemperature,
];

/// What stands in the sensor's block.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    /// The line's file; the names under `/dev/serial/by-id` stay the same when the adapter is plugged in elsewhere.
    port: String,
    /// How long it may be silent while it answers.
    #[serde(default = "default_timeout")]
    timeout: Duration,
    /// The battery's cells in series, where the UPS reports volts per cell and the whole battery is wanted.
    #[serde(default = "default_cells")]
    cells: u16,
}

fn default_timeout() -> Duration {
    Duration::from_seconds(2)
}

fn default_cells() -> u16 {
    1
}

fn open(sensor: &Identifier, keys: toml::Table) -> Result<Opened, toml::de::Error> {
    let config: Config = keys.try_into()?;
    if !(Duration::from_milliseconds(300)..=Duration::from_minutes(1)).contains(&config.timeout) {
        return Err(toml::de::Error::custom("`timeout` must be from 300ms to 1min"));
    }
    if !(1..=500).contains(&config.cells) {
        return Err(toml::de::Error::custom("`cells` must be from 1 to 500"));
    }
    let path = config.port.clone();
    Ok(Opened {
        bus: path.clone(),
        driver: Box::new(on_line(sensor, &config, move || connect(&path))),
    })
}

/// The sensor on whatever line `connect` opens.
fn on_line<L: Line>(
    sensor: &Identifier,
    config: &Config,
    connect: impl FnMut() -> Result<L, Problem> + Send + 'static,
) -> Polled<L> {
    let (timeout, cells) = (config.timeout, f64::from(config.cells));
    let always = &QUANTITIES[..QUANTITIES.len() - 1];
    Polled::new(Lazy::new(sensor, connect), always, move |line| {
        let mut samples = convert(&ask(line, timeout)?, cells);
        // Whoever has no thermometer never sends its value, and is not listed with one.
        samples.retain(|sample| *sample != (Quantity::BatteryTemperature, Err(Fault::NotPresent)));
        Ok(samples)
    })
}

/// A serial line whose read time-out is one slice.
trait Line: Read + Write + Send {
    /// Forgets what has come in and nobody has read.
    fn discard_input(&mut self) -> io::Result<()>;
}

impl Line for TTYPort {
    fn discard_input(&mut self) -> io::Result<()> {
        self.clear(ClearBuffer::Input).map_err(io::Error::from)
    }
}

fn connect(path: &str) -> Result<TTYPort, Problem> {
    // 8N1 without flow control is the crate's default.
    let opened = serialport::new(path, 2_400)
        .timeout(Patience::SLICE)
        .open_native();
    let mut port = opened.map_err(|error| {
        let words = match error.kind {
            serialport::ErrorKind::Io(ErrorKind::NotFound) => {
                format!("there is no {path}: is the adapter plugged in? `ls /dev/serial/by-id` names the lines")
            }
            serialport::ErrorKind::Io(ErrorKind::PermissionDenied) => {
                format!("{path} may not be opened: put the agent's user into the group dialout")
            }
            serialport::ErrorKind::NoDevice => {
                format!("{path} is in use by another program, or gone: stop what holds it (`fuser -v {path}`), NUT above all")
            }
            _ => format!("{path} cannot be opened as a serial line: {error}"),
        };
        Problem::new(Fault::NotPresent, words)
    })?;
    // Interfaces with optocouplers draw their power from these two lines; a line without them (USB, pty) refuses, which is as good.
    let _ = port.write_data_terminal_ready(true);
    let _ = port.write_request_to_send(false);
    Ok(port)
}

/// Sends Q1 and reads the answer, past an echo and noise, within the time-out and `LONGEST_ANSWER` bytes.
fn ask(line: &mut impl Line, timeout: Duration) -> Result<Status, Problem> {
    line.discard_input().map_err(broken)?;
    line.write_all(b"Q1\r").map_err(broken)?;
    let mut patience = Patience::new(timeout.to_std(), LONGEST_ANSWER as u32);
    let mut answer = Vec::with_capacity(LONGEST_ANSWER);
    let mut buffer = [0; 64];
    while answer.len() < LONGEST_ANSWER {
        let count = match patience.read(line, &mut buffer) {
            Ok(count) => count,
            // Something came, and not an answer: that is another trouble than silence.
            Err(error) if error.kind() == ErrorKind::TimedOut && !answer.is_empty() => break,
            Err(error) => return Err(broken(error)),
        };
        answer.extend_from_slice(&buffer[..count]);
        if let Some(reply) = complete(&answer) {
            return parse(reply).ok_or_else(not_understood);
        }
    }
    Err(not_understood())
}

fn broken(error: io::Error) -> Problem {
    match error.kind() {
        ErrorKind::TimedOut | ErrorKind::WouldBlock => Problem::new(
            Fault::Timeout,
            "the UPS does not answer Q1: check the cable (often a special one), that the UPS is on, and that it speaks Megatec",
        ),
        ErrorKind::InvalidData => not_understood(),
        _ => Problem::new(
            Fault::NotPresent,
            format!("the serial line failed ({error}): is the adapter still plugged in?"),
        ),
    }
}

fn not_understood() -> Problem {
    Problem::new(
        Fault::Corrupt,
        "what comes is not a Q1 status: check the speed and the cable, and that nothing else talks on this line",
    )
}
