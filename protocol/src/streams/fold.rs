//! Which streams of earlier starts become one, so that the status of an agent that was started often stays small.
//!
//! | a stream of an earlier start | becomes |
//! |---|---|
//! | of which nobody was told (never listed in a status, nothing of it sent) | one with the others of its class and clock: its batches get the numbers behind the last of the one before it |
//! | of which nobody was told, that holds nothing but a loss | one with the others like it: their losses become one notice |
//! | that a collector may have heard of, with something unacknowledged | itself |
//! | that a collector may have heard of, all acknowledged | itself if it is among the newest `ACKNOWLEDGED_KEPT`, else forgotten with what is kept of it |
//!
//! Why nothing is called lost, and nothing is stored under two names:
//! - A collector calls a stream broken that an earlier start listed and this one does not know, and takes a batch under a new name for a new one. So only
//!   streams that no collector can know are folded; the mark is on the disk before the first status that lists them leaves.
//! - The folded one gets a fresh name: where a card lied and lost the mark, numbers are never used twice under one name; what had arrived then arrives
//!   again, as after any such loss, and readings are told apart by series and instant.
//! - Of a stream that is acknowledged to its end a collector expects nothing, whether it is listed or not.

use std::collections::BTreeMap;

use super::{Class, Held, StreamId};

/// Acknowledged streams of earlier starts that stay as they are, for a restored collector's sake.
pub const ACKNOWLEDGED_KEPT: usize = 64;
/// A stream with more batches is left as it is: to number them anew takes time at a start.
pub const FOLDED_AT_MOST: u64 = 1_000;
/// With more streams than these that nobody was told of, long ones are folded too.
pub const UNTOLD_AT_MOST: usize = 32;
/// Streams with something unacknowledged that collectors are told of at most; further ones wait until some of these are acknowledged.
pub const TOLD_AT_MOST: usize = 128;
/// The same for the streams of a start itself: a change must not wait for an acknowledgement of what is old.
pub const OWN_TOLD_AT_MOST: usize = 240;
/// Streams that one status lists at most.
pub const LISTED_AT_MOST: usize = 256;

/// A stream of an earlier start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Earlier {
    /// As the spool has it.
    pub held: Held,
    /// Whether a collector may have heard of it.
    pub told: bool,
    /// Which boot's clock its instants wait for; absent if they stand. Streams of different clocks are not mixed.
    pub clock: Option<i64>,
}

/// What becomes of the streams of earlier starts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Folding {
    /// Each at least two, oldest first: they become one, under a fresh name, in this order.
    pub folds: Vec<Vec<StreamId>>,
    /// These are forgotten with all that is kept of them.
    pub forgotten: Vec<StreamId>,
}

/// Decides on the streams of earlier starts, oldest first.
pub fn fold(earlier: &[Earlier]) -> Folding {
    let untold = earlier
        .iter()
        .filter(|stream| !stream.told && !is_unused(&stream.held));
    let long_too = untold.clone().count() > UNTOLD_AT_MOST;
    // Those that hold batches, and those that only tell of a loss, by class and clock.
    let mut open: BTreeMap<(Class, Option<i64>, bool), usize> = BTreeMap::new();
    let mut folds: Vec<Vec<StreamId>> = Vec::new();
    for stream in untold {
        let held = &stream.held;
        let key = (held.class, stream.clock, held.is_empty());
        let is_short = long_too || held.last < held.first + FOLDED_AT_MOST;
        // A loss stands before all that a stream holds; between batches there is no place for it.
        let fits = is_short && (held.is_empty() || held.lost.is_none());
        match open.get(&key) {
            Some(index) if fits => folds[*index].push(held.stream.clone()),
            _ => {
                open.insert(key, folds.len());
                folds.push(vec![held.stream.clone()]);
            }
        }
    }
    folds.retain(|streams| streams.len() > 1);
    let over = earlier
        .iter()
        .rev()
        .filter(|stream| stream.told && !is_unused(&stream.held) && stream.held.is_settled());
    let forgotten = over.skip(ACKNOWLEDGED_KEPT);
    let unused = earlier.iter().filter(|stream| is_unused(&stream.held));
    Folding {
        folds,
        forgotten: unused
            .chain(forgotten)
            .map(|stream| stream.held.stream.clone())
            .collect(),
    }
}

