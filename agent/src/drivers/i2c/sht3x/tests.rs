//! Transactions byte for byte, from the datasheet.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use embedded_hal::i2c::{ErrorKind, ErrorType, NoAcknowledgeSource, Operation};
use embedded_hal_mock::eh1::i2c::{Mock, Transaction};

use plenum_protocol::Timestamp;

use super::bus::Refusing;
use super::*;
use crate::driver::Driver;
use crate::drivers::lazy::Lazy;
use crate::drivers::polled::Polled;

const NOW: Timestamp = Timestamp::from_milliseconds(0);
const ABSENT: ErrorKind = ErrorKind::NoAcknowledge(NoAcknowledgeSource::Address);

/// The sensor on whatever bus `connect` opens.
fn sensor<B: I2c + Send + 'static>(mut connect: impl FnMut() -> B + Send + 'static) -> Polled<Sht3x<B, Delay>>
where
    Problem: From<B::Error>,
{
    let device = Lazy::new(&"inlet", move || probe(connect(), 0x44));
    Polled::new(device, QUANTITIES, read)
}

fn reset() -> Transaction {
    Transaction::write(0x44, vec![0x30, 0xa2])
}

/// A single shot of high repeatability with clock stretching: command 0x2c06, six bytes back.
fn measurement(bytes: [u8; 6]) -> Vec<Transaction> {
    vec![
        Transaction::transaction_start(0x44),
        Transaction::write(0x44, vec![0x2c, 0x06]),
        Transaction::read(0x44, bytes.to_vec()),
        Transaction::transaction_end(0x44),
    ]
}

/// The status register (4.13): command 0xf32d, a word and its checksum back.
fn status(word: u16) -> Vec<Transaction> {
    let [high, low] = word.to_be_bytes();
    vec![
        Transaction::transaction_start(0x44),
        Transaction::write(0x44, vec![0xf3, 0x2d]),
        Transaction::read(0x44, vec![high, low, crc([high, low])]),
        Transaction::transaction_end(0x44),
    ]
}

/// A measurement after which the sensor says that all is well with it.
fn well(bytes: [u8; 6]) -> Vec<Transaction> {
    [measurement(bytes), status(0)].concat()
}

/// embedded-hal-mock cannot fail within a transaction: this one fails where a transaction is begun with an error.
#[derive(Clone)]
struct Cut {
    mock: Mock,
    failures: Arc<Mutex<VecDeque<Option<ErrorKind>>>>,
}

impl ErrorType for Cut {
    type Error = ErrorKind;
}

impl I2c for Cut {
    fn write(&mut self, address: u8, bytes: &[u8]) -> Result<(), ErrorKind> {
        self.mock.write(address, bytes)
    }

