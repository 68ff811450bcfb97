//! Who did something, and what someone may do.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Who did something, as logs, alarms and reports name them for ever.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum Actor {
    /// The monitor itself: what the engine decided.
    Monitor,
    /// A person, or a program with a token, by the name of that time.
    Person(String),
}

/// The monitor's name in logs. Nobody else may have it.
pub const MONITOR: &str = "plenum";

impl Actor {
    /// A person by their name; never the monitor.
    pub fn person(name: impl Into<String>) -> Self {
        Self::Person(name.into())
    }

    /// The name in logs.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Monitor => MONITOR,
            Self::Person(name) => name,
        }
    }
}

/// Reads what was stored. Whoever is at the keyboard is [`Actor::person`].
impl From<String> for Actor {
    fn from(name: String) -> Self {
        match name == MONITOR {
            true => Self::Monitor,
            false => Self::Person(name),
        }
    }
}

impl From<Actor> for String {
    fn from(actor: Actor) -> Self {
        match actor {
            Actor::Monitor => MONITOR.to_owned(),
            Actor::Person(name) => name,
        }
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// What someone may do. One role exists in this version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Everything.
    Administrator,
}

/// A word that is not a role: that of a later program, perhaps. Whoever has it may do nothing here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a valid role; known is administrator")]
pub struct RoleError(String);

impl Role {
    /// The word in JSON and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Administrator => "administrator",
        }
    }
}

impl FromStr for Role {
    type Err = RoleError;
    fn from_str(word: &str) -> Result<Self, RoleError> {
        match word {
            "administrator" => Ok(Self::Administrator),
            _ => Err(RoleError(word.chars().take(80).collect())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_actor_is_its_name_in_every_text() {
        for (actor, name) in [
            (Actor::Monitor, "plenum"),
            (Actor::Person("anna".to_owned()), "anna"),
        ] {
            assert_eq!(
                (actor.as_str(), Actor::from(name.to_owned())),
                (name, actor.clone())
            );
        }
    }

    #[test]
    fn a_role_that_is_not_known_gives_no_rights() {
        assert_eq!("administrator".parse(), Ok(Role::Administrator));
        assert!("auditor".parse::<Role>().is_err());
    }
}
