//! People, their sessions and the tokens of programs, as administrators see them.

use plenum_collector::people;
use plenum_core::authority::Scope;
use plenum_protocol::{Identifier, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::schema;
use super::session::Role;

/// Somebody who may log in or is written to, or both.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Person {
    /// Their number for ever.
    pub number: i64,
    /// The name that they log in with; a `[[person]]` of site.toml with it as `id` is the same person.
    pub name: String,
    /// What they are called on screens and in messages; null where that is what site.toml says, or else the name that they log in with.
    pub full_name: Option<String>,
    /// Where they are reached, as it was set here: before what collector.toml says of them.
    pub addresses: Vec<Reached>,
    /// What they are here.
    pub role: Role,
    /// The rooms that they are limited to; empty for the whole site.
    #[schema(value_type = Vec<schema::Identifier>)]
    pub rooms: Vec<Identifier>,
    /// Whose services a customer sees; empty for everybody else.
    pub customers: Vec<String>,
    /// Whether they have a log-in: whoever is only written to was never invited.
    pub logs_in: bool,
    /// Whether they may log in.
    pub enabled: bool,
    /// Whether they have set a password: who was invited and has not come has none.
    pub has_password: bool,
    /// Whether their log-in asks for a code beside the password.
    pub has_second_factor: bool,
    /// Whether they come by single sign-on: then password and second factor are the provider's, and their groups there say what they are.
    pub single_sign_on: bool,
    /// When they became known.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When they were erased; null for everybody else.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub erased_at: Option<Timestamp>,
}

/// Where somebody is reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Reached {
    /// By what: the key in `[[address]]` of collector.toml, as `email`.
    #[schema(min_length = 1, max_length = 64)]
    pub kind: String,
    /// The address; an empty one in a change takes it away.
    #[schema(max_length = 254)]
    pub address: String,
}

/// Somebody who was invited, with the link that is shown this once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct InvitedPerson {
    /// Them.
    pub person: Person,
    /// The one-time link with which they set their password, good for 24 hours, from the server's address on: `/invited#...`. It is stored nowhere.
    pub link: String,
}

/// Somebody to invite.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPerson {
    /// The name that they will log in with: 1 to 64 printable characters that look like nobody else's.
    #[schema(min_length = 1, max_length = 64)]
    pub name: String,
    /// What they are to be.
    pub role: Role,
    /// The rooms that a viewer or an operator is limited to; empty for the whole site.
    #[serde(default)]
    #[schema(value_type = Vec<schema::Identifier>)]
    pub rooms: Vec<Identifier>,
    /// Whose services a customer sees, as services name their customer.
    #[serde(default)]
    pub customers: Vec<String>,
}

/// What changes of somebody; what is absent stays. Rooms and customers change together.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PersonChange {
    /// What they are from now on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// To what they are limited from now on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<NewScope>,
    /// Whether they may log in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// What they are called from now on; empty for what site.toml says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 64)]
    pub full_name: Option<String>,
    /// Where they are reached from now on, of the kinds that are named; the others stay.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 16)]
    pub addresses: Vec<Reached>,
}

/// To what somebody is limited.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewScope {
    /// Rooms; empty for the whole site.
    #[serde(default)]
    #[schema(value_type = Vec<schema::Identifier>)]
    pub rooms: Vec<Identifier>,
    /// Whose services a customer sees.
    #[serde(default)]
    pub customers: Vec<String>,
}

/// A browser in which somebody is logged in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LogInSession {
    /// What it is called: 16 hexadecimal digits.
    pub session: String,
    /// When they logged in.
    #[schema(value_type = String, format = DateTime)]
    pub begun_at: Timestamp,
    /// When it was last used, to a minute.
    #[schema(value_type = String, format = DateTime)]
    pub used_at: Timestamp,
    /// It is the one that asks.
    pub this: bool,
}

/// What ends another of one's own sessions.
#[derive(Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EndSession {
    /// One's password. Whoever comes by single sign-on has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(format = Password)]
    pub password: Option<String>,
}

/// A new password for oneself.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPassword {
    /// The one so far.
    #[schema(format = Password)]
    pub old: String,
    /// The new one, 12 characters at least.
    #[schema(format = Password, min_length = 12)]
    pub new: String,
}

/// A program's key, without its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Token {
    /// Its number for ever.
    pub number: i64,
    /// What logs and acknowledgements carry.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// The rooms that it is limited to; empty for the whole site.
    #[schema(value_type = Vec<schema::Identifier>)]
    pub rooms: Vec<Identifier>,
    /// Whose services it sees as a customer; empty for all else.
    pub customers: Vec<String>,
    /// Who gave it out.
    pub created_by: String,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When it ends by itself; null for one of this machine's own programs.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expires_at: Option<Timestamp>,
    /// When it was last used, to a minute; null where it never was.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub used_at: Option<Timestamp>,
}

/// A token that was given out, with the secret that is shown this once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct GivenToken {
    /// It.
    pub token: Token,
    /// What the program sends as `Authorization: Bearer ...`. It is stored nowhere.
    pub secret: String,
}

/// A token to give out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewToken {
    /// What logs and acknowledgements will carry: the program's name.
    #[schema(min_length = 1, max_length = 64)]
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// The rooms that a viewer or an operator is limited to; empty for the whole site.
    #[serde(default)]
    #[schema(value_type = Vec<schema::Identifier>)]
    pub rooms: Vec<Identifier>,
    /// Whose services it sees as a customer.
    #[serde(default)]
    pub customers: Vec<String>,
    /// When it ends by itself: within 366 days.
    #[schema(value_type = String, format = DateTime)]
    pub expires_at: Timestamp,
}

impl From<NewScope> for Scope {
    fn from(scope: NewScope) -> Self {
        Self {
            rooms: scope.rooms,
            customers: scope.customers,
        }
    }
}

impl From<people::Person> for Person {
    fn from(person: people::Person) -> Self {
        Self {
            number: person.number.0,
            name: person.name,
            full_name: person.full_name,
            addresses: person.reached.into_iter().map(Into::into).collect(),
            role: person.role.into(),
            rooms: person.scope.rooms,
            customers: person.scope.customers,
            logs_in: person.logs_in,
            enabled: person.disabled_at.is_none(),
            has_password: person.has_password,
            has_second_factor: person.has_second_factor,
            single_sign_on: person.signs_on_at.is_some(),
            created_at: person.created_at,
            erased_at: person.erased_at,
        }
    }
}

impl From<people::Reached> for Reached {
    fn from(reached: people::Reached) -> Self {
        Self {
            kind: reached.kind,
            address: reached.address,
        }
    }
}

impl From<Reached> for people::Reached {
    fn from(reached: Reached) -> Self {
        Self {
            kind: reached.kind,
            address: reached.address,
        }
    }
}

impl LogInSession {
    /// One of somebody else than whoever asks.
    pub(crate) fn of_another(session: people::Session) -> Self {
        Self {
            session: session.name.as_str().to_owned(),
            begun_at: session.begun_at,
            used_at: session.used_at,
            this: false,
        }
    }
}

impl Token {
    /// As its reader calls whoever gave it out.
    pub(crate) fn of(token: people::Token, created_by: String) -> Self {
        Self {
            number: token.number.0,
            name: token.name,
            role: token.role.into(),
            rooms: token.scope.rooms,
            customers: token.scope.customers,
            created_by,
            created_at: token.created_at,
            expires_at: token.expires_at,
            used_at: token.used_at,
        }
    }
}
