//! The durable spool: every batch of readings in one SQLite file, until it was acknowledged and 48 h have passed. The
//! spool, not the MQTT client, is the truth about what was sent.
//!
//! One writer (`Spool`), behind a lock that only the gatherer's thread holds for long; a reader of its own for the
//! uplink, which therefore never waits for the disk.

mod error;
mod gather;
mod notes;
mod number;
mod old_place;
mod reader;
mod records;
mod schema;
mod space;
mod streams;
#[cfg(test)]
mod tests;

use std::fs::File;
use std::path::{Path, PathBuf};

use plenum_protocol::streams::sender::KEEP;
use plenum_protocol::streams::{Class, DatabaseId, Lost, StreamId};
use plenum_protocol::{Duration, Reading, Timestamp};
use rusqlite::{Connection, Transaction, params};
use tokio::sync::watch;

use crate::config::SpoolConfig;
use crate::moment::Moment;
pub use error::SpoolError;
pub(crate) use gather::lock;
pub use gather::{GatherCounters, Gatherer, Input, Queue, Samples};
pub use notes::Notes;
use number::Number;
pub use reader::{Placing, Row, SpoolReader};
pub use records::RecordError;
pub use streams::Head;
use streams::Stream;

const COMMANDS_REMEMBERED: u32 = 1_000;

/// The writer's side of the spool.
pub struct Spool {
    connection: Connection,
    claim: Option<File>,
    path: PathBuf,
    maximum: u64,
    boot: i64,
    boot_offset: Option<Duration>,
    streams: Vec<Stream>,
    urgent: i64,
    routine: i64,
    notes: Notes,
    looked_for_old: Option<Duration>,
    unnumbered: Option<Unnumbered>,
    dropped: Dropped,
    heads: watch::Sender<Vec<Head>>,
}

/// Readings that were lost before they had a number.
#[derive(Debug, Clone)]
struct Unnumbered {
    count: u64,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
    why: String,
}

/// What was given up before it was acknowledged, since the start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Dropped {
    /// Batches, of any size.
    pub batches: u64,
    /// Readings in them, and those that never were in one.
    pub readings: u64,
}

/// A batch to be spooled.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch {
    /// Its stream's class.
    pub class: Class,
    /// Its readings, in order; at most `senml::BATCH_RECORDS`.
    pub readings: Vec<Reading>,
}

impl Spool {
    /// Opens the file, or makes it, and draws this start's streams. A damaged file is moved aside and the loss is told by
    /// the first batch.
    pub fn open(config: &SpoolConfig, boot_id: &str, now: Moment) -> Result<Self, SpoolError> {
        old_place::refuse_left_behind(&config.path)?;
        let claim = schema::claim(&config.path)?;
        let (connection, aside) = schema::open(&config.path, now.wall)?;
        let mut spool = Self {
            connection,
            claim: Some(claim),
            path: config.path.clone(),
            maximum: config.maximum.0,
            boot: 0,
            boot_offset: None,
            streams: Vec::new(),
            urgent: 0,
            routine: 0,
            notes: Notes::default(),
            looked_for_old: None,
            unnumbered: None,
            dropped: Dropped::default(),
            heads: watch::Sender::new(Vec::new()),
        };
        if let Some(aside) = aside {
            tracing::error!(kept = %aside.display(), "the damaged spool was moved aside; what it held is lost");
            spool.unnumbered = Some(Unnumbered {
                count: 0,
                from: None,
                to: None,
                why: "a card that broke: the spool could not be read".to_owned(),
            });
        }
        spool.begin(boot_id, now)?;
        Ok(spool)
    }

