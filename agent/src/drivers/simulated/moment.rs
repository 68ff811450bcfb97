//! A moment of a script.

use std::fmt;
use std::str::FromStr;

use plenum_protocol::{Duration, Timestamp};
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

plenum_protocol::as_text!(Moment);
