//! Work in progress: what people say of it, and what of it stands.

use std::sync::Arc;

use plenum_core::authority::Actor;
use plenum_core::fact::Item;
use plenum_core::work::{Plan, Said, Work, WorkRefusal, WorkSaid};
use rusqlite::Connection;
use tokio::sync::watch;

use super::Alarms;
use crate::database::{DatabaseError, works};

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
        let outcomes = self.ask(vec![item], |waiting| &mut waiting.works).await?;
        let outcome = outcomes.into_iter().next();
        Ok(outcome.ok_or_else(|| self.unanswered())??)
    }
}

/// What became of what a person said.
pub(super) type Outcome = Result<Work, WorkRefusal>;
