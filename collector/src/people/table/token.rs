//! Tokens' rows.

use plenum_core::authority::Actor;
use plenum_protocol::Timestamp;
use rusqlite::{Connection, OptionalExtension, Result, Row, params};

use crate::database::{from_json, json, text};
use crate::people::secret::Fingerprint;
use crate::people::{NewToken, Token, TokenNumber};

const COLUMNS: &str = "id, name, role, scope, created_by, created_at, expires_at, used_at";

fn token(row: &Row<'_>) -> Result<Token> {
    Ok(Token {
        number: TokenNumber(row.get(0)?),
        name: row.get(1)?,
        role: text(row, 2)?,
        scope: from_json(row, 3)?,
        created_by: row.get::<_, String>(4)?.into(),
        created_at: Timestamp::from_milliseconds(row.get(5)?),
        expires_at: row.get::<_, Option<i64>>(6)?.map(Timestamp::from_milliseconds),
        used_at: row.get::<_, Option<i64>>(7)?.map(Timestamp::from_milliseconds),
    })
}

pub(in crate::people) fn add(
    connection: &Connection,
    fingerprint: &Fingerprint,
    new: &NewToken,
    created_by: &Actor,
    now: Timestamp,
) -> Result<TokenNumber> {
    connection.execute(
        "insert into token (fingerprint, name, role, scope, created_by, created_at, expires_at) values (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        params![
            fingerprint.as_slice(),
            new.name,
            new.role.as_str(),
            json(&new.scope)?,
            created_by.to_string(),
            now.milliseconds(),
            new.expires_at.map(Timestamp::milliseconds)
        ],
    )?;
    Ok(TokenNumber(connection.last_insert_rowid()))
}

/// Those that had not ended at an instant and were not taken back since, the newest first.
pub(crate) fn all(connection: &Connection, at: Timestamp) -> Result<Vec<Token>> {
    let mut statement = connection.prepare_cached(&format!(
        "select {COLUMNS} from token where ended_at is null and (expires_at is null or expires_at > ?1) order by id desc"
    ))?;
    statement.query_map([at.milliseconds()], token)?.collect()
}

/// Which token this is, if it has not ended.
pub(in crate::people) fn find(
    connection: &Connection,
    fingerprint: &Fingerprint,
    now: Timestamp,
) -> Result<Option<Token>> {
    let wanted = format!(
        "select {COLUMNS} from token where fingerprint = ?1 and ended_at is null and (expires_at is null or expires_at > ?2)"
    );
    let asked = params![fingerprint.as_slice(), now.milliseconds()];
    connection.query_row(&wanted, asked, token).optional()
}

pub(in crate::people) fn touch(connection: &Connection, number: TokenNumber, now: Timestamp) -> Result<()> {
    connection.execute(
        "update token set used_at = max(coalesce(used_at, ?2), ?2) where id = ?1",
        params![number.0, now.milliseconds()],
    )?;
    Ok(())
}

/// Takes one back; false if there is none. Its name stays for what was done with it.
pub(in crate::people) fn revoke(
    connection: &Connection,
    number: TokenNumber,
    now: Timestamp,
) -> Result<bool> {
    let ended = "update token set ended_at = ?2 where id = ?1 and ended_at is null";
    Ok(connection.execute(ended, params![number.0, now.milliseconds()])? > 0)
}

/// Takes those back that somebody gave out; how many there were.
pub(crate) fn revoke_given_by(connection: &Connection, by: &Actor, now: Timestamp) -> Result<usize> {
    let ended = "update token set ended_at = ?2 where created_by = ?1 and ended_at is null and (expires_at is null or expires_at > ?2)";
    connection.execute(ended, params![by.to_string(), now.milliseconds()])
}

/// Takes all but the newest of this name back, and forgets those that have ended and were never used: no fact names them.
pub(in crate::people) fn forget_former(connection: &Connection, name: &str, now: Timestamp) -> Result<()> {
    connection.execute(
        "update token set ended_at = ?2
         where name = ?1 and ended_at is null and id <> (select max(id) from token where name = ?1)",
        params![name, now.milliseconds()],
    )?;
    connection.execute(
        "delete from token where used_at is null and (ended_at is not null or expires_at <= ?1)",
        [now.milliseconds()],
    )?;
    Ok(())
}
