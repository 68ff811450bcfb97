//! Answers what people write to the monitor: "OK 4711" takes an alarm, and what else of its incident they were told of, as the link in a mail does. Obeyed is whoever the channel is for, at the number
//! that is theirs, about an alarm that they were told of. A stranger is written down and not answered: their message is all that it costs.

use std::collections::HashMap;
use std::sync::Arc;

use plenum_core::alarms::{Refusal, State};
use plenum_core::authority::Actor;
use plenum_core::fact::{ActionKind, Audited, Deed};
use plenum_core::modem::number;
use plenum_core::modem::reply::{self, Reply};
use plenum_core::oncall::call::Passed;
use plenum_core::site::{Person, Site};
use plenum_core::text::answer::{self, Answer};
use plenum_link::Shutdown;
use plenum_protocol::{Clock, Duration, Identifier, Steady, Timestamp};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use super::answered::Answered;
use super::{Collector, passing};
use crate::alarms::{Acted, ActionError, Alarms, Target};
use crate::audit::Audit;
use crate::database::{Database, DatabaseError};
use crate::notify::caller::{Calls, PassesOn};
use crate::notify::courier::{Courier, CourierOptions, Heard};
use crate::notify::outbox::{self, Link};
use crate::people::People;

/// How soon somebody hears again that they are not understood: two machines must not write to each other for ever.
const AGAIN: Duration = Duration::from_minutes(10);

/// Answers from now on.
pub(crate) fn answer(parts: &Collector, courier: &Arc<Courier>, clock: &Arc<dyn Clock>, shutdown: &Shutdown) {
    if let Some(texts) = courier.texts() {
        let answers = Answers::of(parts, courier.clone(), clock);
        shutdown.spawn("answers", answers.run(texts, shutdown.token()));
    }
}

/// Who reads what people write.
struct Answers {
    courier: Arc<Courier>,
    alarms: Alarms,
    people: Arc<People>,
    database: Database,
    audit: Audit,
    calls: Calls,
    ways: watch::Receiver<CourierOptions>,
    clock: Arc<dyn Clock>,
    puzzled: HashMap<Identifier, Steady>,
    answered: Answered,
}

impl Answers {
    fn of(parts: &Collector, courier: Arc<Courier>, clock: &Arc<dyn Clock>) -> Self {
        Self {
            courier,
            alarms: parts.alarms.clone(),
            people: parts.people.clone(),
            database: parts.database.clone(),
            audit: parts.audit.clone(),
            calls: parts.calls.clone(),
            ways: parts.ways.clone(),
            clock: clock.clone(),
            puzzled: HashMap::new(),
            answered: Answered::default(),
        }
    }

    /// Answers until told to stop.
    async fn run(mut self, mut texts: mpsc::Receiver<Heard>, stop: CancellationToken) {
        while let Some(Some(heard)) = stop.run_until_cancelled(texts.recv()).await {
            self.answer(&heard).await;
        }
    }

    async fn answer(&mut self, heard: &Heard) {
        let (channel, from) = (heard.channel.as_str(), heard.from.as_str());
        let site = self.alarms.site().borrow().clone();
        let Some((person, number)) = self.who(&site, heard) else {
            tracing::warn!(
                channel,
                from,
                "a stranger wrote; it is not obeyed and not answered"
            );
            if let Reply::Take(Some(alarm), _) | Reply::Pass(Some(alarm)) = reply::read(&heard.text) {
                self.write_down(alarm, Actor::Nobody, 403).await;
            }
            return;
        };
        let reply = reply::read(&heard.text);
        tracing::info!(channel, person = %person.id, ?reply, "somebody wrote");
        let said = match reply {
            Reply::Take(Some(alarm), comment) => self.take(alarm, person, &comment).await,
            Reply::Pass(Some(alarm)) => self.pass_on(alarm, person).await,
            Reply::Status => self.status(),
            Reply::Take(None, _) | Reply::Pass(None) | Reply::Unclear => {
                let now = self.clock.steady();
                let before = self.puzzled.insert(person.id.clone(), now);
                if before.is_some_and(|before| now.since(before) < AGAIN) {
                    return;
                }
                Answer::Unclear
            }
        };
        if said.is_only_news() && !self.answered.once_more(&person.id, self.clock.steady()) {
            tracing::warn!(channel, person = %person.id, ?said, "somebody writes again and again, and is not answered for a while");
            return;
        }
        let language = person.language.unwrap_or(site.site.language);
        // To the number that is theirs, however the network wrote it.
        let outcome = self
            .courier
            .say(&heard.channel, &number, &answer::answer(said, language))
            .await;
        tracing::info!(channel, person = %person.id, ?said, ?outcome, "somebody was answered");
    }

