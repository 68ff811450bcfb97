//! What people do to alarms: one entry of the journal however many alarms it is about, and answered when what came of it is committed.

use plenum_core::alarms::{Alarm, Refusal};
use plenum_core::authority::Actor;
use plenum_core::fact::{Action, ActionKind, Item};
use plenum_protocol::Timestamp;
use rusqlite::Connection;

use super::Alarms;
use crate::database::DatabaseError;
use crate::notify::outbox::{self, Link};

/// Why a person's action came to nothing.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ActionError {
    /// There is no such alarm, or it is in a state in which there is nothing to do.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// It stands in memory alone.
    #[error(
        "this alarm says that nothing can be stored, so nothing can be written down about it either; it ends by itself"
    )]
    Unstored,
    /// It could not be written down.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

/// An alarm that somebody acts on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Target {
    /// Its number.
    pub alarm: u64,
    /// When the occurrence that they saw was raised, where they say which: a later one is for somebody to see first.
    pub occurrence: Option<Timestamp>,
}

/// What came of an action on several alarms: what was done, and what was not and why, in the order in which they were named.
#[derive(Debug, Default)]
pub struct Acted {
    /// As they then stood.
    pub done: Vec<Alarm>,
    /// By their numbers.
    pub refused: Vec<(u64, ActionError)>,
}

impl Alarms {
    /// "I have seen it." Answers with the alarm when that is committed. `occurrence`: when the occurrence that was seen was raised; a later one is
    /// for somebody to see first.
    pub async fn acknowledge(
        &self,
        id: u64,
        occurrence: Option<Timestamp>,
        actor: Actor,
        comment: &str,
    ) -> Result<Alarm, ActionError> {
        let kind = ActionKind::Acknowledge;
        self.act(id, kind, occurrence, actor, comment).await
    }

    /// Ends a latched alarm whose condition is gone.
    pub async fn reset(&self, id: u64, actor: Actor, comment: &str) -> Result<Alarm, ActionError> {
        self.act(id, ActionKind::Reset, None, actor, comment).await
    }

    /// What a person does to an alarm. Answers with the alarm when that is committed. `occurrence`: as of an acknowledgement.
    pub async fn act(
        &self,
        id: u64,
        kind: ActionKind,
        occurrence: Option<Timestamp>,
        actor: Actor,
        comment: &str,
    ) -> Result<Alarm, ActionError> {
        let target = Target {
            alarm: id,
            occurrence,
        };
        let acted = self.act_many(&[target], kind, &actor, comment).await?;
        let refused = acted.refused.into_iter().next().map(|(_, error)| error);
        let missing = || refused.unwrap_or(Refusal::NotFound(id).into());
        acted.done.into_iter().next().ok_or_else(missing)
    }

    /// What a person does to several alarms at once: all of it is in one entry of the journal, and so in one commit of the engine, from which whoever is told
    /// of it is told in one message. What cannot be done to one of them keeps nothing of the others from being done. An error: nothing was.
    pub async fn act_many(
        &self,
        targets: &[Target],
        kind: ActionKind,
        actor: &Actor,
        comment: &str,
    ) -> Result<Acted, DatabaseError> {
        let at = self.0.clock.now();
        let (mut acted, mut asked, mut items) = (Acted::default(), Vec::new(), Vec::new());
        for Target { alarm, occurrence } in targets.iter().copied() {
            if let Err(error) = self.is_there(alarm) {
                acted.refused.push((alarm, error));
                continue;
            }
            asked.push(alarm);
            items.push(Item::Action(Action {
                alarm,
                kind,
                actor: actor.clone(),
                comment: comment.to_owned(),
                at,
                occurrence,
            }));
        }
        if items.is_empty() {
            return Ok(acted);
        }
        let outcomes = self.ask(items, |waiting| &mut waiting.actions).await?;
        for (alarm, outcome) in asked.into_iter().zip(outcomes) {
            match outcome {
                Ok(done) => acted.done.push(done),
                Err(refusal) => acted.refused.push((alarm, refusal.into())),
            }
        }
        Ok(acted)
    }

    /// What an answer to a message may be about: of its incident all that its reader was told of, as long as it is the occurrence that they were told of; the
    /// worst first, then the oldest. What they were told of over any channel counts, and what went along with this very message.
    pub async fn told_with(&self, link: &Link) -> Result<Vec<(Alarm, Target)>, DatabaseError> {
        let of = link.clone();
        let read = move |connection: &Connection| outbox::told_beside(connection, &of);
        let told = self.0.database.read(read).await?;
        let own = std::iter::once((link.alarm, link.raised_at));
        let beside = told.into_iter().filter(|(alarm, _)| *alarm != link.alarm);
        let mut found: Vec<(Alarm, Target)> = own
            .chain(beside)
            .filter_map(|(alarm, raised_at)| {
                let target = Target {
                    alarm,
                    occurrence: Some(raised_at),
                };
                let alarm = self.alarm(alarm)?;
                alarm.is_occurrence(raised_at).then_some((alarm, target))
            })
            .collect();
        found.sort_by_key(|(alarm, _)| (alarm.priority, alarm.raised_at, alarm.id));
        Ok(found)
    }

    /// Whether there is anything to act on.
    fn is_there(&self, id: u64) -> Result<(), ActionError> {
        if self.unstored().is_some_and(|alarm| alarm.id == id) {
            return Err(ActionError::Unstored);
        }
        self.alarm(id).map(drop).ok_or(Refusal::NotFound(id).into())
    }
}
