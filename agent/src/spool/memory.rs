//! Urgent batches that the spool's disk has not taken yet. As long as the disk does its work the uplink sees none of them; when it is full,
//! read-only, broken or silent they are shown, and are sent from here under the numbers that they will have on the disk. Has a lock of
//! its own, so that neither gatherer nor uplink ever waits for the disk. Pure but for that.
//!
//! It is bounded: beyond the bound the oldest go, and what of them was not acknowledged is told as a loss.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use plenum_protocol::senml::encode::size_bound;
use plenum_protocol::streams::{Lost, StreamId};
use plenum_protocol::{Duration, Reading, Timestamp};
use tokio::sync::watch;

use super::{Head, Row, SpoolReader, lost};
use crate::moment::Moment;

/// What is kept at most.
const MOST_READINGS: usize = 20_000;
const MOST_BYTES: usize = 4 << 20;
/// Batches that are handed to the disk together.
const AT_ONCE: usize = 256;
/// Why batches went that neither the disk nor the collector took in time.
const WHY: &str = "full disk";

/// The batches, shared between gatherer, spool and uplink.
#[derive(Clone)]
pub struct Memory(Arc<Shared>);

struct Shared {
    kept: Mutex<Kept>,
    changed: watch::Sender<()>,
}

struct Kept {
    /// The stream of this start's urgent batches.
    stream: StreamId,
    /// The batches after those that the disk has, without a hole between them; the first has the number `first`.
    batches: VecDeque<Waiting>,
    first: u64,
    /// Readings and bytes in them.
    readings: usize,
    bytes: usize,
    /// The highest number that the disk has.
    spooled: u64,
    /// The highest number acknowledged.
    through: u64,
    /// What went for want of room, while the disk has not noted it.
    lost: Option<Lost>,
    /// Whether the disk does not take what is read: then all is shown.
    troubled: bool,
    /// Whether the spool itself lies in memory, because its file could not be opened.
    away: bool,
    /// The offset of this boot's first synchronisation.
    boot_offset: Option<Duration>,
    /// How to read the spool since it has moved.
    reader: Option<SpoolReader>,
}

/// A batch that waits for the disk.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Waiting {
    pub(super) readings: Vec<Reading>,
    pub(super) stamped: Moment,
}

/// What the disk should take next.
#[derive(Debug, Clone, Default)]
pub(super) struct ForDisk {
    /// The numbers before this one are left out, and what of that is a loss.
    pub(super) skip: Option<(u64, Option<Lost>)>,
    /// The number of the first batch.
    pub(super) first: u64,
    pub(super) batches: Vec<Waiting>,
}

impl Memory {
    /// Nothing waits; the disk has `spooled` batches of the stream.
    pub(super) fn new(stream: StreamId, spooled: u64) -> Self {
        let kept = Kept {
            stream,
            batches: VecDeque::new(),
            first: spooled + 1,
            readings: 0,
            bytes: 0,
            spooled,
            through: 0,
            lost: None,
            troubled: false,
            away: false,
            boot_offset: None,
            reader: None,
        };
        Self(Arc::new(Shared {
            kept: Mutex::new(kept),
            changed: watch::Sender::new(()),
        }))
    }

    /// A batch has gathered; it gets the next number.
    pub(super) fn add(&self, readings: Vec<Reading>, stamped: Moment) {
        let mut kept = self.lock();
        kept.readings += readings.len();
        kept.bytes += bytes(&readings);
        kept.batches.push_back(Waiting { readings, stamped });
        while (kept.readings > MOST_READINGS || kept.bytes > MOST_BYTES) && kept.batches.len() > 1 {
            kept.drop_oldest();
        }
        self.tell_if(kept.troubled);
    }

    /// Whether the disk takes what is read.
    pub(super) fn set_troubled(&self, troubled: bool) {
        self.lock().troubled = troubled;
        self.tell_if(true);
    }

    /// The offset that corrects what this boot's free clock has stamped.
    pub(super) fn set_boot_offset(&self, offset: Option<Duration>) {
        self.lock().boot_offset = offset;
    }

    /// The spool lies in memory, or has moved to its file and is read by `reader` from now on.
    pub(super) fn set_away(&self, away: bool, reader: Option<SpoolReader>) {
        let mut kept = self.lock();
        kept.away = away;
        kept.reader = reader;
        drop(kept);
        self.tell_if(true);
    }

