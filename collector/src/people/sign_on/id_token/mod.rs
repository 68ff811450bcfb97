//! The ID token (OpenID Connect Core, 2 and 3.1.3.7): what the provider says of whoever has just logged in there. Pure: text, keys and an instant in, claims or a
//! refusal out.
//!
//! Our own and not a library's: those that check claims ask the system's clock themselves, and what is left of them without is what `ring` does here
//! (docs/decisions/0061-single-sign-on.md).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use plenum_protocol::{Duration, Timestamp};
use serde::Deserialize;
use serde_json::{Map, Value};
use subtle::ConstantTimeEq;

use crate::people::sign_on::keys::{Algorithm, Disbelief, Keys};

/// A token with two hundred groups has some ten thousand.
pub(super) const LONGEST: usize = 64 << 10;
/// What the standard allows a subject.
const LONGEST_SUBJECT: usize = 255;
/// So far the provider's clock and ours may be apart.
pub(super) const SKEW: Duration = Duration::from_minutes(2);

/// What a token has to be.
#[derive(Debug, Clone, Copy)]
pub(super) struct Expected<'a> {
    pub(super) issuer: &'a str,
    pub(super) client: &'a str,
    pub(super) nonce: &'a str,
    /// When the log-in began, by our clock: the token cannot be older.
    pub(super) begun: Timestamp,
    pub(super) now: Timestamp,
}

/// What is believed of a token.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Claims {
    /// Who, for ever and at this issuer alone.
    pub(super) subject: String,
    /// All else that it says of them.
    pub(super) rest: Map<String, Value>,
}

/// Why a token lets nobody in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// It is not three parts of base64url with JSON of the right kinds in them.
    #[error("it cannot be read: {0}")]
    Unreadable(&'static str),
    /// It is not signed, or in a way that is not taken, `none` among them.
    #[error("it is not signed by RS256, ES256 or EdDSA")]
    Algorithm,
    /// It wants something heeded that is not known here, or is a token of another kind.
    #[error("it is of a kind that is not known here")]
    Kind,
    /// The key that it names is not among the provider's.
    #[error("none of the provider's keys is the one that it is signed with")]
    Key,
    /// The signature is not by that key.
    #[error("its signature is wrong")]
    Signature,
    /// Another provider's.
    #[error("it is of another issuer")]
    Issuer,
    /// For another program.
    #[error("it is for another client")]
    Audience,
    /// Of another log-in.
    #[error("it is of another log-in: its nonce is another")]
    Nonce,
    /// Over.
    #[error("it has expired")]
    Expired,
    /// Of a time that the log-in was not at.
    #[error("the provider's clock is about {} min {} the collector's", (ahead.milliseconds().abs() + 30_000) / 60_000, if ahead.milliseconds() > 0 { "ahead of" } else { "behind" })]
    Clock {
        /// How far the provider's clock is ahead of ours.
        ahead: Duration,
    },
}

#[derive(Deserialize)]
struct Header {
    alg: Value,
    kid: Option<String>,
    typ: Option<String>,
    crit: Option<Value>,
}

#[derive(Deserialize)]
struct Written {
    iss: String,
    sub: String,
    aud: Audience,
    azp: Option<String>,
    exp: Seconds,
    iat: Seconds,
    nbf: Option<Seconds>,
    nonce: String,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

/// Seconds since 1970, with a fraction perhaps. A time that is not a number refuses the token instead of counting as none.
#[derive(Clone, Copy, Deserialize)]
struct Seconds(f64);

/// What `token` says, if it is what it has to be.
pub(super) fn check(token: &str, keys: &Keys, expected: Expected<'_>) -> Result<Claims, TokenError> {
    use TokenError as E;
    if token.len() > LONGEST {
        return Err(E::Unreadable("it is too long"));
    }
    let (signed, signature) = token.rsplit_once('.').ok_or(E::Unreadable("it has no parts"))?;
    let (header, payload) = signed.split_once('.').ok_or(E::Unreadable("it has two parts"))?;
    let header: Header = part(header)?;
    let algorithm: Algorithm = serde_json::from_value(header.alg).map_err(|_| E::Algorithm)?;
    let is_of_this_kind = header.typ.is_none_or(|kind| kind.eq_ignore_ascii_case("JWT"));
    if !is_of_this_kind || header.crit.is_some() {
        return Err(E::Kind);
    }
    let signature = decode(signature)?;
    let by = (algorithm, header.kid.as_deref());
    keys.check(by, signed.as_bytes(), &signature)
        .map_err(|disbelief| match disbelief {
            Disbelief::NoKey => E::Key,
            Disbelief::NotSigned => E::Signature,
        })?;
    // From here on it is the provider who speaks.
    let written: Written = part(payload)?;
    written.check(expected)?;
    Ok(Claims {
        subject: written.sub,
        rest: written.rest,
    })
}

impl Written {
    fn check(&self, expected: Expected<'_>) -> Result<(), TokenError> {
        use TokenError as E;
        if self.iss != expected.issuer {
            return Err(E::Issuer);
        }
        let is_ours = |name: &String| name == expected.client;
        let (for_us, for_others) = match &self.aud {
            Audience::One(one) => (is_ours(one), false),
            Audience::Several(several) => (several.iter().any(is_ours), several.len() > 1),
        };
        let by_us = self.azp.as_ref().map_or(!for_others, is_ours);
        if !for_us || !by_us {
            return Err(E::Audience);
        }
        if !bool::from(self.nonce.as_bytes().ct_eq(expected.nonce.as_bytes())) {
            return Err(E::Nonce);
        }
        self.check_times(expected)?;
        let is_subject = !self.sub.is_empty() && self.sub.len() <= LONGEST_SUBJECT;
        match is_subject {
            true => Ok(()),
            false => Err(E::Unreadable("its subject is empty or too long")),
        }
    }

    /// It was made between the beginning of this log-in and now, by clocks that are as far apart as they may be, and has not expired.
    fn check_times(&self, expected: Expected<'_>) -> Result<(), TokenError> {
        let Expected { begun, now, .. } = expected;
        let [issued, expires] = [self.iat, self.exp].map(Seconds::instant);
        let before = self.nbf.map_or(issued, Seconds::instant);
        let latest = issued.max(before);
        if latest > now + SKEW {
            return Err(TokenError::Clock {
                ahead: latest.since(now),
            });
        }
        if issued < begun - SKEW {
            return Err(TokenError::Clock {
                ahead: issued.since(begun),
            });
        }
        match expires <= now - SKEW || expires <= issued {
            true => Err(TokenError::Expired),
            false => Ok(()),
        }
    }
}

impl Seconds {
    /// What no clock shows is as far as one can show: a cast takes the nearest, and of what is not a number 0.
    fn instant(self) -> Timestamp {
        const FURTHEST: f64 = 253_402_300_799.0;
        Timestamp::from_milliseconds((self.0.clamp(-FURTHEST, FURTHEST) * 1_000.0) as i64)
    }
}

fn part<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, TokenError> {
    let unreadable = |_| TokenError::Unreadable("a part of it is not the JSON that it has to be");
    serde_json::from_slice(&decode(text)?).map_err(unreadable)
}

fn decode(text: &str) -> Result<Vec<u8>, TokenError> {
    let decoded = URL_SAFE_NO_PAD.decode(text);
    decoded.map_err(|_| TokenError::Unreadable("a part of it is not base64url"))
}

#[cfg(test)]
mod tests;
