//! Sensirion SHT30, SHT31 and SHT35: temperature and humidity over I2C, by the crate `embedded-sht3x`, and the dew point of both.

#[cfg(test)]
mod tests;

use std::path::PathBuf;

use embedded_hal::i2c::I2c;
use embedded_sht3x::{Error, Repeatability, Sht3x, Status};
use linux_embedded_hal::Delay;
use plenum_protocol::config_key::{Key, required, usual};
use plenum_protocol::{Fault, Identifier, Quantity};
use serde::Deserialize;
use serde::de::Error as _;

use super::bus;
use crate::driver::{Problem, Sample, measured, rounded};
use crate::drivers::{Entry, Manual, Opened};
use plenum_protocol::dew_point::dew_point;

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

const QUANTITIES: [Quantity; 3] = [Quantity::Temperature, Quantity::Humidity, Quantity::DewPoint];

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
        &QUANTITIES,
        move |bus| probe(bus, address),
        read,
    ))
}

/// Resets the sensor, which ends a measurement that a predecessor left behind and switches its heater off.
fn probe<B: I2c>(bus: B, address: u8) -> Result<Sht3x<B, Delay>, Problem>
where
    Problem: From<B::Error>,
{
    let mut device = Sht3x::new(bus, address, Delay).map_err(explain)?;
    device.repeatability = Repeatability::High;
    Ok(device)
}

fn read<B: I2c>(device: &mut Sht3x<B, Delay>) -> Result<Vec<Sample>, Problem>
where
    Problem: From<B::Error>,
{
    let measurement = device.single_measurement().map_err(explain)?;
    let status = device.get_status().map_err(explain)?;
    if status.contains(Status::HEATER) {
        let words =
            "its heater is on: what it measures is its own warmth; it is reset before the next reading";
        return Err(Problem::new(Fault::DeviceError, words));
    }
    let celsius = f64::from(measurement.temperature.0);
    Ok(convert(celsius, f64::from(measurement.relative_humidity.value())))
}

/// Both measured values in steps of 0.01, the datasheet's resolution, and the dew point.
fn convert(celsius: f64, humidity: f64) -> Vec<Sample> {
    let dew_point = dew_point(celsius, humidity);
    vec![
        measured(Quantity::Temperature, rounded(celsius, 100.0)),
        measured(Quantity::Humidity, rounded(humidity, 100.0)),
        measured(Quantity::DewPoint, rounded(dew_point, 100.0)),
    ]
}

fn explain<E: embedded_hal::i2c::Error>(error: Error<E>) -> Problem
where
    Problem: From<E>,
{
    match error {
        Error::I2c(error) => error.into(),
        Error::BadCrc => Fault::Corrupt.into(),
    }
}
