//! Air outside the envelope of one of the classes of ASHRAE TC 9.9, fifth edition (2021). The figures are those of public reproductions.

use plenum_protocol::Quantity;
use plenum_protocol::config_key::{required, usual};
use serde::{Deserialize, Serialize};

use super::dew_point::of_air;
use super::{Beginning, Bound, Kind, Manual, Mistakes, Seen, Watches};
use crate::alarms::Origin;
use crate::alarms::origin::Side;
use crate::around::{Learned, Look, Neighbour, Reach, Sees, View};
use crate::site::parse::Step::Key;
use crate::site::{Rule, Selector};
use crate::truth::Truth;

/// What people read of it.
pub(super) const MANUAL: Manual = Manual {
    key: "ashrae",
    about: "The air is outside the envelope of a class of ASHRAE TC 9.9 (2021): the temperature that the rule selects, or the humidity of the same sensor, or the dew point of both. A sensor that measures no humidity is judged by its temperature alone.",
    quantities: "temperature",
    keys: &[
        required(
            "class",
            "one of `recommended`, `A1`, `A2`, `A3`, `A4`, `H1`",
            "\"A1\"",
            "`recommended`: 18 to 27 C, dew point -9 to 15 C, at most 70 %RH. A1: 15 to 32 C, dew point -12 to 17 C, 8 to 80 %RH. A2: 10 to 35, to 21 C, to 80 %RH. A3: 5 to 40, to 24 C, to 85 %RH. A4: 5 to 45, to 24 C, to 90 %RH. H1: 5 to 25, else as A1.",
        ),
        usual(
            "deadband",
            "number in K, or text with a unit, at least 0",
            "0",
            "How far back temperature and dew point must go to clear; a humidity three times as many %RH.",
        ),
    ],
    example: "",
};

/// Air outside a class's envelope.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ashrae {
    /// Which.
    pub class: Class,
    /// In kelvin, at least 0.
    #[serde(default, deserialize_with = "crate::site::amount::deserialize")]
    pub deadband: f64,
}

/// A class of equipment, or what is recommended for A1 to A4.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Class {
    /// What is recommended for A1 to A4.
    #[serde(rename = "recommended")]
    Recommended,
    /// Enterprise servers.
    A1,
    /// Volume servers.
    A2,
    /// The same, in warmer air.
    A3,
    /// The same, in the warmest air.
    A4,
    /// High density.
    H1,
}

/// The least and the greatest of a class, in C, C and %RH.
struct Envelope {
    temperature: (f64, f64),
    dew_point: (f64, f64),
    humidity: (f64, f64),
}

impl Class {
    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Recommended => "recommended",
            Self::A1 => "A1",
            Self::A2 => "A2",
            Self::A3 => "A3",
            Self::A4 => "A4",
            Self::H1 => "H1",
        }
    }

    const fn envelope(self) -> Envelope {
        let (temperature, dew_point, humidity) = match self {
            Self::Recommended => ((18.0, 27.0), (-9.0, 15.0), (0.0, 70.0)),
            Self::A1 => ((15.0, 32.0), (-12.0, 17.0), (8.0, 80.0)),
            Self::A2 => ((10.0, 35.0), (-12.0, 21.0), (8.0, 80.0)),
            Self::A3 => ((5.0, 40.0), (-12.0, 24.0), (8.0, 85.0)),
            Self::A4 => ((5.0, 45.0), (-12.0, 24.0), (8.0, 90.0)),
            Self::H1 => ((5.0, 25.0), (-12.0, 17.0), (8.0, 80.0)),
        };
        Envelope {
            temperature,
            dew_point,
            humidity,
        }
    }
}

/// A humidity's deadband for a kelvin of the others'.
const PERCENT_A_KELVIN: f64 = 3.0;
/// Where in what is learned: the sensor's humidity, and whether it measures none.
const HUMIDITY: usize = 0;
const NONE: usize = 1;

/// A quantity, how much of it there is, and what of it is outside.
type Judged = (Quantity, Option<f64>, [Bound; 2]);

impl Ashrae {
    /// Temperature, humidity and dew point, as far as they are known, against their bounds.
    fn judged(&self, seen: &Seen<'_>) -> [Judged; 3] {
        let number = seen
            .elsewhere
            .get(HUMIDITY)
            .and_then(|learned| learned.number(seen.at));
        let none = seen.elsewhere.get(NONE).unwrap_or(&Learned::NOTHING);
        let measures_none = none.truth(seen.at, false) == Truth::True;
        let bounds = |(low, high): (f64, f64), deadband: f64| {
            let below = Bound::Below { limit: low, deadband };
            [
                below,
                Bound::Above {
                    limit: high,
                    deadband,
                },
            ]
        };
        let Envelope {
            temperature,
            dew_point,
            humidity,
        } = self.class.envelope();
        let computed = seen
            .value
            .zip(number)
            .map(|(celsius, percent)| of_air(celsius, percent));
        // What is not measured is not outside.
        let within = |range: (f64, f64)| measures_none.then(|| f64::midpoint(range.0, range.1));
        [
            (
                Quantity::Temperature,
                seen.value,
                bounds(temperature, self.deadband),
            ),
            (
                Quantity::Humidity,
                number.or(within(humidity)),
                bounds(humidity, self.deadband * PERCENT_A_KELVIN),
            ),
            (
                Quantity::DewPoint,
                computed.or(within(dew_point)),
                bounds(dew_point, self.deadband),
            ),
        ]
    }
}

