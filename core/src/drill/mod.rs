//! One drill of the alarm chain as a pure machine: an agent is asked for a reading, which has to be stored, to raise its alarm, to be told to whoever the ladder calls, and to be
//! answered; then all of it ends. What is seen of it comes in, what is to be done comes out, and it never waits longer than this:
//!
//! | stage | waits for | at most | then | where that does not come |
//! |---|---|---|---|---|
//! | commanded | the agent's reading in the journal; the agent is asked again every 20 s until it answers | 2 min | committed | ending: it refused, was silent, or nothing came of it |
//! | committed | the alarm | 1 min | raised | ending: no alarm |
//! | raised | a provider that takes a message | 5 min, and what the ladder's first step waits | told, or ending where nobody has to answer | ending: not taken |
//! | told | somebody's answer | what `within` says | ending | ending: not confirmed |
//! | ending | the end of its alarm; the agent is asked for it every 20 s | 2 min | over | over: its reading is retired |
//!
//! What comes early counts: an alarm says that its reading was stored, an answer that a message arrived. A clock that is set moves what it waits for along. What it waited for while
//! nobody ran nobody could see or do: where that took too long it ends as interrupted, which says nothing of the chain.

#[cfg(test)]
mod nights;
mod plan;
#[cfg(test)]
mod tests;

pub use plan::{Due, LATEST, Plan, due};

use plenum_protocol::{Duration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::authority::Actor;

/// How long an agent has for its reading to come.
const READ_WITHIN: Duration = Duration::from_minutes(2);
/// How long the engine has.
const RAISED_WITHIN: Duration = Duration::from_minutes(1);
/// How long the ways have.
const TAKEN_WITHIN: Duration = Duration::from_minutes(5);
/// How long the end may take.
const ENDED_WITHIN: Duration = Duration::from_minutes(2);
/// How often an agent is asked again.
const AGAIN: Duration = Duration::from_seconds(20);

/// One that came through is not begun again by hand before this: whoever may begin it could keep people awake.
pub const BETWEEN: Duration = Duration::from_minutes(5);

/// How far a drill has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// Its agent is asked.
    Commanded,
    /// Its reading is in the journal.
    Committed,
    /// Its alarm stands.
    Raised,
    /// A message of it was taken.
    Told,
    /// It came through or broke off, and ends.
    Ending,
    /// It is over.
    Over,
}

/// One drill, from the command to its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// What was planned when it began.
    pub plan: Plan,
    /// Who began it.
    pub by: Actor,
    /// For when it was planned; none where somebody began it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub planned: Option<Timestamp>,
    /// How far it has come.
    pub stage: Stage,
    /// Since when.
    since: Timestamp,
    /// When its agent was asked last.
    asked: Timestamp,
    /// What came after the command may be stamped so early; none where the clock was not set back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    counts_from: Option<Timestamp>,
    /// When each leg was done.
    pub legs: Legs,
    /// The number of its alarm.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alarm: Option<u64>,
    /// Where and why it broke off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flaw: Option<Flaw>,
}

/// When each leg was done. What is not known was seen by the next one alone, as after a restart.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Legs {
    /// When the agent was asked first.
    pub commanded: Timestamp,
    /// When its answer was heard.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered: Option<Timestamp>,
    /// The instant of its reading, by its own clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read: Option<Timestamp>,
    /// When that was in the journal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub committed: Option<Timestamp>,
    /// When its alarm stood.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raised: Option<Timestamp>,
    /// Who was told, over which channel.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub told: Vec<Carried>,
    /// Who answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmed: Option<Confirmed>,
    /// When its alarm had ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<Timestamp>,
}

/// What became of a message over one channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Carried {
    /// The channel.
    pub channel: String,
    /// The person, or the channel itself.
    pub recipient: String,
    /// When it was written.
    pub sent: Timestamp,
    /// When the provider took it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken: Option<Timestamp>,
    /// What the last attempt met.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// Who answered, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confirmed {
    /// Who.
    pub by: Actor,
    /// When.
    pub at: Timestamp,
}

