//! Sensirion SHT30, SHT31 and SHT35: temperature and humidity over I2C, and the dew point of both. Figures are those of the datasheet
//! SHT3x-DIS, sections 2.2 "Timing specification" and 4 "Operation and communication".

use std::ops::RangeInclusive;
use std::path::PathBuf;

use embedded_hal::delay::DelayNs;
use embedded_hal::i2c::I2c;
use linux_embedded_hal::Delay;
use plenum_protocol::config_key::{Key, required, usual};
use plenum_protocol::{Fault, Identifier};
use serde::Deserialize;
use serde::de::Error as _;

use super::bus;
use super::climate::{CLIMATE, climate};
use super::sensirion::{Chip, Command};
use crate::driver::{Problem, Sample};
use crate::drivers::{Entry, Manual, Opened};

/// The registry's entry.
pub(crate) const ENTRY: Entry = Entry {
    name: "sht3x",
    summary: "SHT30, SHT31 and SHT35 temperature and humidity sensors over I2C, with the dew point",
    open,
    manual: Manual {
        about: "SHT30, SHT31 and SHT35 on I2C, with the dew point.",
        keys: KEYS,
        below: &[],
        sample: "\
# Temperature, humidity and dew point: Sensirion SHT30, SHT31 or SHT35 on I2C.
[[sensor]]
id = \"inlet-a3\"
driver = \"sht3x\"
bus = \"/dev/i2c-1\"
address = 0x44                          # 0x45 with the pin ADDR high
interval = \"10s\"
",
    },
};

const KEYS: &[Key] = &[
    required("bus", "path", "\"/dev/i2c-1\"", "The I2C bus."),
    usual(
        "address",
        "number, 0x44 or 0x45",
        "0x44",
        "0x45 with the pin ADDR high.",
    ),
];

/// Ends a measurement of its own accord (4.8).
const STOP: Command = Command::word(0x3093, 1);
/// Sets everything to what it is after power-up (4.9).
const RESET: Command = Command::word(0x30a2, 2);
/// 4.10.
const HEATER_OFF: Command = Command::word(0x3066, 1);
/// 4.11.
const STATUS: Command = Command::word(0xf32d, 1);
const STATUS_HEATER: u16 = 1 << 13;
/// One measurement of high repeatability, without a stretched clock (4.3): 15.5 ms at most where its supply is below 2.4 V.
const MEASURE: Command = Command::word(0x2400, 17);
/// In °C.
const RANGE: RangeInclusive<f64> = -40.0..=125.0;

/// What stands in the sensor's block.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    /// The bus's file, `/dev/i2c-1`.
    bus: PathBuf,
    /// 0x44, or 0x45 with the pin ADDR high.
    #[serde(default = "default_address")]
    address: u8,
}

fn default_address() -> u8 {
    0x44
}

fn open(sensor: &Identifier, keys: toml::Table) -> Result<Opened, toml::de::Error> {
    let Config { bus, address } = keys.try_into()?;
    if !matches!(address, 0x44 | 0x45) {
        let message = format!("`address` of an SHT3x is 0x44 or 0x45, not {address:#04x}");
        return Err(toml::de::Error::custom(message));
    }
    Ok(bus::chip(
        sensor,
        bus,
        &CLIMATE,
        move |bus| probe(bus, address, Delay),
        read,
    ))
}

/// Ends a measurement that a predecessor left behind, resets the sensor and switches its heater off, and looks whether it is.
fn probe<B: I2c, D: DelayNs>(bus: B, address: u8, delay: D) -> Result<Chip<B, D>, Problem>
where
    Problem: From<B::Error>,
{
    let mut chip = Chip::new(bus, address, delay);
    chip.tell(STOP)?;
    chip.tell(RESET)?;
    chip.tell(HEATER_OFF)?;
    let [status] = chip.identity(STATUS, "SHT3x")?;
    without_heater(status)?;
    Ok(chip)
}

fn read<B: I2c, D: DelayNs>(chip: &mut Chip<B, D>) -> Result<Vec<Sample>, Problem>
where
    Problem: From<B::Error>,
{
    let measured = chip.ask(MEASURE)?;
    let [status] = chip.ask(STATUS)?;
    without_heater(status)?;
    Ok(convert(measured))
}

fn without_heater(status: u16) -> Result<(), Problem> {
    if status & STATUS_HEATER == 0 {
        return Ok(());
    }
    let words = "its heater is on: what it measures is its own warmth; it is reset before the next reading";
    Err(Problem::new(Fault::DeviceError, words))
}

/// Section 4.13 "Conversion of signal output".
fn convert([temperature, humidity]: [u16; 2]) -> Vec<Sample> {
    let ratio = |word: u16| f64::from(word) / 65_535.0;
    climate(
        -45.0 + 175.0 * ratio(temperature),
        100.0 * ratio(humidity),
        &RANGE,
    )
}

#[cfg(test)]
mod tests {
    use embedded_hal::i2c::ErrorKind;
    use embedded_hal_mock::eh1::delay::NoopDelay;
    use embedded_hal_mock::eh1::i2c::Transaction;
    use plenum_protocol::Timestamp;

    use super::super::bus::Refusing;
    use super::super::sensirion::tests::{ABSENT, asked, reads};
    use super::*;
    use crate::driver::Driver;
    use crate::drivers::lazy::Lazy;
    use crate::drivers::polled::Polled;

