//! Transactions byte for byte, from the datasheet, and what becomes of measurements that are not there yet or do not come.

use embedded_hal::i2c::ErrorKind;
use embedded_hal_mock::eh1::delay::NoopDelay;
use embedded_hal_mock::eh1::i2c::{Mock, Transaction};

use super::super::bus::Refusing;
use super::super::sensirion::tests::{ABSENT, asked};
use super::*;
use crate::driver::Driver;
use crate::drivers::lazy::Lazy;

type Outcomes = [Result<f64, Fault>; 4];

const TIMEOUT: Outcomes = [Err(Fault::Timeout); 4];
/// The datasheet's example of an answer: 500 ppm, 25 C, 37 %RH.
const EXAMPLE: [u16; 3] = [0x01f4, 0x6667, 0x5eb9];
const EXAMPLE_IS: Outcomes = [Ok(0.0005), Ok(25.0), Ok(37.0), Ok(9.3)];

/// The sensor on whatever bus `connect` opens.
fn sensor<B: I2c + Send + 'static>(
    air: Air,
    mut connect: impl FnMut() -> B + Send + 'static,
) -> Polled<Device<B, NoopDelay>>
where
    Problem: From<B::Error>,
{
    let device = Lazy::new(&"air", move || Device::probe(connect(), NoopDelay::new(), air));
    Polled::by_ticks(device, QUANTITIES, Device::read).advising(advice)
}

fn write(bytes: &[u8]) -> Transaction {
    Transaction::write(0x62, bytes.to_vec())
}

fn stop() -> Transaction {
    write(&[0x3f, 0x86])
}

fn found_in(air: &[u8]) -> Vec<Transaction> {
    let serial = asked(0x62, &[0x36, 0x82], &[0xf896, 0x9f07, 0x3bbe]);
    [vec![stop()], serial, vec![write(air), write(&[0x21, 0xb1])]].concat()
}

/// At the sea.
fn found() -> Vec<Transaction> {
    found_in(&[0x24, 0x27, 0x00, 0x00, 0x81])
}

/// The upper bits are of no meaning.
fn not_ready() -> Vec<Transaction> {
    asked(0x62, &[0xe4, 0xb8], &[0x8000])
}

fn measurement(words: [u16; 3]) -> Vec<Transaction> {
    let ready = asked(0x62, &[0xe4, 0xb8], &[0x8006]);
    [ready, asked(0x62, &[0xec, 0x05], &words)].concat()
}

/// Reads at each of these seconds, over exactly these transactions.
fn check_in(air: Air, transactions: &[Vec<Transaction>], expected: &[(i64, Outcomes)]) {
    let mut bus = Mock::new(&transactions.concat());
    let clone = bus.clone();
    let mut sensor = sensor(air, move || clone.clone());
    for (second, outcomes) in expected {
        let tick = Timestamp::from_milliseconds(1_000 * second);
        let samples: Vec<Sample> = QUANTITIES.into_iter().zip(*outcomes).collect();
        assert_eq!(sensor.read(tick), samples, "at {second} s");
    }
    bus.done();
}

fn check(transactions: &[Vec<Transaction>], expected: &[(i64, Outcomes)]) {
    check_in(Air::Altitude(0), transactions, expected);
}

/// What comes until it gives readings, at 0 s and 5 s.
fn settled() -> Vec<Transaction> {
    [found(), not_ready(), measurement([0, 0, 0])].concat()
}

#[test]
fn the_first_measurement_after_a_start_is_no_reading() {
    // -5 C at 80 %RH: (-5 + 45) / 175 * 65535 and 0.8 * 65535.
    let cold = [Ok(0.000_415), Ok(-5.0), Ok(80.0), Ok(-7.92)];
    check(
        &[
            settled(),
            measurement(EXAMPLE),
            measurement([415, 14_979, 52_428]),
        ],
        &[(0, TIMEOUT), (5, TIMEOUT), (10, EXAMPLE_IS), (20, cold)],
    );
    check(
        &[settled(), measurement(EXAMPLE)],
        &[(0, TIMEOUT), (10, TIMEOUT), (20, EXAMPLE_IS)],
    );
    // Where it is asked once a minute another one has taken its place.
    check(
        &[found(), not_ready(), measurement(EXAMPLE)],
        &[(0, TIMEOUT), (60, EXAMPLE_IS)],
    );
}

#[test]
fn whoever_asks_more_often_than_it_measures_gets_the_last_measurement() {
    let other = [600, 0x6667, 0x5eb9];
    let other_is = [Ok(0.0006), Ok(25.0), Ok(37.0), Ok(9.3)];
    check(
        &[
            settled(),
            measurement(EXAMPLE),
            not_ready(),
            not_ready(),
            measurement(other),
        ],
        &[
            (0, TIMEOUT),
            (5, TIMEOUT),
            (10, EXAMPLE_IS),
            (12, EXAMPLE_IS),
            (14, EXAMPLE_IS),
            (15, other_is),
        ],
    );
}

