//! What will never come: the bookkeeping of streams in the commit that tells of it, and gaps with their instants.

use plenum_core::fact::{Gap, Item, Report, SystemKind};
use plenum_link::mqtt::Arrival;
use plenum_protocol::streams::{Position, StreamId, Taken};
use plenum_protocol::{AgentName, Timestamp};

use super::super::agents::OpenGap;
use super::super::counters::add;
use super::super::schema::StoredStream;
use super::Intake;

impl Intake {
    /// What the stream bookkeeping wants in this commit: records, and gaps with their instants.
    /// `begins`: the first instant that is known again; `before`: the newest of the stream at hand before its batch.
    pub(super) fn account(
        &mut self,
        name: &AgentName,
        taken: Taken,
        begins: Timestamp,
        before: Option<(&StreamId, Option<Timestamp>)>,
        now: Arrival,
    ) {
        for (stream, record) in taken.records {
            let memory = self.agent(name).memory(&stream);
            memory.last = record.seen;
            memory.listed = now.at;
            let stored = StoredStream {
                agent: name.clone(),
                stream,
                record,
                last_at: memory.last_at,
                listed: Some(now.at),
            };
            self.gathered.stream(stored);
        }
        for found in taken.gaps {
            let before = match before {
                Some((stream, before)) if *stream == found.stream => before,
                _ => self.agent(name).memory(&found.stream).last_at,
            };
            let lost = found.lost.as_ref();
            let from = lost.and_then(|lost| lost.from).or(before).unwrap_or(begins);
            let to = lost.and_then(|lost| lost.to).unwrap_or(begins).max(from);
            let report = Report::Lost {
                from: found.from_seq,
                to: found.to_seq,
                why: found.why.clone(),
            };
            add(&self.counters.gaps, 1);
            self.gathered.item(Item::Gap(Gap {
                agent: name.clone(),
                stream: found.stream.to_string(),
                sequence: (found.from_seq, found.to_seq),
                from,
                to,
                why: found.why,
            }));
            self.say(SystemKind::Gap, name, true, now, report);
        }
    }

    /// A whole batch is a dead letter, and a gap: up to now if it is the newest, else up to the next batch.
    pub(super) fn lost_to_the_letters(&mut self, name: &AgentName, position: &Position, now: Arrival) {
        let memory = self.agent(name).memory(&position.stream);
        let last_at = memory.last_at;
        let open = memory.open.get_or_insert_with(|| OpenGap {
            from: last_at.unwrap_or(now.at),
            sequence: (position.seq, position.seq),
            why: "dead letters".to_owned(),
        });
        open.sequence.1 = position.seq;
        if position.seq == position.last {
            self.close_open_gap(name, &position.stream, Some(now.at));
        }
    }

    pub(super) fn close_open_gap(&mut self, name: &AgentName, stream: &StreamId, to: Option<Timestamp>) {
        let (Some(to), memory) = (to, self.agent(name).memory(stream)) else {
            return;
        };
        if let Some(open) = memory.open.take() {
            add(&self.counters.gaps, 1);
            self.gathered.item(Item::Gap(Gap {
                agent: name.clone(),
                stream: stream.to_string(),
                sequence: open.sequence,
                from: open.from,
                to: to.max(open.from),
                why: open.why,
            }));
        }
    }
}
