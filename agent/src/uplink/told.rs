//! Of which streams the collector is told: those that are marked on the disk, and not more than it takes in one status.

use std::collections::{BTreeMap, BTreeSet};

use plenum_protocol::payload::ListedStream;
use plenum_protocol::streams::StreamId;
use plenum_protocol::streams::fold::LISTED_AT_MOST;

use super::Uplink;
use crate::spool::Head;

impl Uplink {
    /// Marks on the disk the streams that may be listed and sent from now on. Returns whether there are more than before.
    pub(super) async fn tell(&mut self) -> bool {
        let before = self.told.len();
        match self.on_spool_thread(|spool| spool.tell()).await {
            Some(told) => self.told.extend(told),
            // Without the mark a later start may give what arrived another name: it arrives twice then, and counts once.
            None => self.told.extend(self.sender.listed().into_keys()),
        }
        self.told.len() > before
    }

    /// Whether a stream waits to be told of.
    pub(super) fn has_untold(&self) -> bool {
        let heads = self.heads.borrow();
        heads
            .iter()
            .any(|head| !head.told && !self.told.contains(&head.id))
    }
}

/// What the status lists: everything that is not settled, then what is, newest first, as far as there is room.
pub(super) fn listed(
    mut all: BTreeMap<StreamId, ListedStream>,
    told: &BTreeSet<StreamId>,
    heads: &[Head],
) -> BTreeMap<StreamId, ListedStream> {
    all.retain(|id, _| told.contains(id));
    let settled = |head: &&Head| head.through == head.last && head.lost.is_none() && !head.current;
    let mut oldest = heads.iter().filter(settled);
    while all.len() > LISTED_AT_MOST {
        match oldest.next() {
            Some(head) => all.remove(&head.id),
            None => break,
        };
    }
    all
}

#[cfg(test)]
mod tests {
    use plenum_protocol::streams::Class;

    use super::*;

    #[test]
    fn the_oldest_settled_streams_make_room_in_the_status() {
        let id = StreamId::from_random;
        let count = LISTED_AT_MOST as u64 + 10;
        let head = |number: u64| Head {
            id: id(number),
            class: Class::Routine,
            first: 1,
            last: 5,
            through: if number.is_multiple_of(3) { 4 } else { 5 },
            lost: None,
            current: false,
            told: true,
        };
        let heads: Vec<Head> = (1..=count).map(head).collect();
        let stream = |_| ListedStream {
            first: 1,
            last: 5,
            class: Class::Routine,
            lost: None,
        };
        let all: BTreeMap<_, _> = (1..=count).map(|number| (id(number), stream(number))).collect();
        let mut told: BTreeSet<_> = all.keys().cloned().collect();
        told.remove(&id(count));
        let listed = listed(all, &told, &heads);
        assert_eq!(listed.len(), LISTED_AT_MOST);
        let gone: Vec<u64> = (1..=count)
            .filter(|number| !listed.contains_key(&id(*number)))
            .collect();
        assert_eq!(gone, [1, 2, 4, 5, 7, 8, 10, 11, 13, count]);
    }
}
