//! An alarm as it stands and as it is logged: its own ISA-18.2 state, what lies over it, and the events of both.

use plenum_protocol::{AgentName, Duration, Fault, Identifier, Quantity, Series, Timestamp};
use serde::{Deserialize, Serialize};

use super::chatter::Chatter;
use super::cover::{Cover, CoverKind};
use super::origin::Origin;
use super::remark::{Change, Remark};
use crate::authority::Actor;
use crate::site::Priority;

/// What an alarm is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Subject {
    /// One quantity of one sensor.
    Series(Series),
    /// An agent as a whole: that it is there, that its clock is right.
    Agent(AgentName),
    /// The monitor itself: what about, in a word.
    System(String),
}

/// The states of the alarm itself (ISA-18.2); what can lie over it is a [`Cover`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// All is well.
    Normal,
    /// The condition holds and nobody has it.
    ActiveUnacknowledged,
    /// The condition holds and a person has it.
    ActiveAcknowledged,
    /// The condition is gone and nobody has seen it.
    ReturnedUnacknowledged,
}

impl State {
    /// Every state.
    pub const ALL: [Self; 4] = [
        Self::Normal,
        Self::ActiveUnacknowledged,
        Self::ActiveAcknowledged,
        Self::ReturnedUnacknowledged,
    ];

    /// Whether the condition holds.
    pub const fn is_active(self) -> bool {
        matches!(self, Self::ActiveUnacknowledged | Self::ActiveAcknowledged)
    }

    /// The word in JSON and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::ActiveUnacknowledged => "active-unacknowledged",
            Self::ActiveAcknowledged => "active-acknowledged",
            Self::ReturnedUnacknowledged => "returned-unacknowledged",
        }
    }
}

/// Whether the alarm's input can be trusted now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Input {
    /// A good reading, not stale.
    Known,
    /// Missing or faulty.
    Unknown,
}

/// Why an alarm changed its state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// The condition held for the on-delay.
    Raised,
    /// The condition was gone for the off-delay.
    Returned,
    /// A person acknowledged.
    Acknowledged,
    /// A person gave it back: nobody has it any more.
    GivenBack,
    /// The time until which a person had it is over: nobody has it any more.
    AcknowledgementEnded,
    /// A person reset a latched alarm.
    Reset,
    /// Its rule, sensor or site is gone or was changed: the word of earlier programs for what has causes of its own since.
    Configuration,
    /// A late reading raised what only a person ends, or would have raised it: that is told in a summary, and the state is as it was.
    Late,
    /// A person put it aside until an instant.
    Shelved,
    /// A person ended its shelving.
    Unshelved,
    /// Its shelving ends soon; nothing changes yet.
    ShelvingEnds,
    /// Its shelving's time is over.
    ShelvingEnded,
    /// A person took it out of service.
    OutOfService,
    /// Somebody has to look whether it still should be out of service; nothing changes.
    ReviewDue,
    /// A person returned it to service.
    ReturnedToService,
    /// Another alarm stands for it.
    Suppressed,
    /// The alarm that stood for it is gone.
    Released,
    /// Its rule has another name, limit or latch.
    RuleChanged,
    /// Its rule has another priority.
    PriorityChanged,
    /// What it is about is in another room.
    Moved,
    /// Its rule is gone or switched off, or what it watched is gone.
    Removed,
    /// The program is another, and with it a built-in rule.
    Upgraded,
    /// It was raised three times within a minute; the state is as it was.
    Chattering,
    /// It was not raised for five minutes; the state is as it was.
    Quiet,
    /// It chattered, and has stood for half a minute; the state is as it was.
    Stands,
    /// It comes while work goes on that may cause it.
    Work,
    /// That work is over, or does not name it any more.
    WorkEnded,
}

/// That a person has the alarm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acknowledgement {
    /// Who took it.
    pub by: Actor,
    /// When they took it.
    pub at: Timestamp,
    /// What they wrote.
    pub comment: String,
    /// When it is given back by itself, where they said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

