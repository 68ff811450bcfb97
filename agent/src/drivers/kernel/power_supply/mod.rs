//! A battery that the kernel watches, with the supply that charges it: UPS boards for a Raspberry Pi, laptops and gauges under
//! /sys/class/power_supply. Names and units are those of the kernel's Documentation/ABI/testing/sysfs-class-power.

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use plenum_protocol::config_key::{Key, maybe, required, usual};
use plenum_protocol::{Fault, Identifier, Outcome, Quantity};
use serde::Deserialize;
use serde::de::Error as _;

use super::sysfs::{folders, read, text};
use crate::driver::{Problem, Sample, measured, state};
use crate::drivers::lazy::Lazy;
use crate::drivers::polled::Polled;
use crate::drivers::{Entry, Manual, Opened};

/// The registry's entry.
pub(crate) const ENTRY: Entry = Entry {
    name: "power-supply",
    summary: "a battery that the kernel watches under /sys/class/power_supply: UPS boards for a Raspberry Pi, laptops",
    open,
    manual: Manual {
        about: "A battery that the kernel watches, under /sys/class/power_supply, and the supply that charges it.",
        keys: KEYS,
        below: &[],
        sample: "\
# A UPS board whose battery the kernel watches: `ls /sys/class/power_supply` lists them.
[[sensor]]
id = \"ups-pi\"
driver = \"power-supply\"
battery = \"battery\"
mains = \"mains\"                         # what charges it, where the kernel knows that too
",
    },
};

const KEYS: &[Key] = &[
    required(
        "battery",
        "text",
        "\"battery\"",
        "The battery's folder under `root`.",
    ),
    maybe(
        "mains",
        "text",
        "The folder of the supply that charges it: whether mains is there, whatever the battery says.",
    ),
    usual(
        "root",
        "path",
        "\"/sys/class/power_supply\"",
        "Where the kernel shows them.",
    ),
];

/// What stands in the sensor's block.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    /// The battery's folder, as `battery` or `max170xx_battery`.
    battery: String,
    /// The folder of the supply that charges it.
    mains: Option<String>,
    /// Where the folders are; another than the kernel's for tests.
    #[serde(default = "default_root")]
    root: PathBuf,
}

fn default_root() -> PathBuf {
    PathBuf::from("/sys/class/power_supply")
}

/// A battery's numbers: the file, what it is, and how many of its units make one of the quantity's.
const NUMBERS: &[(&str, Quantity, f64)] = &[
    // Percent.
    ("capacity", Quantity::BatteryCharge, 1.0),
    // Microvolts, microamperes.
    ("voltage_now", Quantity::BatteryVoltage, 1e6),
    ("current_now", Quantity::Current, 1e6),
    // Tenths of a degree.
    ("temp", Quantity::BatteryTemperature, 10.0),
];

fn open(sensor: &Identifier, keys: toml::Table) -> Result<Opened, toml::de::Error> {
    let config: Config = keys.try_into()?;
    let wrong = |text: &str| text.is_empty() || text.contains('/') || text.starts_with('.');
    if wrong(&config.battery) || config.mains.as_deref().is_some_and(wrong) {
        return Err(toml::de::Error::custom(
            "`battery` and `mains` are names of folders and no paths, as in battery = \"battery\"",
        ));
    }
    let bus = format!("power-supply/{}", config.battery);
    let always = config.mains.as_ref().map(|_| Quantity::MainsPresent);
    let device = Lazy::new(sensor, move || Supply::find(&config));
    let driver =
        Polled::new(device, always.as_slice(), Supply::read).taken_for(vec![Quantity::BatteryCharge]);
    Ok(Opened {
        bus,
        driver: Box::new(driver),
    })
}

/// The folders of a battery and of what charges it.
struct Supply {
    battery: PathBuf,
    mains: Option<PathBuf>,
}

impl Supply {
    fn find(config: &Config) -> Result<Self, Problem> {
        let folder = |name: &String| {
            let folder = config.root.join(name);
            match folder.exists() {
                true => Ok(folder),
                false => Err(missing(config, name)),
            }
        };
        Ok(Self {
            battery: folder(&config.battery)?,
            mains: config.mains.as_ref().map(folder).transpose()?,
        })
    }

