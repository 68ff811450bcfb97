//! "Should this transition be told to this one?" as a pure function that always gives its reason, and what is sent in place of what waits.

pub mod bundle;
pub mod call;
mod queue;
pub mod sounding;

pub use queue::{InPlace, in_place};

use serde::{Deserialize, Serialize};

use crate::alarms::{Alarm, Cause, Cover, CoverKind, Event, State};
use crate::site::Priority;

/// Why a message is sent, or is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// The alarm was raised.
    First,
    /// It stands, and is not shelved or out of service any more, or nobody has it any more.
    StandsAgain,
    /// It stands, and nobody has it still: for whoever a ladder comes to again.
    Reminder,
    /// It is over; those who were called out may rest.
    Resolved,
    /// Its shelving ends soon: for whoever shelved it.
    ShelvingEnds,
    /// It stands, and its rule, priority or room is another: for whoever was told of it.
    Changed,
    /// It was taken away with its rule or sensor; whether its condition is gone nobody knows: for whoever was told of it.
    Withdrawn,
    /// Somebody has it: for the others who were told of it.
    Taken,
    /// It is not sent.
    No(Why),
}

/// Why a message is not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    /// The channel takes other priorities only, or not this one any more.
    OtherPriority,
    /// A person did it and knows.
    PersonKnows,
    /// It is a log entry about the past, told in the summary of late readings.
    Late,
    /// The configuration ended it.
    Configuration,
    /// It happened before delivery began: the demo's history, an import.
    BeforeDelivery,
    /// It says that this very channel, or the way to this very person, does not work.
    ChannelItself,
    /// It is shelved.
    Shelved,
    /// Another alarm stands for it.
    Suppressed,
    /// It is out of service.
    OutOfService,
    /// It came while work goes on that may cause it.
    Work,
    /// What lay over it is gone, and its condition does not hold.
    NothingStands,
    /// It is a duty of the alarm list, for when somebody has time.
    AlarmList,
    /// It chatters, which was told.
    Chattering,
    /// Nothing was told of it to this one: there is nothing to take back or to add.
    NotTold,
    /// They were told that it stands.
    Told,
    /// Its incident's ladder has not come to them.
    NotYet,
    /// Somebody else has its incident.
    HeldByAnother,
    /// They have quiet hours for it, and its incident's ladder waits for their end.
    QuietHours,
    /// It is of a drill that does not go on any more, or never did.
    NoDrill,
    /// It is of a drill, and the way sounds in the building: a drill is for whoever is called.
    InTheBuilding,
}

impl Reason {
    /// Whether it calls somebody out, who may take the alarm.
    pub fn calls(self) -> bool {
        matches!(self, Self::First | Self::StandsAgain | Self::Reminder)
    }

    /// Whether it tells of what stands, as far as is known, so that whoever reads it may take that or pass it on where nobody has it.
    pub fn offers(self) -> bool {
        Heard::by(self) == Some(Heard::Stands)
    }
}

/// What somebody heard last of an alarm over a channel.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Heard {
    /// Nothing.
    #[default]
    Nothing,
    /// That it stands.
    Stands,
    /// That it stands, perhaps: an attempt to say so was given up that may have arrived.
    Perhaps,
    /// That it is over, or taken away.
    Over,
}

impl Heard {
    /// What a message leaves its reader with; none where it says neither.
    pub fn by(reason: Reason) -> Option<Self> {
        match reason {
            Reason::First | Reason::StandsAgain | Reason::Reminder | Reason::Changed => Some(Self::Stands),
            Reason::Resolved | Reason::Withdrawn => Some(Self::Over),
            Reason::ShelvingEnds | Reason::Taken | Reason::No(_) => None,
        }
    }
}

/// One who may be told over a channel.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Listener {
    /// Whether the channel reaches them today and takes the alarm's priority.
    pub takes: bool,
    /// What they heard last.
    pub heard: Heard,
    /// Whether it is they who did what happened.
    pub acted: bool,
}

