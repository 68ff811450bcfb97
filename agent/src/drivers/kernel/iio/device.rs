//! A device of industrial I/O under sysfs: found by its chip's, folder's and input's names, and read.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use plenum_protocol::dew_point::dew_point;
use plenum_protocol::{Fault, Quantity};

use super::super::sysfs::{agree, folders, read, sample, text};
use super::{Config, kind, known};
use crate::driver::{Problem, Sample, measured, rounded};

/// A device with the inputs that are read.
pub(super) struct Device {
    inputs: Vec<Input>,
}

/// One input, how many of its units make one of its quantity's, and which of its files there are.
struct Input {
    quantity: Quantity,
    steps: f64,
    source: Source,
}

enum Source {
    /// The kernel has converted it.
    Processed(PathBuf),
    /// (raw + offset) * scale, where either may be absent.
    Raw {
        raw: PathBuf,
        offset: Option<PathBuf>,
        scale: Option<PathBuf>,
    },
}

impl Device {
    /// Finds what the configuration names.
    pub(super) fn find(config: &Config) -> Result<Self, Problem> {
        let folder = device_folder(config)?;
        let names = input_names(&folder);
        let inputs = match &config.input {
            Some(input) => vec![one(&folder, &names, input, config.quantity)?],
            None => all(&folder, &names)?,
        };
        Ok(Self { inputs })
    }

    /// A value or a fault for each input, and the dew point where temperature and humidity are among them.
    ///
    /// # Errors
    /// No input can be read: the first one's trouble.
    pub(super) fn read(&mut self) -> Result<Vec<Sample>, Problem> {
        let mut samples = Vec::new();
        let mut trouble = None;
        for input in &self.inputs {
            match input.read() {
                Ok(value) => samples.push(sample(input.quantity, value)),
                Err(problem) => {
                    samples.push((input.quantity, Err(problem.fault)));
                    trouble.get_or_insert(problem);
                }
            }
        }
        match trouble {
            Some(problem) if samples.iter().all(|(_, outcome)| outcome.is_err()) => Err(problem),
            _ => {
                samples.extend(dew_point_of(&samples));
                Ok(samples)
            }
        }
    }
}

fn dew_point_of(samples: &[Sample]) -> Option<Sample> {
    let outcome = |quantity| {
        samples
            .iter()
            .find(|(of, _)| *of == quantity)
            .map(|(_, outcome)| *outcome)
    };
    let (celsius, humidity) = (outcome(Quantity::Temperature)?, outcome(Quantity::Humidity)?);
    Some(match (celsius, humidity) {
        (Ok(celsius), Ok(humidity)) => {
            measured(Quantity::DewPoint, rounded(dew_point(celsius, humidity), 100.0))
        }
        (Err(fault), _) | (_, Err(fault)) => (Quantity::DewPoint, Err(fault)),
    })
}

impl Input {
    fn new(folder: &Path, name: &str, quantity: Quantity, steps: f64) -> Self {
        let processed = folder.join(format!("in_{name}_input"));
        let source = if processed.exists() {
            Source::Processed(processed)
        } else {
            Source::Raw {
                raw: folder.join(format!("in_{name}_raw")),
                offset: attribute(folder, name, "offset"),
                scale: attribute(folder, name, "scale"),
            }
        };
        Self {
            quantity,
            steps,
            source,
        }
    }

    /// Its value, in the quantity's unit.
    fn read(&self) -> Result<f64, Problem> {
        let value = match &self.source {
            Source::Processed(path) => number(path)?,
            Source::Raw { raw, offset, scale } => {
                let other = |path: &Option<PathBuf>, usual| path.as_deref().map_or(Ok(usual), number);
                (number(raw)? + other(offset, 0.0)?) * other(scale, 1.0)?
            }
        };
        // What the kernel writes has nine places at most; a product of floats has more.
        Ok(rounded(value / self.steps, 1e12))
    }
}

fn number(path: &Path) -> Result<f64, Problem> {
    let text = read(path)?;
    let number = text.trim().parse().ok().filter(|number: &f64| number.is_finite());
    number.ok_or_else(|| {
        let words = format!("{} does not say a number", path.display());
        Problem::new(Fault::Corrupt, words)
    })
}

/// The file of an input's offset or scale: its own, the one for all inputs of its kind, or the device's.
fn attribute(folder: &Path, name: &str, what: &str) -> Option<PathBuf> {
    let letters = |text: &str| -> String { text.chars().take_while(char::is_ascii_alphabetic).collect() };
    let shared = match name.split_once('-') {
        Some((one, other)) => format!("{}-{}", letters(one), letters(other)),
        None => letters(name),
    };
    [
        format!("in_{name}_{what}"),
        format!("in_{shared}_{what}"),
        format!("in_{what}"),
    ]
    .into_iter()
    .map(|file| folder.join(file))
    .find(|path| path.exists())
}

/// All that can be read, as `temp` or `voltage0`.
fn input_names(folder: &Path) -> BTreeSet<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .filter_map(|entry| {
            let file = entry.file_name().to_string_lossy().into_owned();
            let name = file.strip_prefix("in_")?;
            let name = name
                .strip_suffix("_input")
                .or_else(|| name.strip_suffix("_raw"))?;
            Some(name.to_owned())
        })
        .collect()
}

