//! The languages in which this program speaks, and in which a quantity therefore has words.

use serde::{Deserialize, Serialize};

/// A language of screens, messages and reports.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Language {
    /// English.
    #[default]
    #[serde(rename = "en")]
    English,
    /// Dutch.
    #[serde(rename = "nl")]
    Dutch,
}

impl Language {
    /// Every language, in the order of a row's words.
    pub const ALL: [Self; 2] = [Self::English, Self::Dutch];

    /// Its code by ISO 639-1, as in configuration and in the API.
    pub const fn code(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Dutch => "nl",
        }
    }
}
