//! One look at whom to call, in one transaction.

use std::collections::BTreeSet;
use std::sync::Arc;

use plenum_core::alarms::{Alarm, State};
use plenum_core::duty::{Override, Plan};
use plenum_core::oncall::call::{Call, Called, Happened, Reach, Way, calls_for};
use plenum_core::site::{Ladder, Site};
use plenum_protocol::{Duration, Timestamp};
use rusqlite::Connection;

use super::reach;
use crate::notify::calls::{self, Standing};
use crate::notify::outbox;

/// So many incidents are looked at in one transaction: others write between two of them.
const INCIDENTS: usize = 200;
/// How long a step waits whose people have quiet hours before that is looked at again.
const QUIET: Duration = Duration::from_seconds(30);
/// No call takes more steps at once: each but the last is one that reached nobody.
const STEPS: usize = 32;

/// What a look goes by.
pub(in crate::notify) struct Round {
    pub(in crate::notify) site: Arc<Site>,
    pub(in crate::notify) overrides: Arc<[Override]>,
    /// What was raised before is history.
    pub(in crate::notify) deliver_from: Timestamp,
    pub(in crate::notify) now: Timestamp,
    /// The incidents that something happened to.
    pub(in crate::notify) touched: BTreeSet<u64>,
    /// Whether all are looked at: at a start, and where the site is another.
    pub(in crate::notify) everything: bool,
    /// The ways that did not work at the last look.
    pub(in crate::notify) known: BTreeSet<Way>,
    /// By how much the clock was set since the last look.
    pub(in crate::notify) by: Option<Duration>,
}

/// What came of it.
#[derive(Debug, Default)]
pub(in crate::notify) struct Done {
    /// How many messages were written.
    pub(in crate::notify) told: usize,
    /// When the next step is due.
    pub(in crate::notify) next: Option<Timestamp>,
    /// The ways that do not work.
    pub(in crate::notify) broken: BTreeSet<Way>,
    /// The incidents that are to be looked at yet.
    pub(in crate::notify) left: BTreeSet<u64>,
}

impl Round {
    pub(in crate::notify) fn run(&self, connection: &Connection) -> rusqlite::Result<Done> {
        if let Some(by) = self.by {
            calls::clock_was_set(connection, by)?;
        }
        let broken = calls::broken(connection, &self.site)?;
        let mut looked = BTreeSet::new();
        if self.everything {
            looked.extend(calls::all(connection)?);
        }
        // Where there is no ladder calls can only end.
        if !self.site.ladders.is_empty() {
            looked.extend(&self.touched);
            if self.everything {
                looked.extend(calls::open_incidents(connection)?);
            }
        }
        if broken != self.known {
            looked.extend(calls::calling(connection)?);
        }
        looked.extend(calls::due(connection, self.now, INCIDENTS)?);
        let left = match looked.iter().nth(INCIDENTS).copied() {
            Some(next) => looked.split_off(&next),
            None => BTreeSet::new(),
        };
        let plan = Plan::new(&self.site, &self.overrides);
        let mut told = 0;
        for incident in looked {
            told += self.look(connection, incident, &plan, &broken)?;
        }
        Ok(Done {
            told,
            next: calls::next_due(connection)?,
            broken,
            left,
        })
    }

    /// Looks at one incident. Gives how many messages that wrote.
    fn look(
        &self,
        connection: &Connection,
        incident: u64,
        plan: &Plan<'_>,
        broken: &BTreeSet<Way>,
    ) -> rusqlite::Result<usize> {
        let standing = Standing::read(connection, incident, &self.site, self.deliver_from)?;
        let Some((situation, ladder)) = standing.situation.zip(standing.ladder(&self.site)) else {
            return self.end(connection, incident, standing, plan, broken);
        };
        let before = standing.call.clone();
        let mut call = before
            .clone()
            .unwrap_or_else(|| Call::begin(ladder, situation.priority, self.now));
        call.nobody_waits_for_ever(self.now);
        call.stands(&situation, ladder, self.now);
        say_what_changed(connection, (incident, self.now), before.as_ref(), &call)?;
        let is_first_alone = standing.is_first_alone;
        let alarms = in_order(connection, incident, standing.alarms);
        let reach = reach(&self.site, plan, broken);
        let steps = match is_first_alone {
            true => 1_usize.saturating_sub(call.taken as usize),
            false => STEPS,
        };
        let told = self.climb(
            connection,
            incident,
            (&mut call, ladder),
            &reach,
            steps,
            |called| outbox::call(connection, &alarms, called, &self.site, self.now),
        )?;
        let due = self
            .due(&call, ladder)
            .filter(|_| !is_first_alone || call.taken == 0);
        if before.as_ref() != Some(&call) || due.is_some() {
            calls::keep(connection, incident, &call, due)?;
        }
        Ok(told)
    }

