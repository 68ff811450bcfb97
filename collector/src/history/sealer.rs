//! The reader that fills the history: entries into memory, and from there into chunks, a few series a transaction.

use std::collections::HashMap;
use std::sync::RwLock;
use std::sync::atomic::Ordering;

use plenum_core::expectation::Era;
use plenum_core::fact::{Entry, Gap, Item, Report, SystemKind};
use plenum_protocol::clock::Steps;
use plenum_protocol::{Duration, Series, Steady, Timestamp};
use rusqlite::Connection;
use tokio_util::sync::CancellationToken;

use super::chunk::Chunk;
use super::file::is_damage;
use super::point::Point;
use super::store::{History, HistoryError};
use super::tail::Due;
use super::{gaps, schema};
use crate::database::{DatabaseError, HISTORY, Identity};
use crate::journal::{Group, Journal, Reader, condition};

/// The reader's name in the journal.
pub(super) const READER: &str = "history";
/// Series and readings that one transaction seals at most.
const SERIES: usize = 32;
const READINGS: usize = 131_072;
/// How often what is due by time is looked for, and the cursor stored.
const LOOK: Duration = Duration::from_seconds(10);
/// After a full disk.
const RETRY: Duration = Duration::from_seconds(2);
/// While the file cannot be written though it was begun anew.
const DAMAGED_RETRY: Duration = Duration::from_seconds(60);

/// Which chunks hold what was committed before the restart.
#[derive(Default)]
struct Sealed {
    /// Empty once everything of before the restart has been read.
    through: RwLock<HashMap<(u32, i64), u64>>,
    /// Entries up to this one are merged by their instants, whatever chunks say.
    distrusted: u64,
}

impl History {
    /// Reads the journal until `stop`; at the end everything stays where it is, the journal holds what is not sealed.
    pub async fn run(self, journal: Journal, stop: CancellationToken) -> Result<(), HistoryError> {
        let identity = journal.database().write(Identity::load).await?;
        let origin = identity.database.to_string();
        let end = journal.opened_at();
        let adopt = move |connection: &Connection| schema::adopt(connection, &origin, end);
        let distrusted = self.insist(adopt).await?;
        self.say_damage(&journal).await;
        let mut sealed = Sealed {
            distrusted,
            ..Sealed::default()
        };
        let mut reader = journal.reader(READER).await?;
        self.0.counters.number.store(reader.number(), Ordering::Relaxed);
        self.0.applied.send_replace(reader.number());
        let target = *journal.head().borrow();
        let mut looked = Steady::MIN;
        let mut steps = Steps::new(self.0.clock.as_ref());
        loop {
            self.look_at_clock(&mut steps);
            if reader.number() >= target && !self.is_ready() {
                // What is new is in no chunk: nothing is asked of them any more.
                sealed = Sealed {
                    distrusted: u64::MAX,
                    ..Sealed::default()
                };
                self.tails_mut().live = true;
                self.0.ready.store(true, Ordering::Release);
            }
            // Looked at before an entry is fetched: the cursor must never pass one that was not applied.
            if stop.is_cancelled() {
                return self.pause(&reader).await;
            }
            let entry = match reader.try_next().await? {
                Some(entry) => Some(entry),
                None => tokio::select! {
                    entry = reader.next() => Some(entry?),
                    () = self.0.clock.sleep(LOOK) => None,
                    // Ends when the wall clock is set.
                    () = self.0.clock.wake_at(Timestamp::MAX) => None,
                    () = stop.cancelled() => return self.pause(&reader).await,
                },
            };
            self.look_at_clock(&mut steps);
            if let Some(entry) = entry {
                self.apply(&entry, &sealed).await?;
                self.0.applied.send_replace(entry.number);
            }
            let crowded = {
                let tails = self.tails();
                tails.full || tails.readings > self.0.bound
            };
            // By the steady clock: an entry's `received` is an order, and the wall clock may be set at any instant.
            let now = self.0.clock.steady();
            let look = now.since(looked) >= LOOK;
            if look || crowded {
                self.seal(now, reader.number(), &stop).await?;
            }
            if look {
                looked = now;
                if self.0.file.damage.take_repair() {
                    self.repair().await;
                }
                self.say_damage(&journal).await;
                self.store_cursor(&reader).await?;
            }
        }
    }

    /// What is known goes by the time that went by where the wall clock was set since the last look.
    fn look_at_clock(&self, steps: &mut Steps) {
        let clock = self.0.clock.as_ref();
        if let Some(by) = steps.look(clock) {
            self.tails_mut().clock_was_set(by, clock.now());
        }
    }

    /// Seals everything that is in memory now, whatever is due: for a bench or a backup that compares sizes.
    pub async fn seal_all(&self) -> Result<(), HistoryError> {
        let number = self.0.counters.number.load(Ordering::Relaxed);
        self.seal(Steady::MAX, number, &CancellationToken::new()).await
    }

    async fn pause(&self, reader: &Reader) -> Result<(), HistoryError> {
        self.store_cursor(reader).await
    }