/// Where a drill broke off, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "leg", rename_all = "kebab-case")]
pub enum Flaw {
    /// It could not be held when it was due, nor for [`LATEST`] after.
    Missed,
    /// It was taken out of the site while it went on.
    Withdrawn,
    /// The collector stopped while it went on, and was not back in time to see how it came through.
    Interrupted,
    /// The agent said no.
    Refused {
        /// In its words.
        why: String,
    },
    /// The agent did not answer.
    Silent,
    /// The agent answered, and its reading did not come.
    NotRead,
    /// The reading came, and no alarm.
    NotRaised,
    /// No provider took a message.
    NotTaken {
        /// What each met that was tried.
        ways: Vec<Carried>,
    },
    /// Nobody answered.
    NotConfirmed {
        /// How long they had.
        within: Duration,
    },
    /// Its reading or its alarm ended before anybody said that it is over.
    EndedEarly,
    /// Its reading did not end, and was retired.
    NotEnded,
}

/// What is seen of a drill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    /// Its agent answered the command to begin.
    Answer {
        /// Whether it was done.
        done: bool,
        /// In its words.
        message: String,
    },
    /// Its reading was committed.
    Reading {
        /// Whether it says that the drill stands.
        on: bool,
        /// Its instant.
        at: Timestamp,
    },
    /// How its alarm stands.
    Alarm {
        /// Its number.
        id: u64,
        /// Whether its condition holds.
        stands: bool,
        /// Who has answered it.
        confirmed: Option<Confirmed>,
    },
    /// What became of its messages.
    Messages(Vec<Carried>),
    /// The site has it no more.
    Withdrawn,
    /// What it waited for was due while nobody ran.
    Interrupted,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Ask its agent to begin or to end it.
    Ask {
        /// Whether to begin.
        on: bool,
    },
    /// Nothing is expected of its reading any more: its alarm ends with that.
    Retire,
    /// It came through, or broke off here.
    Judge(Option<Flaw>),
    /// It is over: what is left of its alarm is nobody's to see.
    Settle,
}

impl Run {
    /// One that begins now. Gives the command with which it does.
    pub fn begin(plan: Plan, (by, planned): (Actor, Option<Timestamp>), now: Timestamp) -> (Self, Effect) {
        let run = Self {
            plan,
            by,
            planned,
            stage: Stage::Commanded,
            since: now,
            asked: now,
            counts_from: None,
            legs: Legs {
                commanded: now,
                ..Legs::default()
            },
            alarm: None,
            flaw: None,
        };
        let ask = run.ask();
        (run, ask)
    }

    /// One that was due then, while nobody ran.
    pub fn missed(plan: Plan, planned: Timestamp) -> Self {
        let (mut run, _) = Self::begin(plan, (Actor::Monitor, Some(planned)), planned);
        (run.stage, run.flaw) = (Stage::Over, Some(Flaw::Missed));
        run
    }

    /// Whether it goes on.
    pub fn is_open(&self) -> bool {
        self.stage != Stage::Over
    }

    /// Whether somebody may be called for it.
    pub fn calls(&self) -> bool {
        !matches!(self.stage, Stage::Ending | Stage::Over)
    }

    /// Whether it is over and came through.
    pub fn has_passed(&self) -> bool {
        self.stage == Stage::Over && self.flaw.is_none()
    }

    /// How long it is too soon yet to begin the same by hand; none where it is not. By a clock that was set back it may be of a time to come, and holds nothing up.
    pub fn holds_up(&self, now: Timestamp) -> Option<Duration> {
        let gone = now.since(self.legs.ended.filter(|_| self.has_passed())?);
        (Duration::ZERO..BETWEEN).contains(&gone).then(|| BETWEEN - gone)
    }

