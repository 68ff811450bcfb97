//! Identifiers of sites, rooms, agents and sensors: `[a-z0-9][a-z0-9-]{0,62}`, safe in topics, paths and URLs.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// A checked name; cheap to clone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Identifier(Arc<str>);

/// Why a text is not a valid identifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a valid identifier: use 1 to 63 small letters, digits and hyphens, beginning with a letter or digit"
)]
pub struct IdentifierError(pub String);

impl Identifier {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Checks a text without keeping it.
    pub fn is_valid(text: &str) -> bool {
        let bytes = text.as_bytes();
        let allowed = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || *byte == b'-';
        (1..=63).contains(&bytes.len()) && bytes[0] != b'-' && bytes.iter().all(allowed)
    }
}

impl FromStr for Identifier {
    type Err = IdentifierError;
    fn from_str(text: &str) -> Result<Self, IdentifierError> {
        if Self::is_valid(text) {
            Ok(Self(text.into()))
        } else {
            Err(IdentifierError(text.chars().take(80).collect()))
        }
    }
}

impl fmt::Display for Identifier {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl fmt::Debug for Identifier {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl AsRef<str> for Identifier {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl std::borrow::Borrow<str> for Identifier {
    fn borrow(&self) -> &str {
        &self.0
    }
}

crate::as_text!(Identifier);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_safe_names_pass() {
        for good in ["a", "0", "pi-a1", "inlet-a3", &"x".repeat(63)] {
            assert!(good.parse::<Identifier>().is_ok(), "{good}");
        }
        for bad in ["", "-a", "A", "a/b", "a+", "a b", "é", &"x".repeat(64)] {
            assert!(bad.parse::<Identifier>().is_err(), "{bad}");
        }
    }
}
