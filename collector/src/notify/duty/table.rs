//! The overrides' rows in `plenum.db`.

use plenum_core::authority::Actor;
use plenum_core::duty::Override;
use plenum_protocol::Timestamp;
use rusqlite::{Connection, OptionalExtension, Params, Result, Row, params};

use super::{Made, OverrideNumber};
use crate::database::{known, text};

const COLUMNS: &str = "id, rota, person, from_at, to_at, why, made_by, made_at";

fn made(row: &Row<'_>) -> Result<Made> {
    let made_by: Actor = row.get::<_, String>(6)?.into();
    Ok(Made {
        number: OverrideNumber(row.get(0)?),
        own: Override {
            rota: text(row, 1)?,
            person: text(row, 2)?,
            from: Timestamp::from_milliseconds(row.get(3)?),
            to: Timestamp::from_milliseconds(row.get(4)?),
            asked_by: Some(made_by.clone()),
            why: row.get(5)?,
        },
        made_by,
        made_at: Timestamp::from_milliseconds(row.get(7)?),
    })
}

fn list(connection: &Connection, which: &str, parameters: impl Params) -> Result<Vec<Made>> {
    let wanted = format!("select {COLUMNS} from duty_override where {which} order by id");
    let mut statement = connection.prepare_cached(&wanted)?;
    known("duty_override", statement.query(parameters)?, made)
}

/// Those that count after an instant, the earlier first: a later one beats it.
pub(super) fn after(connection: &Connection, at: Timestamp) -> Result<Vec<Made>> {
    list(
        connection,
        "to_at > ?1 and taken_back_at is null",
        [at.milliseconds()],
    )
}

/// All that name somebody of the site, or were made by whoever is written so.
pub(crate) fn about(connection: &Connection, people: &[String], actors: &[String]) -> Result<Vec<Made>> {
    let all = list(connection, "true", [])?;
    let is_theirs = |made: &Made| {
        people.iter().any(|person| *person == made.own.person.as_str())
            || actors.contains(&made.made_by.to_string())
    };
    Ok(all.into_iter().filter(is_theirs).collect())
}

/// One that was not taken back.
pub(super) fn one(connection: &Connection, number: OverrideNumber) -> Result<Option<Made>> {
    let wanted = format!("select {COLUMNS} from duty_override where id = ?1 and taken_back_at is null");
    connection
        .prepare_cached(&wanted)?
        .query_row([number.0], made)
        .optional()
}

/// How many end after an instant.
pub(super) fn count_after(connection: &Connection, at: Timestamp) -> Result<u64> {
    let wanted = "select count(*) from duty_override where to_at > ?1 and taken_back_at is null";
    connection.query_row(wanted, [at.milliseconds()], |row| row.get(0))
}

pub(super) fn add(
    connection: &Connection,
    own: &Override,
    by: &Actor,
    now: Timestamp,
) -> Result<OverrideNumber> {
    connection.execute(
        "insert into duty_override (rota, person, from_at, to_at, why, made_by, made_at) values (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        params![
            own.rota.as_str(),
            own.person.as_str(),
            own.from.milliseconds(),
            own.to.milliseconds(),
            own.why,
            by.to_string(),
            now.milliseconds()
        ],
    )?;
    Ok(OverrideNumber(connection.last_insert_rowid()))
}

/// Ends one now: what it was until then stays; one that has not begun counts for nothing.
pub(super) fn end(connection: &Connection, number: OverrideNumber, now: Timestamp) -> Result<()> {
    connection.execute(
        "update duty_override set
            taken_back_at = case when from_at >= ?2 then ?2 end,
            to_at = case when from_at >= ?2 then to_at else min(to_at, ?2) end
         where id = ?1 and taken_back_at is null",
        params![number.0, now.milliseconds()],
    )?;
    Ok(())
}
