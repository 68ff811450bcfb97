//! At a start: whoever the site in force writes to is known as a person; and once, after an earlier program, whoever any revision named, with the names under
//! which that program wrote down what they did.

use plenum_core::site::Site;
use plenum_protocol::Timestamp;
use rusqlite::{Connection, Result};

use super::erasure;
use crate::database::who::{former, receivers};
use crate::database::{Database, DatabaseError};
use crate::people::table::person;
use crate::revisions;

/// Writes down who is not known yet, before alarms begin.
pub(crate) async fn at_start(database: &Database, now: Timestamp) -> std::result::Result<(), DatabaseError> {
    if !database.read(is_due).await? {
        return Ok(());
    }
    let learn = move |connection: &Connection| {
        if let Some(site) = current(connection)? {
            receivers::write_down(connection, &site, now)?;
        }
        match former::are_to_learn(connection)? {
            true => learn(connection, now),
            false => Ok(()),
        }
    };
    database.write(learn).await
}

/// A start where all are known writes nothing, and works on a full disk.
fn is_due(connection: &Connection) -> Result<bool> {
    for person in current(connection)?.iter().flat_map(|site| &site.people) {
        if receivers::of_site(connection, person)?.is_none() {
            return Ok(true);
        }
    }
    former::are_to_learn(connection)
}

fn current(connection: &Connection) -> Result<Option<Site>> {
    revisions::load(connection, revisions::current_number(connection)?)
}

fn learn(connection: &Connection, now: Timestamp) -> Result<()> {
    for revision in revisions::log(connection)? {
        let text = revisions::text(connection, revision.number)?.unwrap_or_default();
        // One that this program cannot read names nobody whom it knows.
        let Ok(site) = toml::from_str::<Site>(&text) else {
            continue;
        };
        receivers::write_down(connection, &site, now)?;
        for person in &site.people {
            if let Some(number) = receivers::of_site(connection, person)? {
                former::add(connection, person.id.as_str(), number)?;
                former::add(connection, &person.name, number)?;
            }
        }
    }
    former::have_learned(connection)?;
    // What stands is in the alarm engine's memory from now on, and is written anew from there.
    for person in person::all(connection)? {
        erasure::renumber_standing(connection, person.number)?;
    }
    Ok(())
}