/// Nothing was ever spooled in it.
fn is_unused(held: &Held) -> bool {
    held.last == 0 && held.lost.is_none()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::streams::Lost;

    fn stream(number: u64, (first, last, through): (u64, u64, u64)) -> Earlier {
        Earlier {
            held: Held {
                first,
                last,
                through,
                ..Held::opened(StreamId::from_random(number), Class::Routine)
            },
            told: false,
            clock: None,
        }
    }

    fn told(number: u64, numbers: (u64, u64, u64)) -> Earlier {
        Earlier {
            told: true,
            ..stream(number, numbers)
        }
    }

    fn with_loss(number: u64, (first, last): (u64, u64)) -> Earlier {
        let mut stream = stream(number, (first, last, 0));
        stream.held.lost = Some(Lost {
            stream: StreamId::from_random(number),
            from_seq: 1,
            to_seq: first - 1,
            from: None,
            to: None,
            count: 5,
            why: "full spool".to_owned(),
        });
        stream
    }

    fn check(earlier: &[Earlier], folds: &[&[u64]], forgotten: &[u64]) {
        let number = |stream: &StreamId| u64::from_str_radix(stream.as_str(), 16).unwrap();
        let found = fold(earlier);
        let found_folds: Vec<Vec<u64>> = found
            .folds
            .iter()
            .map(|streams| streams.iter().map(number).collect())
            .collect();
        assert_eq!(found_folds, folds);
        let found: Vec<u64> = found.forgotten.iter().map(number).collect();
        assert_eq!(found, forgotten);
    }

    #[test]
    fn what_nobody_was_told_of_becomes_one_by_class_and_clock() {
        let urgent = |number| {
            let mut urgent = stream(number, (1, 3, 0));
            urgent.held.class = Class::Urgent;
            urgent
        };
        let waits = |number| Earlier {
            clock: Some(7),
            ..stream(number, (1, 2, 0))
        };
        let earlier = [
            stream(1, (1, 4, 0)),
            urgent(2),
            waits(3),
            told(4, (1, 4, 2)),
            stream(5, (1, 1, 0)),
            urgent(6),
            waits(7),
            stream(8, (1, 0, 0)),
            stream(9, (1, 9, 0)),
        ];
        check(&earlier, &[&[1, 5, 9], &[2, 6], &[3, 7]], &[8]);
    }

    #[test]
    fn a_loss_stays_before_what_its_stream_holds() {
        let earlier = [
            with_loss(1, (3, 2)),
            stream(2, (1, 4, 0)),
            with_loss(3, (5, 4)),
            with_loss(4, (3, 9)),
            stream(5, (1, 4, 0)),
        ];
        check(&earlier, &[&[1, 3], &[4, 5]], &[]);
    }

    #[test]
    fn a_long_stream_is_left_alone_until_there_are_too_many() {
        let long = |number| stream(number, (1, FOLDED_AT_MOST + 1, 0));
        check(&[long(1), long(2), stream(3, (1, 2, 0))], &[&[2, 3]], &[]);
        let many: Vec<Earlier> = (1..=UNTOLD_AT_MOST as u64 + 1).map(long).collect();
        assert_eq!(fold(&many).folds[0].len(), many.len());
    }

    #[test]
    fn of_what_is_acknowledged_the_newest_stay() {
        let count = ACKNOWLEDGED_KEPT as u64 + 3;
        let mut earlier: Vec<Earlier> = (1..=count).map(|number| told(number, (1, 2, 2))).collect();
        earlier.insert(0, told(99, (1, 2, 1)));
        check(&earlier, &[], &[3, 2, 1]);
    }

    #[test]
    fn a_stream_takes_in_another_behind_its_last() {
        let mut held = with_loss(1, (3, 9)).held;
        held.take_in(&stream(2, (1, 4, 0)).held);
        assert_eq!(
            (held.first, held.last, held.lost.as_ref().unwrap().to_seq),
            (3, 13, 2)
        );
        let mut held = with_loss(1, (3, 2)).held;
        held.take_in(&with_loss(2, (5, 7)).held);
        let lost = held.lost.clone().unwrap();
        assert_eq!((held.first, held.last), (7, 9));
        assert_eq!((lost.from_seq, lost.to_seq, lost.count), (1, 6, 10));
        assert_eq!(lost.stream, held.stream);
    }
}
