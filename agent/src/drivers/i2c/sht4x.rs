//! Sensirion SHT40, SHT41, SHT43 and SHT45: temperature and humidity over I2C, and the dew point of both. Figures are those of the
//! datasheet SHT4x, sections 3.2 "Timings" and 4 "Sensor operation".

use std::ops::RangeInclusive;
use std::path::PathBuf;

use embedded_hal::delay::DelayNs;
use embedded_hal::i2c::I2c;
use linux_embedded_hal::Delay;
use plenum_protocol::Identifier;
use plenum_protocol::config_key::{Key, required, usual};
use serde::Deserialize;
use serde::de::Error as _;

use super::bus;
use super::climate::{CLIMATE, climate};
use super::sensirion::{Chip, Command};
use crate::driver::{Problem, Sample};
use crate::drivers::{Entry, Manual, Opened};

/// The registry's entry.
pub(crate) const ENTRY: Entry = Entry {
    name: "sht4x",
    summary: "SHT40, SHT41, SHT43 and SHT45 temperature and humidity sensors over I2C, with the dew point",
    open,
    manual: Manual {
        about: "SHT40, SHT41, SHT43 and SHT45 on I2C, with the dew point.",
        keys: KEYS,
        below: &[],
        sample: "\
# Temperature, humidity and dew point: Sensirion SHT40, SHT41, SHT43 or SHT45 on I2C.
[[sensor]]
id = \"inlet-a4\"
driver = \"sht4x\"
bus = \"/dev/i2c-1\"
address = 0x45                          # by its part number: 0x44 with an A behind SHT4x, 0x45 with a B, 0x46 with a C
",
    },
};

const KEYS: &[Key] = &[
    required("bus", "path", "\"/dev/i2c-1\"", "The I2C bus."),
    usual(
        "address",
        "number, 0x44 to 0x46",
        "0x44",
        "By its part number: 0x45 where a B stands behind SHT4x, 0x46 where a C does.",
    ),
];

/// Sets everything to what it is after power-up, which ends what its heater does (4.8).
const RESET: Command = Command::byte(0x94, 2);
/// 4.7.
const SERIAL_NUMBER: Command = Command::byte(0x89, 1);
/// One measurement of high precision: 8.3 ms at most (3.2).
const MEASURE: Command = Command::byte(0xfd, 9);
/// In °C.
const RANGE: RangeInclusive<f64> = -40.0..=125.0;

/// What stands in the sensor's block.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    /// The bus's file, `/dev/i2c-1`.
    bus: PathBuf,
    /// 0x44 to 0x46 by its part number.
    #[serde(default = "default_address")]
    address: u8,
}

fn default_address() -> u8 {
    0x44
}

fn open(sensor: &Identifier, keys: toml::Table) -> Result<Opened, toml::de::Error> {
    let Config { bus, address } = keys.try_into()?;
    if !(0x44..=0x46).contains(&address) {
        let message = format!("`address` of an SHT4x is 0x44 to 0x46, not {address:#04x}");
        return Err(toml::de::Error::custom(message));
    }
    let probe = move |bus| probe(bus, address, Delay);
    Ok(bus::chip(sensor, bus, &CLIMATE, probe, read))
}

/// Resets the sensor, so that no heater is on, and asks for its serial number, which no other chip at the address has.
fn probe<B: I2c, D: DelayNs>(bus: B, address: u8, delay: D) -> Result<Chip<B, D>, Problem>
where
    Problem: From<B::Error>,
{
    let mut chip = Chip::new(bus, address, delay);
    chip.tell(RESET)?;
    chip.identity::<2>(SERIAL_NUMBER, "SHT4x")?;
    Ok(chip)
}

fn read<B: I2c, D: DelayNs>(chip: &mut Chip<B, D>) -> Result<Vec<Sample>, Problem>
where
    Problem: From<B::Error>,
{
    chip.ask(MEASURE).map(convert)
}

