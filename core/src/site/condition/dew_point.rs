//! A dew point that is computed, against a limit or against a surface's temperature.

use plenum_protocol::config_key::{maybe, required, usual};
use plenum_protocol::dew_point::dew_point;
use plenum_protocol::{Quantity, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Beginning, Bound, Kind, Manual, Mistakes, Seen, Watches};
use crate::alarms::Origin;
use crate::alarms::origin::Side;
use crate::around::{Learned, Look, Neighbour, Reach, Sees, View};
use crate::site::parse::Step::Key;
use crate::site::{Rule, Selector};

/// What people read of it.
pub(super) const MANUAL: Manual = Manual {
    key: "dew-point",
    about: "The dew point, computed from the temperature that the rule selects and the humidity of the same sensor; where that measures none, the worst dew point of the room's other sensors, as they tell it or as it is computed from theirs. One of `above`, `below` and `margin`.",
    quantities: "temperature",
    keys: &[
        required(
            "above",
            "number in Cel, or text with a unit",
            "\"17 Cel\"",
            "It is above this; for another test one of the next two.",
        ),
        maybe("below", "number in Cel, or text with a unit", "It is below this."),
        maybe(
            "margin",
            "number in K, or text with a unit, at least 0",
            "The selected temperature is that of a surface, and nearer than this to the highest dew point of the room's air.",
        ),
        usual(
            "deadband",
            "number in K, or text with a unit, at least 0",
            "0",
            "How far back it must go to clear.",
        ),
        usual(
            "unless_told",
            "flag",
            "false",
            "Not where the same sensor tells its dew point itself: rules about `dew-point` judge it there.",
        ),
        usual(
            "own_humidity",
            "flag",
            "false",
            "Only where the same sensor measures its humidity, and not by the air at other sensors of the room.",
        ),
    ],
    example: "",
};

/// A dew point against something.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct DewPoint {
    /// What is wrong with it, in degrees Celsius.
    pub test: Test,
    /// In kelvin, at least 0.
    pub deadband: f64,
    /// Not where the same sensor tells it itself.
    pub unless_told: bool,
    /// Only where the same sensor measures its humidity.
    pub own_humidity: bool,
}

/// What is wrong with a dew point.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Test {
    /// It is above this.
    Above(f64),
    /// It is below this.
    Below(f64),
    /// A surface is nearer than this to the dew point of the room's air.
    Margin(f64),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "crate::site::amount::maybe"
    )]
    above: Option<f64>,
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "crate::site::amount::maybe"
    )]
    below: Option<f64>,
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "crate::site::amount::maybe"
    )]
    margin: Option<f64>,
    #[serde(default, deserialize_with = "crate::site::amount::deserialize")]
    deadband: f64,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    unless_told: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    own_humidity: bool,
}

/// What can be wrong with one.
#[derive(Debug, thiserror::Error)]
#[error("a dew point needs one of `above`, `below` and `margin`")]
struct NotOne;

impl TryFrom<Written> for DewPoint {
    type Error = NotOne;

    fn try_from(written: Written) -> Result<Self, NotOne> {
        let test = match (written.above, written.below, written.margin) {
            (Some(limit), None, None) => Test::Above(limit),
            (None, Some(limit), None) => Test::Below(limit),
            (None, None, Some(margin)) => Test::Margin(margin),
            _ => return Err(NotOne),
        };
        Ok(Self {
            test,
            deadband: written.deadband,
            unless_told: written.unless_told,
            own_humidity: written.own_humidity,
        })
    }
}

impl From<DewPoint> for Written {
    fn from(kind: DewPoint) -> Self {
        let (above, below, margin) = match kind.test {
            Test::Above(limit) => (Some(limit), None, None),
            Test::Below(limit) => (None, Some(limit), None),
            Test::Margin(margin) => (None, None, Some(margin)),
        };
        Self {
            above,
            below,
            margin,
            deadband: kind.deadband,
            unless_told: kind.unless_told,
            own_humidity: kind.own_humidity,
        }
    }
}

