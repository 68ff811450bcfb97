//! The one-time links with which people set their password: the first administrator's, and everybody's who was invited.

use plenum_protocol::Timestamp;
use rusqlite::{Connection, OptionalExtension, Result, params};

use super::person;
use crate::people::PersonNumber;
use crate::people::secret::Fingerprint;

/// Replaces the first one-time link; false if there is anybody already.
pub(in crate::people) fn put_first(
    connection: &Connection,
    link: &Fingerprint,
    expires_at: Timestamp,
) -> Result<bool> {
    if person::any(connection)? {
        return Ok(false);
    }
    connection.execute(
        "insert or replace into first_link (only, fingerprint, expires_at) values (1, ?1, ?2)",
        params![link.as_slice(), expires_at.milliseconds()],
    )?;
    Ok(true)
}

/// Whether the first one-time link is this one, not used and not too old.
pub(in crate::people) fn is_first(
    connection: &Connection,
    link: &Fingerprint,
    now: Timestamp,
) -> Result<bool> {
    connection.query_row(
        "select exists (select 1 from first_link where fingerprint = ?1 and expires_at > ?2)",
        params![link.as_slice(), now.milliseconds()],
        |row| row.get(0),
    )
}

/// Uses the first link up; false if it is not good any more.
pub(in crate::people) fn take_first(
    connection: &Connection,
    link: &Fingerprint,
    now: Timestamp,
) -> Result<bool> {
    if person::any(connection)? || !is_first(connection, link, now)? {
        return Ok(false);
    }
    connection.execute("delete from first_link", [])?;
    Ok(true)
}

/// Invites somebody; a former link of theirs is worth nothing.
pub(in crate::people) fn put(
    connection: &Connection,
    person: PersonNumber,
    link: &Fingerprint,
    expires_at: Timestamp,
) -> Result<()> {
    connection.execute(
        "insert or replace into invitation (person, fingerprint, expires_at) values (?1, ?2, ?3)",
        params![person.0, link.as_slice(), expires_at.milliseconds()],
    )?;
    Ok(())
}

/// Whose link this is, if it is good.
pub(in crate::people) fn find(
    connection: &Connection,
    link: &Fingerprint,
    now: Timestamp,
) -> Result<Option<PersonNumber>> {
    let wanted = "select person from invitation where fingerprint = ?1 and expires_at > ?2";
    let asked = params![link.as_slice(), now.milliseconds()];
    connection
        .query_row(wanted, asked, |row| row.get(0).map(PersonNumber))
        .optional()
}

pub(in crate::people) fn forget(connection: &Connection, person: PersonNumber) -> Result<()> {
    connection.execute("delete from invitation where person = ?1", [person.0])?;
    Ok(())
}
