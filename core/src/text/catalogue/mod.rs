//! What is said, as a closed list, and in each language how. A phrase without its words in a language does not compile.
//!
//! What stands in a phrase is written already, by [`Form`](super::Form): numbers, times and names.

mod dutch;
mod english;
mod heading;

pub(super) use heading::{Heading, Label, Matter, heading, label, matter};
use plenum_protocol::Fault;
use plenum_protocol::quantity::{Kind, Language};

use super::message::Reached;
use crate::site::Priority;

/// Something that is said.
#[derive(Debug, Clone, Copy)]
pub(super) enum Phrase<'a> {
    /// A value against the limit that it is above.
    Above { value: Option<&'a str>, limit: &'a str },
    /// A value against the limit that it is below.
    Below { value: Option<&'a str>, limit: &'a str },
    /// How far a value moved in a time.
    Moved {
        value: Option<&'a str>,
        rising: bool,
        by: &'a str,
        time: &'a str,
    },
    /// The mean of a while against its limit.
    OnAverage { said: &'a str, time: &'a str },
    /// A day against what is usual for such a day.
    Drifted { value: &'a str, usual: &'a str },
    /// How often something began.
    Cycled { starts: u64, time: &'a str },
    /// A value and when it passes its limit, if that is ahead.
    Foreseen {
        value: &'a str,
        limit: &'a str,
        time: Option<&'a str>,
    },
    /// What is said of a quantity that is not the alarm's own.
    Of {
        quantity: &'a str,
        kind: Kind,
        said: &'a str,
    },
    /// What is not so.
    NotSo { said: &'a str },
    /// How many sensors agree, behind what is said of one of them.
    Vote {
        said: Option<&'a str>,
        holding: u64,
        of: u64,
    },
    /// A value against those of its siblings.
    Deviates {
        value: &'a str,
        median: &'a str,
        limit: &'a str,
    },
    /// A surface's temperature and the dew point of the air around it.
    Condenses { value: &'a str, dew_point: &'a str },
    /// Air outside a class; none for what is recommended.
    Outside { said: &'a str, class: Option<&'a str> },
    /// No number of a quantity since an instant.
    NoNumber { quantity: &'a str, since: &'a str },
    /// Nothing from a device that has states.
    NoWord { since: &'a str },
    /// An agent, by its name.
    Agent { agent: &'a str },
    /// An agent that is away.
    AgentSince { agent: &'a str, since: &'a str },
    /// An agent that never came.
    AgentNever { agent: &'a str },
    /// A channel, and a person whom it reaches where it is about that one.
    ChannelTo {
        channel: &'a str,
        person: Option<&'a str>,
    },
    /// A sensor that the site does not place.
    OfAgent { sensor: &'a str, agent: &'a str },
    /// A sensor of which nothing was ever received.
    NothingEver {
        place: &'a str,
        sensor: &'a str,
        agent: &'a str,
    },
    /// Alarms that late readings would have raised.
    LateReadings { agent: &'a str, alarms: u64 },
    /// The same with the first of the worst.
    LateReadingsAs {
        agent: &'a str,
        alarms: u64,
        place: &'a str,
        value: &'a str,
        at: &'a str,
    },
    /// A sentence about the past that came late.
    Late { sentence: &'a str },
    /// Why the configuration ended an alarm.
    RuleChanged,
    /// A cooling unit that reports a fault.
    UnitFault { unit: &'a str },
    /// One that stands still.
    UnitStands { unit: &'a str },
    /// One that runs.
    UnitRuns { unit: &'a str },
    /// One of which nothing is known.
    UnitUnknown { unit: &'a str, since: Option<&'a str> },
    /// That one is to be started.
    StartUnit { unit: &'a str },
    /// The same while the room has no mains.
    StartUnitWithPower { unit: &'a str },
    /// The same of one of which nobody knows whether it runs.
    StartUnitIf { unit: &'a str },
    /// That one is to be started, where nobody knows whether there is one.
    StartStandby,
    /// How many inlets are above a limit.
    Inlets {
        beyond: usize,
        unknown: usize,
        total: usize,
        limit: &'a str,
    },
    /// Nothing good is known since an instant.
    UnknownSince { since: Option<&'a str> },
    /// The same with what was last known.
    UnknownLast {
        since: Option<&'a str>,
        last: &'a str,
        at: &'a str,
    },
    /// Behind a value that grows.
    Rising,
    /// Behind a value that shrinks.
    Falling,
    /// When a limit is reached, from now.
    LimitIn { limit: &'a str, time: &'a str },
    /// The same without a promise.
    LimitInAbout { limit: &'a str, time: &'a str },
    /// When a limit is reached, by the clock.
    LimitAt { limit: &'a str, time: &'a str },
    /// Between when and when.
    Between { earliest: &'a str, latest: &'a str },
    /// Not before when.
    NotBefore { earliest: &'a str },
    /// How long it lasted, in a subject.
    After { time: &'a str },
    /// How late a message is, in a subject.
    LateBy { time: &'a str },
    /// How late a message is, in its text.
    DelayedBy { time: &'a str, due: &'a str },
    /// When it was, and when it was heard of.
    HeardLate {
        time: &'a str,
        at: &'a str,
        heard: &'a str,
    },
    /// The likely cause.
    Likely { cause: &'a str },
    /// The alarm that it most likely comes from; its subject is empty where the name says all.
    ComesFrom {
        name: &'a str,
        subject: &'a str,
        since: &'a str,
    },
    /// An alarm that is over.
    IsOver { name: &'a str },
    /// A time that may have been longer.
    AtLeast { time: &'a str },
    /// How long it stood.
    Lasted { time: &'a str, until: &'a str },
    /// It is over although this message tells of its beginning.
    OverSince { since: &'a str },
    /// The same in a few words.
    Over { since: &'a str },
    /// From when to when it stood, of what is over.
    Was { from: &'a str, until: &'a str },
    /// A condition that is gone.
    Gone,
    /// A condition that was gone as far as was seen.
    GoneAsFarAsSeen,
    /// Who put it aside, and until when.
    ShelvedUntil { by: &'a str, until: &'a str },
    /// What people do there, until when, and who.
    WorkGoesOn {
        until: &'a str,
        reason: &'a str,
        who: &'a str,
    },
    /// Nobody puts it aside any more.
    ShelvingHasEnded,
    /// A latched alarm that nothing watches.
    NothingWatches,
    /// It chattered, and has stood for half a minute.
    ChatteredAndStands {
        raises: u64,
        since: &'a str,
        stands: &'a str,
    },
    /// What was changed of it; that it stands, or did when it was last seen, unless it is over.
    WasChanged { changes: &'a str, stands: Option<bool> },
    /// What was changed of it since it was raised.
    ChangedSince { changes: &'a str },
    /// What was changed of it has ended it.
    EndedByChange { changes: &'a str },
    /// It was taken away, and nothing watches it since then.
    TakenAway { since: &'a str },
    /// What its sensor said last.
    LastKnown { value: &'a str, at: &'a str },
    /// Nobody knows whether the condition is gone.
    NotKnownWhetherGone,
    /// The state that raised a latched alarm, and the one that it has been in since.
    StateThen {
        state: &'a str,
        at: &'a str,
        now: &'a str,
        since: &'a str,
    },
    /// What a value was, and what it is now.
    ValueThen {
        value: &'a str,
        at: &'a str,
        now: &'a str,
    },
    /// What a value was.
    ValueAt { value: &'a str, at: &'a str },
    /// A device's flag that is not what it was.
    NoLonger,
    /// A value as it is by now.
    NowValue { value: &'a str },
    /// A condition that was gone for its delay and holds again.
    GoneAndBack,
    /// A value and the limit that it has passed.
    Beyond {
        value: &'a str,
        limit: &'a str,
        above: bool,
    },
    /// Such values.
    NotYet { values: &'a str },
    /// Alarms whose condition is gone and whose off-delay runs.
    Ending { place: &'a str, alarms: &'a str },
    /// One of them.
    GoneSince {
        name: &'a str,
        subject: &'a str,
        since: &'a str,
    },
    /// It chatters.
    Chatters {
        raises: u64,
        since: &'a str,
        quiet: &'a str,
    },
    /// It chattered, and no longer does.
    Chattered {
        raises: u64,
        since: &'a str,
        until: &'a str,
    },
    /// What else stands.
    StillStands { place: &'a str, alarms: &'a str },
    /// An alarm in that list.
    StandsSince {
        name: &'a str,
        subject: &'a str,
        since: &'a str,
        unknown: bool,
    },
    /// How many more.
    More { count: usize },
    /// How many more of an incident, in a subject.
    AndMore { count: usize },
    /// The other alarms of the incident that stand.
    StandWithIt { count: usize, alarms: &'a str },
    /// The condition of the alarm itself is gone, and its off-delay runs.
    ConditionGone { since: &'a str },
    /// Those of them whose condition is gone while their off-delay runs.
    EndWithIt { count: usize, alarms: &'a str },
    /// The other alarms of the incident that are over.
    OverWithIt { count: usize, alarms: &'a str },
    /// The other alarms of the incident that are gone with their rule or their sensor.
    WithdrawnWithIt { count: usize, alarms: &'a str },
    /// One of them, with what was known of it last.
    LastOf {
        name: &'a str,
        subject: &'a str,
        last: Option<&'a str>,
    },
    /// Nothing else stands.
    NothingElse { place: &'a str },
    /// How many others stand, in a subject.
    OthersStand { count: usize },
    /// Of sensors of one kind, how many are beyond the limit and how many are unknown.
    Siblings {
        beyond: usize,
        unknown: usize,
        total: usize,
    },
    /// A value and its limit.
    Limit { value: &'a str, limit: &'a str },
    /// What the sensor says is wrong with it.
    SensorReports { fault: &'a str },
    /// The hottest sensor.
    Hottest { sensor: &'a str, value: &'a str },
    /// The hottest inlet of those of which something is known.
    HottestKnown { sensor: &'a str, value: &'a str },
    /// A movement.
    Moves { rising: bool, rate: &'a str },
    /// The dew point.
    DewPoint { value: &'a str },
    /// The same where nothing is known of it.
    DewPointUnknown { sensors: &'a str },
    /// How long a battery that carries the load lasts still.
    Left { sensor: &'a str, time: &'a str },
    /// How long a battery would last.
    Lasts {
        sensor: &'a str,
        time: &'a str,
        on_mains: bool,
    },
    /// Batteries of which nobody knows how long they last.
    LeftUnknown { sensors: &'a str },
    /// Sensors of which nothing is known now.
    Unknown { sensors: &'a str },
    /// What somebody told who would not tell what has changed since, and when that was.
    Heard { what: &'a str, at: &'a str },
    /// A sensor of which nothing is known now, with what it last said.
    LastSaid {
        sensor: &'a str,
        value: &'a str,
        at: &'a str,
    },
    /// Who has it.
    Holder { who: &'a str, since: &'a str },
    /// The same, where they said until when.
    HolderUntil {
        who: &'a str,
        since: &'a str,
        until: &'a str,
    },
    /// Who has it until when, where there is little room.
    HasItUntil { who: &'a str, until: &'a str },
    /// Who gave it back when.
    GaveBack { who: &'a str, at: &'a str },
    /// Who passed it on when.
    PassedOn { who: &'a str, at: &'a str },
    /// Who had it until when; it was given back by itself.
    HadUntil { who: &'a str, until: &'a str },
    /// Since when it stands, of what somebody had.
    StandsStill { since: &'a str },
    /// Nobody has it, and somebody had.
    NobodyHasItNow,
    /// Whoever is erased.
    ErasedPerson { number: i64 },
    /// A person whose name is not known here.
    SomePerson { number: i64 },
    /// A token of which no name is known here.
    SomeProgram { number: i64 },
    /// The same in a text message.
    HasIt { who: &'a str },
    /// Who had it, of what is over or nobody has any more.
    Took { who: &'a str, at: &'a str },
    /// Who took it out of service.
    OutOfService { by: &'a str },
    /// Nobody does.
    NobodyHasIt,
    /// Until when it is shelved, in a subject.
    Shelved { until: &'a str },
    /// It was put aside, is not any more, and stands.
    StandsAgain { since: &'a str },
    /// Whom else it is told.
    AlsoTold { reached: Reached, people: &'a str },
    /// Nobody is called after those who were told.
    NobodyNext,
    /// Who is called next where nobody has it by then.
    Next { people: &'a str, at: &'a str },
    /// The links of somebody who may take it.
    Take { take: &'a str, look: &'a str },
    /// The links of somebody who may take it or call the next.
    TakeOrPass { take: &'a str, look: &'a str },
    /// The link of everybody else.
    Look { look: &'a str },
    /// The link to an alarm that somebody else has.
    LookOnly { look: &'a str },
    /// The link of whoever shelved it.
    LookAtShelved { look: &'a str },
    /// How old the newest reading is.
    Age { time: &'a str },
    /// That there is none now.
    NoReadingNow,
    /// How many sensors of the room, or the rooms, answer.
    Answering {
        answering: usize,
        total: usize,
        of_one_room: bool,
    },
    /// Whether an agent is there.
    AgentIs { agent: &'a str, online: bool },
    /// The last line.
    Raised {
        at: &'a str,
        rule: &'a str,
        also: &'a str,
    },
}

/// A phrase in a language.
pub(super) fn say(language: Language, phrase: Phrase<'_>) -> String {
    match language {
        Language::English => english::say(phrase),
        Language::Dutch => dutch::say(phrase),
    }
}

/// How bad it is, in one word.
pub fn priority(priority: Priority, language: Language) -> &'static str {
    match language {
        Language::English => english::priority(priority),
        Language::Dutch => dutch::priority(priority),
    }
}

/// A name with what is said of it in brackets, as far as anything is.
fn with(name: &str, said: &[&str]) -> String {
    let said: Vec<&str> = said.iter().copied().filter(|said| !said.is_empty()).collect();
    match said.is_empty() {
        true => name.to_owned(),
        false => format!("{name} ({})", said.join(", ")),
    }
}

/// What is wrong with a sensor, in a few words.
pub(super) fn fault(language: Language, fault: Fault) -> &'static str {
    match language {
        Language::English => english::fault(fault),
        Language::Dutch => dutch::fault(fault),
    }
}

/// The same with what to look at.
pub(super) fn fault_explained(language: Language, fault: Fault) -> &'static str {
    match language {
        Language::English => fault.explanation(),
        Language::Dutch => dutch::fault_explained(fault),
    }
}
