//! A spool that lies in memory, because its disk is full, read-only or broken and the file cannot be opened for writing. The agent samples and
//! sends all the same, as far as memory reaches; the file is tried again, and takes over what waits as soon as it opens.

use std::sync::{Arc, Mutex};

use plenum_protocol::streams::Class;
use plenum_protocol::{AgentName, Size};
use rusqlite::types::Value;
use rusqlite::{Connection, Transaction, params};

use super::gather::lock;
use super::meta;
use super::number::Number;
use super::{Spool, SpoolError, SpoolReader, batch, schema, streams};
use crate::config::SpoolConfig;
use crate::moment::Moment;
use crate::timebase::Timebase;

/// What such a spool may hold.
const MAXIMUM: u64 = 8 << 20;

/// Where a spool lies that is not at home, and where it belongs.
#[derive(Debug, Clone)]
pub(super) struct Away {
    place: String,
    name: AgentName,
    home: SpoolConfig,
}

impl Away {
    /// What it may hold there while the file's bound is `maximum`.
    pub(super) fn bound(&mut self, maximum: u64) -> u64 {
        self.home.maximum = Size(maximum);
        maximum.min(MAXIMUM)
    }
}

impl Spool {
    /// Begins this start in memory. What can be read of the file, which collector is followed and how many starts there were, is taken over.
    pub fn open_away(
        name: &AgentName,
        config: &SpoolConfig,
        boot_id: &str,
        now: Moment,
    ) -> Result<Self, SpoolError> {
        let place = format!("file:/plenum-spool-{:032x}?vfs=memdb", rand::random::<u128>());
        let connection =
            schema::open_in_memory(&place).map_err(|error| SpoolError::unopened(&config.path, error))?;
        let (starts, database) = schema::remembered(&config.path);
        if let Some(starts) = starts {
            meta::set_starts(&connection, starts)?;
        }
        if let Some(database) = database {
            meta::follow(&connection, &database)?;
        }
        let mut away = Away {
            place,
            name: name.clone(),
            home: config.clone(),
        };
        let maximum = away.bound(config.maximum.0);
        let mut spool = Self::around(connection, config, maximum);
        spool.away = Some(away);
        spool.begin(boot_id, now)?;
        spool.memory.set_away(true, None);
        Ok(spool)
    }

    /// A way to read it beside the writer.
    pub fn reader(&self, boot_id: &str) -> Result<SpoolReader, SpoolError> {
        match &self.away {
            Some(away) => SpoolReader::open(std::path::Path::new(&away.place), boot_id),
            None => SpoolReader::open(&self.path, boot_id),
        }
    }

    /// Tries to open the file of a spool that lies in memory, and moves there.
    pub(super) fn return_home(spool: &Arc<Mutex<Self>>, timebase: &Timebase) {
        let Some(away) = lock(spool).away.clone() else {
            return;
        };
        let opened = Self::open_as(&away.name, &away.home, timebase.boot_id(), timebase.now());
        let opened = opened.and_then(|mut disk| {
            let mut before = lock(spool);
            disk.take_over(&mut before)?;
            let reader = disk.reader(timebase.boot_id())?;
            *before = disk;
            Ok((before.memory(), reader))
        });
        match opened {
            Ok((memory, reader)) => {
                tracing::info!(spool = %away.home.path.display(), "the spool opens again; what went by memory is spooled");
                memory.set_away(false, Some(reader));
            }
            Err(error) => {
                tracing::debug!(
                    error = &error as &dyn std::error::Error,
                    "the spool still does not open"
                );
            }
        }
    }

    /// Takes over this start's streams, under their names and numbers, from the spool in memory.
    fn take_over(&mut self, from: &mut Self) -> Result<(), SpoolError> {
        let transaction = self.connection.transaction()?;
        for own in [self.urgent, self.routine] {
            transaction.execute("delete from stream where number = ?1", [own])?;
        }
        let (mut urgent, mut routine) = (self.urgent, self.routine);
        for stream in &from.streams {
            let number = streams::draw(&transaction, &stream.held.stream, stream.held.class)?;
            transaction.execute(
                "update stream set last = ?2, through = ?3, told = ?4 where number = ?1",
                params![
                    number,
                    Number(stream.held.last),
                    Number(stream.held.through),
                    stream.told
                ],
            )?;
            copy(&from.connection, stream.number, &transaction, number, self.boot)?;
            match stream.held.class {
                Class::Urgent if stream.number == from.urgent => urgent = number,
                Class::Routine if stream.number == from.routine => routine = number,
                _ => {}
            }
        }
        if let (None, Some(offset)) = (self.boot_offset, from.boot_offset) {
            transaction.execute(
                "update boot set offset = ?2 where number = ?1",
                params![self.boot, offset.milliseconds()],
            )?;
        }
        if let (None, Some(pinned)) = (meta::followed(&transaction)?, meta::followed(&from.connection)?) {
            meta::follow(&transaction, &pinned)?;
        }
        let streams = streams::load(&transaction)?;
        transaction.commit()?;
        (self.streams, self.urgent, self.routine) = (streams, urgent, routine);
        self.boot_offset = self.boot_offset.or(from.boot_offset);
        self.unnumbered = from.unnumbered.take().or(self.unnumbered.take());
        self.dropped.add(from.dropped);
        self.notes = from.notes.clone();
        self.memory = from.memory.clone();
        // Whoever looks at the heads goes on to look.
        std::mem::swap(&mut self.heads, &mut from.heads);
        self.tell_heads();
        Ok(())
    }
}

