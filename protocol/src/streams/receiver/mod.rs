//! The collector's end of one agent's streams: which batch to take, what is missing for ever, when to acknowledge.
//!
//! | a batch with | is |
//! |---|---|
//! | `seq = expected` | taken (`expected` is one above what is committed or on its way to the disk) |
//! | `seq = first > expected` | taken, with the gap `expected .. first - 1` |
//! | `seq < expected` | dropped: a duplicate, acknowledged again at most once a second |
//! | anything else | dropped: ahead, the agent will send what lies before it again |
//!
//! What DELIVERY leaves open, and how it is settled here:
//! - A notice of loss says that everything of a stream up to its `to_seq` is gone, so it moves `through` there, with a gap
//!   over what was still expected; it may come with a batch of another stream, or in the status.
//! - A status that lists a stream without a batch (`first = last + 1`) says the same of everything up to `last`.
//! - `seen` is the highest number that ever was advertised. If another start of the agent has less in a stream, or does not
//!   know the stream at all, its card broke or was replaced: what lies between is a gap as well. `through` does not move for
//!   it, so that batches which turn up after all are still taken.

mod gap;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use super::{DatabaseId, Envelope, Lost, StreamId};
use crate::payload::{Ack, AgentState, Status};
use crate::{Duration, Steady, Timestamp};
pub use gap::FoundGap;

/// How often at most a duplicate or a gap makes the collector repeat itself.
pub const REPEAT: Duration = Duration::from_seconds(1);

/// The most streams of one agent that are known at a time.
pub const STREAMS: usize = 1_536;

/// What the database keeps of a stream, written in the commit that it describes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct StreamRecord {
    /// Everything up to here is committed, or a gap.
    pub through: u64,
    /// The highest number that the agent ever advertised and that is not accounted for as lost.
    pub seen: u64,
    /// The `started_at` of the first status that listed the stream. Never guessed from a batch: its start's status
    /// may have been lost, and a live stream taken for an earlier start's would be called broken.
    pub start: Option<Timestamp>,
}

/// What to do with a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Offer {
    /// Store it, with what goes with it, in the group that gathers.
    Take(Taken),
    /// Store nothing of it.
    Drop(Drop),
}

/// What belongs into the same commit.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Taken {
    /// The streams' new records; to be written, and given back to [`Receiver::committed`].
    pub records: Vec<(StreamId, StreamRecord)>,
    /// Gaps to store.
    pub gaps: Vec<FoundGap>,
}

/// Why a batch is not taken. Count it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Drop {
    /// It has been taken already.
    Duplicate,
    /// Something before it is missing and will be sent again.
    Ahead,
}

#[derive(Debug, Default)]
struct Stream {
    committed: StreamRecord,
    /// With what is on its way to the disk.
    pending: StreamRecord,
    /// In another start than the one that used it: the highest number that the agent still knows.
    ends: Option<u64>,
    listed: bool,
    /// When it was last listed or used, in the order in which that happened.
    touched: u64,
}

/// The collector's end of one agent's streams.
#[derive(Debug)]
pub struct Receiver {
    streams: BTreeMap<StreamId, Stream>,
    touches: u64,
    /// An acknowledgement is due from this instant on.
    due_at: Option<Steady>,
    acknowledged_at: Option<Steady>,
    foreign: Option<DatabaseId>,
}

impl Receiver {
    /// Begins with what the database keeps; `listed`: what the agent's last status listed. An acknowledgement is due at once.
    pub fn new(
        records: impl IntoIterator<Item = (StreamId, StreamRecord)>,
        listed: impl IntoIterator<Item = StreamId>,
    ) -> Self {
        let stream = |record| Stream {
            committed: record,
            pending: record,
            ..Stream::default()
        };
        let mut receiver = Self {
            streams: records
                .into_iter()
                .map(|(name, record)| (name, stream(record)))
                .collect(),
            touches: 0,
            due_at: Some(Steady::MIN),
            acknowledged_at: None,
            foreign: None,
        };
        for name in listed {
            receiver.touch(&name).listed = true;
        }
        receiver
    }

    fn touch(&mut self, name: &StreamId) -> &mut Stream {
        self.touches += 1;
        let stream = self.streams.entry(name.clone()).or_default();
        stream.touched = self.touches;
        stream
    }

