//! The authority and the enrolments in `plenum.db`.

use std::collections::BTreeMap;

use plenum_protocol::enrolment::{EnrolmentNumber, Refusal};
use plenum_protocol::{AgentName, Timestamp};
use rusqlite::{Connection, OptionalExtension, Result, Row, params};

use super::{AgentEnrolment, CODE_LIFE, TRIES};
use crate::database::keys::{SealedRow, SealedTable, What};
use crate::database::{erasing, text};

/// The authority's key, for whoever seals everything anew.
pub const AUTHORITY_KEY: SealedTable = SealedTable {
    what: |_| What::AuthorityKey,
    rows: sealed_rows,
    put: put_sealed,
};

fn sealed_rows(connection: &Connection, behind: i64, most: usize) -> Result<Vec<SealedRow>> {
    let mut statement = connection
        .prepare_cached("select number, key from authority where number > ?1 order by number limit ?2")?;
    let rows = statement.query_map(params![behind, most as i64], |row| {
        Ok(SealedRow {
            number: row.get(0)?,
            value: row.get(1)?,
            is_clear: false,
        })
    })?;
    rows.collect()
}

fn put_sealed(connection: &Connection, number: i64, sealed: &[u8]) -> Result<()> {
    connection.execute(
        "update authority set key = ?2 where number = ?1",
        params![number, sealed],
    )?;
    Ok(())
}

/// An authority as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Kept {
    pub(super) number: i64,
    pub(super) certificate: Vec<u8>,
    /// Its key, sealed.
    pub(super) sealed: Vec<u8>,
}

/// The authorities, the oldest first.
pub(super) fn authorities(connection: &Connection) -> Result<Vec<Kept>> {
    let mut statement =
        connection.prepare_cached("select number, certificate, key from authority order by number")?;
    let rows = statement.query_map([], |row| {
        Ok(Kept {
            number: row.get(0)?,
            certificate: row.get(1)?,
            sealed: row.get(2)?,
        })
    })?;
    rows.collect()
}

/// Keeps a new authority, where there are so many.
pub(super) fn put_authority(
    connection: &Connection,
    (certificate, sealed): (&[u8], &[u8]),
    beside: usize,
    now: Timestamp,
) -> Result<bool> {
    let put = connection.execute(
        "insert into authority (certificate, key, made_at)
         select ?1, ?2, ?3 where (select count(*) from authority) = ?4",
        params![certificate, sealed, now.milliseconds(), beside as i64],
    )?;
    Ok(put > 0)
}

/// How many still go by an authority before this one: agents whose certificate it signed and holds, and codes by which one is known.
pub(super) fn left_behind(connection: &Connection, newest: i64, now: Timestamp) -> Result<u64> {
    connection.query_row(
        "select count(*) from enrolment where ended_at is null and (
            joined_at is not null and authority < ?1 and certificate_until > ?2
            or joined_at is null and code_until > ?2)",
        params![newest, now.milliseconds()],
        |row| row.get(0),
    )
}

/// Lets every authority before this one go, with what they signed: certificates open nothing any more, and codes by which they are known.
pub(super) fn let_go(connection: &Connection, newest: i64, now: Timestamp) -> Result<usize> {
    connection.execute("delete from enrolment where joined_at is null", [])?;
    let ended = connection.execute(
        "update enrolment set ended_at = ?2 where ended_at is null and authority < ?1",
        params![newest, now.milliseconds()],
    )?;
    erasing(connection, |connection| {
        connection.execute("delete from authority where number < ?1", [newest])
    })?;
    Ok(ended)
}

/// Begins an enrolment; an agent has one code at a time. Its number is at least the instant in seconds: what was given out since a backup that was put back is not
/// given again, and a certificate that was revoked since is nobody's.
pub(super) fn begin(
    connection: &Connection,
    agent: &AgentName,
    code: &[u8; 32],
    now: Timestamp,
) -> Result<()> {
    let (site, name) = (agent.site.as_str(), agent.agent.as_str());
    connection.execute(
        "delete from enrolment where joined_at is null and (code_until <= ?1 or site = ?2 and agent = ?3)",
        params![now.milliseconds(), site, name],
    )?;
    connection.execute(
        "insert into enrolment (number, site, agent, code, code_until, begun_at) values (
            max(?6, 1 + coalesce((select seq from sqlite_sequence where name = 'enrolment'), 0)), ?1, ?2, ?3, ?4, ?5)",
        params![
            site,
            name,
            code.as_slice(),
            (now + CODE_LIFE).milliseconds(),
            now.milliseconds(),
            now.milliseconds() / 1_000
        ],
    )?;
    Ok(())
}

