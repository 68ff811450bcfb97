//! What one message adds to the group that gathers: readings, stream records, dead letters, conditions.

use std::collections::{BTreeMap, BTreeSet};

use plenum_core::fact::Item;
use plenum_link::{Bytes, Stopwatch};
use plenum_protocol::streams::{StreamId, StreamRecord};
use plenum_protocol::topic::TopicKind;
use plenum_protocol::{AgentName, Timestamp};
use rusqlite::Connection;

use super::conditions::Change;
use super::dead_letters::{self, NewLetter};
use super::schema::{self, StoredAgent, StoredStream};
use crate::journal::Group;

/// Bounds of what gathers while a group is at the disk; beyond them intake takes no further message.
const READINGS: usize = 65_536;
const BYTES: usize = 8 << 20;
/// What a message takes beside its payload.
const BESIDE: usize = 256;
/// Statuses, gaps and letters carry few readings and bytes; a slow disk must not let them pile up either.
const FACTS: usize = 16_384;

/// What one message adds; or the monitor itself, between messages.
#[derive(Debug, Default)]
pub(super) struct Contribution {
    /// Whose message it was.
    pub(super) agent: Option<AgentName>,
    /// The message, should it have to be set aside.
    pub(super) message: Option<Message>,
    pub(super) streams: Vec<StoredStream>,
    items: Vec<Item>,
    forgotten: Vec<StreamId>,
    /// Streams that are listed now, and when that was.
    listed: Option<(Vec<StreamId>, Timestamp)>,
    presence: Option<StoredAgent>,
    letters: Vec<NewLetter>,
    conditions: Vec<Change>,
}

/// A message as it came. Its bytes are shared with whoever else has it.
#[derive(Debug, Clone)]
pub(super) struct Message {
    /// The kind of topic that it came on.
    pub(super) kind: TopicKind,
    pub(super) position: Option<(StreamId, u64)>,
    pub(super) payload: Bytes,
}

impl Contribution {
    fn is_empty(&self) -> bool {
        self.items.is_empty()
            && self.streams.is_empty()
            && self.forgotten.is_empty()
            && self.listed.is_none()
            && self.presence.is_none()
            && self.letters.is_empty()
            && self.conditions.is_empty()
    }

    pub(super) fn items(&self) -> impl Iterator<Item = &Item> {
        self.items.iter()
    }

    /// All but its items; the records of its streams are written by the caller, who knows whether there are newer ones.
    pub(super) fn write_all_but_streams(
        &self,
        connection: &Connection,
        group: &mut Group,
    ) -> rusqlite::Result<()> {
        if let Some(agent) = &self.agent {
            for stream in &self.forgotten {
                schema::forget_stream(connection, agent, stream)?;
            }
            if let Some((streams, at)) = &self.listed {
                schema::list_streams(connection, agent, streams, *at)?;
            }
        }
        if let Some(stored) = &self.presence {
            schema::store_agent(connection, stored)?;
        }
        for letter in &self.letters {
            dead_letters::store(connection, letter, group.received())?;
        }
        for change in &self.conditions {
            change.store(connection)?;
            group.push(change.item());
        }
        Ok(())
    }
}

/// What gathers for the next group commit.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    contributions: Vec<Contribution>,
    pub(super) readings: usize,
    pub(super) bytes: usize,
    facts: usize,
    /// What is added next is the monitor's own.
    own: bool,
}

/// What intake needs to know of a group after it was handed to the writer.
pub(super) struct Sent {
    pub(super) records: BTreeMap<AgentName, Vec<(StreamId, StreamRecord)>>,
    pub(super) agents: BTreeSet<AgentName>,
    pub(super) readings: usize,
    pub(super) batches: usize,
    pub(super) since: Stopwatch,
}

impl Gathered {
    /// What is added from here on is this message's.
    pub(super) fn begin(&mut self, agent: &AgentName, message: Message) {
        self.own = false;
        self.bytes += message.payload.len() + BESIDE;
        self.contributions.push(Contribution {
            agent: Some(agent.clone()),
            message: Some(message),
            ..Contribution::default()
        });
    }

