//! A token: the key of a program that uses the API.

use plenum_core::authority::{Actor, Role, Scope};
use plenum_protocol::Timestamp;

/// A token's number, never used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TokenNumber(pub i64);

/// A program's key, without its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// For ever.
    pub number: TokenNumber,
    /// What logs and acknowledgements carry.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// To what it is limited.
    pub scope: Scope,
    /// Who gave it out.
    pub created_by: Actor,
    /// When.
    pub created_at: Timestamp,
    /// When it ends by itself; one of an earlier program does not.
    pub expires_at: Option<Timestamp>,
    /// When it was last used, to a minute.
    pub used_at: Option<Timestamp>,
}

/// A token that is to be given out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewToken {
    /// What logs and acknowledgements will carry.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// To what it is limited.
    pub scope: Scope,
    /// When it ends by itself.
    pub expires_at: Option<Timestamp>,
}

impl NewToken {
    /// For a program that may do everything, without an end: what this process itself gives out.
    pub fn of_administrator(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            role: Role::Administrator,
            scope: Scope::WHOLE,
            expires_at: None,
        }
    }
}