    async fn store_cursor(&self, reader: &Reader) -> Result<(), HistoryError> {
        let needed = self.tails().needed_after();
        let number = needed.unwrap_or(reader.number()).min(reader.number());
        match reader.advance(number).await {
            // It only means that more is read again after a restart.
            Err(error) if error.may_be_tried_again() => Ok(()),
            other => Ok(other?),
        }
    }

    async fn apply(&self, entry: &Entry, sealed: &Sealed) -> Result<(), HistoryError> {
        let mut lost = Vec::new();
        let mut changed: Vec<(Series, Era)> = Vec::new();
        let trusted = entry.number > sealed.distrusted;
        if trusted {
            self.look_up(entry, sealed).await?;
        }
        {
            let through = sealed
                .through
                .read()
                .unwrap_or_else(std::sync::PoisonError::into_inner);
            let sealed = |series, period| match trusted {
                true => through.get(&(series, period)).copied().unwrap_or(0),
                false => 0,
            };
            let (steady, wall) = (self.0.clock.steady(), self.0.clock.now());
            let mut tails = self.tails_mut();
            for (index, item) in entry.items.iter().enumerate() {
                match item {
                    Item::Batch(batch) => {
                        let written = (entry.number, entry.received);
                        let added = tails.add(batch, written, (steady, wall), &sealed);
                        let twice = batch.readings.len() - added;
                        self.0.counters.added.fetch_add(added as u64, Ordering::Relaxed);
                        self.0
                            .counters
                            .duplicates
                            .fetch_add(twice as u64, Ordering::Relaxed);
                    }
                    Item::Gap(gap) => {
                        tails.lose(&gap.agent, (gap.from, gap.to));
                        lost.push((index, gap.clone()));
                    }
                    Item::Presence(_) | Item::Expectation(_) => {
                        changed.extend(tails.expect(item, entry.received.min(wall)));
                    }
                    Item::System(_) => tails.look_for_step(item),
                    Item::Words(_)
                    | Item::Action(_)
                    | Item::Revision(_)
                    | Item::Audited(_)
                    | Item::Work(_)
                    | Item::Unknown { .. } => {}
                }
            }
        }
        self.0.counters.number.store(entry.number, Ordering::Relaxed);
        if !lost.is_empty() || !changed.is_empty() {
            let number = entry.number;
            self.insist(move |connection| {
                for (index, gap) in &lost {
                    gaps::store(connection, number, *index, gap as &Gap)?;
                }
                for (series, era) in &changed {
                    schema::set_expectation(connection, series, *era)?;
                }
                Ok(())
            })
            .await?;
        }
        Ok(())
    }

    /// Which of an entry's readings are in chunks already: those of before the restart.
    async fn look_up(&self, entry: &Entry, sealed: &Sealed) -> Result<(), HistoryError> {
        let mut wanted = Vec::new();
        {
            let known = sealed
                .through
                .read()
                .unwrap_or_else(std::sync::PoisonError::into_inner);
            let tails = self.tails();
            for item in &entry.items {
                let Item::Batch(batch) = item else { continue };
                for reading in &batch.readings {
                    let Some(slot) = tails.find_channel(&batch.agent, &reading.channel) else {
                        continue;
                    };
                    let state = &tails.all[slot];
                    let key = (state.id, super::point::period_of(reading.at.milliseconds()));
                    if state.periods.is_some() && !known.contains_key(&key) && !wanted.contains(&key) {
                        wanted.push(key);
                    }
                }
            }
        }
        if wanted.is_empty() {
            return Ok(());
        }
        let history = self.clone();
        let read = move || {
            history.0.file.read(|connection| {
                let through = |(series, period): &(u32, i64)| {
                    let chunk = schema::chunk(connection, *period, *series)?;
                    let through = match chunk {
                        Some(Ok(chunk)) => chunk.sealed_through,
                        Some(Err(_)) | None => 0,
                    };
                    Ok(((*series, *period), through))
                };
                wanted.iter().map(through).collect::<rusqlite::Result<Vec<_>>>()
            })
        };
        let found = match tokio::task::spawn_blocking(read).await {
            Ok(Ok(found)) => found,
            // What cannot be read is merged by its instants.
            Ok(Err(error)) if is_damage(&error) => return Ok(()),
            Ok(Err(error)) => return Err(error.into()),
            Err(_) => return Ok(()),
        };
        let mut known = sealed
            .through
            .write()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        known.extend(found);
        Ok(())
    }

    async fn seal(&self, now: Steady, number: u64, stop: &CancellationToken) -> Result<(), HistoryError> {
        let due = self.tails_mut().due(now, self.0.bound);
        let mut rest = &due[..];
        while !rest.is_empty() && !stop.is_cancelled() {
            let group = self.group(rest);
            let count = group.len();
            let sealed: usize = group.iter().map(|work| work.points.len()).sum();
            self.insist(move |connection| {
                for work in &group {
                    work.seal(connection, number)?;
                }
                schema::merged(connection, number)
            })
            .await?;
            let mut tails = self.tails_mut();
            for due in &rest[..count] {
                tails.sealed(*due);
            }
            self.0.counters.chunks.fetch_add(count as u64, Ordering::Relaxed);
            self.0.counters.sealed.fetch_add(sealed as u64, Ordering::Relaxed);
            rest = &rest[count..];
        }
        Ok(())
    }

