//! People's rows.

use plenum_core::authority::{Role, Scope};
use plenum_protocol::Timestamp;
use rusqlite::{Connection, OptionalExtension, Result, Row, params};

use crate::database::{from_json, json, text};
use crate::people::{Person, PersonNumber};

const COLUMNS: &str = "person.id, person.name, person.role, person.scope, person.created_at, person.disabled_at, person.password <> '',
    exists (select 1 from second_factor where second_factor.person = person.id),
    (select issuer from sign_on where sign_on.person = person.id), person.full_name, person.logs_in, person.erased_at,
    (select json_group_array(json_object('kind', kind, 'address', address)) from address where address.person = person.id)";

/// A person from [`COLUMNS`]. A role that is not known here is an error, and gives no rights.
fn person(row: &Row<'_>) -> Result<Person> {
    Ok(Person {
        number: PersonNumber(row.get(0)?),
        name: row.get(1)?,
        role: text(row, 2)?,
        scope: from_json(row, 3)?,
        created_at: Timestamp::from_milliseconds(row.get(4)?),
        disabled_at: row.get::<_, Option<i64>>(5)?.map(Timestamp::from_milliseconds),
        has_password: row.get(6)?,
        has_second_factor: row.get(7)?,
        signs_on_at: row.get(8)?,
        full_name: row.get(9)?,
        logs_in: row.get(10)?,
        erased_at: row.get::<_, Option<i64>>(11)?.map(Timestamp::from_milliseconds),
        reached: from_json(row, 12)?,
    })
}

/// Whether anybody can log in, or could.
pub(in crate::people) fn any(connection: &Connection) -> Result<bool> {
    connection.query_row(
        "select exists (select 1 from person where logs_in = 1)",
        [],
        |row| row.get(0),
    )
}

pub(crate) fn all(connection: &Connection) -> Result<Vec<Person>> {
    let mut statement = connection.prepare_cached(&format!("select {COLUMNS} from person order by id"))?;
    statement.query_map([], person)?.collect()
}

pub(crate) fn get(connection: &Connection, number: PersonNumber) -> Result<Option<Person>> {
    let wanted = format!("select {COLUMNS} from person where id = ?1");
    connection.query_row(&wanted, [number.0], person).optional()
}

/// A person as log-in needs it: with the password's hash, which is empty where there is none.
pub(in crate::people) fn by_name(connection: &Connection, name: &str) -> Result<Option<(Person, String)>> {
    let wanted = format!("select {COLUMNS}, password from person where name = ?1");
    let read = |row: &Row<'_>| Ok((person(row)?, row.get(13)?));
    connection.query_row(&wanted, [name], read).optional()
}

pub(in crate::people) fn password(connection: &Connection, number: PersonNumber) -> Result<Option<String>> {
    let wanted = "select password from person where id = ?1";
    connection
        .query_row(wanted, [number.0], |row| row.get(0))
        .optional()
}

/// Gives somebody a log-in: a row of their own, or the one that they have because they are written to.
pub(in crate::people) fn add(
    connection: &Connection,
    (name, role, scope): (&str, Role, &Scope),
    password: &str,
    now: Timestamp,
) -> Result<PersonNumber> {
    let known = by_name(connection, name)?.filter(|(person, _)| !person.logs_in);
    if let Some((known, _)) = known {
        connection.execute(
            "update person set role = ?2, scope = ?3, password = ?4, logs_in = 1 where id = ?1",
            params![known.number.0, role.as_str(), json(scope)?, password],
        )?;
        return Ok(known.number);
    }
    connection.execute(
        "insert into person (name, role, scope, password, created_at) values (?1, ?2, ?3, ?4, ?5)",
        params![name, role.as_str(), json(scope)?, password, now.milliseconds()],
    )?;
    Ok(PersonNumber(connection.last_insert_rowid()))
}

pub(in crate::people) fn set_password(
    connection: &Connection,
    number: PersonNumber,
    password: &str,
) -> Result<()> {
    connection.execute(
        "update person set password = ?2 where id = ?1",
        params![number.0, password],
    )?;
    Ok(())
}

pub(in crate::people) fn put(connection: &Connection, person: &Person) -> Result<()> {
    connection.execute(
        "update person set role = ?2, scope = ?3, disabled_at = ?4, full_name = ?5, logs_in = ?6 where id = ?1",
        params![
            person.number.0,
            person.role.as_str(),
            json(&person.scope)?,
            person.disabled_at.map(Timestamp::milliseconds),
            person.full_name,
            person.logs_in,
        ],
    )?;
    Ok(())
}

/// How many may do everything and can log in.
pub(crate) fn administrators(connection: &Connection) -> Result<u64> {
    let wanted = "select count(*) from person where role = ?1 and disabled_at is null and password <> ''";
    connection.query_row(wanted, [Role::Administrator.as_str()], |row| row.get(0))
}