/// Section 4.6 "Conversion of signal output".
fn convert([temperature, humidity]: [u16; 2]) -> Vec<Sample> {
    let ratio = |word: u16| f64::from(word) / 65_535.0;
    climate(
        -45.0 + 175.0 * ratio(temperature),
        -6.0 + 125.0 * ratio(humidity),
        &RANGE,
    )
}

#[cfg(test)]
mod tests {
    use embedded_hal::i2c::ErrorKind;
    use embedded_hal_mock::eh1::delay::NoopDelay;
    use embedded_hal_mock::eh1::i2c::Transaction;
    use plenum_protocol::{Fault, Timestamp};

    use super::super::bus::Refusing;
    use super::super::sensirion::tests::{ABSENT, asked, reads};
    use super::*;
    use crate::driver::Driver;
    use crate::drivers::lazy::Lazy;
    use crate::drivers::polled::Polled;

    const NOW: Timestamp = Timestamp::from_milliseconds(0);
    /// 27 C at 60 %RH: (27 + 45) / 175 * 65535 and (60 + 6) / 125 * 65535.
    const WARM: [u16; 2] = [26_963, 34_602];
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

    fn reset() -> Transaction {
        Transaction::write(0x44, vec![0x94])
    }

    fn found() -> Vec<Transaction> {
        [vec![reset()], asked(0x44, &[0x89], &[0x0f1e, 0x2d3c])].concat()
    }

    fn measurement(words: [u16; 2]) -> Vec<Transaction> {
        asked(0x44, &[0xfd], &words)
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
        // It is looked at once and not at every read. -20.5 C at 80 %RH.
        let cold = [Ok(-20.5), Ok(80.0), Ok(-23.05)];
        check(
            &[found(), measurement(WARM), measurement([9_175, 45_088])],
            &[WARM_IS, cold],
        );
    }

    #[test]
    fn the_ends_of_its_scale_are_beyond_its_range() {
        let none = Err(Fault::OutOfRange);
        check(&[found(), measurement([0, 0])], &[[none; 3]]);
        check(&[found(), measurement([u16::MAX; 2])], &[[none; 3]]);
    }

    #[test]
    fn damage_is_corrupt_at_its_serial_number_and_in_a_measurement() {
        let mut serial = found();
        serial[2] = Transaction::read(0x44, vec![0x0f, 0x1e, 0, 0x2d, 0x3c, 0]);
        check(&[serial], &[[Err(Fault::Corrupt); 3]]);
        let damaged = vec![
            Transaction::write(0x44, vec![0xfd]),
            Transaction::read(0x44, vec![0xff; 6]),
        ];
        check(&[found(), damaged], &[[Err(Fault::Corrupt); 3]]);
        let short = reset().with_error(ErrorKind::Overrun);
        check(&[vec![short]], &[[Err(Fault::Corrupt); 3]]);
    }

    #[test]
    fn one_that_is_late_and_one_that_vanishes_are_found_again() {
        let mut late = measurement(WARM);
        late[1] = Transaction::read(0x44, vec![0; 6]).with_error(ABSENT);
        let gone = vec![Transaction::write(0x44, vec![0xfd]).with_error(ABSENT)];
        check(
            &[
                found(),
                late,
                found(),
                gone,
                vec![reset().with_error(ABSENT)],
                found(),
                measurement(WARM),
            ],
            &[
                [Err(Fault::Timeout); 3],
                [Err(Fault::NotPresent); 3],
                [Err(Fault::NotPresent); 3],
                WARM_IS,
            ],
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
        let open =
            |text: &str| open(&"inlet".parse().unwrap(), text.parse().unwrap()).map(|opened| opened.bus);
        assert_eq!(open("bus = '/dev/i2c-1'\naddress = 0x46").unwrap(), "/dev/i2c-1");
        let message = |text| open(text).unwrap_err().to_string();
        assert!(message("bus = '/dev/i2c-1'\naddress = 0x47").contains("0x44 to 0x46, not 0x47"));
        assert!(message("bus = '/dev/i2c-1'\nheater = true").contains("unknown field `heater`"));
    }
}
