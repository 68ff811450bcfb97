//! The gatherer, which makes readings durable, and the way to it. A group gathers while the last one is at the disk; an urgent reading is
//! committed at once and takes what has gathered with it, a routine one within a second.
//!
//! The queue in front of it holds `QUEUE` polls. When it is full the bus threads wait, and the ticks that they miss are skipped
//! and counted there: nothing that was read is dropped.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use plenum_protocol::{Identifier, Outcome, Quantity, Timestamp};

use super::group::Group;
use super::{Spool, SpoolError};
use crate::moment::Moment;
use crate::sampler::Sampler;
use crate::timebase::Timebase;

const QUEUE: usize = 256;

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
        let group = Group::new(spool, timebase, sampler, counters.clone())?;
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

    /// Hands over where there is room. Returns false if the queue is full, or the gatherer has ended.
    pub fn offer(&self, input: Input) -> bool {
        self.sender.try_send(input).is_ok()
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

/// The spool, also after a panic elsewhere: its transactions are whole or not there.
pub(crate) fn lock(spool: &Mutex<Spool>) -> std::sync::MutexGuard<'_, Spool> {
    spool.lock().unwrap_or_else(PoisonError::into_inner)
}
