//! Who is who now, for whoever shows a fact or writes to people: facts name people and programs by number. Whoever lets people in stands above this.

pub(crate) mod former;
pub(crate) mod receivers;

use std::collections::{BTreeMap, HashMap};

use plenum_core::authority::{self, Actor, Called};
use plenum_core::site::Site;
use rusqlite::{Connection, OptionalExtension};

use former::Fingerprint;

/// Everybody's name, as it was looked up for one answer, message or screen.
#[derive(Debug, Default)]
pub struct Directory {
    /// None for whoever is erased.
    people: BTreeMap<i64, Option<String>>,
    programs: BTreeMap<i64, String>,
    /// By the log-in name in small letters, as earlier programs wrote it down.
    numbers: HashMap<String, i64>,
    /// By names that they had.
    former: HashMap<Fingerprint, i64>,
}

impl Directory {
    /// Everybody with the names that they have now: what was set for them, else as the site calls them, else as they log in.
    pub fn read(connection: &Connection, site: &Site) -> rusqlite::Result<Self> {
        let mut directory = Self {
            former: former::all(connection)?,
            ..Self::default()
        };
        let mut people =
            connection.prepare_cached("select id, name, full_name, erased_at is not null from person")?;
        let mut rows = people.query([])?;
        while let Some(row) = rows.next()? {
            let (number, name): (i64, String) = (row.get(0)?, row.get(1)?);
            if row.get(3)? {
                directory.people.insert(number, None);
                continue;
            }
            let of_site = site.person(&name).map(|person| person.name.clone());
            let own: Option<String> = row.get(2)?;
            let shown = own.or(of_site).or_else(|| Some(name.clone()));
            directory.numbers.insert(name.to_lowercase(), number);
            directory.people.insert(number, shown);
        }
        let mut programs = connection.prepare_cached("select id, name from token")?;
        let mut rows = programs.query([])?;
        while let Some(row) = rows.next()? {
            directory.programs.insert(row.get(0)?, row.get(1)?);
        }
        Ok(directory)
    }
}

impl authority::Directory for Directory {
    fn person(&self, number: i64) -> Option<Called<'_>> {
        let known = self.people.get(&number)?;
        Some(known.as_deref().map_or(Called::Erased, Called::Name))
    }

    fn program(&self, number: i64) -> Option<&str> {
        self.programs.get(&number).map(String::as_str)
    }

    fn formerly(&self, name: &str) -> Option<i64> {
        let own = self.numbers.get(&name.to_lowercase());
        let former = || self.former.get(&former::fingerprint(name));
        own.or_else(former).copied()
    }
}

/// Whoever did something, as the site names those who are written to; none for whoever is not.
pub(crate) fn recipient(
    connection: &Connection,
    actor: &Actor,
    site: &Site,
) -> rusqlite::Result<Option<String>> {
    let name = match (actor, actor.person()) {
        (Actor::Named(name), _) => Some(name.clone()),
        (_, Some(number)) => connection
            .query_row("select name from person where id = ?1", [number], |row| {
                row.get(0)
            })
            .optional()?,
        (_, None) => None,
    };
    let person = name.and_then(|name| site.person(&name));
    Ok(person.map(|person| person.id.to_string()))
}
