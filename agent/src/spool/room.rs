//! Who goes when the spool is full: what was acknowledged, then the oldest routine batch, then the oldest urgent one.

use plenum_protocol::Timestamp;
use plenum_protocol::streams::Class;
use rusqlite::{Transaction, params};

use super::number::Number;
use super::streams::{self, Stream};
use super::{Dropped, SpoolError, lost, optional};

/// About what a row costs beside its records: its columns, its place in the index, its share of half-filled pages.
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
    let pages = number("PRAGMA page_count")?.saturating_sub(number("PRAGMA freelist_count")?);
    Ok(pages * number("PRAGMA page_size")?)
}

/// Makes room for `need` more bytes below `maximum`.
pub(super) fn make(
    transaction: &Transaction<'_>,
    streams: &mut [Stream],
    maximum: u64,
    need: u64,
) -> Result<Dropped, SpoolError> {
    let mut dropped = Dropped::default();
    while used(transaction)? + need + BESIDE.min(maximum / 4) > maximum {
        if drop_acknowledged(transaction, streams)? {
            continue;
        }
        let oldest = match oldest(transaction, Class::Routine)? {
            None => oldest(transaction, Class::Urgent)?,
            found => found,
        };
        let Some((number, seq)) = oldest else {
            break;
        };
        let Some(stream) = streams.iter_mut().find(|stream| stream.number == number) else {
            break;
        };
        dropped.add(give_up(transaction, stream, seq, "full spool")?);
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
            "SELECT count, from_at, to_at, synchronised FROM batch WHERE stream = ?1 AND seq = ?2",
        )?
        .query_row(params![stream.number, Number(seq)], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
        })?;
    transaction
        .prepare_cached("DELETE FROM batch WHERE stream = ?1 AND seq <= ?2")?
        .execute(params![stream.number, Number(seq)])?;
    let instant = |milliseconds| synchronised.then_some(Timestamp::from_milliseconds(milliseconds));
    let id = stream.head.id.clone();
    let notice = lost(&id, (seq, seq), (instant(from), instant(to)), count, why);
    streams::note_loss(transaction, stream, notice)?;
    stream.head.first = seq + 1;
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
        .prepare_cached("UPDATE acknowledged SET at = ?1 WHERE at IS NULL")?
        .execute([now.milliseconds()])?;
    for stream in streams {
        let through: Option<Number> = transaction
            .prepare_cached("SELECT max(through) FROM acknowledged WHERE stream = ?1 AND at < ?2")?
            .query_row(params![stream.number, before.milliseconds()], |row| row.get(0))?;
        let Some(through) = through else {
            continue;
        };
        transaction
            .prepare_cached("DELETE FROM batch WHERE stream = ?1 AND seq <= ?2")?
            .execute(params![stream.number, through])?;
        transaction
            .prepare_cached("DELETE FROM acknowledged WHERE stream = ?1 AND through <= ?2")?
            .execute(params![stream.number, through])?;
        streams::refresh_first(transaction, stream)?;
    }
    Ok(())
}

fn drop_acknowledged(transaction: &Transaction<'_>, streams: &mut [Stream]) -> Result<bool, SpoolError> {
    let mut statement = transaction.prepare_cached(
        "DELETE FROM batch WHERE number IN (SELECT b.number FROM batch b JOIN stream s ON s.number = b.stream
         WHERE b.seq <= s.through ORDER BY b.number LIMIT 32) RETURNING stream",
    )?;
    let touched: Vec<i64> = statement
        .query_map((), |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    for stream in streams
        .iter_mut()
        .filter(|stream| touched.contains(&stream.number))
    {
        streams::refresh_first(transaction, stream)?;
    }
    Ok(!touched.is_empty())
}

fn oldest(transaction: &Transaction<'_>, class: Class) -> Result<Option<(i64, u64)>, SpoolError> {
    Ok(optional(
        transaction
            .prepare_cached(
                "SELECT b.stream, b.seq FROM batch b JOIN stream s ON s.number = b.stream
                 WHERE s.urgent = ?1 ORDER BY b.number LIMIT 1",
            )?
            .query_row([class == Class::Urgent], |row| {
                Ok((row.get(0)?, row.get::<_, Number>(1)?.0))
            }),
    )?)
}
