//! What the Linux kernel already measures: hwmon under sysfs (the Pi's own temperature, sensors with a kernel driver, boards' fans
//! and supplies).

use std::io;
use std::path::{Path, PathBuf};

use plenum_protocol::quantity::Kind;
use plenum_protocol::{Fault, Identifier, Quantity, Timestamp};
use serde::Deserialize;
use serde::de::Error as _;

use super::{Entry, Opened};
use crate::driver::{Driver, Problem, Sample, measured, state};

/// The registry's entry.
pub(super) const ENTRY: Entry = Entry {
    name: "hwmon",
    summary: "what the kernel already measures: temperature, humidity, voltage, current, power and alarms under /sys/class/hwmon",
    open,
};

const EAGAIN: i32 = 11;
const ENXIO: i32 = 6;
const ENODEV: i32 = 19;
const EIO: i32 = 5;
const ENODATA: i32 = 61;
const ETIMEDOUT: i32 = 110;
const EREMOTEIO: i32 = 121;

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

fn open(_: &Identifier, keys: toml::Table) -> Result<Opened, toml::de::Error> {
    let config: Config = keys.try_into()?;
    let wrong = |text: &str| text.is_empty() || text.contains('/');
    if wrong(&config.chip) || wrong(&config.input) || config.device.as_deref().is_some_and(wrong) {
        return Err(toml::de::Error::custom(
            "`chip`, `device` and `input` are names and no paths, as in chip = \"cpu_thermal\", input = \"temp1\"",
        ));
    }
    let quantity = match (config.quantity, kind(&config.input)) {
        (Some(quantity), Some((usual, _))) if !agree(quantity, usual) => {
            let message = format!(
                "{} is a {usual} and cannot be the quantity {quantity}",
                config.input
            );
            return Err(toml::de::Error::custom(message));
        }
        (Some(quantity), _) => quantity,
        (None, Some((usual, _))) => usual,
        (None, None) => {
            let message = format!(
                "`quantity` is needed where `input` is a label (`{}`)",
                config.input
            );
            return Err(toml::de::Error::custom(message));
        }
    };
    Ok(Opened {
        bus: format!("hwmon/{}", config.chip),
        driver: Box::new(Sensor {
            config,
            quantity,
            path: None,
            trouble: None,
        }),
    })
}

/// Whether an input of one quantity's kind may be called another: the unit must be the same.
fn agree(quantity: Quantity, usual: Quantity) -> bool {
    quantity.unit() == usual.unit()
}

struct Sensor {
    config: Config,
    quantity: Quantity,
    /// The input's file and kind, looked up again after every failure: the kernel numbers chips in the order they come.
    path: Option<(PathBuf, f64)>,
    trouble: Option<Problem>,
}

impl Sensor {
    /// Finds the input's file by the chip's and the input's names.
    fn probe(&self) -> Result<(PathBuf, f64), Problem> {
        let Config {
            chip,
            device,
            input,
            root,
            ..
        } = &self.config;
        let entries = std::fs::read_dir(root).map_err(|error| {
            Problem::new(
                Fault::NotPresent,
                format!("cannot list {}: {error}", root.display()),
            )
        })?;
        let mut folders: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
        folders.sort();
        let names: Vec<String> = folders
            .iter()
            .map(|folder| text(&folder.join("name")).unwrap_or_default())
            .collect();
        let fits = |folder: &Path, name: &str| {
            name == chip
                && device
                    .as_ref()
                    .is_none_or(|device| device_of(folder).as_ref() == Some(device))
        };
        let found: Vec<&PathBuf> = folders
            .iter()
            .zip(&names)
            .filter(|(folder, name)| fits(folder, name))
            .map(|(folder, _)| folder)
            .collect();
        let folder = match found.as_slice() {
            [folder] => folder,
            [] => {
                let known = names.join(", ");
                return Err(Problem::new(
                    Fault::NotPresent,
                    format!(
                        "no hwmon chip is named {chip}; there are: {known}; a missing one needs its dtoverlay or module"
                    ),
                ));
            }
            several => {
                let devices: Vec<String> = several.iter().filter_map(|folder| device_of(folder)).collect();
                return Err(Problem::new(
                    Fault::NotPresent,
                    format!(
                        "several chips are named {chip}: say which with device = one of {}",
                        devices.join(", ")
                    ),
                ));
            }
        };
        let input = if kind(input).is_some() {
            input.clone()
        } else {
            labelled(folder, input)?
        };
        let Some((usual, steps)) = kind(&input) else {
            return Err(Problem::new(
                Fault::NotPresent,
                format!("{input} is no kind of input that Plenum knows"),
            ));
        };
        if !agree(self.quantity, usual) {
            let words = format!(
                "{input} is a {usual} and cannot be the quantity {}",
                self.quantity
            );
            return Err(Problem::new(Fault::DeviceError, words));
        }
        let suffix = if usual.kind() == Kind::Boolean {
            "alarm"
        } else {
            "input"
        };
        Ok((folder.join(format!("{input}_{suffix}")), steps))
    }

