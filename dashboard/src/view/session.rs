//! Who is logged in, and what logs in.

use plenum_core::{authority, text};
use plenum_protocol::Identifier;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::schema;
use super::words::words;

words! {
    /// What somebody may do.
    Role {
        /// Everything.
        Administrator = "administrator",
    }
}

words! {
    /// The language of the site's screens and messages.
    Language {
        /// English.
        English = "en",
        /// Dutch.
        Dutch = "nl",
    }
}

/// Who is logged in, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Session {
    /// The person or program that asks.
    pub user: User,
    /// The site that this server watches.
    pub site: SiteName,
    /// This is the demonstration.
    pub demo: bool,
    /// The program's version.
    pub version: String,
}

/// A person with an account or a program with a token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct User {
    /// The name that logs and acknowledgements carry.
    pub name: String,
    /// What they may do.
    pub role: Role,
}

/// The site's name and how its screens are written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SiteName {
    /// The first part of every series.
    #[schema(value_type = schema::Identifier)]
    pub id: Identifier,
    /// Its name on screens.
    pub name: String,
    /// IANA time zone of its screens.
    pub zone: String,
    /// The language of its screens.
    pub language: Language,
}

/// A name and its password.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LogIn {
    /// The account's name.
    pub name: String,
    /// Its password.
    #[schema(format = Password)]
    pub password: String,
}

/// What makes the administrator's account.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct First {
    /// The one-time token that the first start printed.
    pub token: String,
    /// The account's name.
    pub name: String,
    /// Its password, 12 characters at least.
    #[schema(format = Password, min_length = 12)]
    pub password: String,
}

impl From<authority::Role> for Role {
    fn from(role: authority::Role) -> Self {
        match role {
            authority::Role::Administrator => Self::Administrator,
        }
    }
}

impl From<Language> for text::Language {
    fn from(language: Language) -> Self {
        match language {
            Language::English => Self::English,
            Language::Dutch => Self::Dutch,
        }
    }
}

impl From<text::Language> for Language {
    fn from(language: text::Language) -> Self {
        match language {
            text::Language::English => Self::English,
            text::Language::Dutch => Self::Dutch,
        }
    }
}
