//! A line without hardware, for tests and the bench.

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration as Span;

use plenum_protocol::{Duration, Fault, Quantity, Timestamp};

use super::line::{Change, Line, MOST_CHANGES};
use super::on_line;
use crate::driver::Problem;
use crate::drivers::Opened;

/// A line without hardware: whoever holds the wire makes its edges, cuts it and mends it. All clones are one wire.
#[derive(Debug, Clone)]
pub struct Wire(Arc<Mutex<Held>>);

#[derive(Debug)]
struct Held {
    active: bool,
    cut: bool,
    ends: Vec<Sender<Change>>,
}

impl Wire {
    /// A whole wire in a state.
    pub fn new(active: bool) -> Self {
        Self(Arc::new(Mutex::new(Held {
            active,
            cut: false,
            ends: Vec::new(),
        })))
    }

    /// Makes an edge to `active` at an instant.
    pub fn set(&self, active: bool, at: Timestamp) {
        let mut held = self.lock();
        held.active = active;
        let change = Change { at: Some(at), active };
        held.ends.retain(|end| end.send(change).is_ok());
    }

    /// Cuts it: the line fails until it is mended.
    pub fn cut(&self) {
        let mut held = self.lock();
        held.cut = true;
        held.ends.clear();
    }

    /// Mends it: the next time it is opened, the line works again.
    pub fn mend(&self) {
        self.lock().cut = false;
    }

    /// A contact at its end, on a bus of this name.
    ///
    /// # Errors
    /// The quantity is a number, not a state.
    pub fn contact(&self, quantity: Quantity, debounce: Duration, bus: &str) -> Result<Opened, String> {
        let wire = self.clone();
        on_line(&bus, quantity, debounce, bus.to_owned(), move || {
            Ok(Box::new(wire.end()?) as Box<dyn Line>)
        })
    }

    fn end(&self) -> Result<WireEnd, Problem> {
        let mut held = self.lock();
        if held.cut {
            return Err(Problem::new(Fault::NotPresent, "the wire is cut"));
        }
        let (sender, receiver) = channel();
        held.ends.push(sender);
        Ok(WireEnd {
            wire: self.clone(),
            receiver,
        })
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The end at the driver.
struct WireEnd {
    wire: Wire,
    receiver: Receiver<Change>,
}

impl Line for WireEnd {
    fn is_active(&mut self) -> Result<bool, Problem> {
        Ok(self.wire.lock().active)
    }

    fn wait(&mut self, timeout: Span) -> Result<Vec<Change>, Problem> {
        let first = match self.receiver.recv_timeout(timeout) {
            Ok(change) => Some(change),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => {
                return Err(Problem::new(Fault::NotPresent, "the wire is cut"));
            }
        };
        let rest = self.receiver.try_iter().take(MOST_CHANGES);
        Ok(first.into_iter().chain(rest).collect())
    }
}
