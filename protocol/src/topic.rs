//! The topics of MQTT: `plenum/1/{site}/{agent}/{readings|status|ack|command|result}`.

use std::fmt;
use std::str::FromStr;

use crate::Identifier;

/// What a topic carries, and in which direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TopicKind {
    /// SenML packs, from the agent.
    Readings,
    /// The agent's state, retained, also its last will.
    Status,
    /// What the collector has committed, retained.
    Ack,
    /// What the collector asks of the agent.
    Command,
    /// The agent's answer to a command.
    Result,
}

impl TopicKind {
    /// Every kind, those from the agent and those from the collector.
    pub const ALL: [Self; 5] = [
        Self::Readings,
        Self::Status,
        Self::Ack,
        Self::Command,
        Self::Result,
    ];

    /// The last level of the topic.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Readings => "readings",
            Self::Status => "status",
            Self::Ack => "ack",
            Self::Command => "command",
            Self::Result => "result",
        }
    }

    /// Whether the agent publishes it; the others only the collector may publish.
    pub const fn is_from_agent(self) -> bool {
        matches!(self, Self::Readings | Self::Status | Self::Result)
    }

    /// The subscription to this kind for every agent of every site.
    pub fn filter(self) -> String {
        format!("plenum/1/+/+/{}", self.as_str())
    }
}

/// A topic of one agent.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Topic {
    /// The third level.
    pub site: Identifier,
    /// The fourth level.
    pub agent: Identifier,
    /// What it carries.
    pub kind: TopicKind,
}

/// A text that is not a topic of ours.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a valid topic: expected plenum/1/{{site}}/{{agent}}/readings, status, ack, command or result"
)]
pub struct TopicError(pub String);

impl Topic {
    /// Puts a topic together.
    pub fn new(site: Identifier, agent: Identifier, kind: TopicKind) -> Self {
        Self { site, agent, kind }
    }
}

impl FromStr for Topic {
    type Err = TopicError;
    fn from_str(text: &str) -> Result<Self, TopicError> {
        read(text).ok_or_else(|| TopicError(text.chars().take(200).collect()))
    }
}

fn read(text: &str) -> Option<Topic> {
    let mut levels = text.strip_prefix("plenum/1/")?.split('/');
    let site = levels.next()?.parse().ok()?;
    let agent = levels.next()?.parse().ok()?;
    let word = levels.next()?;
    let kind = TopicKind::ALL.into_iter().find(|kind| kind.as_str() == word)?;
    match levels.next() {
        None => Some(Topic { site, agent, kind }),
        Some(_) => None,
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "plenum/1/{}/{}/{}",
            self.site,
            self.agent,
            self.kind.as_str()
        )
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_topic_reads_back(
            site in "[a-z0-9][a-z0-9-]{0,62}",
            agent in "[a-z0-9][a-z0-9-]{0,62}",
            kind in prop::sample::select(TopicKind::ALL.to_vec()),
        ) {
            let topic = Topic::new(site.parse().unwrap(), agent.parse().unwrap(), kind);
            prop_assert_eq!(topic.to_string().parse::<Topic>(), Ok(topic));
        }

        #[test]
        fn what_reads_is_written_the_same(text in "(plenum/[12]/)?[a-zA-Z0-9/+#-]{0,40}(/readings|/ack)?") {
            if let Ok(topic) = text.parse::<Topic>() {
                prop_assert_eq!(topic.to_string(), text);
            }
        }
    }

    #[test]
    fn strangers_are_refused() {
        for bad in [
            "",
            "plenum/1/zaandam/pi-a1",
            "plenum/2/zaandam/pi-a1/readings",
            "plenum/1/zaandam/pi-a1/readings/x",
            "plenum/1/zaandam/+/readings",
            "plenum/1/Zaandam/pi-a1/readings",
            "plenum/1/zaandam/pi-a1/rumours",
            "/plenum/1/zaandam/pi-a1/ack",
        ] {
            assert!(bad.parse::<Topic>().is_err(), "{bad}");
        }
    }
}
