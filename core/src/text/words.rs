//! Values, durations and instants as people say them, in mails, logs and alarm messages: "29.4 C", "81 %", "4 min".

use jiff::tz::TimeZone;
use plenum_protocol::quantity::Kind;
use plenum_protocol::{Duration, Quantity, Timestamp};

/// A value with its unit as people say it; a state in words for a boolean.
pub fn value(quantity: Quantity, value: f64) -> String {
    if quantity.kind() == Kind::Boolean {
        return state(quantity, value != 0.0).to_owned();
    }
    match quantity.unit() {
        "/" if quantity == Quantity::Co2 => format!("{:.0} ppm", value * 1e6),
        "/" => format!("{:.0} %", value * 100.0),
        "%EL" => format!("{value:.0} %"),
        "%RH" => format!("{value:.0} %RH"),
        "EL" | "s" => duration(Duration::from_milliseconds((value * 1_000.0) as i64)),
        "Cel" => format!("{value:.1} C"),
        "W" if value.abs() >= 1_000.0 => format!("{:.1} kW", value / 1_000.0),
        "kg/m3" => format!("{:.0} ug/m3", value * 1e9),
        unit @ ("A" | "Hz") => format!("{value:.1} {unit}"),
        unit => format!("{value:.0} {unit}"),
    }
}

/// A boolean's state in words.
pub fn state(quantity: Quantity, holds: bool) -> &'static str {
    let (yes, no) = match quantity {
        Quantity::Smoke => ("smoke", "no smoke"),
        Quantity::Water => ("wet", "dry"),
        Quantity::DoorOpen => ("open", "shut"),
        Quantity::MainsPresent => ("present", "lost"),
        Quantity::GeneratorRunning | Quantity::CoolingRunning => ("running", "off"),
        Quantity::GeneratorCarrying => ("carrying the load", "not carrying the load"),
        Quantity::CoolingFault | Quantity::ContactFault | Quantity::UpsFault => ("fault", "no fault"),
        Quantity::ExtinguisherReleased => ("released", "ready"),
        Quantity::Answering => ("answers", "does not answer"),
        _ => ("yes", "no"),
    };
    if holds { yes } else { no }
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
