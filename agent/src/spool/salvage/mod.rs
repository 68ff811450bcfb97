//! Saves what can be read of a damaged spool into a new file. The damaged one is kept aside; what it held beyond that is told as lost.
//!
//! The new file is made beside the old one and takes its name when it is whole: whoever is killed in between begins again, or ends
//! at the next start.

mod rows;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use plenum_link::private;
use plenum_protocol::Timestamp;
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

use super::schema::{self, with_suffix};
use super::streams::{self, Stream};
use super::unreadable::BROKE;
use super::{SpoolError, lost};
use rows::Rows;

/// What came of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Rescued {
    /// Streams that are known by name.
    pub(super) streams: u64,
    /// Batches saved.
    pub(super) batches: u64,
    /// Batches lost that were not acknowledged, as far as anything tells of them.
    pub(super) lost: u64,
}

/// The tables that are small, with the columns that every version has.
const SMALL: [(&str, &str); 6] = [
    ("boot", "number, id, offset"),
    ("stream", "number, id, urgent, last, through, latest"),
    ("meta", "key, value"),
    ("loss", "stream, first, last, count, from_at, to_at, why"),
    ("acknowledged", "stream, through, at"),
    ("command", "number, id"),
];
/// The columns that later versions have.
const LATER: [(&str, &str); 2] = [("stream", "told"), ("meta", "seal")];

/// Ends what a start before this one has all but ended.
pub(super) fn finish(path: &Path) -> Result<(), SpoolError> {
    let saved = saved(path);
    if path.exists() || !saved.exists() {
        return Ok(());
    }
    std::fs::rename(&saved, path).map_err(|error| SpoolError::folder(&saved, error))
}

/// Puts a new file with all that can be read in the place of the damaged one.
pub(super) fn rescue(path: &Path, now: Timestamp) -> Result<Rescued, SpoolError> {
    schema::remove_aside(path).map_err(|error| SpoolError::folder(path, error))?;
    let (unfinished, saved) = (with_suffix(path, ".saving"), saved(path));
    for file in [&unfinished, &saved] {
        for suffix in ["", "-wal", "-shm"] {
            remove(&with_suffix(file, suffix))?;
        }
    }
    private::make_file(&unfinished).map_err(|error| SpoolError::folder(&unfinished, error))?;
    let into = schema::open(&unfinished)?;
    let rescued = match Connection::open(path) {
        Ok(broken) => save(&broken, &into)?,
        Err(_) => Rescued::default(),
    };
    into.query_row("pragma wal_checkpoint(TRUNCATE)", (), |_| Ok(()))?;
    drop(into);
    rename(&unfinished, &saved)?;
    let aside = schema::move_aside(path, now).map_err(|error| SpoolError::folder(path, error))?;
    rename(&saved, path)?;
    remove(&schema::suspect_mark(path))?;
    tracing::error!(
        kept = %aside.display(),
        saved = rescued.batches,
        lost = rescued.lost,
        "what could be read of the damaged spool was saved; the damaged file is kept aside"
    );
    Ok(rescued)
}

fn saved(path: &Path) -> PathBuf {
    with_suffix(path, ".saved")
}

fn rename(from: &Path, to: &Path) -> Result<(), SpoolError> {
    std::fs::rename(from, to).map_err(|error| SpoolError::folder(from, error))
}

fn remove(path: &Path) -> Result<(), SpoolError> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(SpoolError::folder(path, error)),
        _ => Ok(()),
    }
}

fn save(broken: &Connection, into: &Connection) -> Result<Rescued, SpoolError> {
    into.execute_batch("begin")?;
    for (table, columns) in SMALL {
        let later = LATER.iter().find(|(of, _)| *of == table).map(|(_, later)| *later);
        let all = later.map(|later| format!("{columns}, {later}"));
        let all = all.filter(|all| broken.prepare(&format!("select {all} from {table}")).is_ok());
        copy(broken, into, table, all.as_deref().unwrap_or(columns))?;
    }
    // A name that cannot be one was read from a damaged page: its batches get another, and what had arrived arrives again.
    let rows = Rows::new(broken, into);
    rows.name_streams()?;
    into.execute_batch("commit")?;
    let streams = into.query_row("select count(*) from stream", (), |row| row.get(0))?;
    let batches = match rows.save() {
        Err(SpoolError::DiskFull(error)) => {
            // Half of it is better than an agent that does not start.
            tracing::error!(%error, "not all that can be read of the damaged spool finds room");
            into.execute_batch("rollback; pragma wal_checkpoint(TRUNCATE)")?;
            into.query_row("select count(*) from batch", (), |row| row.get(0))?
        }
        other => other?,
    };
    into.execute_batch("begin")?;
    let lost = tell_lost(into)?;
    into.execute_batch("commit")?;
    Ok(Rescued {
        streams,
        batches,
        lost,
    })
}

/// Copies a small table: its rows from either end up to the first that cannot be read.
fn copy(broken: &Connection, into: &Connection, table: &str, columns: &str) -> Result<(), SpoolError> {
    let count = columns.split(',').count();
    let places = vec!["?"; count].join(", ");
    let insert = format!("insert or ignore into {table}({columns}) values ({places})");
    for order in ["asc", "desc"] {
        let Ok(mut statement) = broken.prepare(&format!("select {columns} from {table} order by 1 {order}"))
        else {
            return Ok(());
        };
        let Ok(mut found) = statement.query(()) else {
            return Ok(());
        };
        loop {
            let row = match found.next() {
                Ok(Some(row)) => row,
                Ok(None) => return Ok(()),
                Err(_) => break,
            };
            let values: Result<Vec<Value>, _> = (0..count).map(|column| row.get(column)).collect();
            // A value of another kind than the table takes is not one that was written.
            if let Ok(values) = values {
                into.prepare_cached(&insert)?
                    .execute(params_from_iter(values))
                    .ok();
            }
        }
    }
    Ok(())
}

/// Notes what is missing before the first batch of each stream that the collector has not acknowledged. What is missing between batches is
/// given up when its turn comes. Returns how many batches are missing in all.
fn tell_lost(into: &Connection) -> Result<u64, SpoolError> {
    let mut missing = 0;
    for mut stream in streams::load(into)? {
        let Stream { number, held, .. } = &stream;
        let known = held
            .lost
            .as_ref()
            .map_or(held.through, |lost| lost.to_seq.max(held.through));
        let there: u64 = into.query_row(
            "select count(*) from batch where stream = ?1 and seq > ?2",
            (number, known.cast_signed()),
            |row| row.get(0),
        )?;
        missing += (held.last - known.min(held.last)).saturating_sub(there);
        if held.first > known + 1 {
            let id = held.stream.clone();
            let notice = lost(&id, (known + 1, held.first - 1), (None, None), 0, BROKE);
            streams::note_loss(into, &mut stream, notice)?;
        }
    }
    Ok(missing)
}
