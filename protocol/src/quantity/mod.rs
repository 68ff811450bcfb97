//! What is measured: each quantity with its SenML unit (RFC 8428 and IANA), its kind, its plausible range and its words.
//! Its row in `table.rs` says all of it.

mod language;
mod row;
mod table;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::config_error::{nearest, with_suggestion};

pub use language::Language;
pub use row::Shown;
pub use table::Quantity;

/// Whether a quantity is a number or a state of two values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A number in the quantity's unit, sent as SenML `v`.
    Number,
    /// True or false, sent as SenML `vb` and kept as 1 and 0.
    Boolean,
}

/// How a change travels: at once in the urgent stream, or with its poll.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Urgency {
    /// Sent when it changes, ahead of everything else.
    Urgent,
    /// Sent with its poll.
    Routine,
}

/// An unknown quantity's name, and what to write instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{name}` is not a valid quantity")]
pub struct QuantityError {
    name: String,
}

impl QuantityError {
    /// The name that was probably meant, or where all of them stand. Compares with every name, so it waits until somebody asks:
    /// a message may hold thousands of bad records.
    pub fn suggestion(&self) -> String {
        let names = Quantity::ALL.iter().map(|quantity| quantity.as_str());
        match nearest(&self.name, names) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => "docs/reference/configuration.md lists the quantities".to_owned(),
        }
    }
}

impl Quantity {
    const fn row(self) -> &'static row::Row {
        &table::ROWS[self as usize]
    }

    /// The name on the wire, in configuration and in JSON.
    pub const fn as_str(self) -> &'static str {
        self.row().name
    }

    /// The SenML unit; empty for a boolean.
    pub const fn unit(self) -> &'static str {
        self.row().unit
    }

    /// The SenML unit as a list of one; empty for a boolean.
    pub fn units(self) -> &'static [&'static str] {
        match self.kind() {
            Kind::Number => std::slice::from_ref(&self.row().unit),
            Kind::Boolean => &[],
        }
    }

    /// Number or boolean.
    pub const fn kind(self) -> Kind {
        self.row().kind
    }

    /// The least and the greatest value that a working sensor can mean, in the unit.
    /// What lies outside is the fault `out-of-range`.
    pub const fn plausible(self) -> (f64, f64) {
        self.row().plausible
    }

    /// Whether a change is sent ahead of routine readings.
    pub const fn urgency(self) -> Urgency {
        self.row().urgency
    }

    /// How people write a number of it.
    pub const fn shown(self) -> Shown {
        self.row().shown
    }

    /// Whether an alarm about it is named after it, so that its state need not be said beside the alarm's name: `ups-on-battery`.
    pub const fn is_flag(self) -> bool {
        self.row().flag
    }

    /// Its English name within a sentence: `battery charge`.
    pub const fn in_a_sentence(self) -> &'static str {
        self.row().in_a_sentence
    }

    /// Its name on screens: `Charge`.
    pub const fn name(self, language: Language) -> &'static str {
        self.row().names[language as usize]
    }

    /// What a boolean's state is called, as `no smoke`; empty for a number.
    pub const fn state(self, language: Language, holds: bool) -> &'static str {
        self.row().states[language as usize][holds as usize]
    }

    /// Checks a number: within the plausible range, finite, and 0 or 1 for a boolean.
    pub fn accepts(self, value: f64) -> bool {
        let (low, high) = self.plausible();
        match self.kind() {
            Kind::Number => value.is_finite() && (low..=high).contains(&value),
            Kind::Boolean => value == 0.0 || value == 1.0,
        }
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl FromStr for Quantity {
    type Err = QuantityError;
    fn from_str(text: &str) -> Result<Self, QuantityError> {
        Self::ALL
            .iter()
            .copied()
            .find(|quantity| quantity.as_str() == text)
            .ok_or_else(|| QuantityError {
                name: text.chars().take(80).collect(),
            })
    }
}

impl Serialize for Quantity {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Quantity {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(|error: QuantityError| {
                serde::de::Error::custom(with_suggestion(&error, error.suggestion()))
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back_and_are_identifiers() {
        for quantity in Quantity::ALL {
            assert_eq!(quantity.as_str().parse(), Ok(*quantity));
            assert!(crate::Identifier::is_valid(quantity.as_str()));
            assert_eq!(quantity.unit().is_empty(), quantity.kind() == Kind::Boolean);
        }
    }

    #[test]
    fn every_row_is_whole() {
        for quantity in Quantity::ALL {
            let number = quantity.kind() == Kind::Number;
            let (low, high) = quantity.plausible();
            let shown = quantity.shown();
            assert!(low < high && shown.factor > 0.0, "{quantity}");
            assert_eq!(shown.unit.is_empty(), !number, "{quantity}");
            assert!(!quantity.in_a_sentence().is_empty(), "{quantity}");
            for language in Language::ALL {
                assert!(!quantity.name(language).is_empty(), "{quantity}");
                for holds in [false, true] {
                    assert_eq!(quantity.state(language, holds).is_empty(), number, "{quantity}");
                }
            }
        }
    }

    #[test]
    fn implausible_values_are_refused() {
        assert!(Quantity::Temperature.accepts(-40.0));
        assert!(!Quantity::Temperature.accepts(f64::NAN));
        assert!(!Quantity::Humidity.accepts(100.1));
        assert!(!Quantity::Smoke.accepts(0.5));
    }
}