    const NOW: Timestamp = Timestamp::from_milliseconds(0);
    /// 27 C at 60 %RH: (27 + 45) / 175 * 65535 and 0.6 * 65535.
    const WARM: [u16; 2] = [26_963, 39_321];
    const WARM_IS: [Result<f64, Fault>; 3] = [Ok(27.0), Ok(60.0), Ok(18.58)];

    /// The sensor on whatever bus `connect` opens.
    fn sensor<B: I2c + Send + 'static>(
        mut connect: impl FnMut() -> B + Send + 'static,
    ) -> Polled<Chip<B, NoopDelay>>
    where
        Problem: From<B::Error>,
    {
        let device = Lazy::new(&"inlet", move || probe(connect(), 0x44, NoopDelay::new()));
        Polled::new(device, CLIMATE, read)
    }

    fn stop() -> Transaction {
        Transaction::write(0x44, vec![0x30, 0x93])
    }

    fn status(word: u16) -> Vec<Transaction> {
        asked(0x44, &[0xf3, 0x2d], &[word])
    }

    /// What is said to it when it is found; its status then is `word`.
    fn found_with(word: u16) -> Vec<Transaction> {
        let told = |low| Transaction::write(0x44, vec![0x30, low]);
        [vec![stop(), told(0xa2), told(0x66)], status(word)].concat()
    }

    /// With bit 4, "a reset was seen".
    fn found() -> Vec<Transaction> {
        found_with(1 << 4)
    }

    fn measurement(words: [u16; 2]) -> Vec<Transaction> {
        asked(0x44, &[0x24, 0x00], &words)
    }

    /// A measurement after which the sensor says that all is well with it.
    fn well(words: [u16; 2]) -> Vec<Transaction> {
        [measurement(words), status(0)].concat()
    }

    fn check(transactions: &[Vec<Transaction>], expected: &[[Result<f64, Fault>; 3]]) {
        reads(
            &CLIMATE,
            transactions,
            |bus| sensor(move || bus.clone()),
            expected,
        );
    }

    #[test]
    fn both_signs_with_dew_point() {
        check(&[found(), well(WARM)], &[WARM_IS]);
        // -20.5 C at 80 %RH.
        let cold = [Ok(-20.5), Ok(80.0), Ok(-23.05)];
        check(&[found(), well([9_175, 52_428])], &[cold]);
    }

    #[test]
    fn the_ends_of_its_scale_are_beyond_its_range() {
        let none = Err(Fault::OutOfRange);
        check(&[found(), well([0, 39_321])], &[[none, Ok(60.0), none]]);
        check(&[found(), well([u16::MAX, 39_321])], &[[none, Ok(60.0), none]]);
    }

    #[test]
    fn it_is_reset_once_and_not_at_every_read() {
        check(&[found(), well(WARM), well(WARM)], &[WARM_IS, WARM_IS]);
    }

    #[test]
    fn a_heater_that_is_on_is_a_fault_and_is_switched_off() {
        let heated = [measurement(WARM), status(1 << 13)].concat();
        // It wakes with its heater on, which the start ends; whoever switches it on later is found out, and it is reset again.
        check(
            &[found(), heated, found(), well(WARM)],
            &[[Err(Fault::DeviceError); 3], WARM_IS],
        );
        check(
            &[found_with(1 << 13), found(), well(WARM)],
            &[[Err(Fault::DeviceError); 3], WARM_IS],
        );
        // Every other bit: an alert, a reset that was seen.
        let other = [measurement(WARM), status(!(1 << 13))].concat();
        check(&[found(), other], &[WARM_IS]);
    }

    #[test]
    fn a_status_that_is_damaged_is_corrupt() {
        let mut bad = status(0);
        bad[1] = Transaction::read(0x44, vec![0, 0, 0]);
        let read = [measurement(WARM), bad].concat();
        check(&[found(), read], &[[Err(Fault::Corrupt); 3]]);
    }

    #[test]
    fn it_vanishes_and_comes_back() {
        let gone = vec![Transaction::write(0x44, vec![0x24, 0x00]).with_error(ABSENT)];
        let absent = [Err(Fault::NotPresent); 3];
        check(
            &[
                vec![stop().with_error(ABSENT)],
                found(),
                well(WARM),
                gone,
                found(),
                well(WARM),
            ],
            &[absent, WARM_IS, absent, WARM_IS],
        );
    }

    #[test]
    fn a_short_transfer_is_corrupt() {
        let short = stop().with_error(ErrorKind::Overrun);
        check(&[vec![short]], &[[Err(Fault::Corrupt); 3]]);
    }

    #[test]
    fn a_kernel_driver_on_the_address_is_named_with_the_way_out() {
        let mut sensor = sensor(|| Refusing(16));
        assert_eq!(sensor.read(NOW)[0].1, Err(Fault::DeviceError));
        assert!(sensor.advice(Fault::DeviceError).contains("driver = \"hwmon\""));
    }

    #[test]
    fn keys_are_checked() {
        let open =
            |text: &str| open(&"inlet".parse().unwrap(), text.parse().unwrap()).map(|opened| opened.bus);
        assert_eq!(open("bus = '/dev/i2c-1'\naddress = 0x45").unwrap(), "/dev/i2c-1");
        let message = |text| open(text).unwrap_err().to_string();
        assert!(message("bus = '/dev/i2c-1'\naddress = 0x46").contains("0x44 or 0x45, not 0x46"));
        assert!(message("bus = '/dev/i2c-1'\nspeed = 1").contains("unknown field `speed`"));
    }
}
