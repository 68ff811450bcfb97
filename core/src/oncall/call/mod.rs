//! "Who is told now, by what, and who is next?" of an incident that a ladder takes: one step after the other, until somebody has it or it is over.
//!
//! | it happens | what is done |
//! |---|---|
//! | the incident begins | the first step is due after its delay |
//! | a step is due, and nobody has the incident | its people are told, or told again; the next step is due after its delay |
//! | the last step was taken | the fallback is due half of `again` later, and the first step of the next round the other half later |
//! | all rounds were gone | everybody in place of the fallback, and so on for ever |
//! | a step comes to nobody | its fallback in their place |
//! | nobody of the step taken last can be reached, in the first round | the next is due now |
//! | whoever is asked, or has it, passes it on | the next step that tells somebody else is due now, and leaves them out |
//! | all whom it could come to have said no | it goes on by its delays, and comes to them again |
//! | they pass it on to somebody by name | that one is told now, in place of the next; the next step is due after its delay |
//! | what can wait comes in quiet hours | the step waits for their end |
//! | the conditions of all that nobody has are gone, and their off-delays run | each step after the first waits, for five minutes at most: it is over soon, or stands again |
//! | somebody takes it | nothing is due any more |
//! | it gets worse than what they took, or they give it back | worse: from the first step on; otherwise the next step is due after its delay |
//! | it is over before the first step was taken | whom that comes to hear so, where it stood as long as that step waits |
//! | the room or the priority has another ladder, by a revision or by getting worse | that one's first step |
//!
//! It never acknowledges by itself and never gives up. No clock is asked: `now` is an argument.

mod happened;
#[cfg(test)]
mod model;
mod passed;
mod situation;
#[cfg(test)]
mod tests;
mod ways;

use std::collections::BTreeMap;

use plenum_protocol::{Duration, Identifier, Timestamp};
use serde::{Deserialize, Serialize};

use crate::site::{Ladder, Priority};
pub use happened::Happened;
pub use passed::Passed;
pub use situation::{Situation, calls_for};
pub use ways::{Reach, Way};

/// One that is under way. What it has done is kept, so that a restart goes on where it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// The ladder that it climbs.
    pub ladder: Identifier,
    /// How bad the incident was at its worst since it began to climb.
    pub priority: Priority,
    /// How bad is now what it calls for.
    pub now: Priority,
    /// How many steps it took, over all rounds.
    pub taken: u32,
    /// When it took the last one, or began.
    pub last: Timestamp,
    /// Whether the next is due now, since the last one reached nobody or was answered with no.
    #[serde(default)]
    pub hurries: bool,
    /// Whether somebody has the incident.
    #[serde(default)]
    pub is_held: bool,
    /// Whom it told, by what, and when first.
    #[serde(with = "ways::told")]
    pub told: BTreeMap<Way, Timestamp>,
    /// The ways of the last step.
    #[serde(default)]
    pub newest: Vec<Way>,
    /// To whom it was passed on by name: they are told before the next step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub named: Option<Identifier>,
    /// Who has just passed it on: the next step leaves them out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub passed_by: Option<String>,
    /// Who has passed it on since nobody has it: nobody else's "no" hurries it back to them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub declined: Vec<Declined>,
    /// Whether what it calls for is about to end.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_ending: bool,
}

/// Somebody who has passed it on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Declined {
    /// Who.
    pub passed_by: String,
}

/// How long a step waits for the end of what is about to end: as long as the off-delays of the built-in rules.
const ENDING: Duration = Duration::from_minutes(5);

/// A step of a ladder or what follows the last one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rung {
    /// The step at this place, from 0.
    Step(usize),
    /// Who is told after the last step of each round.
    Fallback,
    /// In place of the fallback after so many rounds.
    Everybody,
    /// Somebody to whom it was passed on by name.
    Named,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Called {
    /// By which step.
    pub rung: Rung,
    /// Who is told for the first time.
    pub first: Vec<Way>,
    /// Who was told, and is told again.
    pub again: Vec<Way>,
}

impl Call {
    /// One that begins now.
    pub fn begin(ladder: &Ladder, priority: Priority, now: Timestamp) -> Self {
        Self {
            ladder: ladder.id.clone(),
            priority,
            now: priority,
            taken: 0,
            last: now,
            hurries: false,
            is_held: false,
            told: BTreeMap::new(),
            newest: Vec::new(),
            named: None,
            passed_by: None,
            declined: Vec::new(),
            is_ending: false,
        }
    }