    /// Takes what is seen of it.
    pub fn see(&mut self, seen: Seen, now: Timestamp) -> Vec<Effect> {
        match seen {
            Seen::Withdrawn if self.calls() => self.break_off(Flaw::Withdrawn, now),
            Seen::Interrupted if self.calls() => self.break_off(Flaw::Interrupted, now),
            Seen::Answer { done, message } if self.stage == Stage::Commanded => match done {
                true => {
                    self.legs.answered.get_or_insert(now);
                    Vec::new()
                }
                false => self.break_off(Flaw::Refused { why: message }, now),
            },
            Seen::Reading { on, at } => self.reading(on, at, now),
            Seen::Alarm {
                id,
                stands,
                confirmed,
            } => self.alarm(id, stands, confirmed, now),
            Seen::Messages(told) if self.alarm.is_some() && self.is_open() => self.messages(told, now),
            Seen::Withdrawn | Seen::Interrupted | Seen::Answer { .. } | Seen::Messages(_) => Vec::new(),
        }
    }

    fn reading(&mut self, on: bool, at: Timestamp, now: Timestamp) -> Vec<Effect> {
        match (self.stage, on) {
            (Stage::Commanded, true) => {
                (self.legs.read, self.legs.committed) = (Some(at), Some(now));
                self.come_to(Stage::Committed, now);
                Vec::new()
            }
            // An earlier one's end may come only now.
            (Stage::Commanded, false) | (Stage::Ending | Stage::Over, true) => Vec::new(),
            (Stage::Committed | Stage::Raised | Stage::Told, true) => Vec::new(),
            (Stage::Committed | Stage::Raised | Stage::Told, false) => self.break_off(Flaw::EndedEarly, now),
            // Where it never raised an alarm there is nothing else to wait for.
            (Stage::Ending, false) if self.alarm.is_none() => self.end(now),
            (Stage::Ending | Stage::Over, false) => Vec::new(),
        }
    }

    fn alarm(&mut self, id: u64, stands: bool, confirmed: Option<Confirmed>, now: Timestamp) -> Vec<Effect> {
        match (self.stage, stands) {
            (Stage::Commanded | Stage::Committed, true) => {
                (self.alarm, self.legs.raised) = (Some(id), Some(now));
                self.come_to(Stage::Raised, now);
            }
            (Stage::Commanded | Stage::Committed, false) | (Stage::Over, _) => return Vec::new(),
            (Stage::Raised | Stage::Told, false) => return self.break_off(Flaw::EndedEarly, now),
            (Stage::Ending, false) => return self.end(now),
            (Stage::Ending, true) => self.alarm = Some(id),
            (Stage::Raised | Stage::Told, true) => {}
        }
        match confirmed {
            Some(confirmed) if self.calls() => {
                self.legs.confirmed = Some(confirmed);
                self.ask_for_the_end(now)
            }
            _ => Vec::new(),
        }
    }

    fn messages(&mut self, told: Vec<Carried>, now: Timestamp) -> Vec<Effect> {
        self.legs.told = told;
        let is_taken = self.legs.told.iter().any(|carried| carried.taken.is_some());
        if self.stage == Stage::Raised && is_taken {
            if !self.plan.confirm {
                return self.ask_for_the_end(now);
            }
            self.come_to(Stage::Told, now);
        }
        Vec::new()
    }

    /// Takes what time alone does to it.
    pub fn pass(&mut self, now: Timestamp) -> Vec<Effect> {
        let is_due = self.deadline().is_some_and(|deadline| deadline <= now);
        match self.stage {
            Stage::Over => Vec::new(),
            Stage::Ending if is_due => {
                let mut effects = vec![Effect::Retire];
                if self.flaw.is_none() {
                    self.flaw = Some(Flaw::NotEnded);
                    effects.push(Effect::Judge(self.flaw.clone()));
                }
                effects.extend(self.end(now));
                effects
            }
            stage if is_due => self.break_off(self.broken_at(stage), now),
            _ if self.asks_again().is_some_and(|at| at <= now) => {
                self.asked = now;
                vec![self.ask()]
            }
            _ => Vec::new(),
        }
    }

