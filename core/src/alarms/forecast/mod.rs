//! How long until it is too late: when a value that has left what is usual reaches a limit.
//!
//! A room that lost its cooling nears a new balance as `end - (end - start) e^(-t / constant)`. The forecast begins at the onset, the moment at
//! which the compressor's cycle would have turned and did not: the value leaves the band of the last hour and a half ([`usual`]), or moves
//! faster than it ever did in it. From there the curve is fitted ([`fit`]) over a bounded number of points ([`points`]). It is right or early:
//! as long as the readings do not tell the room's time constant, it is the straight line. What cannot be told is `None`.
//!
//! ```text
//!  reading -> doubt (one outlier waits for a second like it) -> points, usual -> onset? -> fit from the onset -> earliest, likely, latest
//! ```
//!
//! A [`Forecaster`] is what is kept of a series: at most 48 points and 32 blocks, 3 KiB. docs/decisions/0031-forecast.md has the figures.

mod ahead;
mod doubt;
mod fit;
mod onset;
mod points;
pub mod trial;
mod usual;

use plenum_protocol::{Duration, Timestamp};
use serde::{Deserialize, Serialize};

pub use ahead::Ahead;
use doubt::Doubt;
use onset::Onset;
use points::Points;
use usual::Usual;

/// When a limit is reached, in minutes from now.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Forecast {
    /// If it goes on as fast as the newest readings allow: not before.
    pub earliest: f64,
    /// By the fitted curve: the earliest that the readings since the onset allow, so that the truth is rarely earlier and often later.
    pub likely: f64,
    /// The latest that they allow; absent where they allow that it never gets there.
    pub latest: Option<f64>,
}

/// How far back a forecaster has to read to know what is usual.
pub const MEMORY: Duration = Duration::from_hours(2);
/// What the straight line reaches later than this was not a loss of cooling, in minutes: after one the line needs at most the room's time constant.
const HORIZON: f64 = 60.0;
/// Points older than this are of no use while nothing happens, in milliseconds.
const LEG: i64 = 40 * 60_000;
/// After a silence as long as this everything is learned anew, in milliseconds.
const FORGOTTEN: i64 = 2 * 3_600_000;
/// How far back the present slope looks, in milliseconds; and where readings are rare, for as many of them.
const SLOPE: i64 = 3 * 60_000;
const SLOPE_READINGS: usize = 4;
/// What is older says nothing of now, in milliseconds.
const SLOPE_OLDEST: i64 = 10 * 60_000;
/// The least time that the readings of a slope have to span, in minutes.
const LEAST_SPAN: f64 = 0.25;
/// What is not a movement, in units per minute.
const STEADY: f64 = 0.03;
/// Where nothing is known of what is usual, a rise this many times as long as the way that is left counts.
const UNKNOWN_SHARE: f64 = 1.5;

/// A value's movement.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Trend {
    /// Units per minute over the last minutes, by least squares.
    pub per_minute: f64,
}

impl Trend {
    /// Neither rising nor falling to speak of.
    pub fn is_steady(&self) -> bool {
        self.per_minute.abs() < STEADY
    }
}

/// What is kept of one series: its newest points, what is usual, and whether it is leaving that upwards or downwards.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Forecaster {
    /// Of the newest reading, taken or doubted, in milliseconds since 1970.
    newest: Option<i64>,
    doubt: Doubt,
    points: Points,
    usual: Usual,
    rise: Onset,
    fall: Onset,
}

/// Which way a limit lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Up,
    Down,
}

impl Way {
    /// A value seen from below: what moves towards the limit grows.
    fn signed(self, value: f64) -> f64 {
        match self {
            Self::Up => value,
            Self::Down => -value,
        }
    }
}

impl Forecaster {
    /// Brings near what the next reading asks for.
    pub(super) fn glance(&self) {
        std::hint::black_box((self.newest, self.points.last(), self.usual.newest()));
    }

    /// From readings, oldest first.
    pub fn of(readings: impl IntoIterator<Item = (Timestamp, f64)>) -> Self {
        let mut forecaster = Self::default();
        for (at, value) in readings {
            forecaster.push(at, value);
        }
        forecaster
    }

    /// Whether its newest reading is from before this instant.
    pub(crate) fn is_before(&self, at: Timestamp) -> bool {
        self.newest.is_none_or(|newest| newest < at.milliseconds())
    }

