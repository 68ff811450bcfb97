//! A line of the kernel's GPIO character device.

use std::time::Duration as Span;

use gpiocdev::line::{Bias as KernelBias, EdgeDetection, EdgeKind, EventClock, Value};
use plenum_protocol::{Duration, Fault, Timestamp};

use super::line::{Change, Line, MOST_CHANGES};
use super::{Bias, Config};
use crate::driver::Problem;
use crate::drivers::gpio::chip::{self, gone};

/// A line of a GPIO chip, debounced by the kernel, its edges stamped by the kernel's wall clock.
pub(super) struct Gpio(gpiocdev::Request);

impl Gpio {
    /// Takes the line from the kernel, its edges with it.
    pub(super) fn request(config: &Config) -> Result<Self, Problem> {
        let (chip, offset) = chip::find(config.chip.as_ref(), &config.line)?;
        let mut builder = gpiocdev::Request::builder();
        builder.on_chip(&chip).with_consumer("plenum").with_line(offset);
        builder.as_input().with_edge_detection(EdgeDetection::BothEdges);
        builder.with_event_clock(EventClock::Realtime);
        if config.active_low {
            builder.as_active_low();
        }
        match config.bias {
            Bias::AsIs => {}
            Bias::PullUp => drop(builder.with_bias(KernelBias::PullUp)),
            Bias::PullDown => drop(builder.with_bias(KernelBias::PullDown)),
            Bias::Disabled => drop(builder.with_bias(KernelBias::Disabled)),
        }
        if config.debounce > Duration::ZERO {
            builder.with_debounce_period(config.debounce.to_std());
        }
        builder.request().map(Self).map_err(|error| {
            let line = format!("line {offset} of {}", chip.display());
            Problem::new(
                Fault::DeviceError,
                format!("{line} cannot be watched ({error}): `gpioinfo` shows whether another program or driver uses it"),
            )
        })
    }
}

/// A signal to the process (a reload, a stop) woke this thread: nothing has happened to the line. The crate names the errno only
/// in its words.
pub(super) fn interrupted(error: &gpiocdev::Error) -> bool {
    error.to_string().contains("(os error 4)")
}

impl Line for Gpio {
    fn is_active(&mut self) -> Result<bool, Problem> {
        self.0
            .lone_value()
            .map(|value| value == Value::Active)
            .map_err(gone)
    }

    fn wait(&mut self, timeout: Span) -> Result<Vec<Change>, Problem> {
        let mut changes = Vec::new();
        let mut more = loop {
            match self.0.wait_edge_event(timeout) {
                Err(error) if interrupted(&error) => {}
                answer => break answer.map_err(gone)?,
            }
        };
        while more && changes.len() < MOST_CHANGES {
            let event = self.0.read_edge_event().map_err(gone)?;
            let milliseconds = i64::try_from(event.timestamp_ns / 1_000_000).ok();
            changes.push(Change {
                at: milliseconds.map(Timestamp::from_milliseconds),
                active: event.kind == EdgeKind::Rising,
            });
            more = self.0.has_edge_event().map_err(gone)?;
        }
        Ok(changes)
    }

    fn debounces(&self) -> bool {
        true
    }
}
