//! A script: what a simulated sensor gives, and when.

use std::collections::BTreeMap;

use plenum_protocol::quantity::Kind;
use plenum_protocol::{Duration, Fault, Outcome, Quantity, Timestamp};
use serde::{Deserialize, Serialize};

use super::course;
use super::moment::Moment;
use crate::driver::{Sample, measured, rounded};
use plenum_protocol::dew_point::dew_point;

/// What a simulated sensor gives, and when.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Script {
    /// The instant that relative moments count from.
    pub start: Timestamp,
    /// What the noise is drawn from.
    pub seed: u64,
    /// Whether the dew point of `temperature` and `humidity` is given as well.
    #[serde(default)]
    pub dew_point: bool,
    /// What the sensor gives, each by its course.
    pub quantities: BTreeMap<Quantity, Curve>,
}

/// One quantity's course: the sum of its parts, rounded to the resolution.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Curve {
    /// The mean of a number in the quantity's unit, or a state: `22.5`, `true`.
    pub base: Level,
    /// The amplitude of a daily cycle; greatest at 15:00 UTC.
    #[serde(default)]
    pub daily: f64,
    /// A compressor that cuts in and out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cycle: Option<Cycle>,
    /// The standard deviation of each reading.
    #[serde(default)]
    pub noise: f64,
    /// The step between neighbouring values; by default what a usual sensor of the quantity has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolution: Option<f64>,
    /// A state flips this often.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub toggle: Option<Duration>,
    /// What happens on top of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<Event>,
}

/// A number or a state.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Level {
    /// Of a boolean quantity.
    State(bool),
    /// In the quantity's unit.
    Number(f64),
}

/// A compressor's course: up for three fifths of the period while it rests, down for the rest.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cycle {
    /// Half of the way from lowest to highest.
    pub amplitude: f64,
    /// From one start of the compressor to the next.
    pub period: Duration,
}

/// Something that happens from one moment, for good or until another.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// When it begins.
    pub at: Moment,
    /// When it ends. A ramp and an exponential then go back as they came; the rest is over at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Moment>,
    /// It happens again after this time, and so on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub every: Option<Duration>,
    /// What it does.
    pub effect: Effect,
}

/// What an event does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Effect {
    /// Adds so much at once.
    Step(f64),
    /// Adds `by`, growing evenly over `over`.
    Ramp {
        /// In the quantity's unit.
        by: f64,
        /// Until all of it is there.
        over: Duration,
    },
    /// Nears `by` as a room without cooling does: 63 % after one time constant, 95 % after three.
    Exponential {
        /// In the quantity's unit.
        by: f64,
        /// The room's.
        #[serde(rename = "time-constant")]
        time_constant: Duration,
    },
    /// Gives this in place of everything else.
    Level(Level),
    /// Gives no value.
    Fault(Fault),
}

impl Script {
    /// The quantity's value or fault at an instant; `None` for a quantity that the script does not have.
    pub fn value(&self, quantity: Quantity, at: Timestamp) -> Option<Outcome> {
        if let Some(curve) = self.quantities.get(&quantity) {
            return Some(self.outcome(quantity, curve, at));
        }
        if quantity != Quantity::DewPoint || !self.dew_point {
            return None;
        }
        let temperature = self.value(Quantity::Temperature, at)?;
        let humidity = self.value(Quantity::Humidity, at)?;
        Some(
            temperature
                .and_then(|celsius| measured(quantity, rounded(dew_point(celsius, humidity?), 100.0)).1),
        )
    }

    /// Every quantity's value or fault at an instant, in the order of `quantities`.
    pub fn samples(&self, at: Timestamp) -> Vec<Sample> {
        let sample = |quantity| Some((quantity, self.value(quantity, at)?));
        self.quantities().into_iter().filter_map(sample).collect()
    }

    /// What the script gives, in a fixed order.
    pub fn quantities(&self) -> Vec<Quantity> {
        let derived = self.dew_point && !self.quantities.contains_key(&Quantity::DewPoint);
        let derived = derived.then_some(Quantity::DewPoint);
        self.quantities.keys().copied().chain(derived).collect()
    }

