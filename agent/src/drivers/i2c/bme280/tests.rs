//! Transactions byte for byte, by the datasheet's register map.

use embedded_hal::i2c::{ErrorKind, NoAcknowledgeSource};
use embedded_hal_mock::eh1::delay::NoopDelay;
use embedded_hal_mock::eh1::i2c::{Mock, Transaction};
use plenum_protocol::Timestamp;

use super::super::bus::Refusing;
use super::*;
use crate::driver::Driver;
use crate::drivers::lazy::Lazy;
use crate::drivers::polled::Polled;

type Outcomes = [Result<f64, Fault>; 4];

const NOW: Timestamp = Timestamp::from_milliseconds(0);
const ABSENT: ErrorKind = ErrorKind::NoAcknowledge(NoAcknowledgeSource::Address);
/// Of Bosch's worked example, and a humidity.
const WARM: (u32, u32, u16) = (415_148, 519_888, 30_000);
const WARM_IS: Outcomes = [Ok(25.08), Ok(55.0), Ok(15.41), Ok(100_653.3)];

/// The sensor on whatever bus `connect` opens.
fn sensor<B: I2c + Send + 'static>(
    mut connect: impl FnMut() -> B + Send + 'static,
) -> Polled<Device<B, NoopDelay>>
where
    Problem: From<B::Error>,
{
    let device = Lazy::new(&"room", move || Device::probe(connect(), 0x76, NoopDelay::new()));
    Polled::new(device, QUANTITIES, Device::read)
}

fn write(bytes: [u8; 2]) -> Transaction {
    Transaction::write(0x76, bytes.to_vec())
}

fn registers(first: u8, bytes: &[u8]) -> Transaction {
    Transaction::write_read(0x76, vec![first], bytes.to_vec())
}

fn identity(says: u8) -> Vec<Transaction> {
    vec![registers(0xd0, &[says])]
}

fn coefficients() -> Vec<Transaction> {
    let (first, second) = formulas::tests::registers();
    vec![registers(0x88, &first), registers(0xe1, &second)]
}

fn told() -> Vec<Transaction> {
    vec![write([0xf2, 0x01]), write([0xf4, 0x25])]
}

fn data_of((pressure, temperature, humidity): (u32, u32, u16)) -> Vec<u8> {
    let mut data = Vec::new();
    for number in [pressure, temperature] {
        data.extend_from_slice(&(number << 4).to_be_bytes()[1..]);
    }
    data.extend(humidity.to_be_bytes());
    data
}

fn measurement(measured: (u32, u32, u16)) -> Vec<Transaction> {
    let answer = vec![registers(0xf3, &[0x00]), registers(0xf7, &data_of(measured))];
    [told(), answer].concat()
}

fn read(measured: (u32, u32, u16)) -> Vec<Transaction> {
    [coefficients(), measurement(measured)].concat()
}

fn found() -> Vec<Transaction> {
    // What it measures first is another thing, and never seen.
    let first = measurement((1, 1, 1));
    [identity(0x60), vec![write([0xe0, 0xb6])], coefficients(), first].concat()
}

/// Reads once for each expected outcome, over exactly these transactions.
fn check(transactions: &[Vec<Transaction>], expected: &[Outcomes]) {
    let mut bus = Mock::new(&transactions.concat());
    let clone = bus.clone();
    let mut sensor = sensor(move || clone.clone());
    for outcomes in expected {
        let samples: Vec<Sample> = QUANTITIES.into_iter().zip(*outcomes).collect();
        assert_eq!(sensor.read(NOW), samples);
    }
    bus.done();
}

#[test]
fn both_signs_with_dew_point_and_what_it_measures_first_does_not_count() {
    let cold = [Ok(-12.64), Ok(53.4), Ok(-20.16), Ok(94_916.3)];
    check(
        &[found(), read(WARM), read((415_148, 400_000, 30_000))],
        &[WARM_IS, cold],
    );
}

