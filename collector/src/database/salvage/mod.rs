//! A damaged database is begun anew with every row of it that can still be read; the damaged file stays beside it.
//!
//! The copy is whole and on the disk before any file gets another name, and a process that is killed between two of the names goes on at the
//! next start: there is never a moment in which a fresh, empty file could be taken for the old one.

use std::fs::File;
use std::path::{Path, PathBuf};

use plenum_migration::Store;
use plenum_protocol::Timestamp;
use rusqlite::Connection;

use super::error::DatabaseError;
use super::rows::{self, Kept};
use super::{beside, connect};

/// Room on the disk that a copy leaves.
const RESERVE: u64 = 64 << 20;
/// The files that SQLite keeps beside a database.
const BESIDE: [&str; 3] = ["-wal", "-shm", "-journal"];

/// What is done once all rows are copied, before anything is kept: source, target. Gives what is to be said.
pub(crate) type Afterwards<'a> = &'a dyn Fn(&Connection, &Connection) -> rusqlite::Result<Vec<String>>;

/// What a copy must hold, and what is done with it.
pub(crate) struct Order<'a> {
    /// The damaged file.
    pub(crate) path: &'a Path,
    /// What it is.
    pub(crate) store: &'a Store,
    /// Tables of which no row may be lost: without them a person has to decide.
    pub(crate) required: &'a [&'a str],
    /// When that is; it stands in the damaged file's new name.
    pub(crate) now: Timestamp,
    /// What else is done.
    pub(crate) afterwards: Afterwards<'a>,
}

/// Goes on where a process was killed between two names. Called before the file is opened.
pub(crate) fn finish(path: &Path) -> std::io::Result<()> {
    let copy = beside(path, "-salvaged");
    if !copy.exists() {
        return Ok(());
    }
    if path.exists() {
        // It was not ready.
        return remove(&copy);
    }
    for end in BESIDE {
        remove_file(&beside(path, end))?;
    }
    std::fs::rename(&copy, path)?;
    sync_folder(path)
}

/// Makes the copy and puts it in the damaged file's place. Gives what to say. The file must not be open.
pub(crate) fn salvage(order: &Order<'_>) -> Result<Vec<String>, DatabaseError> {
    let path = order.path;
    let failed = |message: String| DatabaseError::Sql {
        path: path.to_owned(),
        message: format!("what is left of it cannot be copied: {message}"),
    };
    let copy = beside(path, "-salvaged");
    remove(&copy).map_err(|error| failed(error.to_string()))?;
    if let Some(lacking) = lacking(path) {
        return Err(failed(format!("{lacking} bytes more are needed on the disk")));
    }
    let mut findings = fill(order, &copy)?;
    let aside = replace(path, order.now, Some(&copy)).map_err(|error| failed(error.to_string()))?;
    findings.push(format!("the damaged file is kept as {}", aside.display()));
    Ok(findings)
}

/// Gives the file another name, so that a fresh one can be begun. Gives the name.
pub(crate) fn move_aside(path: &Path, now: Timestamp) -> std::io::Result<PathBuf> {
    replace(path, now, None)
}

fn fill(order: &Order<'_>, copy: &Path) -> Result<Vec<String>, DatabaseError> {
    let failed = |error: rusqlite::Error| DatabaseError::Sql {
        path: order.path.to_owned(),
        message: format!("what is left of it cannot be copied: {error}"),
    };
    let source = plenum_migration::read_only(order.path).map_err(failed)?;
    // What cannot be read of the list of tables is passed over.
    source
        .pragma_update(None, "writable_schema", true)
        .map_err(failed)?;
    let known = order.store.migrations.len();
    let version = plenum_migration::version(&source).map_err(failed)?;
    let store = Store {
        migrations: &order.store.migrations[..version.clamp(1, known)],
        ..*order.store
    };
    let target = connect(copy, &store).map_err(|_| failed(rusqlite::Error::InvalidQuery))?;
    let tables = copied(order, &source, &target).map_err(failed)?;
    for kept in tables.iter().filter(|kept| kept.damaged) {
        if order.required.contains(&kept.table.as_str()) {
            let page = page(&source, &kept.table);
            drop(target);
            remove(copy).ok();
            return Err(DatabaseError::Damaged {
                path: order.path.to_owned(),
                table: kept.table.clone(),
                page,
            });
        }
    }
    let mut findings: Vec<String> = tables
        .iter()
        .filter(|kept| kept.damaged)
        .map(|kept| {
            format!(
                "part of its table `{}` cannot be read: {} rows are kept",
                kept.table, kept.rows
            )
        })
        .collect();
    if findings.is_empty() {
        findings.push("it was damaged, and every row of it is kept".to_owned());
    }
    findings.extend((order.afterwards)(&source, &target).map_err(failed)?);
    target.execute_batch("commit").map_err(failed)?;
    target
        .query_row("pragma wal_checkpoint(truncate)", [], |_| Ok(()))
        .map_err(failed)?;
    Ok(findings)
}

