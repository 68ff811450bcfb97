//! The agent's end of the streams: what to send next, what has arrived, and what may be deleted.
//!
//! | event | does |
//! |---|---|
//! | `Connected` | every stream starts again at `max(first, through + 1)`; with more than 32 unsent routine batches a fresh routine stream is opened; the status is due |
//! | `Disconnected` | nothing is sent until the next connection |
//! | `Adopted` | a further stream is sent and listed; the status is due |
//! | `Spooled` | the stream's `last` grows |
//! | `Acknowledged` | by the pinned database, or one that follows it: `through` moves, and falls if the collector was restored; then the status is due as well |
//! | `Removed` | `first` grows; what was not acknowledged becomes a notice of loss |
//! | `Join` | the pinned database is forgotten: the next one met is pinned |
//! | `Tick` | if nothing moved in a stream for 2 s (doubling to 60 s), all streams are sent again from `max(first, through + 1)` |
//!
//! What DELIVERY leaves open, and how it is settled here:
//! - After a restart nobody knows what was sent of an earlier start's streams, so anything up to `last` counts as sent,
//!   and a `through` above `last` (the card lied and lost rows that had already arrived) counts as `last`. Ignoring it
//!   would send the same 32 batches for ever. Of a stream of this start, a `through` above what was sent is ignored.
//! - A notice of loss travels with every batch sent until the collector's `through` has reached its end, and it stands in the status:
//!   a stream that lost its last batches has no next batch of its own to tell it.
//! - An emptied stream stays listed for as long as acknowledged batches are kept, so that a collector restored from
//!   a backup learns which batches it will never get again.

mod event;
mod stream;
#[cfg(test)]
mod tests;
mod turn;

use std::collections::BTreeMap;

use super::{BACKLOG, Class, DatabaseId, Held, Lost, StreamId};
use crate::payload::{Ack, ListedStream};
use crate::{Duration, Steady};
pub use event::{Effect, Event, Removal, Transmission};
use stream::Stream;

/// How long nothing may move before a stream is sent again; doubles up to `RESEND_AFTER_AT_MOST`.
pub const RESEND_AFTER: Duration = Duration::from_seconds(2);
/// The longest that nothing may move before a stream is sent again.
pub const RESEND_AFTER_AT_MOST: Duration = Duration::from_seconds(60);
/// How long acknowledged batches, and the memory of emptied streams, are kept.
pub const KEEP: Duration = Duration::from_hours(48);

/// The agent's end of all its streams, by the steady clock.
#[derive(Debug)]
pub struct Sender {
    streams: BTreeMap<StreamId, Stream>,
    urgent: StreamId,
    routine: StreamId,
    pinned: Option<DatabaseId>,
    connected: bool,
    opened: u64,
}

impl Sender {
    /// Begins a start of the agent. `held` are the spool's streams, oldest first; `urgent` and `routine` are
    /// the streams in use: fresh names, unless the same start takes up its own streams again.
    pub fn new(held: Vec<Held>, pinned: Option<DatabaseId>, urgent: StreamId, routine: StreamId) -> Self {
        let mut sender = Self {
            streams: BTreeMap::new(),
            urgent: urgent.clone(),
            routine: routine.clone(),
            pinned,
            connected: false,
            opened: 0,
        };
        for held in held {
            sender.adopt(held);
        }
        for (name, class) in [(urgent, Class::Urgent), (routine, Class::Routine)] {
            let stream = sender.open(class);
            sender.streams.entry(name).or_insert(stream);
        }
        sender
    }

    fn adopt(&mut self, held: Held) {
        self.opened += 1;
        let stream = Stream::adopted(&held, self.opened);
        self.streams.entry(held.stream).or_insert(stream);
    }

    fn open(&mut self, class: Class) -> Stream {
        self.opened += 1;
        Stream::opened(class, self.opened)
    }

    /// The stream in which batches of a class are spooled now.
    pub fn current(&self, class: Class) -> &StreamId {
        match class {
            Class::Urgent => &self.urgent,
            Class::Routine => &self.routine,
        }
    }

    /// The highest number spooled in a stream; the next batch gets this plus one.
    pub fn last(&self, stream: &StreamId) -> u64 {
        self.streams.get(stream).map_or(0, |stream| stream.last)
    }

    /// The database whose acknowledgements count.
    pub fn pinned(&self) -> Option<&DatabaseId> {
        self.pinned.as_ref()
    }

    /// Batches that are not acknowledged, over all streams.
    pub fn unsent(&self) -> u64 {
        self.streams.values().map(Stream::unsent).sum()
    }

    /// The streams as the status lists them.
    pub fn listed(&self) -> BTreeMap<StreamId, ListedStream> {
        let list = |stream: &Stream| ListedStream {
            first: stream.first,
            last: stream.last,
            class: stream.class,
            lost: stream.outstanding().cloned(),
        };
        self.streams
            .iter()
            .map(|(name, stream)| (name.clone(), list(stream)))
            .collect()
    }

    /// Whether an acknowledgement of the collector that is followed says nothing of a stream that has unsent batches and of which it was
    /// told: then the status has not arrived.
    pub fn lacks(&self, ack: &Ack, was_told: impl Fn(&StreamId) -> bool) -> bool {
        let ours = self.pinned.as_ref() == Some(&ack.database);
        ours && self
            .streams
            .iter()
            .any(|(name, stream)| stream.unsent() > 0 && was_told(name) && !ack.streams.contains_key(name))
    }

