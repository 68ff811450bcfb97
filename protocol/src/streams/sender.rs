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
//! | `Tick` | if nothing moved in a stream for its time-out, all streams are sent again from `max(first, through + 1)` |
//!
//! What DELIVERY leaves open, and how it is settled here:
//! - After a restart nobody knows what was sent of an earlier start's streams, so anything up to `last` counts as sent,
//!   and a `through` above `last` (the card lied and lost rows that had already arrived) counts as `last`. Ignoring it
//!   would send the same 32 batches for ever. Of a stream of this start, a `through` above what was sent is ignored.
//! - A notice of loss travels with every batch sent until the collector's `through` has reached its end, and it stands in the status:
//!   a stream that lost its last batches has no next batch of its own to tell it.
//! - An emptied stream stays listed for as long as acknowledged batches are kept, so that a collector restored from
//!   a backup learns which batches it will never get again.

use std::collections::BTreeMap;

use super::{BACKLOG, Class, DatabaseId, Envelope, Lost, Position, StreamId, WINDOW};
use crate::payload::{Ack, ListedStream};
use crate::{Duration, Timestamp};

/// How long nothing may move before a stream is sent again; doubles up to `SLOWEST`.
pub const TIMEOUT: Duration = Duration::from_seconds(2);
/// The longest time-out.
pub const SLOWEST: Duration = Duration::from_seconds(60);
/// How long acknowledged batches, and the memory of emptied streams, are kept.
pub const KEEP: Duration = Duration::from_hours(48);
/// Notices that one batch carries at most; the rest goes with the next.
const NOTICES: usize = 16;

/// A stream as the spool has it at start. Give them to [`Sender::new`] in the order in which they were opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// The stream.
    pub stream: StreamId,
    /// Its class.
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

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event<'a> {
    /// The link is up and subscribed to the ack topic. `fresh` is a new random stream, used if one is needed.
    Connected {
        /// A stream name that was never used.
        fresh: StreamId,
    },
    /// The link is down.
    Disconnected,
    /// The spool has opened a stream of its own accord, to tell a loss that has no other place.
    Adopted(Held),
    /// A batch is durable in the spool. Its number is the stream's last plus one.
    Spooled {
        /// The stream.
        stream: &'a StreamId,
        /// The batch.
        seq: u64,
    },
    /// An acknowledgement arrived.
    Acknowledged(&'a Ack),
    /// Batches were deleted from the spool.
    Removed(Removal),
    /// A person said that the next database met is the right one.
    Join,
    /// Time went on: call it at `next_wakeup`.
    Tick,
}

/// Batches that the spool deleted: everything of `stream` up to `through`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removal {
    /// The stream.
    pub stream: StreamId,
    /// The highest number deleted.
    pub through: u64,
    /// The earliest instant among the readings deleted unacknowledged, if known.
    pub from: Option<Timestamp>,
    /// The latest of them.
    pub to: Option<Timestamp>,
    /// How many readings were deleted unacknowledged.
    pub count: u64,
    /// Why: `full spool`, `earlier boot without a clock`.
    pub why: String,
}

/// What the shell has to do, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Publish the status, with [`Sender::listed`].
    PublishStatus,
    /// Spool routine batches in this stream from now on; its first batch has number 1.
    OpenedRoutine(StreamId),
    /// Keep in the spool: this database is the one. Before the effects that follow it.
    Pin(DatabaseId),
    /// Mark the stream's batches up to `through` as acknowledged now, unless they are already.
    Acknowledged {
        /// The stream.
        stream: StreamId,
        /// The highest number acknowledged.
        through: u64,
    },
    /// Take the mark off the batches above `through`: the collector was restored and wants them again.
    Withdrawn {
        /// The stream.
        stream: StreamId,
        /// The highest number that is still acknowledged.
        through: u64,
    },
    /// Keep the stream's notice of loss, or none, in its row.
    Notice {
        /// The stream.
        stream: StreamId,
        /// What was lost in it.
        lost: Option<Lost>,
    },
    /// Forget the stream: it is empty, and has been for as long as that is worth telling.
    Closed(StreamId),
    /// An acknowledgement of a database that is neither pinned nor follows the pinned one was ignored: tell a person.
    ForeignDatabase(DatabaseId),
}

/// A batch to send now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transmission {
    /// Its place and what goes with it, as user properties.
    pub envelope: Envelope,
}

/// A batch that goes when space is needed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Victim {
    /// The stream.
    pub stream: StreamId,
    /// The batch; the lowest that the stream holds.
    pub seq: u64,
    /// Whether the collector has it. If not, its deletion is a loss.
    pub acknowledged: bool,
}

