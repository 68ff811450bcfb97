//! Why somebody who came by single sign-on was not let in.

use plenum_protocol::Duration;

use super::{ProviderError, TokenError};
use crate::database::DatabaseError;
use crate::people::{PersonNumber, RefusedError};

/// Why not. What it says is for whoever stands there; what they can do about it stands behind the semicolon.
#[derive(Debug, thiserror::Error)]
pub enum SignOnError {
    /// There is none.
    #[error("there is no single sign-on here; log in with name and password")]
    Off,
    /// Too many from one address.
    #[error("too many log-ins were begun from this address: wait {} s", after.milliseconds().div_euclid(1_000) + 1)]
    Locked {
        /// Try again after this.
        after: Duration,
    },
    /// Too many at a time.
    #[error("too many people log in at this moment; try again in a few seconds")]
    Busy,
    /// It never began, came back before, took longer than ten minutes, or began in another browser.
    #[error(
        "this log-in took longer than ten minutes, was used already, or began in another browser or under another address than {}; begin again", home.trim_end_matches(super::HOME)
    )]
    BeginAgain {
        /// Where the provider sends people back to.
        home: String,
    },
    /// The provider let nobody in.
    #[error("the provider did not let you in ({0}); begin again, or ask whoever looks after it")]
    Denied(String),
    /// The provider is down, or answers wrongly.
    #[error("{0}; somebody with a password of Plenum's can log in, and the server's log says more")]
    Provider(#[from] ProviderError),
    /// The provider's token is not one that lets somebody in.
    #[error(
        "the provider's ID token is not valid: {0}; begin again, and tell an administrator if it stays so"
    )]
    Token(#[from] TokenError),
    /// None of their groups is anything here.
    #[error(
        "none of your groups at the provider gives you a role in Plenum; ask whoever looks after the groups"
    )]
    NoRole(Option<PersonNumber>),
    /// Disabled here.
    #[error("an administrator of Plenum has disabled you here; ask them")]
    Disabled(PersonNumber),
    /// The role needs a second factor, and the token shows none.
    #[error(
        "your role in Plenum needs a second factor, and the provider has asked for none; set one up there, then log in again"
    )]
    NoSecondFactor(Option<PersonNumber>),
    /// The claim with the name is missing.
    #[error(
        "the provider does not say what you are called: its ID token has no `{claim}`; tell an administrator (`name_claim` in collector.toml)"
    )]
    NoName {
        /// Which claim it is.
        claim: String,
    },
    /// The name is not accepted.
    #[error("{0}; tell an administrator (`name_claim` in collector.toml)")]
    Refused(RefusedError),
    /// Somebody else has the name.
    #[error(
        "somebody else is called `{taken}` here, or looks like it; ask an administrator (another `name_claim`, such as email, tells them apart)"
    )]
    Taken {
        /// Who has it.
        taken: String,
    },
    /// Nobody here can log in without the provider.
    #[error(
        "Plenum has no administrator with a password yet, who gets in when the provider is down; make one first, with the one-time link of the first start"
    )]
    NoAdministrator,
    /// The database could not.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

/// Why, in a word: for the audit log and for screens in any language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// There is none.
    Off,
    /// Too many at a time, or from one address.
    Wait,
    /// It has to begin again.
    BeginAgain,
    /// The provider did not let them in.
    Denied,
    /// The provider does not answer.
    ProviderSilent,
    /// The provider answers wrongly.
    ProviderWrong,
    /// The provider takes the code for none of its own.
    CodeRefused,
    /// The ID token is not valid.
    Token,
    /// The clocks are apart.
    Clock,
    /// No group gives a role.
    NoRole,
    /// Disabled here.
    Disabled,
    /// Without a second factor.
    NoSecondFactor,
    /// Without a name that can be used.
    NoName,
    /// The name is somebody else's.
    NameTaken,
    /// There is no administrator with a password.
    NoAdministrator,
    /// A fault of ours.
    Failed,
}

impl Reason {
    /// Every reason.
    pub const ALL: [Self; 16] = [
        Self::Off,
        Self::Wait,
        Self::BeginAgain,
        Self::Denied,
        Self::ProviderSilent,
        Self::ProviderWrong,
        Self::CodeRefused,
        Self::Token,
        Self::Clock,
        Self::NoRole,
        Self::Disabled,
        Self::NoSecondFactor,
        Self::NoName,
        Self::NameTaken,
        Self::NoAdministrator,
        Self::Failed,
    ];

    /// The word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Wait => "wait",
            Self::BeginAgain => "begin-again",
            Self::Denied => "denied",
            Self::ProviderSilent => "provider-silent",
            Self::ProviderWrong => "provider-wrong",
            Self::CodeRefused => "code-refused",
            Self::Token => "token",
            Self::Clock => "clock",
            Self::NoRole => "no-role",
            Self::Disabled => "disabled",
            Self::NoSecondFactor => "no-second-factor",
            Self::NoName => "no-name",
            Self::NameTaken => "name-taken",
            Self::NoAdministrator => "no-administrator",
            Self::Failed => "failed",
        }
    }
}

impl SignOnError {
    /// Why, in a word.
    pub const fn reason(&self) -> Reason {
        match self {
            Self::Off => Reason::Off,
            Self::Locked { .. } | Self::Busy => Reason::Wait,
            Self::BeginAgain { .. } => Reason::BeginAgain,
            Self::Denied(_) => Reason::Denied,
            Self::Provider(ProviderError::Silent(_)) => Reason::ProviderSilent,
            Self::Provider(ProviderError::Wrong(_)) => Reason::ProviderWrong,
            Self::Provider(ProviderError::Refused(_)) => Reason::CodeRefused,
            Self::Token(TokenError::Clock { .. }) => Reason::Clock,
            Self::Token(_) => Reason::Token,
            Self::NoRole(_) => Reason::NoRole,
            Self::Disabled(_) => Reason::Disabled,
            Self::NoSecondFactor(_) => Reason::NoSecondFactor,
            Self::NoName { .. } | Self::Refused(_) => Reason::NoName,
            Self::Taken { .. } => Reason::NameTaken,
            Self::NoAdministrator => Reason::NoAdministrator,
            Self::Database(_) => Reason::Failed,
        }
    }

    /// Who it was, where somebody is known here.
    pub const fn person(&self) -> Option<PersonNumber> {
        match self {
            Self::Disabled(person) => Some(*person),
            Self::NoRole(person) | Self::NoSecondFactor(person) => *person,
            _ => None,
        }
    }
}