/// That somebody had the alarm, and nobody has it any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GivenBack {
    /// Who had it.
    pub had: Actor,
    /// Who gave it back: they, another person, or the monitor when their time was over.
    pub by: Actor,
    /// When.
    pub at: Timestamp,
    /// Why, where a person wrote that.
    pub comment: String,
}

/// An alarm as it stands: one for each rule and subject that was ever abnormal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Alarm {
    /// Its number for ever.
    pub id: u64,
    /// The rule that it comes from, a built-in one perhaps.
    pub rule: Identifier,
    /// What it is about.
    pub subject: Subject,
    /// The rule's name when it was raised.
    pub name: String,
    /// The room, where the subject has one.
    pub room: Option<Identifier>,
    /// How bad.
    pub priority: Priority,
    /// Where in its life it is.
    pub state: State,
    /// Whether its input can be trusted now.
    pub input: Input,
    /// When it was last raised.
    pub raised_at: Timestamp,
    /// When that was heard of, where it was long after: the data was late, or its clock is behind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub heard_at: Option<Timestamp>,
    /// When it last returned, if it has since it was raised.
    pub returned_at: Option<Timestamp>,
    /// The newest value evaluated.
    pub value: Option<f64>,
    /// The newest fault, if the input is faulty.
    pub fault: Option<Fault>,
    /// The limit, for a limit rule.
    pub limit: Option<f64>,
    /// It stays until reset.
    pub latched: bool,
    /// What it was raised by; none in what an earlier program wrote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
    /// The sentence that an earlier program wrote; empty where there is an origin, of which each reader's is made.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub message: String,
    /// What the device said of it in its own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub words: Option<String>,
    /// Who has it, where somebody does.
    pub acknowledged: Option<Acknowledgement>,
    /// Who had it since it was raised and gave it back, as long as nobody has it since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub given_back: Option<GivenBack>,
    /// What lies over it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cover: Option<Cover>,
    /// It was the first of those that were raised in its room within a minute.
    #[serde(default, skip_serializing_if = "is_false")]
    pub first_out: bool,
    /// Nothing watches it any more; it is latched, so that a person has to end it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub unwatched: bool,
    /// How often it was raised lately.
    #[serde(default, skip_serializing_if = "Chatter::is_empty")]
    pub chatter: Chatter,
    /// Since when its condition holds and until when it did, before any delay.
    #[serde(default, skip_serializing_if = "Held::is_empty")]
    pub held: Held,
    /// What a revision or another program last changed of it since it was raised.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed: Option<Changed>,
}

/// When an alarm's condition held, by the readings themselves: `raised_at` and `returned_at` are the ends of the delays that come after.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// When it began; for silence the last word before it. None where that is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub began_at: Option<Timestamp>,
    /// When it ended; of an alarm that stands, that its off-delay runs since then. None while it holds, or where that is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    /// A clock was set while it stood: how long that was cannot be told by instants.
    #[serde(default, skip_serializing_if = "is_false")]
    pub clock_was_set: bool,
}

impl Held {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// What was changed of an alarm that stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Changed {
    /// When.
    pub at: Timestamp,
    /// What.
    pub what: Vec<Change>,
}

#[cfg(test)]
impl Alarm {
    /// One of which a test says what matters to it.
    pub(crate) fn any() -> Self {
        Self {
            id: 1,
            rule: "warm".parse().expect("it is an identifier"),
            subject: Subject::System("x".to_owned()),
            name: "Warm".to_owned(),
            room: None,
            priority: Priority::High,
            state: State::Normal,
            input: Input::Known,
            raised_at: Timestamp::from_milliseconds(1_000_000_000),
            heard_at: None,
            returned_at: None,
            value: None,
            fault: None,
            limit: None,
            latched: false,
            origin: None,
            message: String::new(),
            words: None,
            acknowledged: None,
            given_back: None,
            cover: None,
            first_out: false,
            unwatched: false,
            chatter: Chatter::default(),
            held: Held::default(),
            changed: None,
        }
    }
}

