//! What the uplink has learnt and the spool has not yet written. It goes with the next commit: a note that is lost in a
//! crash is only learnt again. Has a lock of its own, so that the uplink never waits for the disk.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use plenum_protocol::streams::StreamId;

/// The notes, shared between uplink and spool.
#[derive(Debug, Clone, Default)]
pub struct Notes(Arc<Mutex<Waiting>>);

/// The notes themselves.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Waiting {
    /// The highest number acknowledged of each stream; lower than before when the collector was restored.
    pub(super) acknowledged: BTreeMap<StreamId, u64>,
    /// Streams that are listed no longer.
    pub(super) closed: Vec<StreamId>,
}

impl Notes {
    /// A stream is acknowledged up to `through`, and not beyond.
    pub fn acknowledge(&self, stream: &StreamId, through: u64) {
        self.lock().acknowledged.insert(stream.clone(), through);
    }

    /// A stream is empty, told, and listed no longer.
    pub fn close(&self, stream: StreamId) {
        self.lock().closed.push(stream);
    }

    /// Whether anything waits to be written.
    pub fn is_waiting(&self) -> bool {
        *self.lock() != Waiting::default()
    }

    /// What waits now.
    pub(super) fn look(&self) -> Waiting {
        self.lock().clone()
    }

    /// Forgets what was written, but for what has changed since.
    pub(super) fn written(&self, written: &Waiting) {
        let mut waiting = self.lock();
        waiting
            .acknowledged
            .retain(|stream, through| written.acknowledged.get(stream) != Some(through));
        waiting.closed.retain(|stream| !written.closed.contains(stream));
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