impl Kind for Ashrae {
    fn watches(&self) -> Watches {
        Watches::Numbers
    }

    fn judges(&self, quantity: Quantity) -> bool {
        quantity == Quantity::Temperature
    }

    fn check(&self, mistakes: &mut Mistakes<'_, '_>) {
        mistakes.only(
            &[Key("when")],
            Quantity::Temperature,
            "the humidity is that of the same sensor",
        );
        let deadband = [Key("when"), Key("ashrae"), Key("deadband")];
        let (low, high) = self.class.envelope().temperature;
        if self.deadband < 0.0 || 2.0 * self.deadband >= high - low {
            let message =
                format!("a deadband is at least 0 and less than half of the envelope: {low} to {high} C");
            mistakes.error(&deadband, message, "write 1 for 1 K");
        }
    }

    fn holds(&self, seen: Seen<'_>) -> Option<bool> {
        let truths = self.judged(&seen).into_iter().map(|(_, value, bounds)| {
            let outside = |value: f64| {
                let kept = |bound: &Bound| seen.active && bound.still_holds(value);
                bounds.iter().any(|bound| bound.is_passed(value) || kept(bound))
            };
            Truth::from(value.map(outside))
        });
        truths.fold(Truth::False, Truth::or).known()
    }

    fn looks_elsewhere(&self) -> bool {
        true
    }

    fn looks(&self, _select: &Selector) -> Vec<Look> {
        vec![Look {
            quantity: Quantity::Humidity,
            reach: Reach::Sensor,
            sees: Sees::Value,
        }]
    }

    fn elsewhere(&self, _rule: &Rule, view: &View<'_>) -> Vec<Learned> {
        let humidity = view.others(Quantity::Humidity, &Reach::Sensor);
        let humidity = humidity.first();
        vec![
            humidity.map_or(Learned::NOTHING, Neighbour::learned),
            Learned::always(humidity.is_none()),
        ]
    }

    fn origin(&self, beginning: &Beginning<'_>) -> Origin {
        let judged = self.judged(&beginning.seen()).into_iter();
        let mut outside = judged.filter_map(|(quantity, value, bounds)| {
            let value = value?;
            let passed = bounds.into_iter().find(|bound| bound.is_passed(value))?;
            Some(Origin::Outside {
                class: self.class.as_str().to_owned(),
                quantity,
                value,
                side: Side::of(passed),
            })
        });
        // An on-delay may have outlived the value that it began with.
        outside.next().unwrap_or_else(|| Origin::Together(Vec::new()))
    }
}

#[cfg(test)]
mod tests {
    use plenum_protocol::Timestamp;

    use super::*;

    /// Whether air of so much, at a sensor that measures a humidity or none, is outside.
    fn check(class: Class, celsius: f64, percent: Option<f64>, expected: Option<bool>) {
        let kind = Ashrae { class, deadband: 0.0 };
        let number = Learned::Number {
            number: percent,
            until: Timestamp::MAX,
        };
        let seen = Seen {
            at: Timestamp::MIN,
            value: Some(celsius),
            silent: false,
            active: false,
            memory: None,
            elsewhere: &[number, Learned::always(false)],
        };
        assert_eq!(kind.holds(seen), expected, "{class:?} {celsius} {percent:?}");
    }

    #[test]
    fn each_class_has_its_envelope() {
        use Class::{A1, A2, A3, A4, H1, Recommended};
        for (class, low, high) in [
            (Recommended, 18.0, 27.0),
            (A1, 15.0, 32.0),
            (A2, 10.0, 35.0),
            (A3, 5.0, 40.0),
            (A4, 5.0, 45.0),
            (H1, 5.0, 25.0),
        ] {
            check(class, low, Some(30.0), Some(false));
            check(class, high, Some(30.0), Some(false));
            check(class, low - 0.1, None, Some(true));
            check(class, high + 0.1, None, Some(true));
            check(class, low, None, None);
        }
        // A dew point of 15 C is 82.6 %RH at 18 C, 64.5 % at 22 C and 47.8 % at 27 C.
        for (celsius, dry, wet) in [(22.0, 64.3, 64.8), (27.0, 47.6, 48.1)] {
            check(Recommended, celsius, Some(dry), Some(false));
            check(Recommended, celsius, Some(wet), Some(true));
        }
        check(Recommended, 18.0, Some(71.0), Some(true));
        // The moister of two low limits: 8 %RH, or a dew point of -12 C.
        check(A1, 30.0, Some(7.9), Some(true));
        check(A1, 30.0, Some(8.1), Some(false));
        check(A1, 15.0, Some(12.0), Some(true));
        check(A1, 15.0, Some(16.0), Some(false));
        check(A4, 20.0, Some(0.0), Some(true));
        check(Recommended, 20.0, Some(0.0), Some(true));
        check(A3, 20.0, Some(86.0), Some(true));
        check(A4, 20.0, Some(86.0), Some(false));
    }

    #[test]
    fn without_a_humidity_the_temperature_decides() {
        let kind = Ashrae {
            class: Class::A1,
            deadband: 0.0,
        };
        let elsewhere = [Learned::NOTHING, Learned::always(true)];
        let seen = |value: f64| Seen {
            at: Timestamp::MIN,
            value: Some(value),
            silent: false,
            active: false,
            memory: None,
            elsewhere: &elsewhere,
        };
        assert_eq!(
            [20.0, 33.0].map(|value| kind.holds(seen(value))),
            [Some(false), Some(true)]
        );
    }
}
