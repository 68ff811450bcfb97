//! A sensor that exists only as a script: curves, noise, faults and events, for the demo, the bench and tests.
//! Its value is a pure function of (script, instant), so that whoever has the script can say what must have been stored.

use std::collections::BTreeMap;
use std::f64::consts::TAU;
use std::fmt;
use std::str::FromStr;

use plenum_protocol::quantity::Kind;
use plenum_protocol::{Duration, Fault, Identifier, Outcome, Quantity, Timestamp};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Entry, Opened};
use crate::dew_point::dew_point;
use crate::driver::{Driver, Sample, measured, rounded};

/// The registry's entry.
pub(super) const ENTRY: Entry = Entry {
    name: "simulated",
    summary: "plays a script of curves, noise, faults and events: no hardware, for trying out and for tests",
    open,
};

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
    /// A curve for each quantity.
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

/// A moment of a script: after its start (`"90s"`), or an instant (`"2026-06-18T03:12:05Z"`).
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Moment {
    /// After the start.
    After(Duration),
    /// On the wall clock.
    At(Timestamp),
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
                (Effect::Ramp { by, over }, end) => offset += by * ramp(since, end, *over),
                (Effect::Exponential { by, time_constant }, end) => {
                    offset += by * exponential(since, end, *time_constant);
                }
            }
        }
        if quantity.kind() == Kind::Boolean {
            let flips = curve.toggle.map_or(0, |period| {
                at.since(self.start)
                    .milliseconds()
                    .div_euclid(period.milliseconds().max(1))
            });
            let base = curve.base.number() != 0.0;
            return Ok(level.unwrap_or_else(|| f64::from(u8::from(base ^ (flips % 2 != 0)))));
        }
        let value = level.unwrap_or_else(|| {
            curve.base.number()
                + curve.daily * day(at)
                + curve.cycle(at)
                + offset
                + curve.noise * normal(self.seed, quantity, at)
        });
        let resolution = curve.resolution.unwrap_or_else(|| usual_resolution(quantity));
        measured(quantity, quantised(value, resolution)).1
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

    /// The first thing that makes no sense, naming its key.
    fn check(&self) -> Result<(), String> {
        for (quantity, curve) in &self.quantities {
            let state = quantity.kind() == Kind::Boolean;
            let fits = |level: Level| matches!(level, Level::State(_)) == state;
            let numbers = curve.daily != 0.0 || curve.noise != 0.0 || curve.cycle.is_some();
            let positive = |duration: Duration| duration > Duration::ZERO;
            if !fits(curve.base) {
                return Err(format!(
                    "`base` of {quantity} must be {}",
                    if state { "true or false" } else { "a number" }
                ));
            }
            if state && numbers {
                return Err(format!(
                    "{quantity} is a state: it has no `daily`, `noise` or `cycle`"
                ));
            }
            if curve.toggle.is_some() && !state {
                return Err(format!("{quantity} is a number: it has no `toggle`"));
            }
            if curve.cycle.is_some_and(|cycle| !positive(cycle.period))
                || curve.toggle.is_some_and(|period| !positive(period))
            {
                return Err(format!(
                    "`cycle` and `toggle` of {quantity} need a period above zero"
                ));
            }
            for event in &curve.events {
                let misfit = match event.effect {
                    Effect::Level(level) => !fits(level),
                    Effect::Fault(_) => false,
                    _ => state,
                };
                if misfit {
                    return Err(format!("an event's `effect` does not fit {quantity}"));
                }
                let begin = event.at.from(self.start);
                if event.until.is_some_and(|until| until.from(self.start) <= begin) {
                    return Err(format!("an event of {quantity} has its `until` before its `at`"));
                }
                if event.every.is_some_and(|every| !positive(every)) {
                    return Err(format!("`every` of an event of {quantity} must be above zero"));
                }
            }
        }
        if self.dew_point && !(self.has(Quantity::Temperature) && self.has(Quantity::Humidity)) {
            return Err("`dew_point` needs the quantities temperature and humidity".to_owned());
        }
        if self.quantities.is_empty() {
            return Err(
                "`quantities` is empty: give at least one, as in quantities.temperature = { base = 22.0 }"
                    .to_owned(),
            );
        }
        Ok(())
    }

    fn has(&self, quantity: Quantity) -> bool {
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
    fn number(self) -> f64 {
        match self {
            Self::State(state) => f64::from(u8::from(state)),
            Self::Number(number) => number,
        }
    }
}

