//! What a sensor driver is: blocking reads of one device's quantities, run on the thread of its bus.

use std::time::Duration;

use plenum_protocol::{Outcome, Quantity, Timestamp};

/// One quantity's value or fault, as the device gave it just now.
pub type Sample = (Quantity, Outcome);

/// A change that the device announced by itself, with the instant of its edge.
#[derive(Debug, Clone, PartialEq)]
pub struct Edge {
    /// When the kernel or the device saw it; absent when the driver cannot know, then the bus thread stamps it.
    pub at: Option<Timestamp>,
    /// What changed.
    pub quantity: Quantity,
    /// To what.
    pub outcome: Outcome,
}

/// A device that is read on the thread of its bus. All calls may block for as long as the device's own
/// time-out, and no longer. A driver opens its device lazily and reopens it by itself: a vanished sensor is the
/// fault `not-present` until it comes back, never an error that ends the agent.
pub trait Driver: Send {
    /// What a read gives, always the same and in the same order.
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

    /// What a person can try after `fault`, in this device's own words; the fault's general words otherwise.
    fn advice(&self, fault: plenum_protocol::Fault) -> String {
        fault.explanation().to_owned()
    }
}
