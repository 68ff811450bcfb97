//! The newest entries in memory, so that readers that keep up never read the disk.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use plenum_core::fact::{Entry, Item};

/// Readings that are kept at most; the newest entry always is. Older ones are on disk.
const READINGS: usize = 100_000;
/// Entries that are kept at most.
const ENTRIES: usize = 4_096;

#[derive(Default)]
pub(super) struct Recent(Mutex<Ring>);

#[derive(Default)]
struct Ring {
    entries: VecDeque<Arc<Entry>>,
    readings: usize,
}

impl Recent {
    pub(super) fn push(&self, entry: Entry) {
        let mut ring = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        ring.readings += readings(&entry.items);
        ring.entries.push_back(Arc::new(entry));
        while ring.entries.len() > 1 && (ring.readings > READINGS || ring.entries.len() > ENTRIES) {
            let oldest = ring.entries.pop_front();
            ring.readings -= oldest.map_or(0, |entry| readings(&entry.items));
        }
    }

    /// The first entry after `number`, if all entries after `number` are here.
    pub(super) fn after(&self, number: u64) -> Option<Arc<Entry>> {
        let ring = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if ring.entries.front()?.number > number + 1 {
            return None;
        }
        let index = ring.entries.partition_point(|entry| entry.number <= number);
        ring.entries.get(index).cloned()
    }
}

/// How many readings the items hold.
pub(super) fn readings(items: &[Item]) -> usize {
    let count = |item: &Item| match item {
        Item::Batch(batch) => batch.readings.len(),
        _ => 0,
    };
    items.iter().map(count).sum()
}
