//! Who a database is: a name of its own, and those of the databases whose backups it was restored from.

use plenum_protocol::streams::DatabaseId;
use rusqlite::Connection;

use super::columns::text;

/// Who this database is, for acknowledgements.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Its own name, drawn when it was made.
    pub database: DatabaseId,
    /// The databases whose backups it was restored from.
    pub follows: Vec<DatabaseId>,
}

impl Identity {
    /// Reads it; draws it if the database is new.
    pub fn load(connection: &Connection) -> rusqlite::Result<Self> {
        connection.execute(
            "insert or ignore into identity values (1, ?1, '')",
            [uuid::Uuid::new_v4().to_string()],
        )?;
        connection.query_row("select database, follows from identity", [], |row| {
            let follows: String = row.get(1)?;
            Ok(Self {
                database: text(row, 0)?,
                follows: follows
                    .split_whitespace()
                    .filter_map(|name| name.parse().ok())
                    .collect(),
            })
        })
    }
}
