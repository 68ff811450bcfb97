//! What else is known of the room, for somebody who is not there.

use plenum_protocol::Quantity;

use crate::text::words;

/// A fresh good value of a sensor in the alarm's room.
#[derive(Debug, Clone, PartialEq)]
pub struct Nearby {
    /// The sensor's name: "Inlet A3".
    pub sensor: String,
    /// What it measures.
    pub quantity: Quantity,
    /// In the quantity's unit; a state is 0 or 1.
    pub value: f64,
}

/// States that are told, by what name, and which of the two is normal.
const STATES: [(Quantity, &str, f64); 4] = [
    (Quantity::MainsPresent, "Mains", 1.0),
    (Quantity::Smoke, "Detectors:", 0.0),
    (Quantity::Water, "Leak detection:", 0.0),
    (Quantity::CoolingRunning, "Cooling", 1.0),
];

/// The room's other news, a sentence each, in the order in which it matters.
pub(super) fn news(nearby: &[Nearby]) -> Vec<String> {
    let of = |quantity: Quantity| nearby.iter().filter(move |one| one.quantity == quantity);
    let states = STATES.into_iter().filter_map(|(quantity, name, normal)| {
        of(quantity).next()?;
        let abnormal: Vec<&str> = of(quantity)
            .filter(|one| one.value != normal)
            .map(|one| one.sensor.as_str())
            .collect();
        Some(match abnormal.is_empty() {
            true => format!("{name} {}.", words::value(quantity, normal)),
            false => format!(
                "{name} {}: {}.",
                words::value(quantity, 1.0 - normal).to_uppercase(),
                abnormal.join(", ")
            ),
        })
    });
    let value = |one: &Nearby| words::value(one.quantity, one.value);
    let dew_point = of(Quantity::DewPoint).take(1);
    let dew_point = dew_point.map(|one| format!("Dew point {}.", value(one)));
    let runtimes = of(Quantity::BatteryRuntime).map(|one| format!("{}: {} left.", one.sensor, value(one)));
    dew_point.chain(states).chain(runtimes).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_abnormal_is_named_and_what_nobody_measures_is_left_out() {
        let nearby = |sensor: &str, quantity, value| Nearby {
            sensor: sensor.to_owned(),
            quantity,
            value,
        };
        let told = news(&[
            nearby("UPS 1", Quantity::BatteryRuntime, 840.0),
            nearby("Inlet A1", Quantity::DewPoint, 13.6),
            nearby("Floor, left", Quantity::Water, 0.0),
            nearby("Floor, right", Quantity::Water, 1.0),
            nearby("Mains A", Quantity::MainsPresent, 1.0),
        ]);
        assert_eq!(
            told,
            [
                "Dew point 13.6 C.",
                "Mains present.",
                "Leak detection: WET: Floor, right.",
                "UPS 1: 14 min left.",
            ]
        );
    }
}
