//! The alarms' tables in `plenum.db`: how alarms stand, the log of their transitions, and the engine's state.

use plenum_protocol::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::database::{from_json, from_word, json, word};
use plenum_core::alarms::{Alarm, Episode, Event, Snapshot, episode};

/// Where a page of the log ended: instant in milliseconds and row.
pub type EventCursor = (i64, i64);

/// Keeps an alarm as it stands.
pub(super) fn keep_alarm(connection: &Connection, alarm: &Alarm) -> rusqlite::Result<()> {
    connection
        .prepare_cached("insert or replace into alarm(id, state, alarm) values (?1, ?2, ?3)")?
        .execute(params![alarm.id, word(&alarm.state)?, json(alarm)?])?;
    Ok(())
}

/// Adds a transition to the log.
pub(super) fn log_event(connection: &Connection, event: &Event) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "insert into alarm_event(at, alarm, source, target, cause, actor, comment)
             values (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute(params![
            event.at.milliseconds(),
            event.alarm,
            word(&event.from)?,
            word(&event.to)?,
            word(&event.cause)?,
            event.actor.as_str(),
            event.comment
        ])?;
    Ok(())
}

/// What changed of the engine, as it is written: the head, and rows of name and state.
pub(super) struct Changes {
    head: String,
    agents: Vec<(String, String)>,
    series: Vec<(String, String)>,
}

impl Changes {
    /// Puts what changed into words.
    pub(super) fn of(snapshot: &Snapshot) -> serde_json::Result<Self> {
        let agents = snapshot.agents.iter();
        let series = snapshot.series.iter();
        Ok(Self {
            head: serde_json::to_string(&snapshot.head)?,
            agents: agents
                .map(|row| Ok((row.agent.to_string(), serde_json::to_string(row)?)))
                .collect::<serde_json::Result<_>>()?,
            series: series
                .map(|row| Ok((row.series.to_string(), serde_json::to_string(row)?)))
                .collect::<serde_json::Result<_>>()?,
        })
    }
}

/// Keeps what changed of the engine's state.
pub(super) fn keep_engine(connection: &Connection, changes: &Changes) -> rusqlite::Result<()> {
    connection
        .prepare_cached("insert or replace into alarm_engine(one, head) values (1, ?1)")?
        .execute([&changes.head])?;
    let mut agent =
        connection.prepare_cached("insert or replace into alarm_agent(agent, state) values (?1, ?2)")?;
    for (name, state) in &changes.agents {
        agent.execute([name, state])?;
    }
    let mut series =
        connection.prepare_cached("insert or replace into alarm_series(series, state) values (?1, ?2)")?;
    for (name, state) in &changes.series {
        series.execute([name, state])?;
    }
    Ok(())
}

/// The engine's state, if one was kept.
pub fn load_engine(connection: &Connection) -> rusqlite::Result<Option<Snapshot>> {
    let head = connection
        .prepare_cached("select head from alarm_engine")?
        .query_row([], |row| from_json(row, 0))
        .optional()?;
    let Some(head) = head else { return Ok(None) };
    let agents = connection
        .prepare_cached("select state from alarm_agent")?
        .query_map([], |row| from_json(row, 0))?
        .collect::<rusqlite::Result<_>>()?;
    let series = connection
        .prepare_cached("select state from alarm_series")?
        .query_map([], |row| from_json(row, 0))?
        .collect::<rusqlite::Result<_>>()?;
    Ok(Some(Snapshot {
        head,
        alarms: alarms(connection)?,
        agents,
        series,
    }))
}

/// Every alarm as the last commit left it.
pub fn alarms(connection: &Connection) -> rusqlite::Result<Vec<Alarm>> {
    connection
        .prepare_cached("select alarm from alarm order by id")?
        .query_map([], |row| from_json(row, 0))?
        .collect()
}

/// The log from `from` to before `to`, in the order of the instants, after a cursor. The next cursor is there if there is more.
pub fn events(
    connection: &Connection,
    from: Timestamp,
    to: Timestamp,
    after: Option<EventCursor>,
    limit: usize,
) -> rusqlite::Result<(Vec<Event>, Option<EventCursor>)> {
    let (at, id) = after.unwrap_or((i64::MIN, i64::MIN));
    let mut rows: Vec<(i64, Event)> = connection
        .prepare_cached(
            "select id, at, alarm, source, target, cause, actor, comment from alarm_event
             where at >= ?1 and at < ?2 and (at, id) > (?3, ?4) order by at, id limit ?5",
        )?
        .query_map(
            params![from.milliseconds(), to.milliseconds(), at, id, limit as i64 + 1],
            |row| Ok((row.get(0)?, event(row)?)),
        )?
        .collect::<rusqlite::Result<_>>()?;
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next = rows
        .last()
        .filter(|_| more)
        .map(|(id, event)| (event.at.milliseconds(), *id));
    Ok((rows.into_iter().map(|(_, event)| event).collect(), next))
}

/// An alarm's own log, the newest first.
pub fn events_of(connection: &Connection, alarm: u64, limit: usize) -> rusqlite::Result<Vec<Event>> {
    connection
        .prepare_cached(
            "select id, at, alarm, source, target, cause, actor, comment from alarm_event
             where alarm = ?1 order by id desc limit ?2",
        )?
        .query_map(params![alarm, limit as i64], event)?
        .collect()
}

/// An alarm's episodes within `from..to`, the newest first. Only its log from the last raise before `from` to the first end after `to` is read.
pub(super) fn episodes(
    connection: &Connection,
    alarm: u64,
    from: Timestamp,
    to: Timestamp,
) -> rusqlite::Result<Vec<Episode>> {
    let events: Vec<Event> = connection
        .prepare_cached(
            "select id, at, alarm, source, target, cause, actor, comment from alarm_event
             where alarm = ?1
               and id >= coalesce((select max(id) from alarm_event where alarm = ?1 and cause = 'raised' and at < ?2), 0)
               and id <= coalesce((select min(id) from alarm_event where alarm = ?1 and at >= ?3
                                   and source in ('active-unacknowledged', 'active-acknowledged')
                                   and target not in ('active-unacknowledged', 'active-acknowledged')), ?4)
             order by id",
        )?
        .query_map(params![alarm, from.milliseconds(), to.milliseconds(), i64::MAX], event)?
        .collect::<rusqlite::Result<_>>()?;
    let mut episodes = episode::fold(&events);
    episodes.retain(|episode| episode.touches(from, to));
    Ok(episodes)
}

fn event(row: &Row<'_>) -> rusqlite::Result<Event> {
    Ok(Event {
        at: Timestamp::from_milliseconds(row.get(1)?),
        alarm: row.get(2)?,
        from: from_word(row, 3)?,
        to: from_word(row, 4)?,
        cause: from_word(row, 5)?,
        actor: row.get::<_, String>(6)?.into(),
        comment: row.get(7)?,
    })
}
