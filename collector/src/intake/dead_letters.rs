//! What could not be read: kept with the reason, counted, listed, and tried again when a newer version may understand it.

use plenum_core::fact::{Batch, StoredReading};
use plenum_link::causes::with_causes;
use plenum_protocol::payload::Status;
use plenum_protocol::streams::StreamId;
use plenum_protocol::topic::TopicKind;
use plenum_protocol::{AgentName, Timestamp, senml};
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::commit::commit_letter;
use super::schema;
use crate::database::DatabaseError;
use crate::journal::Journal;

/// Bytes that are counted for a letter besides its payload.
const OVERHEAD: u64 = 128;

/// A message or a record that is about to be stored.
#[derive(Debug, Clone)]
pub(super) struct NewLetter {
    pub(super) agent: AgentName,
    /// The kind of topic that it came on.
    pub(super) kind: TopicKind,
    pub(super) position: Option<(StreamId, u64)>,
    pub(super) reason: String,
    /// The whole message, or one record of it.
    pub(super) whole: bool,
    pub(super) payload: Vec<u8>,
}

impl NewLetter {
    pub(super) fn bytes(&self) -> u64 {
        self.payload.len() as u64 + OVERHEAD
    }
}

/// A dead letter, as it is listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// Its number.
    pub id: u64,
    /// Who sent it.
    pub agent: AgentName,
    /// The kind of topic that it came on, as its last part names it.
    pub kind: String,
    /// Stream and sequence number, if it had them.
    pub position: Option<(String, u64)>,
    /// When it came.
    pub received: Timestamp,
    /// Why it could not be read.
    pub reason: String,
    /// A whole message, or one record of a message whose other records were stored.
    pub whole: bool,
    /// What came.
    pub payload: Vec<u8>,
}

/// What came of trying a letter again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Retried {
    /// Its readings are in the journal with this number, and the letter is gone.
    Stored {
        /// The journal number.
        number: u64,
        /// How many readings.
        readings: usize,
    },
    /// It still cannot be read; it stays.
    StillUnreadable(String),
    /// There is no such letter.
    Unknown,
}

pub(super) fn store(
    connection: &Connection,
    letter: &NewLetter,
    received: Timestamp,
) -> rusqlite::Result<()> {
    let (stream, seq) = letter.position.clone().unzip();
    connection
        .prepare_cached(
            "insert into dead_letter(site, agent, stream, seq, received, reason, whole, payload, kind)
             values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?
        .execute(params![
            letter.agent.site.as_str(),
            letter.agent.agent.as_str(),
            stream.as_ref().map(StreamId::as_str),
            seq,
            received.milliseconds(),
            letter.reason,
            letter.whole,
            letter.payload,
            letter.kind.as_str(),
        ])?;
    Ok(())
}

/// The letters after the one with number `after`, oldest first.
pub fn list(connection: &Connection, after: u64, limit: u64) -> rusqlite::Result<Vec<DeadLetter>> {
    connection
        .prepare_cached(&format!("{SELECT} where id > ?1 order by id limit ?2"))?
        .query_map([after, limit], read)?
        .collect()
}

/// Deletes a letter for good; false if there is none.
pub fn delete(connection: &Connection, id: u64) -> rusqlite::Result<bool> {
    Ok(connection.execute("delete from dead_letter where id = ?1", [id])? > 0)
}

/// Tries a letter again: what can be read now goes to the journal in the commit that deletes the letter.
pub async fn retry(journal: &Journal, id: u64) -> Result<Retried, DatabaseError> {
    let find = move |connection: &Connection| {
        connection
            .query_row(&format!("{SELECT} where id = ?1"), [id], read)
            .optional()
    };
    let Some(letter) = journal.database().read(find).await? else {
        return Ok(Retried::Unknown);
    };
    if letter.kind == TopicKind::Status.as_str() {
        return retry_status(journal, &letter).await;
    }
    let agent = letter.agent.clone();
    let payload = if letter.whole {
        letter.payload
    } else {
        record_as_pack(&agent, letter.received, &letter.payload)
    };
    let pack = match senml::decode(&agent.site, &agent.agent, &payload, letter.received) {
        Ok(pack) => pack,
        Err(error) => return Ok(Retried::StillUnreadable(error.to_string())),
    };
    if let Some(bad) = pack.bad.first() {
        return Ok(Retried::StillUnreadable(bad.reason.clone()));
    }
    let readings = pack.readings.len();
    let batch = Batch {
        agent,
        position: None,
        newest: false,
        readings: pack
            .readings
            .into_iter()
            .map(|reading| stored((reading, None)))
            .collect(),
    };
    Ok(match commit_letter(journal, batch, id).await? {
        Some(number) => Retried::Stored { number, readings },
        None => Retried::Unknown,
    })
}

/// A status tells of the instant at which it was said: one that can be read now is of no use any more, and its letter goes.
async fn retry_status(journal: &Journal, letter: &DeadLetter) -> Result<Retried, DatabaseError> {
    if let Err(error) = Status::from_json(&letter.payload) {
        return Ok(Retried::StillUnreadable(with_causes(&error)));
    }
    let id = letter.id;
    let gone = journal
        .database()
        .write(move |connection| delete(connection, id))
        .await?;
    let number = *journal.head().borrow();
    Ok(match gone {
        true => Retried::Stored { number, readings: 0 },
        false => Retried::Unknown,
    })
}

pub(super) fn stored((reading, claimed): (plenum_protocol::Reading, Option<Timestamp>)) -> StoredReading {
    StoredReading {
        channel: reading.channel,
        at: reading.at,
        outcome: reading.outcome,
        claimed,
    }
}

/// Bytes of letters by agent.
pub(super) fn sizes(connection: &Connection) -> rusqlite::Result<Vec<(AgentName, u64)>> {
    connection
        .prepare("select site, agent, sum(length(payload) + ?1) from dead_letter group by site, agent")?
        .query_map([OVERHEAD], |row| Ok((schema::agent(row)?, row.get(2)?)))?
        .collect()
}

const SELECT: &str =
    "select site, agent, id, stream, seq, received, reason, whole, payload, kind from dead_letter";

fn read(row: &Row<'_>) -> rusqlite::Result<DeadLetter> {
    let stream: Option<String> = row.get(3)?;
    let seq: Option<u64> = row.get(4)?;
    Ok(DeadLetter {
        id: row.get(2)?,
        agent: schema::agent(row)?,
        position: stream.zip(seq),
        received: Timestamp::from_milliseconds(row.get(5)?),
        reason: row.get(6)?,
        whole: row.get(7)?,
        payload: row.get(8)?,
        kind: row.get(9)?,
    })
}

/// A single record, with the base name and time that it may have had from records before it.
fn record_as_pack(agent: &AgentName, received: Timestamp, record: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(record);
    let inner = text.trim_start().strip_prefix('{').unwrap_or(&text);
    let mut base = String::new();
    if !text.contains("\"bn\"") {
        base = format!("\"bn\":\"{}/{}/\",", agent.site, agent.agent);
    }
    if !text.contains("\"bt\"") && !text.contains("\"t\"") {
        base += &format!("\"bt\":{},", received.milliseconds() as f64 / 1_000.0);
    }
    format!("[{{{base}{inner}]").into_bytes()
}
