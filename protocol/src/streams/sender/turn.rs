//! Whose turn it is: which batch is sent next, and which losses it tells of.

use super::stream::Stream;
use super::{Sender, Transmission};
use crate::Steady;
use crate::streams::envelope::NOTICES;
use crate::streams::{BACKLOG, Class, Envelope, HELD_BACK, Lost, Position, StreamId, WINDOW};

impl Sender {
    /// The next batch to send: urgent streams first, then routine ones, each class by age. Whatever is behind waits until what is before
    /// it is acknowledged, so that neither a restart nor an outage mixes up a series' readings; a class with many unsent batches
    /// holds nobody up, and its stream in use overtakes its older ones. A stream has at most 32 batches under way. A batch that could
    /// not be handed over after all is sent again by its time-out.
    pub fn next(&mut self, now: Steady) -> Option<Transmission> {
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

    /// The stream of a class whose turn it is, while the class has unsent batches and not many. A few that an earlier start left are not overtaken by what
    /// has become many since: their readings would be late for good.
    fn turn(&self, class: Class) -> Option<u64> {
        let mine = |stream: &&Stream| stream.class == class && stream.unsent() > 0;
        let waiting = || self.streams.values().filter(mine);
        let all: u64 = waiting().map(Stream::unsent).sum();
        let newest = self.streams.get(self.current(class)).map_or(0, Stream::unsent);
        let few = match class {
            Class::Urgent => all <= BACKLOG,
            Class::Routine => all - newest <= BACKLOG && newest <= HELD_BACK,
        };
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
}
