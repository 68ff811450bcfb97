//! Intake's tables in `plenum.db`, and what it reads from them at start.

use plenum_protocol::Timestamp;
use plenum_protocol::streams::{StreamId, StreamRecord};
use rusqlite::{Connection, Row, params};

use plenum_protocol::AgentName;

use crate::database::text;

/// Site and agent in the first two columns.
pub(super) fn agent(row: &Row<'_>) -> rusqlite::Result<AgentName> {
    Ok(AgentName {
        site: text(row, 0)?,
        agent: text(row, 1)?,
    })
}

/// A stream as stored.
#[derive(Debug, Clone)]
pub(super) struct StoredStream {
    pub(super) agent: AgentName,
    pub(super) stream: StreamId,
    pub(super) record: StreamRecord,
    pub(super) last_at: Option<Timestamp>,
    /// When its agent last listed or used it; absent in rows of before this was kept.
    pub(super) listed: Option<Timestamp>,
}

pub(super) fn store_stream(connection: &Connection, stored: &StoredStream) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "insert into stream(site, agent, stream, through, seen, start, last_at, listed) values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
             on conflict do update set through = excluded.through, seen = excluded.seen, start = excluded.start,
             last_at = excluded.last_at, listed = excluded.listed",
        )?
        .execute(params![
            stored.agent.site.as_str(),
            stored.agent.agent.as_str(),
            stored.stream.as_str(),
            stored.record.through,
            stored.record.seen,
            stored.record.start.map(Timestamp::milliseconds),
            stored.last_at.map(Timestamp::milliseconds),
            stored.listed.map(Timestamp::milliseconds),
        ])?;
    Ok(())
}

pub(super) fn forget_stream(
    connection: &Connection,
    agent: &AgentName,
    stream: &StreamId,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached("delete from stream where site = ?1 and agent = ?2 and stream = ?3")?
        .execute(params![
            agent.site.as_str(),
            agent.agent.as_str(),
            stream.as_str()
        ])?;
    Ok(())
}

/// Notes that an agent lists these streams now.
pub(super) fn list_streams(
    connection: &Connection,
    agent: &AgentName,
    streams: &[StreamId],
    at: Timestamp,
) -> rusqlite::Result<()> {
    let mut statement = connection
        .prepare_cached("update stream set listed = ?4 where site = ?1 and agent = ?2 and stream = ?3")?;
    for stream in streams {
        statement.execute(params![
            agent.site.as_str(),
            agent.agent.as_str(),
            stream.as_str(),
            at.milliseconds()
        ])?;
    }
    Ok(())
}

/// The databases whose acknowledgements to this agent the site's people have settled.
pub(super) fn settled(connection: &Connection) -> rusqlite::Result<Vec<(AgentName, String)>> {
    connection
        .prepare("select site, agent, database from settled_database")?
        .query_map([], |row| Ok((agent(row)?, row.get(2)?)))?
        .collect()
}

/// Remembers that this database no longer silences us towards the agent.
pub(super) fn settle(
    connection: &Connection,
    agent: &AgentName,
    database: &str,
    at: Timestamp,
) -> rusqlite::Result<()> {
    connection.execute(
        "insert or replace into settled_database values (?1, ?2, ?3, ?4)",
        params![
            agent.site.as_str(),
            agent.agent.as_str(),
            database,
            at.milliseconds()
        ],
    )?;
    Ok(())
}

pub(super) fn streams(connection: &Connection) -> rusqlite::Result<Vec<StoredStream>> {
    connection
        .prepare("select site, agent, stream, through, seen, start, last_at, listed from stream")?
        .query_map([], |row| {
            Ok(StoredStream {
                agent: agent(row)?,
                stream: text(row, 2)?,
                record: StreamRecord {
                    through: row.get(3)?,
                    seen: row.get(4)?,
                    start: row.get::<_, Option<i64>>(5)?.map(Timestamp::from_milliseconds),
                },
                last_at: row.get::<_, Option<i64>>(6)?.map(Timestamp::from_milliseconds),
                listed: row.get::<_, Option<i64>>(7)?.map(Timestamp::from_milliseconds),
            })
        })?
        .collect()
}

/// An agent as stored: presence and the last status of its newest connection.
#[derive(Debug, Clone)]
pub(super) struct StoredAgent {
    pub(super) agent: AgentName,
    pub(super) online: bool,
    pub(super) connection: u64,
    pub(super) status: Option<String>,
    pub(super) received: Timestamp,
}

pub(super) fn store_agent(connection: &Connection, stored: &StoredAgent) -> rusqlite::Result<()> {
    connection
        .prepare_cached("insert or replace into agent values (?1, ?2, ?3, ?4, ?5, ?6)")?
        .execute(params![
            stored.agent.site.as_str(),
            stored.agent.agent.as_str(),
            stored.online,
            stored.connection,
            stored.status,
            stored.received.milliseconds(),
        ])?;
    Ok(())
}

pub(super) fn agents(connection: &Connection) -> rusqlite::Result<Vec<StoredAgent>> {
    connection
        .prepare("select site, agent, online, connection, status, received from agent")?
        .query_map([], |row| {
            Ok(StoredAgent {
                agent: agent(row)?,
                online: row.get(2)?,
                connection: row.get(3)?,
                status: row.get(4)?,
                received: Timestamp::from_milliseconds(row.get(5)?),
            })
        })?
        .collect()
}
