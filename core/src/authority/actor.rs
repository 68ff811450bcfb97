//! Who did, read or was refused something, by number: a name may change or be erased, and whoever shows an old line looks it up in a
//! [`Directory`](super::Directory).

use std::fmt;

use plenum_protocol::AgentName;
use serde::{Deserialize, Serialize};

/// Who did something, as facts name them for ever. Written as a text, where earlier programs had a name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum Actor {
    /// Whoever was not known: a log-in that failed under a name that nobody has.
    Nobody,
    /// The monitor itself.
    Monitor,
    /// A person, by their number.
    Person(i64),
    /// A program with a token, by the token's number.
    Program(i64),
    /// Whoever used the link of a message, which is good without a log-in.
    Link {
        /// The person whom the message was for, by their number.
        person: i64,
        /// The message, by the number of its delivery; 0 where an earlier program gave the link out.
        delivery: i64,
    },
    /// An agent that has shown who it is; apart, since this is the largest and each fact of an alarm has an actor.
    Agent(Box<AgentName>),
    /// Whoever an earlier program wrote down by name, or a later one in a way that is not known here.
    Named(String),
}

/// The monitor's name in logs. Nobody else may have it.
pub const MONITOR: &str = "plenum";
const NOBODY: &str = "nobody";
/// Before a name that would be read as something else.
const NAME: &str = "name:";

impl Actor {
    /// Whoever an earlier program knew by this name; never the monitor.
    pub fn named(name: impl Into<String>) -> Self {
        Self::Named(name.into())
    }

    /// The person who did it, themselves or by the link of a message.
    pub const fn person(&self) -> Option<i64> {
        match self {
            Self::Person(number) | Self::Link { person: number, .. } => Some(*number),
            Self::Nobody | Self::Monitor | Self::Program(_) | Self::Agent(_) | Self::Named(_) => None,
        }
    }

    /// Whether anybody is to be named beside what was done: not where the monitor did it by itself.
    pub const fn is_somebody(&self) -> bool {
        !matches!(self, Self::Nobody | Self::Monitor)
    }

    /// Whether both are the same: a person is, by a link of theirs too.
    pub fn is_same(&self, other: &Self) -> bool {
        match (self.person(), other.person()) {
            (None, None) => self == other,
            (one, other) => one == other,
        }
    }

    /// Whether a name would be read as something else than a name: nobody may have it.
    pub fn is_taken(name: &str) -> bool {
        !matches!(Self::from(name.to_owned()), Self::Named(read) if read == name)
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nobody => formatter.write_str(NOBODY),
            Self::Monitor => formatter.write_str(MONITOR),
            Self::Person(number) => write!(formatter, "person:{number}"),
            Self::Program(number) => write!(formatter, "program:{number}"),
            Self::Link { person, delivery } => write!(formatter, "link:{person}:{delivery}"),
            Self::Agent(name) => write!(formatter, "agent:{name}"),
            Self::Named(name) if Self::is_taken(name) => write!(formatter, "{NAME}{name}"),
            Self::Named(name) => formatter.write_str(name),
        }
    }
}

/// Reads what was stored. Whatever is not known is somebody's name, as it always was.
impl From<String> for Actor {
    fn from(text: String) -> Self {
        match (text.as_str(), text.split_once(':')) {
            (NOBODY, _) => Self::Nobody,
            (MONITOR, _) => Self::Monitor,
            (_, Some((kind, rest))) => numbered(kind, rest).unwrap_or(Self::Named(text)),
            _ => Self::Named(text),
        }
    }
}

fn numbered(kind: &str, rest: &str) -> Option<Actor> {
    match kind {
        "person" => rest.parse().ok().map(Actor::Person),
        "program" => rest.parse().ok().map(Actor::Program),
        "agent" => rest.parse().ok().map(Box::new).map(Actor::Agent),
        "link" => {
            let (person, delivery) = rest.split_once(':')?;
            Some(Actor::Link {
                person: person.parse().ok()?,
                delivery: delivery.parse().ok()?,
            })
        }
        "name" => Actor::is_taken(rest).then(|| Actor::named(rest)),
        _ => None,
    }
}

impl From<Actor> for String {
    fn from(actor: Actor) -> Self {
        actor.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_actor_is_read_as_it_is_written_and_an_earlier_program_wrote_a_name() {
        let link = |person, delivery| Actor::Link { person, delivery };
        for (actor, text) in [
            (Actor::Nobody, "nobody"),
            (Actor::Monitor, "plenum"),
            (Actor::Person(3), "person:3"),
            (Actor::Program(12), "program:12"),
            (link(3, 57), "link:3:57"),
            (
                Actor::Agent(Box::new("zaandam/pi-a1".parse().unwrap())),
                "agent:zaandam/pi-a1",
            ),
            (Actor::named("anna"), "anna"),
            (Actor::named("person:anna"), "person:anna"),
            (Actor::named("link:3"), "link:3"),
            (Actor::named("agent:1"), "agent:1"),
            (Actor::named(""), ""),
            // Names that are something else are told from it.
            (Actor::named("person:3"), "name:person:3"),
            (Actor::named("plenum"), "name:plenum"),
            (Actor::named("name:plenum"), "name:name:plenum"),
            (Actor::named("name:anna"), "name:anna"),
        ] {
            assert_eq!(
                (actor.to_string().as_str(), Actor::from(text.to_owned())),
                (text, actor)
            );
        }
    }
}
