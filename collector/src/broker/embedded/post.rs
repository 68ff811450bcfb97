//! The collector's messages to agents: who reads which topic, and what is kept for whoever comes later. Agents' own messages never come here:
//! nobody but intake reads them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::outbox::{Outbox, Telling};
use super::packets::Filter;
use crate::broker::Message;

/// Topics whose last value is kept: an acknowledgement for each agent.
const MOST_KEPT: usize = 20_000;

/// Kept values and readers.
#[derive(Debug, Default)]
pub(super) struct Post(Mutex<Boxes>);

#[derive(Debug, Default)]
struct Boxes {
    kept: BTreeMap<String, Arc<Message>>,
    readers: BTreeMap<String, Vec<Reader>>,
}

#[derive(Debug)]
struct Reader {
    connection: u64,
    outbox: Arc<Outbox>,
    at_least_once: bool,
    retain_as_published: bool,
}

impl Post {
    /// Tells everyone who reads the topic, and keeps it if it is to be kept. An empty one is kept no more.
    pub(super) fn publish(&self, message: Message) {
        let message = Arc::new(message);
        let mut boxes = self.lock();
        if message.retain {
            if message.payload.is_empty() {
                boxes.kept.remove(&message.topic);
            } else if boxes.kept.len() < MOST_KEPT || boxes.kept.contains_key(&message.topic) {
                boxes.kept.insert(message.topic.clone(), message.clone());
            }
        }
        for reader in boxes.readers.get(&message.topic).into_iter().flatten() {
            reader.outbox.tell(Telling {
                message: message.clone(),
                retain: message.retain && reader.retain_as_published,
                at_least_once: reader.at_least_once,
            });
        }
    }

    /// From now on this connection reads the topic. Returns whether that is new.
    pub(super) fn subscribe(&self, connection: u64, filter: &Filter, outbox: &Arc<Outbox>) {
        let mut boxes = self.lock();
        let readers = boxes.readers.entry(filter.topic.clone()).or_default();
        readers.retain(|reader| reader.connection != connection);
        readers.push(Reader {
            connection,
            outbox: outbox.clone(),
            at_least_once: filter.at_least_once,
            retain_as_published: filter.retain_as_published,
        });
        if let Some(kept) = boxes.kept.get(&filter.topic).filter(|_| filter.wants_kept) {
            outbox.tell(Telling {
                message: kept.clone(),
                retain: true,
                at_least_once: filter.at_least_once,
            });
        }
    }

    /// This connection reads the topic no more.
    pub(super) fn unsubscribe(&self, connection: u64, topic: &str) {
        let mut boxes = self.lock();
        if let Some(readers) = boxes.readers.get_mut(topic) {
            readers.retain(|reader| reader.connection != connection);
            if readers.is_empty() {
                boxes.readers.remove(topic);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Boxes> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
