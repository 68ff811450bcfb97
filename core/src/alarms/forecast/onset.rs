//! When a value leaves what is usual: where the compressor's cycle would have turned and did not, or faster than it ever moved. And when that is over.

use serde::{Deserialize, Serialize};

use super::Way;
use super::points::Points;
use super::usual::{Band, Usual};

/// Whether a value is leaving what is usual in one way.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(super) struct Onset {
    /// How many readings one after the other were beyond, while it has not begun; were back, while it has.
    row: u8,
    begun: Option<Begun>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Begun {
    /// Where the rise begins, in milliseconds since 1970.
    since: i64,
    /// The value there, seen along the way.
    from: f64,
    /// The furthest value since.
    top: f64,
    /// How far what is usual reached from one side to the other.
    swing: f64,
}

/// The movement that the newest value ends, seen along a way.
#[derive(Debug, Clone, Copy)]
pub(super) struct Leg<'a> {
    /// Where it begins: the lowest value of the kept points.
    pub(super) since: i64,
    from: f64,
    pub(super) value: f64,
    in_a_minute: f64,
    usual: &'a Usual,
    way: Way,
}

/// How many readings one after the other decide.
const ROW: u8 = 2;
/// How far beyond what is usual counts, as a share of its width.
const BEYOND: f64 = 0.2;
/// How much faster than usual counts.
const FASTER: f64 = 1.3;
/// A minute, in milliseconds.
const MINUTE: i64 = 60_000;

impl<'a> Leg<'a> {
    pub(super) fn of(points: &Points, usual: &'a Usual, way: Way) -> Self {
        let mut leg = Self {
            since: i64::MAX,
            from: f64::INFINITY,
            value: points.last().map_or(0.0, |point| way.signed(point.value)),
            in_a_minute: step_of_a_minute(points, way),
            usual,
            way,
        };
        for point in points.iter() {
            let value = way.signed(point.value);
            if value <= leg.from {
                (leg.from, leg.since) = (value, point.at);
            }
        }
        leg
    }

    /// How far it came.
    pub(super) fn rise(&self) -> f64 {
        self.value - self.from
    }

    /// Whether it is known what was usual before.
    pub(super) fn is_known(&self) -> bool {
        self.band().is_some()
    }

    /// What was usual before it.
    fn band(&self) -> Option<Band> {
        self.usual.before(self.since, self.way)
    }

    fn is_beyond(&self, noise: f64, resolution: f64) -> bool {
        // What barely moves is beyond nothing, whatever is usual.
        let least = 3.0 * noise + resolution;
        if self.rise() <= least && self.in_a_minute <= least {
            return false;
        }
        let Some(band) = self.band() else { return false };
        let margin = BEYOND * (band.high - band.low) + least;
        let is_out = self.value > band.high + margin && self.rise() > margin;
        // What returns to the usual does not leave it.
        let is_fast = self.from > band.low - margin && self.in_a_minute > FASTER * band.fastest + least;
        is_out || is_fast
    }
}

impl Onset {
    pub(super) fn since(&self) -> Option<i64> {
        self.begun.as_ref().map(|begun| begun.since)
    }

    /// Judges the newest reading; true where a movement has just ended.
    pub(super) fn step(&mut self, leg: &Leg<'_>, noise: f64, resolution: f64) -> bool {
        let counts = match &mut self.begun {
            None => leg.is_beyond(noise, resolution),
            Some(begun) => {
                begun.top = begun.top.max(leg.value);
                let back = (0.3 * begun.swing)
                    .max(6.0 * noise)
                    .max(0.2 * (begun.top - begun.from));
                leg.value < begun.top - back
            }
        };
        self.row = if counts { self.row + 1 } else { 0 };
        if self.row < ROW {
            return false;
        }
        self.row = 0;
        match self.begun.take() {
            Some(_) => true,
            None => {
                self.begun = Some(Begun {
                    since: leg.since,
                    from: leg.from,
                    top: leg.value,
                    swing: leg.band().map_or(0.0, |band| band.high - band.low),
                });
                false
            }
        }
    }
}

/// How far the newest value lies above the lowest of the minute before it, or above the one before where readings are rarer.
pub(super) fn step_of_a_minute(points: &Points, way: Way) -> f64 {
    let mut newest_first = points.iter().rev();
    let Some(newest) = newest_first.next() else {
        return 0.0;
    };
    let lowest = newest_first
        .enumerate()
        .take_while(|(index, point)| *index == 0 || newest.at.saturating_sub(point.at) <= MINUTE)
        .map(|(_, point)| way.signed(point.value))
        .fold(f64::INFINITY, f64::min);
    (way.signed(newest.value) - lowest).max(0.0)
}