/// Begins the transaction that holds the copy.
fn copied(order: &Order<'_>, source: &Connection, target: &Connection) -> rusqlite::Result<Vec<Kept>> {
    target.pragma_update(None, "foreign_keys", false)?;
    target.execute_batch("begin immediate")?;
    let tables: Vec<String> = target
        .prepare(
            "select name from sqlite_schema where type = 'table' and name not like 'sqlite_%' order by name",
        )?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    let mut all = Vec::new();
    for table in tables.iter().filter(|table| *table != "migration") {
        let kept = rows::copy(source, target, table)?;
        tracing::warn!(
            file = order.store.name,
            table,
            rows = kept.rows,
            damaged = kept.damaged,
            "copied from a damaged file"
        );
        all.push(kept);
    }
    // Numbers that were given are not given again, whatever became of their rows.
    if target.table_exists(None, "sqlite_sequence")? {
        let read = source
            .prepare("select name, seq from sqlite_sequence")
            .and_then(|mut statement| {
                let rows =
                    statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?)))?;
                rows.collect::<rusqlite::Result<Vec<_>>>()
            });
        for (name, number) in read.unwrap_or_default() {
            let raise = "update sqlite_sequence set seq = max(seq, ?2) where name = ?1";
            if target.execute(raise, (&name, number))? == 0 {
                target.execute("insert into sqlite_sequence values (?1, ?2)", (&name, number))?;
            }
        }
    }
    Ok(all)
}

/// What SQLite says of a table's damage: it names the page.
fn page(source: &Connection, table: &str) -> String {
    let said: rusqlite::Result<String> =
        source.query_row(&format!("pragma integrity_check('{table}')"), [], |row| {
            row.get(0)
        });
    match said {
        Ok(said) if said == "ok" => "a row has a text that is not UTF-8".to_owned(),
        Ok(said) => said,
        Err(error) => error.to_string(),
    }
}

fn replace(path: &Path, now: Timestamp, copy: Option<&Path>) -> std::io::Result<PathBuf> {
    let stamp: String = now
        .to_string()
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .collect();
    let free = |name: &PathBuf| !name.exists();
    let names = (0..).map(|number| match number {
        0 => beside(path, &format!(".damaged-{stamp}")),
        number => beside(path, &format!(".damaged-{stamp}-{number}")),
    });
    let aside = names
        .into_iter()
        .find(free)
        .unwrap_or_else(|| beside(path, ".damaged"));
    std::fs::rename(path, &aside)?;
    let wal = beside(path, "-wal");
    if wal.exists() {
        std::fs::rename(wal, beside(&aside, "-wal"))?;
    }
    for end in BESIDE {
        remove_file(&beside(path, end))?;
    }
    if let Some(copy) = copy {
        std::fs::rename(copy, path)?;
    }
    sync_folder(path)?;
    Ok(aside)
}

/// How many bytes there are too few for a copy.
fn lacking(path: &Path) -> Option<u64> {
    let length = |path: &Path| std::fs::metadata(path).map_or(0, |data| data.len());
    let needed = length(path) + length(&beside(path, "-wal")) + RESERVE;
    let folder = path.parent().unwrap_or(Path::new("."));
    let disk = rustix::fs::statvfs(folder).ok()?;
    needed
        .checked_sub(disk.f_bavail.saturating_mul(disk.f_frsize))
        .filter(|lacking| *lacking > 0)
}

fn remove(copy: &Path) -> std::io::Result<()> {
    remove_file(copy)?;
    BESIDE.iter().try_for_each(|end| remove_file(&beside(copy, end)))
}

fn remove_file(path: &Path) -> std::io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn sync_folder(path: &Path) -> std::io::Result<()> {
    File::open(path.parent().unwrap_or(Path::new(".")))?.sync_all()
}

#[cfg(test)]
mod tests;