    /// Forgets the streams that the agent no longer lists, the longest ago first, until `most` of them are left; gives their names. It holds
    /// nothing of them any more, so that nothing of them can come again.
    pub fn forget(&mut self, most: usize) -> Vec<StreamId> {
        let mut unlisted: Vec<(u64, StreamId)> = self
            .streams
            .iter()
            .filter(|(_, stream)| !stream.listed && stream.pending.through == stream.committed.through)
            .map(|(name, stream)| (stream.touched, name.clone()))
            .collect();
        unlisted.sort();
        unlisted.truncate(unlisted.len().saturating_sub(most));
        let names: Vec<StreamId> = unlisted.into_iter().map(|(_, name)| name).collect();
        for name in &names {
            self.streams.remove(name);
        }
        names
    }

    /// Forgets this stream, which the agent has not listed for long. One that it lists stays.
    pub fn forget_unlisted(&mut self, name: &StreamId) -> bool {
        let unlisted = self.streams.get(name).is_some_and(|stream| !stream.listed);
        unlisted && self.streams.remove(name).is_some()
    }

    /// Whether this stream is new and there are more than an agent has any use for: those that one status lists, and as many again several times over.
    pub fn is_one_too_many(&self, name: &StreamId) -> bool {
        self.streams.len() >= STREAMS && !self.streams.contains_key(name)
    }

    /// Decides on a batch. After `Take` the batch counts as on its way: the next one may be taken into the same group.
    pub fn offer(&mut self, envelope: &Envelope, now: Steady) -> Offer {
        let position = &envelope.position;
        let stream = self.touch(&position.stream);
        stream.listed = true;
        let expected = stream.pending.through + 1;
        if position.seq < expected {
            self.repeat(now);
            return Offer::Drop(Drop::Duplicate);
        }
        if position.seq > expected && position.seq != position.first {
            self.repeat(now);
            return Offer::Drop(Drop::Ahead);
        }
        let mut taken = Taken::default();
        if position.seq > expected {
            let own = envelope.lost.iter().find(|lost| lost.stream == position.stream);
            taken.gaps.push(FoundGap::gone(
                &position.stream,
                (expected, position.seq - 1),
                own,
            ));
        }
        stream.pending.through = position.seq;
        stream.pending.seen = stream.pending.seen.max(position.last);
        taken.gaps.extend(stream.broke(&position.stream));
        taken.records.push((position.stream.clone(), stream.pending));
        for lost in &envelope.lost {
            self.lose(&lost.stream.clone(), lost.to_seq, Some(lost), &mut taken);
        }
        Offer::Take(taken)
    }

    /// Takes an agent's status: which streams to acknowledge from now on, and what is missing for ever. What it returns
    /// belongs into the next commit; an acknowledgement is due once that is there, or at once if there is nothing.
    pub fn status(&mut self, status: &Status, now: Steady) -> Taken {
        let mut taken = Taken::default();
        if status.state == AgentState::Offline {
            return taken;
        }
        for stream in self.streams.values_mut() {
            stream.listed = false;
        }
        for (name, listed) in &status.streams {
            if listed.first == 0 || listed.first > listed.last + 1 {
                continue;
            }
            let stream = self.touch(name);
            stream.listed = true;
            stream.pending.start = stream.pending.start.or(status.started_at);
            stream.ends = stream.of_another_start(status).then_some(listed.last);
            stream.pending.seen = stream.pending.seen.max(listed.last);
            if let Some(lost) = &listed.lost {
                self.lose(name, lost.to_seq.min(listed.last), Some(lost), &mut taken);
            }
            if listed.first > listed.last {
                self.lose(name, listed.last, None, &mut taken);
            }
        }
        for (name, stream) in &mut self.streams {
            if !stream.listed && stream.of_another_start(status) {
                stream.ends = Some(0);
            }
            if let Some(gap) = stream.broke(name) {
                taken.gaps.push(gap);
                taken.records.push((name.clone(), stream.pending));
            }
        }
        self.due_at = Some(now);
        taken
    }

