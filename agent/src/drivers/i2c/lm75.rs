//! LM75 and its relatives (LM75A, PCT2075, TMP75, TMP105): temperature over I2C, by the crate `lm75`.

use std::path::PathBuf;

use embedded_hal::i2c::I2c;
use lm75::{Error, Lm75, ic};
use plenum_protocol::config_key::{Key, required, usual};
use plenum_protocol::{Fault, Identifier, Quantity};
use serde::Deserialize;
use serde::de::Error as _;

use super::bus;
use crate::driver::{Problem, Sample, measured};
use crate::drivers::{Entry, Manual, Opened};

/// The registry's entry.
pub(crate) const ENTRY: Entry = Entry {
    name: "lm75",
    summary: "LM75, LM75A, PCT2075, TMP75 and TMP105 temperature sensors over I2C",
    open,
    manual: Manual {
        about: "LM75 and its kin on I2C.",
        keys: KEYS,
        below: &[],
        sample: "\
# Temperature: LM75 and its kin on I2C.
[[sensor]]
id = \"outlet-a3\"
driver = \"lm75\"
bus = \"/dev/i2c-1\"
address = 0x48                          # to 0x4f, by the pins A2 to A0
chip = \"pct2075\"                        # lm75, lm75a, pct2075, tmp75 or tmp105
",
    },
};

const KEYS: &[Key] = &[
    required("bus", "path", "\"/dev/i2c-1\"", "The I2C bus."),
    usual("address", "number, 0x48 to 0x4f", "0x48", "By the pins A2 to A0."),
    usual(
        "chip",
        "one of `lm75`, `lm75a`, `pct2075`, `tmp75`, `tmp105`",
        "\"lm75\"",
        "They differ in how many bits mean something.",
    ),
];

const QUANTITIES: [Quantity; 1] = [Quantity::Temperature];

/// What stands in the sensor's block.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    /// The bus's file, `/dev/i2c-1`.
    bus: PathBuf,
    /// 0x48 to 0x4f by the pins A2 to A0.
    #[serde(default = "default_address")]
    address: u8,
    #[serde(default)]
    chip: Chip,
}

/// They share the register; they differ in how many of its bits mean something.
#[derive(Debug, Clone, Copy, Default, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Chip {
    /// 0.5 C; the bits below are undefined.
    #[default]
    Lm75,
    /// 0.125 C.
    Lm75a,
    /// 0.125 C.
    Pct2075,
    /// 0.5 C after power-up, finer once its configuration register says so.
    Tmp75,
    /// 0.5 C after power-up, as the TMP75 and by the same register.
    Tmp105,
}

fn default_address() -> u8 {
    0x48
}

fn open(sensor: &Identifier, keys: toml::Table) -> Result<Opened, toml::de::Error> {
    let Config { bus, address, chip } = keys.try_into()?;
    if !(0x48..=0x4f).contains(&address) {
        let message = format!("`address` of an LM75 is 0x48 to 0x4f, not {address:#04x}");
        return Err(toml::de::Error::custom(message));
    }
    let probe = move |bus| Device::probe(bus, address, chip);
    Ok(bus::chip(sensor, bus, &QUANTITIES, probe, Device::read))
}

/// The chip on a bus of type `B`.
enum Device<B> {
    Coarse(Lm75<B, ic::Lm75>),
    Fine(Lm75<B, ic::Pct2075>),
}

impl<B: I2c> Device<B>
where
    Problem: From<B::Error>,
{
    /// Sets the chip's resolution. An LM75 has no identity to ask for: whether it is there, the first read says.
    fn probe(mut bus: B, address: u8, chip: Chip) -> Result<Self, Problem> {
        const CONFIGURATION: u8 = 0x01;
        const TWELVE_BITS: u8 = 0x60;
        Ok(match chip {
            Chip::Lm75 => Self::Coarse(Lm75::new(bus, address)),
            Chip::Lm75a | Chip::Pct2075 => Self::Fine(Lm75::new_pct2075(bus, address)),
            Chip::Tmp75 | Chip::Tmp105 => {
                bus.write(address, &[CONFIGURATION, TWELVE_BITS])?;
                Self::Fine(Lm75::new_pct2075(bus, address))
            }
        })
    }

    fn read(&mut self) -> Result<Vec<Sample>, Problem> {
        let answer = match self {
            Self::Coarse(chip) => chip.read_temperature(),
            Self::Fine(chip) => chip.read_temperature(),
        };
        let celsius = answer.map_err(|error| match error {
            Error::I2C(error) => Problem::from(error),
            Error::InvalidInputData => Fault::Corrupt.into(),
        })?;
        Ok(vec![measured(Quantity::Temperature, f64::from(celsius))])
    }
}

#[cfg(test)]
mod tests {
    use embedded_hal::i2c::{ErrorKind, NoAcknowledgeSource};
    use embedded_hal_mock::eh1::i2c::{Mock, Transaction};

    use plenum_protocol::Timestamp;

    use super::super::bus::Refusing;
    use super::*;
    use crate::driver::Driver;
    use crate::drivers::lazy::Lazy;
    use crate::drivers::polled::Polled;

