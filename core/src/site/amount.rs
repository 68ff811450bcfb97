//! An amount in configuration: a number in the quantity's unit, or text with a unit: `"27 Cel"`, `"80 %"`, `"5 min"`.

use std::fmt;

use plenum_protocol::Quantity;
use serde::Deserializer;
use serde::de::{Error, Visitor};

/// Splits `"27 Cel"` into the number and the unit's word.
pub fn split(text: &str) -> Option<(f64, &str)> {
    let text = text.trim();
    let end = text
        .find(|character: char| !(character.is_ascii_digit() || matches!(character, '.' | '-' | '+')))
        .unwrap_or(text.len());
    let number: f64 = text[..end].parse().ok()?;
    number.is_finite().then(|| (number, text[end..].trim()))
}

/// A number with this unit's word in the SenML unit. Shares are divided, so that 80 % is exactly 0.8.
fn convert(number: f64, unit: &str) -> f64 {
    match unit {
        "%" => number / 100.0,
        "ppm" => number / 1e6,
        "ms" => number / 1e3,
        "min" => number * 60.0,
        "h" => number * 3_600.0,
        "kW" | "kVA" | "kPa" => number * 1_000.0,
        _ => number,
    }
}

/// What was meant by an amount that is written as elsewhere in the world: what is wrong, and what to write.
fn meant(text: &str) -> Option<String> {
    let with_point = text.replace(',', ".");
    if with_point != text && parse(&with_point).is_some() {
        return Some(format!("has a decimal comma: write \"{with_point}\""));
    }
    let (number, unit) = split(text)?;
    let is_fahrenheit = ["F", "\u{b0}F", "degF", "Fahrenheit"]
        .iter()
        .any(|word| word.eq_ignore_ascii_case(unit));
    is_fahrenheit.then(|| {
        let (celsius, kelvin) = ((number - 32.0) / 1.8, number / 1.8);
        format!("is in Fahrenheit: write \"{celsius:.1} Cel\", or \"{kelvin:.1} K\" if it is a difference")
    })
}

/// The number in the SenML unit.
pub fn parse(text: &str) -> Option<f64> {
    split(text).map(|(number, unit)| convert(number, unit))
}

/// The words that may stand behind an amount of this quantity; the first is the one to suggest.
pub fn units(quantity: Quantity) -> &'static [&'static str] {
    match quantity.unit() {
        "Cel" => &["Cel", "C", "K"],
        "/" => &["%", "ppm", "/"],
        "EL" | "s" => &["min", "s", "ms", "h", "EL"],
        "Pa" => &["Pa", "kPa"],
        "W" => &["W", "kW"],
        "VA" => &["VA", "kVA"],
        _ => quantity.units(),
    }
}

/// For `#[serde(deserialize_with)]`: a number, or text with a unit.
pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    struct Amount;
    impl Visitor<'_> for Amount {
        type Value = f64;
        fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("a number in the quantity's unit, or text with a unit as \"27 Cel\"")
        }
        fn visit_f64<E: Error>(self, value: f64) -> Result<f64, E> {
            if value.is_finite() {
                Ok(value)
            } else {
                Err(E::custom("an amount must be a finite number"))
            }
        }
        fn visit_i64<E: Error>(self, value: i64) -> Result<f64, E> {
            Ok(value as f64)
        }
        fn visit_u64<E: Error>(self, value: u64) -> Result<f64, E> {
            Ok(value as f64)
        }
        fn visit_str<E: Error>(self, text: &str) -> Result<f64, E> {
            match meant(text) {
                Some(words) => Err(E::custom(format!("`{text}` {words}"))),
                None => parse(text).ok_or_else(|| {
                    E::custom(format!(
                        "`{text}` is not a valid amount: write a number with a unit, as in \"27 Cel\""
                    ))
                }),
            }
        }
    }
    deserializer.deserialize_any(Amount)
}

/// The same for a key that may be absent.
pub(crate) fn maybe<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    deserialize(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_in_the_senml_unit() {
        for (text, expected) in [
            ("27 Cel", Some(27.0)),
            ("-12Cel", Some(-12.0)),
            ("80 %", Some(0.8)),
            ("80 %RH", Some(80.0)),
            ("5 min", Some(300.0)),
            ("400 ppm", Some(0.0004)),
            ("3", Some(3.0)),
            ("warm", None),
            ("", None),
            ("1.2.3 V", None),
        ] {
            assert_eq!(parse(text), expected, "{text}");
        }
    }

    #[test]
    fn every_number_has_a_unit_to_suggest() {
        for quantity in Quantity::ALL {
            assert_eq!(
                units(*quantity).is_empty(),
                quantity.unit().is_empty(),
                "{quantity}"
            );
        }
    }
}
