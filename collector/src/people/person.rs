//! A person: a name, a role, a scope, and whether they may log in.

use plenum_core::authority::{Role, Scope};
use plenum_protocol::Timestamp;
use serde::{Deserialize, Serialize};

/// A person's number for ever; a name may change, this does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PersonNumber(pub i64);

/// Somebody who may log in or is written to, or both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// For ever.
    pub number: PersonNumber,
    /// The name that they log in with; the site has them under the same, as their identifier there.
    pub name: String,
    /// What they are called; none where that is what the site says, or else the name that they log in with.
    pub full_name: Option<String>,
    /// What they are here.
    pub role: Role,
    /// To what they are limited.
    pub scope: Scope,
    /// They were invited: whoever is only written to was not, and has no log-in.
    pub logs_in: bool,
    /// When they became known.
    pub created_at: Timestamp,
    /// Since when they may not log in; none for those who may.
    pub disabled_at: Option<Timestamp>,
    /// When they were erased: all that is left of them is their number.
    pub erased_at: Option<Timestamp>,
    /// Where they are reached, as it was set for them; before what collector.toml says.
    pub reached: Vec<Reached>,
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

/// Where somebody is reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reached {
    /// The key of the kind of channel: `email`.
    pub kind: String,
    /// The address.
    pub address: String,
}

/// By whom somebody is known at the provider of single sign-on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedOn {
    /// The provider's name for itself.
    pub issuer: String,
    /// Its name for them.
    pub subject: String,
    /// When they last came so.
    pub last_at: Timestamp,
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
    /// What they are called from now on; empty for what the site says.
    pub full_name: Option<String>,
    /// Where they are reached from now on, by the kinds that are named; an empty address takes one away.
    pub reached: Vec<Reached>,
}