/// Decides one transition for one who may be told. The alarm is as it stands after the transition. Shelving, suppression and out of service hide
/// the coming, never the going: whoever was told that an alarm stands is told that it is over, whatever has changed since. Who may have been told
/// so is called like whoever was not, and hears the end like whoever was.
///
/// | transition | takes it, was not told that it stands | takes it, was told so | was told so, and takes it no longer |
/// |---|---|---|---|
/// | raised | first | first | no |
/// | raised while something lies over it | no | no | no |
/// | returned | no | resolved | resolved |
/// | returned while something lies over it | no | resolved | resolved |
/// | unshelved, or returned to service: active, or chatters | stands-again | stands-again | no |
/// | unshelved, or returned to service: over | no | resolved | resolved |
/// | released: active | first | first | no |
/// | released: over | no | resolved | resolved |
/// | work goes on that may cause it | no | no | no |
/// | work ended: active | first | first | no |
/// | work ended: over | no | resolved | resolved |
/// | shelving ends soon, for whoever shelved | shelving-ends | shelving-ends | shelving-ends |
/// | rule or room changed, or program upgraded | no | changed | changed |
/// | priority changed | first | changed | changed |
/// | changed while something lies over it | no | no | no |
/// | got worse while it was shelved, which ends that: active, or chatters | stands-again | stands-again | no |
/// | got worse while it was shelved, which ends that: over | no | resolved | resolved |
/// | removed | no | withdrawn | withdrawn |
/// | removed while something lay over it | no | withdrawn | withdrawn |
/// | removed, but latched | no | changed | changed |
/// | acknowledged, critical or high | no | taken | taken |
/// | acknowledged, medium or low | no | no | no |
/// | acknowledged or reset by themselves | no | no | no |
/// | given back, or its time is over | stands-again | stands-again | no |
/// | given back, or its time is over, while something lies over it | no | no | no |
/// | given back by themselves | no | no | no |
/// | reset | no | resolved | resolved |
/// | shelved, or taken out of service | no | no | no |
/// | late, and raised by that | first | first | no |
/// | late with nothing changed, suppressed, or review due | no | no | no |
/// | chatters | first | first | no |
/// | raised or returned while it chatters | no | no | no |
/// | raised while it chatters: a quarter of an hour after the last message, or after somebody saw it and it rested a minute | first | first | no |
/// | stands for half a minute, having chattered: nobody has it | first | first | no |
/// | stands for half a minute, having chattered: somebody has it | no | no | no |
/// | quiet again: active, and nobody has it | first | first | no |
/// | quiet again: active, and that it stands was told | first | no | no |
/// | quiet again: active, and somebody has it | no | no | no |
/// | quiet again: over | no | resolved | resolved |
pub fn decide(alarm: &Alarm, event: &Event, listener: Listener) -> Reason {
    let chatters = alarm.chatter.running().is_some();
    let active = event.to.is_active();
    match event.cause {
        Cause::Late if event.from == event.to => Reason::No(Why::Late),
        Cause::Configuration => Reason::No(Why::Configuration),
        Cause::Shelved | Cause::OutOfService => Reason::No(Why::PersonKnows),
        Cause::Suppressed => Reason::No(Why::Suppressed),
        Cause::Work => Reason::No(Why::Work),
        Cause::ReviewDue => Reason::No(Why::AlarmList),
        Cause::ShelvingEnds => Reason::ShelvingEnds,
        Cause::Acknowledged => taken(alarm, event, listener),
        Cause::Reset | Cause::GivenBack if listener.acted => Reason::No(Why::PersonKnows),
        Cause::Raised if is_reminder(alarm, event) => coming(Reason::First, event, listener),
        Cause::Raised | Cause::Returned if chatters => Reason::No(Why::Chattering),
        Cause::Stands | Cause::Quiet if event.to == State::ActiveAcknowledged => Reason::No(Why::PersonKnows),
        Cause::Raised | Cause::Late | Cause::Chattering | Cause::Stands => {
            coming(Reason::First, event, listener)
        }
        Cause::Quiet if active && stands_told(alarm) && listener.heard == Heard::Stands => {
            Reason::No(Why::Chattering)
        }
        Cause::Quiet if active => coming(Reason::First, event, listener),
        Cause::Returned | Cause::Reset | Cause::Quiet => going(Reason::Resolved, listener),
        Cause::Unshelved
        | Cause::ShelvingEnded
        | Cause::ReturnedToService
        | Cause::Released
        | Cause::WorkEnded
            if !active && !chatters =>
        {
            over(listener)
        }
        Cause::PriorityChanged if uncovers(event) && !active && !chatters => over(listener),
        Cause::PriorityChanged if uncovers(event) => coming(Reason::StandsAgain, event, listener),
        Cause::Released | Cause::WorkEnded => coming(Reason::First, event, listener),
        Cause::Unshelved
        | Cause::ShelvingEnded
        | Cause::ReturnedToService
        | Cause::GivenBack
        | Cause::AcknowledgementEnded => coming(Reason::StandsAgain, event, listener),
        Cause::Removed | Cause::Upgraded if !alarm.is_open() => going(Reason::Withdrawn, listener),
        Cause::RuleChanged | Cause::PriorityChanged | Cause::Moved | Cause::Removed | Cause::Upgraded => {
            let is_news = event.cause == Cause::PriorityChanged && active && !alarm.unwatched;
            match (listener.heard, hidden(event)) {
                (Heard::Stands | Heard::Perhaps, _) if !active && !chatters => Reason::Resolved,
                (_, Some(why)) => Reason::No(why),
                (Heard::Stands, None) => Reason::Changed,
                (_, None) if is_news => coming(Reason::First, event, listener),
                (Heard::Nothing | Heard::Perhaps | Heard::Over, None) => Reason::No(Why::NotTold),
            }
        }
    }
}

