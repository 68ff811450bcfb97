//! The thread that makes readings durable. A group gathers while the last one is at the disk; an urgent reading is
//! committed at once and takes what has gathered with it, a routine one within a second.
//!
//! The queue in front of it holds `QUEUE` polls. When it is full the bus threads wait, and the ticks that they miss are skipped
//! and counted there: nothing that was read is dropped.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use plenum_protocol::senml::encode::size_bound;
use plenum_protocol::senml::{BATCH_BYTES, BATCH_RECORDS};
use plenum_protocol::streams::Class;
use plenum_protocol::{Channel, Duration, Identifier, Outcome, Quantity, Reading, Timestamp};

use super::{Batch, Notes, Spool, SpoolError};
use crate::moment::Moment;
use crate::sampler::Sampler;
use crate::timebase::Timebase;

const QUEUE: usize = 256;
/// The longest that a routine reading waits for others.
const LINGER: Duration = Duration::from_seconds(1);
/// How long acknowledgements wait for a group to travel with.
const ACKNOWLEDGEMENT_LINGER: Duration = Duration::from_seconds(5);
/// Readings kept in memory while the disk is full.
const MEMORY: usize = 20_000;
const FREED_AT_ONCE: u64 = 256 * 1024;

/// What one poll or one wait of a sensor gave.
#[derive(Debug, Clone)]
pub struct Samples {
    /// The sensor that gave them.
    pub sensor: Identifier,
    /// Each with the tick or the edge's instant.
    pub samples: Vec<(Timestamp, Quantity, Outcome)>,
    /// The clocks when it was read.
    pub now: Moment,
}

/// What the gatherer is given.
#[derive(Debug, Clone)]
pub enum Input {
    /// To be spooled.
    Samples(Samples),
    /// Commit what has gathered now.
    Flush,
    /// Commit what has gathered, close the spool and end.
    Stop,
}

/// What the gatherer and its queue have counted since the start.
#[derive(Debug, Default)]
pub struct GatherCounters {
    /// Readings taken, faults among them.
    pub readings: AtomicU64,
    /// Of these, faults.
    pub faults: AtomicU64,
    /// Readings made durable.
    pub spooled: AtomicU64,
    /// Groups committed, each with one sync of the disk.
    pub commits: AtomicU64,
    /// How often a bus had to wait because the queue was full.
    pub waited: AtomicU64,
    /// Boot clock in ms when the thread last went round.
    pub alive: AtomicI64,
}

/// The gatherer's thread and the way to it.
pub struct Gatherer {
    queue: SyncSender<Input>,
    counters: Arc<GatherCounters>,
    thread: JoinHandle<Result<(), SpoolError>>,
}

impl Gatherer {
    /// Starts the thread. `on_end` is called as its last act.
    pub fn start(
        spool: Arc<Mutex<Spool>>,
        timebase: Timebase,
        on_end: impl FnOnce() + Send + 'static,
    ) -> Result<Self, SpoolError> {
        let (queue, receiver) = sync_channel(QUEUE);
        let counters = Arc::new(GatherCounters::default());
        let sampler = {
            let spool = lock(&spool);
            Sampler::new(spool.latest()?.unwrap_or(Timestamp::MIN), spool.boot_offset())
        };
        let path = lock(&spool).path().to_owned();
        let notes = lock(&spool).notes();
        let group = Group {
            notes,
            spool,
            timebase,
            sampler,
            counters: counters.clone(),
            urgent: Vec::new(),
            routine: Vec::new(),
            stamped: None,
            since: None,
            acknowledgements_since: None,
            disk_full: false,
        };
        let thread = std::thread::Builder::new()
            .name("spool".to_owned())
            .stack_size(512 * 1024)
            .spawn(move || {
                let _end = AtEnd(Some(on_end));
                group.run(&receiver)
            })
            .map_err(|error| SpoolError::folder(&path, error))?;
        Ok(Self {
            queue,
            counters,
            thread,
        })
    }

    /// A way to hand samples in.
    pub fn queue(&self) -> Queue {
        Queue {
            sender: self.queue.clone(),
            counters: self.counters.clone(),
        }
    }

    /// What was counted.
    pub fn counters(&self) -> &Arc<GatherCounters> {
        &self.counters
    }

