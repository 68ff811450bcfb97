//! A batch as a row: where it lies, and the seal that says whether what is read back is what was written under its name.

use plenum_protocol::Reading;
use plenum_protocol::streams::Class;
use rusqlite::{Connection, Row as SqlRow, params};

use super::number::Number;
use super::streams::Stream;
use super::{SpoolError, optional, records};
use crate::moment::Moment;

/// A batch to be spooled.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch {
    /// Its stream's class.
    pub class: Class,
    /// Its readings, in order; at most `senml::BATCH_RECORDS`.
    pub readings: Vec<Reading>,
}

/// What a row says besides its records' own account.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) stream: i64,
    pub(super) seq: u64,
    pub(super) boot: i64,
    pub(super) boot_clock: i64,
    pub(super) wall: i64,
    pub(super) synchronised: bool,
    pub(super) count: u64,
    pub(super) from: i64,
    pub(super) to: i64,
    pub(super) records: Vec<u8>,
}

/// The columns that [`Row::sound`] reads, but for the seal.
pub(super) const COLUMNS: &str =
    "number, stream, seq, boot, boot_clock, wall, synchronised, count, from_at, to_at, records";

impl Row {
    /// The row of `COLUMNS` and the seal, if it is what was written.
    pub(super) fn sound(row: &SqlRow<'_>) -> rusqlite::Result<Option<Self>> {
        let number: i64 = row.get(0)?;
        let unsigned = |column: usize| -> rusqlite::Result<u64> {
            let value: i64 = row.get(column)?;
            Ok(u64::try_from(value).unwrap_or(0))
        };
        let found = Self {
            stream: row.get(1)?,
            seq: unsigned(2)?,
            boot: row.get(3)?,
            boot_clock: row.get(4)?,
            wall: row.get(5)?,
            synchronised: row.get(6)?,
            count: unsigned(7)?,
            from: row.get(8)?,
            to: row.get(9)?,
            records: row.get(10)?,
        };
        let sealed: Option<i64> = row.get(11)?;
        let clock = (found.boot, found.boot_clock, found.wall, found.synchronised);
        let is_written = match sealed {
            Some(sealed) => sealed == seal((found.stream, found.seq), clock, &found.records),
            // Rows of before, which were counted over all streams.
            None => number != row_number(found.stream, found.seq) && found.seq < 1 << 32,
        };
        let is_sound = is_written
            && found.stream >= 1
            && (1..1 << 53).contains(&found.seq)
            && records::decode(&found.records).is_ok();
        Ok(is_sound.then_some(found))
    }

    /// The row of a batch in a stream.
    pub(super) fn new(
        (stream, seq): (i64, u64),
        boot: i64,
        batch: &Batch,
        records: Vec<u8>,
        now: Moment,
    ) -> Self {
        let instants = || batch.readings.iter().map(|reading| reading.at.milliseconds());
        Self {
            stream,
            seq,
            boot,
            boot_clock: now.boot.milliseconds(),
            wall: now.wall.milliseconds(),
            synchronised: now.synchronised,
            count: batch.readings.len() as u64,
            from: instants().min().unwrap_or(0),
            to: instants().max().unwrap_or(0),
            records,
        }
    }

    /// Writes it.
    pub(super) fn insert(&self, connection: &Connection) -> rusqlite::Result<()> {
        let clock = (self.boot, self.boot_clock, self.wall, self.synchronised);
        connection
            .prepare_cached(
                "insert into batch(number, stream, seq, boot, boot_clock, wall, synchronised, count, from_at, to_at, bytes, records, seal)
                 values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
            )?
            .execute(params![
                row_number(self.stream, self.seq),
                self.stream,
                Number(self.seq),
                self.boot,
                self.boot_clock,
                self.wall,
                self.synchronised,
                Number(self.count),
                self.from,
                self.to,
                Number(self.records.len() as u64),
                self.records,
                seal((self.stream, self.seq), clock, &self.records),
            ])?;
        Ok(())
    }
}

/// Adds a batch to a stream's end.
pub(super) fn append(
    connection: &Connection,
    stream: &mut Stream,
    boot: i64,
    batch: &Batch,
    records: Vec<u8>,
    now: Moment,
) -> Result<(), SpoolError> {
    stream.held.last += 1;
    let row = Row::new((stream.number, stream.held.last), boot, batch, records, now);
    row.insert(connection)?;
    let latest = now.synchronised.then_some(row.to);
    connection
        .prepare_cached(
            "update stream set last = ?2, latest = max(coalesce(latest, ?3), coalesce(?3, latest)) where number = ?1",
        )?
        .execute(params![stream.number, Number(stream.held.last), latest])?;
    Ok(())
}

/// Moves all that a stream holds into another, with `shift` added to the numbers (which may be below zero). What is not what was written
/// stays behind: its number is then a hole, which is given up when its turn comes.
pub(super) fn move_all(connection: &Connection, from: i64, into: i64, shift: i64) -> Result<(), SpoolError> {
    let mut after = 0;
    loop {
        let found = optional(
            connection
                .prepare_cached(&format!(
                    "select {COLUMNS}, seal from batch where stream = ?1 and seq > ?2 order by seq limit 1"
                ))?
                .query_row((from, after), |row| {
                    Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(2)?, Row::sound(row)?))
                }),
        )?;
        let Some((number, seq, row)) = found else {
            return Ok(());
        };
        connection
            .prepare_cached("delete from batch where number = ?1")?
            .execute([number])?;
        let place = seq.saturating_add(shift);
        if let (Some(row), Ok(seq)) = (row, u64::try_from(place)) {
            let moved = Row {
                stream: into,
                seq,
                ..row
            };
            moved.insert(connection)?;
        }
        // Within one stream what was moved down is not met again.
        after = seq;
    }
}

/// The row of a batch: a stream's batches lie together, so that those that leave together free whole pages. Spools of before counted
/// their rows from 1 over all streams.
pub(super) fn row_number(stream: i64, seq: u64) -> i64 {
    (stream << 32).saturating_add_unsigned(seq)
}

/// What a row answers for: its name, its clock and, by their own checksum, its records.
pub(super) fn seal(
    (stream, seq): (i64, u64),
    (boot, boot_clock, wall, synchronised): (i64, i64, i64, bool),
    records: &[u8],
) -> i64 {
    let mut hasher = crc32fast::Hasher::new();
    for number in [
        stream,
        seq.cast_signed(),
        boot,
        boot_clock,
        wall,
        i64::from(synchronised),
    ] {
        hasher.update(&number.to_le_bytes());
    }
    hasher.update(&records[records.len().saturating_sub(records::CHECKSUM)..]);
    i64::from(hasher.finalize())
}
