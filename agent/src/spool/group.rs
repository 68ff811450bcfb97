//! The group that gathers, and the gatherer's thread: what is read is stamped, urgent batches get their numbers, and a group is handed to the
//! disk's thread while the next one gathers. Where the disk fails or is silent, urgent batches are shown to the uplink from memory at once,
//! and routine readings wait.

use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex};

use plenum_protocol::senml::BATCH_RECORDS;
use plenum_protocol::streams::Class;
use plenum_protocol::{Channel, Duration, Reading};

use super::gather::{GatherCounters, Input, lock};
use super::memory::Memory;
use super::writer::{self, Job, Lot, Surplus, Writer, Written};
use super::{Notes, Spool, SpoolError};
use crate::moment::Moment;
use crate::sampler::Sampler;
use crate::timebase::Timebase;

/// The longest that a routine reading waits for others.
const LINGER: Duration = Duration::from_seconds(1);
/// How long acknowledgements wait for a group to travel with.
const ACKNOWLEDGEMENT_LINGER: Duration = Duration::from_seconds(5);
/// How long the disk may take over a group before urgent readings go past it.
const DISK_ANSWERS_WITHIN: Duration = Duration::from_seconds(2);
/// How often a silent disk is looked at, and how long at the end.
const LOOKS_EVERY: Duration = Duration::from_milliseconds(50);
const DISK_ENDS_WITHIN: Duration = Duration::from_seconds(5);
/// Routine readings kept in memory while the disk takes none.
const MEMORY: usize = 20_000;

/// How the disk stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Disk {
    Well,
    /// It refused; it is asked again at this time since boot.
    Refuses(Duration),
    /// It has a group and does not answer.
    Silent,
}

/// What an input asks for beyond being taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Asked {
    Nothing,
    Commit,
    Stop,
}

/// The group that gathers.
pub(super) struct Group {
    path: std::path::PathBuf,
    notes: Notes,
    memory: Memory,
    timebase: Timebase,
    sampler: Sampler,
    counters: Arc<GatherCounters>,
    urgent: Vec<Reading>,
    routine: Vec<Reading>,
    /// Routine readings of earlier settings of the clock, and those that the disk refused.
    lots: Vec<Lot>,
    surplus: Surplus,
    /// The clocks by which the gathered readings were stamped; all by the same offset.
    stamped: Option<Moment>,
    since: Option<Duration>,
    acknowledgements_since: Option<Duration>,
    disk: Disk,
    writer: Writer,
}

impl Group {
    /// Nothing has gathered yet. Starts the disk's thread.
    pub(super) fn new(
        spool: Arc<Mutex<Spool>>,
        timebase: Timebase,
        sampler: Sampler,
        counters: Arc<GatherCounters>,
    ) -> Result<Self, SpoolError> {
        let (path, notes, memory) = {
            let spool = lock(&spool);
            (spool.path().to_owned(), spool.notes(), spool.memory())
        };
        let writer =
            writer::start(spool, timebase.clone()).map_err(|error| SpoolError::folder(&path, error))?;
        Ok(Self {
            path,
            notes,
            memory,
            timebase,
            sampler,
            counters,
            urgent: Vec::new(),
            routine: Vec::new(),
            lots: Vec::new(),
            surplus: Surplus::default(),
            stamped: None,
            since: None,
            acknowledgements_since: None,
            disk: Disk::Well,
            writer,
        })
    }

