//! A batch as a row: where it lies, and the seal that says whether what is read back is what was written under its name.

use plenum_protocol::Reading;
use plenum_protocol::streams::Class;
use rusqlite::{Connection, params};

use super::number::Number;
use super::streams::Stream;
use super::{SpoolError, records};
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

impl Row {
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
