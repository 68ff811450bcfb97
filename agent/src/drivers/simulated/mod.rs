//! A sensor that exists only as a script: curves, noise, faults and events, for the demo, the bench and tests.
//! Its value is a pure function of (script, instant), so that whoever has the script can say what must have been stored.

mod check;
mod course;
mod moment;
mod script;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use plenum_protocol::config_key::{Key, maybe, required, usual};
use plenum_protocol::{Identifier, Quantity, Timestamp};
use serde::Deserialize;
use serde::de::Error as _;

use super::{Below, Entry, Manual, Opened};
use crate::driver::{Driver, Sample};
pub use moment::Moment;
pub use script::{Curve, Cycle, Effect, Event, Level, Script};

/// The registry's entry.
pub(super) const ENTRY: Entry = Entry {
    name: "simulated",
    summary: "a script of curves, noise, faults and events: no hardware, for trying out and for tests",
    open,
    manual: Manual {
        about: "A script of curves: no hardware, to try out and for tests.",
        keys: KEYS,
        below: &[Below {
            title: "quantities.QUANTITY",
            about: "The course of one quantity: the sum of its parts, rounded to the resolution.",
            frame: "start = \"2026-01-01T00:00:00Z\"\nseed = 1\n[quantities.temperature]\n@",
            keys: CURVE,
        }],
        sample: "\
# A sensor that plays a script, to try the alarms without hardware.
[[sensor]]
id = \"pretended\"
driver = \"simulated\"
start = \"2026-01-01T00:00:00Z\"
seed = 1

[sensor.quantities.temperature]
base = 22.0
daily = 0.8
noise = 0.05
",
    },
};

const KEYS: &[Key] = &[
    maybe(
        "start",
        "instant",
        "The instant that relative moments count from; without it the first reading's.",
    ),
    maybe(
        "seed",
        "number",
        "What the noise is drawn from; without it the sensor's name.",
    ),
    usual(
        "dew_point",
        "flag",
        "false",
        "Whether the dew point of temperature and humidity is given as well.",
    ),
    required(
        "quantities",
        "table",
        "{ temperature = { base = 22.0 } }",
        "A course for each quantity, by its name.",
    ),
];

const CURVE: &[Key] = &[
    required(
        "base",
        "number in the quantity's unit, or flag",
        "22.0",
        "The mean of a number, or a state.",
    ),
    usual(
        "daily",
        "number in the quantity's unit",
        "0.0",
        "The amplitude of a daily cycle; greatest at 15:00 UTC.",
    ),
    maybe(
        "cycle",
        "table",
        "A compressor that cuts in and out: `amplitude` in the quantity's unit, `period` as a duration.",
    ),
    usual(
        "noise",
        "number in the quantity's unit",
        "0.0",
        "The standard deviation of each reading.",
    ),
    maybe(
        "resolution",
        "number in the quantity's unit",
        "The step between neighbouring values; without it what a usual sensor of the quantity has.",
    ),
    maybe("toggle", "duration", "A state flips this often."),
    maybe(
        "events",
        "list of tables",
        "What happens on top of it: `at`, `until`, `every` and `effect`; the demo's own are in src/demo/scripts.rs.",
    ),
];

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
