//! The newest entries in memory, so that readers that keep up never read the disk.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use plenum_core::fact::{Entry, Item};

/// Facts that are kept at most, a reading or a listed sensor each; the newest entry always is. Older ones are on disk.
const FACTS: usize = 100_000;
/// Entries that are kept at most.
const ENTRIES: usize = 4_096;

#[derive(Default)]
pub(super) struct Recent(Mutex<Ring>);

#[derive(Default)]
struct Ring {
    entries: VecDeque<Arc<Entry>>,
    facts: usize,
}

impl Recent {
    pub(super) fn push(&self, entry: Entry) {
        let mut ring = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        ring.facts += facts(&entry.items);
        ring.entries.push_back(Arc::new(entry));
        while ring.entries.len() > 1 && (ring.facts > FACTS || ring.entries.len() > ENTRIES) {
            let oldest = ring.entries.pop_front();
            ring.facts -= oldest.map_or(0, |entry| facts(&entry.items));
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

/// What the items weigh in memory, in readings.
fn facts(items: &[Item]) -> usize {
    let weigh = |item: &Item| match item {
        Item::Batch(batch) => 4 + batch.readings.len(),
        Item::Presence(presence) => {
            let quantities = presence.sensors.iter().map(|sensor| sensor.quantities.len());
            4 + 2 * presence.sensors.len() + quantities.sum::<usize>()
        }
        Item::Unknown { bytes, .. } => 4 + bytes.len() / 64,
        _ => 4,
    };
    items.iter().map(weigh).sum()
}

/// How many readings the items hold.
pub(super) fn readings(items: &[Item]) -> usize {
    let count = |item: &Item| match item {
        Item::Batch(batch) => batch.readings.len(),
        _ => 0,
    };
    items.iter().map(count).sum()
}

#[cfg(test)]
mod tests {
    use plenum_core::fact::{ExpectedSensor, Presence};
    use plenum_protocol::{Duration, Timestamp};

    use super::*;

    #[test]
    fn statuses_weigh_what_they_list() {
        let recent = Recent::default();
        for number in 1..=2_000 {
            let sensor = ExpectedSensor {
                sensor: "a".parse().unwrap(),
                driver: String::new(),
                quantities: Vec::new(),
                interval: Duration::ZERO,
            };
            let presence = Presence {
                agent: "s/a".parse().unwrap(),
                online: true,
                clock_synchronised: true,
                sensors: vec![sensor; 256],
            };
            recent.push(Entry {
                number,
                received: Timestamp::MIN,
                items: vec![Item::Presence(presence)],
            });
        }
        assert!(recent.0.lock().unwrap().entries.len() < 250);
        assert!(recent.after(1_999).is_some());
    }
}
