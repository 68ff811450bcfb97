//! What a collector asks of an agent, `{"id","do",...}`, and what the agent answers, `{"id","done","message"}`.

use serde::{Deserialize, Serialize};

use super::PayloadError;
use crate::{Duration, Identifier};

/// An output that is switched on without a word of how long goes off by itself after this: whoever switched it on may be gone.
const WITHOUT_AN_END: Duration = Duration::from_minutes(1);
/// The longest that one command holds an output on; whoever wants it longer says so again.
const LONGEST: Duration = Duration::from_hours(24);

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
    /// Switch an output: a relay, a buzzer, a lamp.
    Relay {
        /// The output, as the agent names it.
        relay: Identifier,
        /// True switches it on.
        on: bool,
        /// For how many seconds it stays on unless it is said again; see [`on_for`]. Programs before this key neither wrote nor did such a command.
        #[serde(rename = "for_s", default, skip_serializing_if = "Option::is_none")]
        seconds: Option<u32>,
    },
    /// Begin a drill of the alarm chain, or end it: a reading of the quantity `drill` that goes the way of all others.
    Drill {
        /// Which; the reading is of a sensor of that name.
        drill: Identifier,
        /// True begins it. That it is over is read again each time that is asked, whatever the agent knows of it.
        on: bool,
        /// After so many seconds it is over by itself, should nobody say so.
        #[serde(rename = "for_s")]
        seconds: u32,
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

/// How long a command that switches an output on holds it: as it says, a day at most; a minute where it says nothing.
pub fn on_for(seconds: Option<u32>) -> Duration {
    seconds.map_or(WITHOUT_AN_END, |seconds| {
        Duration::from_seconds(i64::from(seconds)).min(LONGEST)
    })
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
    fn nothing_is_switched_on_for_ever() {
        assert_eq!(on_for(Some(30)), Duration::from_seconds(30));
        assert_eq!(on_for(None), Duration::from_minutes(1));
        assert_eq!(on_for(Some(u32::MAX)), Duration::from_hours(24));
    }

    #[test]
    fn commands_are_written_as_agreed_and_read_back() {
        for text in [
            r#"{"id":"1","do":"identify"}"#,
            r#"{"id":"2","do":"flush"}"#,
            r#"{"id":"3","do":"self-test"}"#,
            r#"{"id":"4","do":"relay","relay":"siren","on":true,"for_s":30}"#,
            r#"{"id":"5","do":"relay","relay":"siren","on":false}"#,
            r#"{"id":"4","do":"relay","relay":"siren","on":true}"#,
            r#"{"id":"6","do":"drill","drill":"monthly","on":true,"for_s":1200}"#,
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
