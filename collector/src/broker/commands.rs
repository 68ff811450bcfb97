//! Asks agents for something over their command topic, and gives their answers to whoever asked.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use plenum_core::text::foreign;
use plenum_link::mqtt::{Message, PublishError};
use plenum_protocol::payload::{Command, CommandKind, CommandResult};
use plenum_protocol::topic::{Topic, TopicKind};
use plenum_protocol::{AgentName, Clock, Duration};
use tokio::sync::oneshot;

use super::Broker;

/// What has not reached its agent after so many seconds is not what is wanted any more: the broker forgets it.
const EXPIRES_SECONDS: u32 = 10;
/// How long an agent may take to answer.
const ANSWERS_WITHIN: Duration = Duration::from_seconds(8);
/// Characters of what an agent says of a command that are kept.
const SAID: usize = 300;
/// So many commands wait for their answers at most; more are refused.
pub const WAITING: usize = 256;

/// Why a command was not done, as far as that is known.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// It did not leave.
    #[error("agent {agent} was not asked")]
    NotSent {
        /// Whom.
        agent: AgentName,
        /// What the connection said.
        #[source]
        source: PublishError,
    },
    /// No answer came.
    #[error("agent {agent} did not answer within {ANSWERS_WITHIN}: is it online?")]
    Silent {
        /// Who.
        agent: AgentName,
    },
    /// It answered that it was not done.
    #[error("agent {agent}: {why}")]
    NotDone {
        /// Who.
        agent: AgentName,
        /// In its own words.
        why: String,
    },
    /// Too many wait already.
    #[error("{WAITING} commands wait for their answers already")]
    TooMany,
}

/// What came of commands since the start, by how each ended.
#[derive(Debug, Default)]
pub struct CommandCounters {
    /// The agent answered that it was done.
    pub done: AtomicU64,
    /// It answered that it was not: the output's line failed or hangs, or it does not know the command.
    pub not_done: AtomicU64,
    /// No answer came.
    pub silent: AtomicU64,
    /// It did not leave.
    pub not_sent: AtomicU64,
    /// It was turned away: too many waited.
    pub refused: AtomicU64,
}

impl CommandCounters {
    /// Each, with the word for it.
    pub fn each(&self) -> [(&'static str, &AtomicU64); 5] {
        [
            ("done", &self.done),
            ("not-done", &self.not_done),
            ("silent", &self.silent),
            ("not-sent", &self.not_sent),
            ("refused", &self.refused),
        ]
    }

    fn count(&self, came: &Result<String, CommandError>) {
        let counter = match came {
            Ok(_) => &self.done,
            Err(CommandError::NotDone { .. }) => &self.not_done,
            Err(CommandError::Silent { .. }) => &self.silent,
            Err(CommandError::NotSent { .. }) => &self.not_sent,
            Err(CommandError::TooMany) => &self.refused,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }
}

type Asked = BTreeMap<String, (AgentName, oneshot::Sender<CommandResult>)>;

/// Who asks. Cheap to clone; all clones are the same.
#[derive(Clone)]
pub struct Commands {
    broker: Broker,
    clock: Arc<dyn Clock>,
    waiting: Arc<Mutex<Asked>>,
    counters: Arc<CommandCounters>,
}

impl Commands {
    /// Asks over this broker.
    pub fn new(broker: Broker, clock: Arc<dyn Clock>) -> Self {
        Self {
            broker,
            clock,
            waiting: Arc::default(),
            counters: Arc::default(),
        }
    }

    /// What came of those that were asked.
    pub fn counters(&self) -> &CommandCounters {
        &self.counters
    }

    /// How many wait for their answers now.
    pub fn waiting(&self) -> usize {
        let waiting = self.lock();
        waiting.values().filter(|(_, asked)| !asked.is_closed()).count()
    }

    /// Asks an agent once, and waits for its answer: what it says of what it did.
    ///
    /// # Errors
    /// [`CommandError`] says whether it was asked, and what it answered.
    pub async fn ask(&self, agent: &AgentName, kind: CommandKind) -> Result<String, CommandError> {
        let came = self.ask_once(agent, kind).await;
        self.counters.count(&came);
        came
    }

    async fn ask_once(&self, agent: &AgentName, kind: CommandKind) -> Result<String, CommandError> {
        let id = uuid::Uuid::new_v4().to_string();
        let (sender, answer) = oneshot::channel();
        {
            let mut waiting = self.lock();
            // Whoever asked may have stopped waiting.
            waiting.retain(|_, (_, asked)| !asked.is_closed());
            if waiting.len() >= WAITING {
                return Err(CommandError::TooMany);
            }
            waiting.insert(id.clone(), (agent.clone(), sender));
        }
        let topic = Topic::new(agent.site.clone(), agent.agent.clone(), TopicKind::Command);
        let command = Command { id, kind };
        let message = Message {
            expiry_seconds: Some(EXPIRES_SECONDS),
            ..Message::new(topic.to_string(), command.to_json())
        };
        let deadline = self.clock.sleep(ANSWERS_WITHIN);
        let answered = async {
            let not_sent = |source| CommandError::NotSent {
                agent: agent.clone(),
                source,
            };
            self.broker.publish(message).await.map_err(not_sent)?;
            answer.await.map_err(|_| self.silent(agent))
        };
        let result = tokio::select! {
            answered = answered => answered?,
            () = deadline => return Err(self.silent(agent)),
        };
        match result.done {
            true => Ok(result.message),
            false => Err(CommandError::NotDone {
                agent: agent.clone(),
                why: result.message,
            }),
        }
    }

    /// An agent said something on its result topic. What nobody waits for is passed over: another collector may have asked.
    pub(crate) fn answered(&self, agent: &AgentName, payload: &[u8]) {
        let Some(result) = read(payload) else { return };
        let mut waiting = self.lock();
        // Nobody answers in another's name.
        if waiting.get(&result.id).is_some_and(|(asked, _)| asked == agent)
            && let Some((_, asked)) = waiting.remove(&result.id)
        {
            // Whoever asked may have stopped waiting.
            let _ = asked.send(result);
        }
    }

    fn silent(&self, agent: &AgentName) -> CommandError {
        CommandError::Silent { agent: agent.clone() }
    }

    fn lock(&self) -> MutexGuard<'_, Asked> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What an agent answers. It is kept with a drill or a message and goes on to people and programs, so that no agent writes a megabyte there.
fn read(payload: &[u8]) -> Option<CommandResult> {
    let result = CommandResult::from_json(payload).ok()?;
    Some(CommandResult {
        message: foreign::cut(&result.message, SAID),
        ..result
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_agent_says_is_one_line_and_never_long() {
        let said = CommandResult {
            id: "1".to_owned(),
            done: false,
            message: format!("no\nWHAT all is well\u{202E}{}", "x".repeat(1 << 20)),
        };
        let result = read(&said.to_json()).unwrap();
        assert!(result.message.starts_with("no WHAT all is wellx"), "{result:?}");
        assert_eq!(result.message.chars().count(), SAID + 1);
        assert_eq!(read(b"no"), None);
    }
}
