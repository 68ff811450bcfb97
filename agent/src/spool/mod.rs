//! The durable spool: every batch of readings in one SQLite file, until it was acknowledged and 48 h have passed. The
//! spool, not the MQTT client, is the truth about what was sent.
//!
//! One writer (`Spool`), behind a lock that only the gatherer's thread holds for long; a reader of its own for the
//! uplink, which therefore never waits for the disk.

mod away;
mod batch;
mod error;
mod fold;
mod gather;
mod group;
mod join;
mod memory;
mod meta;
mod notes;
mod number;
mod old_place;
mod owner;
mod reader;
mod records;
mod salvage;
mod schema;
mod space;
mod streams;
#[cfg(test)]
mod tests;
mod unreadable;
mod unspooled;
mod writer;

use std::fs::File;
use std::path::{Path, PathBuf};

use plenum_protocol::streams::sender::KEEP;
use plenum_protocol::streams::{Class, Lost, StreamId};
use plenum_protocol::{AgentName, Duration, Timestamp};
use rusqlite::{Connection, params};
use tokio::sync::watch;

use crate::config::SpoolConfig;
use crate::moment::Moment;
use away::Away;
pub use batch::Batch;
pub use error::SpoolError;
pub(crate) use gather::lock;
pub use gather::{GatherCounters, Gatherer, Input, Queue, Samples};
pub use join::Join;
pub use memory::Memory;
pub use notes::Notes;
pub use owner::{Holding, SpoolAtRest};
pub use reader::{Placing, Row, SpoolReader};
pub use records::RecordError;
use salvage::Rescued;
pub use streams::Head;
use streams::Stream;
use unspooled::Unnumbered;

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
    memory: Memory,
    /// Where it lies while its file cannot be opened.
    away: Option<Away>,
    looked_for_old: Option<Duration>,
    unnumbered: Option<Unnumbered>,
    dropped: Dropped,
    is_rescued: bool,
    heads: watch::Sender<Vec<Head>>,
}

/// What was given up before it was acknowledged, since the start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Dropped {
    /// Batches, of any size.
    pub batches: u64,
    /// Readings in them, and those that never were in one.
    pub readings: u64,
}

impl Spool {
    /// Opens the file, or makes it, and draws this start's streams. What can be read of a damaged one is saved into a new file; what cannot
    /// is told as lost.
    pub fn open(config: &SpoolConfig, boot_id: &str, now: Moment) -> Result<Self, SpoolError> {
        Self::opened(config, boot_id, now, None)
    }

    /// As [`open`](Self::open); one that is another agent's is refused.
    pub fn open_as(
        name: &AgentName,
        config: &SpoolConfig,
        boot_id: &str,
        now: Moment,
    ) -> Result<Self, SpoolError> {
        Self::opened(config, boot_id, now, Some(name))
    }

    fn opened(
        config: &SpoolConfig,
        boot_id: &str,
        now: Moment,
        name: Option<&AgentName>,
    ) -> Result<Self, SpoolError> {
        old_place::refuse_left_behind(&config.path)?;
        let claim = schema::claim(&config.path)?;
        salvage::finish(&config.path)?;
        let mut rescued = None;
        if schema::suspect_mark(&config.path).exists() {
            rescued = Some(salvage::rescue(&config.path, now.wall)?);
        }
        let begun = |rescued: Option<&Rescued>| {
            let mut spool = Self::new(config, rescued)?;
            if let Some(name) = name {
                owner::refuse_another(&spool.connection, &spool.path, name)?;
            }
            spool.begin(boot_id, now)?;
            Ok(spool)
        };
        let mut spool = match begun(rescued.as_ref()) {
            Err(SpoolError::Damaged(error)) if rescued.is_none() => {
                tracing::error!(path = %config.path.display(), %error, "the spool is damaged");
                begun(Some(&salvage::rescue(&config.path, now.wall)?))?
            }
            other => other?,
        };
        spool.claim = Some(claim);
        Ok(spool)
    }

    fn new(config: &SpoolConfig, rescued: Option<&Rescued>) -> Result<Self, SpoolError> {
        let connection = schema::open(&config.path)?;
        let mut spool = Self::around(connection, config, config.maximum.0);
        spool.is_rescued = rescued.is_some();
        // With the streams went the names under which the loss could be told.
        if rescued.is_some_and(|rescued| rescued.streams == 0) {
            spool.unnumbered = Some(Unnumbered {
                count: 0,
                from: None,
                to: None,
                why: "a card that broke: the spool could not be read".to_owned(),
            });
        }
        Ok(spool)
    }

    fn around(connection: Connection, config: &SpoolConfig, maximum: u64) -> Self {
        Self {
            connection,
            claim: None,
            path: config.path.clone(),
            maximum,
            boot: 0,
            boot_offset: None,
            streams: Vec::new(),
            urgent: 0,
            routine: 0,
            notes: Notes::default(),
            memory: Memory::new(streams::name(), 0),
            away: None,
            looked_for_old: None,
            unnumbered: None,
            dropped: Dropped::default(),
            is_rescued: false,
            heads: watch::Sender::new(Vec::new()),
        }
    }

    fn begin(&mut self, boot_id: &str, now: Moment) -> Result<(), SpoolError> {
        let transaction = self.connection.transaction()?;
        transaction.execute("insert or ignore into boot(id) values (?1)", [boot_id])?;
        let (boot, offset): (i64, Option<i64>) = transaction.query_row(
            "select number, offset from boot where id = ?1",
            [boot_id],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        streams::refuse_orphans(&transaction)?;
        let given_up = streams::give_up_boots_without_clock(&transaction, boot)?;
        let latest: Option<i64> =
            transaction.query_row("select max(latest) from stream", (), |row| row.get(0))?;
        fold::fold_earlier(&transaction)?;
        streams::forget_boots(&transaction, boot)?;
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
        if let Some(stream) = streams.iter().find(|stream| stream.number == urgent) {
            self.memory = Memory::new(stream.held.stream.clone(), stream.held.last);
        }
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
            if let Some(stream) = streams.iter_mut().find(|stream| stream.number == number) {
                batch::append(&transaction, stream, self.boot, batch, records, now)?;
            }
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

    /// Where the uplink leaves what is to be written with the next commit.
    pub fn notes(&self) -> Notes {
        self.notes.clone()
    }

    /// What goes past a disk that does not take it.
    pub fn memory(&self) -> Memory {
        self.memory.clone()
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
        self.maximum = match &mut self.away {
            Some(away) => away.bound(maximum),
            None => maximum,
        };
    }

    /// Marks the file as damaged, so that the next start saves what can be read.
    pub fn mark_suspect(&self) {
        let mark = schema::suspect_mark(&self.path);
        if let Err(error) = plenum_link::private::make_file(&mark) {
            tracing::error!(mark = %mark.display(), %error, "cannot mark the spool as damaged");
        }
    }

    /// Ends an orderly run.
    pub fn close(&mut self, now: Moment) -> Result<(), SpoolError> {
        self.commit(&[], now)?;
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