    fn outcome(&self, quantity: Quantity, curve: &Curve, at: Timestamp) -> Outcome {
        let (level, offset) = self.effects(curve, at)?;
        if quantity.kind() == Kind::Boolean {
            return Ok(level.unwrap_or_else(|| self.state(curve, at)));
        }
        let value = level.unwrap_or_else(|| {
            curve.base.number()
                + curve.daily * course::day(at)
                + curve.cycle(at)
                + offset
                + curve.noise * course::normal(self.seed, quantity, at)
        });
        let resolution = curve.resolution.unwrap_or_else(|| usual_resolution(quantity));
        measured(quantity, course::quantised(value, resolution)).1
    }

    /// What the events do at an instant: the level that stands in place of everything else, and what is added otherwise.
    fn effects(&self, curve: &Curve, at: Timestamp) -> Result<(Option<f64>, f64), Fault> {
        let mut offset = 0.0;
        let mut level = None;
        for event in &curve.events {
            let Some((since, after_end)) = self.phase(event, at) else {
                continue;
            };
            match (&event.effect, after_end) {
                (Effect::Fault(fault), None) => return Err(*fault),
                (Effect::Level(other), None) => level = Some(other.number()),
                (Effect::Step(by), None) => offset += by,
                (Effect::Fault(_) | Effect::Level(_) | Effect::Step(_), Some(_)) => {}
                (Effect::Ramp { by, over }, end) => offset += by * course::ramp(since, end, *over),
                (Effect::Exponential { by, time_constant }, end) => {
                    offset += by * course::exponential(since, end, *time_constant);
                }
            }
        }
        Ok((level, offset))
    }

    fn state(&self, curve: &Curve, at: Timestamp) -> f64 {
        let flips = curve.toggle.map_or(0, |period| {
            let elapsed = at.since(self.start).milliseconds();
            elapsed.div_euclid(period.milliseconds().max(1))
        });
        let base = curve.base.number() != 0.0;
        f64::from(u8::from(base ^ (flips % 2 != 0)))
    }

    /// How long the event has been on, and how long it has been over by now if it is; `None` before it.
    fn phase(&self, event: &Event, at: Timestamp) -> Option<(Duration, Option<Duration>)> {
        let begin = event.at.from(self.start);
        let mut since = at.since(begin);
        if since < Duration::ZERO {
            return None;
        }
        if let Some(every) = event.every {
            since = Duration::from_milliseconds(since.milliseconds() % every.milliseconds().max(1));
        }
        let length = event.until.map(|until| until.from(self.start).since(begin));
        match length {
            Some(length) if since >= length => Some((length, Some(since - length))),
            _ => Some((since, None)),
        }
    }

    /// Whether it has a curve for the quantity.
    pub(super) fn has(&self, quantity: Quantity) -> bool {
        self.quantities.contains_key(&quantity)
    }
}

impl Curve {
    /// A curve that stays at `base`.
    pub fn flat(base: f64) -> Self {
        Self::at(Level::Number(base))
    }

    /// A state that stays.
    pub fn state(base: bool) -> Self {
        Self::at(Level::State(base))
    }

    fn at(base: Level) -> Self {
        Self {
            base,
            daily: 0.0,
            cycle: None,
            noise: 0.0,
            resolution: None,
            toggle: None,
            events: Vec::new(),
        }
    }

    fn cycle(&self, at: Timestamp) -> f64 {
        const RISING: f64 = 0.6;
        let Some(cycle) = self.cycle else { return 0.0 };
        let period = cycle.period.milliseconds().max(1);
        let phase = at.milliseconds().rem_euclid(period) as f64 / period as f64;
        let height = if phase < RISING {
            phase / RISING
        } else {
            (1.0 - phase) / (1.0 - RISING)
        };
        cycle.amplitude * (2.0 * height - 1.0)
    }
}

impl Level {
    /// A state as 0 or 1.
    pub(super) fn number(self) -> f64 {
        match self {
            Self::State(state) => f64::from(u8::from(state)),
            Self::Number(number) => number,
        }
    }
}

/// The step between neighbouring values of a usual sensor.
fn usual_resolution(quantity: Quantity) -> f64 {
    match quantity {
        Quantity::Particles => 1e-10,
        Quantity::Pressure | Quantity::DifferentialPressure | Quantity::Power | Quantity::ApparentPower => {
            1.0
        }
        Quantity::BatteryCharge | Quantity::BatteryRuntime | Quantity::Age => 1.0,
        Quantity::InputVoltage | Quantity::OutputVoltage | Quantity::Frequency => 0.1,
        // A share of millionths has smaller steps.
        _ => 0.01_f64.min(1.0 / quantity.shown().factor),
    }
}
