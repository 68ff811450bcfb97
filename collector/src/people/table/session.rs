//! Sessions' rows.

use plenum_protocol::{Duration, Timestamp};
use rusqlite::{Connection, OptionalExtension, Result, params};

use crate::people::secret::Fingerprint;
use crate::people::{PersonNumber, Session, SessionName};

/// A session ends when it was not used for this long.
pub(in crate::people) const IDLE: Duration = Duration::from_hours(12);
/// A session ends this long after log-in, used or not.
pub(in crate::people) const LIFE: Duration = Duration::from_hours(7 * 24);

/// Begins a session, and forgets those that have ended.
pub(in crate::people) fn begin(
    connection: &Connection,
    session: &Fingerprint,
    person: PersonNumber,
    now: Timestamp,
) -> Result<()> {
    forget_ended(connection, now)?;
    connection.execute(
        "insert into session (fingerprint, person, begun_at, used_at) values (?1, ?2, ?3, ?3)",
        params![session.as_slice(), person.0, now.milliseconds()],
    )?;
    Ok(())
}

/// Begins one by single sign-on, which ends after `life` and knows whether the provider was shown a second factor.
pub(in crate::people) fn begin_signed_on(
    connection: &Connection,
    session: &Fingerprint,
    person: PersonNumber,
    (now, life, shown): (Timestamp, Duration, bool),
) -> Result<()> {
    begin(connection, session, person, now)?;
    connection.execute(
        "update session set ends_at = ?2, second_factor_shown = ?3 where fingerprint = ?1",
        params![session.as_slice(), (now + life).milliseconds(), shown],
    )?;
    Ok(())
}

fn forget_ended(connection: &Connection, now: Timestamp) -> Result<()> {
    let ended = params![
        (now - IDLE).milliseconds(),
        (now - LIFE).milliseconds(),
        now.milliseconds()
    ];
    connection.execute(
        "delete from session where used_at <= ?1 or begun_at <= ?2 or ends_at <= ?3",
        ended,
    )?;
    Ok(())
}

/// A session that has not ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::people) struct Found {
    pub(in crate::people) person: PersonNumber,
    pub(in crate::people) used_at: Timestamp,
    /// It began by single sign-on, and a second factor was shown to the provider.
    pub(in crate::people) second_factor_shown: bool,
}

/// Whose session it is, if it has not ended.
pub(in crate::people) fn find(
    connection: &Connection,
    session: &Fingerprint,
    now: Timestamp,
) -> Result<Option<Found>> {
    let wanted = "select person, used_at, second_factor_shown from session
        where fingerprint = ?1 and used_at > ?2 and begun_at > ?3 and (ends_at is null or ends_at > ?4)";
    let asked = params![
        session.as_slice(),
        (now - IDLE).milliseconds(),
        (now - LIFE).milliseconds(),
        now.milliseconds()
    ];
    let found = connection.query_row(wanted, asked, |row| {
        Ok(Found {
            person: PersonNumber(row.get(0)?),
            used_at: Timestamp::from_milliseconds(row.get(1)?),
            second_factor_shown: row.get(2)?,
        })
    });
    found.optional()
}

/// Whether it is a session of this person that has not ended.
pub(in crate::people) fn is_of(
    connection: &Connection,
    session: &Fingerprint,
    person: PersonNumber,
    now: Timestamp,
) -> Result<bool> {
    Ok(find(connection, session, now)?.is_some_and(|found| found.person == person))
}

/// Those of a person that have not ended, the newest first.
pub(crate) fn of(connection: &Connection, person: PersonNumber, now: Timestamp) -> Result<Vec<Session>> {
    let mut statement = connection.prepare_cached(
        "select fingerprint, begun_at, used_at from session where person = ?1 and used_at > ?2 and begun_at > ?3
         and (ends_at is null or ends_at > ?4) order by begun_at desc, fingerprint",
    )?;
    let asked = params![
        person.0,
        (now - IDLE).milliseconds(),
        (now - LIFE).milliseconds(),
        now.milliseconds()
    ];
    let found = statement.query_map(asked, |row| {
        Ok(Session {
            name: SessionName::of(&row.get(0)?),
            begun_at: Timestamp::from_milliseconds(row.get(1)?),
            used_at: Timestamp::from_milliseconds(row.get(2)?),
        })
    })?;
    found.collect()
}

pub(in crate::people) fn touch(connection: &Connection, session: &Fingerprint, now: Timestamp) -> Result<()> {
    connection.execute(
        "update session set used_at = max(used_at, ?2) where fingerprint = ?1",
        params![session.as_slice(), now.milliseconds()],
    )?;
    Ok(())
}

pub(in crate::people) fn end(connection: &Connection, session: &Fingerprint) -> Result<()> {
    connection.execute(
        "delete from session where fingerprint = ?1",
        params![session.as_slice()],
    )?;
    Ok(())
}

/// Ends one of a person's by its name; false if there is none.
pub(in crate::people) fn end_named(
    connection: &Connection,
    person: PersonNumber,
    name: &SessionName,
) -> Result<bool> {
    let ended = connection.execute(
        "delete from session where person = ?1 and lower(hex(substr(fingerprint, 1, 8))) = ?2",
        params![person.0, name.as_str()],
    )?;
    Ok(ended > 0)
}

/// Ends all of a person but, perhaps, one.
pub(in crate::people) fn end_all(
    connection: &Connection,
    person: PersonNumber,
    but: Option<&Fingerprint>,
) -> Result<()> {
    connection.execute(
        "delete from session where person = ?1 and fingerprint is not ?2",
        params![person.0, but.map(<[u8; 32]>::as_slice)],
    )?;
    Ok(())
}