    /// Everything of a stream up to `to_seq` is gone.
    fn lose(&mut self, name: &StreamId, to_seq: u64, lost: Option<&Lost>, taken: &mut Taken) {
        if self.is_one_too_many(name) {
            return;
        }
        let stream = self.touch(name);
        let expected = stream.pending.through + 1;
        if to_seq < expected {
            return;
        }
        taken.gaps.push(FoundGap::gone(name, (expected, to_seq), lost));
        stream.listed = true;
        stream.pending.through = to_seq;
        stream.pending.seen = stream.pending.seen.max(to_seq);
        taken.records.push((name.clone(), stream.pending));
    }

    /// A group is durable: the records that [`Taken`] gave out with what was in it.
    pub fn committed<'a>(
        &mut self,
        records: impl IntoIterator<Item = &'a (StreamId, StreamRecord)>,
        now: Steady,
    ) {
        for (name, record) in records {
            if let Some(stream) = self.streams.get_mut(name) {
                stream.committed = *record;
                self.due_at = Some(now);
            }
        }
    }

    /// A group could not be committed: everything that is not durable is expected again. What gathered after that
    /// group must be thrown away as well.
    pub fn rolled_back(&mut self) {
        for stream in self.streams.values_mut() {
            stream.pending = stream.committed;
        }
    }

    /// A message was seen on the agent's ack topic. Returns true if another database speaks there that this one does
    /// not follow: from then on nothing is acknowledged, until [`resolve_foreign`](Self::resolve_foreign).
    pub fn heard(&mut self, ack: &Ack, own: &DatabaseId, follows: &[DatabaseId]) -> bool {
        let foreign = ack.database != *own && !follows.contains(&ack.database);
        if foreign {
            self.foreign = Some(ack.database.clone());
        }
        foreign
    }

    /// The foreign database that silences this collector towards the agent.
    pub fn foreign(&self) -> Option<&DatabaseId> {
        self.foreign.as_ref()
    }

    /// A person has settled which collector this agent belongs to: acknowledge again.
    pub fn resolve_foreign(&mut self, now: Steady) {
        self.foreign = None;
        self.due_at = Some(now);
    }

    /// A batch was refused for a reason outside the streams (reserve of disk, full dead letters): nothing moves, and
    /// the agent is told so at most once a second.
    pub fn refused(&mut self, now: Steady) {
        self.repeat(now);
    }

    fn repeat(&mut self, now: Steady) {
        if self.due_at.is_none() {
            self.due_at = Some(self.acknowledged_at.map_or(now, |at| now.max(at + REPEAT)));
        }
    }

    /// Whether an acknowledgement should be published now.
    pub fn ack_due(&self, now: Steady) -> bool {
        self.next_wakeup().is_some_and(|at| at <= now)
    }

    /// When an acknowledgement is due.
    pub fn next_wakeup(&self) -> Option<Steady> {
        self.due_at.filter(|_| self.foreign.is_none())
    }

    /// The acknowledgement: what is committed of every stream that the agent listed or used.
    pub fn ack(&self, database: &DatabaseId, follows: &[DatabaseId]) -> Ack {
        Ack {
            database: database.clone(),
            follows: follows.to_vec(),
            streams: self
                .streams
                .iter()
                .filter(|(_, stream)| stream.listed)
                .map(|(name, stream)| (name.clone(), stream.committed.through))
                .collect(),
        }
    }

    /// The acknowledgement was published.
    pub fn ack_sent(&mut self, now: Steady) {
        self.due_at = None;
        self.acknowledged_at = Some(now);
    }

    /// What is committed of a stream; 0 if it is unknown.
    pub fn through(&self, stream: &StreamId) -> u64 {
        self.streams
            .get(stream)
            .map_or(0, |stream| stream.committed.through)
    }
}

impl Stream {
    /// Within one start a status may be older than the batches that came before it: retained, or repeated.
    fn of_another_start(&self, status: &Status) -> bool {
        self.pending.start.is_some() && self.pending.start != status.started_at
    }

    /// The gap between what a later start of the agent still knows and what was advertised, once all that it knows is here.
    fn broke(&mut self, name: &StreamId) -> Option<FoundGap> {
        let ends = self.ends?.max(self.pending.through);
        if self.pending.through < self.ends? || self.pending.seen <= ends {
            return None;
        }
        let to_seq = self.pending.seen;
        self.pending.seen = ends;
        Some(FoundGap::broke(name, (ends + 1, to_seq)))
    }
}
