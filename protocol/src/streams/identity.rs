//! Names of streams and of databases: opaque texts that are drawn at random once and compared for ever after.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// A text that is not a valid name of a stream or database.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a valid name of a stream or database: 1 to 64 letters, digits and hyphens are allowed")]
pub struct NameError(pub String);

fn is_valid(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    (1..=64).contains(&text.len()) && text.bytes().all(allowed)
}

macro_rules! opaque {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = NameError;
            fn from_str(text: &str) -> Result<Self, NameError> {
                if is_valid(text) {
                    Ok(Self(text.into()))
                } else {
                    Err(NameError(text.chars().take(80).collect()))
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&self.0)
            }
        }

        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        $crate::as_text!($name);
    };
}

opaque! {
    /// A stream of batches: drawn at random at every start of an agent and never used again. Cheap to clone.
    StreamId
}

opaque! {
    /// A collector's database: a UUID, drawn when it is made and again when a backup is restored.
    DatabaseId
}

impl StreamId {
    /// The stream that a random number names, as 16 hexadecimal digits.
    pub fn from_random(number: u64) -> Self {
        Self(format!("{number:016x}").into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_texts_are_names() {
        let stream = StreamId::from_random(0xab);
        assert_eq!(stream.as_str(), "00000000000000ab");
        assert_eq!(stream.as_str().parse(), Ok(stream));
        assert!(
            "0190a6b0-5b1c-7e55-a5d0-0123456789ab"
                .parse::<DatabaseId>()
                .is_ok()
        );
        for bad in ["", "a b", "a/b", "é", &"x".repeat(65)] {
            assert!(bad.parse::<StreamId>().is_err(), "{bad}");
        }
    }
}