    /// Whether the thread has ended.
    pub fn is_finished(&self) -> bool {
        self.thread.is_finished()
    }

    /// Makes what has been handed in durable, closes the spool, ends the thread and waits for that.
    pub fn stop(self) -> Result<(), SpoolError> {
        // If the thread has ended already it has its reason, which is the answer.
        let _ = self.queue.send(Input::Stop);
        match self.thread.join() {
            Ok(result) => result,
            Err(panic) => std::panic::resume_unwind(panic),
        }
    }
}

/// The bounded way to the gatherer.
#[derive(Clone)]
pub struct Queue {
    sender: SyncSender<Input>,
    counters: Arc<GatherCounters>,
}

impl Queue {
    /// Hands over, waiting while the queue is full. Returns false if the gatherer has ended.
    pub fn put(&self, input: Input) -> bool {
        match self.sender.try_send(input) {
            Ok(()) => true,
            Err(std::sync::mpsc::TrySendError::Full(input)) => {
                self.counters.waited.fetch_add(1, Ordering::Relaxed);
                self.sender.send(input).is_ok()
            }
            Err(std::sync::mpsc::TrySendError::Disconnected(_)) => false,
        }
    }

    /// Asks for a commit, unless the queue is full: then one is under way.
    pub fn flush(&self) {
        let _ = self.sender.try_send(Input::Flush);
    }
}

/// Calls back when the thread ends, in a panic too: an agent that samples without spooling must not go on.
struct AtEnd<F: FnOnce()>(Option<F>);

impl<F: FnOnce()> Drop for AtEnd<F> {
    fn drop(&mut self) {
        if let Some(call) = self.0.take() {
            call();
        }
    }
}

/// What an input asks for beyond being taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Asked {
    Nothing,
    Commit,
    Stop,
}

/// The group that gathers.
struct Group {
    spool: Arc<Mutex<Spool>>,
    notes: Notes,
    timebase: Timebase,
    sampler: Sampler,
    counters: Arc<GatherCounters>,
    urgent: Vec<Reading>,
    routine: Vec<Reading>,
    /// The clocks by which the gathered readings were stamped; all by the same offset.
    stamped: Option<Moment>,
    since: Option<Duration>,
    acknowledgements_since: Option<Duration>,
    disk_full: bool,
}

