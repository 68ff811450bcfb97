//! A contact on a GPIO line: smoke relay, leak detector, door, mains relay, a device's fault output. Edges are taken from the
//! kernel with their instants; a poll repeats the state.

mod debounce;
mod gpio;
mod line;
#[cfg(test)]
mod tests;
mod wire;

use std::fmt::Display;
use std::path::PathBuf;
use std::time::Duration as Span;

use plenum_protocol::config_key::{Key, maybe, required, usual};
use plenum_protocol::quantity::Kind;
use plenum_protocol::{Duration, Fault, Identifier, Outcome, Quantity, Timestamp};
use serde::Deserialize;
use serde::de::Error as _;

use crate::driver::{Driver, Edge, Problem, Sample};
use crate::drivers::gpio::chip::{self, LineName};
use crate::drivers::lazy::Lazy;
use crate::drivers::{Entry, Manual, Opened};
use gpio::Gpio;
use line::Watched;
pub use line::{Change, Line};
pub use wire::Wire;

/// The registry's entry.
pub(crate) const ENTRY: Entry = Entry {
    name: "contact",
    summary: "a GPIO line: smoke relay, water detector, door, mains relay, fault contacts; by edges, debounced",
    open,
    manual: Manual {
        about: "A contact on a GPIO line: smoke relay, leak detector, door, mains relay.",
        keys: KEYS,
        below: &[],
        sample: "\
# A contact on a GPIO line: smoke relay, leak detector, door, mains relay. Its changes are sent at once.
[[sensor]]
id = \"door-a\"
driver = \"contact\"
quantity = \"door-open\"
chip = \"gpiochip0\"
line = 17
active_low = false
bias = \"pull-up\"                        # as-is, pull-up, pull-down or disabled
debounce = \"20ms\"

[[sensor]]
id = \"smoke-a\"
driver = \"contact\"
quantity = \"smoke\"
chip = \"gpiochip0\"
line = 27
active_low = true
bias = \"pull-up\"
",
    },
};

const KEYS: &[Key] = &[
    required(
        "quantity",
        "quantity that is a state",
        "\"smoke\"",
        "What the contact means.",
    ),
    maybe(
        "chip",
        "path or name",
        "The GPIO chip, as gpiochip0; may be left out where the line has a name.",
    ),
    required(
        "line",
        "number or name",
        "17",
        "The line's number on its chip, or its name as gpioinfo lists it.",
    ),
    usual(
        "active_low",
        "flag",
        "false",
        "The state holds while the line is low: a contact to ground that closes.",
    ),
    usual(
        "bias",
        "one of `as-is`, `pull-up`, `pull-down`, `disabled`",
        "\"as-is\"",
        "The resistor in the chip.",
    ),
    usual(
        "debounce",
        "duration, 0ms to 10s",
        "\"20ms\"",
        "A state counts once it has stood for this long.",
    ),
];

/// While the line cannot be opened, it is tried again this often.
const RETRY: Span = Span::from_secs(1);

/// What stands in the sensor's block.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    /// What the contact means: any quantity that is a state.
    quantity: Quantity,
    /// `/dev/gpiochip0` or `gpiochip0`; may be left out where the line has a name.
    chip: Option<PathBuf>,
    /// The line's number on its chip, or its name (`GPIO17`) as `gpioinfo` lists it.
    line: LineName,
    /// The state holds while the line is low: a contact to ground that closes.
    #[serde(default)]
    active_low: bool,
    /// The resistor in the chip.
    #[serde(default)]
    bias: Bias,
    /// A state counts once it has stood for this long.
    #[serde(default = "default_debounce")]
    debounce: Duration,
}

/// What the chip's own resistor does to the line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Bias {
    /// As the firmware left it.
    #[default]
    AsIs,
    PullUp,
    PullDown,
    Disabled,
}

fn default_debounce() -> Duration {
    Duration::from_milliseconds(20)
}

