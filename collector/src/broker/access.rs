//! Who may publish and read what on the embedded broker. Pure: the gate asks, and says no.
//!
//! | who                         | publishes                                   | reads                            |
//! |-----------------------------|---------------------------------------------|----------------------------------|
//! | agent `s/a`                 | `plenum/1/s/a/` readings, status, result    | `plenum/1/s/a/` ack, command     |
//! | guest (if new ones may come)| the same of any agent without a credential  | the same of such an agent        |
//! | the collector, in process   | ack, command                                | everything, through its queue    |

use plenum_protocol::topic::{Topic, TopicKind};

use plenum_protocol::AgentName;

/// As whom a client is connected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Identity {
    /// As this agent: its password was right, or it needs none.
    Agent(AgentName),
    /// As nobody in particular: a foreign publisher without a user name of ours.
    Guest,
}

/// Why something is refused, in words for the one who tried and for the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    #[error(
        "topics are plenum/1/{{site}}/{{agent}}/readings, status, result, ack or command, without wildcards"
    )]
    NoTopicOfOurs,
    #[error("an agent publishes and reads under its own name alone")]
    AnotherName,
    #[error("this agent has a credential: log in as it")]
    NeedsCredential,
    #[error("only the collector publishes acknowledgements and commands")]
    CollectorOnly,
    #[error("only the collector reads what agents publish")]
    AgentsOwn,
    #[error("this client id is another agent's name")]
    ClientId,
    #[error("log in as site/agent")]
    NoName,
    #[error("this agent's credential was taken away")]
    TakenAway,
    #[error("its certificate is another agent's: log in without a user name, or by its own")]
    AnothersCertificate,
    #[error("its certificate was revoked, or its agent has joined anew with another")]
    Revoked,
}

impl Identity {
    /// The identity that a user name stands for.
    pub(crate) fn of_user(user: Option<&str>) -> Self {
        user.and_then(|name| name.parse().ok())
            .map_or(Self::Guest, Self::Agent)
    }

    /// Whether it may publish there.
    pub(crate) fn may_publish(
        &self,
        topic: &str,
        known: impl Fn(&AgentName) -> bool,
    ) -> Result<TopicKind, Refusal> {
        let topic: Topic = topic.parse().map_err(|_| Refusal::NoTopicOfOurs)?;
        let kind = topic.kind;
        if !kind.is_from_agent() {
            return Err(Refusal::CollectorOnly);
        }
        self.may_speak_as(topic, known)?;
        Ok(kind)
    }

    /// Whether it may read there. A filter with a wildcard is not a topic.
    pub(crate) fn may_read(&self, filter: &str, known: impl Fn(&AgentName) -> bool) -> Result<(), Refusal> {
        let topic: Topic = filter.parse().map_err(|_| Refusal::NoTopicOfOurs)?;
        if topic.kind.is_from_agent() {
            return Err(Refusal::AgentsOwn);
        }
        self.may_speak_as(topic, known)
    }

    /// Whether it may connect under this client id: a second connection under it ends the first, so nobody takes
    /// the name of another agent.
    pub(crate) fn may_be_called(
        &self,
        client_id: &str,
        known: impl Fn(&AgentName) -> bool,
    ) -> Result<(), Refusal> {
        match (client_id.parse::<AgentName>().ok(), self) {
            (None, _) => Ok(()),
            (Some(claimed), Self::Agent(own)) if claimed == *own => Ok(()),
            (Some(claimed), Self::Guest) if !known(&claimed) => Ok(()),
            (Some(_), _) => Err(Refusal::ClientId),
        }
    }

    fn may_speak_as(&self, topic: Topic, known: impl Fn(&AgentName) -> bool) -> Result<(), Refusal> {
        let name = AgentName {
            site: topic.site,
            agent: topic.agent,
        };
        match self {
            Self::Agent(own) if *own == name => Ok(()),
            Self::Agent(_) => Err(Refusal::AnotherName),
            Self::Guest if known(&name) => Err(Refusal::NeedsCredential),
            Self::Guest => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: &str = "ams1/known";

    fn known(name: &AgentName) -> bool {
        KNOWN.parse().as_ref() == Ok(name)
    }

    #[track_caller]
    fn check(user: Option<&str>, published: &[(&str, Option<Refusal>)], read: &[(&str, Option<Refusal>)]) {
        let identity = Identity::of_user(user);
        for (topic, expected) in published {
            let refusal = identity.may_publish(topic, known).err();
            assert_eq!(refusal, *expected, "{user:?} publishes on {topic}");
        }
        for (filter, expected) in read {
            let refusal = identity.may_read(filter, known).err();
            assert_eq!(refusal, *expected, "{user:?} reads {filter}");
        }
    }

    #[test]
    fn an_agent_lives_under_its_own_name() {
        check(
            Some(KNOWN),
            &[
                ("plenum/1/ams1/known/readings", None),
                ("plenum/1/ams1/known/status", None),
                ("plenum/1/ams1/known/result", None),
                ("plenum/1/ams1/known/ack", Some(Refusal::CollectorOnly)),
                ("plenum/1/ams1/known/command", Some(Refusal::CollectorOnly)),
                ("plenum/1/ams1/other/readings", Some(Refusal::AnotherName)),
                ("plenum/1/ams1/known/else", Some(Refusal::NoTopicOfOurs)),
                ("other/topic", Some(Refusal::NoTopicOfOurs)),
                ("$SYS/x", Some(Refusal::NoTopicOfOurs)),
            ],
            &[
                ("plenum/1/ams1/known/ack", None),
                ("plenum/1/ams1/known/command", None),
                ("plenum/1/ams1/known/readings", Some(Refusal::AgentsOwn)),
                ("plenum/1/ams1/other/ack", Some(Refusal::AnotherName)),
                ("plenum/1/+/+/ack", Some(Refusal::NoTopicOfOurs)),
                ("plenum/1/ams1/known/#", Some(Refusal::NoTopicOfOurs)),
                ("#", Some(Refusal::NoTopicOfOurs)),
                ("$share/g/plenum/1/ams1/known/ack", Some(Refusal::NoTopicOfOurs)),
            ],
        );
    }

    #[test]
    fn a_guest_may_only_be_who_needs_no_credential() {
        for user in [None, Some("mosquitto"), Some("A/b")] {
            check(
                user,
                &[
                    ("plenum/1/ams1/new/readings", None),
                    ("plenum/1/ams1/known/readings", Some(Refusal::NeedsCredential)),
                    ("plenum/1/ams1/new/ack", Some(Refusal::CollectorOnly)),
                ],
                &[
                    ("plenum/1/ams1/new/ack", None),
                    ("plenum/1/ams1/known/ack", Some(Refusal::NeedsCredential)),
                    ("#", Some(Refusal::NoTopicOfOurs)),
                ],
            );
        }
    }

    #[test]
    fn nobody_takes_the_client_id_of_another_agent() {
        let agent = Identity::of_user(Some("ams1/a"));
        assert_eq!(agent.may_be_called("ams1/a", known), Ok(()));
        assert_eq!(agent.may_be_called("anything", known), Ok(()));
        assert_eq!(agent.may_be_called("ams1/b", known), Err(Refusal::ClientId));
        assert_eq!(Identity::Guest.may_be_called("ams1/b", known), Ok(()));
        assert_eq!(
            Identity::Guest.may_be_called(KNOWN, known),
            Err(Refusal::ClientId)
        );
    }
}
