//! A UPS that speaks Megatec's Q1 on a serial line, as most of the world's cheaper ones do: 2400 baud, 8N1, no checksum.

use std::io::{self, ErrorKind, Read, Write};

use plenum_protocol::{Duration, Fault, Identifier, Quantity, Timestamp};
use serde::Deserialize;
use serde::de::Error as _;
use serialport::{ClearBuffer, SerialPort, TTYPort};

use super::{Entry, Opened};
use crate::driver::{Driver, Problem, Sample, measured, rounded, state};
use crate::patience::Patience;

/// The registry's entry.
pub(super) const ENTRY: Entry = Entry {
    name: "megatec",
    summary: "a UPS with the Megatec Q1 protocol on a serial line: states, voltages, load and frequency",
    open,
};

/// An answer is 47 bytes; some UPSes echo the question and some send noise before it.
const LONGEST_ANSWER: usize = 256;
/// A cell of a lead battery has about 2 V; what is above this is a whole battery.
const HIGHEST_CELL: f64 = 3.0;

/// What a good answer always gives.
const QUANTITIES: [Quantity; 14] = [
    Quantity::MainsPresent,
    Quantity::UpsOnBattery,
    Quantity::UpsBatteryLow,
    Quantity::UpsBypass,
    Quantity::UpsBoost,
    Quantity::UpsFault,
    Quantity::UpsCalibrating,
    Quantity::UpsForcedShutdown,
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

fn open(_: &Identifier, keys: toml::Table) -> Result<Opened, toml::de::Error> {
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
        driver: Box::new(Sensor::new(config, move || connect(&path))),
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

struct Sensor<L, C> {
    config: Config,
    connect: C,
    line: Option<L>,
    has_thermometer: bool,
    trouble: Option<Problem>,
}

impl<L: Line, C: FnMut() -> Result<L, Problem>> Sensor<L, C> {
    fn new(config: Config, connect: C) -> Self {
        Self {
            config,
            connect,
            line: None,
            has_thermometer: false,
            trouble: None,
        }
    }

    fn status(&mut self) -> Result<Status, Problem> {
        let mut line = match self.line.take() {
            Some(line) => line,
            None => (self.connect)()?,
        };
        let status = ask(&mut line, self.config.timeout)?;
        // Kept only after a good answer: after a bad one, or an adapter that was unplugged, the next read opens it afresh.
        self.line = Some(line);
        Ok(status)
    }
}

impl<L: Line, C: FnMut() -> Result<L, Problem> + Send> Driver for Sensor<L, C> {
    fn quantities(&self) -> Vec<Quantity> {
        let count = QUANTITIES.len() - usize::from(!self.has_thermometer);
        QUANTITIES[..count].to_vec()
    }

    fn read(&mut self, _: Timestamp) -> Vec<Sample> {
        let answer = self.status();
        self.trouble = answer.as_ref().err().cloned();
        match answer {
            Ok(status) => {
                self.has_thermometer |= status.temperature.is_some();
                let mut samples = convert(&status, f64::from(self.config.cells));
                samples.truncate(self.quantities().len());
                samples
            }
            Err(problem) => {
                let fault = |quantity| (quantity, Err(problem.fault));
                self.quantities().into_iter().map(fault).collect()
            }
        }
    }

    fn advice(&self, fault: Fault) -> String {
        Problem::advise(self.trouble.as_ref(), fault)
    }
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
            // Something came, and it is no answer: that is another trouble than silence.
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
        "what comes is no Q1 status: check the speed and the cable, and that nothing else talks on this line",
    )
}

/// The bytes between the last `(` and the carriage return after it.
fn complete(answer: &[u8]) -> Option<&[u8]> {
    let end = answer.iter().rposition(|byte| *byte == b'\r')?;
    let begin = answer[..end].iter().rposition(|byte| *byte == b'(')?;
    Some(&answer[begin + 1..end])
}

/// One status line. A field that the UPS has no value for (`---.-`, `@@.@`) is `None`.
#[derive(Debug, Clone, PartialEq)]
struct Status {
    input_voltage: Option<f64>,
    output_voltage: Option<f64>,
    load_percent: Option<f64>,
    frequency: Option<f64>,
    battery_voltage: Option<f64>,
    temperature: Option<f64>,
    /// b7 to b0 as they are sent, b7 first.
    bits: u8,
}

impl Status {
    fn bit(&self, number: u8) -> bool {
        self.bits >> number & 1 == 1
    }
}

/// Reads `MMM.M NNN.N PPP.P QQQ RR.R S.SS TT.T b7b6b5b4b3b2b1b0`. There is no checksum, so anything unexpected makes the
/// whole line void; only the fields' widths differ among makers.
fn parse(reply: &[u8]) -> Option<Status> {
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
fn convert(status: &Status, cells: f64) -> Vec<Sample> {
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

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use proptest::prelude::*;

    use super::*;

    const NOW: Timestamp = Timestamp::from_milliseconds(0);
    /// The protocol paper's own example, of a standby type on mains.
    const GOOD: &str = "(208.4 140.0 208.4 034 59.9 27.5 35.0 00001000\r";

    fn value(samples: &[Sample], quantity: Quantity) -> Result<f64, Fault> {
        samples.iter().find(|(other, _)| *other == quantity).unwrap().1
    }

    fn samples(line: &str) -> Vec<Sample> {
        convert(&parse(line.as_bytes()).unwrap(), 1.0)
    }

    #[test]
    fn a_line_gives_every_quantity_in_order() {
        let samples = samples("208.4 140.0 208.4 034 59.9 27.5 35.0 00001000");
        let quantities: Vec<Quantity> = samples.iter().map(|(quantity, _)| *quantity).collect();
        assert_eq!(quantities, QUANTITIES);
        let values: Vec<f64> = samples.into_iter().map(|(_, outcome)| outcome.unwrap()).collect();
        assert_eq!(
            values,
            [
                1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 208.4, 208.4, 0.34, 59.9, 27.5, 35.0
            ]
        );
    }

    #[test]
    fn each_bit_is_a_state() {
        use Quantity::*;
        let check = |bits: &str, expected: &[Quantity]| {
            let samples = samples(&format!("0.0 0.0 230.0 034 50.0 2.05 25.0 {bits}"));
            let holding: Vec<Quantity> = samples[..8]
                .iter()
                .filter(|(_, outcome)| *outcome == Ok(1.0))
                .map(|(quantity, _)| *quantity)
                .collect();
            assert_eq!(holding, expected, "{bits}");
        };
        check("00000000", &[MainsPresent]);
        check("10000000", &[UpsOnBattery]);
        check("11000000", &[UpsOnBattery, UpsBatteryLow]);
        check("00100000", &[MainsPresent, UpsBypass]);
        check("00101000", &[MainsPresent, UpsBoost]);
        check("00010000", &[MainsPresent, UpsFault]);
        check("00001000", &[MainsPresent]);
        check("00000100", &[MainsPresent, UpsCalibrating]);
        check("00000010", &[MainsPresent, UpsForcedShutdown]);
        check("00000001", &[MainsPresent]);
    }

    #[test]
    fn battery_voltage_is_of_a_cell_or_of_the_battery() {
        let check = |battery: &str, bits: &str, cells: f64, expected: f64| {
            let line = format!("230.0 230.0 230.0 034 50.0 {battery} 25.0 {bits}");
            let samples = convert(&parse(line.as_bytes()).unwrap(), cells);
            assert_eq!(value(&samples, Quantity::BatteryVoltage), Ok(expected), "{line}");
        };
        check("2.25", "00000001", 1.0, 2.25);
        check("2.25", "00000001", 36.0, 81.0);
        check("27.5", "00001001", 36.0, 27.5);
        check("082.4", "00000001", 36.0, 82.4);
    }

    #[test]
    fn widths_and_placeholders_of_the_wild() {
        let check =
            |line: &str, quantity, expected| assert_eq!(value(&samples(line), quantity), expected, "{line}");
        check(
            "226.0 195.0 226.0 014 49.0 27.5 --.- 00001000",
            Quantity::BatteryTemperature,
            Err(Fault::NotPresent),
        );
        check(
            "226.0 195.0 226.0 014 49.0 27.5 @@.@ 00001000",
            Quantity::BatteryTemperature,
            Err(Fault::NotPresent),
        );
        check(
            "226.0 @@@.@ 226.0 014 49.0 27.5 30.0 00001000",
            Quantity::InputVoltage,
            Ok(226.0),
        );
        check("226 195 226 14.5 49 27 30 00001000", Quantity::Load, Ok(0.145));
        check(
            "0226.0 195.0 0226.0 014 049.0 13.65 30.0 00001000",
            Quantity::BatteryVoltage,
            Ok(13.65),
        );
        check(
            "226.0  195.0 226.0 014 49.0 27.5  30.0 00001000",
            Quantity::Frequency,
            Ok(49.0),
        );
        check(
            "226.0 195.0 226.0 014 49.0 27.5 -4.0 00001000",
            Quantity::BatteryTemperature,
            Ok(-4.0),
        );
        check(
            "226.0 195.0 226.0 999 49.0 27.5 30.0 00001000",
            Quantity::Load,
            Err(Fault::OutOfRange),
        );
        check(
            "000.0 000.0 226.0 014 00.0 27.5 30.0 10001000",
            Quantity::InputVoltage,
            Ok(0.0),
        );
    }

    #[test]
    fn anything_else_is_void_as_a_whole() {
        for line in [
            "",
            "208.4 140.0 208.4 034 59.9 2.05 35.0",
            "208.4 140.0 208.4 034 59.9 2.05 35.0 0000100",
            "208.4 140.0 208.4 034 59.9 2.05 35.0 000010000",
            "208.4 140.0 208.4 034 59.9 2.05 35.0 00002000",
            "208.4 140.0 208.4 034 59.9 2.05 35.0 00001000 7",
            "208.4 140.0 2o8.4 034 59.9 2.05 35.0 00001000",
            "208.4 140.0 20.8.4 034 59.9 2.05 35.0 00001000",
            "208.4 140.0 1e2 034 59.9 2.05 35.0 00001000",
            "208.4 140.0 inf 034 59.9 2.05 35.0 00001000",
            "208.4 140.0 00208.4000 034 59.9 2.05 35.0 00001000",
            "208.4 140.0 208.4 034 59.9 2.05 35.0 +0001000",
        ] {
            assert_eq!(parse(line.as_bytes()), None, "{line}");
        }
        assert_eq!(parse(b"208.4 140.0 208.4 \xff34 59.9 2.05 35.0 00001000"), None);
    }

    proptest! {
        #[test]
        fn no_bytes_whatever_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300), cells in 1.0..500.0) {
            if let Some(status) = complete(&bytes).and_then(parse) {
                convert(&status, cells);
            }
            if let Some(status) = parse(&bytes) {
                convert(&status, cells);
            }
        }

        #[test]
        fn what_looks_like_a_line_gives_plausible_values_or_faults(line in "[-@.0-9 (]{30,60} [01]{8}") {
            if let Some(status) = parse(line.as_bytes()) {
                for (quantity, outcome) in convert(&status, 36.0) {
                    prop_assert!(outcome.is_err() || quantity.accepts(outcome.unwrap()));
                }
            }
        }
    }

    /// A line that gives the pieces of each opening in turn; after the last piece it is silent, or broken if `unplugged`.
    struct Scripted {
        pieces: VecDeque<Vec<u8>>,
        unplugged: bool,
    }

    impl Read for Scripted {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            match self.pieces.pop_front() {
                Some(piece) => {
                    buffer[..piece.len()].copy_from_slice(&piece);
                    Ok(piece.len())
                }
                None if self.unplugged => Err(ErrorKind::BrokenPipe.into()),
                None => Err(ErrorKind::TimedOut.into()),
            }
        }
    }

    impl Write for Scripted {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            assert_eq!(bytes, b"Q1\r");
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Line for Scripted {
        fn discard_input(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn scripted(pieces: &[&str], unplugged: bool) -> Scripted {
        Scripted {
            pieces: pieces.iter().map(|piece| piece.as_bytes().to_vec()).collect(),
            unplugged,
        }
    }

    fn asked(pieces: &[&str]) -> Result<f64, Fault> {
        let answer = ask(&mut scripted(pieces, false), Duration::from_milliseconds(300));
        answer
            .map(|status| status.input_voltage.unwrap())
            .map_err(|problem| problem.fault)
    }

    #[test]
    fn an_answer_is_found_in_pieces_after_an_echo_and_after_noise() {
        assert_eq!(asked(&[GOOD]), Ok(208.4));
        assert_eq!(asked(&[&GOOD[..10], &GOOD[10..11], &GOOD[11..]]), Ok(208.4));
        assert_eq!(asked(&["Q1\r", GOOD]), Ok(208.4));
        assert_eq!(asked(&["\0\0~(12", "x", GOOD]), Ok(208.4));
    }

    #[test]
    fn silence_parts_and_babble_end_within_bounds() {
        assert_eq!(asked(&[]), Err(Fault::Timeout));
        assert_eq!(asked(&[&GOOD[..30]]), Err(Fault::Corrupt));
        assert_eq!(asked(&["Q1\r"]), Err(Fault::Corrupt));
        assert_eq!(asked(&["(NAK\r"]), Err(Fault::Corrupt));
        assert_eq!(asked(&["x"; 10_000]), Err(Fault::Corrupt));
        assert_eq!(asked(&["x\r(y"; 10_000]), Err(Fault::Corrupt));
        assert_eq!(asked(&["("; 10_000]), Err(Fault::Corrupt));
    }

    fn config() -> Config {
        toml::from_str("port = '/dev/ttyUSB0'").unwrap()
    }

    #[test]
    fn an_unplugged_line_is_reopened_when_it_is_back() {
        let mut openings = VecDeque::from([
            Err(Problem::new(Fault::NotPresent, "no such line")),
            Ok(scripted(&[GOOD], true)),
            Ok(scripted(&[GOOD], false)),
        ]);
        let mut sensor = Sensor::new(config(), move || openings.pop_front().unwrap());
        let mut input = || {
            let samples = sensor.read(NOW);
            assert_eq!(samples.len(), sensor.quantities().len());
            (
                value(&samples, Quantity::InputVoltage),
                sensor.advice(Fault::NotPresent),
            )
        };
        assert_eq!(input(), (Err(Fault::NotPresent), "no such line".to_owned()));
        assert_eq!(input().0, Ok(208.4));
        let (outcome, advice) = input();
        assert_eq!(outcome, Err(Fault::NotPresent));
        assert!(advice.contains("still plugged in"), "{advice}");
        assert_eq!(input().0, Ok(208.4));
    }

    #[test]
    fn a_thermometer_is_listed_once_it_was_seen() {
        let without = "(226.0 195.0 226.0 014 49.0 27.5 --.- 00001000\r";
        let mut sensor = Sensor::new(config(), move || Ok(scripted(&[without, GOOD, without], false)));
        for expected in [13, 14, 14] {
            assert_eq!(sensor.read(NOW).len(), expected);
            assert_eq!(sensor.quantities().len(), expected);
        }
    }

    #[test]
    fn keys_and_missing_lines_are_said_in_words() {
        let open = |keys: &str| open(&"ups".parse().unwrap(), keys.parse().unwrap());
        for (keys, words) in [
            ("", "missing field `port`"),
            ("port = '/dev/ttyS0'\nspeed = 9600", "unknown field `speed`"),
            ("port = '/dev/ttyS0'\ntimeout = '0s'", "300ms to 1min"),
            ("port = '/dev/ttyS0'\ncells = 0", "1 to 500"),
        ] {
            let message = open(keys).err().expect("a bad key").to_string();
            assert!(message.contains(words), "{keys}: {message}");
        }
        let mut driver = open("port = '/dev/no-such-line'").unwrap().driver;
        assert_eq!(value(&driver.read(NOW), Quantity::Load), Err(Fault::NotPresent));
        assert!(driver.advice(Fault::NotPresent).contains("/dev/serial/by-id"));
    }
}
