//! Who asks, by number: a name may change, and whoever reads an old line looks it up.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Who did, read or was refused something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Principal {
    /// Whoever was not known: a log-in that failed under a name that nobody has.
    Nobody,
    /// The monitor itself.
    Monitor,
    /// A person, by their number.
    Person(i64),
    /// A program with a token, by the token's number.
    Program(i64),
}

/// Text that names nobody whom this program knows: a later one's, perhaps.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a valid principal")]
pub struct PrincipalError(String);

impl fmt::Display for Principal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nobody => formatter.write_str("nobody"),
            Self::Monitor => formatter.write_str("plenum"),
            Self::Person(number) => write!(formatter, "person:{number}"),
            Self::Program(number) => write!(formatter, "program:{number}"),
        }
    }
}

impl FromStr for Principal {
    type Err = PrincipalError;
    fn from_str(text: &str) -> Result<Self, PrincipalError> {
        let numbered = |kind: &str| text.strip_prefix(kind)?.parse().ok();
        match text {
            "nobody" => return Ok(Self::Nobody),
            "plenum" => return Ok(Self::Monitor),
            _ => {}
        }
        let person = numbered("person:").map(Self::Person);
        let found = person.or_else(|| numbered("program:").map(Self::Program));
        found.ok_or_else(|| PrincipalError(text.chars().take(80).collect()))
    }
}

impl TryFrom<String> for Principal {
    type Error = PrincipalError;
    fn try_from(text: String) -> Result<Self, PrincipalError> {
        text.parse()
    }
}

impl From<Principal> for String {
    fn from(principal: Principal) -> Self {
        principal.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_principal_is_read_as_it_is_written() {
        for (principal, text) in [
            (Principal::Nobody, "nobody"),
            (Principal::Monitor, "plenum"),
            (Principal::Person(3), "person:3"),
            (Principal::Program(12), "program:12"),
        ] {
            assert_eq!(
                (principal.to_string().as_str(), text.parse()),
                (text, Ok(principal))
            );
        }
        for other in ["", "anna", "person:", "person:anna", "agent:1"] {
            assert!(other.parse::<Principal>().is_err(), "{other}");
        }
    }
}
