//! How a group of intake is written: all contributions at once, and where one of them cannot be, each by itself.
//!
//! | what fails | what happens |
//! |---|---|
//! | the disk (full, busy, an error of input or output, a damaged page) | the whole group is lost; nothing of it is acknowledged, and it is sent again |
//! | one contribution, for a reason of its own | it is set aside: its message becomes a dead letter in the same commit, its stream moves on, the others are stored |
//! | even that | its agent is left out: nothing of its contributions is stored or acknowledged; the others are |

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use plenum_core::fact::{Batch, Gap, Item};
use plenum_protocol::streams::{Circumstances, Floors};
use plenum_protocol::{AgentName, Timestamp};
use rusqlite::{Connection, ErrorCode};

use super::contribution::{Contribution, Gathered};
use super::dead_letters::{self, NewLetter};
use super::schema;
use crate::database::DatabaseError;
use crate::journal::{Group, Journal};

/// Commits batches of readings as intake does, readings from the future included; returns the journal number. For
/// whoever has readings without a broker: the demo's past, retried dead letters.
pub async fn commit_batches(journal: &Journal, batches: Vec<Batch>) -> Result<u64, DatabaseError> {
    journal
        .append_with(move |_, group| {
            for batch in batches {
                let batch = placed(batch, group.received());
                group.push(Item::Batch(batch));
            }
            Ok(group.number())
        })
        .await
}

/// Commits the readings of a dead letter and deletes it; `None` if the letter was gone.
pub(super) async fn commit_letter(
    journal: &Journal,
    batch: Batch,
    id: u64,
) -> Result<Option<u64>, DatabaseError> {
    journal
        .append_with(move |connection, group| {
            // Two people may retry the same letter at once: only one of them stores it.
            if !dead_letters::delete(connection, id)? {
                return Ok(None);
            }
            let batch = placed(batch, group.received());
            group.push(Item::Batch(batch));
            Ok(Some(group.number()))
        })
        .await
}

/// A batch that stands for itself: nothing of it is from the future.
fn placed(mut batch: Batch, receipt: Timestamp) -> Batch {
    let readings = batch.readings.drain(..).map(|reading| plenum_protocol::Reading {
        channel: reading.channel,
        at: reading.at,
        outcome: reading.outcome,
    });
    let circumstances = Circumstances {
        receipt,
        stream: None,
        relative: false,
        most: usize::MAX,
    };
    let placed = Floors::default().place(readings.collect(), circumstances);
    batch.readings = placed.readings.into_iter().map(dead_letters::stored).collect();
    batch
}

/// What the writer found out.
#[derive(Debug)]
pub(super) struct Written {
    /// The commit's instant.
    pub(super) received: Timestamp,
    /// Whose message was set aside, and why.
    pub(super) set_aside: Vec<(AgentName, String)>,
    /// Of whom nothing could be written.
    pub(super) left_out: BTreeSet<AgentName>,
}

/// Hands the group to the writer.
pub(super) async fn commit(journal: Arc<Journal>, mut gathered: Gathered) -> Result<Written, DatabaseError> {
    journal
        .append_with(move |connection, group| write(&mut gathered, connection, group))
        .await
}

/// Runs on the writer thread.
fn write(gathered: &mut Gathered, connection: &Connection, group: &mut Group) -> rusqlite::Result<Written> {
    let mut written = Written {
        received: group.received(),
        set_aside: Vec::new(),
        left_out: BTreeSet::new(),
    };
    // The readings are many: they go over as they are, and come back if they have to.
    let length = group.len();
    let counts = gathered.hand_over(group);
    let contributions = gathered.contributions();
    let together = guarded(connection, group, |connection, group| {
        // Of a stream that stands in several contributions the last record is the one.
        let mut streams = BTreeMap::new();
        for contribution in contributions {
            contribution.write_all_but_streams(connection, group)?;
            streams.extend(
                contribution
                    .streams
                    .iter()
                    .map(|stored| ((&stored.agent, &stored.stream), stored)),
            );
        }
        streams
            .into_values()
            .try_for_each(|stored| schema::store_stream(connection, stored))
    })?;
    let Err(why) = together else { return Ok(written) };
    tracing::error!(
        why,
        "a group cannot be written as a whole: its messages are written one by one"
    );
    gathered.take_back(group.split_off(length), &counts);
    for contribution in gathered.contributions() {
        write_alone(contribution, &mut written, connection, group)?;
    }
    Ok(written)
}

