//! Which line of which GPIO chip a configuration means, as input or as output.

use std::path::{Path, PathBuf};

use plenum_protocol::Fault;
use serde::Deserialize;

use crate::driver::Problem;

/// A line as it is configured: its number on its chip, or its name (`GPIO17`) as `gpioinfo` lists it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub(crate) enum LineName {
    Offset(u32),
    Name(String),
}

/// The chip's file; the first one where none is named.
pub(crate) fn chip_path(chip: Option<&PathBuf>) -> PathBuf {
    PathBuf::from("/dev").join(chip.map_or("gpiochip0".as_ref(), PathBuf::as_path))
}

/// The line as a bus is named: two that are one line have the same, unless one is written as a number and the other as a name.
pub(crate) fn bus(chip: Option<&PathBuf>, line: &LineName) -> String {
    match (chip, line) {
        (chip, LineName::Offset(offset)) => format!("{}/{offset}", chip_path(chip).display()),
        (Some(_), LineName::Name(name)) => format!("{}/{name}", chip_path(chip).display()),
        (None, LineName::Name(name)) => format!("gpio/{name}"),
    }
}

/// The chip, which is there, and the line's number on it.
pub(crate) fn find(chip: Option<&PathBuf>, line: &LineName) -> Result<(PathBuf, u32), Problem> {
    let missing = |name: &str| {
        Problem::new(
            Fault::NotPresent,
            format!("no GPIO line is named {name}: `gpioinfo` lists the names"),
        )
    };
    let (path, offset) = match (line, chip) {
        (LineName::Offset(offset), chip) => (chip_path(chip), *offset),
        (LineName::Name(name), None) => {
            let found = gpiocdev::find_named_line(name).ok_or_else(|| missing(name))?;
            (found.chip, found.info.offset)
        }
        (LineName::Name(name), Some(_)) => {
            let path = chip_path(chip);
            let found = gpiocdev::Chip::from_path(&path)
                .ok()
                .and_then(|chip| chip.find_line_info(name));
            (path, found.ok_or_else(|| missing(name))?.offset)
        }
    };
    is_there(&path)?;
    Ok((path, offset))
}

fn is_there(chip: &Path) -> Result<(), Problem> {
    let opened = std::fs::File::open(chip).map_err(|error| {
        let words = match error.kind() {
            std::io::ErrorKind::PermissionDenied => "put the agent's user into the group gpio",
            _ => "`ls /dev/gpiochip*` and `gpioinfo` list what there is",
        };
        Problem::new(Fault::NotPresent, format!("{}: {error}: {words}", chip.display()))
    });
    opened.map(drop)
}

/// The line is no longer there.
pub(crate) fn gone(error: gpiocdev::Error) -> Problem {
    Problem::new(
        Fault::NotPresent,
        format!("the GPIO line failed ({error}): is its board still plugged in?"),
    )
}