/// Where in what is learned: the sensor's own humidity, the room's dew point, and whether others judge it: the sensor tells its dew point itself, or has
/// no humidity where only its own counts.
const HUMIDITY: usize = 0;
const ROOM: usize = 1;
const OTHERS: usize = 2;

impl DewPoint {
    /// The dew point by what is known at an instant.
    fn computed(&self, value: Option<f64>, learned: &[Learned], at: Timestamp) -> Option<f64> {
        let number = |place: usize| learned.get(place).and_then(|learned| learned.number(at));
        match number(HUMIDITY) {
            Some(humidity) => Some(of_air(value?, humidity)),
            None => number(ROOM),
        }
    }

    /// Which of several dew points is the worst.
    fn is_worse(&self, one: f64, other: f64) -> bool {
        match self.test {
            Test::Above(_) | Test::Margin(_) => one > other,
            Test::Below(_) => one < other,
        }
    }

    /// The worst dew point of the room's other sensors, as long as it is known.
    fn of_room(&self, view: &View<'_>) -> Learned {
        let told = view.others(Quantity::DewPoint, &Reach::Room);
        let humidities = view.others(Quantity::Humidity, &Reach::Room);
        let temperatures = view.others(Quantity::Temperature, &Reach::Room);
        let same = |one: &Neighbour<'_>, other: &Neighbour<'_>| {
            one.series.agent == other.series.agent && one.series.sensor() == other.series.sensor()
        };
        let computed = humidities.iter().filter_map(|humidity| {
            let temperature = temperatures.iter().find(|other| same(humidity, other))?;
            let ((percent, one), (celsius, other)) = (humidity.known()?, temperature.known()?);
            Some((of_air(celsius, percent), one.min(other)))
        });
        let all: Vec<(f64, Timestamp)> = told.iter().filter_map(Neighbour::known).chain(computed).collect();
        let known = all.iter().filter(|(_, until)| view.at() <= *until);
        let worst = known.reduce(|worst, one| if self.is_worse(one.0, worst.0) { one } else { worst });
        // The last that was known says until when it was.
        match worst.or_else(|| all.iter().max_by_key(|(_, until)| *until)) {
            Some((number, until)) => Learned::Number {
                number: Some(*number),
                until: *until,
            },
            None => Learned::NOTHING,
        }
    }
}

/// The dew point of air; where there is no water in it at all the least that there is.
pub(super) fn of_air(celsius: f64, percent: f64) -> f64 {
    let found = dew_point(celsius, percent);
    let (least, _) = Quantity::DewPoint.plausible();
    if found.is_finite() {
        found.max(least)
    } else {
        least
    }
}

impl Kind for DewPoint {
    fn watches(&self) -> Watches {
        Watches::Numbers
    }

    fn judges(&self, quantity: Quantity) -> bool {
        quantity == Quantity::Temperature
    }

    fn check(&self, mistakes: &mut Mistakes<'_, '_>) {
        let at = |key| [Key("when"), Key("dew-point"), Key(key)];
        mistakes.only(
            &[Key("when")],
            Quantity::Temperature,
            "the dew point is computed from it",
        );
        let deadband = self.deadband;
        if deadband < 0.0 {
            mistakes.error(
                &at("deadband"),
                "a deadband is at least 0",
                "it is where the alarm clears, inside the limit",
            );
        }
        let of_dew_point = &[Quantity::DewPoint];
        match self.test {
            Test::Above(limit) => {
                mistakes.bound(&at("above"), of_dew_point, Bound::Above { limit, deadband })
            }
            Test::Below(limit) => {
                mistakes.bound(&at("below"), of_dew_point, Bound::Below { limit, deadband })
            }
            Test::Margin(margin) if margin < 0.0 => {
                let message = "a margin is at least 0: below the dew point a surface is wet already";
                mistakes.error(&at("margin"), message, "write 2 for 2 K above it");
            }
            Test::Margin(_) if self.unless_told || self.own_humidity => {
                let key = if self.unless_told {
                    "unless_told"
                } else {
                    "own_humidity"
                };
                let message = format!("a margin is about a surface: `{key}` says nothing of it");
                mistakes.error(&at(key), message, "take it away");
            }
            Test::Margin(margin) => {
                let furthest = Quantity::Temperature.plausible().1 - Quantity::DewPoint.plausible().0;
                if margin > furthest {
                    let message = "a surface is always so near to a dew point: this rule always holds";
                    mistakes.error(&at("margin"), message, "write 2 for 2 K above it");
                }
            }
        }
    }

