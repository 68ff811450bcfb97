//! The incidents' tables in `plenum.db`: a row an incident, a row a member. What became part of another keeps its row and gives up its members.

use std::collections::BTreeMap;

use plenum_core::alarms::cover::LINGERS;
use plenum_core::incident::{Changes, Incident, Incidents, Member};
use plenum_protocol::Timestamp;
use rusqlite::{Connection, OptionalExtension, Params, Row, params};

use super::{from_json, json, known, seen};

/// The newest first.
const PAGE: &str = "
select incident from incident where id < ?1 and part_of is null and (?2 or over_at is null) order by id desc limit ?3";
/// Those that are open, and those that ended since; the newest first of each.
const SINCE: &str = "
select incident from incident where part_of is null and (over_at is null or over_at >= ?1)
order by over_at is not null, id desc";
const ONE: &str = "select incident from incident where id = ?1";
const ELSEWHERE: &str = "select member from incident_member where alarm = ?1 and incident <> ?2";
const MEMBERS: &str = "select member from incident_member where incident = ?1";
/// Those that are open, and those that ended a short while before the last of them did.
const LASTING: &str = "
select incident from incident where part_of is null and over_at is null
union all
select incident from incident
where part_of is null and over_at >= (select max(over_at) from incident) - ?1";
const LAST: &str = "select coalesce(max(id), 0) from incident";
/// The open one of each alarm, which may be older than one that is over; else the last.
const OF_ALARMS: &str = "
select alarm, coalesce(max(case when over_at is null then id end), max(incident_member.incident)) from incident_member
left join incident on id = incident_member.incident group by alarm";

/// Keeps what changed.
pub(crate) fn keep(connection: &Connection, changes: &Changes) -> rusqlite::Result<()> {
    let mut head = connection.prepare_cached(
        "insert into incident(id, over_at, part_of, incident) values (?1, ?2, ?3, ?4)
         on conflict (id) do update set over_at = ?2, part_of = ?3, incident = ?4",
    )?;
    let mut part = connection.prepare_cached("delete from incident_member where incident = ?1")?;
    for incident in &changes.incidents {
        head.execute(params![
            incident.id,
            incident.over_at.map(|at| at.milliseconds()),
            incident.part_of,
            json(incident)?
        ])?;
        if incident.part_of.is_some() {
            part.execute([incident.id])?;
        }
    }
    let mut row = connection.prepare_cached(
        "insert or replace into incident_member(incident, alarm, member) values (?1, ?2, ?3)",
    )?;
    for (incident, member) in &changes.members {
        row.execute(params![incident, member.alarm, json(member)?])?;
    }
    Ok(())
}

/// The machine as it was left; none where there never was an incident.
pub(crate) fn load(connection: &Connection) -> rusqlite::Result<Option<Incidents>> {
    let last: u64 = connection.query_row(LAST, [], |row| row.get(0))?;
    let incidents = list(connection, LASTING, [LINGERS.milliseconds()])?;
    Ok((last > 0).then(|| Incidents::restore(incidents, last)))
}

/// The incident that counts for each alarm.
pub(crate) fn of_alarms(connection: &Connection) -> rusqlite::Result<BTreeMap<u64, u64>> {
    let mut statement = connection.prepare_cached(OF_ALARMS)?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    rows.collect()
}

/// Those before a number, the newest first, `limit` at most; those that are open, or all but what became part of another.
pub(crate) fn page(
    connection: &Connection,
    before: Option<u64>,
    all: bool,
    limit: usize,
) -> rusqlite::Result<Vec<Incident>> {
    let before = before.map_or(i64::MAX, |before| i64::try_from(before).unwrap_or(i64::MAX));
    list(connection, PAGE, params![before, all, limit as i64])
}

/// Those that stand or stood since an instant, as whoever asks sees them, `limit` at most: those that stand first, then the newest. And whether there are more.
pub(crate) fn since(
    connection: &Connection,
    at: Timestamp,
    limit: usize,
    sees: impl Fn(Incident) -> Option<Incident>,
) -> rusqlite::Result<(Vec<Incident>, bool)> {
    let mut statement = connection.prepare_cached(SINCE)?;
    let read = |row: &Row<'_>| with_members(connection, from_json(row, 0)?).map(&sees);
    seen("incident", statement.query([at.milliseconds()])?, limit, read)
}

/// One with its members, whatever became of it.
pub(crate) fn one(connection: &Connection, id: u64) -> rusqlite::Result<Option<Incident>> {
    let head: Option<Incident> = connection
        .prepare_cached(ONE)?
        .query_row([id], |row| from_json(row, 0))
        .optional()?;
    head.map(|head| with_members(connection, head)).transpose()
}

/// The one that an incident turned out to be part of, and that one of; itself where it is one by itself.
pub(crate) fn whole(connection: &Connection, id: u64) -> rusqlite::Result<Option<Incident>> {
    let mut found = one(connection, id)?;
    // A part has a higher number than its whole.
    while let Some(part) = &found
        && let Some(of) = part.part_of.filter(|of| *of < part.id)
    {
        found = one(connection, of)?;
    }
    Ok(found)
}

/// When an alarm that was raised in an incident was next raised in another one.
pub(crate) fn elsewhere(
    connection: &Connection,
    incident: u64,
    member: &Member,
) -> rusqlite::Result<Option<Timestamp>> {
    let mut statement = connection.prepare_cached(ELSEWHERE)?;
    let others: Vec<Member> = known(
        "incident_member",
        statement.query([member.alarm, incident])?,
        |row| from_json(row, 0),
    )?;
    let later = others.iter().map(|other| other.raised_at);
    Ok(later.filter(|at| *at > member.raised_at).min())
}

fn list(connection: &Connection, query: &str, parameters: impl Params) -> rusqlite::Result<Vec<Incident>> {
    let mut statement = connection.prepare_cached(query)?;
    let heads: Vec<Incident> = known("incident", statement.query(parameters)?, |row| from_json(row, 0))?;
    heads
        .into_iter()
        .map(|head| with_members(connection, head))
        .collect()
}

/// In the order in which they came.
fn with_members(connection: &Connection, head: Incident) -> rusqlite::Result<Incident> {
    let mut statement = connection.prepare_cached(MEMBERS)?;
    let mut members: Vec<Member> = known("incident_member", statement.query([head.id])?, |row| {
        from_json(row, 0)
    })?;
    members.sort_by_key(|member| (member.raised_at, member.alarm));
    Ok(Incident { members, ..head })
}
