//! The spool's streams: drawn at every start, listed while they hold something, acknowledged, forgotten.

use std::collections::BTreeMap;

use plenum_protocol::streams::{Class, Held, Lost, StreamId};
use plenum_protocol::{Duration, Timestamp};
use rusqlite::{Connection, Row, Transaction, params};

use super::number::Number;
use super::{Dropped, SpoolError, Unnumbered, lost, optional, space};
use crate::moment::Moment;

/// A stream as the uplink and the status see it. Nothing is held when `first` is `last + 1`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Its name.
    pub id: StreamId,
    /// Urgent or routine.
    pub class: Class,
    /// The lowest number still held.
    pub first: u64,
    /// The highest number spooled.
    pub last: u64,
    /// Acknowledged up to here.
    pub through: u64,
    /// What went before it was acknowledged and has not been acknowledged as lost.
    pub lost: Option<Lost>,
    /// Whether readings still go into it.
    pub current: bool,
    /// Whether a collector may have heard of it. Until then it is neither listed nor sent.
    pub told: bool,
}

/// A stream with its row number.
#[derive(Debug, Clone)]
pub(super) struct Stream {
    pub(super) number: i64,
    pub(super) held: Held,
    pub(super) told: bool,
}

impl Stream {
    /// As the uplink sees it.
    pub(super) fn head(&self, current: bool) -> Head {
        let held = &self.held;
        Head {
            id: held.stream.clone(),
            class: held.class,
            first: held.first,
            last: held.last,
            through: held.through,
            lost: held.lost.clone(),
            current,
            told: self.told,
        }
    }
}

/// Why, as the collector is told.
const WITHOUT_CLOCK: &str = "earlier boot without a clock";

/// A name that was never used.
pub(super) fn name() -> StreamId {
    StreamId::from_random(rand::random())
}

/// Opens a new stream.
pub(super) fn draw(transaction: &Transaction<'_>, id: &StreamId, class: Class) -> Result<i64, SpoolError> {
    transaction.execute(
        "insert into stream(id, urgent, last, through, told) values (?1, ?2, 0, 0, 0)",
        params![id.as_str(), class == Class::Urgent],
    )?;
    Ok(transaction.last_insert_rowid())
}

/// Opens a stream whose only batch stands for readings that were lost before they had a number: so the collector
/// sees a gap and is told why.
pub(super) fn draw_lost(transaction: &Transaction<'_>, unnumbered: &Unnumbered) -> Result<i64, SpoolError> {
    let stream = draw(transaction, &name(), Class::Routine)?;
    transaction.execute("update stream set last = 1 where number = ?1", [stream])?;
    transaction.execute(
        "insert into loss(stream, first, last, count, from_at, to_at, why) values (?1, 1, 1, ?2, ?3, ?4, ?5)",
        params![
            stream,
            Number(unnumbered.count),
            unnumbered.from.map(Timestamp::milliseconds),
            unnumbered.to.map(Timestamp::milliseconds),
            unnumbered.why,
        ],
    )?;
    Ok(stream)
}

/// The greatest number that goes over the wire; above it something else was read than was written.
const GREATEST: u64 = 1 << 53;

const COLUMNS: &str = "select s.number, s.id, s.urgent,
    max(s.last, coalesce((select max(seq) from batch where stream = s.number), 0)), s.through,
    (select min(seq) from batch where stream = s.number),
    l.first, l.last, l.count, l.from_at, l.to_at, l.why, s.told
    from stream s left join loss l on l.stream = s.number";

