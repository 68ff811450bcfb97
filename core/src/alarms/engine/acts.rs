//! What people do to alarms, and why it may come to nothing.

use plenum_protocol::Timestamp;

use super::register::{Effect, Register, transition};
use super::suppression::is_never_hidden;
use crate::alarms::cover::{REVIEWED_WITHIN, SHELVED_AT_MOST, SHELVED_IN_ALL};
use crate::alarms::life::{Illegal, Trigger, step};
use crate::alarms::{Acknowledgement, Alarm, Cover, CoverKind, Event, OutOfService, Shelving};
use crate::fact::{Action, ActionKind};

/// Why a person's action changed nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is no such alarm.
    #[error("there is no alarm {0}")]
    NotFound(u64),
    /// It is normal, or somebody has it already.
    #[error("alarm {0}: there is nothing to acknowledge")]
    NothingToAcknowledge(u64),
    /// It was raised anew since the person looked: the new occurrence is for somebody to see first.
    #[error(
        "alarm {alarm} was raised at {raised_at}, not at {seen}: look at it as it stands now and acknowledge that"
    )]
    AnotherOccurrence {
        /// Its number.
        alarm: u64,
        /// When it was last raised.
        raised_at: Timestamp,
        /// When the occurrence that they saw was.
        seen: Timestamp,
    },
    /// It is not latched, or its condition still holds.
    #[error("alarm {0}: there is nothing to reset: it is not latched, or its condition still holds")]
    NothingToReset(u64),
    /// Nobody is asked to acknowledge what is shelved.
    #[error("alarm {0} is shelved: unshelve it first")]
    Shelved(u64),
    /// What is out of service is neither acknowledged nor shelved.
    #[error("alarm {0} is out of service: return it to service first")]
    OutOfService(u64),
    /// There is no shelving to end.
    #[error("alarm {0} is not shelved")]
    NotShelved(u64),
    /// There is nothing to return to service.
    #[error("alarm {0} is not out of service")]
    NotOutOfService(u64),
    /// There is nothing to hide.
    #[error("alarm {0}: nothing watches it any more, so there is nothing to put aside")]
    Unwatched(u64),
    /// Smoke and water are never put aside for a while.
    #[error(
        "alarm {0} is about smoke or water, which cannot be shelved; if it has to be silent, take it out of service"
    )]
    NeverShelved(u64),
    /// It would be over before it began.
    #[error("alarm {alarm}: {until} is past; say an instant to come")]
    Past {
        /// Its number.
        alarm: u64,
        /// What was asked for.
        until: Timestamp,
    },
    /// It would last too long.
    #[error("alarm {alarm}: {until} is too far away; {latest} is the latest")]
    TooFar {
        /// Its number.
        alarm: u64,
        /// What was asked for.
        until: Timestamp,
        /// What may be asked for.
        latest: Timestamp,
    },
}

impl Refusal {
    /// What the tables of an alarm's life say, of this alarm.
    fn of(illegal: Illegal, alarm: u64) -> Self {
        match illegal {
            Illegal::NothingToAcknowledge | Illegal::Already => Self::NothingToAcknowledge(alarm),
            Illegal::NothingToReset => Self::NothingToReset(alarm),
            Illegal::Covered(CoverKind::Shelved) => Self::Shelved(alarm),
            Illegal::Covered(CoverKind::OutOfService) => Self::OutOfService(alarm),
            Illegal::Covered(CoverKind::Suppressed | CoverKind::Work) | Illegal::NotShelved => {
                Self::NotShelved(alarm)
            }
            Illegal::NotOutOfService => Self::NotOutOfService(alarm),
        }
    }

    /// Whether the instant that was asked for is what is wrong.
    pub const fn is_about_an_instant(&self) -> bool {
        matches!(self, Self::Past { .. } | Self::TooFar { .. })
    }
}

/// What stands behind an alarm while a person acts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seen {
    /// Whether its condition holds.
    pub(super) condition: bool,
    /// Whether anything watches it.
    pub(super) watched: bool,
}

impl Register {
    /// What a person did, as the item `item` of the entry `entry`.
    pub(super) fn act(&mut self, action: &Action, seen: Seen, entry: u64, item: usize) {
        let outcome = self.acted(action, seen).map(|event| {
            self.arm(action.alarm);
            let alarm = self.alarms[&action.alarm].clone();
            self.log(event);
            alarm
        });
        self.effects.push_back(Effect::Answer { entry, item, outcome });
    }

    fn acted(&mut self, action: &Action, now: Seen) -> Result<Event, Refusal> {
        let id = action.alarm;
        let alarm = self.alarms.get_mut(&id).ok_or(Refusal::NotFound(id))?;
        if let Some(seen) = action.occurrence.filter(|seen| !alarm.is_occurrence(*seen)) {
            return Err(Refusal::AnotherOccurrence {
                alarm: id,
                raised_at: alarm.raised_at,
                seen,
            });
        }
        let trigger = match action.kind {
            ActionKind::Acknowledge => Trigger::Acknowledged,
            ActionKind::Reset => Trigger::Reset,
            ActionKind::Shelve { .. } | ActionKind::OutOfService { .. } if !now.watched => {
                return Err(Refusal::Unwatched(id));
            }
            ActionKind::Shelve { .. } if is_never_hidden(&alarm.subject) => {
                return Err(Refusal::NeverShelved(id));
            }
            ActionKind::Shelve { .. } => Trigger::Shelved,
            ActionKind::Unshelve => Trigger::Unshelved,
            ActionKind::OutOfService { .. } => Trigger::TakenOutOfService,
            ActionKind::ReturnToService => Trigger::ReturnedToService,
        };
        let to = step(alarm.standing(), trigger, alarm.latched, now.condition);
        let (to, cause) = to.map_err(|illegal| Refusal::of(illegal, id))?;
        let cover = match action.kind {
            ActionKind::Shelve { until } => Some(Cover::Shelved(shelving(alarm, action, until)?)),
            ActionKind::OutOfService { review } => Some(Cover::OutOfService(OutOfService {
                by: action.actor.clone(),
                at: action.at,
                review: within(action, review, action.at + REVIEWED_WITHIN)?,
                reason: action.comment.clone(),
                review_due: false,
            })),
            _ => None,
        };
        if trigger == Trigger::Acknowledged {
            alarm.chatter.seen();
            alarm.acknowledged = Some(Acknowledgement {
                by: action.actor.clone(),
                at: action.at,
                comment: action.comment.clone(),
            });
        }
        let event = transition(alarm, to, cause, action.at, &action.actor, &action.comment);
        if cover.is_some() {
            alarm.cover = cover;
        }
        Ok(event)
    }
}

/// A shelving, or a longer one: so long from now, and not longer than so long in all.
fn shelving(alarm: &Alarm, action: &Action, until: Timestamp) -> Result<Shelving, Refusal> {
    let since = match &alarm.cover {
        Some(Cover::Shelved(shelving)) => shelving.since.min(action.at),
        _ => action.at,
    };
    let latest = (action.at + SHELVED_AT_MOST).min(since + SHELVED_IN_ALL);
    Ok(Shelving {
        by: action.actor.clone(),
        since,
        at: action.at,
        until: within(action, until, latest)?,
        reason: action.comment.clone(),
        reminded: false,
    })
}

fn within(action: &Action, until: Timestamp, latest: Timestamp) -> Result<Timestamp, Refusal> {
    let alarm = action.alarm;
    if until <= action.at {
        return Err(Refusal::Past { alarm, until });
    }
    if until > latest {
        return Err(Refusal::TooFar { alarm, until, latest });
    }
    Ok(until)
}
