//! The calls' tables: a row a call that is under way, and a row for each thing that happened to one.

use plenum_core::authority::Actor;
use plenum_core::incident::Changes;
use plenum_core::oncall::call::{Call, Happened};
use plenum_protocol::{Duration, Timestamp};
use rusqlite::{Connection, OptionalExtension, params};

use crate::database::{from_json, json, known};

/// How many rows one transaction of [`prune`] deletes at most.
const PRUNED: i64 = 500;
/// So much of what happened to one call is read.
const EVENTS: i64 = 1_000;
/// Since somebody passed it on, no more steps than so are looked back over.
const LATEST: i64 = 100;
const DUE: &str = "select incident from call indexed by call_due where due <= ?1 order by due limit ?2";
const CALLING: &str = "select incident from call where due is not null";
const ALL: &str = "select incident from call";
const OPEN: &str =
    "select id from incident indexed by incident_over where over_at is null and part_of is null";
const HAPPENED: &str = "
select id, at, event from call_event indexed by call_event_incident where incident = ?1 order by id limit ?2";
const LATELY: &str = "
select id, at, event from call_event indexed by call_event_incident where incident = ?1 order by id desc limit ?2";

/// How far the call of an incident has come; none where no ladder has taken it. One that a later program wrote begins anew.
pub(in crate::notify) fn of(connection: &Connection, incident: u64) -> rusqlite::Result<Option<Call>> {
    let found = connection
        .prepare_cached("select call from call where incident = ?1")?
        .query_row([incident.cast_signed()], |row| from_json(row, 0))
        .optional();
    match found {
        Err(rusqlite::Error::FromSqlConversionFailure(_, _, error)) => {
            tracing::warn!(incident, %error, "how far a call has come cannot be read; it begins anew");
            Ok(None)
        }
        found => found,
    }
}

/// Keeps a call, and when its next step is due.
pub(in crate::notify) fn keep(
    connection: &Connection,
    incident: u64,
    call: &Call,
    due: Option<Timestamp>,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached("insert or replace into call(incident, due, call) values (?1, ?2, ?3)")?
        .execute(params![
            incident.cast_signed(),
            due.map(Timestamp::milliseconds),
            json(call)?
        ])
        .map(drop)
}

/// Ends a call. Gives whether there was one.
pub(in crate::notify) fn end(connection: &Connection, incident: u64) -> rusqlite::Result<bool> {
    let ended = connection
        .prepare_cached("delete from call where incident = ?1")?
        .execute([incident.cast_signed()])?;
    Ok(ended > 0)
}

/// Writes down what happened to a call.
pub(in crate::notify) fn say(
    connection: &Connection,
    incident: u64,
    at: Timestamp,
    happened: &Happened,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached("insert into call_event(incident, at, event) values (?1, ?2, ?3)")?
        .execute(params![
            incident.cast_signed(),
            at.milliseconds(),
            json(happened)?
        ])
        .map(drop)
}

/// What happened to the calls of an incident, the oldest first.
pub(in crate::notify) fn events(
    connection: &Connection,
    incident: u64,
) -> rusqlite::Result<Vec<(Timestamp, Happened)>> {
    let mut statement = connection.prepare_cached(HAPPENED)?;
    let rows = statement.query(params![incident.cast_signed(), EVENTS])?;
    known("call_event", rows, |row| {
        Ok((Timestamp::from_milliseconds(row.get(1)?), from_json(row, 2)?))
    })
}

/// The incidents of which a step is due, `limit` at most.
pub(in crate::notify) fn due(
    connection: &Connection,
    now: Timestamp,
    limit: usize,
) -> rusqlite::Result<Vec<u64>> {
    numbers(connection, DUE, params![now.milliseconds(), limit as i64])
}

/// Those that somebody is called for.
pub(in crate::notify) fn calling(connection: &Connection) -> rusqlite::Result<Vec<u64>> {
    numbers(connection, CALLING, [])
}

/// Those of which a call is under way.
pub(in crate::notify) fn all(connection: &Connection) -> rusqlite::Result<Vec<u64>> {
    numbers(connection, ALL, [])
}

/// The incidents that are open.
pub(in crate::notify) fn open_incidents(connection: &Connection) -> rusqlite::Result<Vec<u64>> {
    numbers(connection, OPEN, [])
}

/// Who passed it on last, and when, if nobody has had it since.
pub(in crate::notify) fn passed_on(
    connection: &Connection,
    incident: u64,
) -> rusqlite::Result<Option<(Actor, Timestamp)>> {
    let mut statement = connection.prepare_cached(LATELY)?;
    let rows = statement.query(params![incident.cast_signed(), LATEST])?;
    let lately = known("call_event", rows, |row| {
        Ok((Timestamp::from_milliseconds(row.get(1)?), from_json(row, 2)?))
    })?;
    let passed_on = lately.into_iter().find_map(|(at, happened)| match happened {
        Happened::PassedOn { by, .. } => Some(Some((by, at))),
        Happened::Stepped { .. } => None,
        _ => Some(None),
    });
    Ok(passed_on.flatten())
}

fn numbers(
    connection: &Connection,
    query: &str,
    parameters: impl rusqlite::Params,
) -> rusqlite::Result<Vec<u64>> {
    let mut statement = connection.prepare_cached(query)?;
    let rows = statement.query_map(parameters, |row| row.get::<_, i64>(0))?;
    rows.map(|number| Ok(number?.cast_unsigned())).collect()
}

/// When the next step of any is due.
pub(in crate::notify) fn next_due(connection: &Connection) -> rusqlite::Result<Option<Timestamp>> {
    let next: Option<i64> = connection
        .prepare_cached("select min(due) from call where due is not null")?
        .query_row([], |row| row.get(0))?;
    Ok(next.map(Timestamp::from_milliseconds))
}

/// The wall clock was set by so much: who waits does so as long as before.
pub(in crate::notify) fn clock_was_set(connection: &Connection, by: Duration) -> rusqlite::Result<()> {
    for incident in all(connection)? {
        let Some(mut call) = of(connection, incident)? else {
            continue;
        };
        call.clock_was_set(by);
        connection
            .prepare_cached("update call set call = ?2, due = due + ?3 where incident = ?1")?
            .execute(params![incident.cast_signed(), json(&call)?, by.milliseconds()])?;
    }
    Ok(())
}

/// Whoever was called for incidents that turned out to be part of another was called for that.
pub(crate) fn joined(connection: &Connection, changes: &Changes) -> rusqlite::Result<()> {
    for incident in &changes.incidents {
        let Some(whole) = incident.part_of else { continue };
        connection
            .prepare_cached("update call_event set incident = ?2 where incident = ?1")?
            .execute([incident.id.cast_signed(), whole.cast_signed()])?;
        let Some(part) = of(connection, incident.id)? else {
            continue;
        };
        end(connection, incident.id)?;
        let call = match of(connection, whole)? {
            Some(call) => call.joined(part),
            None => part,
        };
        // It is due to be looked at as soon as this is written.
        keep(connection, whole, &call, Some(call.last))?;
    }
    Ok(())
}

/// Forgets some of what happened to calls before an instant. Gives whether there may be more.
pub(crate) fn prune(connection: &Connection, before: Timestamp) -> rusqlite::Result<bool> {
    let deleted = connection.execute(
        "delete from call_event where id in (select id from call_event indexed by call_event_at where at < ?1 order by at limit ?2)",
        params![before.milliseconds(), PRUNED],
    )?;
    Ok(i64::try_from(deleted).is_ok_and(|deleted| deleted == PRUNED))
}