impl Alarm {
    /// Whether it stands while its condition is gone: its off-delay runs.
    pub fn is_ending(&self) -> bool {
        self.state.is_active() && !self.latched && self.held.ended_at.is_some()
    }

    /// Whether it is of a drill of the alarm chain: nothing is wrong.
    pub fn is_drill(&self) -> bool {
        matches!(&self.subject, Subject::Series(series) if series.quantity() == Quantity::Drill)
    }

    /// How long its condition held, and whether that is all of it: where its beginning or its end is not known it was at least so long. None where nobody
    /// can tell, for a clock was set meanwhile.
    pub fn lasted(&self) -> Option<(Duration, bool)> {
        let returned = self.returned_at?;
        let (began, ended) = (self.held.began_at, self.held.ended_at);
        let lasted = ended.unwrap_or(returned).since(began.unwrap_or(self.raised_at));
        let is_told = !self.held.clock_was_set && lasted >= Duration::ZERO;
        is_told.then_some((lasted, began.is_some() && ended.is_some()))
    }

    /// It is not normal, or something lies over it: somebody may have to do something about it.
    pub fn is_open(&self) -> bool {
        self.state != State::Normal || self.cover.is_some()
    }

    /// When something becomes due of it by the wall clock: of what lies over it, or that whoever has it has it no longer.
    pub fn due(&self) -> Option<Timestamp> {
        let cover = self.cover.as_ref().and_then(Cover::due);
        cover.into_iter().chain(self.held_until()).min()
    }

    /// Until when somebody has it, where they said so. What was put aside is in nobody's hands when that ends.
    pub fn held_until(&self) -> Option<Timestamp> {
        self.held()?.until
    }

    /// Whether it is they who have it.
    pub fn is_held_by(&self, actor: &Actor) -> bool {
        self.held().is_some_and(|held| held.by.is_same(actor))
    }

    /// Who has it, where they can give it back.
    fn held(&self) -> Option<&Acknowledgement> {
        let is_held = self.state == State::ActiveAcknowledged
            && matches!(self.cover, None | Some(Cover::Suppressed(_)));
        self.acknowledged.as_ref().filter(|_| is_held)
    }

    fn is_put_aside(&self) -> bool {
        matches!(self.cover, Some(Cover::Shelved(_) | Cover::OutOfService(_)))
    }

    /// Whether somebody has to say that they have it or have seen it: nobody did, and nobody has put it aside.
    pub fn wants_an_answer(&self) -> bool {
        let is_open = matches!(
            self.state,
            State::ActiveUnacknowledged | State::ReturnedUnacknowledged
        );
        is_open && !self.is_put_aside()
    }

    /// Whether it stands as it was raised at this instant: while it chatters each of its raises is the same occurrence to people, who are told of one.
    pub fn is_occurrence(&self, raised_at: Timestamp) -> bool {
        let run = self.chatter.running();
        raised_at == self.raised_at
            || run.is_some_and(|run| (run.since..=self.raised_at).contains(&raised_at))
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_false(flag: &bool) -> bool {
    !flag
}

/// A transition, kept for ever.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// When, by the readings' time.
    pub at: Timestamp,
    /// Which alarm.
    pub alarm: u64,
    /// The state before.
    pub from: State,
    /// The state after; the same for a cause that changes none.
    pub to: State,
    /// What lay over it before.
    pub from_cover: Option<CoverKind>,
    /// What lies over it after.
    pub to_cover: Option<CoverKind>,
    /// Why.
    pub cause: Cause,
    /// Who.
    pub actor: Actor,
    /// What they wrote, or what an earlier program's engine had to say.
    pub comment: String,
    /// What the engine has to say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remark: Option<Remark>,
    /// What the alarm was raised by, for what raises it.
    pub origin: Option<Origin>,
}
