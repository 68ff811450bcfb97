//! The thread that answers: callers of a commit are told when its witness has it, too, in the order of the commits, while the writer goes on.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use super::error::{DatabaseError, Judge};
use super::writer::{Done, Witness};
use super::{Statistics, count};

/// Groups that wait for their witness; the writer waits for space.
const WAITING: usize = 16;
/// How long a full disk is waited for before the witness is asked again.
const RETRY: std::time::Duration = std::time::Duration::from_secs(1);

type Group = (Vec<Done>, Arc<dyn Witness>);

/// The writer's end.
pub(super) struct Answers(SyncSender<Group>);

impl Answers {
    pub(super) fn start(
        statistics: Arc<Statistics>,
        judge: Judge,
    ) -> Result<(Self, JoinHandle<()>), DatabaseError> {
        let (groups, waiting) = sync_channel(WAITING);
        let thread_judge = judge.clone();
        let thread = std::thread::Builder::new()
            .name("plenum-answers".to_owned())
            .spawn(move || run(&waiting, &statistics, &thread_judge))
            .map_err(|error| judge.thread(&error))?;
        Ok((Self(groups), thread))
    }

    /// Answers at once what has no witness.
    pub(super) fn give(&self, done: Vec<Done>, witness: Option<Arc<dyn Witness>>) {
        match witness {
            None => answer(done, None),
            // The thread ends in a panic alone: then the callers see their ends of the answers closed.
            Some(witness) => drop(self.0.send((done, witness))),
        }
    }
}

fn run(waiting: &Receiver<Group>, statistics: &Statistics, judge: &Judge) {
    while let Ok((done, witness)) = waiting.recv() {
        let mut groups = vec![done];
        // What was committed before this call is witnessed with it.
        groups.extend(waiting.try_iter().map(|(done, _)| done));
        let error = witnessed(witness.as_ref(), statistics, judge).err();
        drop(witness);
        for done in groups {
            answer(done, error.as_ref());
        }
    }
}

/// Waits for a full disk: what was committed must not be called refused. Anything else is an error of the disk.
fn witnessed(witness: &dyn Witness, statistics: &Statistics, judge: &Judge) -> Result<(), DatabaseError> {
    let mut said = false;
    loop {
        let Err(error) = witness.witness() else {
            return Ok(());
        };
        count(&statistics.failures, 1);
        let full = matches!(
            error.kind(),
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded
        );
        if !full {
            return Err(judge.witness(&error));
        }
        if !said {
            tracing::error!(%error, "what was committed cannot be witnessed; nobody is told of it until the disk has room");
            said = true;
        }
        std::thread::sleep(RETRY);
    }
}

fn answer(done: Vec<Done>, error: Option<&DatabaseError>) {
    for (job, result) in done {
        job.answer(match error {
            Some(error) => result.and(Err(error.clone())),
            None => result,
        });
    }
}