    /// Takes an event and says what follows from it. Afterwards ask [`next`](Self::next) while the link has room.
    pub fn step(&mut self, event: Event<'_>, now: Steady) -> Vec<Effect> {
        let mut effects = Vec::new();
        match event {
            Event::Connected { fresh } => self.connect(fresh, now, &mut effects),
            Event::Disconnected => self.connected = false,
            Event::Adopted(held) => {
                self.adopt(held);
                effects.push(Effect::PublishStatus);
            }
            Event::Spooled { stream, seq } => {
                if let Some(stream) = self.streams.get_mut(stream) {
                    stream.last = stream.last.max(seq);
                    stream.emptied_at = None;
                }
            }
            Event::Acknowledged(ack) => self.acknowledge(ack, now, &mut effects),
            Event::Removed(removal) => self.remove(removal, now),
            Event::Join => self.pinned = None,
            Event::Tick => {}
        }
        self.resend_what_stands_still(now);
        self.close_what_is_over(now, &mut effects);
        effects
    }

    fn connect(&mut self, fresh: StreamId, now: Steady, effects: &mut Vec<Effect>) {
        self.connected = true;
        for stream in self.streams.values_mut() {
            stream.resend_after = RESEND_AFTER;
            stream.again(now);
        }
        let backlog = self.streams.get(&self.routine).map_or(0, Stream::unsent);
        if backlog > BACKLOG && !self.streams.contains_key(&fresh) {
            let stream = self.open(Class::Routine);
            self.streams.insert(fresh.clone(), stream);
            self.routine = fresh.clone();
            effects.push(Effect::OpenedRoutine(fresh));
        }
        effects.push(Effect::PublishStatus);
    }

    fn acknowledge(&mut self, ack: &Ack, now: Steady, effects: &mut Vec<Effect>) {
        match &self.pinned {
            Some(pinned) if *pinned == ack.database => {}
            Some(pinned) if !ack.follows.contains(pinned) => {
                effects.push(Effect::ForeignDatabase(ack.database.clone()));
                return;
            }
            _ => {
                self.pinned = Some(ack.database.clone());
                effects.push(Effect::Pin(ack.database.clone()));
            }
        }
        let mut restored = !effects.is_empty();
        for (name, through) in &ack.streams {
            let Some(stream) = self.streams.get_mut(name) else {
                continue;
            };
            if *through > stream.sent && !stream.earlier_start {
                continue;
            }
            let through = (*through).min(stream.last);
            if through > stream.through {
                stream.rise(through, now);
                effects.push(Effect::Acknowledged {
                    stream: name.clone(),
                    through,
                });
            } else if through < stream.through {
                stream.fall(through, now);
                restored = true;
                effects.push(Effect::Withdrawn {
                    stream: name.clone(),
                    through,
                });
            }
        }
        if restored {
            effects.push(Effect::PublishStatus);
        }
    }

    fn remove(&mut self, removal: Removal, now: Steady) {
        let Some(stream) = self.streams.get_mut(&removal.stream) else {
            return;
        };
        let through = removal.through.min(stream.last);
        if through > stream.through && through >= stream.first {
            let lost = Lost {
                stream: removal.stream.clone(),
                from_seq: stream.base(),
                to_seq: through,
                from: removal.from,
                to: removal.to,
                count: removal.count,
                why: removal.why,
            };
            // A loss that the collector already knows is not told again.
            stream.lost = Some(match stream.outstanding().cloned() {
                Some(known) => known.joined_with(lost),
                None => lost,
            });
        }
        stream.first = stream.first.max(through + 1);
        stream.next = stream.next.max(stream.base());
        if stream.next == stream.base() {
            stream.moved_at = now;
        }
    }

    /// When one stream is sent again all are: what was lost was lost to all of them, and the routine readings behind an urgent one must
    /// not come before it.
    fn resend_what_stands_still(&mut self, now: Steady) {
        if !self.connected {
            return;
        }
        let mut again = false;
        for stream in self.streams.values_mut() {
            if stream.resend_at().is_some_and(|at| now >= at) {
                let doubled = Duration::from_milliseconds(stream.resend_after.milliseconds() * 2);
                stream.resend_after = doubled.min(RESEND_AFTER_AT_MOST);
                again = true;
            }
        }
        if again {
            let under_way = self.streams.values_mut().filter(|stream| stream.under_way());
            under_way.for_each(|stream| stream.again(now));
        }
    }

    fn close_what_is_over(&mut self, now: Steady, effects: &mut Vec<Effect>) {
        let (urgent, routine) = (&self.urgent, &self.routine);
        self.streams.retain(|name, stream| {
            if stream.first <= stream.last || name == urgent || name == routine {
                return true;
            }
            let never_used = stream.last == 0;
            let emptied_at = *stream.emptied_at.get_or_insert(now);
            let over = never_used || (stream.outstanding().is_none() && now >= emptied_at + KEEP);
            if over {
                effects.push(Effect::Closed(name.clone()));
            }
            !over
        });
    }

    /// When `Event::Tick` is due: the next resending or closing.
    pub fn next_wakeup(&self) -> Option<Steady> {
        let resend = self
            .streams
            .values()
            .filter(|_| self.connected)
            .filter_map(Stream::resend_at);
        let close = self
            .streams
            .values()
            .filter(|stream| stream.outstanding().is_none())
            .filter_map(|stream| stream.emptied_at)
            .map(|emptied_at| emptied_at + KEEP);
        resend.chain(close).min()
    }
}
