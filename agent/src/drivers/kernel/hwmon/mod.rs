//! What the Linux kernel already measures: hwmon under sysfs (the Pi's own temperature, sensors with a kernel driver, boards' fans
//! and supplies).

mod input;
#[cfg(test)]
mod tests;

use std::path::PathBuf;

use plenum_protocol::config_key::{Key, maybe, required, usual};
use plenum_protocol::{Identifier, Quantity};
use serde::Deserialize;
use serde::de::Error as _;

use super::ds18b20::PowerOn;
use super::sysfs::{agree, sample};
use crate::drivers::lazy::Lazy;
use crate::drivers::polled::Polled;
use crate::drivers::{Entry, Manual, Opened};
use input::Input;

/// The registry's entry.
pub(crate) const ENTRY: Entry = Entry {
    name: "hwmon",
    summary: "what the kernel already reads: any sensor under /sys/class/hwmon",
    open,
    manual: Manual {
        about: "What the kernel already reads, under /sys/class/hwmon.",
        keys: KEYS,
        below: &[],
        sample: "\
# What the kernel already reads: `grep . /sys/class/hwmon/*/name` lists the chips.
[[sensor]]
id = \"cpu\"
driver = \"hwmon\"
chip = \"cpu_thermal\"
input = \"temp1\"
interval = \"1min\"
",
    },
};

const KEYS: &[Key] = &[
    required(
        "chip",
        "text",
        "\"cpu_thermal\"",
        "The chip's name, as its file `name` has it.",
    ),
    maybe(
        "device",
        "text",
        "Which of several chips of that name: the folder that its link `device` leads to, as 1-0048 for I2C.",
    ),
    usual(
        "input",
        "text",
        "\"temp1\"",
        "The input by its file (temp1, in2, humidity1) or by the words in its label.",
    ),
    maybe("quantity", "quantity", "Without it what the input's kind says."),
    usual(
        "root",
        "path",
        "\"/sys/class/hwmon\"",
        "Where the kernel shows them.",
    ),
];

/// The kernel's name for thermometers on a 1-Wire bus.
const ONE_WIRE: &str = "w1_slave_temp";

/// What stands in the sensor's block.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    /// The chip's name, as its file `name` has it: `cpu_thermal`, `lm75`, `sht3x`.
    chip: String,
    /// Which of several chips of that name: the folder's name that its link `device` leads to, as `1-0048` for an I2C device.
    device: Option<String>,
    /// The input by its file (`temp1`, `in2`, `humidity1`) or by the words in its `_label`.
    #[serde(default = "default_input")]
    input: String,
    /// By default what the input's kind says.
    quantity: Option<Quantity>,
    /// Where the chips' folders are; another than the kernel's for tests.
    #[serde(default = "default_root")]
    root: PathBuf,
}

fn default_input() -> String {
    "temp1".to_owned()
}

fn default_root() -> PathBuf {
    PathBuf::from("/sys/class/hwmon")
}

/// An input's kind by the beginning of its file's name: what it is, and how many of its steps make one unit.
const KINDS: &[(&str, Quantity, f64)] = &[
    ("temp", Quantity::Temperature, 1_000.0),
    ("humidity", Quantity::Humidity, 1_000.0),
    ("in", Quantity::Voltage, 1_000.0),
    ("curr", Quantity::Current, 1_000.0),
    ("power", Quantity::Power, 1_000_000.0),
    ("intrusion", Quantity::DoorOpen, 1.0),
];

/// The kind of an input such as `temp1`; `None` where it is a label or a kind that has no quantity.
fn kind(input: &str) -> Option<(Quantity, f64)> {
    let name = input.trim_end_matches(|character: char| character.is_ascii_digit());
    let (_, quantity, steps) = KINDS.iter().find(|(kind, ..)| *kind == name)?;
    (name.len() < input.len()).then_some((*quantity, *steps))
}

fn open(sensor: &Identifier, keys: toml::Table) -> Result<Opened, toml::de::Error> {
    let config: Config = keys.try_into()?;
    let wrong = |text: &str| text.is_empty() || text.contains('/');
    if wrong(&config.chip) || wrong(&config.input) || config.device.as_deref().is_some_and(wrong) {
        return Err(toml::de::Error::custom(
            "`chip`, `device` and `input` are names and no paths, as in chip = \"cpu_thermal\", input = \"temp1\"",
        ));
    }
    let quantity = quantity(&config).map_err(toml::de::Error::custom)?;
    let bus = format!("hwmon/{}", config.chip);
    let mut power_on = (config.chip == ONE_WIRE).then(PowerOn::default);
    // Looked up again after every failure: the kernel numbers chips in the order in which they come.
    let device = Lazy::new(sensor, move || Input::find(&config, quantity));
    let read = move |input: &mut Input| {
        let value = input.read()?;
        if let Some(power_on) = &mut power_on {
            power_on.check(value)?;
        }
        Ok(vec![sample(quantity, value)])
    };
    Ok(Opened {
        bus,
        driver: Box::new(Polled::new(device, [quantity], read)),
    })
}

/// What the input is: as the configuration says, or by its kind.
fn quantity(config: &Config) -> Result<Quantity, String> {
    let input = &config.input;
    match (config.quantity, kind(input)) {
        (Some(quantity), Some((usual, _))) if !agree(quantity, usual) => Err(format!(
            "{input} is a {usual} and cannot be the quantity {quantity}"
        )),
        (Some(quantity), _) => Ok(quantity),
        (None, Some((usual, _))) => Ok(usual),
        (None, None) => Err(format!(
            "`quantity` is needed where `input` is a label (`{input}`)"
        )),
    }
}

/// The kernel's whole number, in the quantity's unit.
fn convert(raw: &str, steps: f64) -> Option<f64> {
    let number: i64 = raw.trim().parse().ok()?;
    Some(number as f64 / steps)
}