impl Moment {
    fn from(self, start: Timestamp) -> Timestamp {
        match self {
            Self::After(duration) => start + duration,
            Self::At(instant) => instant,
        }
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::After(duration) => duration.fmt(formatter),
            Self::At(instant) => instant.fmt(formatter),
        }
    }
}

impl FromStr for Moment {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let after = text.parse().map(Self::After);
        after.or_else(|_| text.parse().map(Self::At)).map_err(|_| {
            format!(
                "`{text}` is no moment: write it after the start as 90s or 5min, or as 2026-06-18T03:12:05Z"
            )
        })
    }
}

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(D::Error::custom)
    }
}

/// The share of a ramp that is there `since` its begin, and going back `after_end`.
fn ramp(since: Duration, after_end: Option<Duration>, over: Duration) -> f64 {
    let share = |elapsed: Duration| elapsed.seconds() / over.seconds().max(0.001);
    (share(since).min(1.0) - after_end.map_or(0.0, share)).max(0.0)
}

/// The share of an exponential that is there.
fn exponential(since: Duration, after_end: Option<Duration>, time_constant: Duration) -> f64 {
    let decay = |elapsed: Duration| (-elapsed.seconds() / time_constant.seconds().max(0.001)).exp();
    (1.0 - decay(since)) * after_end.map_or(1.0, decay)
}

/// The daily cycle, -1 to 1: greatest at 15:00 UTC.
fn day(at: Timestamp) -> f64 {
    const DAY: i64 = 86_400_000;
    const WARMEST: i64 = 15 * 3_600_000;
    let phase = (at.milliseconds() - WARMEST).rem_euclid(DAY) as f64 / DAY as f64;
    (TAU * phase).cos()
}

/// A number from the standard normal distribution, always the same for the same arguments (Box and Muller).
fn normal(seed: u64, quantity: Quantity, at: Timestamp) -> f64 {
    let name = hash(quantity.as_str().as_bytes());
    let drawn = mixed(seed ^ mixed(name ^ mixed(at.milliseconds() as u64)));
    // 1 - u lies in (0, 1], so that its logarithm is finite.
    let radius = (-2.0 * (1.0 - uniform(drawn)).ln()).sqrt();
    radius * (TAU * uniform(mixed(drawn))).cos()
}

/// A number of [0, 1) from the upper 53 bits.
fn uniform(bits: u64) -> f64 {
    (bits >> 11) as f64 / (1_u64 << 53) as f64
}

/// SplitMix64's step: spreads every bit of the input over the output.
fn mixed(bits: u64) -> u64 {
    let bits = bits.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

/// FNV-1a: the same on every platform and in every version.
fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// The nearest multiple of `resolution`, with no more digits than that has.
fn quantised(value: f64, resolution: f64) -> f64 {
    let steps_per_unit = 1.0 / resolution;
    if resolution <= 0.0 {
        value
    } else if (steps_per_unit - steps_per_unit.round()).abs() < 1e-6 && steps_per_unit >= 1.0 {
        rounded(value, steps_per_unit.round())
    } else {
        (value / resolution).round() * resolution
    }
}

/// The step between neighbouring values of a usual sensor.
fn usual_resolution(quantity: Quantity) -> f64 {
    match quantity {
        Quantity::Co2 => 1e-6,
        Quantity::Particles => 1e-10,
        Quantity::Pressure | Quantity::DifferentialPressure | Quantity::Power | Quantity::ApparentPower => {
            1.0
        }
        Quantity::BatteryCharge | Quantity::BatteryRuntime | Quantity::Age => 1.0,
        Quantity::InputVoltage | Quantity::OutputVoltage | Quantity::Frequency => 0.1,
        _ => 0.01,
    }
}

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
    quantities: BTreeMap<Quantity, Curve>,
}

