//! The thread's side of an output: it sets the line as the machine says, and tells the state as a sensor tells what it reads.

use std::sync::Arc;
use std::time::Duration as Span;

use plenum_protocol::{Clock, Fault, Outcome, Quantity, Timestamp};

use super::desk::Desk;
use crate::config::OutputConfig;
use crate::driver::{Driver, Edge, Sample};
use crate::drivers::Lazy;
use crate::drivers::switch::Switch;

/// An output and its line.
pub(super) struct Output {
    desk: Arc<Desk>,
    line: Lazy<Box<dyn Switch>>,
    clock: Arc<dyn Clock>,
    /// The line is active while the output is off.
    rests_on: bool,
    /// What was last set; none where that failed.
    set: Option<bool>,
    told: Option<Outcome>,
    /// Changes that wait to be told.
    found: Vec<Edge>,
    trouble: Option<Fault>,
}

impl Output {
    pub(super) fn new(output: &OutputConfig, desk: Arc<Desk>, clock: Arc<dyn Clock>) -> Self {
        let open = output.open.clone();
        Self {
            line: Lazy::new(&output.id, move || open()),
            desk,
            clock,
            rests_on: output.rests_on,
            set: None,
            told: None,
            found: Vec::new(),
            trouble: None,
        }
    }

    /// Sets the line if it does not stand as it should, or in any case: only by that it shows that it is gone.
    fn apply(&mut self, again: bool) {
        let wanted = self.desk.wanted(self.clock.steady());
        let done = match again || self.set != Some(wanted.level) {
            true => self.line.ask(|line| line.set(wanted.level != self.rests_on)),
            false => Ok(()),
        };
        self.set = done.is_ok().then_some(wanted.level);
        self.trouble = done.err();
        for asked in wanted.asked {
            // Whoever asked may have stopped waiting.
            let _ = asked.send(done.map_err(|fault| self.line.advice(fault)));
        }
        let outcome = done.map(|()| f64::from(u8::from(wanted.on)));
        if self.told != Some(outcome) {
            self.told = Some(outcome);
            self.found.push(Edge {
                at: None,
                quantity: Quantity::SwitchedOn,
                outcome,
            });
        }
    }
}

impl Driver for Output {
    fn quantities(&self) -> Vec<Quantity> {
        vec![Quantity::SwitchedOn]
    }

    fn read(&mut self, _: Timestamp) -> Vec<Sample> {
        self.apply(true);
        let state = self.told.unwrap_or(Err(Fault::DeviceError));
        vec![(Quantity::SwitchedOn, state)]
    }

    fn wait(&mut self, timeout: Span) -> Option<Vec<Edge>> {
        self.apply(false);
        if self.found.is_empty() {
            self.desk.wait(timeout);
            self.apply(false);
        }
        Some(std::mem::take(&mut self.found))
    }

    fn words(&self) -> Option<String> {
        self.trouble.map(|fault| self.line.advice(fault))
    }

    fn advice(&self, fault: Fault) -> String {
        self.line.advice(fault)
    }
}

/// Whoever ends leaves it off, however it ends.
impl Drop for Output {
    fn drop(&mut self) {
        let rests_on = self.rests_on;
        if self.set.is_some() && self.line.ask(|line| line.set(rests_on)).is_err() {
            tracing::error!(output = %self.desk.id, "the output could not be switched off at the end");
        }
    }
}
