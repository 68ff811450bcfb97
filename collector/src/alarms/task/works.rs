//! Work in progress: what people say of it, and what of it stands.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use plenum_core::authority::Actor;
use plenum_core::fact::Item;
use plenum_core::work::{Plan, Said, Work, WorkRefusal, WorkSaid};
use rusqlite::Connection;
use tokio::sync::{oneshot, watch};

use super::{Alarms, Place, Shared};
use crate::database::{DatabaseError, works};
use crate::journal::Group;

/// Why what a person says of work comes to nothing.
#[derive(Debug, Clone, thiserror::Error)]
pub enum WorkError {
    /// It cannot be as they say.
    #[error(transparent)]
    Refused(#[from] WorkRefusal),
    /// It could not be written down.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

impl Alarms {
    /// What is planned or goes on, as it changes.
    pub fn works(&self) -> watch::Receiver<Arc<Vec<Work>>> {
        self.0.works.subscribe()
    }

    /// What is over and whoever asks sees, the newest first, `limit` at most.
    pub async fn works_over(
        &self,
        limit: usize,
        sees: impl Fn(&Work) -> bool + Send + 'static,
    ) -> Result<Vec<Work>, DatabaseError> {
        let read = move |connection: &Connection| works::over(connection, limit, sees);
        self.0.database.read(read).await
    }

    /// The work with this number, whatever became of it.
    pub async fn work(&self, id: u64) -> Result<Option<Work>, DatabaseError> {
        let read = move |connection: &Connection| works::one(connection, id);
        self.0.database.read(read).await
    }

    /// Somebody works, or plans to. Answers with the work when that is committed.
    ///
    /// # Errors
    /// [`WorkError`] says why it is not.
    pub async fn begin_work(&self, plan: Plan, by: Actor) -> Result<Work, WorkError> {
        // What cannot be is not written down; the engine looks again, at the site that is in force by then.
        let plan = plan.checked(self.0.clock.now())?;
        self.say(Said::Begins(plan), by).await
    }

    /// Work is over, or does not take place. What came during it and still stands is told.
    ///
    /// # Errors
    /// [`WorkError`] says why it is not ended.
    pub async fn end_work(&self, id: u64, by: Actor) -> Result<Work, WorkError> {
        self.say(Said::Ends(id), by).await
    }

    async fn say(&self, said: Said, by: Actor) -> Result<Work, WorkError> {
        let at = self.0.clock.now();
        let item = Item::Work(WorkSaid { at, by, said });
        let (sender, answer) = oneshot::channel();
        let shared = self.0.clone();
        let ask = move |_: &Connection, group: &mut Group| {
            // Before the commit, so that the engine cannot come to the entry first.
            let place = (group.number(), group.len());
            shared.waiting().wait_for_work(place, sender);
            group.push(item);
            Ok(())
        };
        if let Err(error) = self.0.journal.append_with(ask).await {
            // The entry's number is given again, so that another may wait at the same place by now.
            drop(answer);
            self.0.waiting().forget_closed();
            return Err(error.into());
        }
        let closed = |_| DatabaseError::Closed {
            path: self.0.database.path().to_owned(),
        };
        Ok(answer.await.map_err(closed)??)
    }
}

/// What became of what a person said.
pub(super) type Outcome = Result<Work, WorkRefusal>;

impl Shared {
    /// What is planned or goes on can be seen from here on.
    pub(super) fn note_works(&self, changed: &[Work]) {
        if changed.is_empty() {
            return;
        }
        self.works.send_modify(|works| {
            let mut all: BTreeMap<u64, &Work> = works.iter().map(|work| (work.id, work)).collect();
            // Some work may have begun, or ended, as it was said.
            for work in changed {
                match work.is_over() {
                    true => all.remove(&work.id),
                    false => all.insert(work.id, work),
                };
            }
            *works = Arc::new(all.into_values().cloned().collect());
        });
    }
}

/// Those who wait for an answer of the engine, by what it answers and where that stands in the journal.
#[derive(Default)]
pub(super) struct Waiting {
    actions: HashMap<Place, oneshot::Sender<super::Outcome>>,
    works: HashMap<Place, oneshot::Sender<Outcome>>,
}

impl Waiting {
    pub(super) fn wait_for_alarm(&mut self, place: Place, asked: oneshot::Sender<super::Outcome>) {
        self.forget_closed();
        self.actions.insert(place, asked);
    }

    fn wait_for_work(&mut self, place: Place, asked: oneshot::Sender<Outcome>) {
        self.forget_closed();
        self.works.insert(place, asked);
    }

    /// Whoever asked may have gone away.
    pub(super) fn forget_closed(&mut self) {
        self.actions.retain(|_, asked| !asked.is_closed());
        self.works.retain(|_, asked| !asked.is_closed());
    }

    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.actions.is_empty() && self.works.is_empty()
    }

    /// Nobody is answered any more.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    pub(super) fn answer(&mut self, place: Place, outcome: super::Outcome) {
        if let Some(asked) = self.actions.remove(&place) {
            // Whoever asked may have gone away.
            let _ = asked.send(outcome);
        }
    }

    pub(super) fn answer_work(&mut self, place: Place, outcome: Outcome) {
        if let Some(asked) = self.works.remove(&place) {
            // Whoever asked may have gone away.
            let _ = asked.send(outcome);
        }
    }
}
