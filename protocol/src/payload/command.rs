//! What a collector asks of an agent, `{"id","do",...}`, and what the agent answers, `{"id","done","message"}`.

use serde::{Deserialize, Serialize};

use super::PayloadError;
use crate::Identifier;

/// A command. Its `id` is remembered on disk by the agent: a repeated one is answered and not done again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Command {
    /// Names the command; its answer bears it.
    pub id: String,
    /// What to do.
    #[serde(flatten)]
    pub kind: CommandKind,
}

/// What to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case")]
pub enum CommandKind {
    /// Make the host findable: blink, beep.
    Identify,
    /// Spool and send what is gathered, now.
    Flush,
    /// Read every sensor once, and start the self-test of those that have one.
    SelfTest,
    /// Switch a relay.
    Relay {
        /// The relay, as the agent names it.
        relay: Identifier,
        /// True switches it on.
        on: bool,
    },
    /// A command of a newer collector: answered as not understood.
    #[serde(other)]
    Unknown,
}

/// The answer to a command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommandResult {
    /// The `id` of the command that it answers.
    pub id: String,
    /// Whether it was done.
    pub done: bool,
    /// What happened, for a person.
    #[serde(default)]
    pub message: String,
}

impl Command {
    /// Reads a payload.
    pub fn from_json(bytes: &[u8]) -> Result<Self, PayloadError> {
        super::read("command", bytes)
    }

    /// The payload as JSON.
    pub fn to_json(&self) -> Vec<u8> {
        super::write(self)
    }
}

impl CommandResult {
    /// Reads a payload.
    pub fn from_json(bytes: &[u8]) -> Result<Self, PayloadError> {
        super::read("command result", bytes)
    }

    /// The payload as JSON.
    pub fn to_json(&self) -> Vec<u8> {
        super::write(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_written_as_agreed_and_read_back() {
        for text in [
            r#"{"id":"1","do":"identify"}"#,
            r#"{"id":"2","do":"flush"}"#,
            r#"{"id":"3","do":"self-test"}"#,
            r#"{"id":"4","do":"relay","relay":"siren","on":true}"#,
        ] {
            let command = Command::from_json(text.as_bytes()).unwrap();
            assert_eq!(String::from_utf8(command.to_json()).unwrap(), text);
        }
        let newer = Command::from_json(br#"{"id":"5","do":"dance","tempo":120}"#).unwrap();
        assert_eq!(newer.kind, CommandKind::Unknown);
        let result = CommandResult {
            id: "1".to_owned(),
            done: true,
            message: "beeped".to_owned(),
        };
        assert_eq!(CommandResult::from_json(&result.to_json()).unwrap(), result);
    }
}
