//! The uplink's way to read the spool beside its writer, and where a row's readings stand in time at a sending.

use std::path::Path;

use plenum_protocol::streams::StreamId;
use plenum_protocol::{Duration, Reading, Timestamp};
use rusqlite::{Connection, params};

use super::number::Number;
use super::{RecordError, SpoolError, batch, optional, records, schema};
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
        read(&self.connection, &self.boot_id, stream, seq)
    }
}

/// Reads a batch and sees that it is the one that was written under this name; absent if it is not there.
pub(super) fn read(
    connection: &Connection,
    boot_id: &str,
    stream: &StreamId,
    seq: u64,
) -> Result<Option<Row>, SpoolError> {
    let number = connection
        .prepare_cached("select number from stream where id = ?1")?
        .query_row([stream.as_str()], |row| row.get::<_, i64>(0));
    let Some(number) = optional(number)? else {
        return Ok(None);
    };
    let place = (number, seq);
    // Spools of before numbered their rows otherwise.
    let found = match by(
        connection,
        "b.number = ?1",
        [batch::row_number(number, seq)],
        place,
    )? {
        Some(found) => Some(found),
        None => by(
            connection,
            "b.stream = ?1 and b.seq = ?2",
            params![number, Number(seq)],
            place,
        )?,
    };
    let Some((content, spooled, boot)) = found else {
        return Ok(None);
    };
    let unreadable = |source| SpoolError::Row {
        stream: stream.to_string(),
        seq,
        source,
    };
    let readings = content.map_err(unreadable)?;
    let (boot, offset) = boot.unwrap_or_default();
    if boot.is_empty() && !spooled.synchronised {
        return Err(unreadable(RecordError::Boot));
    }
    Ok(Some(Row {
        readings,
        spooled,
        this_boot: boot == boot_id,
        boot_offset: offset.map(Duration::from_milliseconds),
    }))
}

/// A row's readings or why there are none, its clocks, and its boot with that boot's offset.
type Found = (
    Result<Vec<Reading>, RecordError>,
    Moment,
    Option<(String, Option<i64>)>,
);

fn by(
    connection: &Connection,
    condition: &str,
    parameters: impl rusqlite::Params,
    place: (i64, u64),
) -> Result<Option<Found>, SpoolError> {
    let mut statement = connection.prepare_cached(&format!(
        "select b.records, b.wall, b.boot_clock, b.synchronised, b.boot, b.seal, o.id, o.offset from batch b
         left join boot o on o.number = b.boot where {condition}"
    ))?;
    Ok(optional(statement.query_row(parameters, |row| {
        let records = row.get_ref(0)?.as_blob()?;
        let (wall, boot_clock, synchronised, boot) = (row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?);
        let sealed: Option<i64> = row.get(5)?;
        let seal = batch::seal(place, (boot, boot_clock, wall, synchronised), records);
        let readings = match sealed.is_none_or(|sealed| sealed == seal) {
            true => records::decode(records),
            false => Err(RecordError::Checksum),
        };
        let spooled = Moment {
            wall: Timestamp::from_milliseconds(wall),
            boot: Duration::from_milliseconds(boot_clock),
            synchronised,
        };
        let boot: Option<String> = row.get(6)?;
        let offset: Option<i64> = row.get(7)?;
        Ok((readings, spooled, boot.map(|boot| (boot, offset))))
    }))?)
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