    const NOW: Timestamp = Timestamp::from_milliseconds(0);
    const ABSENT: ErrorKind = ErrorKind::NoAcknowledge(NoAcknowledgeSource::Address);

    /// The sensor on whatever bus `connect` opens.
    fn sensor<B: I2c + Send + 'static>(
        chip: Chip,
        mut connect: impl FnMut() -> B + Send + 'static,
    ) -> Polled<Device<B>>
    where
        Problem: From<B::Error>,
    {
        let device = Lazy::new(&"inlet", move || Device::probe(connect(), 0x48, chip));
        Polled::new(device, QUANTITIES, Device::read)
    }

    fn temperature(bytes: [u8; 2]) -> Transaction {
        Transaction::write_read(0x48, vec![0x00], bytes.to_vec())
    }

    /// Reads once for each expected outcome, over exactly these transactions.
    fn check(chip: Chip, transactions: &[Transaction], expected: &[Result<f64, Fault>]) {
        let mut bus = Mock::new(transactions);
        let clone = bus.clone();
        let mut sensor = sensor(chip, move || clone.clone());
        for outcome in expected {
            assert_eq!(sensor.read(NOW), [(Quantity::Temperature, *outcome)]);
        }
        bus.done();
    }

    #[test]
    fn datasheet_values_of_both_signs() {
        // LM75B datasheet, table 11; a plain LM75 has nine bits.
        check(Chip::Lm75, &[temperature([0x19, 0x00])], &[Ok(25.0)]);
        check(Chip::Lm75, &[temperature([0x00, 0x80])], &[Ok(0.5)]);
        check(Chip::Lm75, &[temperature([0xff, 0x80])], &[Ok(-0.5)]);
        check(Chip::Lm75, &[temperature([0xc9, 0x00])], &[Ok(-55.0)]);
        check(Chip::Lm75a, &[temperature([0x7e, 0xe0])], &[Ok(126.875)]);
        check(Chip::Pct2075, &[temperature([0xe6, 0xe0])], &[Ok(-25.125)]);
    }

    #[test]
    fn undefined_bits_of_an_lm75_do_not_count() {
        check(Chip::Lm75, &[temperature([0x19, 0x7f])], &[Ok(25.0)]);
    }

    #[test]
    fn a_tmp105_is_set_to_its_full_resolution_once() {
        let setting = Transaction::write(0x48, vec![0x01, 0x60]);
        check(
            Chip::Tmp105,
            &[setting, temperature([0xf3, 0xc0]), temperature([0x19, 0x80])],
            &[Ok(-12.25), Ok(25.5)],
        );
    }

    #[test]
    fn an_absent_sensor_is_a_fault_until_it_comes_back() {
        check(
            Chip::Lm75,
            &[temperature([0, 0]).with_error(ABSENT), temperature([0x19, 0x00])],
            &[Err(Fault::NotPresent), Ok(25.0)],
        );
    }

    #[test]
    fn a_returned_tmp105_is_set_up_again() {
        let setting = || Transaction::write(0x48, vec![0x01, 0x60]);
        check(
            Chip::Tmp75,
            &[
                setting().with_error(ABSENT),
                setting(),
                temperature([0x19, 0x00]).with_error(ABSENT),
                setting(),
                temperature([0x19, 0x00]),
            ],
            &[Err(Fault::NotPresent), Err(Fault::NotPresent), Ok(25.0)],
        );
    }

    #[test]
    fn a_short_transfer_is_corrupt() {
        check(
            Chip::Lm75,
            &[temperature([0, 0]).with_error(ErrorKind::Overrun)],
            &[Err(Fault::Corrupt)],
        );
    }

    #[test]
    fn a_kernel_driver_on_the_address_is_named_with_the_way_out() {
        let mut sensor = self::sensor(Chip::Lm75, || Refusing(16));
        assert_eq!(
            sensor.read(NOW),
            [(Quantity::Temperature, Err(Fault::DeviceError))]
        );
        assert!(sensor.advice(Fault::DeviceError).contains("driver = \"hwmon\""));
        assert_eq!(sensor.advice(Fault::Timeout), Fault::Timeout.explanation());
        let mut sensor = self::sensor(Chip::Lm75, || Refusing(121));
        assert_eq!(
            sensor.read(NOW),
            [(Quantity::Temperature, Err(Fault::NotPresent))]
        );
    }

    #[test]
    fn keys_are_checked() {
        let open =
            |text: &str| open(&"inlet".parse().unwrap(), text.parse().unwrap()).map(|opened| opened.bus);
        assert_eq!(open("bus = '/dev/i2c-1'").unwrap(), "/dev/i2c-1");
        let message = |text| open(text).unwrap_err().to_string();
        assert!(message("bus = '/dev/i2c-1'\naddress = 0x40").contains("0x48 to 0x4f, not 0x40"));
        assert!(message("bus = '/dev/i2c-1'\nadress = 0x48").contains("unknown field `adress`"));
        assert!(message("address = 0x48").contains("missing field `bus`"));
    }
}
