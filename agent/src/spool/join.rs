//! A person tells an agent to follow another collector: beside the agent that runs, or while it does not.

use std::fs::File;
use std::path::Path;

use plenum_protocol::streams::DatabaseId;
use rusqlite::Connection;
use rusqlite::types::Value;

use super::{Spool, SpoolError, meta, schema};

/// The database that may be left for another.
const LEFT: &str = "left";

/// The spool of an agent that may run.
pub struct Join {
    connection: Connection,
    claim: Option<File>,
}

impl Join {
    /// Opens it; absent if there is no file.
    pub fn open(path: &Path) -> Result<Option<Self>, SpoolError> {
        if !path.exists() {
            return Ok(None);
        }
        let (claim, connection) = match schema::claim(path) {
            Ok(claim) => (Some(claim), schema::open(path)?),
            Err(SpoolError::InUse(_)) => (None, schema::open_beside(path)?),
            Err(error) => return Err(error),
        };
        schema::give_to_owner(path);
        Ok(Some(Self { connection, claim }))
    }

    /// Whether its agent runs.
    pub fn is_running(&self) -> bool {
        self.claim.is_none()
    }

    /// The collector's database that it follows.
    pub fn follows(&self) -> Result<Option<DatabaseId>, SpoolError> {
        meta::followed(&self.connection)
    }

    /// From now on this database may be left: the next other one that acknowledges is followed.
    pub fn leave(&self, database: &DatabaseId) -> Result<(), SpoolError> {
        meta::write(&self.connection, LEFT, Value::Text(database.as_str().to_owned()))
    }
}

impl Spool {
    /// Whether a person has said that the next database met is the right one.
    pub fn is_joining(&self) -> Result<bool, SpoolError> {
        let left = meta::read(&self.connection, LEFT)?;
        Ok(left.is_some() && left == meta::followed(&self.connection)?.map(|pinned| pinned.to_string()))
    }

    /// Follows this database from now on.
    pub fn pin(&mut self, database: &DatabaseId) -> Result<(), SpoolError> {
        let transaction = self.connection.transaction()?;
        meta::follow(&transaction, database)?;
        meta::remove(&transaction, LEFT)?;
        transaction.commit()?;
        Ok(())
    }
}