    /// What the disk should take next; nothing while a hole lies behind batches on the disk that are not acknowledged.
    pub(super) fn for_disk(&self) -> ForDisk {
        let kept = self.lock();
        if kept.is_held_up() {
            return ForDisk::default();
        }
        ForDisk {
            skip: kept.hole().then(|| (kept.first, kept.lost.clone())),
            first: kept.first,
            batches: kept.batches.iter().take(AT_ONCE).cloned().collect(),
        }
    }

    /// Whether batches wait that the disk could take.
    pub(super) fn is_waiting(&self) -> bool {
        let kept = self.lock();
        !(kept.batches.is_empty() || kept.is_held_up())
    }

    /// Whether all that waits can be handed over together.
    pub(super) fn fits(&self) -> bool {
        self.lock().batches.len() <= AT_ONCE
    }

    /// The disk has everything up to this number.
    pub(super) fn written(&self, seq: u64) {
        let mut kept = self.lock();
        while kept.first <= seq && kept.pop().is_some() {}
        kept.first = kept.first.max(seq + 1);
        kept.spooled = kept.spooled.max(seq);
        // The disk has noted what was lost before it.
        kept.lost = kept.lost.take().filter(|lost| lost.to_seq > seq);
    }

    /// Acknowledged up to `through`, and not beyond.
    pub fn acknowledge(&self, stream: &StreamId, through: u64) {
        let mut kept = self.lock();
        if kept.stream == *stream {
            kept.through = through;
            // Behind an acknowledged hole the disk can go on.
            self.tell_if(kept.hole());
        }
    }

    /// The stream, and what of it is acknowledged.
    pub(super) fn acknowledged(&self) -> (StreamId, u64) {
        let kept = self.lock();
        (kept.stream.clone(), kept.through)
    }

    /// The streams as they are to be sent: those of the spool, with what is shown from here.
    pub fn overlay(&self, heads: &[Head]) -> Vec<Head> {
        let kept = self.lock();
        let mut heads = heads.to_vec();
        let mine = heads.iter_mut().find(|head| head.id == kept.stream);
        if let Some(head) = mine.filter(|_| kept.troubled) {
            let spooled = head.last;
            head.last = head.last.max(kept.first + kept.batches.len() as u64 - 1);
            if kept.first > spooled + 1 && kept.through >= spooled {
                head.first = kept.first;
                head.lost = kept.lost.clone().or(head.lost.take());
            }
        }
        heads
    }

    /// A batch that is kept here.
    pub fn row(&self, stream: &StreamId, seq: u64) -> Option<Row> {
        let kept = self.lock();
        let index = seq.checked_sub(kept.first).filter(|_| kept.stream == *stream)?;
        let waiting = kept.batches.get(usize::try_from(index).ok()?)?;
        Some(Row {
            readings: waiting.readings.clone(),
            spooled: waiting.stamped,
            this_boot: true,
            boot_offset: kept.boot_offset,
        })
    }

    /// Whether readings go by memory because the disk does not take them.
    pub fn is_in_use(&self) -> bool {
        let kept = self.lock();
        kept.troubled || kept.away
    }

    /// The way to read the spool since it has moved, once.
    pub fn take_reader(&self) -> Option<SpoolReader> {
        self.lock().reader.take()
    }

    /// Tells of every change that the uplink should look at.
    pub fn changes(&self) -> watch::Receiver<()> {
        self.0.changed.subscribe()
    }

    fn tell_if(&self, changed: bool) {
        if changed {
            self.0.changed.send_replace(());
        }
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.0.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    /// Whether batches between those on the disk and those kept here are gone.
    fn hole(&self) -> bool {
        self.first > self.spooled + 1
    }

    /// Whether a hole lies behind batches on the disk that are not acknowledged: nothing could be sent past it.
    fn is_held_up(&self) -> bool {
        self.hole() && self.through < self.spooled
    }

    fn pop(&mut self) -> Option<Waiting> {
        let waiting = self.batches.pop_front()?;
        self.first += 1;
        self.readings -= waiting.readings.len();
        self.bytes -= bytes(&waiting.readings);
        Some(waiting)
    }

    fn drop_oldest(&mut self) {
        let seq = self.first;
        let Some(waiting) = self.pop() else {
            return;
        };
        if seq <= self.through {
            return;
        }
        let instants = || waiting.readings.iter().map(|reading| reading.at);
        let known = |at: Option<Timestamp>| at.filter(|_| waiting.stamped.synchronised);
        let times = (known(instants().min()), known(instants().max()));
        let notice = lost(
            &self.stream,
            (seq, seq),
            times,
            waiting.readings.len() as u64,
            WHY,
        );
        self.lost = Some(match self.lost.take() {
            Some(before) => before.joined_with(notice),
            None => notice,
        });
    }
}

fn bytes(readings: &[Reading]) -> usize {
    readings.iter().map(size_bound).sum()
}

#[cfg(test)]
mod tests {
    use plenum_protocol::streams::Class;