    fn holds(&self, seen: Seen<'_>) -> Option<bool> {
        let others = seen.elsewhere.get(OTHERS);
        if others.is_some_and(|others| others.truth(seen.at, false).known() == Some(true)) {
            return Some(false);
        }
        let deadband = self.deadband;
        let dew_point = self.computed(seen.value, seen.elsewhere, seen.at)?;
        let (bound, value) = match self.test {
            Test::Above(limit) => (Bound::Above { limit, deadband }, dew_point),
            Test::Below(limit) => (Bound::Below { limit, deadband }, dew_point),
            Test::Margin(limit) => (Bound::Below { limit, deadband }, seen.value? - dew_point),
        };
        Some(bound.is_passed(value) || (seen.active && bound.still_holds(value)))
    }

    fn looks_elsewhere(&self) -> bool {
        true
    }

    fn looks(&self, _select: &Selector) -> Vec<Look> {
        let look = |quantity, reach| Look {
            quantity,
            reach,
            sees: Sees::Value,
        };
        let own = [Quantity::Humidity, Quantity::DewPoint].map(|quantity| look(quantity, Reach::Sensor));
        if self.own_humidity {
            return own.to_vec();
        }
        vec![
            look(Quantity::Humidity, Reach::Sensor),
            look(Quantity::Humidity, Reach::Room),
            look(Quantity::Temperature, Reach::Room),
            look(Quantity::DewPoint, Reach::Room),
        ]
    }

    fn is_for_others(&self, view: &View<'_>) -> bool {
        let has = |quantity| !view.others(quantity, &Reach::Sensor).is_empty();
        (self.unless_told && has(Quantity::DewPoint)) || (self.own_humidity && !has(Quantity::Humidity))
    }

    fn elsewhere(&self, _rule: &Rule, view: &View<'_>) -> Vec<Learned> {
        if self.is_for_others(view) {
            return vec![Learned::NOTHING, Learned::NOTHING, Learned::always(true)];
        }
        let is_surface = matches!(self.test, Test::Margin(_));
        let own = view.others(Quantity::Humidity, &Reach::Sensor);
        let own = own.first().filter(|_| !is_surface);
        vec![
            own.map_or(Learned::NOTHING, Neighbour::learned),
            match own {
                Some(_) => Learned::NOTHING,
                None => self.of_room(view),
            },
            Learned::always(false),
        ]
    }

    fn origin(&self, beginning: &Beginning<'_>) -> Origin {
        let dew_point = self.computed(beginning.value, beginning.elsewhere, beginning.at);
        match self.test {
            Test::Above(limit) => Origin::DewPoint {
                dew_point,
                side: Side::Above(limit),
            },
            Test::Below(limit) => Origin::DewPoint {
                dew_point,
                side: Side::Below(limit),
            },
            Test::Margin(_) => Origin::Condenses {
                value: beginning.value,
                dew_point,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::of_air;

    #[test]
    fn dry_air_has_the_least_dew_point_that_there_is() {
        assert!((of_air(27.0, 60.0) - 18.6).abs() < 0.05);
        assert_eq!(of_air(20.0, 0.0), -80.0);
    }
}
