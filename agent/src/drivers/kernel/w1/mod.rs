//! Thermometers on a 1-Wire bus that the kernel reads: DS18B20 and its kin under /sys/bus/w1/devices, with the checksum of what the sensor said.

mod scratchpad;
#[cfg(test)]
mod tests;

use std::path::PathBuf;

use plenum_protocol::config_key::{Key, required, usual};
use plenum_protocol::{Fault, Identifier, Quantity};
use serde::Deserialize;
use serde::de::Error as _;

use super::ds18b20::PowerOn;
use super::sysfs::{folders, read};
use crate::driver::{Problem, measured};
use crate::drivers::lazy::Lazy;
use crate::drivers::polled::Polled;
use crate::drivers::{Entry, Manual, Opened};
use scratchpad::celsius;

/// The registry's entry.
pub(crate) const ENTRY: Entry = Entry {
    name: "w1",
    summary: "DS18B20, DS18S20, DS1822 and DS28EA00 temperature sensors on a 1-Wire bus, by the kernel",
    open,
    manual: Manual {
        about: "DS18B20, DS18S20, DS1822 and DS28EA00 on a 1-Wire bus, which the kernel reads (dtoverlay=w1-gpio).",
        keys: KEYS,
        below: &[],
        sample: "\
# Temperature: DS18B20 and its kin on a 1-Wire bus: `ls /sys/bus/w1/devices` lists them.
[[sensor]]
id = \"return-a\"
driver = \"w1\"
device = \"28-00000a1b2c3d\"
",
    },
};

const KEYS: &[Key] = &[
    required(
        "device",
        "text",
        "\"28-00000a1b2c3d\"",
        "The sensor's own number, as its folder under `root` has it; it begins with 10, 22, 28 or 42.",
    ),
    usual(
        "root",
        "path",
        "\"/sys/bus/w1/devices\"",
        "Where the kernel shows them.",
    ),
];

/// The families of thermometers that have a DS18B20's scratchpad and range, as the first byte of their number.
const FAMILIES: [&str; 4] = ["10", "22", "28", "42"];

/// What stands in the sensor's block.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    /// The sensor's own number, `28-00000a1b2c3d`.
    device: String,
    /// Where the sensors' folders are; another than the kernel's for tests.
    #[serde(default = "default_root")]
    root: PathBuf,
}

fn default_root() -> PathBuf {
    PathBuf::from("/sys/bus/w1/devices")
}

fn open(sensor: &Identifier, keys: toml::Table) -> Result<Opened, toml::de::Error> {
    let config: Config = keys.try_into()?;
    if !is_number(&config.device) {
        let message = format!(
            "`device` is the number of a thermometer on the 1-Wire bus as 28-00000a1b2c3d, beginning with {}, not {:?}",
            FAMILIES.join(", "),
            config.device
        );
        return Err(toml::de::Error::custom(message));
    }
    // Each has a thread to itself: the kernel lets go of the wire while a sensor converts (750 ms), so that they convert side by side; and one
    // that does not answer, which the kernel asks again and again for some seconds, keeps nobody waiting.
    let bus = format!("w1/{}", config.device);
    let mut power_on = PowerOn::default();
    let device = Lazy::new(sensor, move || find(&config));
    let read = move |path: &mut PathBuf| {
        let celsius = celsius(&read(path)?)?;
        power_on.check(celsius)?;
        Ok(vec![measured(Quantity::Temperature, celsius)])
    };
    Ok(Opened {
        bus,
        driver: Box::new(Polled::new(device, [Quantity::Temperature], read)),
    })
}

/// A family, a hyphen, and twelve digits of base 16.
fn is_number(device: &str) -> bool {
    device.split_once('-').is_some_and(|(family, number)| {
        let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        FAMILIES.contains(&family) && number.len() == 12 && number.bytes().all(is_digit)
    })
}

/// The file in which the kernel shows what the sensor says.
fn find(config: &Config) -> Result<PathBuf, Problem> {
    let (root, device) = (&config.root, &config.device);
    let folder = root.join(device);
    let path = folder.join("w1_slave");
    if path.exists() {
        return Ok(path);
    }
    if folder.exists() {
        let words = "the sensor is on the bus and the kernel does not read it: `modprobe w1_therm`";
        return Err(Problem::new(Fault::NotPresent, words));
    }
    let without =
        ": there is no 1-Wire bus: write dtoverlay=w1-gpio,gpiopin=4 into config.txt and start it again";
    let names: Vec<String> = folders(root, without)?
        .iter()
        .filter_map(|folder| Some(folder.file_name()?.to_string_lossy().into_owned()))
        .filter(|name| is_number(name))
        .collect();
    let there_are = match names.as_slice() {
        [] => "there is none at all: look at its plug and at the resistor of 4.7 kΩ between data and 3.3 V"
            .to_owned(),
        names => format!("there are: {}", names.join(", ")),
    };
    let words = format!("no thermometer on the 1-Wire bus has the number {device}; {there_are}");
    Err(Problem::new(Fault::NotPresent, words))
}
