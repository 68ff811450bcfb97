//! What the chips' tests are written with, and what all of those chips do alike.

use embedded_hal::i2c::NoAcknowledgeSource;
use embedded_hal_mock::eh1::delay::{CheckedDelay, Transaction as Wait};
use embedded_hal_mock::eh1::i2c::{Mock, Transaction};

use plenum_protocol::{Fault, Quantity, Timestamp};

use super::*;
use crate::driver::{Driver, Sample};

/// Nobody acknowledges the address.
pub(crate) const ABSENT: ErrorKind = ErrorKind::NoAcknowledge(NoAcknowledgeSource::Address);

/// Words with their checksums.
pub(crate) fn words(words: &[u16]) -> Vec<u8> {
    let with_sum = |word: &u16| {
        let [high, low] = word.to_be_bytes();
        [high, low, checksum([high, low])]
    };
    words.iter().flat_map(with_sum).collect()
}

/// A command that is answered with these words.
pub(crate) fn asked(address: u8, command: &[u8], answer: &[u16]) -> Vec<Transaction> {
    vec![
        Transaction::write(address, command.to_vec()),
        Transaction::read(address, words(answer)),
    ]
}

/// A driver over exactly these transactions, read once for each expected outcome.
pub(crate) fn reads<D: Driver, const N: usize>(
    quantities: &[Quantity; N],
    transactions: &[Vec<Transaction>],
    sensor: impl FnOnce(Mock) -> D,
    expected: &[[Result<f64, Fault>; N]],
) {
    let mut bus = Mock::new(&transactions.concat());
    let mut sensor = sensor(bus.clone());
    for outcomes in expected {
        let samples: Vec<Sample> = quantities.iter().copied().zip(*outcomes).collect();
        assert_eq!(sensor.read(Timestamp::from_milliseconds(0)), samples);
    }
    bus.done();
}

const COMMAND: Command = Command::word(0x1234, 7);

fn check<T: PartialEq + std::fmt::Debug>(
    transactions: &[Transaction],
    waits: &[Wait],
    question: impl FnOnce(&mut Chip<Mock, CheckedDelay>) -> Result<T, Problem>,
    expected: Result<T, Fault>,
) {
    let (mut bus, mut delay) = (Mock::new(transactions), CheckedDelay::new(waits));
    let answer = question(&mut Chip::new(bus.clone(), 0x44, delay.clone()));
    assert_eq!(answer.map_err(|problem| problem.fault), expected);
    bus.done();
    delay.done();
}

#[test]
fn the_checksum_is_the_datasheets() {
    assert_eq!(checksum([0xbe, 0xef]), 0x92);
}

#[test]
fn a_command_is_waited_for_and_its_words_are_taken() {
    let wait = [Wait::delay_ms(7)];
    check(
        &asked(0x44, &[0x12, 0x34], &[0xbeef, 0x0001]),
        &wait,
        |chip| chip.ask::<2>(COMMAND),
        Ok([0xbeef, 0x0001]),
    );
    check(
        &asked(0x44, &[0xfd], &[0xbeef]),
        &wait,
        |chip| chip.ask::<1>(Command::byte(0xfd, 7)),
        Ok([0xbeef]),
    );
    check(
        &[Transaction::write(0x44, vec![0x12, 0x34, 0xbe, 0xef, 0x92])],
        &wait,
        |chip| chip.set(COMMAND, 0xbeef),
        Ok(()),
    );
}

#[test]
fn any_bit_that_is_turned_over_is_corrupt() {
    for bit in 0..48 {
        let mut bytes = words(&[0x6953, 0x9999]);
        bytes[bit / 8] ^= 1 << (bit % 8);
        let transactions = [
            Transaction::write(0x44, vec![0x12, 0x34]),
            Transaction::read(0x44, bytes),
        ];
        check(
            &transactions,
            &[Wait::delay_ms(7)],
            |chip| chip.ask::<2>(COMMAND),
            Err(Fault::Corrupt),
        );
    }
}

#[test]
fn absent_late_short_and_stuck_are_told_apart() {
    let write = || Transaction::write(0x44, vec![0x12, 0x34]);
    let read = || Transaction::read(0x44, vec![0; 6]);
    let question = |chip: &mut Chip<Mock, CheckedDelay>| chip.ask::<2>(COMMAND);
    // Nothing is waited for where nobody took the command.
    check(
        &[write().with_error(ABSENT)],
        &[],
        question,
        Err(Fault::NotPresent),
    );
    for (error, fault) in [
        (ABSENT, Fault::Timeout),
        (ErrorKind::Overrun, Fault::Corrupt),
        (ErrorKind::Bus, Fault::Timeout),
        (ErrorKind::ArbitrationLoss, Fault::Corrupt),
    ] {
        let transactions = [write(), read().with_error(error)];
        check(&transactions, &[Wait::delay_ms(7)], question, Err(fault));
    }
    // A bus that only pulls low or high.
    for byte in [0x00, 0xff] {
        let transactions = [write(), Transaction::read(0x44, vec![byte; 6])];
        check(&transactions, &[Wait::delay_ms(7)], question, Err(Fault::Corrupt));
    }
}

#[test]
fn another_chip_at_the_address_is_named() {
    let transactions = [
        Transaction::write(0x44, vec![0x12, 0x34]),
        Transaction::read(0x44, vec![1, 2, 3]),
    ];
    let mut bus = Mock::new(&transactions);
    let mut delay = CheckedDelay::new(&[Wait::delay_ms(7)]);
    let mut chip = Chip::new(bus.clone(), 0x44, delay.clone());
    let problem = chip.identity::<1>(COMMAND, "SHT3x").unwrap_err();
    let advice = problem.advice.unwrap();
    assert!(
        advice.contains("at 0x44 does not speak as the SHT3x does"),
        "{advice}"
    );
    bus.done();
    delay.done();
}
