//! The thread that the disk may hold up: it takes what the gatherer hands over, commits it, and tries to bring a spool that lies in memory
//! back to its file.

use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};

use plenum_protocol::senml::encode::size_bound;
use plenum_protocol::senml::{BATCH_BYTES, BATCH_RECORDS};
use plenum_protocol::streams::Class;
use plenum_protocol::{Duration, Reading, Timestamp};

use super::gather::lock;
use super::memory::{ForDisk, Memory};
use super::{Batch, Spool, SpoolError};
use crate::moment::Moment;
use crate::timebase::Timebase;

/// How often a spool that lies in memory tries to open its file.
const TRIES_EVERY: Duration = Duration::from_seconds(5);
const FREED_AT_ONCE: u64 = 256 * 1024;

/// Routine readings that were stamped by one setting of the clock.
#[derive(Debug, Clone)]
pub(super) struct Lot {
    pub(super) readings: Vec<Reading>,
    pub(super) stamped: Moment,
}

/// Readings that went before they could be handed over.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Surplus {
    pub(super) count: u64,
    pub(super) from: Option<Timestamp>,
    pub(super) to: Option<Timestamp>,
}

/// What is handed over together.
#[derive(Debug, Default)]
pub(super) struct Job {
    pub(super) surplus: Surplus,
    pub(super) urgent: ForDisk,
    pub(super) routine: Vec<Lot>,
    /// This is the last: the spool is closed behind it.
    pub(super) closes: bool,
}

/// What became of it.
#[derive(Debug)]
pub(super) struct Written {
    pub(super) result: Result<(), SpoolError>,
    /// The routine readings that were not written.
    pub(super) routine: Vec<Lot>,
    pub(super) spooled: u64,
    pub(super) commits: u64,
}

/// The ways to the thread and back. It ends when the first is dropped.
pub(super) struct Writer {
    pub(super) jobs: SyncSender<Job>,
    pub(super) written: Receiver<Written>,
}

/// Batches of one commit.
struct Group {
    stamped: Moment,
    batches: Vec<Batch>,
    /// The highest urgent number among them.
    urgent: Option<u64>,
    /// How many lots of the job they hold.
    lots: usize,
}

/// Starts the thread.
pub(super) fn start(spool: Arc<Mutex<Spool>>, timebase: Timebase) -> std::io::Result<Writer> {
    let (jobs, taken) = sync_channel(1);
    let (answer, written) = sync_channel(1);
    std::thread::Builder::new()
        .name("spool's disk".to_owned())
        .stack_size(512 * 1024)
        .spawn(move || run(&spool, &timebase, &taken, &answer))?;
    Ok(Writer { jobs, written })
}

fn run(spool: &Arc<Mutex<Spool>>, timebase: &Timebase, jobs: &Receiver<Job>, answer: &SyncSender<Written>) {
    let memory = lock(spool).memory();
    let mut tried = timebase.boot();
    loop {
        let job = match jobs.recv_timeout(TRIES_EVERY.to_std()) {
            Ok(job) => Some(job),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => return,
        };
        let boot = timebase.boot();
        if boot - tried >= TRIES_EVERY || job.as_ref().is_some_and(|job| job.closes) {
            tried = boot;
            Spool::return_home(spool, timebase);
        }
        if let Some(job) = job
            && answer.send(write(spool, &memory, job, timebase.now())).is_err()
        {
            return;
        }
    }
}

fn write(spool: &Mutex<Spool>, memory: &Memory, job: Job, now: Moment) -> Written {
    let mut spool = lock(spool);
    let mut written = Written {
        result: Ok(()),
        routine: job.routine,
        spooled: 0,
        commits: 0,
    };
    if job.surplus.count > 0 {
        let Surplus { count, from, to } = job.surplus;
        spool.lose_counted(count, (from, to), "full disk");
    }
    written.result = write_all(&mut spool, memory, &job.urgent, &mut written, now);
    if written.result.is_ok() && job.closes {
        written.result = spool.close(now);
    }
    if matches!(written.result, Err(SpoolError::Damaged(_))) {
        spool.mark_suspect();
    }
    written
}