/// Copies a stream's batches, what was lost of it and when it was acknowledged.
fn copy(
    from: &Connection,
    before: i64,
    to: &Transaction<'_>,
    number: i64,
    boot: i64,
) -> Result<(), SpoolError> {
    let mut select = from.prepare(
        "select seq, boot_clock, wall, synchronised, count, from_at, to_at, records from batch where stream = ?1 order by seq",
    )?;
    let mut rows = select.query([before])?;
    while let Some(row) = rows.next()? {
        let at = |column| row.get::<_, i64>(column);
        let copied = batch::Row {
            stream: number,
            seq: row.get::<_, Number>(0)?.0,
            boot,
            boot_clock: at(1)?,
            wall: at(2)?,
            synchronised: row.get(3)?,
            count: row.get::<_, Number>(4)?.0,
            from: at(5)?,
            to: at(6)?,
            records: row.get(7)?,
        };
        copied.insert(to)?;
    }
    for (table, columns) in [
        ("loss", "first, last, count, from_at, to_at, why"),
        ("acknowledged", "through, at"),
    ] {
        let count = columns.split(',').count();
        let places: Vec<String> = (2..count + 2).map(|place| format!("?{place}")).collect();
        let mut insert = to.prepare(&format!(
            "insert into {table}(stream, {columns}) values (?1, {})",
            places.join(", ")
        ))?;
        let mut select = from.prepare(&format!("select {columns} from {table} where stream = ?1"))?;
        let mut rows = select.query([before])?;
        while let Some(row) = rows.next()? {
            insert.raw_bind_parameter(1, number)?;
            for column in 0..count {
                insert.raw_bind_parameter(column + 2, row.get::<_, Value>(column)?)?;
            }
            insert.raw_execute()?;
        }
    }
    to.execute(
        "update stream set latest = (select max(to_at) from batch where stream = ?1 and synchronised = 1) where number = ?1",
        [number],
    )?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use plenum_link::SystemClock;
    use plenum_protocol::{Reading, Timestamp};

    use super::*;
    use crate::config::ClockTrust;
    use crate::spool::{Batch, Head};

    fn batch(class: Class, at: i64) -> Batch {
        let at = Timestamp::from_milliseconds(at);
        Batch {
            class,
            readings: vec![Reading::new("smoke-1/smoke".parse().unwrap(), at, Ok(1.0))],
        }
    }

    fn used(spool: &Spool) -> Vec<Head> {
        let heads = spool.heads().borrow().clone();
        heads.into_iter().filter(|head| head.last > 0).collect()
    }

    #[test]
    fn what_waited_in_memory_moves_to_the_file_under_its_names_and_numbers() {
        let folder = tempfile::tempdir().unwrap();
        let config = SpoolConfig {
            path: folder.path().join("spool.db"),
            maximum: Size(1 << 20),
        };
        let timebase = Timebase::new(SystemClock::shared(), ClockTrust::Trusted).unwrap();
        let (id, now) = (timebase.boot_id(), timebase.now());
        let mut earlier = Spool::open(&config, id, now).unwrap();
        assert_eq!(earlier.next_start().unwrap(), 1);
        earlier.pin(&"d-1".parse().unwrap()).unwrap();
        earlier.commit(&[batch(Class::Routine, 1)], now).unwrap();
        let before = used(&earlier);
        drop(earlier);

        let mut spool = Spool::open_away(&"zaandam/pi-a1".parse().unwrap(), &config, id, now).unwrap();
        assert_eq!(spool.next_start().unwrap(), 2);
        assert_eq!(spool.pinned().unwrap().unwrap().as_str(), "d-1");
        assert!(spool.memory().is_in_use());
        let both = [batch(Class::Urgent, 2), batch(Class::Routine, 3)];
        spool.commit(&both, now).unwrap();
        spool.commit(&both, now).unwrap();
        let urgent = spool.memory().acknowledged().0;
        spool.notes().acknowledge(&urgent, 1);
        spool.lose_unspooled(&both[1].readings, "full disk");
        spool.commit(&[], now).unwrap();
        assert_eq!(spool.tell().unwrap().len(), 3);
        let waited = used(&spool);
        let reader = spool.reader(id).unwrap();
        let row = reader.row(&urgent, 2).unwrap().unwrap();
        let heads = spool.heads();

        let spool = Arc::new(Mutex::new(spool));
        Spool::return_home(&spool, &timebase);
        let mut spool = spool.lock().unwrap();
        assert!(!spool.memory().is_in_use() && heads.has_changed().unwrap());
        let earlier: Vec<Head> = before
            .into_iter()
            .map(|head| Head {
                current: false,
                ..head
            })
            .collect();
        assert_eq!(used(&spool), [earlier, waited].concat());
        let reader = spool.memory().take_reader().unwrap();
        assert_eq!(reader.row(&urgent, 2).unwrap().unwrap(), row);
        spool.commit(&both, now).unwrap();
        assert_eq!(reader.row(&urgent, 3).unwrap().unwrap(), row);
        drop((spool, reader));
        let later = SpoolReader::open(&config.path, id).unwrap();
        assert!(later.row(&urgent, 3).unwrap().is_some());
    }
}
