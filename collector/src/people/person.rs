//! A person: a name, a role, a scope, and whether they may log in.

use plenum_core::authority::{Role, Scope};
use plenum_protocol::Timestamp;

/// A person's number for ever; a name may change, this does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PersonNumber(pub i64);

/// Somebody who may log in, or might.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// For ever.
    pub number: PersonNumber,
    /// The name that they log in with, and that logs and acknowledgements carry.
    pub name: String,
    /// What they are here.
    pub role: Role,
    /// To what they are limited.
    pub scope: Scope,
    /// When they were invited.
    pub created_at: Timestamp,
    /// Since when they may not log in; none for those who may.
    pub disabled_at: Option<Timestamp>,
    /// They have set a password.
    pub has_password: bool,
    /// Their log-in asks for a code beside the password.
    pub has_second_factor: bool,
    /// The issuer by whose single sign-on they come; none for who has a password here, or will have one.
    pub signs_on_at: Option<String>,
}

impl Person {
    /// Whether they may log in.
    pub fn can_log_in(&self) -> bool {
        self.disabled_at.is_none() && (self.has_password || self.signs_on_at.is_some())
    }
}

/// Somebody who is invited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPerson {
    /// The name that they will log in with.
    pub name: String,
    /// What they are here.
    pub role: Role,
    /// To what they are limited.
    pub scope: Scope,
}

/// What changes of a person; what is absent stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PersonChange {
    /// What they are from now on.
    pub role: Option<Role>,
    /// To what they are limited from now on.
    pub scope: Option<Scope>,
    /// Whether they may log in.
    pub enabled: Option<bool>,
}
