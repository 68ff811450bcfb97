//! The messages that are being sent.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use super::Due;

/// The rows whose messages are under way: nothing of them is told by another one meanwhile.
pub(in crate::notify) type UnderWay = Arc<Mutex<BTreeSet<i64>>>;

/// A message that is under way until this is dropped.
pub(in crate::notify) struct Leaving {
    all: UnderWay,
    id: i64,
}

impl Leaving {
    /// Of what was claimed.
    pub(in crate::notify) fn of(all: &UnderWay, due: &Due) -> Self {
        Self {
            all: Arc::clone(all),
            id: due.id,
        }
    }
}

impl Drop for Leaving {
    fn drop(&mut self) {
        self.all
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&self.id);
    }
}