    /// Gathers until it is asked to stop, or the spool fails for another reason than its disk.
    pub(super) fn run(mut self, receiver: &Receiver<Input>) -> Result<(), SpoolError> {
        loop {
            let mut asked = Asked::Nothing;
            self.counters
                .alive
                .store(self.timebase.boot().milliseconds(), Ordering::Relaxed);
            match receiver.recv_timeout(self.patience().to_std()) {
                Ok(input) => {
                    asked = asked.max(self.take(input));
                    while let Ok(input) = receiver.try_recv() {
                        asked = asked.max(self.take(input));
                        if self.routine.len() + self.urgent.len() >= BATCH_RECORDS {
                            break;
                        }
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => asked = Asked::Stop,
            }
            if self.disk != Disk::Well {
                self.seal_urgent();
                self.bound_routine();
            }
            if asked == Asked::Stop {
                return self.end();
            }
            if self.disk == Disk::Silent {
                self.look_at_disk()?;
            } else if asked > Asked::Nothing || self.is_due() {
                self.hand_over(DISK_ANSWERS_WITHIN)?;
            }
        }
    }

    fn patience(&self) -> Duration {
        if self.disk == Disk::Silent {
            return LOOKS_EVERY;
        }
        if self.disk == Disk::Well && self.memory.is_waiting() {
            return Duration::ZERO;
        }
        match self.since {
            Some(since) => (LINGER - (self.timebase.boot() - since)).max(Duration::ZERO),
            None => LINGER,
        }
    }

    fn is_due(&mut self) -> bool {
        let boot = self.timebase.boot();
        if let Disk::Refuses(until) = self.disk {
            return boot >= until;
        }
        let waiting = self.notes.is_waiting();
        match (waiting, self.acknowledgements_since) {
            (true, None) => self.acknowledgements_since = Some(boot),
            (false, _) => self.acknowledgements_since = None,
            (true, Some(_)) => {}
        }
        let ripe = |since: Option<Duration>, linger| since.is_some_and(|since| boot - since >= linger);
        !self.urgent.is_empty()
            || self.memory.is_waiting()
            || ripe(self.since, LINGER)
            || self.routine.len() >= BATCH_RECORDS
            || ripe(self.acknowledgements_since, ACKNOWLEDGEMENT_LINGER)
    }

    /// Takes an input into the group. Returns what it asks for.
    fn take(&mut self, input: Input) -> Asked {
        let samples = match input {
            Input::Flush => return Asked::Commit,
            Input::Stop => return Asked::Stop,
            Input::Samples(samples) => samples,
        };
        let now = samples.now;
        if let Some(stamped) = self.stamped
            && (stamped.synchronised != now.synchronised || apart(stamped.offset(), now.offset()))
        {
            // The clock was set between two readings: one row holds the readings of one clock only.
            self.seal();
        }
        for (at, quantity, outcome) in samples.samples {
            let channel = Channel {
                sensor: samples.sensor.clone(),
                quantity,
            };
            let (reading, class) = self.sampler.take(channel, at, outcome, now);
            self.counters.readings.fetch_add(1, Ordering::Relaxed);
            self.counters
                .faults
                .fetch_add(u64::from(reading.outcome.is_err()), Ordering::Relaxed);
            match class {
                Class::Urgent => self.urgent.push(reading),
                Class::Routine => self.routine.push(reading),
            }
        }
        self.stamped.get_or_insert(now);
        self.since.get_or_insert(self.timebase.boot());
        Asked::Nothing
    }

    /// Gives the urgent readings their numbers. While the disk is in trouble they are sent from then on.
    fn seal_urgent(&mut self) {
        let urgent = std::mem::take(&mut self.urgent);
        if let Some(stamped) = self.stamped {
            self.memory.set_boot_offset(self.sampler.corrected());
            for readings in writer::cut(&urgent) {
                self.memory.add(readings, stamped);
            }
        }
    }

    /// Closes the group: what comes next is of another.
    fn seal(&mut self) {
        self.seal_urgent();
        let readings = std::mem::take(&mut self.routine);
        if let Some(stamped) = self.stamped.take()
            && !readings.is_empty()
        {
            self.lots.push(Lot { readings, stamped });
        }
        self.since = None;
    }

    /// Hands over what has gathered, and waits for the disk as long as is usual; what is read meanwhile waits in the queue.
    fn hand_over(&mut self, patience: Duration) -> Result<(), SpoolError> {
        self.send(false)?;
        match self.writer.written.recv_timeout(patience.to_std()) {
            Ok(written) => self.on_written(written),
            Err(RecvTimeoutError::Timeout) => {
                self.disk = Disk::Silent;
                tracing::error!(
                    "the spool's disk does not answer: urgent readings go by memory, others wait"
                );
                self.memory.set_troubled(true);
                Ok(())
            }
            Err(RecvTimeoutError::Disconnected) => Err(self.no_writer()),
        }
    }

    fn send(&mut self, closes: bool) -> Result<(), SpoolError> {
        self.seal();
        let job = Job {
            surplus: std::mem::take(&mut self.surplus),
            urgent: self.memory.for_disk(),
            routine: std::mem::take(&mut self.lots),
            closes,
        };
        self.acknowledgements_since = None;
        self.writer.jobs.send(job).map_err(|_| self.no_writer())
    }

    fn look_at_disk(&mut self) -> Result<(), SpoolError> {
        match self.writer.written.try_recv() {
            Ok(written) => self.on_written(written),
            Err(std::sync::mpsc::TryRecvError::Empty) => Ok(()),
            Err(std::sync::mpsc::TryRecvError::Disconnected) => Err(self.no_writer()),
        }
    }

    fn on_written(&mut self, written: Written) -> Result<(), SpoolError> {
        self.counters
            .spooled
            .fetch_add(written.spooled, Ordering::Relaxed);
        self.counters
            .commits
            .fetch_add(written.commits, Ordering::Relaxed);
        self.lots.splice(..0, written.routine);
        match written.result {
            Ok(()) => {
                // What waits behind the first is still shown until the disk has it.
                if self.disk != Disk::Well && !self.memory.is_waiting() {
                    tracing::info!("the spool's disk takes readings again");
                    self.memory.set_troubled(false);
                }
                self.disk = Disk::Well;
                Ok(())
            }
            Err(error) if error.is_of_disk() => {
                if self.disk == Disk::Well {
                    tracing::error!(
                        error = &error as &dyn std::error::Error,
                        "the spool's disk takes no readings: urgent ones go by memory, others wait in memory"
                    );
                }
                self.disk = Disk::Refuses(self.timebase.boot() + LINGER);
                self.seal_urgent();
                self.memory.set_troubled(true);
                self.bound_routine();
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    /// Lets the oldest routine readings go beyond the bound.
    fn bound_routine(&mut self) {
        let waiting = self.lots.iter().map(|lot| lot.readings.len()).sum::<usize>() + self.routine.len();
        let mut surplus = waiting.saturating_sub(MEMORY);
        while surplus > 0 {
            let oldest = match self.lots.first_mut() {
                Some(lot) => &mut lot.readings,
                None => &mut self.routine,
            };
            let count = surplus.min(oldest.len());
            self.surplus.add(&oldest[..count]);
            oldest.drain(..count);
            surplus -= count;
            if self.lots.first().is_some_and(|lot| lot.readings.is_empty()) {
                self.lots.remove(0);
            }
        }
    }

    /// Hands over the rest and waits until the spool is closed, or the disk has had its time. What is urgent may still be sent from memory
    /// before the good-bye.
    fn end(mut self) -> Result<(), SpoolError> {
        let patience = DISK_ENDS_WITHIN.to_std();
        let mut closes = false;
        while !closes {
            if self.disk != Disk::Silent {
                self.seal();
                closes = self.memory.fits();
                self.send(closes)?;
            }
            let written = self.writer.written.recv_timeout(patience);
            let written = written.map_err(|_| self.silent()).and_then(|mut written| {
                let result = std::mem::replace(&mut written.result, Ok(()));
                result.map(|()| written)
            });
            if written.is_err() {
                self.memory.set_troubled(true);
            }
            self.on_written(written?)?;
        }
        Ok(())
    }

    fn silent(&self) -> SpoolError {
        let error = std::io::Error::new(std::io::ErrorKind::TimedOut, "the disk does not answer");
        SpoolError::folder(&self.path, error)
    }

    fn no_writer(&self) -> SpoolError {
        SpoolError::folder(&self.path, std::io::Error::other("the disk's thread has ended"))
    }
}

/// Whether two offsets differ by more than two clocks read one after the other.
fn apart(one: Duration, other: Duration) -> bool {
    (one - other).milliseconds().abs() > 50
}