    /// Whoever of the channel has this number, and the number.
    fn who<'a>(&self, site: &'a Site, heard: &Heard) -> Option<(&'a Person, String)> {
        let channel = site.channels.iter().find(|channel| channel.id == heard.channel)?;
        let ways = self.ways.borrow();
        let number_of = |person: &Identifier| {
            // What was set for somebody counts before what the file says.
            let mut theirs = ways
                .reached()
                .filter(|reached| reached.person == *person && reached.key == "phone");
            number::normalise(&theirs.next()?.address).ok()
        };
        let mut people = channel.people.iter();
        let (person, number) = people.find_map(|person| {
            let number = number_of(person).filter(|number| number::is_same(number, &heard.from))?;
            Some((person, number))
        })?;
        let known = site.people.iter().find(|known| known.id == *person)?;
        Some((known, number))
    }

    async fn take(&self, alarm: u64, person: &Person, comment: &str) -> Answer {
        let Some((delivery, raised_at)) = self.told(alarm, person).await else {
            return Answer::NotTold(alarm);
        };
        let Some(by) = self.actor(person, delivery).await else {
            return Answer::Failed(alarm);
        };
        let link = Link {
            alarm,
            raised_at,
            person: person.id.to_string(),
            delivery,
        };
        let (said, status) = self.take_by(&link, &by, comment).await;
        self.write_down(alarm, by, status).await;
        said
    }

    /// As a link does: all of the incident that they were told of, unless what they name came again since.
    async fn take_by(&self, link: &Link, by: &Actor, comment: &str) -> (Answer, u16) {
        if self.is_raised_anew(link.alarm, link.raised_at) {
            return (Answer::RaisedAnew(link.alarm), 409);
        }
        let acted = async {
            let mut found = self.alarms.told_with(link).await?;
            found.retain(|(alarm, _)| alarm.wants_an_answer());
            let targets: Vec<Target> = found.into_iter().map(|(_, target)| target).collect();
            let kind = ActionKind::Acknowledge;
            self.alarms.act_many(&targets, kind, by, comment).await
        };
        match acted.await {
            Ok(acted) => came_of(link.alarm, &acted),
            Err(error) => {
                tracing::error!(%error, alarm = link.alarm, "an answer cannot be written down");
                (Answer::Failed(link.alarm), 503)
            }
        }
    }

    /// They cannot: whoever is next is called now.
    async fn pass_on(&self, alarm: u64, person: &Person) -> Answer {
        let Some((delivery, raised_at)) = self.told(alarm, person).await else {
            return Answer::NotTold(alarm);
        };
        if self.is_raised_anew(alarm, raised_at) {
            return Answer::RaisedAnew(alarm);
        }
        let Some(by) = self.actor(person, delivery).await else {
            return Answer::Failed(alarm);
        };
        let (said, status) = match self.pass_on_by(alarm, person, &by).await {
            Ok(passed) => (
                Answer::Passed(alarm, passed),
                if passed.is_refused() { 409 } else { 200 },
            ),
            Err(error) => {
                tracing::error!(%error, alarm, "a no cannot be written down");
                (Answer::Failed(alarm), 503)
            }
        };
        self.write_down(alarm, by, status).await;
        said
    }

    async fn pass_on_by(&self, alarm: u64, person: &Person, by: &Actor) -> Result<Passed, DatabaseError> {
        let Some(incident) = self.calls.incident_of(alarm).await? else {
            return Ok(Passed::NobodyNext);
        };
        let passes = PassesOn {
            incident,
            person: person.id.to_string(),
            to: None,
        };
        let passing = passing::pass_on(&self.alarms, &self.calls, &passes, by).await?;
        Ok(passing.passed)
    }

    /// They by what they were told of; none where they cannot be looked up.
    async fn actor(&self, person: &Person, delivery: i64) -> Option<Actor> {
        let site = self.alarms.site().borrow().clone();
        let by = self.people.answering(&site, person.id.as_str(), delivery).await;
        by.inspect_err(|error| tracing::error!(%error, "who somebody is cannot be looked up"))
            .ok()
    }

    /// Whether it came again since they were told.
    fn is_raised_anew(&self, alarm: u64, raised_at: Timestamp) -> bool {
        let now = self.alarms.alarm(alarm);
        now.is_some_and(|now| !now.is_occurrence(raised_at))
    }

    /// What they answered, in the audit log.
    async fn write_down(&self, alarm: u64, by: Actor, status: u16) {
        let audited = Audited {
            at: self.clock.now(),
            by,
            from: None,
            deed: Deed::AnswerByText,
            on: alarm.to_string(),
            status,
            times: 1,
        };
        // Whoever forges numbers writes one line a minute.
        let written = match status {
            400.. => self.audit.end_refused(None, audited).await,
            _ => self.audit.end(None, audited).await,
        };
        if let Err(error) = written {
            tracing::error!(%error, "an answer cannot be written into the audit log");
        }
    }

    /// The last message to them about it, and the occurrence that it told of.
    async fn told(&self, alarm: u64, person: &Person) -> Option<(i64, Timestamp)> {
        let recipient = person.id.to_string();
        let told = self
            .database
            .read(move |connection| outbox::told(connection, alarm, &recipient));
        told.await.unwrap_or_else(|error| {
            tracing::error!(%error, "what somebody was told cannot be read");
            None
        })
    }

    fn status(&self) -> Answer {
        let mut standing = self.alarms.alarms(false);
        standing.retain(|alarm| !alarm.is_drill());
        let open = standing
            .iter()
            .filter(|alarm| alarm.state == State::ActiveUnacknowledged)
            .count();
        let standing = standing.iter().filter(|alarm| alarm.state.is_active()).count();
        Answer::Status { standing, open }
    }
}

/// What is said to somebody who named an alarm, and how the audit log counts it.
fn came_of(alarm: u64, acted: &Acted) -> (Answer, u16) {
    let refused = acted.refused.iter().find(|(refused, _)| *refused == alarm);
    let is_taken = acted.done.iter().any(|taken| taken.id == alarm);
    let others = acted.done.len() - usize::from(is_taken);
    match refused.map(|(_, error)| error) {
        Some(ActionError::Refused(Refusal::AnotherOccurrence { .. })) => (Answer::RaisedAnew(alarm), 409),
        Some(error @ (ActionError::Unstored | ActionError::Database(_))) => {
            tracing::error!(%error, alarm, "an answer cannot be written down");
            (Answer::Failed(alarm), 503)
        }
        Some(ActionError::Refused(_)) | None if is_taken => (Answer::Taken { alarm, others }, 200),
        Some(ActionError::Refused(_)) | None if others > 0 => (Answer::OthersTaken { alarm, others }, 200),
        Some(ActionError::Refused(_)) | None => (Answer::NothingToTake(alarm), 409),
    }
}
