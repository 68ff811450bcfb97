//! Rooms that are made up, to try the forecast on: with a compressor that cycles, a sensor that is not perfect, and a loss of cooling at a
//! known moment. Always the same for the same seed.

mod cooling;
mod cycle;
mod random;
mod tally;

pub use cooling::rules as cooling_rules;
pub use random::Random;
pub use tally::Tally;

use plenum_protocol::Timestamp;
use serde::Serialize;

use super::Forecaster;
use cycle::Cycle;

/// A room and its sensor.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Room {
    /// The time constant in minutes.
    pub constant: f64,
    /// The mean before the loss, in degrees Celsius.
    pub start: f64,
    /// Where it would end without cooling.
    pub end: f64,
    /// The limit that is asked for.
    pub limit: f64,
    /// Which sensor.
    pub sensor: Sensor,
    /// Seconds between two readings.
    pub interval: i64,
    /// The compressor's period in minutes.
    pub period: f64,
    /// How far it swings, from the coldest to the warmest, in kelvin.
    pub swing: f64,
    /// The share of the period in which it stands still and the room warms.
    pub warming: f64,
}

/// How a sensor scatters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sensor {
    /// A standard deviation of 0.04 K, in steps of 0.01.
    Sht3x,
    /// Steps of 0.0625 K, 85.000 once in a thousand readings.
    Ds18b20,
}

/// What a loss of cooling gave, in minutes from the loss.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Loss {
    /// When the limit was reached; none where the room settled below it.
    pub crossing: Option<f64>,
    /// When the first forecast was made.
    pub warned: Option<f64>,
    /// What the first forecast said: the crossing.
    pub first: Option<f64>,
    /// The forecasts from then to the crossing.
    pub forecasts: u32,
    /// How many of them were later than the truth.
    pub late: u32,
    /// How many did not hold the truth between earliest and latest.
    pub outside: u32,
    /// Whether there was still a forecast when the room had settled below the limit.
    pub still: bool,
    /// Readings from the loss to the crossing.
    pub readings: f64,
    /// What the forecast half way to the crossing said.
    pub half: Option<f64>,
}

/// When a room has settled, in time constants.
const SETTLED: f64 = 4.0;
/// The time before a loss, in minutes.
const BEFORE: f64 = 150.0;

impl Room {
    /// A room of a time constant, limit and interval; all else is drawn.
    pub fn drawn(constant: f64, limit: f64, interval: i64, random: &mut Random) -> Self {
        Self {
            constant,
            start: random.within(20.0, 25.0),
            end: random.within(30.0, 60.0),
            limit,
            sensor: if random.within(0.0, 1.0) < 0.5 {
                Sensor::Sht3x
            } else {
                Sensor::Ds18b20
            },
            interval,
            period: random.within(10.0, 20.0),
            swing: random.within(0.4, 1.5),
            warming: random.within(0.3, 0.7),
        }
    }

    /// Loses its cooling at a random moment of the cycle and watches until the limit is passed, or until it has settled.
    pub fn lose(&self, random: &mut Random) -> Loss {
        let mut cycle = Cycle::new(self, random);
        let lost = BEFORE + random.within(0.0, self.period);
        let mut forecaster = Forecaster::default();
        let mut at = random.within(0.0, 1.0) * self.minutes();
        while at < lost {
            let value = cycle.value(at, random);
            self.read(&mut forecaster, at, value, random);
            at += self.minutes();
        }
        let from = cycle.value(lost, random);
        let reach = self.end - from;
        let crossing =
            (self.end > self.limit).then(|| -self.constant * (1.0 - (self.limit - from) / reach).ln());
        let mut loss = Loss {
            crossing,
            warned: None,
            first: None,
            forecasts: 0,
            late: 0,
            outside: 0,
            half: None,
            still: false,
            readings: crossing.unwrap_or(0.0) / self.minutes(),
        };
        let last = lost + crossing.unwrap_or(SETTLED * self.constant);
        let (mut next, pause) = (0.0, (last - lost) / 200.0);
        while at < last {
            let value = self.end - reach * (-(at - lost) / self.constant).exp();
            if self.read(&mut forecaster, at, value, random) && at >= next {
                next = at + pause;
                loss.note(&forecaster, self.limit, lost, at - lost);
            }
            at += self.minutes();
        }
        loss
    }

    /// Cycles for so many days, with a day's own warmth, and counts the forecasts that were made for nothing.
    pub fn cycle(&self, days: u32, random: &mut Random) -> u32 {
        let mut cycle = Cycle::new(self, random);
        let mut forecaster = Forecaster::default();
        let (mut at, mut false_ones, mut is_on) = (0.0, 0, false);
        while at < f64::from(days) * 1_440.0 {
            let day = 0.8 * (at / 1_440.0 * std::f64::consts::TAU).sin();
            let value = cycle.value(at, random) + day;
            if self.read(&mut forecaster, at, value, random) {
                let was_on =
                    std::mem::replace(&mut is_on, forecaster.reaches(self.limit, instant(at)).is_some());
                false_ones += u32::from(is_on && !was_on);
            }
            at += self.minutes();
        }
        false_ones
    }

    fn minutes(&self) -> f64 {
        self.interval as f64 / 60.0
    }

    /// One reading in fifty is lost; false where it was.
    fn read(&self, forecaster: &mut Forecaster, at: f64, value: f64, random: &mut Random) -> bool {
        let told = self.told(value, random);
        if let Some(value) = told {
            forecaster.push(instant(at), value);
        }
        told.is_some()
    }

    /// What the sensor tells; none where that is lost.
    fn told(&self, value: f64, random: &mut Random) -> Option<f64> {
        let value = match self.sensor {
            Sensor::Sht3x => ((value + 0.04 * random.normal()) / 0.01).round() * 0.01,
            Sensor::Ds18b20 if random.within(0.0, 1.0) < 0.001 => 85.0,
            Sensor::Ds18b20 => ((value + 0.02 * random.normal()) / 0.0625).round() * 0.0625,
        };
        (random.within(0.0, 1.0) >= 0.02).then_some(value)
    }
}

impl Loss {
    fn note(&mut self, forecaster: &Forecaster, limit: f64, lost: f64, at: f64) {
        let found = forecaster.reaches(limit, instant(at + lost));
        self.still = found.is_some();
        let Some(forecast) = found else { return };
        let likely = at + forecast.likely;
        self.warned.get_or_insert(at);
        self.first.get_or_insert(likely);
        let Some(crossing) = self.crossing else { return };
        self.forecasts += 1;
        self.late += u32::from(likely > crossing);
        let is_within = at + forecast.earliest <= crossing
            && forecast.latest.is_none_or(|latest| crossing <= at + latest);
        self.outside += u32::from(!is_within);
        if at <= crossing / 2.0 {
            self.half = Some(likely);
        }
    }
}

fn instant(minutes: f64) -> Timestamp {
    Timestamp::from_milliseconds((minutes * 60_000.0) as i64)
}