/// Decides of an alarm that stands for one who may have come on its channel, or whose channel may take more, with a revision of the site.
///
/// | the alarm | takes it, was not told that it stands | takes it, was told so | was told so, and takes it no longer |
/// |---|---|---|---|
/// | active, and nobody has it; latched and nothing watches it any more, too | first | no | no |
/// | active, and somebody has it | no | no | no |
/// | something lies over it | no | no | no |
/// | over | no | no | no |
/// | chatters, and nobody has seen that | first | no | no |
/// | chatters, and somebody has it or has seen that since people were told | no | no | no |
/// | chatters, was seen, and stands since, which was told | first | no | no |
pub fn decide_for_newcomer(alarm: &Alarm, listener: Listener) -> Reason {
    let run = alarm.chatter.running();
    let seen = run.is_some_and(|run| run.seen && run.stands_since().is_none());
    match (listener.heard, alarm.cover.as_ref().map(Cover::kind)) {
        (Heard::Stands, _) => Reason::No(Why::Told),
        (_, Some(cover)) => Reason::No(why(cover)),
        _ if alarm.state == State::ActiveAcknowledged || seen => Reason::No(Why::PersonKnows),
        _ if !alarm.state.is_active() && run.is_none() => Reason::No(Why::NothingStands),
        _ if !listener.takes => Reason::No(Why::OtherPriority),
        _ => Reason::First,
    }
}

/// Whether this raise, of one that chatters, is one that people are told of.
fn is_reminder(alarm: &Alarm, event: &Event) -> bool {
    let told = alarm.chatter.running().and_then(|run| run.told);
    told == Some(event.at)
}

/// Whether people were told that it stands, since it was last raised in the run that is over.
fn stands_told(alarm: &Alarm) -> bool {
    let run = alarm.chatter.last_run();
    run.is_some_and(|run| run.stands_since().is_some())
}

/// That it stands is told to whoever takes it, unless something lies over it.
fn coming(reason: Reason, event: &Event, listener: Listener) -> Reason {
    match hidden(event) {
        Some(why) => Reason::No(why),
        None if listener.takes => reason,
        None => Reason::No(Why::OtherPriority),
    }
}

/// That it is over is told to whoever was told that it stands, whatever lies over it.
fn going(reason: Reason, listener: Listener) -> Reason {
    match listener.heard {
        Heard::Stands | Heard::Perhaps => reason,
        Heard::Nothing | Heard::Over => Reason::No(Why::NotTold),
    }
}

/// That what lay over it is gone is no news where it is over, but for whoever still believes that it stands.
fn over(listener: Listener) -> Reason {
    match listener.heard {
        Heard::Stands | Heard::Perhaps => Reason::Resolved,
        Heard::Nothing | Heard::Over => Reason::No(Why::NothingStands),
    }
}

/// Whether nothing lies over it any more.
fn uncovers(event: &Event) -> bool {
    event.from_cover.is_some() && event.to_cover.is_none()
}

/// That somebody has it saves the others from getting up; of what wakes nobody it is not told.
fn taken(alarm: &Alarm, event: &Event, listener: Listener) -> Reason {
    let wakes = matches!(alarm.priority, Priority::Critical | Priority::High);
    match listener.heard {
        _ if listener.acted || !wakes || event.to != State::ActiveAcknowledged => {
            Reason::No(Why::PersonKnows)
        }
        Heard::Stands => Reason::Taken,
        Heard::Nothing | Heard::Perhaps | Heard::Over => Reason::No(Why::NotTold),
    }
}

/// Why nothing new is told of what something lies over.
fn hidden(event: &Event) -> Option<Why> {
    event.to_cover.map(why)
}

fn why(cover: CoverKind) -> Why {
    match cover {
        CoverKind::Shelved => Why::Shelved,
        CoverKind::OutOfService => Why::OutOfService,
        CoverKind::Suppressed => Why::Suppressed,
        CoverKind::Work => Why::Work,
    }
}

#[cfg(test)]
mod tests;
