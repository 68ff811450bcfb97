//! The second factor: what a right password is answered with, what a phone is given, and how it stands.

use plenum_collector::people::{self, Seed};
use plenum_protocol::Timestamp;
use qrcode::render::svg;
use qrcode::types::QrError;
use qrcode::{EcLevel, QrCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::words::words;

words! {
    /// How somebody's second factor stands.
    SecondFactorStand {
        /// They have none, and need none.
        Off = "off",
        /// Their log-in asks for a code.
        On = "on",
        /// Their role needs one, and they have none: they may set it up and nothing else.
        Missing = "missing",
    }
}

/// What a right password is answered with where a code is owed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Challenge {
    /// What to give back with the code.
    pub challenge: String,
    /// Until when it is taken: five minutes.
    #[schema(value_type = String, format = DateTime)]
    pub expires_at: Timestamp,
}

/// The second step of a log-in.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EnterCode {
    /// What the first step was answered with.
    pub challenge: String,
    /// The six digits that the phone shows, or a recovery code.
    pub code: String,
}

/// How one's own second factor stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SecondFactor {
    /// How it stands.
    pub stands: SecondFactorStand,
    /// Since when it is on; null where it is not.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub since: Option<Timestamp>,
    /// How many recovery codes were not used.
    pub recovery_codes: u32,
}

/// One's own password, once more.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OwnPassword {
    /// It.
    #[schema(format = Password)]
    pub password: String,
}

/// What a phone is to know. It is shown this once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NewSecondFactor {
    /// To type into an authenticator app: base32 in groups of four.
    pub secret: String,
    /// The same as the app reads it: `otpauth://totp/...`.
    pub uri: String,
    /// The same as a picture to be photographed: an SVG document, black on white.
    pub qr: String,
}

/// The code that a phone shows.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Code {
    /// Six digits.
    pub code: String,
}

/// What shows that it is really oneself.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasswordAndCode {
    /// One's password.
    #[schema(format = Password)]
    pub password: String,
    /// The six digits that the phone shows, or a recovery code.
    pub code: String,
}

/// Recovery codes, shown this once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RecoveryCodes {
    /// Ten, each good once.
    pub codes: Vec<String>,
}

impl NewSecondFactor {
    /// Of a seed, with what the app shows beside the code.
    pub(crate) fn of(seed: &Seed, issuer: &str, account: &str) -> Result<Self, QrError> {
        let uri = seed.uri(issuer, account);
        // A screen has no scratches: the least correction gives the largest squares.
        let code = QrCode::with_error_correction_level(&uri, EcLevel::L)?;
        let text = seed.to_string();
        let groups: Vec<&str> = (0..text.len())
            .step_by(4)
            .map(|at| &text[at..(at + 4).min(text.len())])
            .collect();
        Ok(Self {
            secret: groups.join(" "),
            qr: code.render::<svg::Color<'_>>().min_dimensions(200, 200).build(),
            uri,
        })
    }
}

impl From<people::SecondFactor> for SecondFactorStand {
    fn from(stands: people::SecondFactor) -> Self {
        match stands {
            people::SecondFactor::Off => Self::Off,
            people::SecondFactor::On => Self::On,
            people::SecondFactor::Missing => Self::Missing,
        }
    }
}

impl From<people::SecondFactorState> for SecondFactor {
    fn from(state: people::SecondFactorState) -> Self {
        Self {
            stands: state.stands.into(),
            since: state.since,
            recovery_codes: u32::try_from(state.recovery_codes).unwrap_or(u32::MAX),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_secret_is_in_groups_and_the_picture_is_a_document() {
        let seed = Seed::read("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ").unwrap();
        let view = NewSecondFactor::of(&seed, "Plenum Zaandam", "anna").unwrap();
        assert_eq!(view.secret, "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ");
        assert_eq!(Seed::read(&view.secret), Some(seed.clone()));
        assert!(
            view.qr.contains("<svg") && view.qr.ends_with("</svg>"),
            "{}",
            view.qr
        );
        // The longest names there are.
        let long = "🔥".repeat(64);
        assert!(NewSecondFactor::of(&seed, &long[..47 * 4], &long).is_ok());
    }
}