    /// The step of the ladder that comes next.
    fn next(&self, ladder: &Ladder) -> Rung {
        let (round, place) = self.place(ladder);
        match place < ladder.steps.len() {
            true => Rung::Step(place),
            false if round + 1 >= ladder.rounds.max(1) => Rung::Everybody,
            false => Rung::Fallback,
        }
    }

    /// When that is due; none while somebody has the incident.
    pub fn due(&self, ladder: &Ladder) -> Option<Timestamp> {
        let half = Duration::from_milliseconds(ladder.again.milliseconds() / 2);
        let (round, place) = self.place(ladder);
        let after = match ladder.steps.get(place) {
            _ if self.hurries => Duration::ZERO,
            Some(_) if place == 0 && round > 0 => ladder.again - half,
            Some(step) => step.after,
            None => half,
        };
        (!self.is_held).then(|| self.last + after)
    }

    fn place(&self, ladder: &Ladder) -> (u32, usize) {
        let rungs = u32::try_from(ladder.steps.len() + 1).unwrap_or(u32::MAX);
        (self.taken / rungs, (self.taken % rungs) as usize)
    }

    /// How the incident stands now: whether somebody has it, and whether it is worse than what was called for.
    pub fn stands(&mut self, situation: &Situation, ladder: &Ladder, now: Timestamp) {
        let is_worse = situation.priority < self.priority;
        if self.ladder != ladder.id || (is_worse && !situation.is_held) {
            // Whoever was told stays told: they hear what becomes of it.
            let told = std::mem::take(&mut self.told);
            *self = Self {
                told,
                ..Self::begin(ladder, situation.priority, now)
            };
        }
        if self.is_held && !situation.is_held {
            self.last = now;
        }
        if situation.is_held {
            self.goes_on();
            self.declined.clear();
            // Whoever took it took it as bad as it is now.
            self.priority = self.priority.min(situation.priority);
        }
        (self.is_held, self.is_ending) = (situation.is_held, situation.is_ending);
        self.now = situation.priority;
    }

    /// Takes the step that is due, if one is: tells whom it comes to, as `reach` has it.
    pub fn step(&mut self, ladder: &Ladder, reach: &Reach<'_>, now: Timestamp) -> Option<Called> {
        self.hurries |= self.reached_nobody(ladder, reach);
        if self.due(ladder)? + self.waits() > now {
            return None;
        }
        let (rung, ways) = self.comes(ladder, reach, now)?;
        let (again, first): (Vec<Way>, Vec<Way>) =
            ways.into_iter().partition(|way| self.told.contains_key(way));
        for way in &first {
            self.told.insert(way.clone(), now);
        }
        self.newest = [first.clone(), again.clone()].concat();
        self.taken = match rung {
            // In place of the first step of all, which may be due as soon as this one.
            Rung::Named => self.taken.max(1),
            _ => self.taken.saturating_add(1),
        };
        self.last = now;
        self.goes_on();
        Some(Called { rung, first, again })
    }

    /// Whether nobody of the step taken last can be reached. Where no way works at all, going round faster helps nobody.
    fn reached_nobody(&self, ladder: &Ladder, reach: &Reach<'_>) -> bool {
        let is_reached = self.newest.iter().any(|way| !reach.is_broken(way));
        let (round, _) = self.place(ladder);
        round == 0 && self.taken > 0 && !is_reached && !self.is_held
    }

    /// How much longer than its delay the next step waits.
    fn waits(&self) -> Duration {
        let waits = self.is_ending && self.taken > 0 && !self.hurries;
        if waits { ENDING } else { Duration::ZERO }
    }

    /// Its incident came and went before anybody looked whom to call. `stood`: for how long. Whether the first step would have been taken meanwhile: then it is due now.
    pub fn was_missed(&mut self, ladder: &Ladder, stood: Duration) -> bool {
        let waits = ladder.steps.first().map_or(Duration::ZERO, |step| step.after);
        self.hurries = self.taken == 0 && !self.is_held && stood >= waits;
        self.hurries
    }

