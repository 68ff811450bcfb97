//! What happened in an incident, in one order of time: its alarms' transitions, the messages that told of them, and what people noted.

use plenum_protocol::{Duration, Timestamp};

use super::Incident;
use crate::alarms::{Alarm, Cause, Event};
use crate::authority::Actor;
use crate::oncall::Reason;

/// An incident with all that is told of it.
#[derive(Debug, Clone)]
pub struct Timeline {
    /// The incident, with the members that its reader sees.
    pub incident: Incident,
    /// Those members as alarms, as they stand.
    pub alarms: Vec<Alarm>,
    /// What happened, the oldest first.
    pub happened: Vec<Happened>,
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Happened {
    /// A transition of one of its alarms.
    Alarm(Event),
    /// A message.
    Message(Message),
    /// What a person noted.
    Note(Note),
}

/// A message about an incident.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// When it was intended.
    pub intended: Timestamp,
    /// When it was sent, given up or replaced; none while it waits.
    pub ended: Option<Timestamp>,
    /// When the next attempt is due, while it waits.
    pub next_attempt: Option<Timestamp>,
    /// The identifier of its channel.
    pub channel: String,
    /// A person's identifier; the channel's own where it does not reach people.
    pub to: String,
    /// How far it has come.
    pub course: Course,
    /// Attempts made.
    pub attempts: u32,
    /// What the last attempt met, in the words of whoever refused it.
    pub error: Option<String>,
    /// Its subject, in its reader's language; none before its first attempt.
    pub subject: Option<String>,
    /// The alarms that it tells of, with what is told of each; the one that it is about first.
    pub tells: Vec<(u64, Reason)>,
}

/// How far a message has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Course {
    /// It is still tried.
    Waiting,
    /// Its server took it.
    Sent,
    /// It was given up.
    GivenUp,
    /// A newer one went in its place.
    Replaced,
    /// Somebody had it before it left.
    Withheld,
}

/// What a person noted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// For ever.
    pub number: i64,
    /// The incident that it is about: the whole, where that which it was written about turned out to be part of another.
    pub incident: u64,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: Actor,
    /// Lines of letters.
    pub text: String,
}

/// How long things took, each from when the first condition began to hold; none of what has not come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Durations {
    /// Until the first alarm was raised.
    pub detected: Option<Duration>,
    /// Until the first message about it was sent.
    pub first_told: Option<Duration>,
    /// Until somebody acknowledged the first of its alarms.
    pub taken: Option<Duration>,
    /// Until none of its alarms stood.
    pub over: Option<Duration>,
}

impl Happened {
    /// When: of a message when it ended, and while it waits when it was intended.
    pub fn at(&self) -> Timestamp {
        match self {
            Self::Alarm(event) => event.at,
            Self::Message(message) => message.ended.unwrap_or(message.intended),
            Self::Note(note) => note.at,
        }
    }
}

impl Incident {
    /// The alarms that were part of it at an instant: what somebody wrote then is about those.
    pub fn members_at(&self, at: Timestamp) -> impl Iterator<Item = u64> {
        let members = self.members.iter();
        members
            .filter(move |member| member.raised_at <= at)
            .map(|member| member.alarm)
    }
}

impl Timeline {
    /// When the first condition began to hold: before the first alarm by its on-delay.
    pub fn began_at(&self) -> Timestamp {
        let began = self.incident.members.iter().map(|member| member.began_at).min();
        began.map_or(self.incident.began_at, |began| began.min(self.incident.began_at))
    }

    /// How long things took.
    pub fn durations(&self) -> Durations {
        let began = self.began_at();
        let since = |at: Timestamp| at.since(began).max(Duration::ZERO);
        let is_sent = |message: &&Message| message.course == Course::Sent;
        let sent = self
            .messages()
            .filter(is_sent)
            .filter_map(|message| message.ended);
        let taken = self.happened.iter().filter_map(|happened| match happened {
            Happened::Alarm(event) if event.cause == Cause::Acknowledged => Some(event.at),
            _ => None,
        });
        Durations {
            detected: Some(since(self.incident.began_at)),
            first_told: sent.min().map(since),
            taken: taken.min().map(since),
            over: self.incident.over_at.map(since),
        }
    }

    /// The messages among it.
    pub fn messages(&self) -> impl Iterator<Item = &Message> {
        self.happened.iter().filter_map(|happened| match happened {
            Happened::Message(message) => Some(message),
            _ => None,
        })
    }

    /// Those who have the alarms that stand, each once, and how many of these nobody has. For what something lies over, another alarm or work in
    /// progress, nobody is asked: where all of it is such, none and zero.
    pub fn holders(&self) -> (Vec<&Actor>, usize) {
        let (mut holders, mut free): (Vec<&Actor>, usize) = (Vec::new(), 0);
        let standing: Vec<u64> = self.incident.standing().map(|member| member.alarm).collect();
        let asked = self.alarms.iter().filter(|alarm| alarm.cover.is_none());
        for alarm in asked.filter(|alarm| standing.contains(&alarm.id)) {
            match &alarm.acknowledged {
                Some(by) if holders.contains(&&by.by) => {}
                Some(by) => holders.push(&by.by),
                None => free += 1,
            }
        }
        (holders, free)
    }
}