    /// Takes the next reading. One that is not later than the last is left out.
    pub fn push(&mut self, at: Timestamp, value: f64) {
        if !value.is_finite() || !self.is_before(at) {
            return;
        }
        let at = at.milliseconds();
        if self
            .newest
            .is_some_and(|newest| at.saturating_sub(newest) > FORGOTTEN)
        {
            *self = Self::default();
        }
        self.newest = Some(at);
        for (at, value) in self.doubt.judge(at, value).into_iter().flatten() {
            self.take(at, value);
        }
    }

    fn take(&mut self, at: i64, value: f64) {
        self.points.push(at, value);
        let scatter = (self.doubt.noise(), self.doubt.resolution());
        let mut legs = onset::Leg::both(&self.points);
        for (place, onset) in [&mut self.rise, &mut self.fall].into_iter().enumerate() {
            if onset.step(&legs[place], &mut self.usual, scatter) {
                self.points.keep(2);
                legs = onset::Leg::both(&self.points);
            }
        }
        if self.rise.since().is_none() && self.fall.since().is_none() {
            let fastest = match self.points.forget_before(at.saturating_sub(LEG)) {
                true => onset::steps_of_a_minute(&self.points),
                false => legs.map(|leg| leg.in_a_minute),
            };
            self.usual.push(at, value, fastest);
        }
    }

    /// Whether the value has left what is usual, and since when.
    pub fn onset(&self) -> Option<Timestamp> {
        let since = self.rise.since().or(self.fall.since());
        since.map(Timestamp::from_milliseconds)
    }

    /// When the value reaches `limit`, counted from `now`; none where it does not move there, where it is past it, or where that cannot be told.
    pub fn reaches(&self, limit: f64, now: Timestamp) -> Option<Forecast> {
        let last = *self.points.last()?;
        let value = last.value();
        let (way, onset) = if limit > value {
            (Way::Up, &self.rise)
        } else {
            (Way::Down, &self.fall)
        };
        let since = match onset.since() {
            Some(since) => since,
            None => self.unknown_since(way, limit)?,
        };
        let forecast = fit::forecast(
            &self.points.since(since, way),
            way.signed(limit),
            self.doubt.noise(),
            self.doubt.resolution(),
        )?;
        let passed = now.milliseconds().saturating_sub(last.at) as f64 / 60_000.0;
        let from_now = |minutes: f64| (minutes - passed).max(0.0);
        (forecast.earliest <= HORIZON).then(|| Forecast {
            earliest: from_now(forecast.earliest),
            likely: from_now(forecast.likely),
            latest: forecast.latest.map(from_now),
        })
    }

    /// Where what is usual is not known: the beginning of a rise that has come further than it has left to go.
    fn unknown_since(&self, way: Way, limit: f64) -> Option<i64> {
        let [up, down] = onset::Leg::both(&self.points);
        let leg = if way == Way::Up { up } else { down };
        let left = way.signed(limit) - leg.value;
        // Mostly it is not, and what is usual need not be looked at.
        let is_long = leg.rise() > UNKNOWN_SHARE * left && leg.rise() > 6.0 * self.doubt.noise();
        let ends = (self.points.first()?.at, self.points.last()?.at);
        let is_unknown = || !self.usual.is_known(ends) && !leg.is_known(&self.usual);
        (is_long && is_unknown()).then_some(leg.since)
    }

    /// How the value moves now; none where too little was measured.
    pub fn trend(&self, now: Timestamp) -> Option<Trend> {
        let now = now.milliseconds();
        let few = self.points.iter().rev().nth(SLOPE_READINGS - 1)?.at;
        // What leaves the usual moves as it does since it began to, which its forecast is made of too.
        let onset = self.onset().map_or(i64::MIN, Timestamp::milliseconds);
        let since = few.min(now.saturating_sub(SLOPE)).max(onset);
        let recent = self
            .points
            .since(since.max(now.saturating_sub(SLOPE_OLDEST)), Way::Up);
        // A rate over a step is not a movement.
        let recent = &recent[fit::last_step(&recent)..];
        let (noise, resolution) = (self.doubt.noise(), self.doubt.resolution());
        let recent = fit::on_one_line(recent, (SLOPE_READINGS, LEAST_SPAN), noise, resolution);
        let is_long = recent.len() >= SLOPE_READINGS && -recent.first()?.minutes >= LEAST_SPAN;
        let per_minute = is_long.then(|| fit::slope(recent))??;
        Some(Trend { per_minute })
    }
}

#[cfg(test)]
mod tests;