#[test]
fn one_that_measures_nothing_any_more_is_a_fault_and_is_started_anew() {
    check(
        &[
            settled(),
            measurement(EXAMPLE),
            not_ready(),
            not_ready(),
            not_ready(),
            found(),
            not_ready(),
        ],
        &[
            (0, TIMEOUT),
            (5, TIMEOUT),
            (10, EXAMPLE_IS),
            (19, EXAMPLE_IS),
            (20, TIMEOUT),
            (35, TIMEOUT),
            (36, TIMEOUT),
        ],
    );
    // So is one whose last measurement is of another time: the clock was set back.
    check(
        &[settled(), measurement(EXAMPLE), not_ready()],
        &[(0, TIMEOUT), (5, TIMEOUT), (10, EXAMPLE_IS), (-90, TIMEOUT)],
    );
}

#[test]
fn what_it_is_waited_for_is_said() {
    let mut bus = Mock::new(&[settled(), not_ready()].concat());
    let clone = bus.clone();
    let mut sensor = sensor(Air::Altitude(0), move || clone.clone());
    let mut read = |second: i64| {
        sensor.read(Timestamp::from_milliseconds(1_000 * second));
        sensor.advice(Fault::Timeout)
    };
    assert!(read(0).contains("wait for 10 s"));
    assert!(read(5).contains("wait for 10 s"));
    assert!(read(20).contains("measures nothing"));
    bus.done();
}

#[test]
fn altitude_or_pressure_is_told_before_it_starts() {
    let not_yet = [(0, TIMEOUT)];
    // 0x2427 with 1950 m is the datasheet's example, 0xe000 with 987 hPa too.
    let high = found_in(&[0x24, 0x27, 0x07, 0x9e, 0x09]);
    check_in(Air::Altitude(1_950), &[high, not_ready()], &not_yet);
    let thin = found_in(&[0xe0, 0x00, 0x03, 0xdb, 0x42]);
    check_in(Air::Pressure(987), &[thin, not_ready()], &not_yet);
}

#[test]
fn what_it_cannot_mean_is_out_of_range() {
    let none = Err(Fault::OutOfRange);
    let read = |words, expected| {
        check(
            &[settled(), measurement(words)],
            &[(0, TIMEOUT), (5, TIMEOUT), (10, expected)],
        );
    };
    read([0, 0x6667, 0x5eb9], [none, Ok(25.0), Ok(37.0), Ok(9.3)]);
    read([40_001, 0x6667, 0x5eb9], [none, Ok(25.0), Ok(37.0), Ok(9.3)]);
    read([40_000, 0x6667, 0x5eb9], [Ok(0.04), Ok(25.0), Ok(37.0), Ok(9.3)]);
    // -45 C and 130 C.
    read([500, 0, 0x5eb9], [Ok(0.0005), none, Ok(37.0), none]);
    read([500, u16::MAX, 0x5eb9], [Ok(0.0005), none, Ok(37.0), none]);
}

#[test]
fn damage_and_short_transfers_are_corrupt() {
    let corrupt = [Err(Fault::Corrupt); 4];
    let mut other = found();
    other.truncate(3);
    other[2] = Transaction::read(0x62, vec![1; 9]);
    check(&[other], &[(0, corrupt)]);
    let short = stop().with_error(ErrorKind::Overrun);
    check(&[vec![short]], &[(0, corrupt)]);
    let mut damaged = measurement(EXAMPLE);
    damaged[3] = Transaction::read(0x62, vec![0xff; 9]);
    check(
        &[settled(), damaged, found(), not_ready()],
        &[(0, TIMEOUT), (5, TIMEOUT), (10, corrupt), (20, TIMEOUT)],
    );
}

#[test]
fn it_vanishes_and_comes_back() {
    let absent = [Err(Fault::NotPresent); 4];
    let gone = vec![write(&[0xe4, 0xb8]).with_error(ABSENT)];
    check(
        &[
            vec![stop().with_error(ABSENT)],
            settled(),
            measurement(EXAMPLE),
            gone,
            settled(),
            measurement(EXAMPLE),
        ],
        &[
            (0, absent),
            (10, TIMEOUT),
            (20, TIMEOUT),
            (30, EXAMPLE_IS),
            (40, absent),
            (50, TIMEOUT),
            (60, TIMEOUT),
            (70, EXAMPLE_IS),
        ],
    );
}

#[test]
fn a_kernel_driver_on_the_address_is_named_with_the_way_out() {
    let mut sensor = sensor(Air::Altitude(0), || Refusing(16));
    let samples = sensor.read(Timestamp::from_milliseconds(0));
    assert_eq!(samples[0].1, Err(Fault::DeviceError));
    assert!(
        sensor
            .advice(Fault::DeviceError)
            .contains("a kernel driver holds")
    );
}

#[test]
fn keys_are_checked() {
    let open = |text: &str| open(&"air".parse().unwrap(), text.parse().unwrap()).map(|opened| opened.bus);
    let bus = "bus = '/dev/i2c-1'\n";
    assert_eq!(open(&format!("{bus}altitude_m = 3000")).unwrap(), "/dev/i2c-1");
    for (keys, words) in [
        ("altitude_m = 3001", "0 to 3000 (metres), not 3001"),
        ("pressure_hpa = 699", "700 to 1200 (hPa), not 699"),
        ("pressure_hpa = 1201", "700 to 1200 (hPa), not 1201"),
        ("pressure_hpa = 1000\naltitude_m = 1", "leave one of them out"),
        ("altitude_m = -5", "altitude_m"),
        ("address = 0x62", "unknown field `address`"),
    ] {
        let message = open(&format!("{bus}{keys}")).unwrap_err().to_string();
        assert!(message.contains(words), "{keys}: {message}");
    }
}
