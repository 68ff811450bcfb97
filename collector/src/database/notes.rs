//! What people write about incidents, in `plenum.db`.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use plenum_core::authority::Actor;
use plenum_core::incident::timeline::Note;
use plenum_core::incident::{Changes, Incident};
use plenum_protocol::Timestamp;
use rusqlite::{Connection, Row, params};

use super::{Order, incidents, json, known, seen};

/// Notes of one incident at most: more is a program that writes in a circle.
pub(crate) const MOST: usize = 1_000;

const PAGE: &str = "
select id, incident, at, made_by, text from incident_note
where incident = ?1 and (at, id) {beyond} (?2, ?3) order by at {way}, id {way} limit ?4";

pub(crate) const SINCE: &str = "
select id, incident, at, made_by, text from incident_note where at >= ?1 order by at desc, id desc";

/// Adds one, where the incident has room for it.
pub(crate) fn add(
    connection: &Connection,
    incident: u64,
    (by, at): (&Actor, Timestamp),
    text: &str,
) -> rusqlite::Result<Option<Note>> {
    let count: usize = connection
        .prepare_cached("select count(*) from incident_note where incident = ?1")?
        .query_row([incident], |row| row.get(0))?;
    if count >= MOST {
        return Ok(None);
    }
    connection
        .prepare_cached("insert into incident_note (incident, at, made_by, text) values (?1, ?2, ?3, ?4)")?
        .execute(params![incident, at.milliseconds(), by.to_string(), text])?;
    Ok(Some(Note {
        number: connection.last_insert_rowid(),
        incident,
        at,
        by: by.clone(),
        text: text.to_owned(),
    }))
}

/// Those of an incident after an instant and a number in this order.
pub(crate) fn page(
    connection: &Connection,
    incident: u64,
    order: Order,
    (at, number): (i64, i64),
    limit: usize,
) -> rusqlite::Result<Vec<Note>> {
    let mut statement = connection.prepare_cached(&order.of(PAGE))?;
    let rows = statement.query(params![incident, at, number, limit as i64])?;
    known("incident_note", rows, note)
}

/// Those of all incidents from an instant on that whoever asks sees, the oldest first: the newest `limit` of them, and whether there are more. `part` is what they see of an
/// incident, if anything; by that they see a note or not.
pub(crate) fn since<Part>(
    connection: &Connection,
    at: Timestamp,
    limit: usize,
    (part, sees): (impl Fn(Incident) -> Option<Part>, impl Fn(&Part, &Note) -> bool),
) -> rusqlite::Result<(Vec<Note>, bool)> {
    let mut statement = connection.prepare_cached(SINCE)?;
    let mut parts: BTreeMap<u64, Option<Part>> = BTreeMap::new();
    let rows = statement.query([at.milliseconds()])?;
    let (mut notes, more) = seen("incident_note", rows, limit, |row| {
        let note = note(row)?;
        let part = match parts.entry(note.incident) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(free) => free.insert(incidents::whole(connection, note.incident)?.and_then(&part)),
        };
        let is_seen = part.as_ref().is_some_and(|part| sees(part, &note));
        Ok(is_seen.then_some(note))
    })?;
    notes.reverse();
    Ok((notes, more))
}

/// Those that were written by whoever is written down as one of these, the oldest first.
pub(crate) fn by(connection: &Connection, actors: &[String]) -> rusqlite::Result<Vec<Note>> {
    let mut statement = connection.prepare(
        "select id, incident, at, made_by, text from incident_note
         where made_by in (select value from json_each(?1)) order by id",
    )?;
    known("incident_note", statement.query([json(&actors)?])?, note)
}

/// Those of incidents that turned out to be part of another are that one's.
pub(crate) fn joined(connection: &Connection, changes: &Changes) -> rusqlite::Result<()> {
    let mut statement =
        connection.prepare_cached("update incident_note set incident = ?2 where incident = ?1")?;
    for incident in &changes.incidents {
        if let Some(whole) = incident.part_of {
            statement.execute([incident.id, whole])?;
        }
    }
    Ok(())
}

fn note(row: &Row<'_>) -> rusqlite::Result<Note> {
    Ok(Note {
        number: row.get(0)?,
        incident: row.get(1)?,
        at: Timestamp::from_milliseconds(row.get(2)?),
        by: row.get::<_, String>(3)?.into(),
        text: row.get(4)?,
    })
}
