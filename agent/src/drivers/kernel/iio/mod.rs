//! What the Linux kernel measures by its drivers of industrial I/O: thermometers, hygrometers, barometers, gas sensors and converters of
//! voltage under /sys/bus/iio/devices. Names and units are those of the kernel's Documentation/ABI/testing/sysfs-bus-iio.

mod device;
mod known;
#[cfg(test)]
mod tests;

use std::path::PathBuf;

use plenum_protocol::config_key::{Key, maybe, required, usual};
use plenum_protocol::{Identifier, Quantity};
use serde::Deserialize;
use serde::de::Error as _;

use super::sysfs::agree;
use crate::drivers::lazy::Lazy;
use crate::drivers::polled::Polled;
use crate::drivers::{Entry, Manual, Opened};
use device::Device;

/// The registry's entry.
pub(crate) const ENTRY: Entry = Entry {
    name: "iio",
    summary: "what the kernel already reads: any sensor under /sys/bus/iio/devices, as BME280, BME680, DHT22, Si7021 and converters of voltage",
    open,
    manual: Manual {
        about: "What the kernel already reads, under /sys/bus/iio/devices.",
        keys: KEYS,
        below: &[],
        sample: "\
# What the kernel already reads, of another kind: `grep . /sys/bus/iio/devices/*/name` lists the chips. A BME280 has temperature,
# humidity and pressure; its dew point comes with them.
[[sensor]]
id = \"supply-a\"
driver = \"iio\"
chip = \"bme280\"
",
    },
};

const KEYS: &[Key] = &[
    required(
        "chip",
        "text",
        "\"bme280\"",
        "The chip's name, as its file `name` or `label` has it.",
    ),
    maybe(
        "device",
        "text",
        "Which of several chips of that name: the folder that holds its iio:deviceN, as 1-0076 for I2C.",
    ),
    maybe(
        "input",
        "text",
        "One input by its file (temp, humidityrelative, voltage0) or by the words in its label. Without it all that the chip has and Plenum knows.",
    ),
    maybe("quantity", "quantity", "Without it what the input's kind says."),
    usual(
        "root",
        "path",
        "\"/sys/bus/iio/devices\"",
        "Where the kernel shows them.",
    ),
];

/// What stands in the sensor's block.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    /// The chip's name, as its file `name` or `label` has it: `bme280`, `dht11`, `ads1015`.
    chip: String,
    /// Which of several chips of that name: the name of the folder that holds its iio:deviceN, as `1-0076`.
    device: Option<String>,
    /// The one input by its file (`temp`, `voltage0`) or by the words in its `_label`.
    input: Option<String>,
    /// By default what the input's kind says.
    quantity: Option<Quantity>,
    /// Where the devices' folders are; another than the kernel's for tests.
    #[serde(default = "default_root")]
    root: PathBuf,
}

fn default_root() -> PathBuf {
    PathBuf::from("/sys/bus/iio/devices")
}

/// An input's kind by the beginning of its file's name: what it is, and how many of its units make one of the quantity's.
const KINDS: &[(&str, Quantity, f64)] = &[
    // Thousandths of a degree, thousandths of a percent.
    ("temp", Quantity::Temperature, 1_000.0),
    ("humidityrelative", Quantity::Humidity, 1_000.0),
    // Kilopascal.
    ("pressure", Quantity::Pressure, 0.001),
    // Percent.
    ("concentration_co2", Quantity::Co2, 100.0),
    // Micrograms per cubic metre; of particles up to 2.5 µm.
    ("massconcentration_pm2p5", Quantity::Particles, 1e9),
    // Millivolt, milliampere, milliwatt.
    ("voltage", Quantity::Voltage, 1_000.0),
    ("current", Quantity::Current, 1_000.0),
    ("power", Quantity::Power, 1_000.0),
];

/// The kind of an input such as `temp`, `voltage0`, `temp_ambient` or `voltage0-voltage1`; `None` where it is a label or a kind that has no quantity.
fn kind(input: &str) -> Option<(Quantity, f64)> {
    let is_of = |kind: &str| {
        input.strip_prefix(kind).is_some_and(|rest| {
            rest.chars()
                .next()
                .is_none_or(|next| next.is_ascii_digit() || matches!(next, '_' | '-'))
        })
    };
    let (_, quantity, steps) = KINDS.iter().find(|(kind, ..)| is_of(kind))?;
    Some((*quantity, *steps))
}

fn open(sensor: &Identifier, keys: toml::Table) -> Result<Opened, toml::de::Error> {
    let config: Config = keys.try_into()?;
    let wrong = |text: &str| text.is_empty() || text.contains('/');
    let names = [
        Some(config.chip.as_str()),
        config.device.as_deref(),
        config.input.as_deref(),
    ];
    if names.into_iter().flatten().any(wrong) {
        return Err(toml::de::Error::custom(
            "`chip`, `device` and `input` are names and no paths, as in chip = \"bme280\", input = \"temp\"",
        ));
    }
    let always = one_quantity(&config).map_err(toml::de::Error::custom)?;
    let taken_for = known::quantities(&config.chip);
    // Two devices need not wait for each other; a conversion takes up to a second.
    let bus = match &config.device {
        Some(device) => format!("iio/{}/{device}", config.chip),
        None => format!("iio/{}", config.chip),
    };
    // Looked up again after every failure: the kernel numbers devices in the order in which they come.
    let device = Lazy::new(sensor, move || Device::find(&config));
    let driver = Polled::new(device, always.as_slice(), Device::read).taken_for(taken_for);
    Ok(Opened {
        bus,
        driver: Box::new(driver),
    })
}

/// The one quantity of a sensor that is one input; none of one that is all of its chip.
fn one_quantity(config: &Config) -> Result<Option<Quantity>, String> {
    let Some(input) = &config.input else {
        return match config.quantity {
            Some(_) => Err("`quantity` says what one input is: name it with `input`".to_owned()),
            None => Ok(None),
        };
    };
    match (config.quantity, kind(input)) {
        (Some(quantity), Some((usual, _))) if !agree(quantity, usual) => Err(format!(
            "{input} is a {usual} and cannot be the quantity {quantity}"
        )),
        (Some(quantity), _) => Ok(Some(quantity)),
        (None, Some((usual, _))) => Ok(Some(usual)),
        (None, None) => Err(format!(
            "`quantity` is needed where `input` is a label (`{input}`)"
        )),
    }
}