    /// Takes the steps that are due. Gives how many messages that wrote.
    fn climb(
        &self,
        connection: &Connection,
        incident: u64,
        (call, ladder): (&mut Call, &Ladder),
        reach: &Reach<'_>,
        steps: usize,
        tell: impl Fn(&Called) -> rusqlite::Result<usize>,
    ) -> rusqlite::Result<usize> {
        let mut told = 0;
        for _ in 0..steps {
            let Some(called) = call.step(ladder, reach, self.now) else {
                break;
            };
            told += tell(&called)?;
            let Called { rung, first, again } = called;
            tracing::info!(incident, ?rung, ?first, ?again, "a step of a ladder is taken");
            let stepped = Happened::Stepped { rung, first, again };
            calls::say(connection, incident, self.now, &stepped)?;
        }
        Ok(told)
    }

    /// Nobody is to be called for an incident. Whoever was to be while it stood hears that it did, where no look came in time. Gives how many messages that wrote.
    fn end(
        &self,
        connection: &Connection,
        incident: u64,
        standing: Standing,
        plan: &Plan<'_>,
        broken: &BTreeSet<Way>,
    ) -> rusqlite::Result<usize> {
        let begun = standing.begun(&self.site).zip(standing.call.clone());
        let mut missed = standing.alarms;
        missed.retain(|alarm| alarm.state == State::ReturnedUnacknowledged && alarm.cover.is_none());
        missed.sort_by_key(|alarm| (alarm.priority, alarm.raised_at, alarm.id));
        let stood = missed
            .iter()
            .filter_map(|alarm| Some(alarm.returned_at?.since(alarm.raised_at)));
        let mut told = 0;
        if let Some((ladder, mut call)) = begun
            && let Some(stood) = stood.max()
            && call.was_missed(ladder, stood)
        {
            call.nobody_waits_for_ever(self.now);
            let reach = reach(&self.site, plan, broken);
            told = self.climb(
                connection,
                incident,
                (&mut call, ladder),
                &reach,
                STEPS,
                |called| outbox::call_for_what_is_over(connection, &missed, called, &self.site, self.now),
            )?;
            if call.taken == 0 {
                // They have quiet hours.
                calls::keep(connection, incident, &call, Some(self.now + QUIET))?;
                return Ok(told);
            }
        }
        if calls::end(connection, incident)? {
            calls::say(connection, incident, self.now, &Happened::Ended)?;
        }
        Ok(told)
    }

    /// When a call is looked at next.
    fn due(&self, call: &Call, ladder: &Ladder) -> Option<Timestamp> {
        let due = call.due(ladder)?;
        Some(match due > self.now {
            true => due,
            false => self.now + QUIET,
        })
    }
}

/// What the situation made of a call.
pub(super) fn say_what_changed(
    connection: &Connection,
    (incident, now): (u64, Timestamp),
    before: Option<&Call>,
    call: &Call,
) -> rusqlite::Result<()> {
    let say = |happened: &Happened| calls::say(connection, incident, now, happened);
    let begins_anew = |before: &Call| before.ladder != call.ladder || (before.taken > 0 && call.taken == 0);
    if before.is_none_or(begins_anew) {
        say(&Happened::Began {
            ladder: call.ladder.clone(),
            priority: call.priority,
        })?;
    }
    match (before.is_some_and(|before| before.is_held), call.is_held) {
        (false, true) => say(&Happened::Taken),
        (true, false) => say(&Happened::GivenBack),
        _ => Ok(()),
    }
}

/// The alarms that somebody is to be called for: the worst first, of those what the others most likely come from, then the oldest.
fn in_order(connection: &Connection, incident: u64, mut alarms: Vec<Alarm>) -> Vec<Alarm> {
    alarms.retain(calls_for);
    if alarms.len() > 1 {
        let first = calls::first_cause(connection, incident);
        alarms.sort_by_key(|alarm| (alarm.priority, first != Some(alarm.id), alarm.raised_at, alarm.id));
    }
    alarms
}
