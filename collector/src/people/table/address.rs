//! Rows of where people are reached.

use rusqlite::{Connection, Result, params};

use crate::people::{PersonNumber, Reached};

/// Where everybody is reached, by the names that they log in with.
pub(in crate::people) fn all(connection: &Connection) -> Result<Vec<(String, Reached)>> {
    let mut statement = connection.prepare_cached(
        "select person.name, kind, address from address join person on person.id = address.person order by 1, 2",
    )?;
    let all = statement.query_map([], |row| {
        let reached = Reached {
            kind: row.get(1)?,
            address: row.get(2)?,
        };
        Ok((row.get(0)?, reached))
    })?;
    all.collect()
}

/// Sets where somebody is reached by a kind of channel; none where the address is empty.
pub(in crate::people) fn put(connection: &Connection, person: PersonNumber, reached: &Reached) -> Result<()> {
    let (kind, address) = (&reached.kind, &reached.address);
    match address.is_empty() {
        true => connection.execute(
            "delete from address where person = ?1 and kind = ?2",
            params![person.0, kind],
        )?,
        false => connection.execute(
            "insert or replace into address (person, kind, address) values (?1, ?2, ?3)",
            params![person.0, kind, address],
        )?,
    };
    Ok(())
}
