//! What people do in a service to what it was told of, done here too.

use plenum_core::alarms::Alarm;
use plenum_core::authority::Actor;
use plenum_core::fact::ActionKind;
use plenum_core::text::foreign;
use plenum_protocol::{Duration, Identifier, Timestamp};
use rusqlite::Connection;

use super::Collector;
use crate::alarms::{Acted, Target};
use crate::database::DatabaseError;
use crate::notify::channels::hook::{Done, HookError, Post, Said, Thread};
use crate::notify::outbox;

/// By so much a service's clock and this one's may differ: an answer is of what was told by then, and takes nothing that was told since. No longer, for a post that comes
/// late by that must not take smoke.
const APART: Duration = Duration::from_seconds(10);
/// Letters of a name that are kept.
const NAME: usize = 100;

/// Why nothing came of a post.
#[derive(Debug, thiserror::Error)]
pub enum HookedError {
    /// It is not heard.
    #[error(transparent)]
    Hook(#[from] HookError),
    /// What stands cannot be read.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

impl Collector {
    /// Does what a post says, as whoever has shown who they are: they take what this channel was told of by then, of what they see, or give back what they took. What has another
    /// owner by now, is over, came again or was given back since stays as it is, and the post is heard all the same: it is sent once more where it is refused.
    ///
    /// # Errors
    /// [`HookedError`] says why nothing came of it.
    pub async fn heard(
        &self,
        channel: &Identifier,
        post: &Post<'_>,
        by: &Actor,
        sees: impl Fn(&Alarm) -> bool,
    ) -> Result<Acted, HookedError> {
        let pager = &self.running.get().ok_or(HookError::NotBegun)?.pager;
        let Some(said) = pager.heard(channel, post)? else {
            return Ok(Acted::default());
        };
        let mut alarms = self.under(said.thread).await?;
        alarms.retain(sees);
        let (of, over, until) = (said.thread, channel.to_string(), said.at + APART);
        let read = move |connection: &Connection| outbox::told_under(connection, (of, &over), until);
        let told = self.database.read(read).await?;
        let (kind, targets) = wanted(&said, &alarms, &told, by);
        // Who it was stands with the alarm, which can be put right; a log cannot.
        let (channel, at) = (channel.as_str(), said.at);
        tracing::info!(channel, thread = %said.thread, done = ?said.done, %at, of = targets.len(), "somebody answered in a service");
        if targets.is_empty() {
            return Ok(Acted::default());
        }
        Ok(self.alarms.act_many(&targets, kind, by, &name(&said)).await?)
    }

    /// The alarms of a thread as they stand, the worst first.
    async fn under(&self, thread: Thread) -> Result<Vec<Alarm>, DatabaseError> {
        let incident = match thread {
            Thread::Alarm(alarm) => return Ok(self.alarms.alarm(alarm).into_iter().collect()),
            Thread::Incident(incident) => incident,
        };
        let whole = self.alarms.incident(incident).await?;
        let members = whole.into_iter().flat_map(|whole| whole.members);
        let mut alarms: Vec<Alarm> = members
            .filter_map(|member| self.alarms.alarm(member.alarm))
            .collect();
        // What became one of another incident since is that one's.
        alarms.retain(|alarm| self.alarms.incident_of(alarm.id) == Some(incident));
        alarms.sort_by_key(|alarm| (alarm.priority, alarm.raised_at, alarm.id));
        Ok(alarms)
    }
}

/// `told`: the occurrences that the channel was told of by then.
fn wanted(said: &Said, alarms: &[Alarm], told: &[(u64, Timestamp)], by: &Actor) -> (ActionKind, Vec<Target>) {
    let targets = alarms.iter().filter_map(|alarm| {
        let occurrence = match said.done {
            Done::Taken => told_of(alarm, told).filter(|_| can_be_taken(alarm, said.at)),
            Done::GivenBack => Some(alarm.raised_at).filter(|_| is_given_back(alarm, said.at, by)),
        };
        Some(Target {
            alarm: alarm.id,
            occurrence: Some(occurrence?),
        })
    });
    let kind = match said.done {
        Done::Taken => ActionKind::Acknowledge,
        Done::GivenBack => ActionKind::GiveBack,
    };
    (kind, targets.collect())
}

/// The occurrence of an alarm that was told, where it is the one that stands.
fn told_of(alarm: &Alarm, told: &[(u64, Timestamp)]) -> Option<Timestamp> {
    let (_, raised_at) = told.iter().find(|(told, _)| *told == alarm.id)?;
    alarm.is_occurrence(*raised_at).then_some(*raised_at)
}

/// Whether somebody who said so at an instant has it from now on. Whoever had it and gave it back since has it no longer, however late the post that says that they took it.
fn can_be_taken(alarm: &Alarm, at: Timestamp) -> bool {
    let back = alarm.given_back.as_ref();
    alarm.wants_an_answer() && back.is_none_or(|back| back.at <= at)
}

fn is_given_back(alarm: &Alarm, at: Timestamp, by: &Actor) -> bool {
    let taken = alarm.acknowledged.as_ref();
    alarm.is_held_by(by) && taken.is_some_and(|taken| taken.at <= at + APART)
}

/// Who it was, as people read it beside what was done.
fn name(said: &Said) -> String {
    foreign::cut(&said.who, NAME)
}

#[cfg(test)]
mod tests {
    use plenum_core::alarms::{Acknowledgement, GivenBack, State};

    use super::*;
    use crate::notify::outbox::tests::{NOW, alarm};

    fn seconds(after: i64) -> Timestamp {
        NOW + Duration::from_seconds(after)
    }

    fn said(done: Done, at: Timestamp) -> Said {
        Said {
            thread: Thread::Incident(7),
            done,
            who: String::new(),
            at,
        }
    }

    fn targets(said: &Said, alarm: &Alarm, told: &[(u64, Timestamp)], by: &Actor) -> usize {
        wanted(said, std::slice::from_ref(alarm), told, by).1.len()
    }

    #[test]
    fn what_the_service_was_not_told_of_came_again_or_was_given_back_since_is_not_taken() {
        let (by, told) = (Actor::named("PagerDuty"), [(1, NOW)]);
        let taken = |alarm: &Alarm, at| targets(&said(Done::Taken, at), alarm, &told, &by);
        assert_eq!(taken(&alarm(), seconds(60)), 1);
        let other = Alarm { id: 2, ..alarm() };
        assert_eq!(taken(&other, seconds(60)), 0, "it was told of another");
        let again = Alarm {
            raised_at: seconds(30),
            ..alarm()
        };
        assert_eq!(taken(&again, seconds(60)), 0, "it came again");
        let back = Alarm {
            given_back: Some(GivenBack {
                had: by.clone(),
                by: by.clone(),
                at: seconds(90),
                comment: String::new(),
            }),
            ..alarm()
        };
        assert_eq!(taken(&back, seconds(60)), 0, "the post is of before");
        assert_eq!(taken(&back, seconds(120)), 1, "somebody has it anew");
    }

    #[test]
    fn what_somebody_else_has_or_took_since_is_not_given_back() {
        let by = Actor::named("PagerDuty");
        let held = |by: &Actor| Alarm {
            state: State::ActiveAcknowledged,
            acknowledged: Some(Acknowledgement {
                by: by.clone(),
                at: seconds(60),
                comment: String::new(),
                until: None,
            }),
            ..alarm()
        };
        let back = |alarm: &Alarm, at| targets(&said(Done::GivenBack, at), alarm, &[], &by);
        assert_eq!(back(&held(&by), seconds(90)), 1);
        assert_eq!(back(&held(&by), seconds(30)), 0);
        assert_eq!(back(&held(&Actor::named("Anna")), seconds(90)), 0);
    }

    #[test]
    fn a_name_from_elsewhere_is_one_line_and_turns_nothing_around() {
        let who = "Jane\u{202E}\nWHAT all is well".to_owned();
        let said = Said {
            who,
            ..said(Done::Taken, NOW)
        };
        assert_eq!(name(&said), "Jane WHAT all is well");
    }
}