fn open(sensor: &Identifier, keys: toml::Table) -> Result<Opened, toml::de::Error> {
    let config: Config = keys.try_into()?;
    let script = Script {
        start: config.start.unwrap_or_default(),
        seed: config.seed.unwrap_or_else(|| hash(sensor.as_str().as_bytes())),
        dew_point: config.dew_point,
        quantities: config.quantities,
    };
    script.check().map_err(toml::de::Error::custom)?;
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

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(seconds: i64) -> Timestamp {
        Timestamp::from_milliseconds(1_700_000_000_000) + Duration::from_seconds(seconds)
    }

    fn script(text: &str) -> Script {
        let head = format!("start = '{}'\nseed = 1\n", seconds(0));
        let script: Script = toml::from_str(&(head + text)).unwrap();
        script.check().unwrap();
        script
    }

    fn check(text: &str, quantity: Quantity, expected: &[(i64, Outcome)]) {
        let script = script(text);
        for (second, outcome) in expected {
            assert_eq!(
                script.value(quantity, seconds(*second)),
                Some(*outcome),
                "after {second} s"
            );
        }
    }

    #[test]
    fn steps_ramps_and_exponentials_come_and_go() {
        let temperature = |effect: &str| {
            format!(
                "quantities.temperature = {{ base = 20, events = [{{ at = '60s', until = '260s', effect = {effect} }}] }}"
            )
        };
        check(
            &temperature("{ step = 3.5 }"),
            Quantity::Temperature,
            &[(59, Ok(20.0)), (60, Ok(23.5)), (259, Ok(23.5)), (260, Ok(20.0))],
        );
        check(
            &temperature("{ ramp = { by = 5.0, over = '100s' } }"),
            Quantity::Temperature,
            &[
                (60, Ok(20.0)),
                (110, Ok(22.5)),
                (200, Ok(25.0)),
                (310, Ok(22.5)),
                (400, Ok(20.0)),
            ],
        );
        check(
            &temperature("{ exponential = { by = 10.0, time-constant = '100s' } }"),
            Quantity::Temperature,
            &[
                (60, Ok(20.0)),
                (160, Ok(26.32)),
                (260, Ok(28.65)),
                (360, Ok(23.18)),
                (3600, Ok(20.0)),
            ],
        );
    }

    #[test]
    fn faults_and_levels_replace_the_value_for_their_span() {
        check(
            "[quantities.humidity]\nbase = 45.0\nevents = [
                { at = '10s', until = '20s', effect = { fault = 'timeout' } },
                { at = '30s', every = '60s', until = '31s', effect = { level = 99.0 } }]",
            Quantity::Humidity,
            &[
                (9, Ok(45.0)),
                (10, Err(Fault::Timeout)),
                (20, Ok(45.0)),
                (30, Ok(99.0)),
                (31, Ok(45.0)),
                (90, Ok(99.0)),
            ],
        );
    }

    #[test]
    fn states_toggle_and_are_set() {
        check(
            "quantities.door-open = { base = false, toggle = '10s' }",
            Quantity::DoorOpen,
            &[(0, Ok(0.0)), (9, Ok(0.0)), (10, Ok(1.0)), (20, Ok(0.0))],
        );
        check(
            "quantities.mains-present = { base = true, events = [{ at = '5s', until = '8s', effect = { level = false } }] }",
            Quantity::MainsPresent,
            &[(4, Ok(1.0)), (5, Ok(0.0)), (8, Ok(1.0))],
        );
    }

    #[test]
    fn a_script_outside_the_plausible_range_gives_the_fault_of_a_real_sensor() {
        check(
            "quantities.temperature = { base = 400.0 }",
            Quantity::Temperature,
            &[(0, Err(Fault::OutOfRange))],
        );
    }

    #[test]
    fn dew_point_follows_and_shares_faults() {
        let text = "dew_point = true\nquantities.temperature = { base = 27.0 }\n
            quantities.humidity = { base = 60.0, events = [{ at = '5s', effect = { fault = 'corrupt' } }] }";
        check(
            text,
            Quantity::DewPoint,
            &[(0, Ok(18.58)), (5, Err(Fault::Corrupt))],
        );
        let expected = [Quantity::Temperature, Quantity::Humidity, Quantity::DewPoint];
        assert_eq!(script(text).quantities(), expected);
    }

    #[test]
    fn noise_is_normal_repeatable_and_quantised() {
        let script = script("quantities.temperature = { base = 20.0, noise = 0.5, resolution = 0.01 }");
        let values: Vec<f64> = (0..10_000)
            .map(|second| {
                script
                    .value(Quantity::Temperature, seconds(second))
                    .unwrap()
                    .unwrap()
            })
            .collect();
        let again = script.value(Quantity::Temperature, seconds(77)).unwrap().unwrap();
        assert_eq!(again, values[77]);
        let mean = values.iter().sum::<f64>() / 10_000.0;
        let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / 10_000.0;
        assert!((mean - 20.0).abs() < 0.02, "{mean}");
        assert!((variance.sqrt() - 0.5).abs() < 0.02, "{variance}");
        assert!(values.iter().all(|value| value.to_string().len() <= 5));
        assert_ne!(values[..100], {
            let other = Script { seed: 2, ..script };
            (0..100)
                .map(|second| {
                    other
                        .value(Quantity::Temperature, seconds(second))
                        .unwrap()
                        .unwrap()
                })
                .collect::<Vec<f64>>()
        });
    }

    #[test]
    fn daily_and_compressor_cycles_stay_within_their_amplitude() {
        let script = script(
            "quantities.temperature = { base = 20.0, daily = 2.0, cycle = { amplitude = 1.0, period = '10min' } }",
        );
        let of_day: Vec<f64> = (0..1440)
            .map(|minute| {
                script
                    .value(Quantity::Temperature, seconds(minute * 60))
                    .unwrap()
                    .unwrap()
            })
            .collect();
        let (low, high) = of_day.iter().fold((f64::MAX, f64::MIN), |(low, high), value| {
            (low.min(*value), high.max(*value))
        });
        assert!(
            (17.0..17.4).contains(&low) && (22.6..=23.0).contains(&high),
            "{low} {high}"
        );
    }

    #[test]
    fn a_script_is_written_as_it_is_read() {
        let script = script(
            "[quantities.temperature]\nbase = 20.0\ncycle = { amplitude = 1.0, period = '10min' }\nevents = [
                { at = '60s', until = '2026-06-18T03:12:05Z', effect = { exponential = { by = 10.0, time-constant = '100s' } } }]",
        );
        let text = toml::to_string(&script).unwrap();
        assert_eq!(toml::from_str::<Script>(&text).unwrap(), script, "{text}");
    }

    #[test]
    fn without_a_start_moments_count_from_the_first_read() {
        let keys =
            "quantities.smoke = { base = false, events = [{ at = '10s', effect = { level = true } }] }";
        let mut driver = open(&"rack".parse().unwrap(), keys.parse().unwrap())
            .unwrap()
            .driver;
        assert_eq!(driver.read(seconds(100)), [(Quantity::Smoke, Ok(0.0))]);
        assert_eq!(driver.read(seconds(110)), [(Quantity::Smoke, Ok(1.0))]);
    }

    #[test]
    fn nonsense_is_refused_by_name() {
        let message = |keys: &str| {
            let opened = open(&"rack".parse().unwrap(), keys.parse().unwrap());
            opened.err().expect("nonsense").to_string()
        };
        for (keys, words) in [
            ("quantities = {}", "`quantities` is empty"),
            (
                "quantities.smoke = { base = 1.0 }",
                "`base` of smoke must be true or false",
            ),
            (
                "quantities.smoke = { base = true, noise = 1.0 }",
                "no `daily`, `noise`",
            ),
            ("quantities.load = { base = 0.5, toggle = '1s' }", "no `toggle`"),
            ("quantities.smok = { base = true }", "`smok` is no quantity"),
            (
                "quantities.load = { base = 0.5, wiggle = 1 }",
                "unknown field `wiggle`",
            ),
            (
                "dew_point = true\nquantities.load = { base = 0.5 }",
                "needs the quantities",
            ),
            (
                "quantities.load = { base = 0.5, events = [{ at = 'soon', effect = { step = 1.0 } }] }",
                "no moment",
            ),
            (
                "quantities.load = { base = 0.5, events = [{ at = '5s', until = '5s', effect = { step = 1.0 } }] }",
                "`until`",
            ),
            (
                "quantities.smoke = { base = true, events = [{ at = '5s', effect = { step = 1.0 } }] }",
                "does not fit",
            ),
            (
                "quantities.load = { base = 0.5, cycle = { amplitude = 1.0, period = '0s' } }",
                "above zero",
            ),
        ] {
            let message = message(keys);
            assert!(message.contains(words), "{keys}: {message}");
        }
    }
}