    /// Everything that the battery's driver gives, and whether mains is there.
    ///
    /// # Errors
    /// There is no battery in it, or nothing that could be read.
    fn read(&mut self) -> Result<Vec<Sample>, Problem> {
        let said = |file: &str| text(&self.battery.join(file)).filter(|text| !text.is_empty());
        if said("present").as_deref() == Some("0") {
            let words = "the kernel says that its battery is not in its place: put it in";
            return Err(Problem::new(Fault::NotPresent, words));
        }
        let mut samples = Vec::new();
        let mains = self.mains.as_deref().map(online);
        if let Some(mains) = mains {
            samples.push((Quantity::MainsPresent, mains));
        }
        let is_discharging = match said("status").as_deref() {
            Some("Discharging") => Some(true),
            Some("Charging" | "Full" | "Not charging") => Some(false),
            _ => None,
        };
        samples.extend(states(is_discharging, mains));
        if let Some(status) = said("status").filter(|_| is_discharging.is_some()) {
            let is_away = mains.and_then(Result::ok) == Some(0.0);
            samples.push(state(Quantity::UpsCharging, status == "Charging" && !is_away));
        }
        let mut trouble = None;
        for (file, quantity, steps) in NUMBERS {
            let path = self.battery.join(file);
            if !path.exists() {
                continue;
            }
            samples.push(match number(&path) {
                Ok(value) => measured(*quantity, value / steps),
                Err(problem) => {
                    let fault = problem.fault;
                    trouble.get_or_insert(problem);
                    (*quantity, Err(fault))
                }
            });
        }
        match said("health").as_deref() {
            None | Some("Unknown") => {}
            Some(health) => {
                samples.push(state(Quantity::UpsReplaceBattery, health == "Dead"));
                samples.push(state(Quantity::UpsFault, health != "Good"));
            }
        }
        if samples.iter().any(|(_, outcome)| outcome.is_ok()) {
            return Ok(samples);
        }
        Err(trouble.unwrap_or_else(|| {
            let words = format!("{} says nothing of a battery: is it one?", self.battery.display());
            Problem::new(Fault::NotPresent, words)
        }))
    }
}

/// Whether the load hangs on the battery or on mains. Where mains is known to be away, it hangs on the battery whatever that says.
fn states(is_discharging: Option<bool>, mains: Option<Outcome>) -> Vec<Sample> {
    let mains = mains.and_then(Result::ok).map(|value| value != 0.0);
    let on_battery = match (is_discharging, mains) {
        (_, Some(false)) => true,
        (Some(is_discharging), _) => is_discharging,
        (None, Some(true)) => false,
        (None, None) => return Vec::new(),
    };
    vec![
        state(Quantity::UpsOnLine, !on_battery),
        state(Quantity::UpsOnBattery, on_battery),
    ]
}

/// Whether a supply gives voltage: 1 fixed, 2 what it agreed on.
fn online(folder: &Path) -> Outcome {
    match number(&folder.join("online")) {
        Ok(0.0) => Ok(0.0),
        Ok(1.0 | 2.0) => Ok(1.0),
        Ok(_) => Err(Fault::OutOfRange),
        Err(problem) => Err(problem.fault),
    }
}

fn number(path: &Path) -> Result<f64, Problem> {
    let number: i64 = read(path)?.trim().parse().map_err(|_| {
        let words = format!("{} does not say a whole number", path.display());
        Problem::new(Fault::Corrupt, words)
    })?;
    Ok(number as f64)
}

fn missing(config: &Config, name: &str) -> Problem {
    let names: Vec<String> = match folders(&config.root, ": the kernel watches no battery") {
        Ok(folders) => folders
            .iter()
            .filter_map(|folder| Some(folder.file_name()?.to_string_lossy().into_owned()))
            .collect(),
        Err(problem) => return problem,
    };
    let there_are = match names.as_slice() {
        [] => "there is none at all".to_owned(),
        names => format!("there are: {}", names.join(", ")),
    };
    let words = format!(
        "no power supply is named {name}; {there_are}; a UPS board needs the dtoverlay of its gauge, as \
         dtoverlay=i2c-sensor,max17040"
    );
    Problem::new(Fault::NotPresent, words)
}