    fn transaction(&mut self, address: u8, operations: &mut [Operation<'_>]) -> Result<(), ErrorKind> {
        match self.failures.lock().unwrap().pop_front().flatten() {
            Some(error) => Err(error),
            None => self.mock.transaction(address, operations),
        }
    }
}

/// The datasheet's CRC-8 (4.12): polynomial 0x31, begun with 0xff; 0xbeef gives 0x92.
fn crc(word: [u8; 2]) -> u8 {
    word.iter().fold(0xff, |crc, byte| {
        (0..8).fold(crc ^ byte, |crc: u8, _| {
            (crc << 1) ^ if crc & 0x80 == 0 { 0 } else { 0x31 }
        })
    })
}

fn words(temperature: u16, humidity: u16) -> [u8; 6] {
    let ([t0, t1], [h0, h1]) = (temperature.to_be_bytes(), humidity.to_be_bytes());
    [t0, t1, crc([t0, t1]), h0, h1, crc([h0, h1])]
}

/// Reads once for each expected outcome, over exactly these transactions; the n-th but for resets fails with `failures[n]`.
fn check_with(
    failures: &[Option<ErrorKind>],
    transactions: &[Vec<Transaction>],
    expected: &[[Result<f64, Fault>; 3]],
) {
    let mut bus = Cut {
        mock: Mock::new(&transactions.concat()),
        failures: Arc::new(Mutex::new(failures.iter().copied().collect())),
    };
    let clone = bus.clone();
    let mut sensor = sensor(move || clone.clone());
    for outcomes in expected {
        let samples: Vec<Sample> = QUANTITIES.into_iter().zip(*outcomes).collect();
        assert_eq!(sensor.read(NOW), samples);
    }
    bus.mock.done();
}

fn check(transactions: &[Vec<Transaction>], expected: &[[Result<f64, Fault>; 3]]) {
    check_with(&[], transactions, expected);
}

#[test]
fn both_signs_with_dew_point() {
    assert_eq!(crc([0xbe, 0xef]), 0x92);
    // 27 C at 60 %RH: raw = (27 + 45) / 175 * 65535 and 0.6 * 65535.
    check(
        &[vec![reset()], well(words(26963, 39321))],
        &[[Ok(27.0), Ok(60.0), Ok(18.58)]],
    );
    // -20.5 C at 80 %RH.
    check(
        &[vec![reset()], well(words(9175, 52428))],
        &[[Ok(-20.5), Ok(80.0), Ok(-23.05)]],
    );
}

#[test]
fn it_is_reset_once_and_not_at_every_read() {
    let good = || well(words(26963, 39321));
    let values = [Ok(27.0), Ok(60.0), Ok(18.58)];
    check(&[vec![reset()], good(), good()], &[values, values]);
}

#[test]
fn a_heater_that_is_on_is_a_fault_and_is_switched_off_by_a_reset() {
    let heated = [measurement(words(26963, 39321)), status(1 << 13)].concat();
    // It wakes with its heater on, which the reset ends; whoever switches it on later is found out, and it is reset again.
    check(
        &[vec![reset()], heated, vec![reset()], well(words(26963, 39321))],
        &[[Err(Fault::DeviceError); 3], [Ok(27.0), Ok(60.0), Ok(18.58)]],
    );
    // Every other bit: an alert, a reset that was seen.
    let other = [measurement(words(26963, 39321)), status(!(1 << 13))].concat();
    check(&[vec![reset()], other], &[[Ok(27.0), Ok(60.0), Ok(18.58)]]);
}

#[test]
fn a_status_that_is_damaged_is_corrupt() {
    let mut bad = status(0);
    bad[2] = Transaction::read(0x44, vec![0, 0, 0]);
    let read = [measurement(words(26963, 39321)), bad].concat();
    check(&[vec![reset()], read], &[[Err(Fault::Corrupt); 3]]);
}

#[test]
fn bone_dry_air_has_no_dew_point() {
    check(
        &[vec![reset()], well(words(26963, 0))],
        &[[Ok(27.0), Ok(0.0), Err(Fault::OutOfRange)]],
    );
}

#[test]
fn a_bad_checksum_of_either_word_is_corrupt() {
    for index in [2, 5] {
        let mut bytes = words(26963, 39321);
        bytes[index] ^= 1;
        check(&[vec![reset()], measurement(bytes)], &[[Err(Fault::Corrupt); 3]]);
    }
}

#[test]
fn a_bus_that_only_pulls_low_or_high_is_corrupt() {
    for byte in [0x00, 0xff] {
        check(
            &[vec![reset()], measurement([byte; 6])],
            &[[Err(Fault::Corrupt); 3]],
        );
    }
}

#[test]
fn it_vanishes_and_comes_back() {
    let good = || well(words(26963, 39321));
    let values = [Ok(27.0), Ok(60.0), Ok(18.58)];
    check_with(
        &[None, None, Some(ABSENT), None, None],
        &[
            vec![reset().with_error(ABSENT)],
            vec![reset()],
            good(),
            vec![reset()],
            good(),
        ],
        &[
            [Err(Fault::NotPresent); 3],
            values,
            [Err(Fault::NotPresent); 3],
            values,
        ],
    );
}

#[test]
fn a_short_transfer_is_corrupt() {
    check_with(
        &[Some(ErrorKind::Overrun)],
        &[vec![reset()]],
        &[[Err(Fault::Corrupt); 3]],
    );
}

#[test]
fn a_kernel_driver_on_the_address_is_named_with_the_way_out() {
    let mut sensor = sensor(|| Refusing(16));
    assert_eq!(sensor.read(NOW)[0].1, Err(Fault::DeviceError));
    assert!(sensor.advice(Fault::DeviceError).contains("driver = \"hwmon\""));
}

#[test]
fn keys_are_checked() {
    let open = |text: &str| open(&"inlet".parse().unwrap(), text.parse().unwrap()).map(|opened| opened.bus);
    assert_eq!(open("bus = '/dev/i2c-1'\naddress = 0x45").unwrap(), "/dev/i2c-1");
    let message = |text| open(text).unwrap_err().to_string();
    assert!(message("bus = '/dev/i2c-1'\naddress = 0x46").contains("0x44 or 0x45, not 0x46"));
    assert!(message("bus = '/dev/i2c-1'\nspeed = 1").contains("unknown field `speed`"));
}
