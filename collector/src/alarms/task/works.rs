//! Work in progress: what people say of it, and what of it stands.

use std::cmp::Reverse;
use std::sync::Arc;

use plenum_core::authority::Actor;
use plenum_core::fact::Item;
use plenum_core::work::{Came, Plan, Said, Work, WorkRefusal, WorkSaid};
use plenum_protocol::Timestamp;
use rusqlite::Connection;
use tokio::sync::watch;

use super::Alarms;
use crate::alarms::store;
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

/// Where some work stands in the list of what has ended: by when it did, and its number.
pub type WorkCursor = (Timestamp, u64);

fn place(work: &Work) -> WorkCursor {
    (work.ended_at.unwrap_or(work.until), work.id)
}

impl Alarms {
    /// What is planned or goes on, as it changes.
    pub fn works(&self) -> watch::Receiver<Arc<Vec<Work>>> {
        self.0.works.subscribe()
    }

    /// What has ended since `since` and whoever asks sees, what ended last first, after a cursor; with what came during each. The next cursor is there if there is more.
    pub async fn works_ended(
        &self,
        since: Timestamp,
        after: Option<WorkCursor>,
        limit: usize,
        sees: impl Fn(&Work) -> bool + Send + 'static,
    ) -> Result<(Vec<(Work, Vec<Came>)>, Option<WorkCursor>), DatabaseError> {
        let read = move |connection: &Connection| {
            let mut works = works::over(connection)?;
            works.retain(|work| {
                work.ended_at >= Some(since) && after.is_none_or(|after| place(work) < after) && sees(work)
            });
            works.sort_by_key(|work| Reverse(place(work)));
            let more = works.len() > limit;
            works.truncate(limit);
            let next = works.last().filter(|_| more).map(place);
            let with = |work: Work| {
                let came = store::came(connection, &work)?;
                Ok((work, came))
            };
            Ok((
                works.into_iter().map(with).collect::<rusqlite::Result<_>>()?,
                next,
            ))
        };
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