/// All streams, oldest first.
pub(super) fn load(connection: &Connection) -> Result<Vec<Stream>, SpoolError> {
    let mut statement = connection.prepare(&format!("{COLUMNS} order by s.number"))?;
    let rows = statement.query_map((), read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The stream in this row; an error if there is none.
pub(super) fn load_one(transaction: &Transaction<'_>, number: i64) -> Result<Stream, SpoolError> {
    Ok(transaction.query_row(&format!("{COLUMNS} where s.number = ?1"), [number], read)?)
}

fn read(row: &Row<'_>) -> rusqlite::Result<Stream> {
    let text: String = row.get(1)?;
    let id: StreamId = text.parse().map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(1, rusqlite::types::Type::Text, Box::new(error))
    })?;
    let Number(last) = row.get(3)?;
    if last >= GREATEST {
        return Err(rusqlite::Error::IntegralValueOutOfRange(3, last.cast_signed()));
    }
    let instant = |column| -> rusqlite::Result<Option<Timestamp>> {
        Ok(row
            .get::<_, Option<i64>>(column)?
            .map(Timestamp::from_milliseconds))
    };
    let notice = match row.get(6)? {
        Some(Number(from_seq)) => {
            let why: String = row.get(11)?;
            let seqs = (from_seq, row.get::<_, Number>(7)?.0);
            Some(lost(
                &id,
                seqs,
                (instant(9)?, instant(10)?),
                row.get::<_, Number>(8)?.0,
                &why,
            ))
        }
        None => None,
    };
    Ok(Stream {
        number: row.get(0)?,
        told: row.get(12)?,
        held: Held {
            stream: id,
            class: if row.get(2)? {
                Class::Urgent
            } else {
                Class::Routine
            },
            first: row.get::<_, Option<Number>>(5)?.map_or(last + 1, |first| first.0),
            last,
            through: row.get::<_, Number>(4)?.0.min(last),
            lost: notice,
        },
    })
}

/// Writes what the collector has acknowledged.
pub(super) fn apply_acknowledged(
    transaction: &Transaction<'_>,
    streams: &mut [Stream],
    acknowledged: &BTreeMap<StreamId, u64>,
    now: Moment,
) -> Result<(), SpoolError> {
    for stream in streams {
        let Some(through) = acknowledged.get(&stream.held.stream) else {
            continue;
        };
        let through = (*through).min(stream.held.last);
        let rises = through > stream.held.through;
        apply_through(transaction, stream, through)?;
        if rises {
            // To the full minute, so that a busy day leaves 1,440 notes a stream at most; upwards, so that none goes early.
            let minute = Duration::from_minutes(1);
            let at = now
                .synchronised
                .then(|| (now.wall.align_down(minute) + minute).milliseconds());
            transaction
                .prepare_cached("delete from acknowledged where stream = ?1 and at is ?2")?
                .execute(params![stream.number, at])?;
            transaction
                .prepare_cached(
                    "insert or replace into acknowledged(stream, through, at) values (?1, ?2, ?3)",
                )?
                .execute(params![stream.number, Number(through), at])?;
        }
    }
    Ok(())
}

/// Sets a stream's `through`, which falls when the collector was restored.
pub(super) fn apply_through(
    transaction: &Transaction<'_>,
    stream: &mut Stream,
    through: u64,
) -> Result<(), SpoolError> {
    if through == stream.held.through {
        return Ok(());
    }
    transaction
        .prepare_cached("update stream set through = ?2 where number = ?1")?
        .execute(params![stream.number, Number(through)])?;
    if through < stream.held.through {
        transaction.execute(
            "delete from acknowledged where stream = ?1 and through > ?2",
            params![stream.number, Number(through)],
        )?;
    }
    let told = stream.held.lost.is_some();
    stream.held.acknowledge(through);
    if told && stream.held.lost.is_none() {
        transaction.execute("delete from loss where stream = ?1", [stream.number])?;
    }
    Ok(())
}

/// Adds to what a stream has lost.
pub(super) fn note_loss(
    connection: &Connection,
    stream: &mut Stream,
    notice: Lost,
) -> Result<(), SpoolError> {
    stream.held.lose(notice);
    write_loss(connection, stream)
}

