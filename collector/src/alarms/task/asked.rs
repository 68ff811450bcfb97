//! What people ask of the engine: written into the journal, and answered when what came of it is committed.

use std::collections::HashMap;

use plenum_core::fact::Item;
use rusqlite::Connection;
use tokio::sync::oneshot;

use super::{Alarms, Outcome, Place, works};
use crate::database::DatabaseError;
use crate::journal::Group;

impl Alarms {
    /// Writes items into one entry of the journal. Gives what came of each, in their order. `of`: where those wait who ask such a thing.
    pub(super) async fn ask<T: Send + 'static>(
        &self,
        items: Vec<Item>,
        of: fn(&mut Waiting) -> &mut Asked<T>,
    ) -> Result<Vec<T>, DatabaseError> {
        let (senders, answers): (Vec<_>, Vec<_>) = items.iter().map(|_| oneshot::channel()).unzip();
        let shared = self.0.clone();
        let write = move |_: &Connection, group: &mut Group| {
            // Before the commit, so that the engine cannot come to the entry first.
            let mut waiting = shared.waiting();
            let waiting = of(&mut waiting);
            waiting.forget_closed();
            for (item, sender) in items.into_iter().zip(senders) {
                waiting.0.insert((group.number(), group.len()), sender);
                group.push(item);
            }
            Ok(())
        };
        if let Err(error) = self.0.journal.append_with(write).await {
            // The entry's number is given again, so that another may wait at the same place by now.
            drop(answers);
            self.0.waiting().forget_closed();
            return Err(error);
        }
        let mut outcomes = Vec::with_capacity(answers.len());
        for answer in answers {
            outcomes.push(answer.await.map_err(|_| self.unanswered())?);
        }
        Ok(outcomes)
    }

    /// The engine has stopped before it came to what was asked.
    pub(super) fn unanswered(&self) -> DatabaseError {
        DatabaseError::Closed {
            path: self.0.database.path().to_owned(),
        }
    }
}

/// Those who wait for an answer of the engine.
#[derive(Default)]
pub(super) struct Waiting {
    pub(super) actions: Asked<Outcome>,
    pub(super) works: Asked<works::Outcome>,
}

impl Waiting {
    pub(super) fn forget_closed(&mut self) {
        self.actions.forget_closed();
        self.works.forget_closed();
    }

    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.actions.0.is_empty() && self.works.0.is_empty()
    }

    /// Nobody is answered any more.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}

/// Those who wait for an answer of one kind, by where what they asked for stands in the journal.
pub(super) struct Asked<T>(HashMap<Place, oneshot::Sender<T>>);

impl<T> Default for Asked<T> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<T> Asked<T> {
    /// Whoever asked may have gone away.
    fn forget_closed(&mut self) {
        self.0.retain(|_, asked| !asked.is_closed());
    }

    pub(super) fn answer(&mut self, outcomes: Vec<(Place, T)>) {
        for (place, outcome) in outcomes {
            if let Some(asked) = self.0.remove(&place) {
                // Whoever asked may have gone away.
                let _ = asked.send(outcome);
            }
        }
    }
}
