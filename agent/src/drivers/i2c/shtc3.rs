//! Sensirion SHTC3: temperature and humidity over I2C, and the dew point of both. It sleeps between measurements. Figures are those of
//! the datasheet SHTC3, sections 3.1 "Timing specifications" and 5 "Operation and communication".

use std::ops::RangeInclusive;
use std::path::PathBuf;

use embedded_hal::delay::DelayNs;
use embedded_hal::i2c::I2c;
use linux_embedded_hal::Delay;
use plenum_protocol::config_key::{Key, required};
use plenum_protocol::{Fault, Identifier};
use serde::Deserialize;

use super::bus;
use super::climate::{CLIMATE, climate};
use super::sensirion::{Chip, Command};
use crate::driver::{Problem, Sample};
use crate::drivers::{Entry, Manual, Opened};

/// The registry's entry.
pub(crate) const ENTRY: Entry = Entry {
    name: "shtc3",
    summary: "SHTC3 temperature and humidity sensors over I2C, with the dew point",
    open,
    manual: Manual {
        about: "SHTC3 on I2C, with the dew point.",
        keys: KEYS,
        below: &[],
        sample: "\
# Temperature, humidity and dew point: Sensirion SHTC3 on I2C, which has the one address 0x70.
[[sensor]]
id = \"inlet-a5\"
driver = \"shtc3\"
bus = \"/dev/i2c-1\"
",
    },
};

const KEYS: &[Key] = &[required("bus", "path", "\"/dev/i2c-1\"", "The I2C bus.")];

const ADDRESS: u8 = 0x70;
/// 240 µs at most.
const WAKE: Command = Command::word(0x3517, 1);
const SLEEP: Command = Command::word(0xb098, 0);
const RESET: Command = Command::word(0x805d, 1);
const IDENTITY: Command = Command::word(0xefc8, 1);
/// The bits of its identity that say what it is (5.9); the others are of no meaning.
const IDENTITY_MASK: u16 = 0b0000_1000_0011_1111;
const IDENTITY_SHTC3: u16 = 0b0000_1000_0000_0111;
/// One measurement in normal mode, temperature first, without a stretched clock: 12.1 ms at most.
const MEASURE: Command = Command::word(0x7866, 13);
/// In °C.
const RANGE: RangeInclusive<f64> = -40.0..=125.0;

/// What stands in the sensor's block.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    /// The bus's file, `/dev/i2c-1`.
    bus: PathBuf,
}

fn open(sensor: &Identifier, keys: toml::Table) -> Result<Opened, toml::de::Error> {
    let Config { bus } = keys.try_into()?;
    let probe = move |bus| probe(bus, Delay);
    Ok(bus::chip(sensor, bus, &CLIMATE, probe, read))
}

/// Wakes and resets the sensor, asks what it is and lets it sleep.
fn probe<B: I2c, D: DelayNs>(bus: B, delay: D) -> Result<Chip<B, D>, Problem>
where
    Problem: From<B::Error>,
{
    let mut chip = Chip::new(bus, ADDRESS, delay);
    chip.tell(WAKE)?;
    chip.tell(RESET)?;
    let [identity] = chip.identity(IDENTITY, "SHTC3")?;
    if identity & IDENTITY_MASK != IDENTITY_SHTC3 {
        let words = format!(
            "what answers at {ADDRESS:#04x} says that it is {identity:#06x}, which is not an SHTC3: look at what is printed on it"
        );
        return Err(Problem::new(Fault::NotPresent, words));
    }
    chip.tell(SLEEP)?;
    Ok(chip)
}

/// One that fails in between stays awake; it is woken and reset before the next reading then, as after any fault.
fn read<B: I2c, D: DelayNs>(chip: &mut Chip<B, D>) -> Result<Vec<Sample>, Problem>
where
    Problem: From<B::Error>,
{
    chip.tell(WAKE)?;
    let measured = chip.ask(MEASURE)?;
    chip.tell(SLEEP)?;
    Ok(convert(measured))
}