/// The enrolment that a code begins; a try for another agent counts.
pub(super) fn look_up(
    connection: &Connection,
    agent: &AgentName,
    code: &[u8; 32],
    now: Timestamp,
) -> Result<std::result::Result<EnrolmentNumber, Refusal>> {
    let found = connection
        .query_row(
            "select number, site, agent from enrolment where code = ?1 and code_until > ?2 and tries < ?3",
            params![code.as_slice(), now.milliseconds(), TRIES],
            |row| {
                Ok((
                    row.get::<_, i64>(0)?,
                    text::<plenum_protocol::Identifier>(row, 1)?,
                    text::<plenum_protocol::Identifier>(row, 2)?,
                ))
            },
        )
        .optional()?;
    let Some((number, site, name)) = found else {
        return Ok(Err(Refusal::Code));
    };
    if *agent == AgentName::new(site, name) {
        return Ok(Ok(EnrolmentNumber(number)));
    }
    connection.execute(
        "update enrolment set tries = tries + 1 where number = ?1",
        [number],
    )?;
    Ok(Err(Refusal::AnotherAgent))
}

/// Whether an agent has a code or a certificate, or had one.
pub(super) fn is_known(connection: &Connection, agent: &AgentName) -> Result<bool> {
    connection.query_row(
        "select exists (select 1 from enrolment where site = ?1 and agent = ?2)",
        [agent.site.as_str(), agent.agent.as_str()],
        |row| row.get(0),
    )
}

/// The agent has joined: its code is used up, and what was in force before is not any more. False where another was first.
pub(super) fn join(
    connection: &Connection,
    agent: &AgentName,
    (number, code): (EnrolmentNumber, &[u8; 32]),
    (authority, until): (i64, Timestamp),
    now: Timestamp,
) -> Result<bool> {
    let taken = connection.execute(
        "update enrolment set code = null, joined_at = ?1, certificate_until = ?2, authority = ?5
         where number = ?3 and code = ?4 and joined_at is null",
        params![
            now.milliseconds(),
            until.milliseconds(),
            number.0,
            code.as_slice(),
            authority
        ],
    )?;
    if taken == 0 {
        return Ok(false);
    }
    connection.execute(
        "update enrolment set ended_at = ?1
         where site = ?2 and agent = ?3 and number <> ?4 and ended_at is null and joined_at is not null",
        params![
            now.milliseconds(),
            agent.site.as_str(),
            agent.agent.as_str(),
            number.0
        ],
    )?;
    Ok(true)
}

/// Its newest certificate holds so long; false where it is not in force.
pub(super) fn renew(
    connection: &Connection,
    number: EnrolmentNumber,
    (authority, until): (i64, Timestamp),
) -> Result<bool> {
    let renewed = connection.execute(
        "update enrolment set certificate_until = ?1, authority = ?3
         where number = ?2 and joined_at is not null and ended_at is null",
        params![until.milliseconds(), number.0, authority],
    )?;
    Ok(renewed > 0)
}

/// Ends whatever an agent has: what is in force, and a code that was not used. How many there were.
pub(super) fn revoke(
    connection: &Connection,
    agent: &AgentName,
    reason: Option<&str>,
    now: Timestamp,
) -> Result<usize> {
    let (site, name) = (agent.site.as_str(), agent.agent.as_str());
    let unused = connection.execute(
        "delete from enrolment where joined_at is null and site = ?1 and agent = ?2",
        [site, name],
    )?;
    let ended = connection.execute(
        "update enrolment set ended_at = ?1, reason = ?4 where site = ?2 and agent = ?3 and ended_at is null",
        params![now.milliseconds(), site, name, reason],
    )?;
    Ok(unused + ended)
}

/// The newest enrolment of each agent, by name; a code that was not used stands beside what the agent has, or had.
pub(super) fn list(connection: &Connection) -> Result<Vec<AgentEnrolment>> {
    let mut statement = connection.prepare_cached(
        "select site, agent, number, code_until, joined_at, certificate_until, ended_at, reason from enrolment
         order by site, agent, joined_at is null desc, number",
    )?;
    let instant = |row: &Row<'_>, column| -> Result<Option<Timestamp>> {
        let milliseconds: Option<i64> = row.get(column)?;
        Ok(milliseconds.map(Timestamp::from_milliseconds))
    };
    let rows = statement.query_map([], |row| {
        let joined_at = instant(row, 4)?;
        Ok(AgentEnrolment {
            agent: AgentName::new(text(row, 0)?, text(row, 1)?),
            number: EnrolmentNumber(row.get(2)?),
            code_until: instant(row, 3)?.filter(|_| joined_at.is_none()),
            joined_at,
            certificate_until: instant(row, 5)?,
            ended_at: instant(row, 6)?,
            reason: row.get(7)?,
        })
    })?;
    let mut newest = BTreeMap::<_, AgentEnrolment>::new();
    for row in rows {
        let mut row = row?;
        row.code_until = row
            .code_until
            .or_else(|| newest.get(&row.agent).and_then(|before| before.code_until));
        newest.insert(row.agent.clone(), row);
    }
    Ok(newest.into_values().collect())
}
