//! Makes space in a full spool and deletes what is old. Which batches leave, `plenum_protocol::streams::next_eviction` decides from
//! the heads in memory; what leaves is one range of a stream, read and deleted by its index.
//!
//! One commit takes no more out than its own need and `AT_ONCE`: a lower `maximum` is reached over many commits.

#[cfg(test)]
mod tests;

use plenum_protocol::Timestamp;
use plenum_protocol::senml::BATCH_RECORDS;
use plenum_protocol::streams::next_eviction;
use rusqlite::{Transaction, params};

use super::number::Number;
use super::streams::{self, Stream};
use super::{Dropped, SpoolError, lost};

/// About what a row costs beside its records: its columns, its entry in the index, its share of half-filled pages.
pub(super) const ROW_OVERHEAD: u64 = 160;
/// The write-ahead log and its index, beside the database itself.
const BESIDE: u64 = 256 * 1024;
/// The bytes that leave with one commit at most, beyond those that it needs itself.
const AT_ONCE: u64 = 1 << 20;
/// The old batches of a stream that leave with one commit at most.
const OLD_AT_ONCE: u64 = 2_000;

/// What left a stream together.
#[derive(Debug, Clone, Copy, Default)]
struct Lot {
    through: u64,
    bytes: u64,
    batches: u64,
    readings: u64,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
}

/// The bytes of the database that hold something. Asks the first page alone.
fn used(transaction: &Transaction<'_>) -> Result<u64, SpoolError> {
    let number = |pragma: &str| -> Result<u64, SpoolError> {
        Ok(transaction
            .prepare_cached(pragma)?
            .query_row((), |row| row.get(0).map(|Number(number)| number))?)
    };
    let pages = number("pragma page_count")?.saturating_sub(number("pragma freelist_count")?);
    Ok(pages.saturating_mul(number("pragma page_size")?))
}

/// Makes space for `need` more bytes below `maximum`, or as much of it as one commit may.
pub(super) fn make(
    transaction: &Transaction<'_>,
    streams: &mut [Stream],
    maximum: u64,
    need: u64,
) -> Result<Dropped, SpoolError> {
    let room = maximum - BESIDE.min(maximum / 4);
    let excess = (used(transaction)? + need).saturating_sub(room);
    free(transaction, streams, excess.min(need + AT_ONCE))
}

/// Gives up the oldest until about this many bytes are free again.
pub(super) fn free(
    transaction: &Transaction<'_>,
    streams: &mut [Stream],
    bytes: u64,
) -> Result<Dropped, SpoolError> {
    let mut dropped = Dropped::default();
    let mut freed = 0;
    while freed < bytes {
        let Some(eviction) = next_eviction(streams.iter().map(|stream| &stream.held)) else {
            break;
        };
        let found = |stream: &&mut Stream| stream.held.stream == eviction.stream;
        let Some(stream) = streams.iter_mut().find(found) else {
            break;
        };
        // Whatever the stream holds behind the first that leaves is next in turn anyway.
        let most = if eviction.acknowledged {
            stream.held.through
        } else {
            stream.held.last
        };
        let lot = oldest(transaction, stream, most, bytes - freed)?;
        freed += lot.bytes.max(1);
        dropped.add(give_up(transaction, stream, &lot, "full spool")?);
    }
    Ok(dropped)
}

/// The stream's oldest batches, up to the number `most`, that make up about so many bytes.
fn oldest(transaction: &Transaction<'_>, stream: &Stream, most: u64, bytes: u64) -> Result<Lot, SpoolError> {
    let mut statement = transaction.prepare_cached(
        "select seq, bytes, count, from_at, to_at, synchronised from batch
         where stream = ?1 and seq between ?2 and ?3 order by seq",
    )?;
    let mut rows = statement.query(params![stream.number, Number(stream.held.first), Number(most)])?;
    let mut lot = Lot::default();
    while lot.bytes < bytes {
        let Some(row) = rows.next()? else {
            // Holes at the end of the range leave with it.
            lot.through = most;
            break;
        };
        let (Number(seq), Number(size), Number(count)) = (row.get(0)?, row.get(1)?, row.get(2)?);
        lot.through = seq;
        lot.bytes = lot.bytes.saturating_add(size).saturating_add(ROW_OVERHEAD);
        // What is acknowledged is not lost.
        if seq > stream.held.through {
            let synchronised: bool = row.get(5)?;
            let instant = |column| -> rusqlite::Result<Option<Timestamp>> {
                let instant = Timestamp::from_milliseconds(row.get(column)?);
                Ok(synchronised.then_some(instant))
            };
            lot.batches += 1;
            lot.readings += count.min(BATCH_RECORDS as u64);
            lot.from = [lot.from, instant(3)?].into_iter().flatten().min();
            lot.to = lot.to.max(instant(4)?);
        }
    }
    Ok(lot)
}

/// Deletes a lot; what of it was not acknowledged is noted as a loss.
fn give_up(
    transaction: &Transaction<'_>,
    stream: &mut Stream,
    lot: &Lot,
    why: &str,
) -> Result<Dropped, SpoolError> {
    let first = stream.held.first.max(stream.held.through + 1);
    delete(transaction, stream, lot.through)?;
    if lot.through >= first {
        let id = stream.held.stream.clone();
        let notice = lost(&id, (first, lot.through), (lot.from, lot.to), lot.readings, why);
        streams::note_loss(transaction, stream, notice)?;
    }
    Ok(Dropped {
        batches: lot.batches,
        readings: lot.readings,
    })
}

/// Gives up a stream's lowest batches, up to this one.
pub(super) fn give_up_through(
    transaction: &Transaction<'_>,
    stream: &mut Stream,
    seq: u64,
    why: &str,
) -> Result<Dropped, SpoolError> {
    let lot = oldest(transaction, stream, seq, u64::MAX)?;
    give_up(transaction, stream, &lot, why)
}

/// Drops what was acknowledged before `before`. Acknowledgements from a time without a clock count from now. Returns whether nothing
/// is left to drop.
pub(super) fn drop_old(
    transaction: &Transaction<'_>,
    streams: &mut [Stream],
    before: Timestamp,
    now: Timestamp,
) -> Result<bool, SpoolError> {
    transaction
        .prepare_cached("update acknowledged set at = ?1 where at is null")?
        .execute([now.milliseconds()])?;
    let mut done = true;
    for stream in streams {
        let through: Option<Number> = transaction
            .prepare_cached("select max(through) from acknowledged where stream = ?1 and at < ?2")?
            .query_row(params![stream.number, before.milliseconds()], |row| row.get(0))?;
        let Some(Number(through)) = through else {
            continue;
        };
        let most = stream.held.first.saturating_add(OLD_AT_ONCE - 1);
        delete(transaction, stream, through.min(most))?;
        if through > most {
            done = false;
            continue;
        }
        transaction
            .prepare_cached("delete from acknowledged where stream = ?1 and through <= ?2")?
            .execute(params![stream.number, Number(through)])?;
    }
    Ok(done)
}

/// Deletes a stream's batches up to `through`.
pub(super) fn delete(
    transaction: &Transaction<'_>,
    stream: &mut Stream,
    through: u64,
) -> Result<(), SpoolError> {
    let held = &mut stream.held;
    if through < held.first {
        return Ok(());
    }
    transaction
        .prepare_cached("delete from batch where stream = ?1 and seq between ?2 and ?3")?
        .execute(params![stream.number, Number(held.first), Number(through)])?;
    held.first = through.min(held.last) + 1;
    Ok(())
}
