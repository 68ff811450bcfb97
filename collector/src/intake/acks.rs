//! Acknowledgements on their way out: the newest of each agent, so that a slow broker never holds intake up.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use futures::FutureExt;
use futures::future::BoxFuture;
use plenum_protocol::AgentName;
use plenum_protocol::topic::{Topic, TopicKind};
use tokio::sync::Notify;

use crate::broker::{Broker, Message};

/// Publishes a retained message at QoS 1; false if it did not reach the broker and should be tried again.
pub type PublishAck = Arc<dyn Fn(Topic, Vec<u8>) -> BoxFuture<'static, bool> + Send + Sync>;

/// Acknowledgements go out through a broker, retained.
pub fn acknowledge_through(broker: Broker) -> PublishAck {
    Arc::new(move |topic, payload| {
        let broker = broker.clone();
        async move {
            let mut message = Message::new(topic.to_string(), payload);
            message.retain = true;
            match broker.publish(message).await {
                Ok(()) => true,
                Err(error) => {
                    tracing::debug!(%topic, %error, "an acknowledgement waits for the broker");
                    false
                }
            }
        }
        .boxed()
    })
}

/// Bound: one payload an agent. A newer acknowledgement replaces one that has not gone out.
#[derive(Default)]
pub(super) struct Acks {
    waiting: Mutex<BTreeMap<AgentName, Vec<u8>>>,
    wake: Notify,
}

impl Acks {
    pub(super) fn put(&self, agent: &AgentName, payload: Vec<u8>) {
        self.lock().insert(agent.clone(), payload);
        self.wake.notify_one();
    }

    /// Publishes for ever; dropped at the end, after `drain`.
    pub(super) async fn run(&self, publish: &PublishAck, retry: impl Fn() -> plenum_protocol::clock::Sleep) {
        loop {
            if !self.drain(publish).await {
                retry().await;
                continue;
            }
            self.wake.notified().await;
        }
    }

    /// Publishes what waits; false if the broker did not take all of it. One that is refused (too large, say) does not hold
    /// the other agents' up.
    pub(super) async fn drain(&self, publish: &PublishAck) -> bool {
        let mut refused = Vec::new();
        loop {
            let Some((agent, payload)) = self.lock().pop_first() else {
                break;
            };
            let topic = Topic::new(agent.site.clone(), agent.agent.clone(), TopicKind::Ack);
            if !publish(topic, payload.clone()).await {
                refused.push((agent, payload));
            }
        }
        let all = refused.is_empty();
        let mut waiting = self.lock();
        for (agent, payload) in refused {
            waiting.entry(agent).or_insert(payload);
        }
        all
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<AgentName, Vec<u8>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn one_refused_acknowledgement_does_not_hold_the_others_up() {
        let name = |agent: &str| AgentName {
            site: "ams1".parse().unwrap(),
            agent: agent.parse().unwrap(),
        };
        let acks = Acks::default();
        for agent in ["a", "b", "c"] {
            acks.put(&name(agent), agent.as_bytes().to_vec());
        }
        let sent: Arc<Mutex<Vec<String>>> = Arc::default();
        let seen = sent.clone();
        let publish: PublishAck = Arc::new(move |topic, _| {
            let seen = seen.clone();
            Box::pin(async move {
                let taken = topic.agent.as_str() != "a";
                if taken {
                    seen.lock().unwrap().push(topic.agent.to_string());
                }
                taken
            })
        });
        assert!(!acks.drain(&publish).await);
        assert_eq!(*sent.lock().unwrap(), ["b", "c"]);
        acks.put(&name("a"), b"newer".to_vec());
        assert_eq!(acks.lock().values().next().unwrap(), b"newer");
    }
}
