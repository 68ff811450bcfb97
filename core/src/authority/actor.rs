//! Who did something.

use std::fmt;

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
}
