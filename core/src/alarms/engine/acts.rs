//! What people do to alarms, and why it may come to nothing.

use plenum_protocol::{Duration, Timestamp};

use super::holders::give_back;
use super::register::{Effect, Register, transition};
use super::suppression::is_never_hidden;
use crate::alarms::cover::{REVIEWED_WITHIN, SHELVED_AT_MOST, SHELVED_IN_ALL};
use crate::alarms::life::{Illegal, Standing, Trigger, step};
use crate::alarms::{Acknowledgement, Alarm, Cause, Cover, CoverKind, Event, OutOfService, Shelving};
use crate::fact::{Action, ActionKind};

/// Whoever says until when they have an alarm has it for so long at least,
const HELD_AT_LEAST: Duration = Duration::from_minutes(5);
/// and for so long at most.
const HELD_AT_MOST: Duration = Duration::from_hours(24);
/// What they said is a little older when it is written down.
const ON_ITS_WAY: Duration = Duration::from_seconds(10);

/// Why a person's action changed nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is no such alarm.
    #[error("there is no alarm {0}")]
    NotFound(u64),
    /// It is normal, or somebody has it already.
    #[error("alarm {0}: there is nothing to acknowledge")]
    NothingToAcknowledge(u64),
    /// Nobody has it.
    #[error("alarm {0}: there is nothing to give back")]
    NothingToGiveBack(u64),
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
    /// It would be over as soon as it began.
    #[error("alarm {alarm}: {until} is too soon; {earliest} is the earliest")]
    TooSoon {
        /// Its number.
        alarm: u64,
        /// What was asked for.
        until: Timestamp,
        /// What may be asked for.
        earliest: Timestamp,
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
            Illegal::NothingToGiveBack => Self::NothingToGiveBack(alarm),
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
        matches!(
            self,
            Self::Past { .. } | Self::TooSoon { .. } | Self::TooFar { .. }
        )
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
        let trigger = trigger(action, alarm, now)?;
        let to = step(alarm.standing(), trigger, alarm.latched, now.condition);
        let (to, cause) = to.map_err(|illegal| Refusal::of(illegal, id))?;
        let (at, by, comment) = (action.at, &action.actor, action.comment.as_str());
        match action.kind {
            ActionKind::Acknowledge => acknowledge(alarm, action, None),
            ActionKind::AcknowledgeUntil { until } => {
                let until = within(action, until, at + HELD_AT_MOST)?;
                let earliest = at + HELD_AT_LEAST;
                if until + ON_ITS_WAY < earliest {
                    return Err(Refusal::TooSoon {
                        alarm: id,
                        until,
                        earliest,
                    });
                }
                acknowledge(alarm, action, Some(until));
            }
            ActionKind::GiveBack => return Ok(give_back(alarm, to, cause, at, by, comment)),
            ActionKind::Shelve { until } => {
                let shelving = shelving(alarm, action, until)?;
                return Ok(put_aside(alarm, to, cause, action, Cover::Shelved(shelving)));
            }
            ActionKind::OutOfService { review } => {
                let out = OutOfService {
                    by: by.clone(),
                    at,
                    review: within(action, review, at + REVIEWED_WITHIN)?,
                    reason: comment.to_owned(),
                    review_due: false,
                };
                return Ok(put_aside(alarm, to, cause, action, Cover::OutOfService(out)));
            }
            ActionKind::Unshelve | ActionKind::ReturnToService => {
                return Ok(self.works.come_under(alarm, to, cause, at, by, comment));
            }
            ActionKind::Reset => {}
        }
        Ok(transition(alarm, to, cause, at, by, comment))
    }
}

/// What an action is in an alarm's life, where it is one that may be tried on this alarm.
fn trigger(action: &Action, alarm: &Alarm, now: Seen) -> Result<Trigger, Refusal> {
    let id = alarm.id;
    Ok(match action.kind {
        ActionKind::Acknowledge | ActionKind::AcknowledgeUntil { .. } => Trigger::Acknowledged,
        ActionKind::GiveBack => Trigger::GivenBack,
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
    })
}

/// They have it, until an instant or until it is over.
fn acknowledge(alarm: &mut Alarm, action: &Action, until: Option<Timestamp>) {
    alarm.chatter.seen();
    alarm.given_back = None;
    alarm.acknowledged = Some(Acknowledgement {
        by: action.actor.clone(),
        at: action.at,
        comment: action.comment.clone(),
        until,
    });
}

/// Something lies over it from now on. Who had it before that is not told when it comes to light.
fn put_aside(alarm: &mut Alarm, to: Standing, cause: Cause, action: &Action, cover: Cover) -> Event {
    let event = transition(alarm, to, cause, action.at, &action.actor, &action.comment);
    alarm.given_back = None;
    alarm.cover = Some(cover);
    event
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
