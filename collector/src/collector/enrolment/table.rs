//! The authority and the enrolments in `plenum.db`.

use std::collections::BTreeMap;

use plenum_protocol::enrolment::{EnrolmentNumber, Refusal};
use plenum_protocol::{AgentName, Timestamp};
use rusqlite::{Connection, OptionalExtension, Result, Row, params};

use super::{AgentEnrolment, CODE_LIFE, TRIES};
use crate::database::keys::{SealedRow, SealedTable, What};
use crate::database::text;

/// The authority's key, for whoever seals everything anew.
pub const AUTHORITY_KEY: SealedTable = SealedTable {
    what: |_| What::AuthorityKey,
    rows: sealed_rows,
    put: put_sealed,
};

fn sealed_rows(connection: &Connection, behind: i64, most: usize) -> Result<Vec<SealedRow>> {
    let mut statement =
        connection.prepare_cached("select id, key from authority where id > ?1 order by id limit ?2")?;
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
        "update authority set key = ?2 where id = ?1",
        params![number, sealed],
    )?;
    Ok(())
}

/// The authority's certificate and its sealed key.
pub(super) fn authority(connection: &Connection) -> Result<Option<(Vec<u8>, Vec<u8>)>> {
    let row = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?));
    let mut statement = connection.prepare_cached("select certificate, key from authority")?;
    statement.query_row([], row).optional()
}

/// Keeps a new authority, unless there is one.
pub(super) fn put_authority(
    connection: &Connection,
    certificate: &[u8],
    sealed: &[u8],
    now: Timestamp,
) -> Result<()> {
    connection.execute(
        "insert into authority (id, certificate, key, made_at) values (1, ?1, ?2, ?3) on conflict do nothing",
        params![certificate, sealed, now.milliseconds()],
    )?;
    Ok(())
}

/// Begins an enrolment; an agent has one code at a time.
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
        "insert into enrolment (site, agent, code, code_until, begun_at) values (?1, ?2, ?3, ?4, ?5)",
        params![
            site,
            name,
            code.as_slice(),
            (now + CODE_LIFE).milliseconds(),
            now.milliseconds()
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

/// The agent has joined: its code is used up, and what was in force before is not any more. False where another was first.
pub(super) fn join(
    connection: &Connection,
    agent: &AgentName,
    (number, code): (EnrolmentNumber, &[u8; 32]),
    until: Timestamp,
    now: Timestamp,
) -> Result<bool> {
    let taken = connection.execute(
        "update enrolment set code = null, joined_at = ?1, certificate_until = ?2
         where number = ?3 and code = ?4 and joined_at is null",
        params![
            now.milliseconds(),
            until.milliseconds(),
            number.0,
            code.as_slice()
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
pub(super) fn renew(connection: &Connection, number: EnrolmentNumber, until: Timestamp) -> Result<bool> {
    let renewed = connection.execute(
        "update enrolment set certificate_until = ?1 where number = ?2 and joined_at is not null and ended_at is null",
        params![until.milliseconds(), number.0],
    )?;
    Ok(renewed > 0)
}

/// Ends whatever an agent has: what is in force, and a code that was not used. How many there were.
pub(super) fn revoke(connection: &Connection, agent: &AgentName, now: Timestamp) -> Result<usize> {
    let (site, name) = (agent.site.as_str(), agent.agent.as_str());
    let unused = connection.execute(
        "delete from enrolment where joined_at is null and site = ?1 and agent = ?2",
        [site, name],
    )?;
    let ended = connection.execute(
        "update enrolment set ended_at = ?1 where site = ?2 and agent = ?3 and ended_at is null",
        params![now.milliseconds(), site, name],
    )?;
    Ok(unused + ended)
}

/// The newest enrolment of each agent, by name; one that only has a code beside one in force does not hide it.
pub(super) fn list(connection: &Connection) -> Result<Vec<AgentEnrolment>> {
    let mut statement = connection.prepare_cached(
        "select site, agent, number, code_until, joined_at, certificate_until, ended_at from enrolment
         order by site, agent, joined_at is null desc, number",
    )?;
    let instant = |row: &Row<'_>, column| -> Result<Option<Timestamp>> {
        let milliseconds: Option<i64> = row.get(column)?;
        Ok(milliseconds.map(Timestamp::from_milliseconds))
    };
    let rows = statement.query_map([], |row| {
        let code_until: i64 = row.get(3)?;
        Ok(AgentEnrolment {
            agent: AgentName::new(text(row, 0)?, text(row, 1)?),
            number: EnrolmentNumber(row.get(2)?),
            code_until: Timestamp::from_milliseconds(code_until),
            joined_at: instant(row, 4)?,
            certificate_until: instant(row, 5)?,
            ended_at: instant(row, 6)?,
        })
    })?;
    let mut newest = BTreeMap::new();
    for row in rows {
        let row = row?;
        newest.insert(row.agent.clone(), row);
    }
    Ok(newest.into_values().collect())
}
