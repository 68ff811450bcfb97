//! A sensor that exists only as a script: curves, noise, faults and events, for the demo, the bench and tests.
//! Its value is a pure function of (script, instant), so that whoever has the script can say what must have been stored.

mod check;
mod course;
mod moment;
mod script;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use plenum_protocol::{Identifier, Quantity, Timestamp};
use serde::Deserialize;
use serde::de::Error as _;

use super::{Entry, Opened};
use crate::driver::{Driver, Sample};
pub use moment::Moment;
pub use script::{Curve, Cycle, Effect, Event, Level, Script};

/// The registry's entry.
pub(super) const ENTRY: Entry = Entry {
    name: "simulated",
    summary: "plays a script of curves, noise, faults and events: no hardware, for trying out and for tests",
    open,
};

/// What stands in the sensor's block: the script, with `seed` and `start` optional.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    /// By default drawn from the sensor's name.
    seed: Option<u64>,
    /// By default the first read.
    start: Option<Timestamp>,
    #[serde(default)]
    dew_point: bool,
    /// What the sensor gives; at least one.
    quantities: BTreeMap<Quantity, Curve>,
}

fn open(sensor: &Identifier, keys: toml::Table) -> Result<Opened, toml::de::Error> {
    let config: Config = keys.try_into()?;
    let script = Script {
        start: config.start.unwrap_or_default(),
        seed: config
            .seed
            .unwrap_or_else(|| course::hash(sensor.as_str().as_bytes())),
        dew_point: config.dew_point,
        quantities: config.quantities,
    };
    check::check(&script).map_err(toml::de::Error::custom)?;
    Ok(Opened {
        bus: "simulated".to_owned(),
        driver: Box::new(Sensor {
            script,
            started: config.start.is_some(),
        }),
    })
}

struct Sensor {
    script: Script,
    started: bool,
}

impl Driver for Sensor {
    fn quantities(&self) -> Vec<Quantity> {
        self.script.quantities()
    }

    fn read(&mut self, tick: Timestamp) -> Vec<Sample> {
        if !self.started {
            self.script.start = tick;
            self.started = true;
        }
        self.script.samples(tick)
    }
}
