//! The uplink's way to read the spool beside its writer, and where a row's readings stand in time at a sending.

use std::path::Path;

use plenum_protocol::streams::StreamId;
use plenum_protocol::{Duration, Reading, Timestamp};
use rusqlite::{Connection, params};

use super::number::Number;
use super::{SpoolError, optional, records, schema};
use crate::moment::Moment;

/// A reading connection of its own.
pub struct SpoolReader {
    connection: Connection,
    boot_id: String,
}

/// A batch as it was spooled.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Its readings with the instants that the wall clock gave them then.
    pub readings: Vec<Reading>,
    /// The clocks when it was spooled.
    pub spooled: Moment,
    /// Whether that was in the boot that runs now.
    pub this_boot: bool,
    /// The offset of that boot's first synchronisation, once known.
    pub boot_offset: Option<Duration>,
}

/// How the instants of a batch are written at a sending.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Placing {
    /// Absolute: the instants with this added.
    Absolute(Duration),
    /// Relative to the sending: now stands at this instant of the row's own clock.
    Relative(Timestamp),
}

impl SpoolReader {
    /// Opens the file that a `Spool` of this process has open.
    pub fn open(path: &Path, boot_id: &str) -> Result<Self, SpoolError> {
        Ok(Self {
            connection: schema::open_reader(path).map_err(|error| SpoolError::open(path, error))?,
            boot_id: boot_id.to_owned(),
        })
    }

    /// Every batch that is held, oldest first, by stream and number.
    pub fn held(&self) -> Result<Vec<(StreamId, u64)>, SpoolError> {
        let mut statement = self.connection.prepare(
            "select s.id, b.seq from batch b join stream s on s.number = b.stream order by b.number",
        )?;
        let rows = statement.query_map((), |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, Number>(1)?.0))
        })?;
        let mut held = Vec::new();
        for row in rows {
            let (id, seq) = row?;
            // A name that is not valid cannot be asked for either.
            if let Ok(id) = id.parse() {
                held.push((id, seq));
            }
        }
        Ok(held)
    }

    /// Reads a batch; absent if it is no longer held.
    pub fn row(&self, stream: &StreamId, seq: u64) -> Result<Option<Row>, SpoolError> {
        let mut statement = self.connection.prepare_cached(
            "select b.records, b.wall, b.boot_clock, b.synchronised, o.id, o.offset from batch b
             join boot o on o.number = b.boot
             where b.stream = (select number from stream where id = ?1) and b.seq = ?2",
        )?;
        let found = optional(statement.query_row(params![stream.as_str(), Number(seq)], |row| {
            let readings = records::decode(row.get_ref(0)?.as_blob()?);
            let spooled = Moment {
                wall: Timestamp::from_milliseconds(row.get(1)?),
                boot: Duration::from_milliseconds(row.get(2)?),
                synchronised: row.get(3)?,
            };
            let boot: String = row.get(4)?;
            Ok((readings, spooled, boot, row.get::<_, Option<i64>>(5)?))
        }))?;
        let Some((readings, spooled, boot, offset)) = found else {
            return Ok(None);
        };
        let readings = readings.map_err(|source| SpoolError::Row {
            stream: stream.to_string(),
            seq,
            source,
        })?;
        Ok(Some(Row {
            readings,
            spooled,
            this_boot: boot == self.boot_id,
            boot_offset: offset.map(Duration::from_milliseconds),
        }))
    }
}

impl Row {
    /// Where the readings stand in time, seen from `now`. What was stamped by a synchronised clock is right for ever; what was
    /// stamped by a free one is corrected once its boot's clock was set, and relative to the sending until then.
    pub fn placing(&self, now: Moment) -> Placing {
        if self.spooled.synchronised {
            return Placing::Absolute(Duration::ZERO);
        }
        match self.boot_offset {
            Some(offset) if now.synchronised || !self.this_boot => {
                Placing::Absolute(offset - self.spooled.offset())
            }
            _ => Placing::Relative(self.spooled.wall + (now.boot - self.spooled.boot)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(wall: i64, boot: i64, synchronised: bool) -> Moment {
        Moment {
            wall: Timestamp::from_milliseconds(wall),
            boot: Duration::from_milliseconds(boot),
            synchronised,
        }
    }

    #[test]
    fn a_row_is_placed_by_what_is_known_of_its_clock() {
        let row = |synchronised, this_boot, offset: Option<i64>| Row {
            readings: Vec::new(),
            spooled: moment(5_000, 1_000, synchronised),
            this_boot,
            boot_offset: offset.map(Duration::from_milliseconds),
        };
        let (set, free) = (moment(909_000, 9_000, true), moment(13_000, 9_000, false));
        let absolute = |shift| Placing::Absolute(Duration::from_milliseconds(shift));
        assert_eq!(row(true, true, None).placing(free), absolute(0));
        assert_eq!(row(true, false, None).placing(set), absolute(0));
        assert_eq!(row(false, true, Some(900_000)).placing(set), absolute(896_000));
        assert_eq!(row(false, false, Some(900_000)).placing(free), absolute(896_000));
        let relative = Placing::Relative(Timestamp::from_milliseconds(13_000));
        assert_eq!(row(false, true, None).placing(free), relative);
        assert_eq!(row(false, true, Some(900_000)).placing(free), relative);
    }
}