    fn begin(&mut self, boot_id: &str, now: Moment) -> Result<(), SpoolError> {
        let transaction = self.connection.transaction()?;
        transaction.execute("insert or ignore into boot(id) values (?1)", [boot_id])?;
        let (boot, offset): (i64, Option<i64>) = transaction.query_row(
            "select number, offset from boot where id = ?1",
            [boot_id],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        let given_up = streams::give_up_boots_without_clock(&transaction, boot)?;
        let latest: Option<i64> =
            transaction.query_row("select max(latest) from stream", (), |row| row.get(0))?;
        streams::forget_empty(&transaction)?;
        transaction.execute(
            "delete from boot where number <> ?1 and number not in (select boot from batch)",
            [boot],
        )?;
        let urgent = streams::draw(&transaction, &streams::name(), Class::Urgent)?;
        let routine = streams::draw(&transaction, &streams::name(), Class::Routine)?;
        transaction.execute(
            "update stream set latest = ?2 where number = ?1",
            params![urgent, latest],
        )?;
        if let Some(unnumbered) = self.unnumbered.take() {
            streams::draw_lost(&transaction, &unnumbered)?;
        }
        let streams = streams::load(&transaction)?;
        transaction.commit()?;
        if given_up.batches > 0 {
            tracing::error!(
                batches = given_up.batches,
                readings = given_up.readings,
                "readings of an earlier boot, whose clock was never set, cannot be placed in time and are given up"
            );
        }
        self.dropped.add(given_up);
        self.boot = boot;
        self.boot_offset = offset.map(Duration::from_milliseconds);
        self.urgent = urgent;
        self.routine = routine;
        self.streams = streams;
        self.note_synchronised(now)?;
        self.tell_heads();
        Ok(())
    }

    /// Makes batches durable: when this returns they survive everything but a card that lies. Acknowledgements that came in
    /// since go with them.
    pub fn commit(&mut self, batches: &[Batch], now: Moment) -> Result<(), SpoolError> {
        self.note_synchronised(now)?;
        let mut streams = self.streams.clone();
        let mut dropped = Dropped::default();
        let notes = self.notes.look();
        let look_for_old = now.synchronised
            && self
                .looked_for_old
                .is_none_or(|looked| now.boot - looked >= Duration::from_minutes(1));
        let batches: Vec<_> = batches
            .iter()
            .filter(|batch| !batch.readings.is_empty())
            .map(|batch| (batch, records::encode(&batch.readings)))
            .collect();
        let transaction = self.connection.transaction()?;
        streams::apply_acknowledged(&transaction, &mut streams, &notes.acknowledged, now)?;
        let looked = look_for_old && space::drop_old(&transaction, &mut streams, now.wall - KEEP, now.wall)?;
        streams::forget(&transaction, &mut streams, &notes.closed)?;
        if let Some(unnumbered) = &self.unnumbered {
            let number = streams::draw_lost(&transaction, unnumbered)?;
            streams.push(streams::load_one(&transaction, number)?);
        }
        let need = |records: &Vec<u8>| records.len() as u64 + space::ROW_OVERHEAD;
        let need = batches.iter().map(|(_, records)| need(records)).sum();
        dropped.add(space::make(&transaction, &mut streams, self.maximum, need)?);
        for (batch, records) in batches {
            let number = match batch.class {
                Class::Urgent => self.urgent,
                Class::Routine => self.routine,
            };
            insert(&transaction, &mut streams, number, self.boot, batch, records, now)?;
        }
        transaction.commit()?;
        if dropped.batches > 0 {
            tracing::warn!(
                batches = dropped.batches,
                readings = dropped.readings,
                "the spool is full: the oldest readings went"
            );
        }
        if looked {
            self.looked_for_old = Some(now.boot);
        }
        self.dropped.add(dropped);
        self.streams = streams;
        self.notes.written(&notes);
        self.unnumbered = None;
        self.tell_heads();
        Ok(())
    }

    /// Makes space on a full disk: gives up the oldest until about this many bytes of the file are free again.
    pub fn make_space(&mut self, bytes: u64) -> Result<(), SpoolError> {
        let mut streams = self.streams.clone();
        let transaction = self.connection.transaction()?;
        let dropped = space::free(&transaction, &mut streams, bytes)?;
        transaction.commit()?;
        self.dropped.add(dropped);
        self.streams = streams;
        self.tell_heads();
        Ok(())
    }

    /// Notes that readings were lost before they could be spooled; the next commit tells it.
    pub fn lose_unspooled(&mut self, readings: &[Reading], why: &str) {
        let count = readings.len() as u64;
        let from = readings.iter().map(|reading| reading.at).min();
        let to = readings.iter().map(|reading| reading.at).max();
        self.dropped.readings += count;
        let before = self.unnumbered.take();
        self.unnumbered = Some(match before {
            Some(before) => Unnumbered {
                count: before.count + count,
                from: [before.from, from].into_iter().flatten().min(),
                to: before.to.max(to),
                why: before.why,
            },
            None => Unnumbered {
                count,
                from,
                to,
                why: why.to_owned(),
            },
        });
    }

    /// Gives up a batch that cannot be read back, once everything before it is acknowledged. Returns whether it did.
    pub fn give_up_unreadable(&mut self, stream: &StreamId, seq: u64) -> Result<bool, SpoolError> {
        let Some(index) = self.streams.iter().position(|known| known.held.stream == *stream) else {
            return Ok(false);
        };
        let through = self.notes.look().acknowledged.get(stream).copied().unwrap_or(0);
        if self.streams[index].held.through.max(through) + 1 < seq {
            return Ok(false);
        }
        let mut streams = self.streams.clone();
        let transaction = self.connection.transaction()?;
        streams::apply_through(&transaction, &mut streams[index], through.max(seq - 1))?;
        let dropped = space::give_up_through(
            &transaction,
            &mut streams[index],
            seq,
            "a card that broke: a batch could not be read back",
        )?;
        transaction.commit()?;
        self.dropped.add(dropped);
        self.streams = streams;
        self.tell_heads();
        Ok(true)
    }

    /// Where the uplink leaves what is to be written with the next commit.
    pub fn notes(&self) -> Notes {
        self.notes.clone()
    }

    /// From here on routine readings go to this fresh stream, so that they overtake the backlog.
    pub fn open_routine(&mut self, id: &StreamId) -> Result<(), SpoolError> {
        let transaction = self.connection.transaction()?;
        let number = streams::draw(&transaction, id, Class::Routine)?;
        let stream = streams::load_one(&transaction, number)?;
        transaction.commit()?;
        self.streams.push(stream);
        self.routine = number;
        self.tell_heads();
        Ok(())
    }

    /// Counts the starts of the agent, also across crashes.
    pub fn next_start(&mut self) -> Result<u64, SpoolError> {
        let number: i64 = self.connection.query_row(
            "insert into meta(key, value) values ('start', 1)
             on conflict(key) do update set value = value + 1 returning value",
            (),
            |row| row.get(0),
        )?;
        Ok(number.unsigned_abs())
    }

    /// The collector's database that this agent follows.
    pub fn pinned(&self) -> Result<Option<DatabaseId>, SpoolError> {
        let text: Option<String> = optional(self.connection.query_row(
            "select value from meta where key = 'database'",
            (),
            |row| row.get(0),
        ))?;
        Ok(text.and_then(|text| text.parse().ok()))
    }

    /// Follows this database from now on.
    pub fn pin(&mut self, database: &DatabaseId) -> Result<(), SpoolError> {
        self.connection.execute(
            "insert or replace into meta(key, value) values ('database', ?1)",
            [database.as_str()],
        )?;
        Ok(())
    }

    /// Remembers a command. Returns false if it was known already.
    pub fn remember_command(&mut self, id: &str) -> Result<bool, SpoolError> {
        let transaction = self.connection.transaction()?;
        let new = transaction.execute("insert or ignore into command(id) values (?1)", [id])? == 1;
        transaction.execute(
            "delete from command where number <= (select max(number) from command) - ?1",
            [COMMANDS_REMEMBERED],
        )?;
        transaction.commit()?;
        Ok(new)
    }

    /// The newest instant that was ever spooled under a synchronised clock.
    pub fn latest(&self) -> Result<Option<Timestamp>, SpoolError> {
        let latest: Option<i64> = self
            .connection
            .query_row("select max(latest) from stream", (), |row| row.get(0))?;
        Ok(latest.map(Timestamp::from_milliseconds))
    }

    /// The offset that corrects what this boot's clock stamped before it was set.
    pub fn boot_offset(&self) -> Option<Duration> {
        self.boot_offset
    }

    /// The streams, oldest first, as they change.
    pub fn heads(&self) -> watch::Receiver<Vec<Head>> {
        self.heads.subscribe()
    }

    /// What was given up since the start.
    pub fn dropped(&self) -> Dropped {
        self.dropped
    }

    /// The SQLite file; `-wal`, `-shm` and `.lock` stand beside it.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Another bound, from a reloaded configuration.
    pub fn set_maximum(&mut self, maximum: u64) {
        self.maximum = maximum;
    }

    /// Marks the file as damaged, so that the next start moves it aside.
    pub fn mark_suspect(&self) {
        let mark = schema::suspect_mark(&self.path);
        if let Err(error) = plenum_link::private::make_file(&mark) {
            tracing::error!(mark = %mark.display(), %error, "cannot mark the spool as damaged");
        }
    }

    /// Ends an orderly run: the next start need not check the whole file.
    pub fn close(&mut self, now: Moment) -> Result<(), SpoolError> {
        self.commit(&[], now)?;
        self.connection
            .execute("update meta set value = 1 where key = 'clean'", ())?;
        self.connection
            .query_row("pragma wal_checkpoint(TRUNCATE)", (), |_| Ok(()))?;
        self.claim = None;
        Ok(())
    }

    fn note_synchronised(&mut self, now: Moment) -> Result<(), SpoolError> {
        if now.synchronised && self.boot_offset.is_none() {
            self.connection.execute(
                "update boot set offset = ?2 where number = ?1",
                params![self.boot, now.offset().milliseconds()],
            )?;
            self.boot_offset = Some(now.offset());
        }
        Ok(())
    }

    fn tell_heads(&self) {
        let in_use = [self.urgent, self.routine];
        self.heads.send_replace(
            self.streams
                .iter()
                .map(|stream| stream.head(in_use.contains(&stream.number)))
                .collect(),
        );
    }
}

impl Dropped {
    fn add(&mut self, other: Self) {
        self.batches += other.batches;
        self.readings += other.readings;
    }
}

fn insert(
    transaction: &Transaction<'_>,
    streams: &mut [Stream],
    number: i64,
    boot: i64,
    batch: &Batch,
    records: Vec<u8>,
    now: Moment,
) -> Result<(), SpoolError> {
    let Some(stream) = streams.iter_mut().find(|stream| stream.number == number) else {
        return Ok(());
    };
    stream.held.last += 1;
    let instants = || batch.readings.iter().map(|reading| reading.at.milliseconds());
    let (from, to) = (instants().min().unwrap_or(0), instants().max().unwrap_or(0));
    transaction
        .prepare_cached(
            "insert into batch(number, stream, seq, boot, boot_clock, wall, synchronised, count, from_at, to_at, bytes, records)
             values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
        )?
        .execute(params![
            row_number(number, stream.held.last),
            number,
            Number(stream.held.last),
            boot,
            now.boot.milliseconds(),
            now.wall.milliseconds(),
            now.synchronised,
            Number(batch.readings.len() as u64),
            from,
            to,
            Number(records.len() as u64),
            records,
        ])?;
    transaction
        .prepare_cached("update stream set last = ?2, latest = max(coalesce(latest, ?3), coalesce(?3, latest)) where number = ?1")?
        .execute(params![number, Number(stream.held.last), now.synchronised.then_some(to)])?;
    Ok(())
}

/// The row of a batch: a stream's batches lie together, so that those that leave together free whole pages. Spools of before counted
/// their rows from 1 over all streams.
fn row_number(stream: i64, seq: u64) -> i64 {
    (stream << 32).saturating_add_unsigned(seq)
}

/// Absent where there is no row.
fn optional<T>(result: rusqlite::Result<T>) -> rusqlite::Result<Option<T>> {
    match result {
        Err(rusqlite::Error::QueryReturnedNoRows) => Ok(None),
        other => other.map(Some),
    }
}

/// A notice of loss without the stream's name, as the table holds it.
fn lost(
    stream: &StreamId,
    (from_seq, to_seq): (u64, u64),
    (from, to): (Option<Timestamp>, Option<Timestamp>),
    count: u64,
    why: &str,
) -> Lost {
    Lost {
        stream: stream.clone(),
        from_seq,
        to_seq,
        from,
        to,
        count,
        why: why.to_owned(),
    }
}
