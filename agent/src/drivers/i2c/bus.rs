//! What the I2C drivers share: the Linux bus behind embedded-hal, and what its errors mean to a person.

use std::io;
use std::path::{Path, PathBuf};

use embedded_hal::i2c::{Error as _, ErrorKind, ErrorType, I2c, NoAcknowledgeSource, Operation};
use linux_embedded_hal::i2cdev::core::{I2CMessage, I2CTransfer};
use linux_embedded_hal::i2cdev::linux::{LinuxI2CDevice, LinuxI2CError, LinuxI2CMessage};
use plenum_protocol::{Fault, Identifier, Quantity};

use super::holder;
use crate::driver::{Problem, Sample};
use crate::drivers::Opened;
use crate::drivers::lazy::Lazy;
use crate::drivers::polled::Polled;

const ENOENT: i32 = 2;
const EIO: i32 = 5;
const ENXIO: i32 = 6;
const EAGAIN: i32 = 11;
const EACCES: i32 = 13;
const EBUSY: i32 = 16;
const ENODEV: i32 = 19;
const EBADMSG: i32 = 74;
const ETIMEDOUT: i32 = 110;
const EREMOTEIO: i32 = 121;

/// A chip on a Linux I2C bus as a configured sensor: `probe` sets it up on a bus that was just opened, `read` asks it.
pub(crate) fn chip<D: Send + 'static>(
    sensor: &Identifier,
    path: PathBuf,
    quantities: &[Quantity],
    probe: impl FnMut(Bus) -> Result<D, Problem> + Send + 'static,
    read: impl FnMut(&mut D) -> Result<Vec<Sample>, Problem> + Send + 'static,
) -> Opened {
    let bus = path.display().to_string();
    let device = device(sensor, path, probe);
    Opened {
        bus,
        driver: Box::new(Polled::new(device, quantities, read)),
    }
}

/// A chip on a Linux I2C bus that `probe` sets up whenever the bus is opened.
pub(crate) fn device<D>(
    sensor: &Identifier,
    path: PathBuf,
    mut probe: impl FnMut(Bus) -> Result<D, Problem> + Send + 'static,
) -> Lazy<D> {
    Lazy::new(sensor, move || probe(Bus::open(&path)?))
}

/// A Linux I2C bus. It differs from `linux_embedded_hal::I2cdev` in one point: a transfer that the adapter cut short is an
/// error, which that one does not show: its zeros would be read as 0 C.
pub(crate) struct Bus {
    path: PathBuf,
    open: Option<(u8, LinuxI2CDevice)>,
}

/// Why a transfer failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BusError {
    /// What the kernel said.
    #[error("i2c bus: {0}")]
    System(#[source] io::Error),
    /// A driver of the kernel's has the chip.
    #[error("i2c bus: {advice}")]
    Held {
        /// Which, and how to read it all the same.
        advice: String,
    },
    /// The adapter stopped after some of the messages.
    #[error("i2c bus: {done} of {wanted} messages were transferred")]
    Short {
        /// Messages transferred.
        done: usize,
        /// Messages asked for.
        wanted: usize,
    },
}

impl Bus {
    /// Opens the bus file (`/dev/i2c-1`), without talking to any device yet.
    pub(crate) fn open(path: &Path) -> Result<Self, BusError> {
        std::fs::metadata(path).map_err(BusError::System)?;
        Ok(Self {
            path: path.to_owned(),
            open: None,
        })
    }

    fn device(&mut self, address: u8) -> Result<&mut LinuxI2CDevice, BusError> {
        // Binding the file to the address is what makes the kernel say EBUSY where one of its own drivers holds the device.
        let same = self.open.take().filter(|(bound, _)| *bound == address);
        let device = match same {
            Some((_, device)) => device,
            None => LinuxI2CDevice::new(&self.path, u16::from(address))
                .map_err(|error| BusError::from(error).held(&self.path, address))?,
        };
        Ok(&mut self.open.insert((address, device)).1)
    }
}

impl ErrorType for Bus {
    type Error = BusError;
}

