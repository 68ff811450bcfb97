//! plenum.db is looked at as a whole when it is opened: damage that a page would show some day ends the process then, over and over. What can be
//! kept is kept in a file that is begun anew; what a person has to decide stops with what to do.

use std::collections::BTreeMap;
use std::path::Path;

use plenum_migration::MigrationError;
use plenum_protocol::Timestamp;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, ErrorCode, OptionalExtension, Row};

use super::error::DatabaseError;
use super::salvage::{self, Order};
use super::{Database, HISTORY, PLENUM, Store, header};

/// Tables of which no row may be lost: whoever may look and act, by both names that the table had, what a log-in asks of them beside the password, and
/// what watches the site.
const REQUIRED: [&str; 4] = ["account", "person", "second_factor", "site_revision"];

impl Database {
    /// Opens plenum.db; a damaged one is begun anew with what can be read of it. Gives what was found, in words. Blocks; called at start.
    pub fn open_whole(path: &Path, now: Timestamp) -> Result<(Self, Vec<String>), DatabaseError> {
        let mut findings = Vec::new();
        let failed = |error: std::io::Error| DatabaseError::File {
            path: path.to_owned(),
            message: error.to_string(),
        };
        salvage::finish(path).map_err(failed)?;
        findings.extend(header::mend(path, &PLENUM).map_err(failed)?);
        // What is refused is refused by the opening below, in its words.
        if is_ours(path, &PLENUM)
            && let Some(damage) = damage(path, &PLENUM, &[])
        {
            tracing::error!(file = %path.display(), damage, "the database is damaged; what can be read of it is copied");
            findings.push(damage);
            let order = Order {
                path,
                store: &PLENUM,
                required: &REQUIRED,
                now,
                afterwards: &|source, target| afterwards(path, source, target),
            };
            findings.extend(salvage::salvage(&order)?);
        }
        let named = |finding: String| format!("{}: {finding}", PLENUM.name);
        let findings = findings.into_iter().map(named).collect();
        Ok((Self::open(path, &PLENUM)?, findings))
    }
}

/// The first thing that SQLite finds wrong with these tables and their indexes, or with the whole file; nothing if it is not there, or is another
/// program's.
pub(crate) fn damage(path: &Path, store: &Store, tables: &[&str]) -> Option<String> {
    if std::fs::metadata(path).map_or(0, |data| data.len()) == 0 {
        return None;
    }
    let look = || -> rusqlite::Result<Option<String>> {
        let connection = plenum_migration::read_only(path)?;
        let check = |sql: &str| -> rusqlite::Result<Option<String>> {
            let said: Option<String> = connection.query_row(sql, [], |row| row.get(0)).optional()?;
            Ok(said.filter(|said| said != "ok"))
        };
        if let Some(name) = redefined(&connection, store)? {
            return Ok(Some(format!(
                "the definition of `{name}` is not the one that it was made with"
            )));
        }
        if tables.is_empty() {
            return match check("pragma integrity_check(1)")? {
                None => no_text(&connection),
                said => Ok(said),
            };
        }
        for table in tables {
            if connection.table_exists(None, *table)?
                && let Some(said) = check(&format!("pragma integrity_check('{table}')"))?
            {
                return Ok(Some(said));
            }
        }
        Ok(None)
    };
    let said = look().unwrap_or_else(|error| is_damage(&error).then(|| error.to_string()))?;
    Some(said.replace('\n', " "))
}

/// A table or an index that is not defined as the migrations define it: SQLite may take what it says for something else.
fn redefined(connection: &Connection, store: &Store) -> rusqlite::Result<Option<String>> {
    let version = plenum_migration::version(connection)?;
    let Some(had) = store.migrations.get(..version).filter(|had| !had.is_empty()) else {
        return Ok(None);
    };
    let made = Connection::open_in_memory()?;
    let store = Store {
        migrations: had,
        ..*store
    };
    // It can only fail where no memory is left.
    if plenum_migration::migrate(&made, &store, &mut || {}).is_err() {
        return Ok(None);
    }
    let (expected, found) = (definitions(&made)?, definitions(connection)?);
    let differs = expected.iter().find(|(name, sql)| found.get(*name) != Some(*sql));
    let other = found.keys().find(|name| !expected.contains_key(*name));
    Ok(differs.map(|(name, _)| name).or(other).cloned())
}

/// By name, without what says nothing: case and space.
fn definitions(connection: &Connection) -> rusqlite::Result<BTreeMap<String, String>> {
    let mut statement = connection.prepare("select name, sql from sqlite_schema where sql is not null")?;
    let one = |row: &Row<'_>| {
        let sql = String::from_utf8_lossy(row.get_ref(1)?.as_bytes()?).to_lowercase();
        let name = String::from_utf8_lossy(row.get_ref(0)?.as_bytes()?).into_owned();
        Ok((name, sql.split_whitespace().collect()))
    };
    statement.query_map([], one)?.collect()
}

/// The first row with a text that is not UTF-8: SQLite does not look at that, and who reads it would fail at each start. Entries of the journal have
/// checks of their own.
fn no_text(connection: &Connection) -> rusqlite::Result<Option<String>> {
    let mut tables = connection.prepare(
        "select name from sqlite_schema where type = 'table' and name not like 'sqlite_%' and name not like 'journal%'",
    )?;
    let tables: Vec<String> = tables
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    for table in tables {
        let mut statement = connection.prepare(&format!("select * from {table}"))?;
        let columns = statement.column_count();
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            for column in 0..columns {
                if let ValueRef::Text(text) = row.get_ref(column)?
                    && std::str::from_utf8(text).is_err()
                {
                    return Ok(Some(format!("a row of `{table}` has a text that is not UTF-8")));
                }
            }
        }
    }
    Ok(None)
}

/// Whether an error says that the file, or the disk under it, is damaged.
pub(crate) fn is_damage(error: &rusqlite::Error) -> bool {
    use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase, SystemIoFailure};
    matches!(
        error.sqlite_error_code(),
        Some(DatabaseCorrupt | NotADatabase | SystemIoFailure)
    )
}

/// Who it is, history.db knows too; sessions of nobody go.
fn afterwards(path: &Path, _: &Connection, target: &Connection) -> rusqlite::Result<Vec<String>> {
    // The file is of the version that it had.
    let people = match target.table_exists(None, "person")? {
        true => "person",
        false => "account",
    };
    let nobodys = format!("delete from session where {people} not in (select id from {people})");
    target.execute(&nobodys, [])?;
    let known: bool = target.query_row("select exists (select 1 from identity)", [], |row| row.get(0))?;
    if known {
        return Ok(Vec::new());
    }
    let history = path.with_file_name(HISTORY.name);
    let name = plenum_migration::read_only(&history).and_then(|history| {
        history.query_row("select database from origin", [], |row| row.get::<_, String>(0))
    });
    match name {
        Ok(name) if name.len() == 36 => {
            target.execute("insert into identity values (1, ?1, '')", [name])?;
            Ok(vec!["its name was taken from history.db".to_owned()])
        }
        _ => Ok(vec![
            "its name is gone: agents ask for `plenum-agent join` before they follow it again".to_owned(),
        ]),
    }
}

/// Whether the file is not another program's or a newer Plenum's, as far as can be told.
fn is_ours(path: &Path, store: &Store) -> bool {
    match plenum_migration::look(path, store) {
        Err(MigrationError::Refused(_)) => false,
        Err(MigrationError::Sql(error)) => error.sqlite_error_code() != Some(ErrorCode::NotADatabase),
        _ => true,
    }
}
