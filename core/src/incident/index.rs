//! Where to look for the incident of an alarm: with thousands of alarms at once, a look through all that stand for each that comes would take minutes.

use std::collections::{BTreeMap, HashMap};

use plenum_protocol::{Duration, Timestamp};

use super::topology::{Key, Spot};
use crate::alarms::cover::{LINGERS, TOGETHER};

/// How much later a cause may be noticed than what it did: sensors are read in turns. What began earlier than that has another cause.
const NOTICED: Duration = Duration::from_seconds(60);

/// How many members of one incident are found under a key, and when the last of them came and went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Found {
    standing: u32,
    /// When the condition of the first of them began, and of the last.
    began: (Timestamp, Timestamp),
    raised: Timestamp,
    over: Timestamp,
}

impl Found {
    /// Whether one of them stands, or did until a short while ago.
    fn lasts(&self, at: Timestamp) -> bool {
        self.standing > 0 || at.since(self.over) <= LINGERS
    }
}

type Places = HashMap<Key, BTreeMap<u64, Found>>;

/// The members of incidents that are open, or were until a short while ago.
#[derive(Debug, Default)]
pub(super) struct Index {
    /// By what they may be the cause of.
    causes: Places,
    /// By where they are.
    lies: Places,
}

impl Index {
    /// A member stands from `at` on, and its condition held from `began` on.
    pub(super) fn stands(&mut self, incident: u64, spot: &Spot, began: Timestamp, at: Timestamp) {
        let note = |places: &mut Places, key: Key| {
            let found = places.entry(key).or_default().entry(incident).or_insert(Found {
                standing: 0,
                began: (began, began),
                raised: at,
                over: at,
            });
            found.standing += 1;
            found.began = (found.began.0.min(began), found.began.1.max(began));
            found.raised = found.raised.max(at);
        };
        spot.may_cause()
            .into_iter()
            .for_each(|key| note(&mut self.causes, key));
        spot.lies().for_each(|key| note(&mut self.lies, key));
    }

    /// A member is over.
    pub(super) fn is_over(&mut self, incident: u64, spot: &Spot, at: Timestamp) {
        let note = |places: &mut Places, key: Key| {
            let found = places.get_mut(&key).and_then(|found| found.get_mut(&incident));
            if let Some(found) = found {
                found.standing = found.standing.saturating_sub(1);
                found.over = found.over.max(at);
            }
        };
        spot.may_cause()
            .into_iter()
            .for_each(|key| note(&mut self.causes, key));
        spot.lies().for_each(|key| note(&mut self.lies, key));
    }

    /// An incident is not joined any more.
    pub(super) fn forget(&mut self, incident: u64, spots: impl Iterator<Item = Spot>) {
        let forget = |places: &mut Places, key: &Key| {
            if let Some(found) = places.get_mut(key) {
                found.remove(&incident);
                if found.is_empty() {
                    places.remove(key);
                }
            }
        };
        for spot in spots {
            spot.may_cause()
                .iter()
                .for_each(|key| forget(&mut self.causes, key));
            spot.lies().for_each(|key| forget(&mut self.lies, &key));
        }
    }

    /// The incident with a member that may be the cause of what began then: the one whose cause is closest, and of those the newest.
    pub(super) fn cause_of(&self, spot: &Spot, began: Timestamp, at: Timestamp) -> Option<u64> {
        let near = spot.lies().collect::<Vec<_>>();
        let is_before = |found: &Found| found.began.0 <= began + NOTICED;
        let mut all = near
            .iter()
            .rev()
            .filter_map(|key| newest(self.causes.get(key)?, at, is_before));
        all.next()
    }

    /// The incident of what is one event with something.
    pub(super) fn alike(&self, spot: &Spot, at: Timestamp) -> Option<u64> {
        let mut all = spot.alike().filter_map(|(key, within)| {
            let is_in_time = |found: &Found| within.is_none_or(|within| at.since(found.raised) <= within);
            newest(self.lies.get(&key)?, at, is_in_time)
        });
        all.next()
    }

    /// The incidents whose cause something may be that began then: what was noticed before it, and did not begin before it.
    pub(super) fn effects_of(&self, spot: &Spot, began: Timestamp, at: Timestamp) -> Vec<u64> {
        let mut all = Vec::new();
        for key in spot.may_cause() {
            let found = self.lies.get(&key).into_iter().flatten();
            let is_after = |found: &Found| began <= found.began.1 + NOTICED;
            let lately = found.filter(|(_, found)| {
                found.lasts(at) && is_after(found) && at.since(found.raised) <= TOGETHER
            });
            all.extend(lately.map(|(incident, _)| *incident));
        }
        all.sort_unstable();
        all.dedup();
        all
    }
}

fn newest(found: &BTreeMap<u64, Found>, at: Timestamp, is_meant: impl Fn(&Found) -> bool) -> Option<u64> {
    let mut lasting = found
        .iter()
        .rev()
        .filter(|(_, found)| found.lasts(at) && is_meant(found));
    lasting.next().map(|(incident, _)| *incident)
}
