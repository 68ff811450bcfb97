//! All of several conditions hold.

use serde::{Deserialize, Serialize};

use super::combined::Combined;
use super::{Manual, Part};

/// What people read of it.
pub(super) const MANUAL: Manual = Manual {
    key: "all",
    about: "All parts hold; false beats unknown beats true. The parts are those of `any`.",
    quantities: "temperature",
    keys: &[],
    example: "[{ above = { limit = 27 } }, { quantity = \"ups-on-battery\", within = \"room\", is = { state = true } }]",
};

/// All of several conditions hold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(from = "Vec<Part>", into = "Vec<Part>")]
pub struct All(Part);

impl From<Vec<Part>> for All {
    fn from(parts: Vec<Part>) -> Self {
        Self(Part::All(parts))
    }
}

impl From<All> for Vec<Part> {
    fn from(kind: All) -> Self {
        match kind.0 {
            Part::All(parts) => parts,
            part => vec![part],
        }
    }
}

impl Combined for All {
    fn part(&self) -> &Part {
        &self.0
    }
}
