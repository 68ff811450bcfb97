//! What a rule looks for at other series, and whether what happened to one of them can be seen by it.

use plenum_protocol::Quantity;

use crate::site::{Bound, SensorName};

/// Where a rule looks for another quantity.
#[derive(Debug, Clone, PartialEq)]
pub enum Reach {
    /// At the same sensor; where that has none, in the same room.
    Near,
    /// At the same sensor.
    Sensor,
    /// In the same room.
    Room,
    /// In the rooms of the same zone; of a room without one, in the room.
    Zone,
    /// At the same sensor; where that has none, in the same room; where that has none, on the whole site.
    Nearest,
    /// On the whole site.
    Site,
    /// At this sensor.
    Named(SensorName),
}

/// A thing that a rule looks for.
#[derive(Debug, Clone, PartialEq)]
pub struct Look {
    /// Of which quantity.
    pub quantity: Quantity,
    /// Where.
    pub reach: Reach,
    /// What of it counts.
    pub sees: Sees,
}

/// What a rule sees of a series that it looks at.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Sees {
    /// Whether what was last seen is beyond a bound, however long ago.
    LastSeen(Bound),
    /// Whether it is beyond a bound, as long as it is known.
    Bound(Bound),
    /// Its value, as long as it is known.
    Value,
    /// Its value as long as it is known, with each reading of the rule's own series; between two of those only whether it is known.
    ValueThen,
}

/// What happened to a series.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Moved {
    /// What it measures.
    pub quantity: Quantity,
    /// The newest good value until then, and from then on.
    pub values: (Option<f64>, Option<f64>),
    /// Whether it was known until then, and is from then on.
    pub known: (bool, bool),
}

impl Moved {
    /// Whether a look can see it.
    pub fn is_seen_by(&self, look: &Look) -> bool {
        if self.quantity != look.quantity {
            return false;
        }
        let (before, after) = self.values;
        let passes = |bound: Bound| {
            let side =
                |value: Option<f64>| value.map(|value| (bound.is_passed(value), bound.still_holds(value)));
            side(before) != side(after)
        };
        let is_known_otherwise = self.known.0 != self.known.1;
        match look.sees {
            Sees::LastSeen(bound) => passes(bound),
            Sees::Bound(bound) => is_known_otherwise || passes(bound),
            Sees::Value => is_known_otherwise || before != after,
            Sees::ValueThen => is_known_otherwise,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_look_sees_what_it_is_about() {
        let bound = Bound::Above {
            limit: 27.0,
            deadband: 1.0,
        };
        let look = |sees| Look {
            quantity: Quantity::Temperature,
            reach: Reach::Room,
            sees,
        };
        let moved = |before, after, known| Moved {
            quantity: Quantity::Temperature,
            values: (before, after),
            known,
        };
        let check = |moved: Moved, expected: [bool; 4]| {
            let all = [
                Sees::LastSeen(bound),
                Sees::Bound(bound),
                Sees::Value,
                Sees::ValueThen,
            ];
            assert_eq!(
                all.map(|sees| moved.is_seen_by(&look(sees))),
                expected,
                "{moved:?}"
            );
        };
        let known = (true, true);
        check(moved(Some(21.0), Some(21.0), known), [false; 4]);
        check(moved(Some(21.0), Some(22.0), known), [false, false, true, false]);
        check(moved(Some(25.0), Some(26.5), known), [true, true, true, false]);
        check(moved(Some(26.5), Some(27.5), known), [true, true, true, false]);
        check(
            moved(Some(21.0), Some(21.0), (true, false)),
            [false, true, true, true],
        );
        check(moved(None, Some(21.0), (false, true)), [true; 4]);
        let humidity = Moved {
            quantity: Quantity::Humidity,
            ..moved(None, Some(50.0), (false, true))
        };
        check(humidity, [false; 4]);
    }
}