    /// By which step and ways whoever comes next would be told, as things stand, and when; none where all whom it comes to have quiet hours for it then, or somebody has the
    /// incident.
    pub fn ahead(&self, ladder: &Ladder, reach: &Reach<'_>) -> Option<(Rung, Timestamp, Vec<Way>)> {
        let then = Self {
            hurries: self.hurries || self.reached_nobody(ladder, reach),
            ..self.clone()
        };
        let due = then.due(ladder)? + then.waits();
        let (rung, ways) = then.comes(ladder, reach, due)?;
        Some((rung, due, ways))
    }

    /// What comes at an instant. Whom nothing reaches by then to whom it was passed on is nobody.
    fn comes(&self, ladder: &Ladder, reach: &Reach<'_>, at: Timestamp) -> Option<(Rung, Vec<Way>)> {
        let named = self.named.as_ref();
        if let Some(ways) = named.and_then(|person| reach.to(person, self.now, at)) {
            return Some((Rung::Named, ways));
        }
        let rung = self.next(ladder);
        let ways = reach.of(ladder, rung, self.now, at)?;
        let is_another = |way: &&Way| self.passed_by.is_none() || !self.has_declined(&way.recipient);
        let others: Vec<Way> = ways.iter().filter(is_another).cloned().collect();
        // Better they once more than nobody.
        Some((rung, if others.is_empty() { ways } else { others }))
    }

    /// Whether somebody has passed it on since nobody has it.
    fn has_declined(&self, person: &str) -> bool {
        self.declined.iter().any(|one| one.passed_by == person)
    }

    /// Nothing is due at once any more.
    fn goes_on(&mut self) {
        (self.hurries, self.named, self.passed_by) = (false, None, None);
    }

    /// Somebody passes it on: whom it comes to is told now. Gives by which ways; none, and all stays as it was, where nobody else can be told now.
    pub fn pass_on(
        &mut self,
        by: &str,
        to: Option<&Identifier>,
        (ladder, reach): (&Ladder, &Reach<'_>),
        now: Timestamp,
    ) -> Option<Vec<Way>> {
        if self.is_held {
            return None;
        }
        let ways = match to {
            Some(person) if person.as_str() == by => return None,
            Some(person) => {
                let ways = reach.to(person, self.now, now)?;
                self.named = Some(person.clone());
                ways
            }
            None => {
                let (taken, ways) = self.for_another(by, (ladder, reach), now)?;
                self.taken = taken;
                ways
            }
        };
        (self.hurries, self.passed_by) = (true, Some(by.to_owned()));
        if !self.has_declined(by) {
            self.declined.push(Declined {
                passed_by: by.to_owned(),
            });
        }
        Some(ways)
    }

    /// How many steps are gone when the next one comes that tells somebody who has not said no yet, and by which ways that does. No step that waits for the end of quiet hours
    /// is left out.
    fn for_another(
        &self,
        by: &str,
        (ladder, reach): (&Ladder, &Reach<'_>),
        now: Timestamp,
    ) -> Option<(u32, Vec<Way>)> {
        let rungs = u32::try_from(ladder.steps.len() + 1).unwrap_or(u32::MAX);
        let everybody = ladder.rounds.max(1).saturating_mul(rungs) - 1;
        let round = self.taken..self.taken.saturating_add(rungs);
        for taken in round.chain((self.taken <= everybody).then_some(everybody)) {
            let ahead = Self {
                taken,
                ..self.clone()
            };
            let mut ways = reach.of(ladder, ahead.next(ladder), self.now, now)?;
            ways.retain(|way| way.recipient != by && !self.has_declined(&way.recipient));
            if ways.iter().any(|way| !reach.is_broken(way)) {
                return Some((taken, ways));
            }
        }
        None
    }

    /// With another one, whose incident turned out to be part of this one's: whoever was told by it was told.
    pub fn joined(mut self, part: Self) -> Self {
        for (way, at) in part.told {
            let known = self.told.entry(way).or_insert(at);
            *known = at.min(*known);
        }
        self
    }

    /// At a look: what a clock wrote that was ahead, and was put right while nobody ran, is not waited for.
    pub fn nobody_waits_for_ever(&mut self, now: Timestamp) {
        self.last = self.last.min(now);
    }

    /// The wall clock was set by so much: who waits does so as long as before.
    pub fn clock_was_set(&mut self, by: Duration) {
        self.last = self.last + by;
    }
}
