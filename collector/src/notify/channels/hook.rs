//! What a service says of what it was told, by a post to this host.

use std::fmt;
use std::str::FromStr;

use plenum_protocol::Timestamp;

/// What all messages about one incident have in common, so that its end goes where its beginning went; about one alarm where that is part of none. It stays when the alarm is
/// raised anew: what calls for an end would never get it if that were named otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Thread {
    /// An incident, by its number.
    Incident(u64),
    /// An alarm, by its number.
    Alarm(u64),
}

impl fmt::Display for Thread {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Incident(number) => write!(formatter, "incident-{number}"),
            Self::Alarm(number) => write!(formatter, "alarm-{number}"),
        }
    }
}

/// What names no thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a valid thread")]
pub struct ThreadError;

impl FromStr for Thread {
    type Err = ThreadError;
    fn from_str(text: &str) -> Result<Self, ThreadError> {
        let (kind, number) = text.split_once('-').ok_or(ThreadError)?;
        let number = number.parse().map_err(|_| ThreadError)?;
        let thread = match kind {
            "incident" => Self::Incident(number),
            "alarm" => Self::Alarm(number),
            _ => return Err(ThreadError),
        };
        // Read as it is written, and no other way.
        (thread.to_string() == text).then_some(thread).ok_or(ThreadError)
    }
}

/// What was done in a service to what it was told of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// Of what.
    pub thread: Thread,
    /// What.
    pub done: Done,
    /// By whom, as the service names them; empty where it names nobody.
    pub who: String,
    /// When, by the service's clock.
    pub at: Timestamp,
}

/// What was done there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    /// Somebody has it.
    Taken,
    /// Nobody has it any longer.
    GivenBack,
}

/// What was posted, as far as a channel asks.
pub struct Post<'a> {
    /// The value of a header, by its name in lower case.
    pub header: &'a (dyn Fn(&str) -> Option<String> + Sync),
    /// The bytes as they came: what is signed.
    pub body: &'a [u8],
}

/// Why nothing is made of what was posted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HookError {
    /// No channel of that name hears.
    #[error(
        "the channel `{0}` hears nothing: its table in collector.toml has to name the file of a secret for that"
    )]
    Deaf(String),
    /// It is not the service's word.
    #[error(
        "the signature is not that of the secret in this channel's file: both have to be of one subscription"
    )]
    Unsigned,
    /// It is, and cannot be read.
    #[error("what was posted cannot be read: {0}")]
    Unreadable(String),
    /// The channels are not open yet.
    #[error("the messages have not begun yet: post it again in a moment")]
    NotBegun,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_is_read_as_it_is_written() {
        for thread in [Thread::Incident(7), Thread::Alarm(u64::MAX)] {
            assert_eq!(thread.to_string().parse(), Ok(thread));
        }
        for text in [
            "",
            "incident",
            "incident-",
            "incident-+7",
            "incident-07",
            "alarm--7",
            "room-7",
            "Alarm-7",
        ] {
            assert_eq!(text.parse::<Thread>(), Err(ThreadError), "{text}");
        }
    }
}
