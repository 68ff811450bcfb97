//! What a sensor driver is: blocking reads of one device's quantities, run on the thread of its bus.

use std::time::Duration;

use plenum_protocol::{Fault, Outcome, Quantity, Timestamp};

/// One quantity's value or fault, as the device gave it just now.
pub type Sample = (Quantity, Outcome);

/// A change that the device announced by itself, with the instant of its edge.
#[derive(Debug, Clone, PartialEq)]
pub struct Edge {
    /// When the kernel or the device saw it; absent when the driver cannot know, then the bus thread stamps it.
    pub at: Option<Timestamp>,
    /// The quantity that changed.
    pub quantity: Quantity,
    /// Its value since the edge, or the fault that began with it.
    pub outcome: Outcome,
}

/// A device that is read on the thread of its bus. All calls may block for as long as the device's own
/// time-out, and no longer. A driver opens its device lazily and reopens it by itself: a vanished sensor is the
/// fault `not-present` until it comes back, never an error that ends the agent.
pub trait Driver: Send {
    /// What a read gives, in the same order. A driver that learns from its device what that has may add to the end; nothing
    /// is ever taken away.
    fn quantities(&self) -> Vec<Quantity>;

    /// Reads every quantity once: a value or a fault for each. `tick` is the instant that the readings will carry; a device
    /// has no use for it, a simulated one gives the value of exactly that instant.
    fn read(&mut self, tick: Timestamp) -> Vec<Sample>;

    /// Waits at most `timeout` for changes that the device announces by itself. `None` means that this driver is only
    /// polled; the bus thread then sleeps. A driver that answers `Some` has a bus thread of its own.
    fn wait(&mut self, timeout: Duration) -> Option<Vec<Edge>> {
        let _ = timeout;
        None
    }

    /// How long a device that was just found may be the fault `timeout` because it has not measured yet: whoever reads it once waits for
    /// that. Most answer at once.
    fn begins_within(&self) -> plenum_protocol::Duration {
        plenum_protocol::Duration::ZERO
    }

    /// What the device says of itself in its own words, as of its alarm; none where it says nothing.
    fn words(&self) -> Option<String> {
        None
    }

    /// What a person can try after `fault`, in this device's own words; the fault's general words otherwise.
    fn advice(&self, fault: Fault) -> String {
        fault.explanation().to_owned()
    }
}

/// Why a device could not be read: the fault that is published, and what a person can try where that is known better than the
/// fault's general words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The fault that is published in place of a value.
    pub fault: Fault,
    /// What to try, in words for this device.
    pub advice: Option<String>,
}

impl Problem {
    /// The fault that is published, with what to try for this device.
    pub fn new(fault: Fault, advice: impl Into<String>) -> Self {
        Self {
            fault,
            advice: Some(advice.into()),
        }
    }

    /// The advice that a driver gives whose last trouble was `last`.
    pub fn advise(last: Option<&Self>, fault: Fault) -> String {
        last.filter(|problem| problem.fault == fault)
            .and_then(|problem| problem.advice.clone())
            .unwrap_or_else(|| fault.explanation().to_owned())
    }
}

impl From<Fault> for Problem {
    fn from(fault: Fault) -> Self {
        Self { fault, advice: None }
    }
}

/// A measured number as a sample; outside the quantity's plausible range it is the fault `out-of-range`.
pub fn measured(quantity: Quantity, value: f64) -> Sample {
    let outcome = if quantity.accepts(value) {
        Ok(value)
    } else {
        Err(Fault::OutOfRange)
    };
    (quantity, outcome)
}

/// A state as a sample: 1 where it holds, otherwise 0.
pub fn state(quantity: Quantity, holds: bool) -> Sample {
    (quantity, Ok(f64::from(u8::from(holds))))
}

/// The nearest multiple of one `steps_per_unit`-th, so that a converted float does not pretend to digits that the sensor has not.
pub fn rounded(value: f64, steps_per_unit: f64) -> f64 {
    (value * steps_per_unit).round() / steps_per_unit
}
