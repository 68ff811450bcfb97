//! Rows of the feeds of people's duties.

use plenum_protocol::Timestamp;
use rusqlite::{Connection, OptionalExtension, Result, params};

use crate::people::secret::Fingerprint;
use crate::people::{Feed, PersonNumber};

/// A person's feed, if they have one.
pub(crate) fn of(connection: &Connection, person: PersonNumber) -> Result<Option<Feed>> {
    let wanted = "select made_at, used_at from duty_feed where person = ?1";
    let read = |row: &rusqlite::Row<'_>| {
        Ok(Feed {
            made_at: Timestamp::from_milliseconds(row.get(0)?),
            used_at: row.get::<_, Option<i64>>(1)?.map(Timestamp::from_milliseconds),
        })
    };
    connection.query_row(wanted, [person.0], read).optional()
}

/// Whose feed has this address, and when it was last fetched.
pub(in crate::people) fn find(
    connection: &Connection,
    fingerprint: &Fingerprint,
) -> Result<Option<(PersonNumber, Option<Timestamp>)>> {
    let wanted = "select person, used_at from duty_feed where fingerprint = ?1";
    let read = |row: &rusqlite::Row<'_>| {
        let used_at = row.get::<_, Option<i64>>(1)?.map(Timestamp::from_milliseconds);
        Ok((PersonNumber(row.get(0)?), used_at))
    };
    connection
        .query_row(wanted, [fingerprint.as_slice()], read)
        .optional()
}

/// Gives a person another address; a former one shows nothing any more.
pub(in crate::people) fn put(
    connection: &Connection,
    person: PersonNumber,
    fingerprint: &Fingerprint,
    now: Timestamp,
) -> Result<()> {
    connection.execute(
        "insert or replace into duty_feed (person, fingerprint, made_at) values (?1, ?2, ?3)",
        params![person.0, fingerprint.as_slice(), now.milliseconds()],
    )?;
    Ok(())
}

pub(in crate::people) fn touch(connection: &Connection, person: PersonNumber, now: Timestamp) -> Result<()> {
    let touch = "update duty_feed set used_at = max(coalesce(used_at, ?2), ?2) where person = ?1";
    connection.execute(touch, params![person.0, now.milliseconds()])?;
    Ok(())
}

/// Takes it back; false if there is none.
pub(in crate::people) fn forget(connection: &Connection, person: PersonNumber) -> Result<bool> {
    let forget = "delete from duty_feed where person = ?1";
    Ok(connection.execute(forget, [person.0])? > 0)
}
