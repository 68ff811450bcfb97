//! Lines and answers as the protocol's paper and real UPSes give them.

use std::collections::VecDeque;

use plenum_protocol::Timestamp;
use proptest::prelude::*;

use super::*;
use crate::driver::{Driver, Sample};

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
            1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 208.4, 208.4, 0.34, 59.9, 27.5, 35.0
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
fn an_output_without_voltage_is_off_whatever_the_bits_say() {
    let off = |line: &str| value(&samples(line), Quantity::UpsOff);
    assert_eq!(off("230.0 230.0 000.0 000 50.0 2.25 25.0 00000001"), Ok(1.0));
    assert_eq!(off("000.0 000.0 230.0 034 50.0 2.05 25.0 10000001"), Ok(0.0));
    assert_eq!(
        off("230.0 230.0 ---.- 000 50.0 2.25 25.0 00000001"),
        Err(Fault::NotPresent)
    );
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

fn ups() -> Identifier {
    "ups".parse().unwrap()
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
    let mut sensor = on_line(&ups(), &config(), move || openings.pop_front().unwrap());
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
    let mut sensor = on_line(&ups(), &config(), move || {
        Ok(scripted(&[without, GOOD, without], false))
    });
    for expected in [14, 15, 15] {
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