fn open(sensor: &Identifier, keys: toml::Table) -> Result<Opened, toml::de::Error> {
    let config: Config = keys.try_into()?;
    if !(Duration::ZERO..=Duration::from_seconds(10)).contains(&config.debounce) {
        return Err(toml::de::Error::custom("`debounce` must be from 0ms to 10s"));
    }
    let bus = chip::bus(config.chip.as_ref(), &config.line);
    let (quantity, debounce) = (config.quantity, config.debounce);
    on_line(sensor, quantity, debounce, bus, move || {
        Ok(Box::new(Gpio::request(&config)?) as Box<dyn Line>)
    })
    .map_err(toml::de::Error::custom)
}

/// A contact on whatever line `connect` opens, for a kind of line that this file does not know; tests and the bench use a [`Wire`].
///
/// # Errors
/// The quantity is a number, not a state.
pub fn on_line<C>(
    sensor: &dyn Display,
    quantity: Quantity,
    debounce: Duration,
    bus: String,
    connect: C,
) -> Result<Opened, String>
where
    C: FnMut() -> Result<Box<dyn Line>, Problem> + Send + 'static,
{
    if quantity.kind() != Kind::Boolean {
        return Err(format!(
            "`quantity` of a contact is a state like smoke, water or door-open, not {quantity}"
        ));
    }
    let driver = Box::new(Contact::new(sensor, quantity, debounce, connect));
    Ok(Opened { bus, driver })
}

/// The driver: a line and what was told of its state.
struct Contact {
    quantity: Quantity,
    line: Lazy<Watched>,
    /// Edges that were found while reading and wait to be told.
    found: Vec<Edge>,
    /// What was last told, so that a fault is told once and its end too.
    told: Option<Outcome>,
}

impl Contact {
    fn new<C>(sensor: &dyn Display, quantity: Quantity, period: Duration, mut connect: C) -> Self
    where
        C: FnMut() -> Result<Box<dyn Line>, Problem> + Send + 'static,
    {
        Self {
            quantity,
            line: Lazy::new(sensor, move || Watched::new(connect()?, period)),
            found: Vec::new(),
            told: None,
        }
    }

    /// Waits once for the line, at most `timeout`. Gives how long it was quiet.
    fn listen(&mut self, timeout: Span) -> Result<Span, Fault> {
        self.ask(|line, settled| line.listen(timeout, settled))
    }

    /// The debounced state. An edge that the kernel's buffer lost is made up for here.
    fn state(&mut self) -> Result<bool, Fault> {
        self.ask(|line, settled| {
            line.listen(Span::ZERO, settled)?;
            line.look(settled)
        })
    }

    /// Notes what settled meanwhile, and the fault, to be told by the next wait.
    fn ask<T>(
        &mut self,
        question: impl Fn(&mut Watched, &mut Vec<Change>) -> Result<T, Problem>,
    ) -> Result<T, Fault> {
        let mut settled = Vec::new();
        let answer = self.line.ask(|line| question(line, &mut settled));
        for change in settled {
            self.tell(change.at, Ok(f64::from(u8::from(change.active))));
        }
        if let Err(fault) = answer {
            self.tell(None, Err(fault));
        }
        answer
    }

    fn tell(&mut self, at: Option<Timestamp>, outcome: Outcome) {
        if self.told != Some(outcome) {
            self.told = Some(outcome);
            self.found.push(Edge {
                at,
                quantity: self.quantity,
                outcome,
            });
        }
    }
}

impl Driver for Contact {
    fn quantities(&self) -> Vec<Quantity> {
        vec![self.quantity]
    }

    fn read(&mut self, _: Timestamp) -> Vec<Sample> {
        let state = self.state();
        vec![(self.quantity, state.map(|active| f64::from(u8::from(active))))]
    }

    fn wait(&mut self, timeout: Span) -> Option<Vec<Edge>> {
        let mut rest = timeout;
        while self.found.is_empty() && !rest.is_zero() {
            let known = self.told;
            match self.listen(rest) {
                // Edges came and none has settled yet: how long that took is not known, so the caller looks at its clock.
                Ok(Span::ZERO) => break,
                Ok(quiet) => rest = rest.saturating_sub(quiet),
                Err(fault) if known == Some(Err(fault)) => {
                    std::thread::sleep(rest.min(RETRY));
                    break;
                }
                Err(_) => {}
            }
        }
        Some(std::mem::take(&mut self.found))
    }

    fn advice(&self, fault: Fault) -> String {
        self.line.advice(fault)
    }
}
