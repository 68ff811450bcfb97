//! The tables of `history.db`.

use std::collections::HashMap;

use plenum_core::expectation::{Era, Expectation, Expected, Why};
use plenum_protocol::{Duration, Series, Timestamp};
use rusqlite::{Connection, OptionalExtension, params};

use super::chunk::Chunk;
use super::point::{Point, period_of};
use crate::database::{known, text};
use crate::journal::Damaged;

/// How far a series' number reaches into a key.
const SERIES_BITS: u32 = 24;

/// A chunk's key.
pub(super) fn key(period: i64, series: u32) -> i64 {
    period << SERIES_BITS | i64::from(series)
}

/// The period that a chunk's key names.
pub(super) fn period(key: i64) -> i64 {
    key >> SERIES_BITS
}

/// The number of the series that a chunk's key names.
pub(super) fn series_of(key: i64) -> u32 {
    (key & ((1 << SERIES_BITS) - 1)) as u32
}

/// A series as stored: number, name, and the periods of its first and last chunk.
pub(super) struct StoredSeries {
    pub(super) id: u32,
    pub(super) series: Series,
    pub(super) periods: Option<(i64, i64)>,
}

pub(super) fn series(connection: &Connection) -> rusqlite::Result<Vec<StoredSeries>> {
    let mut statement =
        connection.prepare("select id, name, first_period, last_period from series order by id")?;
    // One of a quantity of a newer version keeps its chunks.
    known("series", statement.query([])?, |row| {
        let first: Option<i64> = row.get(2)?;
        Ok(StoredSeries {
            id: row.get(0)?,
            series: text(row, 1)?,
            periods: first.zip(row.get(3)?),
        })
    })
}

pub(super) fn add_series(connection: &Connection, id: u32, series: &Series) -> rusqlite::Result<()> {
    connection
        .prepare_cached("insert or ignore into series(id, name) values (?1, ?2)")?
        .execute(params![id, series.to_string()])?;
    Ok(())
}

/// Numbers that are taken, also by series that are not understood.
pub(super) fn highest_series(connection: &Connection) -> rusqlite::Result<u32> {
    connection.query_row("select coalesce(max(id), 0) from series", [], |row| row.get(0))
}

/// A chunk, if there is one; the inner error means that it lies there damaged.
pub(super) fn chunk(
    connection: &Connection,
    period: i64,
    series: u32,
) -> rusqlite::Result<Option<Result<Chunk, Damaged>>> {
    let blob = connection
        .prepare_cached("select blob from chunk where key = ?1")?
        .query_row([key(period, series)], |row| {
            Ok(row.get_ref(0)?.as_blob().ok().map(<[u8]>::to_vec))
        })
        .optional()?;
    Ok(blob.map(|blob| {
        let blob = blob.ok_or(Damaged("it is not the bytes of a chunk"))?;
        let chunk = Chunk::open(&blob)?;
        match period_of(chunk.last) == period {
            true => Ok(chunk),
            false => Err(Damaged("it stands under another period's key")),
        }
    }))
}

/// How many series have no chunk where the first or the last of theirs should be.
pub(super) fn missing_ends(connection: &Connection) -> rusqlite::Result<u64> {
    let mut statement = connection.prepare_cached("select exists (select 1 from chunk where key = ?1)")?;
    let mut missing = 0;
    for StoredSeries { id, periods, .. } in series(connection)? {
        let Some((first, last)) = periods else { continue };
        let mut there = |period| statement.query_row([key(period, id)], |row| row.get(0));
        if !(there(first)? && there(last)?) {
            missing += 1;
        }
    }
    Ok(missing)
}

/// A chunk's readings, in order; empty if there is no chunk.
pub(super) fn points(
    connection: &Connection,
    period: i64,
    series: u32,
) -> rusqlite::Result<Result<Vec<Point>, Damaged>> {
    let chunk = chunk(connection, period, series)?;
    Ok(chunk.map_or(Ok(Vec::new()), |chunk| chunk.and_then(|chunk| chunk.points())))
}

/// Keeps a damaged chunk's bytes for whoever may want to look, and makes space for a new one.
pub(super) fn set_aside(
    connection: &Connection,
    period: i64,
    series: u32,
    why: &str,
) -> rusqlite::Result<()> {
    let key = key(period, series);
    connection.execute(
        "insert into chunk_damaged select key, ?2, blob from chunk where key = ?1",
        params![key, why],
    )?;
    connection.execute("delete from chunk where key = ?1", [key])?;
    Ok(())
}

pub(super) fn store(
    connection: &Connection,
    period: i64,
    series: u32,
    chunk: &Chunk,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached("insert or replace into chunk values (?1, ?2)")?
        .execute(params![key(period, series), chunk.write()])?;
    connection
        .prepare_cached(
            "update series set first_period = min(coalesce(first_period, ?2), ?2),
                               last_period = max(coalesce(last_period, ?2), ?2)
             where id = ?1 and (first_period is null or first_period > ?2 or last_period < ?2)",
        )?
        .execute(params![series, period])?;
    Ok(())
}

