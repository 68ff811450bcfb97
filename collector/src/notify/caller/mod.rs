//! Calls whom the ladders say, one step after the other, until somebody has it: one task, each look one transaction. What it goes by stands in the tables, so that it goes
//! on where it was after a restart.

pub(in crate::notify) mod passing;
pub(in crate::notify) mod round;
mod silence;

use std::collections::BTreeSet;
use std::sync::Arc;

use plenum_core::authority::Actor;
use plenum_core::duty::Plan;
use plenum_core::oncall::Why;
use plenum_core::oncall::call::{Call, Happened, Reach, Rung, Way};
use plenum_core::site::{Priority, Site};
use plenum_protocol::clock::Steps;
use plenum_protocol::{Duration, Timestamp};
use rusqlite::Connection;
use tokio_util::sync::CancellationToken;

use super::annunciator::Outbox;
use super::calls::{self, Standing};
use super::channels;
use super::duty::Duty;
use crate::database::{DatabaseError, who};
pub use passing::{PassesOn, Passing};
use round::Round;

/// How often the clock, the ways and the calls are looked at when nothing calls.
const LOOK: Duration = Duration::from_seconds(30);
/// How long after a look that could not be written down the next is tried.
const AGAIN: Duration = Duration::from_seconds(5);

/// Who calls, and what is asked of that. Cheap to clone.
#[derive(Clone)]
pub struct Calls {
    duty: Duty,
    outbox: Arc<Outbox>,
}

/// A call as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stands {
    /// How far it has come.
    pub call: Call,
    /// By which step whoever is next is told, when, and by which ways that would be now; none while somebody has it, or while all of them have quiet hours then.
    pub next: Option<(Rung, Timestamp, Vec<Way>)>,
}

impl Calls {
    /// Calls whoever is on duty, for what `outbox` has written.
    pub fn new(duty: &Duty, outbox: Arc<Outbox>) -> Self {
        Self {
            duty: duty.clone(),
            outbox,
        }
    }

    /// Calls until told to stop.
    pub(crate) async fn run(self, stop: CancellationToken) {
        let (clock, mut sites) = (self.duty.clock().clone(), self.duty.sites());
        let mut steps = Steps::new(clock.as_ref());
        let (mut everything, mut known) = (true, BTreeSet::new());
        while !stop.is_cancelled() {
            let by = steps.look(clock.as_ref());
            everything |= sites.has_changed().unwrap_or(false);
            let site = sites.borrow_and_update().clone();
            let touched = self.outbox.touched().take();
            let round = Round {
                overrides: self.duty.overrides(),
                deliver_from: self.outbox.delivers_from(),
                now: clock.now(),
                touched: touched.clone(),
                known: known.clone(),
                site,
                by,
                everything,
            };
            let next = match self
                .duty
                .database()
                .write(move |connection| round.run(connection))
                .await
            {
                Ok(done) => {
                    (everything, known) = (false, done.broken);
                    let more = !done.left.is_empty();
                    self.outbox.touched().add(done.left);
                    if done.told > 0 {
                        self.outbox.carry();
                    }
                    match more {
                        true => continue,
                        false => done.next,
                    }
                }
                Err(error) => {
                    tracing::error!(%error, "whom to call cannot be written down; it is tried again in some seconds");
                    self.outbox.touched().add(touched);
                    steps.put_back(by.unwrap_or(Duration::ZERO));
                    let pause = clock.sleep(AGAIN);
                    stop.run_until_cancelled(pause).await;
                    continue;
                }
            };
            tokio::select! {
                () = stop.cancelled() => {}
                () = self.outbox.touched().notified() => {}
                Ok(()) = sites.changed() => everything = true,
                () = clock.wake_at(next.unwrap_or(Timestamp::MAX)) => {}
                () = clock.sleep(LOOK) => {}
            }
        }
    }