    fn value(&mut self) -> Result<f64, Problem> {
        let (path, steps) = match self.path.take() {
            Some(found) => found,
            None => self.probe()?,
        };
        let raw = std::fs::read_to_string(&path).map_err(|error| explain(&path, &error))?;
        let value = convert(&raw, steps).ok_or(Fault::Corrupt)?;
        self.path = Some((path, steps));
        Ok(value)
    }
}

/// The kernel's whole number, in the quantity's unit.
fn convert(raw: &str, steps: f64) -> Option<f64> {
    let number: i64 = raw.trim().parse().ok()?;
    Some(number as f64 / steps)
}

/// What a failed read of a sysfs file means; the errno is the chip driver's own.
fn explain(path: &Path, error: &io::Error) -> Problem {
    let advice = format!("{}: {error}", path.display());
    let fault = match error.raw_os_error() {
        // The chip has no measurement ready yet.
        Some(EAGAIN | ETIMEDOUT) => Fault::Timeout,
        // The chip knows that its reading is worth nothing: an open or shorted diode, a fault bit.
        Some(ENODATA) => {
            return Problem::new(
                Fault::DeviceError,
                format!("{advice}: the chip says it has no data: look at its probe"),
            );
        }
        Some(ENXIO | ENODEV | EREMOTEIO) => Fault::NotPresent,
        Some(EIO) => Fault::Corrupt,
        _ if error.kind() == io::ErrorKind::NotFound => {
            return Problem::new(
                Fault::NotPresent,
                format!("{advice}: `ls {}` shows what there is", folder(path)),
            );
        }
        _ => Fault::DeviceError,
    };
    Problem::new(fault, format!("{advice}: {}", fault.explanation()))
}

fn folder(path: &Path) -> String {
    path.parent()
        .map_or_else(String::new, |parent| parent.display().to_string())
}

fn text(path: &Path) -> Option<String> {
    std::fs::read_to_string(path)
        .ok()
        .map(|text| text.trim().to_owned())
}

/// The name of the device behind a hwmon folder, `1-0048`.
fn device_of(folder: &Path) -> Option<String> {
    let target = std::fs::canonicalize(folder.join("device")).ok()?;
    Some(target.file_name()?.to_string_lossy().into_owned())
}

/// The input whose label is `label`.
fn labelled(folder: &Path, label: &str) -> Result<String, Problem> {
    let entries = std::fs::read_dir(folder).map_err(|error| explain(folder, &error))?;
    let mut labels: Vec<(String, String)> = entries
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            let input = name.strip_suffix("_label")?.to_owned();
            Some((input, text(&entry.path())?))
        })
        .collect();
    labels.sort();
    let found = labels
        .iter()
        .find(|(_, other)| other == label)
        .map(|(input, _)| input.clone());
    found.ok_or_else(|| {
        let known: Vec<&str> = labels.iter().map(|(_, label)| label.as_str()).collect();
        Problem::new(
            Fault::NotPresent,
            format!(
                "{} has no input labelled {label}; there are: {}",
                folder.display(),
                known.join(", ")
            ),
        )
    })
}