#[test]
fn what_is_beyond_its_range_is_a_fault() {
    let none = Err(Fault::OutOfRange);
    // -44.36 C is below what it can measure.
    check(
        &[found(), read((415_148, 300_000, 30_000))],
        &[[none, Ok(51.62), none, Ok(90_238.3)]],
    );
    // A pressure of 131 kPa at 25 C.
    check(
        &[found(), read((200_000, 519_888, 30_000))],
        &[[Ok(25.08), Ok(55.0), Ok(15.41), none]],
    );
}

#[test]
fn another_chip_at_the_address_is_named() {
    for (says, words) in [
        (0x58, "a BMP280, which has no humidity"),
        (0x61, "a BME680"),
        (0x00, "0x00, not a BME280"),
        (0xff, "0xff, not a BME280"),
    ] {
        let mut bus = Mock::new(&identity(says));
        let clone = bus.clone();
        let mut sensor = sensor(move || clone.clone());
        assert_eq!(sensor.read(NOW)[3].1, Err(Fault::NotPresent));
        let advice = sensor.advice(Fault::NotPresent);
        assert!(advice.contains(words), "{advice}");
        bus.done();
    }
}

#[test]
fn what_was_not_measured_is_a_fault() {
    let fault = [Err(Fault::DeviceError); 4];
    let skipped = (0x8_0000, 0x8_0000, 0x8000);
    check(&[found(), read(skipped), found(), read(WARM)], &[fault, WARM_IS]);
    let busy = [coefficients(), told(), vec![registers(0xf3, &[0x08])]].concat();
    check(&[found(), busy], &[[Err(Fault::Timeout); 4]]);
}

#[test]
fn a_bus_that_is_held_and_one_that_turns_a_bit_are_corrupt() {
    let corrupt = [Err(Fault::Corrupt); 4];
    for byte in [0x00, 0xff] {
        let data = vec![registers(0xf3, &[0x00]), registers(0xf7, &[byte; 8])];
        check(&[found(), coefficients(), told(), data], &[corrupt]);
        let blank = vec![registers(0x88, &[byte; 26]), registers(0xe1, &[byte; 7])];
        check(&[identity(0x60), vec![write([0xe0, 0xb6])], blank], &[corrupt]);
    }
    // A bit of its coefficients, or another chip in its place: it is looked at anew.
    let (mut first, second) = formulas::tests::registers();
    first[0] ^= 1;
    let other = vec![registers(0x88, &first), registers(0xe1, &second)];
    check(&[found(), other, found(), read(WARM)], &[corrupt, WARM_IS]);
    let short = registers(0xd0, &[0]).with_error(ErrorKind::Overrun);
    check(&[vec![short]], &[corrupt]);
}

#[test]
fn it_vanishes_and_comes_back() {
    let gone = || vec![registers(0x88, &[0; 26]).with_error(ABSENT)];
    let absent = [Err(Fault::NotPresent); 4];
    check(
        &[
            vec![registers(0xd0, &[0]).with_error(ABSENT)],
            found(),
            read(WARM),
            gone(),
            found(),
            read(WARM),
        ],
        &[absent, WARM_IS, absent, WARM_IS],
    );
}

#[test]
fn a_kernel_driver_on_the_address_is_named_with_the_way_out() {
    let mut sensor = sensor(|| Refusing(16));
    assert_eq!(sensor.read(NOW)[0].1, Err(Fault::DeviceError));
    assert!(sensor.advice(Fault::DeviceError).contains("\"iio\""));
}

#[test]
fn keys_are_checked() {
    let open = |text: &str| open(&"room".parse().unwrap(), text.parse().unwrap()).map(|opened| opened.bus);
    assert_eq!(open("bus = '/dev/i2c-1'\naddress = 0x77").unwrap(), "/dev/i2c-1");
    let message = |text| open(text).unwrap_err().to_string();
    assert!(message("bus = '/dev/i2c-1'\naddress = 0x78").contains("0x76 or 0x77, not 0x78"));
    assert!(message("bus = '/dev/i2c-1'\nspi = true").contains("unknown field `spi`"));
}