    /// When it wants to be looked at; none where it is over.
    pub fn next_wakeup(&self) -> Option<Timestamp> {
        self.deadline().into_iter().chain(self.asks_again()).min()
    }

    /// The wall clock was set by so much: what it waits for it waits for as long as before, and what is said after a clock that was set back came after the command all the same.
    pub fn clock_was_set(&mut self, by: Duration) {
        (self.since, self.asked) = (self.since + by, self.asked + by);
        if by < Duration::ZERO {
            self.counts_from = Some(self.counts_from() + by);
        }
    }

    /// What the wall clock says of what came after the command, is this at the earliest.
    pub fn counts_from(&self) -> Timestamp {
        self.counts_from.unwrap_or(self.legs.commanded)
    }

    /// An earlier run of the program wrote this: what its clock had ahead is not waited for. Gives what there is to be seen of what was due while nobody ran; its end is waited for
    /// anew, for nobody asked for it.
    pub fn goes_on(&mut self, now: Timestamp) -> Option<Seen> {
        (self.since, self.asked) = (self.since.min(now), self.asked.min(now));
        let is_late = self.deadline().is_some_and(|deadline| deadline <= now);
        if is_late && self.stage == Stage::Ending {
            self.since = now;
        }
        (is_late && self.calls()).then_some(Seen::Interrupted)
    }

    fn deadline(&self) -> Option<Timestamp> {
        let at_most = match self.stage {
            Stage::Commanded => READ_WITHIN,
            Stage::Committed => RAISED_WITHIN,
            Stage::Raised => TAKEN_WITHIN + self.plan.first_after,
            Stage::Told => self.plan.within,
            Stage::Ending => ENDED_WITHIN,
            Stage::Over => return None,
        };
        Some(self.since + at_most)
    }

    fn asks_again(&self) -> Option<Timestamp> {
        let asks = match self.stage {
            Stage::Commanded => self.legs.answered.is_none(),
            Stage::Ending => true,
            _ => false,
        };
        asks.then(|| self.asked + AGAIN)
    }

    /// Why it breaks off whose stage lasted too long.
    fn broken_at(&self, stage: Stage) -> Flaw {
        match stage {
            Stage::Commanded if self.legs.answered.is_none() => Flaw::Silent,
            Stage::Commanded => Flaw::NotRead,
            Stage::Committed => Flaw::NotRaised,
            Stage::Raised => Flaw::NotTaken {
                ways: self.legs.told.clone(),
            },
            Stage::Told => Flaw::NotConfirmed {
                within: self.plan.within,
            },
            Stage::Ending | Stage::Over => Flaw::NotEnded,
        }
    }

    fn break_off(&mut self, flaw: Flaw, now: Timestamp) -> Vec<Effect> {
        self.flaw = Some(flaw.clone());
        let mut effects = vec![Effect::Judge(Some(flaw))];
        effects.extend(self.ask_for_the_end(now));
        effects
    }

    fn ask_for_the_end(&mut self, now: Timestamp) -> Vec<Effect> {
        self.come_to(Stage::Ending, now);
        self.asked = now;
        vec![self.ask()]
    }

    fn end(&mut self, now: Timestamp) -> Vec<Effect> {
        self.legs.ended = (self.flaw != Some(Flaw::NotEnded)).then_some(now);
        self.come_to(Stage::Over, now);
        let mut effects = Vec::new();
        if self.flaw.is_none() {
            effects.push(Effect::Judge(None));
        }
        effects.push(Effect::Settle);
        effects
    }

    fn come_to(&mut self, stage: Stage, now: Timestamp) {
        (self.stage, self.since) = (stage, now);
    }

    fn ask(&self) -> Effect {
        let on = self.stage != Stage::Ending;
        Effect::Ask { on }
    }
}
