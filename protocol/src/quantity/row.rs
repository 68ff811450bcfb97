//! A row of the table of quantities, and the words that it is written with.

use super::{Kind, Language, Urgency};

/// What is known of a quantity.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Row {
    pub(super) name: &'static str,
    pub(super) unit: &'static str,
    pub(super) plausible: (f64, f64),
    pub(super) urgency: Urgency,
    pub(super) kind: Kind,
    pub(super) shown: Shown,
    pub(super) flag: bool,
    pub(super) in_a_sentence: &'static str,
    pub(super) names: [&'static str; Language::ALL.len()],
    pub(super) states: [[&'static str; 2]; Language::ALL.len()],
}

/// How people write a number of a quantity: 0.0004 is `400 ppm`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shown {
    /// The unit's word: `°C`; empty for a boolean.
    pub unit: &'static str,
    /// What a number in the SenML unit is multiplied by.
    pub factor: f64,
    /// Decimals that a usual sensor's number is worth.
    pub decimals: usize,
}

/// A number: its name, its SenML unit, its plausible range in that unit, and how it is shown. A change travels with its poll.
pub(super) const fn number(
    name: &'static str,
    unit: &'static str,
    plausible: (f64, f64),
    shown: Shown,
) -> Row {
    Row {
        name,
        unit,
        plausible,
        urgency: Urgency::Routine,
        kind: Kind::Number,
        shown,
        flag: false,
        in_a_sentence: "",
        names: [""; Language::ALL.len()],
        states: [[""; 2]; Language::ALL.len()],
    }
}

/// A state of two values: its name, and what false and true are called in each language. A change travels at once.
pub(super) const fn boolean(name: &'static str, english: [&'static str; 2], dutch: [&'static str; 2]) -> Row {
    Row {
        urgency: Urgency::Urgent,
        kind: Kind::Boolean,
        states: [english, dutch],
        ..number(name, "", (0.0, 1.0), shown("", 1.0, 0))
    }
}

/// A boolean that a device says of itself and whose alarm is named after it: a message does not say its state a second time.
pub(super) const fn flag(name: &'static str, english: [&'static str; 2], dutch: [&'static str; 2]) -> Row {
    Row {
        flag: true,
        ..boolean(name, english, dutch)
    }
}

/// How a number is shown: the unit's word, the factor from the SenML unit, the decimals.
pub(super) const fn shown(unit: &'static str, factor: f64, decimals: usize) -> Shown {
    Shown {
        unit,
        factor,
        decimals,
    }
}

impl Row {
    /// What people call it: in a sentence of a message, and on the screens of each language.
    pub(super) const fn called(
        self,
        in_a_sentence: &'static str,
        english: &'static str,
        dutch: &'static str,
    ) -> Self {
        Self {
            in_a_sentence,
            names: [english, dutch],
            ..self
        }
    }

    /// A boolean whose change is not urgent.
    pub(super) const fn routine(self) -> Self {
        Self {
            urgency: Urgency::Routine,
            ..self
        }
    }
}
