//! Makes space in a full spool and deletes what is old. Which batches leave, `plenum_protocol::streams::next_eviction` decides.

use plenum_protocol::Timestamp;
use plenum_protocol::streams::next_eviction;
use rusqlite::{Transaction, params};

use super::number::Number;
use super::streams::{self, Stream};
use super::{Dropped, SpoolError, lost};

/// About what a row costs beside its records: its columns, its entry in the index, its share of half-filled pages.
pub(super) const ROW_OVERHEAD: u64 = 160;
/// The write-ahead log and its index, beside the database itself.
const BESIDE: u64 = 256 * 1024;

/// The bytes of the database that hold something.
pub(super) fn used(transaction: &Transaction<'_>) -> Result<u64, SpoolError> {
    let number = |pragma: &str| -> Result<u64, SpoolError> {
        Ok(transaction
            .prepare_cached(pragma)?
            .query_row((), |row| row.get(0).map(|Number(number)| number))?)
    };
    let pages = number("pragma page_count")?.saturating_sub(number("pragma freelist_count")?);
    Ok(pages * number("pragma page_size")?)
}

/// Makes space for `need` more bytes below `maximum`.
pub(super) fn make(
    transaction: &Transaction<'_>,
    streams: &mut [Stream],
    maximum: u64,
    need: u64,
) -> Result<Dropped, SpoolError> {
    let mut dropped = Dropped::default();
    while used(transaction)? + need + BESIDE.min(maximum / 4) > maximum {
        let Some(eviction) = next_eviction(streams.iter().map(|stream| &stream.held)) else {
            break;
        };
        let Some(stream) = streams
            .iter_mut()
            .find(|stream| stream.held.stream == eviction.stream)
        else {
            break;
        };
        if eviction.acknowledged {
            delete(transaction, stream, eviction.through)?;
        } else {
            dropped.add(give_up(transaction, stream, eviction.through, "full spool")?);
        }
    }
    Ok(dropped)
}

/// Gives up a stream's lowest batch and notes the loss.
pub(super) fn give_up(
    transaction: &Transaction<'_>,
    stream: &mut Stream,
    seq: u64,
    why: &str,
) -> Result<Dropped, SpoolError> {
    let (Number(count), from, to, synchronised): (Number, i64, i64, bool) = transaction
        .prepare_cached(
            "select count, from_at, to_at, synchronised from batch where stream = ?1 and seq = ?2",
        )?
        .query_row(params![stream.number, Number(seq)], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
        })?;
    delete(transaction, stream, seq)?;
    let instant = |milliseconds| synchronised.then_some(Timestamp::from_milliseconds(milliseconds));
    let id = stream.held.stream.clone();
    let notice = lost(&id, (seq, seq), (instant(from), instant(to)), count, why);
    streams::note_loss(transaction, stream, notice)?;
    Ok(Dropped {
        batches: 1,
        readings: count,
    })
}

/// Drops what was acknowledged before `before`. Acknowledgements from a time without a clock count from now.
pub(super) fn drop_old(
    transaction: &Transaction<'_>,
    streams: &mut [Stream],
    before: Timestamp,
    now: Timestamp,
) -> Result<(), SpoolError> {
    transaction
        .prepare_cached("update acknowledged set at = ?1 where at is null")?
        .execute([now.milliseconds()])?;
    for stream in streams {
        let through: Option<Number> = transaction
            .prepare_cached("select max(through) from acknowledged where stream = ?1 and at < ?2")?
            .query_row(params![stream.number, before.milliseconds()], |row| row.get(0))?;
        let Some(through) = through else {
            continue;
        };
        delete(transaction, stream, through.0)?;
        transaction
            .prepare_cached("delete from acknowledged where stream = ?1 and through <= ?2")?
            .execute(params![stream.number, through])?;
    }
    Ok(())
}

/// Deletes a stream's batches up to `through`.
fn delete(transaction: &Transaction<'_>, stream: &mut Stream, through: u64) -> Result<(), SpoolError> {
    transaction
        .prepare_cached("delete from batch where stream = ?1 and seq <= ?2")?
        .execute(params![stream.number, Number(through)])?;
    streams::refresh_first(transaction, stream)
}
