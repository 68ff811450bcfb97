//! "I cannot, call the next": whoever was asked for an incident, or has it, passes it on. One rule, however they say so.

use std::sync::Arc;

use plenum_core::authority::Actor;
use plenum_core::duty::{Override, Plan};
use plenum_core::oncall::call::{Call, Happened, Passed, Way};
use plenum_core::site::Site;
use plenum_protocol::{Identifier, Timestamp};
use rusqlite::Connection;

use super::round::say_what_changed;
use super::{Calls, reach};
use crate::database::DatabaseError;
use crate::notify::calls::{self, Standing};
use crate::notify::outbox;

/// Somebody who passes an incident on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PassesOn {
    /// Its number.
    pub incident: u64,
    /// They, as the site names whom messages go to.
    pub person: String,
    /// To whom by name; none where the ladder says who is next.
    pub to: Option<Identifier>,
}

/// What comes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passing {
    /// In a word.
    pub passed: Passed,
    /// By which ways somebody is told now.
    pub called: Vec<Way>,
    /// What they have of it, and give back with that: alarms, each with its occurrence.
    pub has: Vec<(u64, Timestamp)>,
    /// To whom they can pass it on by name.
    pub others: Vec<Identifier>,
}

impl Calls {
    /// What would come of it now.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn would_pass_on(&self, passes: &PassesOn) -> Result<Passing, DatabaseError> {
        let answer = self.answer(passes, false);
        let read = move |connection: &Connection| Ok(answer.look(connection)?.0);
        self.duty.database().read(read).await
    }

    /// Passes it on. `had`: they had what they have just given back.
    ///
    /// # Errors
    /// It cannot be written down.
    pub(crate) async fn pass_on(
        &self,
        passes: &PassesOn,
        by: Actor,
        had: bool,
    ) -> Result<Passing, DatabaseError> {
        let answer = self.answer(passes, had);
        let pass = move |connection: &Connection| answer.pass_on(connection, by);
        let passing = self.duty.database().write(pass).await?;
        self.outbox.touched().wake();
        Ok(passing)
    }

    fn answer(&self, passes: &PassesOn, had: bool) -> Answer {
        Answer {
            passes: passes.clone(),
            had,
            site: self.duty.sites().borrow().clone(),
            overrides: self.duty.overrides(),
            deliver_from: self.outbox.delivers_from(),
            now: self.duty.clock().now(),
        }
    }
}

/// What an answer is held against.
pub(in crate::notify) struct Answer {
    pub(in crate::notify) passes: PassesOn,
    pub(in crate::notify) had: bool,
    pub(in crate::notify) site: Arc<Site>,
    pub(in crate::notify) overrides: Arc<[Override]>,
    pub(in crate::notify) deliver_from: Timestamp,
    pub(in crate::notify) now: Timestamp,
}

/// What comes of it, the call as it is kept, and as it is then.
type Looked = (Passing, Option<Call>, Option<Call>);

impl Answer {
    pub(in crate::notify) fn pass_on(&self, connection: &Connection, by: Actor) -> rusqlite::Result<Passing> {
        let (passing, before, after) = self.look(connection)?;
        let (incident, now, to) = (self.passes.incident, self.now, self.passes.to.clone());
        if let (Passed::On, Some(call)) = (passing.passed, after) {
            say_what_changed(connection, (incident, now), before.as_ref(), &call)?;
            calls::say(connection, incident, now, &Happened::PassedOn { by, to })?;
            calls::keep(connection, incident, &call, Some(now))?;
        }
        Ok(passing)
    }

    pub(in crate::notify) fn look(&self, connection: &Connection) -> rusqlite::Result<Looked> {
        let (incident, person) = (self.passes.incident, self.passes.person.as_str());
        let standing = Standing::read(connection, incident, &self.site, self.deliver_from)?;
        let before = standing.call.clone();
        let (standing, has) = standing.given_back_by(connection, person, &self.site)?;
        let is_theirs = self.had || !has.is_empty();
        let mut passing = Passing {
            passed: Passed::Over,
            called: Vec::new(),
            has,
            others: Vec::new(),
        };
        let Some(situation) = standing.situation else {
            return Ok((passing, before, None));
        };
        if !is_theirs && !outbox::was_told(connection, incident, person)? {
            passing.passed = Passed::NotTold;
            return Ok((passing, before, None));
        }
        if situation.is_held {
            passing.passed = match is_theirs {
                true => Passed::Noted,
                false => Passed::HeldByAnother,
            };
            return Ok((passing, before, None));
        }
        let Some(ladder) = standing.ladder(&self.site) else {
            passing.passed = self.nobody_next(&passing);
            return Ok((passing, before, None));
        };
        let begin = || Call::begin(ladder, situation.priority, self.now);
        let mut call = before.clone().unwrap_or_else(begin);
        call.stands(&situation, ladder, self.now);
        // Once: whoever says no twice was waited for once.
        let is_asked = !call.hurries && call.newest.iter().any(|way| way.recipient == person);
        if !is_theirs && !is_asked {
            passing.passed = Passed::Noted;
            return Ok((passing, before, None));
        }
        let (plan, broken) = (
            Plan::new(&self.site, &self.overrides),
            calls::broken(connection, &self.site)?,
        );
        let reach = reach(&self.site, &plan, &broken);
        let others = reach.others(person, situation.priority, self.now).into_iter();
        passing.others = others.map(|other| other.id.clone()).collect();
        let to = self.passes.to.as_ref();
        passing.passed = match call.pass_on(person, to, (ladder, &reach), self.now) {
            Some(called) => {
                passing.called = called;
                Passed::On
            }
            None if to.is_some() => Passed::NotReached,
            None => self.nobody_next(&passing),
        };
        Ok((passing, before, Some(call)))
    }

    /// What they have they keep.
    fn nobody_next(&self, passing: &Passing) -> Passed {
        match passing.has.is_empty() {
            true => Passed::NobodyNext,
            false => Passed::Kept,
        }
    }
}
