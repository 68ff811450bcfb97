//! What the drivers of the kernel's own readings share: files under sysfs, and what their errors mean.

use std::io;
use std::path::{Path, PathBuf};

use plenum_protocol::quantity::Kind;
use plenum_protocol::{Fault, Quantity};

use crate::driver::{Problem, Sample, measured, state};

const EIO: i32 = 5;
const ENXIO: i32 = 6;
const EAGAIN: i32 = 11;
const EBUSY: i32 = 16;
const ENODEV: i32 = 19;
const ENODATA: i32 = 61;
const ETIMEDOUT: i32 = 110;
const EREMOTEIO: i32 = 121;

/// What stands in a file, without the line's end; none where it cannot be read.
pub(super) fn text(path: &Path) -> Option<String> {
    std::fs::read_to_string(path)
        .ok()
        .map(|text| text.trim().to_owned())
}

/// What stands in a file.
///
/// # Errors
/// It cannot be read; the errno is the chip driver's own.
pub(super) fn read(path: &Path) -> Result<String, Problem> {
    std::fs::read_to_string(path).map_err(|error| explain(path, &error))
}

/// The folders below `root`, in order.
///
/// # Errors
/// There is no such folder: `absent` says what that means.
pub(super) fn folders(root: &Path, absent: &str) -> Result<Vec<PathBuf>, Problem> {
    let entries = std::fs::read_dir(root).map_err(|error| {
        let words = format!("cannot list {}: {error}{absent}", root.display());
        Problem::new(Fault::NotPresent, words)
    })?;
    let mut folders: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    folders.sort();
    Ok(folders)
}

/// Whether an input of one quantity's kind may be called another: the unit must be the same.
pub(super) fn agree(quantity: Quantity, usual: Quantity) -> bool {
    quantity.unit() == usual.unit()
}

/// An input's value as a sample of the quantity.
pub(super) fn sample(quantity: Quantity, value: f64) -> Sample {
    if quantity.kind() == Kind::Boolean {
        state(quantity, value != 0.0)
    } else {
        measured(quantity, value)
    }
}

/// What a failed read of a sysfs file means.
pub(super) fn explain(path: &Path, error: &io::Error) -> Problem {
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
        Some(EBUSY) => {
            return Problem::new(
                Fault::DeviceError,
                format!("{advice}: another program reads it through its buffer: end that"),
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

#[cfg(test)]
mod tests {
    use super::*;

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
        check(EBUSY, Fault::DeviceError);
        check(ENXIO, Fault::NotPresent);
        check(EREMOTEIO, Fault::NotPresent);
        check(EIO, Fault::Corrupt);
        check(22, Fault::DeviceError);
    }
}
