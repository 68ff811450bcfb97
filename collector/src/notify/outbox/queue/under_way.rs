//! The messages that are being sent.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::Queue;

/// Of each queue from which a message is under way the row that it is about: nothing of it is told by another one meanwhile.
pub(in crate::notify) type UnderWay = Arc<Mutex<BTreeMap<Queue, i64>>>;

/// An attempt at a queue. What it claimed is under way until this is dropped, also where the claim could not be written down.
pub(in crate::notify) struct Leaving {
    all: UnderWay,
    queue: Queue,
}

impl Leaving {
    /// Before anything is claimed.
    pub(in crate::notify) fn of(all: &UnderWay, queue: &Queue) -> Self {
        Self {
            all: Arc::clone(all),
            queue: queue.clone(),
        }
    }
}

impl Drop for Leaving {
    fn drop(&mut self) {
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        all.remove(&self.queue);
    }
}