/// Writes one contribution, or sets it aside, or leaves its agent out.
fn write_alone(
    contribution: &Contribution,
    written: &mut Written,
    connection: &Connection,
    group: &mut Group,
) -> rusqlite::Result<()> {
    let agent = contribution.agent.clone();
    if agent
        .as_ref()
        .is_some_and(|agent| written.left_out.contains(agent))
    {
        return Ok(());
    }
    let alone = guarded(connection, group, |connection, group| {
        contribution.items().for_each(|item| group.push(item.clone()));
        contribution.write_all_but_streams(connection, group)?;
        let mut streams = contribution.streams.iter();
        streams.try_for_each(|stored| schema::store_stream(connection, stored))
    })?;
    let Err(why) = alone else { return Ok(()) };
    tracing::error!(
        agent = agent.as_ref().map(ToString::to_string),
        why,
        "a message cannot be stored and is set aside"
    );
    let aside = guarded(connection, group, |connection, group| {
        set_aside(contribution, &why, connection, group)
    })?;
    match (agent, aside) {
        (Some(agent), Ok(())) => written.set_aside.push((agent, why)),
        (Some(agent), Err(_)) => _ = written.left_out.insert(agent),
        (None, _) => {}
    }
    Ok(())
}

/// The message becomes a dead letter, its stream moves on, and what was in it is a gap.
fn set_aside(
    contribution: &Contribution,
    why: &str,
    connection: &Connection,
    group: &mut Group,
) -> rusqlite::Result<()> {
    let (Some(agent), Some(message)) = (&contribution.agent, &contribution.message) else {
        return Ok(());
    };
    let letter = NewLetter {
        agent: agent.clone(),
        kind: message.kind,
        position: message.position.clone(),
        reason: format!("it could not be stored: {why}"),
        whole: true,
        payload: message.payload.to_vec(),
    };
    dead_letters::store(connection, &letter, group.received())?;
    contribution
        .streams
        .iter()
        .try_for_each(|stored| schema::store_stream(connection, stored))?;
    if let Some((stream, seq)) = &message.position {
        let before = contribution
            .streams
            .iter()
            .find(|stored| stored.stream == *stream);
        let from = before
            .and_then(|stored| stored.last_at)
            .unwrap_or(group.received());
        group.push(Item::Gap(Gap {
            agent: agent.clone(),
            stream: stream.to_string(),
            sequence: (*seq, *seq),
            from: from.min(group.received()),
            to: group.received(),
            why: "dead letters".to_owned(),
        }));
    }
    Ok(())
}

/// Runs a part of the group in a savepoint of its own. The outer error is the disk's and the whole group's; the inner one is its own, a panic included,
/// and nothing of it is kept.
fn guarded(
    connection: &Connection,
    group: &mut Group,
    work: impl FnOnce(&Connection, &mut Group) -> rusqlite::Result<()>,
) -> rusqlite::Result<Result<(), String>> {
    let run = |sql: &str| connection.prepare_cached(sql)?.execute([]);
    let length = group.len();
    run("savepoint contribution")?;
    let result = catch_unwind(AssertUnwindSafe(|| work(connection, group)));
    let why = match result {
        Ok(Ok(())) => {
            run("release contribution")?;
            return Ok(Ok(()));
        }
        Ok(Err(error)) if connection.is_autocommit() || is_of_the_disk(&error) => return Err(error),
        Ok(Err(error)) => error.to_string(),
        Err(_) => "the program failed on it; see the log".to_owned(),
    };
    group.truncate(length);
    run("rollback to contribution")?;
    run("release contribution")?;
    Ok(Err(why))
}

fn is_of_the_disk(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(
            ErrorCode::DiskFull
                | ErrorCode::SystemIoFailure
                | ErrorCode::DatabaseBusy
                | ErrorCode::DatabaseLocked
                | ErrorCode::DatabaseCorrupt
                | ErrorCode::NotADatabase
                | ErrorCode::ReadOnly
                | ErrorCode::CannotOpen
                | ErrorCode::OutOfMemory
        )
    )
}