/// Commits what there is, group by group; what is committed is taken out of `written.routine`.
fn write_all(
    spool: &mut Spool,
    memory: &Memory,
    urgent: &ForDisk,
    written: &mut Written,
    now: Moment,
) -> Result<(), SpoolError> {
    if let Some((first, lost)) = &urgent.skip {
        spool.skip_urgent(*first, lost.clone())?;
        memory.written(first - 1);
    }
    for group in groups(urgent, &written.routine, now) {
        commit(spool, &group)?;
        written.commits += 1;
        written.spooled += group
            .batches
            .iter()
            .map(|batch| batch.readings.len() as u64)
            .sum::<u64>();
        written.routine.drain(..group.lots);
        if let Some(seq) = group.urgent {
            // What was acknowledged before the disk had it, the disk could not note.
            let (stream, through) = memory.acknowledged();
            if through > 0 {
                spool.notes().acknowledge(&stream, through);
            }
            memory.written(seq);
        }
    }
    Ok(())
}

fn commit(spool: &mut Spool, group: &Group) -> Result<(), SpoolError> {
    match spool.commit(&group.batches, group.stamped) {
        Err(SpoolError::DiskFull(_)) => {
            spool.make_space(FREED_AT_ONCE)?;
            spool.commit(&group.batches, group.stamped)
        }
        result => result,
    }
}

/// Groups by the clock that stamped them; one at least, for acknowledgements travel with it.
fn groups(urgent: &ForDisk, routine: &[Lot], now: Moment) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let mut of =
        |stamped: Moment, batches: Vec<Batch>, urgent: Option<u64>, lots: usize| match groups.last_mut() {
            Some(group) if group.stamped == stamped => {
                group.batches.extend(batches);
                group.urgent = urgent.or(group.urgent);
                group.lots += lots;
            }
            _ => groups.push(Group {
                stamped,
                batches,
                urgent,
                lots,
            }),
        };
    for (seq, waiting) in (urgent.first..).zip(&urgent.batches) {
        let batch = Batch {
            class: Class::Urgent,
            readings: waiting.readings.clone(),
        };
        of(waiting.stamped, vec![batch], Some(seq), 0);
    }
    for lot in routine {
        let batches = cut(&lot.readings).map(|readings| Batch {
            class: Class::Routine,
            readings,
        });
        of(lot.stamped, batches.collect(), None, 1);
    }
    if urgent.batches.is_empty() && routine.is_empty() {
        of(now, Vec::new(), None, 0);
    }
    groups
}

/// Cuts readings into batches of at most 1,000 and at most 64 KiB as they will be sent.
pub(super) fn cut(readings: &[Reading]) -> impl Iterator<Item = Vec<Reading>> {
    let mut rest = readings;
    std::iter::from_fn(move || {
        let mut bytes = 0;
        let fits = |reading: &&Reading| {
            bytes += size_bound(reading);
            bytes <= BATCH_BYTES
        };
        let count = rest.iter().take(BATCH_RECORDS).take_while(fits).count();
        let (batch, others) = rest.split_at(count.max(1).min(rest.len()));
        rest = others;
        (!batch.is_empty()).then(|| batch.to_vec())
    })
}

impl Surplus {
    /// These go as well.
    pub(super) fn add(&mut self, readings: &[Reading]) {
        let instants = || readings.iter().map(|reading| reading.at);
        self.count += readings.len() as u64;
        self.from = self.from.into_iter().chain(instants()).min();
        self.to = self.to.into_iter().chain(instants()).max();
    }
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
            let batches: Vec<Vec<Reading>> = cut(&readings).collect();
            for batch in &batches {
                let bytes: usize = batch.iter().map(size_bound).sum();
                assert!(batch.len() <= BATCH_RECORDS && bytes <= BATCH_BYTES);
            }
            assert!(batches[0].len() >= least, "{}", batches[0].len());
            let again: Vec<Reading> = batches.into_iter().flatten().collect();
            assert_eq!(again, readings);
        }
    }
}
