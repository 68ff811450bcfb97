//! A condition does not hold.

use serde::{Deserialize, Serialize};

use super::combined::Combined;
use super::{Manual, Part};

/// What people read of it.
pub(super) const MANUAL: Manual = Manual {
    key: "not",
    about: "The part does not hold; what is unknown stays so. The part is one of those of `any`.",
    quantities: "temperature",
    keys: &[],
    example: "{ any = [{ below = { limit = 20 } }, { above = { limit = 25, deadband = 1 } }] }",
};

/// A condition does not hold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(from = "Box<Part>", into = "Box<Part>")]
pub struct Not(Part);

impl From<Box<Part>> for Not {
    fn from(parts: Box<Part>) -> Self {
        Self(Part::Not(parts))
    }
}

impl From<Not> for Box<Part> {
    fn from(kind: Not) -> Self {
        match kind.0 {
            Part::Not(parts) => parts,
            part => Box::new(part),
        }
    }
}

impl Combined for Not {
    fn part(&self) -> &Part {
        &self.0
    }
}