/// Writes what a stream has lost, if anything.
pub(super) fn write_loss(connection: &Connection, stream: &Stream) -> Result<(), SpoolError> {
    let Some(lost) = &stream.held.lost else {
        return Ok(());
    };
    connection
        .prepare_cached(
            "insert or replace into loss(stream, first, last, count, from_at, to_at, why) values (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute(params![
            stream.number,
            Number(lost.from_seq),
            Number(lost.to_seq),
            Number(lost.count),
            lost.from.map(Timestamp::milliseconds),
            lost.to.map(Timestamp::milliseconds),
            lost.why,
        ])?;
    Ok(())
}

/// Forgets streams that the uplink no longer lists.
pub(super) fn forget(
    transaction: &Transaction<'_>,
    streams: &mut Vec<Stream>,
    closed: &[StreamId],
) -> Result<(), SpoolError> {
    for id in closed {
        let Some(index) = streams.iter().position(|stream| stream.held.stream == *id) else {
            continue;
        };
        if streams[index].held.is_empty() {
            let stream = streams.remove(index);
            delete(transaction, stream.number)?;
        }
    }
    Ok(())
}

/// An error if there are batches of a stream that is not there: its row was lost.
pub(super) fn refuse_orphans(connection: &Connection) -> Result<(), SpoolError> {
    let mut stream = Some(0);
    while let Some(before) = stream {
        stream = connection
            .prepare_cached("select min(stream) from batch where stream > ?1")?
            .query_row([before], |row| row.get::<_, Option<i64>>(0))?;
        if let Some(number) = stream
            && !connection
                .prepare_cached("select exists (select 1 from stream where number = ?1)")?
                .query_row([number], |row| row.get(0))?
        {
            return Err(rusqlite::Error::IntegralValueOutOfRange(0, number).into());
        }
    }
    Ok(())
}

/// Forgets a stream and all that it holds.
pub(super) fn forget_all(transaction: &Transaction<'_>, number: i64) -> Result<(), SpoolError> {
    transaction.execute("delete from batch where stream = ?1", [number])?;
    delete(transaction, number)
}

fn delete(transaction: &Transaction<'_>, number: i64) -> Result<(), SpoolError> {
    for table in ["acknowledged", "loss"] {
        transaction.execute(&format!("delete from {table} where stream = ?1"), [number])?;
    }
    transaction.execute("delete from stream where number = ?1", [number])?;
    Ok(())
}

/// Forgets boots from before the oldest batch; a few are kept in any case.
pub(super) fn forget_boots(transaction: &Transaction<'_>, boot: i64) -> Result<(), SpoolError> {
    const KEPT: i64 = 64;
    let oldest: Option<i64> = optional(transaction.query_row(
        "select boot from batch order by number limit 1",
        (),
        |row| row.get(0),
    ))?;
    let before = oldest.unwrap_or(boot).min(boot - KEPT);
    transaction.execute("delete from boot where number < ?1", [before])?;
    Ok(())
}

/// Gives up what earlier boots spooled without ever having had a clock: nobody can say any more when that was. A stream holds the batches
/// of boots with a clock, or those of one without: its first batch speaks for all.
pub(super) fn give_up_boots_without_clock(
    transaction: &Transaction<'_>,
    boot: i64,
) -> Result<Dropped, SpoolError> {
    let mut dropped = Dropped::default();
    let unplaced: Option<i64> = optional(transaction.query_row(
        "select 1 from boot where offset is null and number <> ?1 limit 1",
        [boot],
        |row| row.get(0),
    ))?;
    if unplaced.is_none() {
        return Ok(dropped);
    }
    for mut stream in load(transaction)? {
        let homeless: Option<i64> = optional(transaction.query_row(
            "select 1 from batch b join boot o on o.number = b.boot
             where b.stream = ?1 and b.seq = ?2 and b.synchronised = 0 and o.offset is null and o.number <> ?3",
            params![stream.number, Number(stream.held.first), boot],
            |row| row.get(0),
        ))?;
        if homeless.is_none() {
            continue;
        }
        let last = stream.held.last;
        dropped.add(space::give_up_through(
            transaction,
            &mut stream,
            last,
            WITHOUT_CLOCK,
        )?);
    }
    Ok(dropped)
}
