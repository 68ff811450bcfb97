//! An input of a chip under sysfs: found by the chip's, the device's and the input's names, and read.

use std::path::{Path, PathBuf};

use plenum_protocol::quantity::Kind;
use plenum_protocol::{Fault, Quantity};

use super::super::sysfs::{agree, explain, folders, read, text};
use super::{Config, convert, kind};
use crate::driver::Problem;

/// An input's file, and how many of its steps make one unit of its quantity.
pub(super) struct Input {
    path: PathBuf,
    /// Where the chip says that what it gives there is worth nothing; few chips have it.
    fault: PathBuf,
    steps: f64,
}

impl Input {
    /// Finds the input that the configuration names, to be read as `quantity`.
    pub(super) fn find(config: &Config, quantity: Quantity) -> Result<Self, Problem> {
        let folder = chip_folder(config)?;
        let input = if kind(&config.input).is_some() {
            config.input.clone()
        } else {
            labelled(&folder, &config.input)?
        };
        let Some((usual, steps)) = kind(&input) else {
            let words = format!("{input} is not a kind of input that Plenum knows");
            return Err(Problem::new(Fault::NotPresent, words));
        };
        if !agree(quantity, usual) {
            let words = format!("{input} is a {usual} and cannot be the quantity {quantity}");
            return Err(Problem::new(Fault::DeviceError, words));
        }
        let suffix = match usual.kind() {
            Kind::Boolean => "alarm",
            Kind::Number => "input",
        };
        Ok(Self {
            path: folder.join(format!("{input}_{suffix}")),
            fault: folder.join(format!("{input}_fault")),
            steps,
        })
    }

    /// Its value, in the quantity's unit.
    pub(super) fn read(&self) -> Result<f64, Problem> {
        if text(&self.fault).is_some_and(|said| said != "0") {
            let words = format!("{} is set: look at its probe", self.fault.display());
            return Err(Problem::new(Fault::DeviceError, words));
        }
        convert(&read(&self.path)?, self.steps).ok_or_else(|| Fault::Corrupt.into())
    }
}

/// The one folder whose chip, and device where that is given, have the configured names.
fn chip_folder(config: &Config) -> Result<PathBuf, Problem> {
    let (root, chip) = (&config.root, &config.chip);
    let absent = |words: String| Problem::new(Fault::NotPresent, words);
    let folders = folders(root, "")?;
    let name = |folder: &PathBuf| text(&folder.join("name")).unwrap_or_default();
    let wanted = |folder: &PathBuf| {
        let device = config.device.as_ref();
        name(folder) == *chip && device.is_none_or(|device| device_of(folder).as_ref() == Some(device))
    };
    let found: Vec<&PathBuf> = folders.iter().filter(|folder| wanted(folder)).collect();
    match found.as_slice() {
        [folder] => Ok((*folder).clone()),
        [] => {
            let known: Vec<String> = folders.iter().map(name).collect();
            Err(absent(format!(
                "no hwmon chip is named {chip}; there are: {}; a missing one needs its dtoverlay or module",
                known.join(", ")
            )))
        }
        several => {
            let devices: Vec<String> = several.iter().filter_map(|folder| device_of(folder)).collect();
            Err(absent(format!(
                "several chips are named {chip}: say which with device = one of {}",
                devices.join(", ")
            )))
        }
    }
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
