//! The accounts' rows in `plenum.db`: statements alone, each a function of a connection, so that one commit can hold several.

use plenum_protocol::Timestamp;
use rusqlite::{Connection, OptionalExtension, Result, Row, params};

use super::secret::Fingerprint;
use super::{Role, User};
use crate::database::text;

/// A session ends when it was not used for this long.
pub(super) const IDLE: plenum_protocol::Duration = plenum_protocol::Duration::from_hours(12);
/// A session ends this long after log-in, used or not.
pub(super) const LIFE: plenum_protocol::Duration = plenum_protocol::Duration::from_hours(7 * 24);

pub(super) fn any_account(connection: &Connection) -> Result<bool> {
    connection.query_row("select exists (select 1 from account)", [], |row| row.get(0))
}

/// Replaces the one-time link; false if there is an account already.
pub(super) fn put_first_link(
    connection: &Connection,
    link: &Fingerprint,
    expires_at: Timestamp,
) -> Result<bool> {
    if any_account(connection)? {
        return Ok(false);
    }
    connection.execute(
        "insert or replace into first_link (only, fingerprint, expires_at) values (1, ?1, ?2)",
        params![link.as_slice(), expires_at.milliseconds()],
    )?;
    Ok(true)
}

/// Whether the one-time link is this one, not used and not too old.
pub(super) fn is_first_link(connection: &Connection, link: &Fingerprint, now: Timestamp) -> Result<bool> {
    connection.query_row(
        "select exists (select 1 from first_link where fingerprint = ?1 and expires_at > ?2)",
        params![link.as_slice(), now.milliseconds()],
        |row| row.get(0),
    )
}

/// Uses the link up and makes the account; `None` if the link is not good any more.
pub(super) fn take_first_link(
    connection: &Connection,
    link: &Fingerprint,
    name: &str,
    password: &str,
    now: Timestamp,
) -> Result<Option<i64>> {
    if any_account(connection)? || !is_first_link(connection, link, now)? {
        return Ok(None);
    }
    connection.execute("delete from first_link", [])?;
    connection.execute(
        "insert into account (name, role, password, created_at) values (?1, ?2, ?3, ?4)",
        params![name, Role::Administrator.as_str(), password, now.milliseconds()],
    )?;
    Ok(Some(connection.last_insert_rowid()))
}

/// An account as log-in needs it.
pub(super) struct Account {
    pub(super) id: i64,
    pub(super) user: User,
    pub(super) password: String,
}

pub(super) fn account(connection: &Connection, name: &str) -> Result<Option<Account>> {
    connection
        .query_row(
            "select id, name, role, password from account where name = ?1",
            [name],
            |row| {
                Ok(Account {
                    id: row.get(0)?,
                    user: user(row, 1)?,
                    password: row.get(3)?,
                })
            },
        )
        .optional()
}

pub(super) fn set_password(connection: &Connection, account: i64, password: &str) -> Result<()> {
    connection.execute(
        "update account set password = ?2 where id = ?1",
        params![account, password],
    )?;
    connection.execute("delete from session where account = ?1", [account])?;
    Ok(())
}

/// Begins a session, and forgets those that have ended.
pub(super) fn begin_session(
    connection: &Connection,
    session: &Fingerprint,
    account: i64,
    now: Timestamp,
) -> Result<()> {
    connection.execute(
        "delete from session where used_at <= ?1 or begun_at <= ?2",
        params![(now - IDLE).milliseconds(), (now - LIFE).milliseconds()],
    )?;
    connection.execute(
        "insert into session (fingerprint, account, begun_at, used_at) values (?1, ?2, ?3, ?3)",
        params![session.as_slice(), account, now.milliseconds()],
    )?;
    Ok(())
}

/// Whose session it is and when it was last used, if it has not ended.
pub(super) fn session(
    connection: &Connection,
    session: &Fingerprint,
    now: Timestamp,
) -> Result<Option<(User, Timestamp)>> {
    connection
        .query_row(
            "select account.name, account.role, session.used_at from session join account on account.id = session.account
             where session.fingerprint = ?1 and session.used_at > ?2 and session.begun_at > ?3",
            params![
                session.as_slice(),
                (now - IDLE).milliseconds(),
                (now - LIFE).milliseconds()
            ],
            |row| {
                let used_at = Timestamp::from_milliseconds(row.get(2)?);
                Ok((user(row, 0)?, used_at))
            },
        )
        .optional()
}

pub(super) fn touch_session(connection: &Connection, session: &Fingerprint, now: Timestamp) -> Result<()> {
    connection.execute(
        "update session set used_at = max(used_at, ?2) where fingerprint = ?1",
        params![session.as_slice(), now.milliseconds()],
    )?;
    Ok(())
}

pub(super) fn end_session(connection: &Connection, session: &Fingerprint) -> Result<()> {
    connection.execute(
        "delete from session where fingerprint = ?1",
        params![session.as_slice()],
    )?;
    Ok(())
}

pub(super) fn put_token(
    connection: &Connection,
    token: &Fingerprint,
    name: &str,
    now: Timestamp,
) -> Result<()> {
    connection.execute(
        "insert into api_token (fingerprint, name, role, created_at) values (?1, ?2, ?3, ?4)",
        params![
            token.as_slice(),
            name,
            Role::Administrator.as_str(),
            now.milliseconds()
        ],
    )?;
    Ok(())
}

pub(super) fn forget_tokens(connection: &Connection, name: &str) -> Result<()> {
    connection.execute("delete from api_token where name = ?1", [name])?;
    Ok(())
}

pub(super) fn token(connection: &Connection, token: &Fingerprint) -> Result<Option<User>> {
    connection
        .query_row(
            "select name, role from api_token where fingerprint = ?1",
            params![token.as_slice()],
            |row| user(row, 0),
        )
        .optional()
}

/// A user from a name's column and the role's behind it. A role that is not known here is an error, and gives no rights.
fn user(row: &Row<'_>, name: usize) -> Result<User> {
    Ok(User {
        name: row.get(name)?,
        role: text(row, name + 1)?,
    })
}
