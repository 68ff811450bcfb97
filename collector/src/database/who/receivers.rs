//! Whoever the site writes to is a person with a number, with a log-in or without: a row is there from the revision on that names them.

use plenum_core::authority::Role;
use plenum_core::site::{self, Site};
use plenum_protocol::Timestamp;
use rusqlite::{Connection, OptionalExtension, Result, params};

use super::former;

/// Makes those of a site known who are not yet.
pub(crate) fn write_down(connection: &Connection, site: &Site, now: Timestamp) -> Result<()> {
    let insert = "insert into person (name, role, password, created_at, logs_in) values (?1, ?2, '', ?3, 0)";
    for person in &site.people {
        let id = person.id.as_str();
        match of_site(connection, person)? {
            // Messages are written to the identifier, whatever they log in with.
            Some(number) => former::add(connection, id, number)?,
            None => connection
                .execute(insert, params![id, Role::Viewer.as_str(), now.milliseconds()])
                .map(drop)?,
        }
    }
    Ok(())
}

/// The number of somebody of a site: by their identifier there, or else the name that they have there.
pub(crate) fn of_site(connection: &Connection, person: &site::Person) -> Result<Option<i64>> {
    let by_name = |name: &str| {
        let wanted = "select id from person where name = ?1";
        let found = connection.query_row(wanted, [name], |row| row.get(0));
        found.optional()
    };
    match by_name(person.id.as_str())? {
        Some(number) => Ok(Some(number)),
        None => by_name(&person.name),
    }
}
