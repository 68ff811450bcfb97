//! What people do in a service to what it was told of, done here too.

use plenum_core::alarms::Alarm;
use plenum_core::authority::Actor;
use plenum_core::fact::ActionKind;
use plenum_protocol::{Duration, Identifier, Timestamp};

use super::Collector;
use crate::alarms::{Acted, Target};
use crate::database::DatabaseError;
use crate::notify::channels::hook::{Done, HookError, Post, Said, Thread};

/// By so much a service's clock and this one's may differ: an answer is of what had come by then, and takes nothing that came since.
const APART: Duration = Duration::from_minutes(2);
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
    /// Does what a post says, as whoever has shown who they are: they take what stood by then of what they see, or give back what they took. What has another owner by now, is over
    /// or came again since stays as it is, and the post is heard all the same: it is sent once more where it is refused.
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
        let (kind, targets) = wanted(&said, &alarms, by);
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

fn wanted(said: &Said, alarms: &[Alarm], by: &Actor) -> (ActionKind, Vec<Target>) {
    let stood = |since: Timestamp| since <= said.at + APART;
    let is_meant = |alarm: &&Alarm| match said.done {
        Done::Taken => alarm.wants_an_answer() && stood(alarm.raised_at),
        Done::GivenBack => {
            let taken = alarm.acknowledged.as_ref();
            alarm.is_held_by(by) && taken.is_some_and(|taken| stood(taken.at))
        }
    };
    let targets = alarms.iter().filter(is_meant).map(|alarm| Target {
        alarm: alarm.id,
        occurrence: Some(alarm.raised_at),
    });
    let kind = match said.done {
        Done::Taken => ActionKind::Acknowledge,
        Done::GivenBack => ActionKind::GiveBack,
    };
    (kind, targets.collect())
}

/// Who it was, as people read it beside what was done.
fn name(said: &Said) -> String {
    let letters = said.who.chars().filter(|letter| !letter.is_control());
    letters.take(NAME).collect::<String>().trim().to_owned()
}
