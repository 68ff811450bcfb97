//! From what the spool holds now to what has happened in it, in the words of the sender. Pure.

use std::collections::BTreeMap;

use plenum_protocol::streams::{Held, Removal, StreamId};

use crate::spool::Head;

/// Something that happened to a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Change {
    /// It is new to the uplink.
    Adopted(Held),
    /// Batches were spooled, up to this number.
    Spooled(StreamId, u64),
    /// Batches were deleted.
    Removed(Removal),
}

/// The streams as the uplink last saw them.
#[derive(Debug, Default)]
pub(super) struct Known(BTreeMap<StreamId, Head>);

impl Known {
    /// The streams with which the sender is made.
    pub(super) fn new(heads: &[Head]) -> Self {
        Self(heads.iter().map(|head| (head.id.clone(), head.clone())).collect())
    }

    /// Notes a stream that the sender has opened itself.
    pub(super) fn expect(&mut self, stream: Head) {
        self.0.insert(stream.id.clone(), stream);
    }

    /// What has happened since the last look.
    pub(super) fn look(&mut self, heads: &[Head]) -> Vec<Change> {
        let mut changes = Vec::new();
        for head in heads {
            match self.0.get(&head.id) {
                None => changes.push(Change::Adopted(held(head))),
                Some(before) => compare(before, head, &mut changes),
            }
        }
        self.0
            .retain(|id, head| head.last == 0 || heads.iter().any(|head| head.id == *id));
        for head in heads {
            self.0.insert(head.id.clone(), head.clone());
        }
        changes
    }
}

/// The stream as the sender takes it over.
pub(super) fn held(head: &Head) -> Held {
    Held {
        stream: head.id.clone(),
        class: head.class,
        first: head.first,
        last: head.last,
        through: head.through,
        lost: head.lost.clone(),
    }
}

fn compare(before: &Head, head: &Head, changes: &mut Vec<Change>) {
    if head.last > before.last {
        changes.push(Change::Spooled(head.id.clone(), head.last));
    }
    if head.first > before.first {
        // The spool joins its losses; the sender is told of what is new and joins them again.
        let told = match (&before.lost, &head.lost) {
            (Some(before), Some(now)) if before.from_seq == now.from_seq => before.count,
            _ => 0,
        };
        let lost = head.lost.as_ref();
        changes.push(Change::Removed(Removal {
            stream: head.id.clone(),
            through: head.first - 1,
            from: lost.and_then(|lost| lost.from),
            to: lost.and_then(|lost| lost.to),
            count: lost.map_or(0, |lost| lost.count.saturating_sub(told)),
            why: lost.map_or_else(String::new, |lost| lost.why.clone()),
        }));
    }
}

#[cfg(test)]
mod tests {
    use plenum_protocol::streams::{Class, Lost};

    use super::*;

    fn head(first: u64, last: u64, lost: Option<(u64, u64, u64)>) -> Head {
        let id = StreamId::from_random(1);
        Head {
            id: id.clone(),
            class: Class::Routine,
            first,
            last,
            through: 0,
            lost: lost.map(|(from_seq, to_seq, count)| Lost {
                stream: id,
                from_seq,
                to_seq,
                from: None,
                to: None,
                count,
                why: "full spool".to_owned(),
            }),
            current: true,
            told: true,
        }
    }

    fn removed(through: u64, count: u64, why: &str) -> Change {
        Change::Removed(Removal {
            stream: StreamId::from_random(1),
            through,
            from: None,
            to: None,
            count,
            why: why.to_owned(),
        })
    }

    #[test]
    fn growth_and_deletion_are_told_once() {
        let spooled = |seq| Change::Spooled(StreamId::from_random(1), seq);
        let mut known = Known::new(&[head(1, 0, None)]);
        assert_eq!(known.look(&[head(1, 2, None)]), [spooled(2)]);
        assert_eq!(known.look(&[head(1, 2, None)]), []);
        assert_eq!(known.look(&[head(1, 9, None)]), [spooled(9)]);
        assert_eq!(
            known.look(&[head(3, 9, Some((1, 2, 20)))]),
            [removed(2, 20, "full spool")]
        );
        assert_eq!(
            known.look(&[head(4, 9, Some((1, 3, 25)))]),
            [removed(3, 5, "full spool")]
        );
        assert_eq!(known.look(&[head(6, 9, None)]), [removed(5, 0, "")]);
    }

    #[test]
    fn a_stranger_is_adopted_and_an_expected_stream_is_not() {
        let mut known = Known::default();
        let lost = head(2, 1, Some((1, 1, 7)));
        assert_eq!(
            known.look(std::slice::from_ref(&lost)),
            [Change::Adopted(held(&lost))]
        );
        let mut known = Known::default();
        known.expect(head(1, 0, None));
        assert_eq!(known.look(&[]), []);
        assert_eq!(known.look(&[head(1, 0, None)]), []);
    }
}