    /// The call of an incident as it stands; none where no ladder has taken it, or it is over.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn of(&self, incident: u64) -> Result<Option<Stands>, DatabaseError> {
        let (site, overrides) = (self.duty.sites().borrow().clone(), self.duty.overrides());
        let read = move |connection: &Connection| {
            let standing = Standing::read(connection, incident, &site, Timestamp::MIN)?;
            let Some((call, ladder)) = standing.call.clone().zip(standing.ladder(&site)) else {
                return Ok(None);
            };
            let (plan, broken) = (Plan::new(&site, &overrides), calls::broken(connection, &site)?);
            let reach = reach(&site, &plan, &broken);
            let is_done = standing.is_first_alone && call.taken > 0;
            let next = call.ahead(ladder, &reach).filter(|_| !is_done);
            Ok(Some(Stands { call, next }))
        };
        self.duty.database().read(read).await
    }

    /// The ways that were told nothing of an incident, each with why, as things stand.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn silent(&self, incident: u64) -> Result<Vec<(Way, Why)>, DatabaseError> {
        let (site, overrides) = (self.duty.sites().borrow().clone(), self.duty.overrides());
        let now = self.duty.clock().now();
        let read = move |connection: &Connection| {
            let plan = Plan::new(&site, &overrides);
            let is_quiet = |recipient: &str, priority: Priority| {
                let person = recipient.parse().ok();
                person.is_some_and(|person| plan.quiet_until(&person, priority, now).is_some())
            };
            silence::of(connection, incident, &site, &is_quiet)
        };
        self.duty.database().read(read).await
    }

    /// What happened to the calls of an incident, the oldest first.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn events(&self, incident: u64) -> Result<Vec<(Timestamp, Happened)>, DatabaseError> {
        self.duty
            .database()
            .read(move |connection| calls::events(connection, incident))
            .await
    }

    /// The number of the incident that counts for an alarm.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn incident_of(&self, alarm: u64) -> Result<Option<u64>, DatabaseError> {
        let read = move |connection: &Connection| calls::incident_of(connection, alarm);
        self.duty.database().read(read).await
    }

    /// Who passed an incident on last and when, if it was not they, and nobody has had it since.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn passed_on(
        &self,
        incident: u64,
        reader: &str,
    ) -> Result<Option<(Actor, Timestamp)>, DatabaseError> {
        let (site, reader) = (self.duty.sites().borrow().clone(), reader.to_owned());
        let read = move |connection: &Connection| {
            let Some((by, at)) = calls::passed_on(connection, incident)? else {
                return Ok(None);
            };
            let is_reader = who::recipient(connection, &by, &site)?.is_some_and(|by| by == reader);
            Ok((!is_reader).then_some((by, at)))
        };
        self.duty.database().read(read).await
    }

    /// From when on a person could be told at `now` of something that came at `at`.
    pub(crate) fn told_from(
        &self,
        person: &str,
        priority: Priority,
        at: Timestamp,
        now: Timestamp,
    ) -> Timestamp {
        match person.parse() {
            Ok(person) => self
                .duty
                .with_plan(|plan| plan.told_from(&person, priority, at, now)),
            Err(_) => at,
        }
    }

    /// Until when a person is not to be told of each priority.
    pub(crate) fn quiet(&self, person: &str, now: Timestamp) -> Vec<(Priority, Timestamp)> {
        let Ok(person) = person.parse() else {
            return Vec::new();
        };
        self.duty.with_plan(|plan| {
            let until = |priority| Some((priority, plan.quiet_until(&person, priority, now)?));
            Priority::ALL.into_iter().filter_map(until).collect()
        })
    }
}

fn reach<'a>(site: &'a Site, plan: &'a Plan<'a>, broken: &'a BTreeSet<Way>) -> Reach<'a> {
    Reach {
        site,
        plan,
        broken,
        // What sounds in the building is a way to nobody: no step has come to somebody by it.
        to_people: &|channel| {
            let kind = channel.kind.as_str();
            channels::reaches_people(kind) || channels::is_in_the_building(kind)
        },
    }
}

#[cfg(test)]
mod tests;