    /// The message at hand is this batch.
    pub(super) fn position(&mut self, stream: &StreamId, seq: u64) {
        if let Some(message) = self
            .contributions
            .last_mut()
            .and_then(|last| last.message.as_mut())
        {
            message.position = Some((stream.clone(), seq));
        }
    }

    /// What is added from here on is the monitor's own.
    pub(super) fn begin_own(&mut self) {
        self.own = true;
    }

    /// The message at hand was looked at. If it added nothing it is let go of: what is not written must not hold room.
    pub(super) fn end(&mut self) {
        self.own = true;
        if let Some(last) = self.contributions.pop_if(|last| last.is_empty())
            && let Some(message) = last.message
        {
            self.bytes -= message.payload.len() + BESIDE;
        }
    }

    pub(super) fn contributions(&self) -> &[Contribution] {
        &self.contributions
    }

    /// Gives everybody's items to the group, in order; returns how many were whose.
    pub(super) fn hand_over(&mut self, group: &mut Group) -> Vec<usize> {
        let each = self.contributions.iter_mut().map(|contribution| {
            let items = std::mem::take(&mut contribution.items);
            let count = items.len();
            items.into_iter().for_each(|item| group.push(item));
            count
        });
        each.collect()
    }

    /// Gives them back to whom they are.
    pub(super) fn take_back(&mut self, items: Vec<Item>, counts: &[usize]) {
        let mut items = items.into_iter();
        for (contribution, count) in self.contributions.iter_mut().zip(counts) {
            contribution.items = items.by_ref().take(*count).collect();
        }
    }

    fn last(&mut self) -> &mut Contribution {
        if self.own || self.contributions.is_empty() {
            self.own = false;
            self.contributions.push(Contribution::default());
        }
        self.facts += 1;
        let last = self.contributions.len() - 1;
        &mut self.contributions[last]
    }

    pub(super) fn item(&mut self, item: Item) {
        self.last().items.push(item);
    }

    pub(super) fn stream(&mut self, stored: StoredStream) {
        self.last().streams.push(stored);
    }

    pub(super) fn forget(&mut self, stream: StreamId) {
        self.last().forgotten.push(stream);
    }

    pub(super) fn listed(&mut self, streams: Vec<StreamId>, at: Timestamp) {
        self.last().listed = Some((streams, at));
    }

    pub(super) fn presence(&mut self, stored: StoredAgent) {
        self.last().presence = Some(stored);
    }

    pub(super) fn letter(&mut self, letter: NewLetter) {
        self.bytes += letter.payload.len();
        self.last().letters.push(letter);
    }

    pub(super) fn condition(&mut self, change: Option<Change>) {
        if let Some(change) = change {
            self.last().conditions.push(change);
        }
    }

    /// How many letters the message at hand has led to.
    pub(super) fn letters_of_this(&self) -> usize {
        self.contributions.last().map_or(0, |last| last.letters.len())
    }

    /// Nothing of this agent is to be written after all: its streams stand where they stood.
    pub(super) fn leave_out(&mut self, agent: &AgentName) {
        self.contributions
            .retain(|contribution| contribution.agent.as_ref() != Some(agent));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.facts == 0
    }

    pub(super) fn has_room(&self) -> bool {
        self.readings < READINGS && self.bytes < BYTES && self.facts < FACTS
    }

    pub(super) fn sent(&self) -> Sent {
        let mut records: BTreeMap<AgentName, Vec<(StreamId, StreamRecord)>> = BTreeMap::new();
        let mut agents = BTreeSet::new();
        let mut batches = 0;
        for contribution in &self.contributions {
            for stored in &contribution.streams {
                let of_agent = records.entry(stored.agent.clone()).or_default();
                of_agent.push((stored.stream.clone(), stored.record));
            }
            batches += contribution
                .items
                .iter()
                .filter(|item| matches!(item, Item::Batch(_)))
                .count();
            agents.extend(contribution.agent.clone());
        }
        Sent {
            records,
            agents,
            readings: self.readings,
            batches,
            since: Stopwatch::start(),
        }
    }
}
