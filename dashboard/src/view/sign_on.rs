//! Single sign-on: its button, where a browser goes, what it comes back with, and why that let nobody in.

use plenum_collector::people;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::words::words;

words! {
    /// Why single sign-on did not let somebody in.
    SignOnReason {
        /// There is none.
        Off = "off",
        /// Too many at a time, or from one address.
        Wait = "wait",
        /// It took too long, was used, or began in another browser.
        BeginAgain = "begin-again",
        /// The provider did not let them in.
        Denied = "denied",
        /// The provider does not answer.
        ProviderSilent = "provider-silent",
        /// The provider answers wrongly.
        ProviderWrong = "provider-wrong",
        /// The provider gives nothing for the code.
        CodeRefused = "code-refused",
        /// The ID token is not valid.
        Token = "token",
        /// The provider's clock and the collector's are apart.
        Clock = "clock",
        /// No group gives a role.
        NoRole = "no-role",
        /// An administrator has disabled them.
        Disabled = "disabled",
        /// Their role needs a second factor, and the provider asked for none.
        NoSecondFactor = "no-second-factor",
        /// The provider does not say a name that can be used.
        NoName = "no-name",
        /// Somebody else has the name.
        NameTaken = "name-taken",
        /// There is no administrator with a password yet.
        NoAdministrator = "no-administrator",
        /// A fault of the server.
        Failed = "failed",
    }
}

/// Whether there is single sign-on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SignOnButton {
    /// What its button says behind "Log in with"; null where there is none.
    pub button: Option<String>,
}

/// A log-in that goes to the provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SignOnBegun {
    /// Where the browser is to go.
    pub address: String,
}

/// Somebody logged out here who came by single sign-on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LoggedOut {
    /// Where the browser is to go to log out at the provider.
    pub address: String,
}

/// What a browser comes back with from the provider: the parameters of the address.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignOnBack {
    /// What it went with.
    pub state: String,
    /// What the provider gave it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Why the provider gave it nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Who the provider says that it is (RFC 9207).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iss: Option<String>,
}

impl From<people::Reason> for SignOnReason {
    fn from(reason: people::Reason) -> Self {
        use people::Reason as R;
        match reason {
            R::Off => Self::Off,
            R::Wait => Self::Wait,
            R::BeginAgain => Self::BeginAgain,
            R::Denied => Self::Denied,
            R::ProviderSilent => Self::ProviderSilent,
            R::ProviderWrong => Self::ProviderWrong,
            R::CodeRefused => Self::CodeRefused,
            R::Token => Self::Token,
            R::Clock => Self::Clock,
            R::NoRole => Self::NoRole,
            R::Disabled => Self::Disabled,
            R::NoSecondFactor => Self::NoSecondFactor,
            R::NoName => Self::NoName,
            R::NameTaken => Self::NameTaken,
            R::NoAdministrator => Self::NoAdministrator,
            R::Failed => Self::Failed,
        }
    }
}
