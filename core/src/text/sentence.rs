//! One sentence for people: what, where, and the value against its limit, in units that people use.

use plenum_protocol::quantity::Language;
use plenum_protocol::{Fault, Quantity, Series, Timestamp};

use crate::site::condition::Onset;
use crate::site::{Rule, Site};

/// A value with its unit as people say it: `29.4 °C`, `81 %`, `12 min`.
pub fn value_words(quantity: Quantity, value: f64) -> String {
    let shown = quantity.shown();
    match quantity.unit() {
        "" => state_words(quantity, value != 0.0).to_owned(),
        "Cel" => format!("{value:.1} {}", shown.unit),
        "%RH" => format!("{} %", trimmed(value, 1)),
        "EL" | "s" if value >= 3_600.0 => format!("{} h", trimmed(value / 3_600.0, 1)),
        "EL" | "s" if value >= 60.0 => format!("{} min", trimmed(value / 60.0, 1)),
        "EL" | "s" => format!("{value:.0} s"),
        // A small one would lose its digits in the greater unit that screens show.
        unit if shown.factor < 1.0 => format!("{} {unit}", trimmed(value, 1)),
        _ if shown.unit == "ppm" => format!("{:.0} ppm", value * shown.factor),
        _ => format!(
            "{} {}",
            trimmed(value * shown.factor, shown.decimals.max(1)),
            shown.unit
        ),
    }
}

/// A limit as it was written: without the decimals that a measured value has.
pub fn limit_words(quantity: Quantity, limit: f64) -> String {
    match quantity.unit() {
        "Cel" => format!("{} {}", trimmed(limit, 2), quantity.shown().unit),
        _ => value_words(quantity, limit),
    }
}

fn trimmed(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    }
}

/// A quantity in words: `battery runtime`.
pub fn quantity_words(quantity: Quantity) -> &'static str {
    quantity.in_a_sentence()
}

/// A boolean in words.
pub fn state_words(quantity: Quantity, state: bool) -> &'static str {
    quantity.state(Language::English, state)
}

/// The sensor and its room as people know them: "Inlet A3, Room A"; the plain names where the site does not tell.
pub fn place_words(site: &Site, series: &Series) -> String {
    match site.sensor(&series.agent, series.sensor()) {
        Some(sensor) => match site.room(&sensor.room) {
            Some(room) => format!("{}, {}", sensor.name, room.name),
            None => sensor.name.clone(),
        },
        None => format!("{} of agent {}", series.sensor(), series.agent.agent),
    }
}

/// An instant by the site's clock: "03:12:05".
pub fn clock_words(site: &Site, at: Timestamp) -> String {
    let zone = &*site.site.zone;
    at.to_jiff()
        .to_zoned(zone.clone())
        .strftime("%H:%M:%S")
        .to_string()
}

/// The sentence of an alarm about a series, when it is raised.
pub fn of_series(
    site: &Site,
    rule: &Rule,
    series: &Series,
    value: Option<f64>,
    fault: Option<Fault>,
    since: Timestamp,
) -> String {
    let place = place_words(site, series);
    let said = rule.when.says(&Onset {
        site,
        series,
        value,
        fault,
        since,
    });
    match said {
        Some(said) => format!("{}: {place}: {said}", rule.name),
        None => format!("{}: {place}", rule.name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_read_as_people_say_them() {
        for (quantity, value, expected) in [
            (Quantity::Temperature, 29.44, "29.4 °C"),
            (Quantity::Temperature, -3.0, "-3.0 °C"),
            (Quantity::Load, 0.8, "80 %"),
            (Quantity::Humidity, 81.25, "81.2 %"),
            (Quantity::BatteryRuntime, 840.0, "14 min"),
            (Quantity::BatteryRuntime, 42.0, "42 s"),
            (Quantity::BatteryCharge, 100.0, "100 %"),
            (Quantity::Co2, 0.0004, "400 ppm"),
            (Quantity::Power, 100.0, "100 W"),
            (Quantity::MainsPresent, 0.0, "lost"),
            (Quantity::Pressure, 101_325.0, "101325 Pa"),
        ] {
            assert_eq!(value_words(quantity, value), expected);
        }
        assert_eq!(limit_words(Quantity::Temperature, 27.0), "27 °C");
        assert_eq!(quantity_words(Quantity::UpsOnLine), "UPS on line");
    }
}
