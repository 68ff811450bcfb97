//! The incidents that something has happened to, until somebody has looked whom to call.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// The incidents that something has happened to. What is lost of it with the process does not matter: at a start all are looked at.
#[derive(Debug, Default)]
pub(in crate::notify) struct Touched {
    incidents: Mutex<BTreeSet<u64>>,
    wake: Notify,
}

impl Touched {
    /// Something happened to one.
    pub(in crate::notify) fn add(&self, incident: impl IntoIterator<Item = u64>) {
        self.incidents().extend(incident);
    }

    /// What happened can be seen.
    pub(in crate::notify) fn wake(&self) {
        self.wake.notify_one();
    }

    /// Waits until something can be seen.
    pub(in crate::notify) async fn notified(&self) {
        self.wake.notified().await;
    }

    /// All that were added.
    pub(in crate::notify) fn take(&self) -> BTreeSet<u64> {
        std::mem::take(&mut *self.incidents())
    }

    fn incidents(&self) -> MutexGuard<'_, BTreeSet<u64>> {
        self.incidents.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