#[derive(Debug)]
struct Stream {
    class: Class,
    /// Streams are sent and given up in the order in which they were opened.
    opened: u64,
    first: u64,
    last: u64,
    through: u64,
    /// The next number to send.
    next: u64,
    /// The highest number sent; of an earlier start's stream the highest held.
    sent: u64,
    earlier_start: bool,
    lost: Option<Lost>,
    /// When the last movement or resending was, while something is under way.
    moved_at: Timestamp,
    timeout: Duration,
    emptied_at: Option<Timestamp>,
}

impl Stream {
    fn base(&self) -> u64 {
        self.first.max(self.through + 1)
    }

    fn unsent(&self) -> u64 {
        (self.last + 1).saturating_sub(self.base())
    }

    fn under_way(&self) -> bool {
        self.next > self.base()
    }

    fn again(&mut self, now: Timestamp) {
        self.next = self.base();
        self.moved_at = now;
    }

    fn outstanding(&self) -> Option<&Lost> {
        self.lost.as_ref().filter(|lost| lost.to_seq > self.through)
    }
}

/// The agent's end of all its streams. `now` may be any clock that never goes back, always the same one.
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
        let mut stream = self.open(held.class);
        stream.first = held.first.max(1);
        stream.last = held.last.max(stream.first - 1);
        stream.through = held.through.min(stream.last);
        stream.sent = stream.last;
        stream.next = stream.base();
        stream.earlier_start = true;
        stream.lost = held.lost;
        self.streams.entry(held.stream).or_insert(stream);
    }

    fn open(&mut self, class: Class) -> Stream {
        self.opened += 1;
        Stream {
            class,
            opened: self.opened,
            first: 1,
            last: 0,
            through: 0,
            next: 1,
            sent: 0,
            earlier_start: false,
            lost: None,
            moved_at: Timestamp::MIN,
            timeout: TIMEOUT,
            emptied_at: None,
        }
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

    /// Takes an event and says what follows from it. Afterwards ask [`next`](Self::next) while the link has room.
    pub fn step(&mut self, event: Event<'_>, now: Timestamp) -> Vec<Effect> {
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
            Event::Removed(removal) => self.remove(removal, now, &mut effects),
            Event::Join => self.pinned = None,
            Event::Tick => {}
        }
        self.resend_what_stands_still(now);
        self.close_what_is_over(now, &mut effects);
        effects
    }

    fn connect(&mut self, fresh: StreamId, now: Timestamp, effects: &mut Vec<Effect>) {
        self.connected = true;
        for stream in self.streams.values_mut() {
            stream.timeout = TIMEOUT;
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

    fn acknowledge(&mut self, ack: &Ack, now: Timestamp, effects: &mut Vec<Effect>) {
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
                stream.through = through;
                stream.next = stream.next.max(stream.base());
                stream.timeout = TIMEOUT;
                stream.moved_at = now;
                effects.push(Effect::Acknowledged {
                    stream: name.clone(),
                    through,
                });
            } else if through < stream.through {
                stream.through = through;
                stream.timeout = TIMEOUT;
                stream.emptied_at = None;
                stream.again(now);
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

    fn remove(&mut self, removal: Removal, now: Timestamp, effects: &mut Vec<Effect>) {
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
            let known = stream.outstanding().cloned();
            let lost = match known {
                Some(known) => known.joined_with(lost),
                None => lost,
            };
            stream.lost = Some(lost.clone());
            effects.push(Effect::Notice {
                stream: removal.stream,
                lost: Some(lost),
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
    fn resend_what_stands_still(&mut self, now: Timestamp) {
        if !self.connected {
            return;
        }
        let mut again = false;
        for stream in self.streams.values_mut() {
            if stream.under_way() && now >= stream.moved_at + stream.timeout {
                stream.timeout = Duration::from_milliseconds(
                    (stream.timeout.milliseconds() * 2).min(SLOWEST.milliseconds()),
                );
                again = true;
            }
        }
        if again {
            let under_way = self.streams.values_mut().filter(|stream| stream.under_way());
            under_way.for_each(|stream| stream.again(now));
        }
    }

    fn close_what_is_over(&mut self, now: Timestamp, effects: &mut Vec<Effect>) {
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

    /// The next batch to send: urgent streams first, then routine ones, each class by age. Whatever is behind waits until what is before
    /// it is acknowledged, so that neither a restart nor an outage mixes up a series' readings; a class with more than 32 unsent batches
    /// holds nobody up, and its stream in use overtakes its older ones. A stream has at most 32 batches under way. A batch that could
    /// not be handed over after all is sent again by its time-out.
    pub fn next(&mut self, now: Timestamp) -> Option<Transmission> {
        if !self.connected {
            return None;
        }
        let turns = [Class::Urgent, Class::Routine].map(|class| (class, self.turn(class)));
        let may_send = |stream: &Stream| match turns {
            [(Class::Urgent, Some(turn)), _] => stream.opened == turn,
            [_, (Class::Routine, Some(turn))] => stream.class == Class::Urgent || stream.opened == turn,
            _ => true,
        };
        let (urgent, routine) = (&self.urgent, &self.routine);
        let (name, stream) = self
            .streams
            .iter_mut()
            .filter(|(_, stream)| stream.next <= stream.last && stream.next < stream.base() + WINDOW)
            .filter(|(_, stream)| may_send(stream))
            .min_by_key(|(name, stream)| {
                let in_use = *name == urgent || *name == routine;
                (stream.class, !in_use, stream.opened)
            })?;
        if !stream.under_way() {
            stream.moved_at = now;
        }
        let seq = stream.next;
        stream.next += 1;
        stream.sent = stream.sent.max(seq);
        let (stream_name, class) = (name.clone(), stream.class);
        let position = Position {
            stream: stream_name,
            seq,
            first: stream.first,
            last: stream.last,
        };
        let lost = self.notices(&position.stream);
        Some(Transmission {
            envelope: Envelope {
                position,
                class,
                lost,
            },
        })
    }

    /// The stream of a class whose turn it is, while the class has unsent batches and not many.
    fn turn(&self, class: Class) -> Option<u64> {
        let waiting = || {
            let mine = self.streams.values().filter(move |stream| stream.class == class);
            mine.filter(|stream| stream.unsent() > 0)
        };
        let few = waiting().map(Stream::unsent).sum::<u64>() <= BACKLOG;
        waiting().map(|stream| stream.opened).min().filter(|_| few)
    }

    /// The losses not yet acknowledged: the stream's own first.
    fn notices(&self, own: &StreamId) -> Vec<Lost> {
        let own_first = self.streams.get(own).into_iter();
        let others = self
            .streams
            .iter()
            .filter(|(name, _)| *name != own)
            .map(|(_, stream)| stream);
        own_first
            .chain(others)
            .filter_map(|stream| stream.outstanding().cloned())
            .take(NOTICES)
            .collect()
    }

    /// When `Event::Tick` is due: the next resending or closing.
    pub fn next_wakeup(&self) -> Option<Timestamp> {
        let resend = self
            .streams
            .values()
            .filter(|stream| self.connected && stream.under_way())
            .map(|stream| stream.moved_at + stream.timeout);
        let close = self
            .streams
            .values()
            .filter(|stream| stream.outstanding().is_none())
            .filter_map(|stream| stream.emptied_at)
            .map(|emptied_at| emptied_at + KEEP);
        resend.chain(close).min()
    }

    /// What goes when space is needed: acknowledged batches before anything else, then routine ones, then urgent ones;
    /// the oldest of each first. `None` if nothing is held.
    pub fn victim(&self) -> Option<Victim> {
        self.streams
            .iter()
            .filter(|(_, stream)| stream.first <= stream.last)
            .map(|(name, stream)| (name, stream, stream.first <= stream.through))
            .min_by_key(|(_, stream, acknowledged)| {
                (!acknowledged, std::cmp::Reverse(stream.class), stream.opened)
            })
            .map(|(name, stream, acknowledged)| Victim {
                stream: name.clone(),
                seq: stream.first,
                acknowledged,
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream(number: u64) -> StreamId {
        StreamId::from_random(number)
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_milliseconds(seconds * 1_000)
    }

    fn ack(database: &str, follows: &[&str], streams: &[(u64, u64)]) -> Ack {
        Ack {
            database: database.parse().unwrap(),
            follows: follows.iter().map(|name| name.parse().unwrap()).collect(),
            streams: streams
                .iter()
                .map(|(name, through)| (stream(*name), *through))
                .collect(),
        }
    }

    /// Urgent is stream 1, routine stream 2, with so many batches in each; connected.
    fn sender(urgent: u64, routine: u64) -> Sender {
        let mut sender = Sender::new(vec![], None, stream(1), stream(2));
        for (name, last) in [(1, urgent), (2, routine)] {
            for seq in 1..=last {
                sender.step(
                    Event::Spooled {
                        stream: &stream(name),
                        seq,
                    },
                    at(0),
                );
            }
        }
        sender.connected = true;
        sender
    }

    /// What is sent now, as (stream, seq).
    fn sent(sender: &mut Sender, now: Timestamp) -> Vec<(StreamId, u64)> {
        std::iter::from_fn(|| sender.next(now))
            .map(|transmission| {
                (
                    transmission.envelope.position.stream,
                    transmission.envelope.position.seq,
                )
            })
            .collect()
    }

    fn numbers(stream_number: u64, numbers: impl Iterator<Item = u64>) -> Vec<(StreamId, u64)> {
        numbers.map(|seq| (stream(stream_number), seq)).collect()
    }

    fn removed(number: u64, through: u64) -> Event<'static> {
        Event::Removed(Removal {
            stream: stream(number),
            through,
            from: Some(at(5)),
            to: Some(at(6)),
            count: 10,
            why: "full spool".to_owned(),
        })
    }

    #[test]
    fn urgent_goes_first_and_a_window_bounds_what_is_under_way() {
        let mut sender = sender(2, 40);
        assert_eq!(sent(&mut sender, at(1)), numbers(1, 1..=2));
        sender.step(Event::Acknowledged(&ack("a", &[], &[(1, 1)])), at(1));
        assert_eq!(
            sent(&mut sender, at(1)),
            [],
            "routine readings wait behind a change"
        );
        sender.step(Event::Acknowledged(&ack("a", &[], &[(1, 2)])), at(1));
        assert_eq!(sent(&mut sender, at(1)), numbers(2, 1..=32));
        sender.step(Event::Acknowledged(&ack("a", &[], &[(2, 5)])), at(1));
        assert_eq!(sent(&mut sender, at(1)), numbers(2, 33..=37));
    }

    #[test]
    fn many_unsent_changes_hold_nobody_up() {
        let mut sender = sender(33, 2);
        let expected = [numbers(1, 1..=32), numbers(2, 1..=2)].concat();
        assert_eq!(sent(&mut sender, at(1)), expected);
    }

    #[test]
    fn what_an_earlier_start_left_goes_before_what_is_new() {
        let held = |number, class| Held {
            stream: stream(number),
            class,
            first: 1,
            last: 3,
            through: 1,
            lost: None,
        };
        let earlier = vec![held(7, Class::Urgent), held(8, Class::Routine)];
        let mut sender = Sender::new(earlier, None, stream(1), stream(2));
        for number in [1, 2] {
            let stream = &stream(number);
            sender.step(Event::Spooled { stream, seq: 1 }, at(0));
        }
        sender.connected = true;
        for (number, numbered) in [(7, 2..=3), (1, 1..=1), (8, 2..=3), (2, 1..=1)] {
            let last = *numbered.end();
            assert_eq!(sent(&mut sender, at(1)), numbers(number, numbered));
            sender.step(Event::Acknowledged(&ack("a", &[], &[(number, last)])), at(1));
        }
        assert_eq!(sent(&mut sender, at(1)), []);
    }

    #[test]
    fn what_stands_still_is_sent_again_ever_more_slowly() {
        let mut sender = sender(0, 3);
        assert_eq!(sent(&mut sender, at(0)).len(), 3);
        sender.step(Event::Acknowledged(&ack("a", &[], &[(2, 1)])), at(0));
        for wait in [2, 4, 8, 16, 32, 60, 60] {
            let due = sender.next_wakeup().unwrap();
            let before = due - Duration::from_milliseconds(1);
            sender.step(Event::Tick, before);
            assert_eq!(sent(&mut sender, before), []);
            let start = sender.streams[&stream(2)].moved_at;
            assert_eq!(due.since(start), Duration::from_seconds(wait));
            sender.step(Event::Tick, due);
            assert_eq!(sent(&mut sender, due), numbers(2, 2..=3));
        }
    }

    #[test]
    fn a_reconnection_with_a_backlog_opens_a_fresh_stream_that_goes_first() {
        let mut sender = sender(0, 33);
        let effects = sender.step(Event::Connected { fresh: stream(9) }, at(1));
        assert_eq!(effects, [Effect::OpenedRoutine(stream(9)), Effect::PublishStatus]);
        assert_eq!(*sender.current(Class::Routine), stream(9));
        sender.step(
            Event::Spooled {
                stream: &stream(9),
                seq: 1,
            },
            at(1),
        );
        assert_eq!(sent(&mut sender, at(1))[..2], [(stream(9), 1), (stream(2), 1)]);
        let again = sender.step(Event::Connected { fresh: stream(10) }, at(2));
        assert_eq!(again, [Effect::PublishStatus], "one unsent batch is no backlog");
    }

    #[test]
    fn only_the_pinned_database_and_its_followers_count() {
        let mut sender = sender(0, 3);
        sent(&mut sender, at(0));
        let through = |sender: &Sender| sender.streams[&stream(2)].through;
        sender.step(Event::Acknowledged(&ack("a", &[], &[(2, 3), (77, 5)])), at(0));
        assert_eq!(
            (through(&sender), sender.pinned().map(DatabaseId::as_str)),
            (3, Some("a"))
        );

        let effects = sender.step(Event::Acknowledged(&ack("b", &["x"], &[(2, 0)])), at(0));
        assert_eq!(effects, [Effect::ForeignDatabase("b".parse().unwrap())]);
        assert_eq!(through(&sender), 3);

        let effects = sender.step(Event::Acknowledged(&ack("c", &["x", "a"], &[(2, 1)])), at(0));
        assert_eq!(
            effects,
            [
                Effect::Pin("c".parse().unwrap()),
                Effect::Withdrawn {
                    stream: stream(2),
                    through: 1
                },
                Effect::PublishStatus
            ]
        );
        assert_eq!(
            sent(&mut sender, at(0)),
            numbers(2, 2..=3),
            "the restored collector gets them again"
        );

        sender.step(Event::Join, at(0));
        sender.step(Event::Acknowledged(&ack("b", &[], &[(2, 3)])), at(0));
        assert_eq!(sender.pinned().map(DatabaseId::as_str), Some("b"));
    }

    #[test]
    fn an_acknowledgement_of_what_was_never_sent_is_ignored() {
        let mut sender = sender(0, 40);
        sent(&mut sender, at(0));
        sender.step(Event::Acknowledged(&ack("a", &[], &[(2, 33)])), at(0));
        assert_eq!(sender.unsent(), 40);
        // Of an earlier start's stream nobody knows what was sent; the card may have lost what had arrived.
        let held = Held {
            stream: stream(3),
            class: Class::Routine,
            first: 1,
            last: 5,
            through: 0,
            lost: None,
        };
        let mut later = Sender::new(vec![held], None, stream(1), stream(2));
        later.step(Event::Acknowledged(&ack("a", &[], &[(3, 9)])), at(0));
        assert_eq!(later.unsent(), 0);
    }

    #[test]
    fn space_is_made_from_what_is_least_missed() {
        let mut sender = sender(2, 2);
        let mut order = Vec::new();
        sent(&mut sender, at(0));
        sender.step(Event::Acknowledged(&ack("a", &[], &[(1, 1)])), at(0));
        while let Some(victim) = sender.victim() {
            let number = u64::from_str_radix(victim.stream.as_str(), 16).unwrap();
            order.push((number, victim.seq, victim.acknowledged));
            sender.step(removed(number, victim.seq), at(0));
        }
        assert_eq!(order, [(1, 1, true), (2, 1, false), (2, 2, false), (1, 2, false)]);
    }

    #[test]
    fn a_loss_is_told_until_the_collector_has_passed_it() {
        let mut sender = sender(1, 3);
        let effects = sender.step(removed(2, 3), at(0));
        assert!(
            matches!(&effects[..], [Effect::Notice { lost: Some(lost), .. }] if (lost.from_seq, lost.to_seq) == (1, 3))
        );
        // It goes with a batch of another stream, and in the status.
        let told = sender.next(at(0)).unwrap().envelope;
        assert_eq!((told.position.stream.clone(), told.lost.len()), (stream(1), 1));
        assert!(sender.listed()[&stream(2)].lost.is_some());
        sender.streams.get_mut(&stream(2)).unwrap().sent = 3;
        sender.step(Event::Acknowledged(&ack("a", &[], &[(2, 3)])), at(0));
        assert_eq!(sender.listed()[&stream(2)].lost, None);
    }

    #[test]
    fn an_emptied_stream_is_listed_for_two_days_more() {
        let held = Held {
            stream: stream(3),
            class: Class::Routine,
            first: 6,
            last: 5,
            through: 5,
            lost: None,
        };
        let mut sender = Sender::new(vec![held], None, stream(1), stream(2));
        assert_eq!(sender.step(Event::Tick, at(0)), []);
        assert!(sender.listed().contains_key(&stream(3)));
        let over = sender.next_wakeup().unwrap();
        assert_eq!(over, at(0) + KEEP);
        assert_eq!(sender.step(Event::Tick, over), [Effect::Closed(stream(3))]);
    }
}
