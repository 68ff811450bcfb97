//! A moment of a script.

use std::fmt;
use std::str::FromStr;

use plenum_protocol::{Duration, Timestamp};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A moment of a script: after its start (`"90s"`), or an instant (`"2026-06-18T03:12:05Z"`).
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Moment {
    /// After the start.
    After(Duration),
    /// On the wall clock.
    At(Timestamp),
}

impl Moment {
    /// Its instant in a script that starts at `start`.
    pub(super) fn from(self, start: Timestamp) -> Timestamp {
        match self {
            Self::After(duration) => start + duration,
            Self::At(instant) => instant,
        }
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::After(duration) => duration.fmt(formatter),
            Self::At(instant) => instant.fmt(formatter),
        }
    }
}

impl FromStr for Moment {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let after = text.parse().map(Self::After);
        after.or_else(|_| text.parse().map(Self::At)).map_err(|_| {
            format!(
                "`{text}` is not a valid moment: write it after the start as 90s or 5min, or as 2026-06-18T03:12:05Z"
            )
        })
    }
}

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(D::Error::custom)
    }
}
