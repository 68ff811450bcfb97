//! Values with their units as people say them: "29.4 °C", "29,4 °C", "81 %", "on battery".

use plenum_protocol::quantity::{Kind, Language};
use plenum_protocol::{Duration, Quantity};

use super::{Form, Letters};

/// A value that is not its limit never looks like it: so many decimals more are shown at most.
const DECIMALS_MORE: usize = 3;

impl Form {
    /// A value with its unit; a state in words for a boolean.
    pub fn value(&self, quantity: Quantity, value: f64) -> String {
        self.number(quantity, value, quantity.shown().decimals, false)
    }

    /// A limit as it was written: without the decimals that a measured value has.
    pub fn limit(&self, quantity: Quantity, limit: f64) -> String {
        self.number(quantity, limit, quantity.shown().decimals.max(2), true)
    }

    /// A value beside its limit: with so many decimals that one that is beyond it does not look like it.
    pub fn value_against(&self, quantity: Quantity, value: f64, limit: f64) -> String {
        let usual = quantity.shown().decimals;
        let with = |decimals| self.number(quantity, value, decimals, false);
        let limit_with = |decimals| self.number(quantity, limit, decimals, false);
        (usual..=usual + DECIMALS_MORE)
            .find(|decimals| with(*decimals) != limit_with(*decimals))
            .map_or_else(|| self.value(quantity, value), with)
    }

    /// How far a number of a quantity moved: "3.4 K".
    pub fn difference(&self, quantity: Quantity, by: f64) -> String {
        match quantity.unit() {
            "Cel" => self.written(by, quantity.shown().decimals, false, "K"),
            _ => self.value(quantity, by),
        }
    }

    /// How fast a number of a quantity moves: "0.8 °C/min".
    pub fn rate(&self, quantity: Quantity, per_minute: f64) -> String {
        match quantity.unit() {
            "EL" | "s" => self.written(per_minute, 1, false, "s/min"),
            _ => self.scaled(quantity, per_minute, (1, 1), false) + "/min",
        }
    }

    /// A number without a unit.
    pub fn plain(&self, number: f64, decimals: usize) -> String {
        self.digits(number, decimals, true)
    }

    /// A share as percent: "3.4 %".
    pub fn percent(&self, share: f64) -> String {
        self.written(share * 100.0, 1, true, "%")
    }