    use super::*;

    fn batch(seq: i64, count: usize) -> Vec<Reading> {
        let at = Timestamp::from_milliseconds(seq);
        vec![Reading::new("smoke-1/smoke".parse().unwrap(), at, Ok(1.0)); count]
    }

    fn stamped() -> Moment {
        Moment {
            wall: Timestamp::from_milliseconds(0),
            boot: Duration::ZERO,
            synchronised: true,
        }
    }

    fn stream() -> StreamId {
        StreamId::from_random(1)
    }

    /// First, last and lost of the stream, where the disk has these numbers of it.
    fn shown(memory: &Memory, first: u64, last: u64) -> (u64, u64, Option<(u64, u64, u64)>) {
        let head = Head {
            id: stream(),
            class: Class::Urgent,
            first,
            last,
            through: 0,
            lost: None,
            current: true,
            told: true,
        };
        let head = memory.overlay(&[head]).remove(0);
        let lost = head.lost.map(|lost| (lost.from_seq, lost.to_seq, lost.count));
        (head.first, head.last, lost)
    }

    #[test]
    fn batches_are_shown_only_while_the_disk_is_in_trouble_and_keep_their_numbers() {
        let memory = Memory::new(stream(), 4);
        memory.add(batch(5, 1), stamped());
        assert_eq!(shown(&memory, 2, 4), (2, 4, None));
        memory.set_troubled(true);
        memory.add(batch(6, 2), stamped());
        assert_eq!(shown(&memory, 2, 4), (2, 6, None));
        assert_eq!(shown(&memory, 5, 4), (5, 6, None));
        assert_eq!(memory.row(&stream(), 6).unwrap().readings, batch(6, 2));
        assert_eq!(memory.row(&stream(), 7), None);
        assert_eq!(memory.row(&StreamId::from_random(2), 6), None);
        let disk = memory.for_disk();
        assert_eq!((disk.skip, disk.first, disk.batches.len()), (None, 5, 2));
        memory.written(6);
        memory.set_troubled(false);
        assert_eq!(memory.row(&stream(), 6), None);
        assert_eq!(shown(&memory, 2, 6), (2, 6, None));
        assert!(!memory.is_waiting());
    }

    #[test]
    fn beyond_the_bound_the_oldest_go_and_what_was_not_acknowledged_is_a_loss() {
        let memory = Memory::new(stream(), 2);
        memory.set_troubled(true);
        for seq in 3..=25 {
            memory.add(batch(seq, 1_000), stamped());
            memory.acknowledge(&stream(), 3);
        }
        let (first, last, lost) = shown(&memory, 1, 2);
        assert!(first > 5 && last == 25, "{first} {last}");
        assert_eq!(lost, Some((4, first - 1, (first - 4) * 1_000)));
        let disk = memory.for_disk();
        assert_eq!(
            disk.skip.map(|(first, lost)| (first, lost.is_some())),
            Some((first, true))
        );
        memory.written(disk.first + disk.batches.len() as u64 - 1);
        assert_eq!(shown(&memory, first, 25), (first, 25, None));
    }

    #[test]
    fn a_hole_behind_what_is_not_acknowledged_waits_for_it() {
        let memory = Memory::new(stream(), 2);
        memory.set_troubled(true);
        for seq in 3..=25 {
            memory.add(batch(seq, 1_000), stamped());
        }
        assert_eq!(shown(&memory, 1, 2), (1, 25, None), "the disk's own come first");
        assert!(memory.for_disk().batches.is_empty() && !memory.is_waiting());
        memory.acknowledge(&stream(), 2);
        assert!(memory.is_waiting());
        let (first, _, lost) = shown(&memory, 1, 2);
        assert_eq!(lost, Some((3, first - 1, (first - 3) * 1_000)));
    }
}
