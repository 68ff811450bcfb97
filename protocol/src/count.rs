//! Numbers on the wire that count or number something: `seq`, `first`, `last`, `to_seq`, `connection`, `through`.
//!
//! They are at most 2^53, which every JSON reader keeps exactly and every database holds; a larger one is unreadable, at the door. Behind it
//! nobody needs to mind that one more than a number may not be a number.

use serde::{Deserialize, Deserializer};

/// The largest: 2^53.
pub const MOST: u64 = 1 << 53;

/// Reads such a number from a JSON payload, for `deserialize_with`.
///
/// # Errors
/// It is not a whole number from 0 to 2^53.
pub fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    Count::deserialize(deserializer).map(Count::get)
}

/// Such a number as text, as user properties have it.
pub fn parse(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|number| digits && *number <= MOST)
}

/// A number that was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "u64")]
pub struct Count(u64);

/// It is larger than 2^53.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0} is larger than 2^53 (9007199254740992)")]
pub struct CountError(u64);

impl Count {
    /// The number.
    pub const fn get(self) -> u64 {
        self.0
    }
}

impl TryFrom<u64> for Count {
    type Error = CountError;
    fn try_from(number: u64) -> Result<Self, CountError> {
        if number <= MOST {
            Ok(Self(number))
        } else {
            Err(CountError(number))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_count_stays_outside() {
        for (text, expected) in [
            ("0", Some(0)),
            ("9007199254740992", Some(MOST)),
            ("9007199254740993", None),
            ("9223372036854775808", None),
            ("18446744073709551615", None),
            ("18446744073709551616", None),
            ("-1", None),
            ("+1", None),
            ("1.0", None),
            ("", None),
        ] {
            assert_eq!(parse(text), expected, "{text}");
            let json: Option<u64> = serde_json::from_str::<Count>(text).ok().map(Count::get);
            assert_eq!(json, expected, "{text}");
        }
        for text in ["1e308", "1.5", "\"1\"", "null"] {
            assert!(serde_json::from_str::<Count>(text).is_err(), "{text}");
        }
    }
}
