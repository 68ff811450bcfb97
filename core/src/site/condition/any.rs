//! At least one of several conditions holds.

use serde::{Deserialize, Serialize};

use super::combined::Combined;
use super::{Manual, Part};

/// What people read of it.
pub(super) const MANUAL: Manual = Manual {
    key: "any",
    about: "At least one of the parts holds; true beats unknown beats false. Each part is `above`, `below` or `is` with the keys of those kinds, about the series itself, or about another `quantity` that is looked for as `only_while` looks for it (`within`, `sensor`), as long as that is known; `rises`, `falls` or `forecast` of the series itself; or `any`, `all` or `not` again, at most four deep. A deadband counts while the alarm stands.",
    quantities: "temperature",
    keys: &[],
    example: "[{ above = { limit = 32 } }, { quantity = \"smoke\", within = \"room\", is = { state = true } }]",
};

/// At least one of several conditions holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(from = "Vec<Part>", into = "Vec<Part>")]
pub struct Any(Part);

impl From<Vec<Part>> for Any {
    fn from(parts: Vec<Part>) -> Self {
        Self(Part::Any(parts))
    }
}

impl From<Any> for Vec<Part> {
    fn from(kind: Any) -> Self {
        match kind.0 {
            Part::Any(parts) => parts,
            part => vec![part],
        }
    }
}

impl Combined for Any {
    fn part(&self) -> &Part {
        &self.0
    }
}
