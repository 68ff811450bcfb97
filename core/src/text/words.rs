//! Values, durations and instants as people say them, in mails, logs and alarm messages: "29.4 C", "81 %", "4 min".

use jiff::tz::TimeZone;
use plenum_protocol::quantity::{Kind, Language};
use plenum_protocol::{Duration, Quantity, Timestamp};

use crate::site::Priority;

/// A value with its unit as people say it; a state in words for a boolean.
pub fn value(quantity: Quantity, value: f64) -> String {
    match (quantity.kind(), quantity.unit()) {
        (Kind::Boolean, _) => state(quantity, value != 0.0).to_owned(),
        (Kind::Number, "EL" | "s") => duration(Duration::from_milliseconds((value * 1_000.0) as i64)),
        (Kind::Number, _) => number(quantity, value, quantity.shown().decimals, 0),
    }
}

/// How fast a number of a quantity moves: "0.8 C/min".
pub fn rate(quantity: Quantity, per_minute: f64) -> String {
    number(quantity, per_minute, 1, 1) + "/min"
}

/// A number in the unit that people use; a small one, which would vanish there, in the SenML unit: 40 W and not 0.0 kW.
fn number(quantity: Quantity, value: f64, decimals: usize, decimals_of_small: usize) -> String {
    let shown = quantity.shown();
    let number = value * shown.factor;
    if shown.factor < 1.0 && number.abs() < 1.0 {
        let unit = if quantity.unit() == "EL" {
            "s"
        } else {
            quantity.unit()
        };
        return format!("{value:.decimals_of_small$} {unit}");
    }
    format!("{number:.decimals$} {}", in_basic_letters(shown.unit))
}

/// A unit's word in the letters that every text message has.
fn in_basic_letters(unit: &str) -> String {
    unit.replace('µ', "u")
        .replace('²', "2")
        .replace('³', "3")
        .replace('°', "")
}

/// A boolean's state in words.
pub fn state(quantity: Quantity, holds: bool) -> &'static str {
    quantity.state(Language::English, holds)
}

/// How bad it is, in one word.
pub fn priority(priority: Priority, language: Language) -> &'static str {
    match (priority, language) {
        (Priority::Critical, Language::English) => "critical",
        (Priority::Critical, Language::Dutch) => "kritiek",
        (Priority::High, Language::English) => "high",
        (Priority::High, Language::Dutch) => "hoog",
        (Priority::Medium, Language::English) => "medium",
        (Priority::Medium, Language::Dutch) => "middel",
        (Priority::Low, Language::English) => "low",
        (Priority::Low, Language::Dutch) => "laag",
    }
}

/// An elapsed time in at most two units, rounded down: "26 s", "4 min", "2 h 48 min", "3 days".
pub fn duration(duration: Duration) -> String {
    let seconds = duration.milliseconds().max(0) / 1_000;
    let (minutes, hours, days) = (seconds / 60, seconds / 3_600, seconds / 86_400);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, _) => format!("{minutes} min"),
        (0, _, _) if minutes % 60 == 0 => format!("{hours} h"),
        (0, _, _) => format!("{hours} h {} min", minutes % 60),
        (1, ..) => format!("1 day {} h", hours % 24),
        _ => format!("{days} days"),
    }
}

/// The site's wall clock: "03:12:05".
pub fn clock(at: Timestamp, zone: &TimeZone) -> String {
    at.to_jiff()
        .to_zoned(zone.clone())
        .strftime("%H:%M:%S")
        .to_string()
}

/// The site's wall clock with the zone and UTC beside it: "03:12:05 CEST (01:12:05 UTC)".
pub fn clock_with_zone(at: Timestamp, zone: &TimeZone) -> String {
    let local = at
        .to_jiff()
        .to_zoned(zone.clone())
        .strftime("%H:%M:%S %Z")
        .to_string();
    format!("{local} ({} UTC)", clock(at, &TimeZone::UTC))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_read_as_people_say_them() {
        let check = |quantity, number, expected: &str| assert_eq!(value(quantity, number), expected);
        check(Quantity::Temperature, 29.44, "29.4 C");
        check(Quantity::Load, 0.81, "81 %");
        check(Quantity::BatteryRuntime, 245.0, "4 min");
        check(Quantity::Power, 18_200.0, "18.2 kW");
        check(Quantity::Smoke, 1.0, "smoke");
        check(Quantity::Co2, 0.0004, "400 ppm");
        check(Quantity::Particles, 3.5e-8, "35 ug/m3");
        check(Quantity::Power, 40.0, "40 W");
        check(Quantity::Pressure, 101_325.0, "1013 hPa");
        check(Quantity::BatteryVoltage, 27.14, "27.1 V");
        check(Quantity::GeneratorRunning, 0.0, "standby");
    }

    #[test]
    fn a_rate_is_in_the_unit_of_its_value() {
        let check = |quantity, per_minute, expected: &str| assert_eq!(rate(quantity, per_minute), expected);
        check(Quantity::Temperature, 0.8, "0.8 C/min");
        check(Quantity::Load, 0.02, "2.0 %/min");
        check(Quantity::BatteryRuntime, 60.0, "1.0 min/min");
        check(Quantity::BatteryRuntime, 30.0, "30.0 s/min");
        check(Quantity::Power, 250.0, "250.0 W/min");
    }

    #[test]
    fn durations_have_at_most_two_units() {
        for (milliseconds, expected) in [
            (900, "0 s"),
            (26_000, "26 s"),
            (245_000, "4 min"),
            (10_080_000, "2 h 48 min"),
            (259_200_000, "3 days"),
        ] {
            assert_eq!(duration(Duration::from_milliseconds(milliseconds)), expected);
        }
    }
}