impl Group {
    fn run(mut self, receiver: &Receiver<Input>) -> Result<(), SpoolError> {
        loop {
            let mut asked = Asked::Nothing;
            self.counters
                .alive
                .store(self.timebase.boot().milliseconds(), Ordering::Relaxed);
            match receiver.recv_timeout(self.patience().to_std()) {
                Ok(input) => {
                    asked = asked.max(self.take(input)?);
                    while let Ok(input) = receiver.try_recv() {
                        asked = asked.max(self.take(input)?);
                        if self.routine.len() + self.urgent.len() >= BATCH_RECORDS {
                            break;
                        }
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => asked = Asked::Stop,
            }
            if asked > Asked::Nothing || self.is_due() {
                self.commit()?;
            }
            if asked == Asked::Stop {
                return lock(&self.spool).close(self.timebase.now());
            }
        }
    }

    fn patience(&self) -> Duration {
        match self.since {
            Some(since) => (LINGER - (self.timebase.boot() - since)).max(Duration::ZERO),
            None => LINGER,
        }
    }

    fn is_due(&mut self) -> bool {
        let boot = self.timebase.boot();
        let waiting = self.notes.is_waiting();
        match (waiting, self.acknowledgements_since) {
            (true, None) => self.acknowledgements_since = Some(boot),
            (false, _) => self.acknowledgements_since = None,
            (true, Some(_)) => {}
        }
        let ripe = |since: Option<Duration>, linger| since.is_some_and(|since| boot - since >= linger);
        let urgent = !self.urgent.is_empty() && !self.disk_full;
        urgent
            || ripe(self.since, LINGER)
            || self.routine.len() >= BATCH_RECORDS
            || ripe(self.acknowledgements_since, ACKNOWLEDGEMENT_LINGER)
    }

    /// Takes an input into the group. Returns what it asks for.
    fn take(&mut self, input: Input) -> Result<Asked, SpoolError> {
        let samples = match input {
            Input::Flush => return Ok(Asked::Commit),
            Input::Stop => return Ok(Asked::Stop),
            Input::Samples(samples) => samples,
        };
        let now = samples.now;
        if let Some(stamped) = self.stamped
            && (stamped.synchronised != now.synchronised || apart(stamped.offset(), now.offset()))
        {
            // The clock was set between two readings: one row holds the readings of one clock only.
            self.commit()?;
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
        Ok(Asked::Nothing)
    }

    fn commit(&mut self) -> Result<(), SpoolError> {
        let now = self.timebase.now();
        let stamped = self.stamped.unwrap_or(now);
        let mut batches = cut(Class::Urgent, &self.urgent);
        batches.extend(cut(Class::Routine, &self.routine));
        let mut spool = lock(&self.spool);
        let mut result = spool.commit(&batches, stamped);
        if matches!(result, Err(SpoolError::DiskFull(_))) {
            result = spool
                .make_space(FREED_AT_ONCE)
                .and_then(|()| spool.commit(&batches, stamped));
        }
        match result {
            Ok(()) => {
                if std::mem::take(&mut self.disk_full) {
                    tracing::info!("the spool's disk takes readings again");
                }
                let spooled = (self.urgent.len() + self.routine.len()) as u64;
                self.counters.spooled.fetch_add(spooled, Ordering::Relaxed);
                self.counters.commits.fetch_add(1, Ordering::Relaxed);
                self.urgent.clear();
                self.routine.clear();
                self.stamped = None;
                self.since = None;
                self.acknowledgements_since = None;
                Ok(())
            }
            Err(error @ SpoolError::DiskFull(_)) => {
                if !std::mem::replace(&mut self.disk_full, true) {
                    tracing::error!(%error, "readings wait in memory");
                }
                let surplus = (self.urgent.len() + self.routine.len()).saturating_sub(MEMORY);
                let lost: Vec<Reading> = self.routine.drain(..surplus.min(self.routine.len())).collect();
                if !lost.is_empty() {
                    spool.lose_unspooled(&lost, "full disk");
                }
                self.since = Some(self.timebase.boot());
                Ok(())
            }
            Err(error) => {
                if matches!(error, SpoolError::Damaged(_)) {
                    spool.mark_suspect();
                }
                Err(error)
            }
        }
    }
}

/// Cuts readings into batches of at most 1,000 and at most 64 KiB as they will be sent.
fn cut(class: Class, readings: &[Reading]) -> Vec<Batch> {
    let mut batches: Vec<Batch> = Vec::new();
    let mut bytes = 0;
    for reading in readings {
        let size = size_bound(reading);
        match batches.last_mut() {
            Some(batch) if batch.readings.len() < BATCH_RECORDS && bytes + size <= BATCH_BYTES => {
                batch.readings.push(reading.clone());
                bytes += size;
            }
            _ => {
                batches.push(Batch {
                    class,
                    readings: vec![reading.clone()],
                });
                bytes = size;
            }
        }
    }
    batches
}

/// Whether two offsets differ by more than two clocks read one after the other.
fn apart(one: Duration, other: Duration) -> bool {
    (one - other).milliseconds().abs() > 50
}

/// The spool, also after a panic elsewhere: its transactions are whole or not there.
pub(crate) fn lock(spool: &Mutex<Spool>) -> std::sync::MutexGuard<'_, Spool> {
    spool.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_are_cut_at_a_thousand_readings_and_64_kib() {
        let reading = |name: &str, index: usize| {
            Reading::new(
                format!("{name}/temperature").parse().unwrap(),
                Timestamp::from_milliseconds(index as i64),
                Ok(21.5),
            )
        };
        for (name, least) in [
            ("a", 500),
            ("inlet-of-a-rack-with-a-very-long-name-in-the-second-room", 300),
        ] {
            let readings: Vec<Reading> = (0..2_500).map(|index| reading(name, index)).collect();
            let batches = cut(Class::Routine, &readings);
            for batch in &batches {
                let bytes: usize = batch.readings.iter().map(size_bound).sum();
                assert!(batch.readings.len() <= BATCH_RECORDS && bytes <= BATCH_BYTES);
            }
            assert!(
                batches[0].readings.len() >= least,
                "{}",
                batches[0].readings.len()
            );
            let again: Vec<Reading> = batches.into_iter().flat_map(|batch| batch.readings).collect();
            assert_eq!(again, readings);
        }
    }
}
