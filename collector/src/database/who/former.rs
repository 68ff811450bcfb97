//! Rows of names that somebody had when an earlier program wrote down by name what they did. A name stands here as a fingerprint alone, so that it is not kept
//! for this once its person is erased.

use std::collections::HashMap;

use rusqlite::{Connection, Result, params};
use sha2::{Digest, Sha256};

/// What is kept of a name.
pub(crate) type Fingerprint = [u8; 32];

pub(super) fn fingerprint(name: &str) -> Fingerprint {
    Sha256::digest(format!("former name\n{}", name.to_lowercase())).into()
}

/// Remembers who had a name; whoever had it first goes on having it.
pub(crate) fn add(connection: &Connection, name: &str, person: i64) -> Result<()> {
    connection.execute(
        "insert or ignore into former_name (fingerprint, person) values (?1, ?2)",
        params![fingerprint(name).as_slice(), person],
    )?;
    Ok(())
}

pub(crate) fn all(connection: &Connection) -> Result<HashMap<Fingerprint, i64>> {
    let mut statement = connection.prepare_cached("select fingerprint, person from former_name")?;
    statement
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect()
}

/// Whether those of the site's revisions are still to be learned.
pub(crate) fn are_to_learn(connection: &Connection) -> Result<bool> {
    connection.query_row("select exists (select 1 from names_to_learn)", [], |row| {
        row.get(0)
    })
}

pub(crate) fn have_learned(connection: &Connection) -> Result<()> {
    connection.execute("delete from names_to_learn", []).map(drop)
}
