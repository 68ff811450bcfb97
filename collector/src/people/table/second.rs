//! The rows of second factors and of recovery codes.

use plenum_protocol::Timestamp;
use rusqlite::types::Type;
use rusqlite::{Connection, Error, OptionalExtension, Result, Row, params};

use crate::people::PersonNumber;
use crate::people::second::recovery::{Hash, Salt};
use crate::people::second::seed::{Seed, Step};

/// The seed as it is. Another form is another number.
const PLAIN: i64 = 1;

/// What is stored of somebody's second factor.
pub(in crate::people) struct Kept {
    pub(in crate::people) seed: Seed,
    /// The newest step whose code was used.
    pub(in crate::people) used: Step,
    /// What the recovery codes are hashed with.
    pub(in crate::people) salt: Salt,
    pub(in crate::people) since: Timestamp,
}

fn kept(row: &Row<'_>) -> Result<Kept> {
    let form: i64 = row.get(0)?;
    if form != PLAIN {
        let why = format!("a seed is kept in the form {form}, which this program does not know");
        return Err(Error::FromSqlConversionFailure(0, Type::Integer, why.into()));
    }
    Ok(Kept {
        seed: Seed::from_bytes(row.get(1)?),
        used: row.get(2)?,
        salt: row.get(3)?,
        since: Timestamp::from_milliseconds(row.get(4)?),
    })
}

pub(in crate::people) fn get(connection: &Connection, person: PersonNumber) -> Result<Option<Kept>> {
    let wanted = "select form, seed, used_step, salt, since from second_factor where person = ?1";
    connection.query_row(wanted, [person.0], kept).optional()
}

/// Keeps a new one; false if there is one already.
pub(in crate::people) fn add(connection: &Connection, person: PersonNumber, new: &Kept) -> Result<bool> {
    let added = connection.execute(
        "insert into second_factor (person, form, seed, used_step, salt, since) values (?1, ?2, ?3, ?4, ?5, ?6)
         on conflict do nothing",
        params![
            person.0,
            PLAIN,
            new.seed.bytes(),
            new.used,
            new.salt,
            new.since.milliseconds()
        ],
    )?;
    Ok(added > 0)
}

/// Uses a step's code of this seed up; false if it or a later one was used, or the seed is another by now.
pub(in crate::people) fn use_step(
    connection: &Connection,
    person: PersonNumber,
    seed: &Seed,
    step: Step,
) -> Result<bool> {
    let used = connection.execute(
        "update second_factor set used_step = ?2 where person = ?1 and used_step < ?2 and seed = ?3",
        params![person.0, step, seed.bytes()],
    )?;
    Ok(used > 0)
}

/// Takes it away; false if there is none.
pub(in crate::people) fn forget(connection: &Connection, person: PersonNumber) -> Result<bool> {
    connection.execute("delete from recovery_code where person = ?1", [person.0])?;
    let gone = connection.execute("delete from second_factor where person = ?1", [person.0])?;
    Ok(gone > 0)
}

/// The recovery codes that were not used.
pub(in crate::people) fn codes(connection: &Connection, person: PersonNumber) -> Result<Vec<Hash>> {
    let mut statement = connection.prepare_cached("select hash from recovery_code where person = ?1")?;
    statement.query_map([person.0], |row| row.get(0))?.collect()
}

/// Puts a new list in place of the one before; false if there is no second factor that it would be of.
pub(in crate::people) fn put_codes(
    connection: &Connection,
    person: PersonNumber,
    salt: &Salt,
    hashes: &[Hash],
) -> Result<bool> {
    let of_one = connection.execute(
        "update second_factor set salt = ?2 where person = ?1",
        params![person.0, salt],
    )?;
    if of_one == 0 {
        return Ok(false);
    }
    connection.execute("delete from recovery_code where person = ?1", [person.0])?;
    let mut insert = connection.prepare_cached("insert into recovery_code (person, hash) values (?1, ?2)")?;
    for hash in hashes {
        insert.execute(params![person.0, hash])?;
    }
    Ok(true)
}

/// Uses a recovery code up; false if it was used.
pub(in crate::people) fn use_code(
    connection: &Connection,
    person: PersonNumber,
    hash: &Hash,
) -> Result<bool> {
    let used = connection.execute(
        "delete from recovery_code where person = ?1 and hash = ?2",
        params![person.0, hash],
    )?;
    Ok(used > 0)
}
