//! Which keys were ever used here, by name.

use plenum_protocol::Timestamp;
use rusqlite::{Connection, Result, params};

use super::KeyName;

/// Whether any was.
pub(super) fn any(connection: &Connection) -> Result<bool> {
    connection.query_row("select exists (select 1 from sealing_key)", [], |row| row.get(0))
}

/// This one is.
pub(super) fn remember(connection: &Connection, name: KeyName, now: Timestamp) -> Result<()> {
    connection.execute(
        "insert into sealing_key (name, since) values (?1, ?2) on conflict do nothing",
        params![name.to_string(), now.milliseconds()],
    )?;
    Ok(())
}

/// Whether free space of the file may hold what lay there in clear.
pub(super) fn has_clear_remains(connection: &Connection) -> Result<bool> {
    connection.query_row("select exists (select 1 from clear_remains)", [], |row| {
        row.get(0)
    })
}

/// It does not any more.
pub(super) fn no_clear_remains(connection: &Connection) -> Result<()> {
    connection.execute("delete from clear_remains", [])?;
    Ok(())
}
