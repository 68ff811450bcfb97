//! When a value leaves what is usual: where the compressor's cycle would have turned and did not, or faster than it ever moved. And when that is over.

use serde::{Deserialize, Serialize};

use super::Way;
use super::points::{End, Points};
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
pub(super) struct Leg {
    /// Where it begins: the lowest value of the kept points.
    pub(super) since: i64,
    from: f64,
    pub(super) value: f64,
    /// How far it came in the last minute.
    pub(super) in_a_minute: f64,
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

impl Leg {
    /// Upwards and downwards.
    pub(super) fn both(points: &Points) -> [Self; 2] {
        let value = points.last().map_or(0.0, |point| point.value());
        let steps = steps_of_a_minute(points);
        let leg = |way: Way, from: End, in_a_minute| Self {
            since: from.at,
            from: way.signed(from.value),
            value: way.signed(value),
            in_a_minute,
            way,
        };
        let ends = points.ends();
        [
            leg(Way::Up, ends.lowest, steps[0]),
            leg(Way::Down, ends.highest, steps[1]),
        ]
    }

    /// How far it came.
    pub(super) fn rise(&self) -> f64 {
        self.value - self.from
    }

    /// Whether it is known what was usual before.
    pub(super) fn is_known(&self, usual: &Usual) -> bool {
        usual.before(self.since, self.way).is_some()
    }

    /// What was usual before it.
    fn band(&self, usual: &mut Usual) -> Option<Band> {
        usual.band(self.since, self.way)
    }

    fn is_beyond(&self, usual: &mut Usual, (noise, resolution): (f64, f64)) -> bool {
        // What barely moves is beyond nothing, whatever is usual.
        let least = 3.0 * noise + resolution;
        if self.rise() <= least && self.in_a_minute <= least {
            return false;
        }
        let Some(band) = self.band(usual) else {
            return false;
        };
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
    pub(super) fn step(&mut self, leg: &Leg, usual: &mut Usual, scatter: (f64, f64)) -> bool {
        let (noise, _) = scatter;
        let counts = match &mut self.begun {
            None => leg.is_beyond(usual, scatter),
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
                    swing: leg.band(usual).map_or(0.0, |band| band.high - band.low),
                });
                false
            }
        }
    }
}

/// How far the newest value lies above the lowest of the minute before it, and below the highest; or above and below the one before where readings
/// are rarer.
pub(super) fn steps_of_a_minute(points: &Points) -> [f64; 2] {
    let mut newest_first = points.iter().rev();
    let Some(newest) = newest_first.next() else {
        return [0.0, 0.0];
    };
    let (mut lowest, mut highest) = (f64::INFINITY, f64::NEG_INFINITY);
    for (index, point) in newest_first.enumerate() {
        if index > 0 && newest.at.saturating_sub(point.at) > MINUTE {
            break;
        }
        if point.value() < lowest {
            lowest = point.value();
        }
        if point.value() > highest {
            highest = point.value();
        }
    }
    [
        (newest.value() - lowest).max(0.0),
        (highest - newest.value()).max(0.0),
    ]
}