/// What is and was expected of every series.
pub(super) fn expectations(connection: &Connection) -> rusqlite::Result<HashMap<Series, Expectation>> {
    let mut statement = connection
        .prepare("select name, from_at, said_at, interval, why from expectation order by name, from_at")?;
    let rows: Vec<(Series, Era)> = known("expectation", statement.query([])?, |row| {
        let instant = |value| Timestamp::from_milliseconds(value);
        let interval: Option<i64> = row.get(3)?;
        // What a later program knows why is told by somebody, in any case.
        let why = row.get::<_, Option<u8>>(4)?.and_then(Why::from_number);
        let expected = interval.map(|interval| Expected {
            interval: Duration::from_milliseconds(interval),
            why: why.unwrap_or(Why::Told),
        });
        let era = Era {
            from: instant(row.get(1)?),
            said: row.get::<_, Option<i64>>(2)?.map(instant),
            expected,
        };
        Ok((text(row, 0)?, era))
    })?;
    let mut all: HashMap<Series, Expectation> = HashMap::new();
    for (series, era) in rows {
        all.entry(series).or_default().put(era);
    }
    Ok(all)
}

/// What is expected of a series from an instant on.
pub(super) fn set_expectation(connection: &Connection, series: &Series, era: Era) -> rusqlite::Result<()> {
    connection
        .prepare_cached("insert or replace into expectation values (?1, ?2, ?3, ?4, ?5)")?
        .execute(params![
            series.to_string(),
            era.from.milliseconds(),
            era.said.map(Timestamp::milliseconds),
            era.expected.map(|expected| expected.interval.milliseconds()),
            era.expected.map(|expected| expected.why.number()),
        ])?;
    Ok(())
}

/// Says that the chunks are filled from this journal from now on. Gives the number up to which their `sealed_through` says nothing of it: all
/// that was merged, where it was another journal, or where this one ends before that number, as a copy that was put back does.
pub(super) fn adopt(connection: &Connection, database: &str, end: u64) -> rusqlite::Result<u64> {
    connection.execute(
        "insert or ignore into origin(only, database) values (1, ?1)",
        [database],
    )?;
    let (known, merged, distrusted): (String, Option<u64>, u64) =
        connection.query_row("select database, merged, distrusted from origin", [], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })?;
    let merged = match merged {
        Some(merged) => merged,
        // A file from before it was kept: once, its chunks are asked.
        None => highest_sealed(connection)?,
    };
    let distrusted = match known != database || merged > end {
        true => distrusted.max(merged),
        false => distrusted,
    };
    connection.execute(
        "update origin set database = ?1, merged = ?2, distrusted = ?3",
        params![database, merged, distrusted],
    )?;
    Ok(distrusted)
}

/// The highest number that any chunk names.
fn highest_sealed(connection: &Connection) -> rusqlite::Result<u64> {
    let mut statement = connection.prepare("select blob from chunk")?;
    let mut rows = statement.query([])?;
    let mut highest = 0;
    while let Some(row) = rows.next()? {
        // A damaged one is nothing to trust in any case.
        let through = row
            .get_ref(0)?
            .as_blob()
            .ok()
            .and_then(|blob| Chunk::sealed_through_of(blob).ok());
        let through = through.unwrap_or(0);
        highest = highest.max(through);
    }
    Ok(highest)
}

/// Remembers that everything up to this journal number may be in chunks.
pub(super) fn merged(connection: &Connection, through: u64) -> rusqlite::Result<()> {
    connection
        .prepare_cached("update origin set merged = max(coalesce(merged, 0), ?1)")?
        .execute([through])?;
    Ok(())
}

/// Makes whole what was copied of a damaged file: the names of series stand in their index, too, and where their chunks begin and end is asked of
/// the chunks. A series whose name cannot be read keeps its number, and its chunks.
pub(super) fn complete(source: &Connection, target: &Connection) -> rusqlite::Result<Vec<String>> {
    let indexed = source
        .prepare("select id, name from series indexed by sqlite_autoindex_series_1")
        .and_then(|mut statement| {
            let mut rows = statement.query([])?;
            let mut names: Vec<(u32, String)> = Vec::new();
            // What comes behind a damaged page is not in it.
            while let Ok(Some(row)) = rows.next() {
                names.extend(row.get(0).and_then(|id| Ok((id, row.get(1)?))).ok());
            }
            Ok(names)
        });
    for (id, name) in indexed.unwrap_or_default() {
        if target.execute(
            "insert or ignore into series(id, name) values (?1, ?2)",
            params![id, name],
        )? > 0
        {
            continue;
        }
        // Of two names for one series it has the one that its agent says.
        target.execute(
            "update or ignore series set name = ?2 where id = ?1 and name <> ?2
             and exists (select 1 from expectation where name = ?2)
             and not exists (select 1 from expectation where name = series.name)",
            params![id, name],
        )?;
    }
    target.execute_batch(&format!(
        "create temp table span as
             select key & {mask} as id, min(key >> {SERIES_BITS}) as low, max(key >> {SERIES_BITS}) as high
             from chunk group by 1;
         update series set first_period = null, last_period = null;
         update series set first_period = low, last_period = high from span where span.id = series.id;",
        mask = (1 << SERIES_BITS) - 1
    ))?;
    let nameless = target.execute(
        "insert or ignore into series select id, '?' || id, low, high from span
         where id not in (select id from series)",
        [],
    )?;
    target.execute_batch("drop table span")?;
    Ok(match nameless {
        0 => Vec::new(),
        _ => vec![format!(
            "the names of {nameless} series cannot be read: their readings are kept and not shown"
        )],
    })
}
