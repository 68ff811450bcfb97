//! The rows of second factors and of recovery codes.

use plenum_protocol::Timestamp;
use rusqlite::types::Type;
use rusqlite::{Connection, Error, OptionalExtension, Result, Row, params};

use crate::database::erasing;
use crate::database::keys::{KeyError, Keys, SealedRow, SealedTable, What};
use crate::people::PersonNumber;
use crate::people::second::recovery::{Hash, Salt};
use crate::people::second::seed::{Seed, Step};

/// The seed as it is: an earlier program's, until there is a key.
const CLEAR: i64 = 1;
/// The seed sealed.
const SEALED: i64 = 2;

/// Where seeds lie.
pub const SEEDS: SealedTable = SealedTable {
    what,
    rows: seeds,
    put: put_seed,
};

/// A seed as it is stored.
pub(in crate::people) enum StoredSeed {
    Clear(Seed),
    Sealed(Vec<u8>),
}

/// What is stored of somebody's second factor.
pub(in crate::people) struct Kept {
    pub(in crate::people) seed: StoredSeed,
    /// The newest step whose code was used.
    pub(in crate::people) used: Step,
    /// What the recovery codes are hashed with.
    pub(in crate::people) salt: Salt,
    pub(in crate::people) since: Timestamp,
}

/// What the seed of this person is to whoever seals it.
pub(in crate::people) fn what(person: i64) -> What {
    What::SecondFactor { person }
}

impl StoredSeed {
    /// The seed, if there is the key for it.
    pub(in crate::people) fn open(
        &self,
        keys: &Keys,
        person: PersonNumber,
    ) -> std::result::Result<Seed, KeyError> {
        let what = what(person.0);
        match self {
            Self::Clear(seed) => Ok(seed.clone()),
            Self::Sealed(sealed) => {
                let clear = keys.open_sealed(what, sealed)?;
                let bytes = clear[..].try_into().map_err(|_| KeyError::Altered(what))?;
                Ok(Seed::from_bytes(bytes))
            }
        }
    }
}

fn kept(row: &Row<'_>) -> Result<Kept> {
    let seed = match row.get(0)? {
        CLEAR => StoredSeed::Clear(Seed::from_bytes(row.get(1)?)),
        SEALED => StoredSeed::Sealed(row.get(1)?),
        form => {
            let why = format!("a seed is kept in the form {form}, which this program does not know");
            return Err(Error::FromSqlConversionFailure(0, Type::Integer, why.into()));
        }
    };
    Ok(Kept {
        seed,
        used: row.get(2)?,
        salt: row.get(3)?,
        since: Timestamp::from_milliseconds(row.get(4)?),
    })
}

pub(in crate::people) fn get(connection: &Connection, person: PersonNumber) -> Result<Option<Kept>> {
    let wanted = "select form, seed, used_step, salt, since from second_factor where person = ?1";
    connection.query_row(wanted, [person.0], kept).optional()
}

/// Keeps a new one, whose seed is sealed; false if there is one already.
pub(in crate::people) fn add(
    connection: &Connection,
    person: PersonNumber,
    sealed: &[u8],
    (used, salt, since): (Step, &Salt, Timestamp),
) -> Result<bool> {
    let added = connection.execute(
        "insert into second_factor (person, form, seed, used_step, salt, since) values (?1, ?2, ?3, ?4, ?5, ?6)
         on conflict do nothing",
        params![person.0, SEALED, sealed, used, salt, since.milliseconds()],
    )?;
    Ok(added > 0)
}

/// Uses a step's code of this seed up; false if it or a later one was used, or the seed is another by now.
pub(in crate::people) fn use_step(
    connection: &Connection,
    keys: &Keys,
    person: PersonNumber,
    (seed, step): (&Seed, Step),
) -> Result<bool> {
    let kept = get(connection, person)?.filter(|kept| kept.used < step);
    // Sealed anew meanwhile it is the same all the same.
    let Some(Ok(stored)) = kept.map(|kept| kept.seed.open(keys, person)) else {
        return Ok(false);
    };
    if stored != *seed {
        return Ok(false);
    }
    let used = connection.execute(
        "update second_factor set used_step = ?2 where person = ?1",
        params![person.0, step],
    )?;
    Ok(used > 0)
}

fn seeds(connection: &Connection, behind: i64, limit: usize) -> Result<Vec<SealedRow>> {
    let wanted = "select person, form, seed from second_factor where person > ?1 order by person limit ?2";
    let row = |row: &Row<'_>| {
        Ok(SealedRow {
            number: row.get(0)?,
            value: row.get(2)?,
            is_clear: row.get::<_, i64>(1)? == CLEAR,
        })
    };
    connection
        .prepare_cached(wanted)?
        .query_map(params![behind, limit], row)?
        .collect()
}

fn put_seed(connection: &Connection, person: i64, sealed: &[u8]) -> Result<()> {
    connection.execute(
        "update second_factor set form = ?2, seed = ?3 where person = ?1",
        params![person, SEALED, sealed],
    )?;
    Ok(())
}

/// Takes it away; false if there is none.
pub(in crate::people) fn forget(connection: &Connection, person: PersonNumber) -> Result<bool> {
    connection.execute("delete from recovery_code where person = ?1", [person.0])?;
    let forget = |connection: &Connection| {
        connection.execute("delete from second_factor where person = ?1", [person.0])
    };
    Ok(erasing(connection, forget)? > 0)
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
