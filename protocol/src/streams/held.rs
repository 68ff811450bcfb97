//! A stream as the spool holds it, what becomes of it when batches go or are acknowledged, and which batches leave a full spool.
//!
//! | leaves | when |
//! |---|---|
//! | what is acknowledged | first of all: the collector has it; 32 batches of a stream at once |
//! | the oldest routine batch | while there is one: it is a loss, and noted as one |
//! | the oldest urgent batch | when nothing else is left |
//!
//! The spool deletes what [`next_eviction`] names, in the transaction that needs the space, and tells the sender by
//! `Event::Removed`.

use super::{Class, Lost, StreamId};

/// Acknowledged batches that leave a stream at once.
const ACKNOWLEDGED_AT_ONCE: u64 = 32;

/// A stream as the spool has it. Give them to [`Sender::new`](super::Sender::new) in the order in which they were opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// Its random name.
    pub stream: StreamId,
    /// Urgent ones are sent first and, of batches missed alike, leave last.
    pub class: Class,
    /// The lowest number held; `last + 1` if none is.
    pub first: u64,
    /// The highest number ever spooled in it.
    pub last: u64,
    /// The highest number acknowledged.
    pub through: u64,
    /// What was removed unacknowledged.
    pub lost: Option<Lost>,
}

/// Batches that leave a full spool: everything of `stream` up to `through`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Eviction {
    /// The stream that is shortened from its oldest end.
    pub stream: StreamId,
    /// The highest number that goes.
    pub through: u64,
    /// Whether the collector has them. If not it is one batch, and a loss.
    pub acknowledged: bool,
}

impl Held {
    /// A fresh stream: nothing spooled yet.
    pub fn opened(stream: StreamId, class: Class) -> Self {
        Self {
            stream,
            class,
            first: 1,
            last: 0,
            through: 0,
            lost: None,
        }
    }

    /// Whether no batch is held.
    pub fn is_empty(&self) -> bool {
        self.first > self.last
    }

    /// Whether the collector has all of it, and has heard of all that was lost.
    pub fn is_settled(&self) -> bool {
        self.through == self.last && self.lost.is_none()
    }

    /// The collector has everything up to `through` (at most `last`), and has heard of losses up to there. It falls when the collector
    /// was restored.
    pub fn acknowledge(&mut self, through: u64) {
        self.through = through.min(self.last);
        self.lost = self.lost.take().filter(|lost| lost.to_seq > self.through);
    }

    /// A later stream that is folded into this one: its batches follow behind the last. The loss of a later one is taken over where this one
    /// holds nothing.
    pub fn take_in(&mut self, later: &Self) {
        let shift = self.last;
        if self.is_empty() {
            self.first = later.first + shift;
        }
        self.last = later.last + shift;
        if let Some(lost) = &later.lost {
            self.lose(Lost {
                stream: self.stream.clone(),
                from_seq: lost.from_seq + shift,
                to_seq: lost.to_seq + shift,
                ..lost.clone()
            });
        }
    }

    /// Batches were deleted before they were acknowledged: one notice tells of these and of those before.
    pub fn lose(&mut self, notice: Lost) {
        self.lost = Some(match self.lost.take() {
            Some(before) => before.joined_with(notice),
            None => notice,
        });
    }
}

/// What leaves a full spool next; `None` if nothing is held. `streams` in the order in which they were opened.
pub fn next_eviction<'a>(streams: impl IntoIterator<Item = &'a Held>) -> Option<Eviction> {
    let held = streams.into_iter().filter(|held| !held.is_empty());
    // Of several that are least missed alike, the first is the oldest.
    let (held, missed) = held
        .map(|held| (held, held.first > held.through))
        .min_by_key(|(held, missed)| (*missed, std::cmp::Reverse(held.class)))?;
    Some(Eviction {
        stream: held.stream.clone(),
        through: if missed {
            held.first
        } else {
            held.through.min(held.first + ACKNOWLEDGED_AT_ONCE - 1)
        },
        acknowledged: !missed,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(number: u64, class: Class, (first, last, through): (u64, u64, u64)) -> Held {
        Held {
            first,
            last,
            through,
            ..Held::opened(StreamId::from_random(number), class)
        }
    }

    fn lost(from_seq: u64, to_seq: u64) -> Lost {
        Lost {
            stream: StreamId::from_random(1),
            from_seq,
            to_seq,
            from: None,
            to: None,
            count: 10,
            why: "full spool".to_owned(),
        }
    }

    #[test]
    fn space_is_made_from_what_is_least_missed() {
        let mut streams = [
            held(1, Class::Urgent, (1, 2, 1)),
            held(2, Class::Routine, (1, 2, 0)),
            held(3, Class::Routine, (5, 4, 4)),
            held(4, Class::Routine, (1, 1, 0)),
        ];
        let mut order = Vec::new();
        while let Some(eviction) = next_eviction(&streams) {
            let stream = streams
                .iter_mut()
                .find(|held| held.stream == eviction.stream)
                .unwrap();
            stream.first = eviction.through + 1;
            let number = u64::from_str_radix(eviction.stream.as_str(), 16).unwrap();
            order.push((number, eviction.through, eviction.acknowledged));
        }
        assert_eq!(
            order,
            [
                (1, 1, true),
                (2, 1, false),
                (2, 2, false),
                (4, 1, false),
                (1, 2, false)
            ]
        );
    }

    #[test]
    fn acknowledged_batches_go_in_lots_and_others_one_by_one() {
        let through = |held| next_eviction([&held]).unwrap().through;
        assert_eq!(through(held(1, Class::Routine, (5, 99, 90))), 36);
        assert_eq!(through(held(1, Class::Routine, (5, 99, 20))), 20);
        assert_eq!(through(held(1, Class::Routine, (5, 99, 4))), 5);
    }

    #[test]
    fn a_loss_is_kept_until_the_collector_has_passed_it() {
        let mut held = held(1, Class::Routine, (4, 9, 0));
        held.lose(lost(1, 2));
        held.lose(lost(3, 3));
        let notice = held.lost.clone().unwrap();
        assert_eq!((notice.from_seq, notice.to_seq, notice.count), (1, 3, 20));
        held.acknowledge(2);
        assert!(held.lost.is_some());
        held.acknowledge(99);
        assert_eq!((held.through, held.lost), (9, None));
    }
}
