//! Bosch BME280: temperature, humidity and air pressure over I2C, and the dew point. Figures are those of the datasheet BST-BME280-DS002,
//! sections 3 "Functional description" and 5 "Global memory map and register description".

mod formulas;
#[cfg(test)]
mod tests;

use std::ops::RangeInclusive;
use std::path::PathBuf;

use embedded_hal::delay::DelayNs;
use embedded_hal::i2c::I2c;
use linux_embedded_hal::Delay;
use plenum_protocol::config_key::{Key, required, usual};
use plenum_protocol::{Fault, Identifier, Quantity};
use serde::Deserialize;
use serde::de::Error as _;

use super::bus;
use super::climate::climate;
use crate::driver::{Problem, Sample, measured, rounded};
use crate::drivers::{Entry, Manual, Opened};
use formulas::{Air, Coefficients, Measured};

/// The registry's entry.
pub(crate) const ENTRY: Entry = Entry {
    name: "bme280",
    summary: "BME280 sensors of temperature, humidity and air pressure over I2C, with the dew point",
    open,
    manual: Manual {
        about: "BME280 on I2C, with the dew point. Where the kernel has its driver for it, `iio` reads it.",
        keys: KEYS,
        below: &[],
        sample: "\
# Temperature, humidity, air pressure and dew point: Bosch BME280 on I2C.
[[sensor]]
id = \"aisle-a\"
driver = \"bme280\"
bus = \"/dev/i2c-1\"
address = 0x76                          # 0x77 with the pin SDO high
",
    },
};

const KEYS: &[Key] = &[
    required("bus", "path", "\"/dev/i2c-1\"", "The I2C bus."),
    usual(
        "address",
        "number, 0x76 or 0x77",
        "0x76",
        "0x77 with the pin SDO high.",
    ),
];

const IDENTITY: u8 = 0xd0;
const IDENTITY_BME280: u8 = 0x60;
/// Chips of the same maker at the same addresses.
const RELATIVES: [(u8, &str); 3] = [
    (0x58, "a BMP280, which has no humidity: driver = \"iio\" reads it"),
    (0x61, "a BME680 or BME688: driver = \"iio\" reads it"),
    (0x55, "a BMP180: driver = \"iio\" reads it"),
];
const RESET: [u8; 2] = [0xe0, 0xb6];
/// Start-up takes 2 ms (1.1).
const RESET_TAKES: u32 = 3;
const COEFFICIENTS: u8 = 0x88;
const HUMIDITY_COEFFICIENTS: u8 = 0xe1;
/// One measurement of humidity, without oversampling; it counts from the next writing of `MEASURE`.
const HUMIDITY_ON: [u8; 2] = [0xf2, 0x01];
/// One measurement of temperature and pressure each, without oversampling, then sleep: "weather monitoring" (3.5.1).
const MEASURE: [u8; 2] = [0xf4, 0x25];
/// 9.3 ms at most (9.1).
const MEASURE_TAKES: u32 = 10;
const STATUS: u8 = 0xf3;
/// It measures, or copies its coefficients.
const STATUS_BUSY: u8 = 0x09;
const DATA: u8 = 0xf7;
/// What stands in place of what was not measured (5.4.7 to 5.4.9).
const SKIPPED: Measured = Measured {
    pressure: 0x8_0000,
    temperature: 0x8_0000,
    humidity: 0x8000,
};

/// In °C.
const RANGE: RangeInclusive<f64> = -40.0..=85.0;
/// In Pa.
const PRESSURE_RANGE: RangeInclusive<f64> = 30_000.0..=110_000.0;

const QUANTITIES: [Quantity; 4] = [
    Quantity::Temperature,
    Quantity::Humidity,
    Quantity::DewPoint,
    Quantity::Pressure,
];

/// What stands in the sensor's block.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    /// The bus's file, `/dev/i2c-1`.
    bus: PathBuf,
    /// 0x76, or 0x77 with the pin SDO high.
    #[serde(default = "default_address")]
    address: u8,
}

fn default_address() -> u8 {
    0x76
}

fn open(sensor: &Identifier, keys: toml::Table) -> Result<Opened, toml::de::Error> {
    let Config { bus, address } = keys.try_into()?;
    if !matches!(address, 0x76 | 0x77) {
        let message = format!("`address` of a BME280 is 0x76 or 0x77, not {address:#04x}");
        return Err(toml::de::Error::custom(message));
    }
    let probe = move |bus| Device::probe(bus, address, Delay);
    Ok(bus::chip(sensor, bus, &QUANTITIES, probe, Device::read))
}