impl Driver for Sensor {
    fn quantities(&self) -> Vec<Quantity> {
        vec![self.quantity]
    }

    fn read(&mut self, _: Timestamp) -> Vec<Sample> {
        let answer = self.value();
        self.trouble = answer.as_ref().err().cloned();
        vec![match answer {
            Ok(value) if self.quantity.kind() == Kind::Boolean => state(self.quantity, value != 0.0),
            Ok(value) => measured(self.quantity, value),
            Err(problem) => (self.quantity, Err(problem.fault)),
        }]
    }

    fn advice(&self, fault: Fault) -> String {
        Problem::advise(self.trouble.as_ref(), fault)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    const NOW: Timestamp = Timestamp::from_milliseconds(0);

    /// A sysfs of its own: chips as (folder, name, device) with their files.
    struct Tree(tempfile::TempDir);

    impl Tree {
        fn new() -> Self {
            Self(tempfile::tempdir().unwrap())
        }

        fn chip(&self, folder: &str, name: &str, device: &str, files: &[(&str, &str)]) {
            let folder = self.0.path().join("class").join(folder);
            let device = self.0.path().join("devices").join(device);
            fs::create_dir_all(&folder).unwrap();
            fs::create_dir_all(&device).unwrap();
            symlink(device, folder.join("device")).unwrap();
            fs::write(folder.join("name"), format!("{name}\n")).unwrap();
            for (file, text) in files {
                fs::write(folder.join(file), text).unwrap();
            }
        }

        fn open(&self, keys: &str) -> Box<dyn Driver> {
            let root = self.0.path().join("class");
            let keys = format!("root = '{}'\n{keys}", root.display());
            open(&"board".parse().unwrap(), keys.parse().unwrap())
                .unwrap()
                .driver
        }

        fn check(&self, keys: &str, quantity: Quantity, expected: Result<f64, Fault>) {
            assert_eq!(self.open(keys).read(NOW), [(quantity, expected)], "{keys}");
        }
    }

    #[test]
    fn each_kind_comes_in_its_unit() {
        let tree = Tree::new();
        tree.chip("hwmon0", "cpu_thermal", "cpu", &[("temp1_input", "48312\n")]);
        let files = [
            ("temp1_input", "-12250\n"),
            ("temp2_input", "31000\n"),
            ("temp2_label", "Exhaust\n"),
            ("humidity1_input", "45500\n"),
            ("in1_input", "12096\n"),
            ("curr1_input", "-1500\n"),
            ("power1_input", "3250000000\n"),
            ("intrusion0_alarm", "1\n"),
        ];
        tree.chip("hwmon1", "board", "1-0044", &files);
        tree.check("chip = 'cpu_thermal'", Quantity::Temperature, Ok(48.312));
        tree.check("chip = 'board'", Quantity::Temperature, Ok(-12.25));
        tree.check(
            "chip = 'board'\ninput = 'Exhaust'\nquantity = 'temperature'",
            Quantity::Temperature,
            Ok(31.0),
        );
        tree.check(
            "chip = 'board'\ninput = 'humidity1'",
            Quantity::Humidity,
            Ok(45.5),
        );
        tree.check(
            "chip = 'board'\ninput = 'in1'\nquantity = 'battery-voltage'",
            Quantity::BatteryVoltage,
            Ok(12.096),
        );
        tree.check("chip = 'board'\ninput = 'curr1'", Quantity::Current, Ok(-1.5));
        tree.check("chip = 'board'\ninput = 'power1'", Quantity::Power, Ok(3_250.0));
        tree.check(
            "chip = 'board'\ninput = 'intrusion0'",
            Quantity::DoorOpen,
            Ok(1.0),
        );
    }

    #[test]
    fn two_chips_of_one_name_are_told_apart_by_their_device() {
        let tree = Tree::new();
        tree.chip("hwmon0", "lm75", "1-0048", &[("temp1_input", "20000")]);
        tree.chip("hwmon1", "lm75", "1-0049", &[("temp1_input", "21000")]);
        tree.check(
            "chip = 'lm75'\ndevice = '1-0049'",
            Quantity::Temperature,
            Ok(21.0),
        );
        let mut driver = tree.open("chip = 'lm75'");
        assert_eq!(
            driver.read(NOW),
            [(Quantity::Temperature, Err(Fault::NotPresent))]
        );
        let advice = driver.advice(Fault::NotPresent);
        assert!(advice.contains("one of 1-0048, 1-0049"), "{advice}");
    }

    #[test]
    fn a_renumbered_chip_is_found_again() {
        let tree = Tree::new();
        tree.chip("hwmon3", "sht3x", "1-0044", &[("temp1_input", "20000")]);
        let mut driver = tree.open("chip = 'sht3x'");
        assert_eq!(driver.read(NOW)[0].1, Ok(20.0));
        fs::remove_dir_all(tree.0.path().join("class/hwmon3")).unwrap();
        assert_eq!(driver.read(NOW)[0].1, Err(Fault::NotPresent));
        tree.chip("hwmon4", "sht3x", "1-0044", &[("temp1_input", "22000")]);
        assert_eq!(driver.read(NOW)[0].1, Ok(22.0));
    }

    #[test]
    fn what_is_no_value_is_a_fault_with_words() {
        let tree = Tree::new();
        let files = [
            ("temp1_input", "hot"),
            ("temp2_input", "999000"),
            ("temp3_input", ""),
        ];
        tree.chip("hwmon0", "board", "b", &files);
        tree.check("chip = 'board'", Quantity::Temperature, Err(Fault::Corrupt));
        tree.check(
            "chip = 'board'\ninput = 'temp2'",
            Quantity::Temperature,
            Err(Fault::OutOfRange),
        );
        tree.check(
            "chip = 'board'\ninput = 'temp3'",
            Quantity::Temperature,
            Err(Fault::Corrupt),
        );
        for (keys, words) in [
            ("chip = 'board'\ninput = 'temp9'", "shows what there is"),
            ("chip = 'bord'", "there are: board"),
            (
                "chip = 'board'\ninput = 'Inlet'\nquantity = 'temperature'",
                "no input labelled Inlet",
            ),
        ] {
            let mut driver = tree.open(keys);
            assert_eq!(driver.read(NOW)[0].1, Err(Fault::NotPresent), "{keys}");
            let advice = driver.advice(Fault::NotPresent);
            assert!(advice.contains(words), "{keys}: {advice}");
        }
    }

    #[test]
    fn the_chips_errors_are_told_apart() {
        let check = |errno: i32, fault: Fault| {
            let problem = explain(
                Path::new("/sys/x/temp1_input"),
                &io::Error::from_raw_os_error(errno),
            );
            assert_eq!(problem.fault, fault, "errno {errno}");
        };
        check(EAGAIN, Fault::Timeout);
        check(ETIMEDOUT, Fault::Timeout);
        check(ENODATA, Fault::DeviceError);
        check(ENXIO, Fault::NotPresent);
        check(EREMOTEIO, Fault::NotPresent);
        check(EIO, Fault::Corrupt);
        check(22, Fault::DeviceError);
    }

    #[test]
    fn keys_are_checked() {
        let message = |keys: &str| {
            let opened = open(&"board".parse().unwrap(), keys.parse().unwrap());
            opened.err().expect("a bad key").to_string()
        };
        for (keys, words) in [
            ("", "missing field `chip`"),
            ("chip = '../../etc'", "names and no paths"),
            ("chip = 'a'\ninput = 'Inlet'", "`quantity` is needed"),
            (
                "chip = 'a'\ninput = 'temp1'\nquantity = 'humidity'",
                "cannot be the quantity humidity",
            ),
            ("chip = 'a'\nlabel = 'x'", "unknown field `label`"),
        ] {
            assert!(message(keys).contains(words), "{keys}: {}", message(keys));
        }
    }
}