/// Section 5.11 "Conversion of sensor output".
fn convert([temperature, humidity]: [u16; 2]) -> Vec<Sample> {
    let ratio = |word: u16| f64::from(word) / 65_536.0;
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
    use embedded_hal_mock::eh1::i2c::{Mock, Transaction};
    use plenum_protocol::Timestamp;

    use super::super::bus::Refusing;
    use super::super::sensirion::tests::{ABSENT, asked, reads};
    use super::*;
    use crate::driver::Driver;
    use crate::drivers::lazy::Lazy;
    use crate::drivers::polled::Polled;

    const NOW: Timestamp = Timestamp::from_milliseconds(0);
    /// 27 C at 60 %RH: (27 + 45) / 175 * 65536 and 0.6 * 65536, the next step.
    const WARM: [u16; 2] = [26_964, 39_322];
    const WARM_IS: [Result<f64, Fault>; 3] = [Ok(27.0), Ok(60.0), Ok(18.58)];

    /// The sensor on whatever bus `connect` opens.
    fn sensor<B: I2c + Send + 'static>(
        mut connect: impl FnMut() -> B + Send + 'static,
    ) -> Polled<Chip<B, NoopDelay>>
    where
        Problem: From<B::Error>,
    {
        let device = Lazy::new(&"inlet", move || probe(connect(), NoopDelay::new()));
        Polled::new(device, CLIMATE, read)
    }

    fn told(high: u8, low: u8) -> Vec<Transaction> {
        vec![Transaction::write(0x70, vec![high, low])]
    }

    fn found_as(identity: u16) -> Vec<Transaction> {
        let identity = asked(0x70, &[0xef, 0xc8], &[identity]);
        [told(0x35, 0x17), told(0x80, 0x5d), identity].concat()
    }

    fn found() -> Vec<Transaction> {
        [found_as(0x0887), told(0xb0, 0x98)].concat()
    }

    fn measurement(words: [u16; 2]) -> Vec<Transaction> {
        let measured = asked(0x70, &[0x78, 0x66], &words);
        [told(0x35, 0x17), measured, told(0xb0, 0x98)].concat()
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
    fn both_signs_with_dew_point_and_it_sleeps_in_between() {
        // -20.5 C at 80 %RH.
        let cold = [Ok(-20.5), Ok(80.0), Ok(-23.05)];
        check(
            &[found(), measurement(WARM), measurement([9_175, 52_429])],
            &[WARM_IS, cold],
        );
    }

    #[test]
    fn the_ends_of_its_scale_are_beyond_its_range() {
        let none = Err(Fault::OutOfRange);
        check(&[found(), measurement([0, 39_322])], &[[none, Ok(60.0), none]]);
        check(
            &[found(), measurement([u16::MAX, 39_322])],
            &[[none, Ok(60.0), none]],
        );
    }

    #[test]
    fn another_chip_of_theirs_is_not_taken_for_it() {
        // An SHTC1 has the address and the commands, and the bit 11 clear.
        for identity in [0x0007, 0x0806, 0xffff] {
            check(&[found_as(identity)], &[[Err(Fault::NotPresent); 3]]);
        }
        let mut bus = Mock::new(&found_as(0x0007));
        let clone = bus.clone();
        let mut sensor = sensor(move || clone.clone());
        sensor.read(NOW);
        let advice = sensor.advice(Fault::NotPresent);
        assert!(advice.contains("is 0x0007, which is not an SHTC3"), "{advice}");
        bus.done();
        // Every other bit may be as it likes.
        let other = [found_as(0x0807 | !IDENTITY_MASK), told(0xb0, 0x98)].concat();
        check(&[other, measurement(WARM)], &[WARM_IS]);
    }

    #[test]
    fn one_that_fails_in_between_is_woken_and_reset() {
        let mut late = measurement(WARM);
        late.pop();
        late[2] = Transaction::read(0x70, vec![0; 6]).with_error(ABSENT);
        let mut damaged = measurement(WARM);
        damaged.pop();
        damaged[2] = Transaction::read(0x70, vec![0; 6]);
        let asleep = vec![Transaction::write(0x70, vec![0x35, 0x17]).with_error(ABSENT)];
        let short = vec![Transaction::write(0x70, vec![0x35, 0x17]).with_error(ErrorKind::Overrun)];
        check(
            &[
                found(),
                late,
                found(),
                damaged,
                asleep,
                short,
                found(),
                measurement(WARM),
            ],
            &[
                [Err(Fault::Timeout); 3],
                [Err(Fault::Corrupt); 3],
                [Err(Fault::NotPresent); 3],
                [Err(Fault::Corrupt); 3],
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
        assert_eq!(open("bus = '/dev/i2c-1'").unwrap(), "/dev/i2c-1");
        let message = |text| open(text).unwrap_err().to_string();
        assert!(message("bus = '/dev/i2c-1'\naddress = 0x70").contains("unknown field `address`"));
        assert!(message("").contains("missing field `bus`"));
    }
}
