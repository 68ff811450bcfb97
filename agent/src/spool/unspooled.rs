//! What went before the spool's disk could take it: it has no number, or left a hole in the numbers of the urgent stream.

use plenum_protocol::streams::Lost;
use plenum_protocol::{Reading, Timestamp};
use rusqlite::params;

use super::number::Number;
use super::{Dropped, Spool, SpoolError, space, streams};

/// Readings that were lost before they had a number.
#[derive(Debug, Clone)]
pub(super) struct Unnumbered {
    pub(super) count: u64,
    pub(super) from: Option<Timestamp>,
    pub(super) to: Option<Timestamp>,
    pub(super) why: String,
}

impl Spool {
    /// Notes that readings were lost before they could be spooled; the next commit tells it.
    pub fn lose_unspooled(&mut self, readings: &[Reading], why: &str) {
        let instants = || readings.iter().map(|reading| reading.at);
        self.lose_counted(readings.len() as u64, (instants().min(), instants().max()), why);
    }

    /// Notes that so many readings were lost before they could be spooled; the next commit tells it.
    pub(super) fn lose_counted(
        &mut self,
        count: u64,
        (from, to): (Option<Timestamp>, Option<Timestamp>),
        why: &str,
    ) {
        self.dropped.readings += count;
        let before = self.unnumbered.take();
        self.unnumbered = Some(match before {
            Some(before) => Unnumbered {
                count: before.count + count,
                from: [before.from, from].into_iter().flatten().min(),
                to: before.to.max(to),
                why: before.why,
            },
            None => Unnumbered {
                count,
                from,
                to,
                why: why.to_owned(),
            },
        });
    }

    /// The next urgent batch has the number `first`: those before it that are not here went by memory, and `lost` tells what of them
    /// did not arrive. What is here of the stream is acknowledged and goes: nothing could be sent past the hole.
    pub(super) fn skip_urgent(&mut self, first: u64, lost: Option<Lost>) -> Result<(), SpoolError> {
        let through = self.memory.acknowledged().1;
        let mut all = self.streams.clone();
        let found = all.iter_mut().find(|stream| stream.number == self.urgent);
        let Some(stream) = found.filter(|stream| first > stream.held.last + 1) else {
            return Ok(());
        };
        let transaction = self.connection.transaction()?;
        let last = stream.held.last;
        space::delete(&transaction, stream, last)?;
        stream.held.last = first - 1;
        stream.held.first = first;
        transaction.execute(
            "update stream set last = ?2 where number = ?1",
            params![stream.number, Number(first - 1)],
        )?;
        streams::apply_through(&transaction, stream, through.min(first - 1))?;
        let mut dropped = Dropped::default();
        if let Some(lost) = lost.filter(|lost| lost.to_seq > stream.held.through) {
            dropped.add(Dropped {
                batches: lost.to_seq + 1 - lost.from_seq,
                readings: lost.count,
            });
            streams::note_loss(&transaction, stream, lost)?;
        }
        transaction.commit()?;
        self.dropped.add(dropped);
        self.streams = all;
        self.tell_heads();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use plenum_protocol::streams::Class;
    use plenum_protocol::{Duration, Size};

    use super::*;
    use crate::config::SpoolConfig;
    use crate::moment::Moment;
    use crate::spool::{Batch, lost};

    #[test]
    fn the_urgent_stream_goes_on_behind_what_went_by_memory_and_tells_what_was_lost() {
        let folder = tempfile::tempdir().unwrap();
        let config = SpoolConfig {
            path: folder.path().join("spool.db"),
            maximum: Size(1 << 20),
        };
        let now = Moment {
            wall: Timestamp::from_milliseconds(1_700_000_000_000),
            boot: Duration::ZERO,
            synchronised: true,
        };
        let batch = || Batch {
            class: Class::Urgent,
            readings: vec![Reading::new("smoke-1/smoke".parse().unwrap(), now.wall, Ok(1.0))],
        };
        let mut spool = Spool::open(&config, "boot", now).unwrap();
        spool.commit(&[batch(), batch()], now).unwrap();
        let stream = spool.memory().acknowledged().0;
        let head = |spool: &Spool| {
            let heads = spool.heads().borrow().clone();
            let head = heads.into_iter().find(|head| head.id == stream).unwrap();
            let lost = head.lost.map(|lost| (lost.from_seq, lost.to_seq, lost.count));
            (head.first, head.last, head.through, lost)
        };
        spool.memory().acknowledge(&stream, 5);
        let notice = lost(&stream, (6, 9), (None, None), 40, "full disk");
        spool.skip_urgent(10, Some(notice)).unwrap();
        assert_eq!(head(&spool), (10, 9, 5, Some((6, 9, 40))));
        spool.commit(&[batch()], now).unwrap();
        assert_eq!(head(&spool), (10, 10, 5, Some((6, 9, 40))));
        spool.skip_urgent(11, None).unwrap();
        assert_eq!(head(&spool), (10, 10, 5, Some((6, 9, 40))), "there is no hole");
        assert_eq!((spool.dropped().batches, spool.dropped().readings), (4, 40));
    }
}
