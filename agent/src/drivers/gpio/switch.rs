//! A line that is switched: one of a GPIO chip, or a bulb for tests.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use gpiocdev::line::Value;
use plenum_protocol::Fault;

use super::chip::{self, LineName, gone};
use crate::driver::Problem;

/// A line with two states that is set. Whoever drops it leaves it as it is.
pub trait Switch: Send {
    /// Makes it active or not; again changes nothing.
    ///
    /// # Errors
    /// The line is gone or cannot be set.
    fn set(&mut self, active: bool) -> Result<(), Problem>;
}

/// Which line of which chip, and how it stands when it is taken.
#[derive(Debug, Clone)]
pub(crate) struct Wired {
    pub(crate) chip: Option<PathBuf>,
    pub(crate) line: LineName,
    /// Active is low.
    pub(crate) active_low: bool,
    /// It is active from the first instant.
    pub(crate) begins_active: bool,
}

impl Wired {
    /// Takes the line from the kernel as an output, at once in the state that it begins with.
    pub(crate) fn request(&self) -> Result<Box<dyn Switch>, Problem> {
        let (chip, offset) = chip::find(self.chip.as_ref(), &self.line)?;
        let mut builder = gpiocdev::Request::builder();
        builder.on_chip(&chip).with_consumer("plenum").with_line(offset);
        builder.as_output(value(self.begins_active));
        if self.active_low {
            builder.as_active_low();
        }
        let taken = builder.request().map_err(|error| {
            let line = format!("line {offset} of {}", chip.display());
            Problem::new(
                Fault::DeviceError,
                format!("{line} cannot be switched ({error}): `gpioinfo` shows whether another program or driver uses it"),
            )
        })?;
        Ok(Box::new(Gpio(taken)))
    }
}

struct Gpio(gpiocdev::Request);

impl Switch for Gpio {
    fn set(&mut self, active: bool) -> Result<(), Problem> {
        self.0.set_lone_value(value(active)).map_err(gone)
    }
}

fn value(active: bool) -> Value {
    match active {
        true => Value::Active,
        false => Value::Inactive,
    }
}

/// A line without hardware: whoever holds the bulb sees what it does, breaks it and mends it. All clones are one bulb.
#[derive(Debug, Clone, Default)]
pub struct Bulb(Arc<Mutex<Glass>>);

#[derive(Debug, Default)]
struct Glass {
    shines: bool,
    broken: bool,
    times: usize,
}

impl Bulb {
    /// Whether its line is active.
    pub fn shines(&self) -> bool {
        self.lock().shines
    }

    /// How often its line became active.
    pub fn times(&self) -> usize {
        self.lock().times
    }

    /// The line fails until it is mended.
    pub fn break_it(&self) {
        self.lock().broken = true;
    }

    /// The line works again.
    pub fn mend(&self) {
        self.lock().broken = false;
    }

    fn lock(&self) -> MutexGuard<'_, Glass> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Switch for Bulb {
    fn set(&mut self, active: bool) -> Result<(), Problem> {
        let mut glass = self.lock();
        if glass.broken {
            return Err(Problem::new(Fault::DeviceError, "the bulb is broken"));
        }
        glass.times += usize::from(active && !glass.shines);
        glass.shines = active;
        Ok(())
    }
}
