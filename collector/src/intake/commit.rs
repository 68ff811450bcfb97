//! What one group commit of intake holds, and how it is written: readings, stream records, dead letters, conditions.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use plenum_core::fact::{Batch, Item};
use plenum_link::Stopwatch;
use plenum_protocol::streams::{StreamId, StreamRecord};
use plenum_protocol::{AgentName, Channel, Duration, Timestamp};
use rusqlite::Connection;

use super::conditions::Change;
use super::dead_letters::{self, NewLetter};
use super::schema::{self, StoredAgent, StoredStream};
use crate::database::DatabaseError;
use crate::journal::{Group, Journal};

/// How far ahead of its receipt a reading may be before it is stored at its receipt.
pub const AHEAD: Duration = Duration::from_seconds(30);

/// Bounds of what gathers while a group is at the disk; beyond them intake takes no further message.
const READINGS: usize = 65_536;
const BYTES: usize = 8 << 20;
/// Statuses, gaps and letters carry few readings and bytes; a slow disk must not let them pile up either.
const FACTS: usize = 16_384;

/// Commits batches of readings as intake does, readings from the future included; returns the journal number. For
/// whoever has readings without a broker: the demo's past, retried dead letters.
pub async fn commit_batches(journal: &Journal, batches: Vec<Batch>) -> Result<u64, DatabaseError> {
    journal
        .append_with(move |_, group| {
            for mut batch in batches {
                correct_ahead(&mut batch, group.received());
                group.push(Item::Batch(batch));
            }
            Ok(group.number())
        })
        .await
}

/// What gathers for the next group commit.
#[derive(Default)]
pub(super) struct Gathered {
    pub(super) items: Vec<Item>,
    pub(super) streams: BTreeMap<(AgentName, StreamId), StoredStream>,
    pub(super) agents: BTreeMap<AgentName, StoredAgent>,
    pub(super) letters: Vec<NewLetter>,
    pub(super) conditions: Vec<Change>,
    pub(super) readings: usize,
    pub(super) bytes: usize,
}

/// What intake needs to know of a group after it was handed to the writer.
pub(super) struct Sent {
    pub(super) records: BTreeMap<AgentName, Vec<(StreamId, StreamRecord)>>,
    pub(super) agents: BTreeSet<AgentName>,
    pub(super) readings: usize,
    pub(super) batches: usize,
    pub(super) since: Stopwatch,
}

/// What the writer found out.
pub(super) struct Written {
    pub(super) received: Timestamp,
    /// For each agent with a batch in the group: how many of its readings came from the future.
    pub(super) ahead: BTreeMap<AgentName, usize>,
}

impl Gathered {
    pub(super) fn is_empty(&self) -> bool {
        self.items.is_empty()
            && self.streams.is_empty()
            && self.agents.is_empty()
            && self.letters.is_empty()
            && self.conditions.is_empty()
    }

    pub(super) fn has_room(&self) -> bool {
        let facts = self.items.len() + self.letters.len() + self.conditions.len() + self.streams.len();
        self.readings < READINGS && self.bytes < BYTES && facts < FACTS
    }

    pub(super) fn condition(&mut self, change: Option<Change>) {
        self.conditions.extend(change);
    }

    pub(super) fn sent(&self) -> Sent {
        let mut records: BTreeMap<AgentName, Vec<(StreamId, StreamRecord)>> = BTreeMap::new();
        for ((agent, stream), stored) in &self.streams {
            records
                .entry(agent.clone())
                .or_default()
                .push((stream.clone(), stored.record));
        }
        let mut agents: BTreeSet<AgentName> = self.agents.keys().cloned().collect();
        let mut batches = 0;
        for item in &self.items {
            if let Item::Batch(batch) = item {
                agents.insert(batch.agent.clone());
                batches += 1;
            }
        }
        Sent {
            records,
            agents,
            readings: self.readings,
            batches,
            since: Stopwatch::start(),
        }
    }

    /// Runs on the writer thread.
    pub(super) fn write(mut self, connection: &Connection, group: &mut Group) -> rusqlite::Result<Written> {
        let received = group.received();
        let mut ahead = BTreeMap::new();
        for item in &mut self.items {
            if let Item::Batch(batch) = item {
                let corrected = correct_ahead(batch, received);
                match ahead.get_mut(&batch.agent) {
                    Some(count) => *count += corrected,
                    None => drop(ahead.insert(batch.agent.clone(), corrected)),
                }
            }
        }
        for stored in self.streams.values() {
            schema::store_stream(connection, stored)?;
        }
        for stored in self.agents.values() {
            schema::store_agent(connection, stored)?;
        }
        for letter in &self.letters {
            dead_letters::store(connection, letter, received)?;
        }
        for item in self.items {
            group.push(item);
        }
        for change in &self.conditions {
            change.store(connection)?;
            group.push(change.item());
        }
        Ok(Written { received, ahead })
    }
}

/// Hands the group to the writer.
pub(super) async fn commit(journal: Arc<Journal>, gathered: Gathered) -> Result<Written, DatabaseError> {
    journal
        .append_with(move |connection, group| gathered.write(connection, group))
        .await
}

/// Readings more than 30 s ahead are stored at `received` and marked; several of one channel a millisecond apart, the last
/// at `received`, so that each stays a reading of its own. Gives how many there were.
fn correct_ahead(batch: &mut Batch, received: Timestamp) -> usize {
    let limit = received + AHEAD;
    if batch.readings.iter().all(|reading| reading.at <= limit) {
        return 0;
    }
    let mut behind: HashMap<Channel, i64> = HashMap::new();
    let mut count = 0;
    for reading in batch.readings.iter_mut().rev() {
        if reading.at > limit {
            let later = behind.entry(reading.channel.clone()).or_default();
            reading.at = received - Duration::from_milliseconds(*later);
            reading.ahead = true;
            *later += 1;
            count += 1;
        }
    }
    count
}

/// Commits the readings of a dead letter and deletes it; `None` if the letter was gone.
pub(super) async fn commit_letter(
    journal: &Journal,
    mut batch: Batch,
    id: u64,
) -> Result<Option<u64>, DatabaseError> {
    journal
        .append_with(move |connection, group| {
            // Two people may retry the same letter at once: only one of them stores it.
            if !dead_letters::delete(connection, id)? {
                return Ok(None);
            }
            correct_ahead(&mut batch, group.received());
            group.push(Item::Batch(batch));
            Ok(Some(group.number()))
        })
        .await
}