/// The chip, with the coefficients that it was made with.
struct Device<B, D> {
    bus: B,
    address: u8,
    delay: D,
    coefficients: Coefficients,
}

impl<B: I2c, D: DelayNs> Device<B, D>
where
    Problem: From<B::Error>,
{
    /// Asks the chip what it is, resets it, reads its coefficients and lets it measure once: what stands in its registers before it has is never a reading.
    fn probe(mut bus: B, address: u8, mut delay: D) -> Result<Self, Problem> {
        let [identity] = registers(&mut bus, address, IDENTITY)?;
        recognise(address, identity)?;
        bus.write(address, &RESET)?;
        delay.delay_ms(RESET_TAKES);
        let coefficients = coefficients(&mut bus, address)?;
        let mut device = Self {
            bus,
            address,
            delay,
            coefficients,
        };
        device.measure()?;
        Ok(device)
    }

    /// Measures once. There is no checksum, so that the coefficients are read again each time: one turned bit of them would be a wrong reading for
    /// ever, and another chip in its place has others.
    fn read(&mut self) -> Result<Vec<Sample>, Problem> {
        if coefficients(&mut self.bus, self.address)? != self.coefficients {
            let words = "its coefficients are not those that it had: another chip was put in its place, or its cable is too long";
            return Err(Problem::new(Fault::Corrupt, words));
        }
        let measured = self.measure()?;
        Ok(convert(self.coefficients.convert(measured)))
    }

    fn measure(&mut self) -> Result<Measured, Problem> {
        self.bus.write(self.address, &HUMIDITY_ON)?;
        self.bus.write(self.address, &MEASURE)?;
        self.delay.delay_ms(MEASURE_TAKES);
        let [status] = registers(&mut self.bus, self.address, STATUS)?;
        if status & STATUS_BUSY != 0 {
            let words = "it was told to measure and is not done: look at its supply's voltage";
            return Err(Problem::new(Fault::Timeout, words));
        }
        let data: [u8; 8] = registers(&mut self.bus, self.address, DATA)?;
        if data == [0x00; 8] || data == [0xff; 8] {
            return Err(Fault::Corrupt.into());
        }
        let twenty =
            |bytes: &[u8]| u32::from(bytes[0]) << 12 | u32::from(bytes[1]) << 4 | u32::from(bytes[2]) >> 4;
        let measured = Measured {
            pressure: twenty(&data[0..3]),
            temperature: twenty(&data[3..6]),
            humidity: u16::from_be_bytes([data[6], data[7]]),
        };
        // Each of them alone is a reading as any other: without oversampling 26.46 °C of the datasheet's example is one.
        if measured == SKIPPED {
            let words = "it did not measure what it was told to: look at its supply's voltage";
            return Err(Problem::new(Fault::DeviceError, words));
        }
        Ok(measured)
    }
}

/// Registers that follow one another.
fn registers<const N: usize, B: I2c>(bus: &mut B, address: u8, first: u8) -> Result<[u8; N], Problem>
where
    Problem: From<B::Error>,
{
    let mut answer = [0; N];
    bus.write_read(address, &[first], &mut answer)?;
    Ok(answer)
}

fn coefficients<B: I2c>(bus: &mut B, address: u8) -> Result<Coefficients, Problem>
where
    Problem: From<B::Error>,
{
    let first = registers(bus, address, COEFFICIENTS)?;
    let second = registers(bus, address, HUMIDITY_COEFFICIENTS)?;
    Coefficients::new(&first, &second).ok_or_else(|| Fault::Corrupt.into())
}

fn recognise(address: u8, identity: u8) -> Result<(), Problem> {
    if identity == IDENTITY_BME280 {
        return Ok(());
    }
    let what = RELATIVES
        .iter()
        .find(|(other, _)| *other == identity)
        .map_or("not a BME280: look at what is printed on it", |(_, what)| what);
    let words = format!("what answers at {address:#04x} says that it is {identity:#04x}, {what}");
    Err(Problem::new(Fault::NotPresent, words))
}

fn convert(air: Air) -> Vec<Sample> {
    let mut samples = climate(air.celsius, air.humidity, &RANGE);
    let pascal = rounded(air.pascal, 10.0);
    samples.push(if PRESSURE_RANGE.contains(&pascal) {
        measured(Quantity::Pressure, pascal)
    } else {
        (Quantity::Pressure, Err(Fault::OutOfRange))
    });
    samples
}