    /// What the next transaction seals.
    fn group(&self, due: &[Due]) -> Vec<Work> {
        let tails = self.tails();
        let mut group: Vec<Work> = Vec::new();
        let mut readings = 0;
        for due in due.iter().take(SERIES) {
            let state = &tails.all[due.slot];
            let points = state
                .tails
                .get(&due.period)
                .map_or(Vec::new(), |tail| tail.points.clone());
            if !group.is_empty() && readings + points.len() > READINGS {
                break;
            }
            readings += points.len();
            group.push(Work {
                id: state.id,
                series: state.series.clone(),
                period: due.period,
                points,
            });
        }
        group
    }

    /// Writes; waits and tries again while the disk is full or busy, and while readers keep the write-ahead log from beginning anew. A damaged file
    /// is begun anew once; the journal holds what is not written meanwhile.
    async fn insist<T: Send + 'static>(
        &self,
        work: impl Fn(&Connection) -> rusqlite::Result<T> + Clone + Send + 'static,
    ) -> Result<T, DatabaseError> {
        let mut repaired = false;
        loop {
            let Some(database) = self.0.file.database() else {
                self.repair().await;
                self.0.clock.sleep(RETRY).await;
                continue;
            };
            if database.is_crowded() {
                database.checkpoint().await?;
                if database.is_crowded() {
                    drop(database);
                    self.0.counters.held.fetch_add(1, Ordering::Relaxed);
                    self.0.clock.sleep(RETRY).await;
                    continue;
                }
            }
            let written = database.write(work.clone()).await;
            drop(database);
            match written {
                Err(error) if error.may_be_tried_again() => {
                    tracing::warn!(%error, "the history cannot be written; it is tried again");
                    self.0.clock.sleep(RETRY).await;
                }
                Err(error) if is_damage(&error) && !repaired => {
                    self.repair().await;
                    repaired = true;
                }
                Err(error) if is_damage(&error) => {
                    tracing::error!(%error, "the history cannot be written though it was begun anew; the journal holds what comes");
                    self.0.clock.sleep(DAMAGED_RETRY).await;
                }
                other => return other,
            }
        }
    }

    /// Begins the file anew with what can be read of it.
    async fn repair(&self) {
        let history = self.clone();
        let repair = move || {
            history.0.file.repair(history.0.clock.now())?;
            // Where chunks begin and end was asked of the chunks.
            let stored = history.0.file.read(schema::series)?;
            history.tails_mut().put_right(&stored);
            Ok::<(), DatabaseError>(())
        };
        match tokio::task::spawn_blocking(repair).await {
            Ok(Ok(())) => tracing::warn!("history.db was begun anew with what could be read of it"),
            Ok(Err(error)) => tracing::error!(%error, "history.db cannot be begun anew"),
            Err(error) => tracing::error!(%error, "history.db cannot be begun anew"),
        }
    }

    /// Says in the journal what was found damaged since the last time; and that it is over, when a start has looked at everything and found nothing.
    async fn say_damage(&self, journal: &Journal) {
        let damage = &self.0.file.damage;
        let whole = self.0.checked.load(Ordering::Acquire) && damage.is_none();
        let report = match damage.take_news() {
            Some(findings) => Report::Damaged { findings },
            None if whole && !self.0.said_whole.swap(true, Ordering::AcqRel) => Report::OVER,
            None => return,
        };
        let subject = HISTORY.name;
        let say = move |connection: &Connection, group: &mut Group| {
            condition::say(connection, group, SystemKind::HistoryDamaged, subject, report)
        };
        if let Err(error) = journal.append_with(say).await {
            tracing::error!(%error, "that history.db is damaged cannot be written into the journal; it is tried again");
            damage.say_again();
        }
    }
}

/// One series and period to seal.
#[derive(Clone)]
struct Work {
    id: u32,
    series: plenum_protocol::Series,
    period: i64,
    points: Vec<Point>,
}

impl Work {
    fn seal(&self, connection: &Connection, through: u64) -> rusqlite::Result<()> {
        schema::add_series(connection, self.id, &self.series)?;
        let stored = schema::chunk(connection, self.period, self.id)?;
        let merged = stored
            .unwrap_or_else(|| Ok(Chunk::default()))
            .and_then(|mut chunk| {
                chunk.merge(self.points.clone(), through)?;
                Ok(chunk)
            });
        let chunk = match merged {
            Ok(chunk) => chunk,
            Err(damaged) => {
                tracing::error!(series = %self.series, period = self.period, %damaged, "a chunk was set aside");
                schema::set_aside(connection, self.period, self.id, &damaged.to_string())?;
                Chunk::new(&self.points, through)
            }
        };
        schema::store(connection, self.period, self.id, &chunk)
    }
}
