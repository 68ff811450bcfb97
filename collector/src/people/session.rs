//! A session: a browser in which somebody is logged in.

use plenum_protocol::Timestamp;

use super::secret::Fingerprint;
use super::{Identity, PersonNumber};

/// A session that has just begun.
#[derive(Debug)]
pub struct NewSession {
    /// Who has logged in.
    pub identity: Identity,
    /// What the cookie carries; it is stored nowhere.
    pub secret: String,
}

/// What a right password is answered with.
#[derive(Debug)]
pub enum Entry {
    /// They are in.
    In(NewSession),
    /// A code is owed: the second factor is on.
    Owed(Challenge),
}

/// What stands for a right password until the code has come.
#[derive(Debug)]
pub struct Challenge {
    /// Whose password it was.
    pub person: PersonNumber,
    /// What is given back with the code; it is stored nowhere.
    pub secret: String,
    /// Until when.
    pub expires_at: Timestamp,
}

/// A session as its owner sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// What it is called.
    pub name: SessionName,
    /// When they logged in.
    pub begun_at: Timestamp,
    /// When it was last used, to a minute.
    pub used_at: Timestamp,
}

/// What a session is called where it is listed: the beginning of its secret's hash, from which nobody finds the secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionName(String);

impl SessionName {
    pub(super) fn of(fingerprint: &Fingerprint) -> Self {
        Self(hex::encode(&fingerprint[..8]))
    }

    /// The name of the session with this secret.
    pub fn of_secret(secret: &str) -> Self {
        Self::of(&super::secret::fingerprint(secret))
    }

    /// The name that somebody gave; one that is none names nothing.
    pub fn given(name: &str) -> Self {
        Self(name.to_owned())
    }

    /// As text: 16 hexadecimal digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