    /// A boolean's state.
    pub fn state(&self, quantity: Quantity, holds: bool) -> &'static str {
        quantity.state(self.language, holds)
    }

    fn number(&self, quantity: Quantity, value: f64, decimals: usize, trim: bool) -> String {
        match (quantity.kind(), quantity.unit()) {
            (Kind::Boolean, _) => self.state(quantity, value != 0.0).to_owned(),
            (Kind::Number, "EL" | "s") => {
                self.duration(Duration::from_milliseconds((value * 1_000.0) as i64))
            }
            (Kind::Number, _) => {
                let of_small = decimals.saturating_sub(quantity.shown().decimals);
                self.scaled(quantity, value, (decimals, of_small), trim)
            }
        }
    }

    /// In the unit that people use; a small number, which would vanish there, in the SenML unit: 40 W and not 0.0 kW.
    fn scaled(
        &self,
        quantity: Quantity,
        value: f64,
        (decimals, of_small): (usize, usize),
        trim: bool,
    ) -> String {
        let shown = quantity.shown();
        let number = value * shown.factor;
        match shown.factor < 1.0 && number.abs() < 1.0 {
            true => self.written(value, of_small, trim, quantity.unit()),
            false => self.written(number, decimals, trim, shown.unit),
        }
    }

    fn written(&self, number: f64, decimals: usize, trim: bool, unit: &str) -> String {
        format!("{} {}", self.digits(number, decimals, trim), self.unit(unit))
    }

    fn digits(&self, number: f64, decimals: usize, trim: bool) -> String {
        let mut digits = format!("{number:.decimals$}");
        if trim && digits.contains('.') {
            digits.truncate(digits.trim_end_matches('0').trim_end_matches('.').len());
        }
        // What is rounded away leaves no sign behind.
        if digits.starts_with('-') && !digits.contains(|digit: char| ('1'..='9').contains(&digit)) {
            digits.remove(0);
        }
        if self.language == Language::Dutch {
            digits = digits.replace('.', ",");
        }
        digits
    }

    fn unit(&self, unit: &str) -> String {
        match self.letters {
            Letters::All => unit.to_owned(),
            Letters::Basic => unit
                .replace('µ', "u")
                .replace('²', "2")
                .replace('³', "3")
                .replace('°', ""),
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;
    use plenum_protocol::Timestamp;

    use super::*;

    fn form(language: Language, letters: Letters) -> Form {
        Form {
            language,
            letters,
            zone: TimeZone::UTC,
            now: Timestamp::from_milliseconds(0),
            people: std::sync::Arc::new(crate::authority::Unknown),
        }
    }

    #[test]
    fn values_read_as_people_say_them() {
        let (english, dutch) = (
            form(Language::English, Letters::All),
            form(Language::Dutch, Letters::All),
        );
        for (quantity, value, in_english, in_dutch) in [
            (Quantity::Temperature, 29.44, "29.4 °C", "29,4 °C"),
            (Quantity::Temperature, -3.0, "-3.0 °C", "-3,0 °C"),
            (Quantity::Temperature, -0.01, "0.0 °C", "0,0 °C"),
            (Quantity::Load, 0.81, "81 %", "81 %"),
            (Quantity::Humidity, 81.25, "81 %RH", "81 %RH"),
            (Quantity::BatteryRuntime, 245.0, "4 min", "4 min"),
            (Quantity::BatteryRuntime, 42.0, "42 s", "42 s"),
            (Quantity::BatteryCharge, 100.0, "100 %", "100 %"),
            (Quantity::Power, 18_200.0, "18.2 kW", "18,2 kW"),
            (Quantity::Power, 40.0, "40 W", "40 W"),
            (Quantity::Co2, 0.0004, "400 ppm", "400 ppm"),
            (Quantity::Particles, 3.5e-8, "35 µg/m³", "35 µg/m³"),
            (Quantity::Pressure, 101_325.0, "1013 hPa", "1013 hPa"),
            (Quantity::BatteryVoltage, 27.14, "27.1 V", "27,1 V"),
            (Quantity::Smoke, 1.0, "smoke", "rook"),
            (Quantity::MainsPresent, 0.0, "lost", "weg"),
            (Quantity::GeneratorRunning, 0.0, "standby", "stand-by"),
        ] {
            assert_eq!(english.value(quantity, value), in_english);
            assert_eq!(dutch.value(quantity, value), in_dutch);
        }
    }

    #[test]
    fn a_text_message_has_its_own_letters_and_nothing_else_has() {
        let basic = form(Language::English, Letters::Basic);
        assert_eq!(basic.value(Quantity::Temperature, 29.44), "29.4 C");
        assert_eq!(basic.value(Quantity::Particles, 3.5e-8), "35 ug/m3");
        assert_eq!(basic.rate(Quantity::Temperature, 0.8), "0.8 C/min");
    }

    #[test]
    fn a_limit_is_as_it_was_written() {
        let english = form(Language::English, Letters::All);
        let check = |quantity, limit, expected: &str| assert_eq!(english.limit(quantity, limit), expected);
        check(Quantity::Temperature, 27.0, "27 °C");
        check(Quantity::Temperature, 27.5, "27.5 °C");
        check(Quantity::Load, 0.955, "95.5 %");
        check(Quantity::BatteryRuntime, 300.0, "5 min");
        let dutch = form(Language::Dutch, Letters::All);
        assert_eq!(dutch.limit(Quantity::Temperature, 27.5), "27,5 °C");
    }

    #[test]
    fn what_is_beyond_a_limit_does_not_look_like_it() {
        let english = form(Language::English, Letters::All);
        let check = |quantity, value, limit, expected: &str| {
            assert_eq!(english.value_against(quantity, value, limit), expected);
        };
        check(Quantity::Temperature, 28.2, 27.0, "28.2 °C");
        check(Quantity::Temperature, 27.04, 27.0, "27.04 °C");
        check(Quantity::Humidity, 80.3, 80.0, "80.3 %RH");
        check(Quantity::Temperature, 27.0, 27.0, "27.0 °C");
    }

    #[test]
    fn shares_and_differences_are_short() {
        let [english, dutch] = Language::ALL.map(|language| form(language, Letters::All));
        assert_eq!(
            (english.percent(0.0342), dutch.percent(0.0342)),
            ("3.4 %".to_owned(), "3,4 %".to_owned())
        );
        assert_eq!(
            (english.percent(1.0), english.plain(12.0, 1)),
            ("100 %".to_owned(), "12".to_owned())
        );
        assert_eq!(dutch.difference(Quantity::Temperature, 0.3), "0,3 K");
        assert_eq!(english.difference(Quantity::Humidity, 4.0), "4 %RH");
        assert_eq!(english.difference(Quantity::Load, 0.03), "3 %");
    }

    #[test]
    fn a_rate_is_in_the_unit_of_its_value() {
        let english = form(Language::English, Letters::All);
        let check =
            |quantity, per_minute, expected: &str| assert_eq!(english.rate(quantity, per_minute), expected);
        check(Quantity::Temperature, 0.8, "0.8 °C/min");
        check(Quantity::Load, 0.02, "2.0 %/min");
        check(Quantity::BatteryRuntime, 60.0, "60.0 s/min");
        check(Quantity::Power, 250.0, "250.0 W/min");
        assert_eq!(
            form(Language::Dutch, Letters::All).rate(Quantity::Temperature, 0.8),
            "0,8 °C/min"
        );
    }
}