fn listed<'a>(names: impl IntoIterator<Item = &'a String>) -> String {
    let names: Vec<&str> = names.into_iter().map(String::as_str).collect();
    names.join(", ")
}

/// Every input of a kind that Plenum knows.
fn all(folder: &Path, names: &BTreeSet<String>) -> Result<Vec<Input>, Problem> {
    let mut inputs: Vec<Input> = Vec::new();
    for name in names {
        let Some((quantity, steps)) = kind(name) else {
            continue;
        };
        if inputs.iter().any(|input| input.quantity == quantity) {
            let alike = names
                .iter()
                .filter(|name| kind(name).is_some_and(|(of, _)| of == quantity));
            let words = format!(
                "it has several inputs of the kind {quantity}: say which with input = one of {}",
                listed(alike)
            );
            return Err(Problem::new(Fault::NotPresent, words));
        }
        inputs.push(Input::new(folder, name, quantity, steps));
    }
    if inputs.is_empty() {
        let words = format!(
            "it has no input of a kind that Plenum knows; there are: {}",
            listed(names)
        );
        return Err(Problem::new(Fault::NotPresent, words));
    }
    Ok(inputs)
}

/// The input of this name or label.
fn one(
    folder: &Path,
    names: &BTreeSet<String>,
    wanted: &str,
    quantity: Option<Quantity>,
) -> Result<Input, Problem> {
    let label = |name: &String| text(&folder.join(format!("in_{name}_label")));
    let found = names.get(wanted).or_else(|| {
        names
            .iter()
            .find(|name| label(name).is_some_and(|label| label == wanted))
    });
    let Some(name) = found else {
        let words = format!(
            "{} has no input {wanted}; there are: {}",
            folder.display(),
            listed(names)
        );
        return Err(Problem::new(Fault::NotPresent, words));
    };
    let Some((usual, steps)) = kind(name) else {
        let words = format!("{name} is not a kind of input that Plenum knows");
        return Err(Problem::new(Fault::NotPresent, words));
    };
    let quantity = quantity.unwrap_or(usual);
    if !agree(quantity, usual) {
        let words = format!("{name} is a {usual} and cannot be the quantity {quantity}");
        return Err(Problem::new(Fault::DeviceError, words));
    }
    Ok(Input::new(folder, name, quantity, steps))
}

/// The one folder whose chip, and device where that is given, have the configured names.
fn device_folder(config: &Config) -> Result<PathBuf, Problem> {
    let (root, chip) = (&config.root, &config.chip);
    let help = known::missing(chip);
    let mut devices = folders(root, &format!("; {help}"))?;
    // Beside devices there are their triggers.
    devices.retain(|folder| {
        folder
            .file_name()
            .is_some_and(|name| name.to_string_lossy().starts_with("iio:device"))
    });
    let wanted = |folder: &&PathBuf| {
        let device = config.device.as_ref();
        is_called(folder, chip) && device.is_none_or(|device| place_of(folder).as_ref() == Some(device))
    };
    let found: Vec<&PathBuf> = devices.iter().filter(wanted).collect();
    match found.as_slice() {
        [folder] => Ok((*folder).clone()),
        [] => {
            let shown = |folder: &PathBuf| bus_name_of(folder).or_else(|| name_of(folder));
            let names: Vec<String> = devices.iter().filter_map(shown).collect();
            let there_are = match names.as_slice() {
                [] => "there is none at all".to_owned(),
                names => format!("there are: {}", names.join(", ")),
            };
            let words = format!("no IIO device is named {chip}; {there_are}; {help}");
            Err(Problem::new(Fault::NotPresent, words))
        }
        several => {
            let places: Vec<String> = several.iter().filter_map(|folder| place_of(folder)).collect();
            let words = format!(
                "several IIO devices are named {chip}: say which with device = one of {}",
                places.join(", ")
            );
            Err(Problem::new(Fault::NotPresent, words))
        }
    }
}

/// Some drivers give the chip's node as its name, as `dht11@4`.
fn name_of(folder: &Path) -> Option<String> {
    let name = text(&folder.join("name"))?;
    Some(name.split('@').next().unwrap_or(&name).to_owned())
}

/// What the bus calls the chip. Some drivers give its place as the device's name, as `1-0040`, or one name to several chips, as `ads1015`.
fn bus_name_of(folder: &Path) -> Option<String> {
    let device = folder.canonicalize().ok()?;
    text(&device.parent()?.join("name"))
}

fn is_called(folder: &Path, chip: &str) -> bool {
    let is = |name: Option<String>| name.is_some_and(|name| name == chip);
    is(bus_name_of(folder))
        || is(name_of(folder))
        || is(text(&folder.join("name")))
        || is(text(&folder.join("label")))
}

/// The name of the folder that holds the device, as `1-0076`.
fn place_of(folder: &Path) -> Option<String> {
    let target = std::fs::canonicalize(folder).ok()?;
    Some(target.parent()?.file_name()?.to_string_lossy().into_owned())
}