impl I2c for Bus {
    fn transaction(&mut self, address: u8, operations: &mut [Operation<'_>]) -> Result<(), BusError> {
        let wanted = operations.len();
        let mut messages: Vec<LinuxI2CMessage<'_>> = operations
            .iter_mut()
            .map(|operation| match operation {
                Operation::Write(bytes) => LinuxI2CMessage::write(bytes),
                Operation::Read(buffer) => LinuxI2CMessage::read(buffer),
            })
            .collect();
        let done = self.device(address)?.transfer(&mut messages)? as usize;
        if done == wanted {
            Ok(())
        } else {
            Err(BusError::Short { done, wanted })
        }
    }
}

impl BusError {
    /// With who holds the chip, where that is what was said.
    fn held(self, bus: &Path, address: u8) -> Self {
        match &self {
            Self::System(error) if error.raw_os_error() == Some(EBUSY) => Self::Held {
                advice: holder::advice(Path::new(holder::DEVICES), bus, address),
            },
            _ => self,
        }
    }
}

impl From<LinuxI2CError> for BusError {
    fn from(error: LinuxI2CError) -> Self {
        Self::System(error.into())
    }
}

impl embedded_hal::i2c::Error for BusError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Short { .. } => ErrorKind::Overrun,
            Self::Held { .. } => ErrorKind::Bus,
            Self::System(error) => match error.raw_os_error() {
                Some(ENXIO | ENODEV | EREMOTEIO) => ErrorKind::NoAcknowledge(NoAcknowledgeSource::Unknown),
                Some(EAGAIN) => ErrorKind::ArbitrationLoss,
                Some(EIO | EBUSY) => ErrorKind::Bus,
                _ => ErrorKind::Other,
            },
        }
    }
}

impl From<BusError> for Problem {
    fn from(error: BusError) -> Self {
        let cause = match &error {
            BusError::System(cause) => cause,
            BusError::Held { advice } => return Self::new(Fault::DeviceError, advice.as_str()),
            BusError::Short { .. } => return error.kind().into(),
        };
        match cause.raw_os_error() {
            Some(EACCES) => Self::new(
                Fault::NotPresent,
                "the bus may not be opened (permission denied): put the agent's user into the group i2c",
            ),
            Some(ENOENT) => Self::new(
                Fault::NotPresent,
                "there is no such I2C bus: switch I2C on (dtparam=i2c_arm=on, module i2c-dev) and see `ls /dev/i2c-*`",
            ),
            // The Pi's adapter reports an expired clock stretch as EIO.
            Some(EIO | ETIMEDOUT) => Fault::Timeout.into(),
            Some(EBADMSG) => Fault::Corrupt.into(),
            _ => error.kind().into(),
        }
    }
}

impl From<ErrorKind> for Problem {
    fn from(kind: ErrorKind) -> Self {
        match kind {
            ErrorKind::NoAcknowledge(_) => Fault::NotPresent.into(),
            ErrorKind::Overrun | ErrorKind::ArbitrationLoss => Fault::Corrupt.into(),
            ErrorKind::Bus => Fault::Timeout.into(),
            _ => Fault::DeviceError.into(),
        }
    }
}

/// A bus that answers every transfer with one errno.
#[cfg(test)]
pub(crate) struct Refusing(pub(crate) i32);

#[cfg(test)]
impl ErrorType for Refusing {
    type Error = BusError;
}

#[cfg(test)]
impl I2c for Refusing {
    fn transaction(&mut self, _: u8, _: &mut [Operation<'_>]) -> Result<(), BusError> {
        Err(BusError::System(io::Error::from_raw_os_error(self.0)).held(Path::new("/dev/i2c-250"), 0x48))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(errno: i32, fault: Fault, words: &str) {
        let error = BusError::System(io::Error::from_raw_os_error(errno));
        let problem = Problem::from(error.held(Path::new("/dev/i2c-250"), 0x48));
        assert_eq!(problem.fault, fault, "errno {errno}");
        let advice = Problem::advise(Some(&problem), fault);
        assert!(advice.contains(words), "errno {errno}: {advice}");
    }

    #[test]
    fn errors_say_what_to_do() {
        check(EREMOTEIO, Fault::NotPresent, "check the plug");
        check(ENXIO, Fault::NotPresent, "check the plug");
        check(EBUSY, Fault::DeviceError, "driver = \"hwmon\"");
        check(EACCES, Fault::NotPresent, "group i2c");
        check(ENOENT, Fault::NotPresent, "/dev/i2c-*");
        check(ETIMEDOUT, Fault::Timeout, "in time");
        check(EIO, Fault::Timeout, "in time");
        check(EAGAIN, Fault::Corrupt, "pull-ups");
        check(EBADMSG, Fault::Corrupt, "pull-ups");
        let short = BusError::Short { done: 1, wanted: 2 };
        assert_eq!(short.to_string(), "i2c bus: 1 of 2 messages were transferred");
        assert_eq!(Problem::from(short).fault, Fault::Corrupt);
    }

    #[test]
    fn a_bus_that_is_not_there_is_said_to_be_missing() {
        let error = Bus::open(Path::new("/dev/i2c-250")).err().expect("no such bus");
        assert_eq!(Problem::from(error).fault, Fault::NotPresent);
    }

    #[test]
    fn a_file_that_is_no_bus_is_an_error_and_no_value() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let mut bus = Bus::open(file.path()).unwrap();
        let mut buffer = [0; 2];
        assert!(bus.write_read(0x48, &[0], &mut buffer).is_err());
    }
}
