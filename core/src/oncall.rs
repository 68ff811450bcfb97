//! "Should this transition be told over this channel?" as a pure function that always gives its reason.

use serde::{Deserialize, Serialize};

use crate::alarms::{Alarm, Cause, CoverKind, Event, State};
use crate::site::Channel;

/// Why a message is sent, or is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// The alarm was raised.
    First,
    /// It stands, and is not shelved or out of service any more.
    StandsAgain,
    /// It is over; those who were called out may rest.
    Resolved,
    /// Its shelving ends soon: for whoever shelved it.
    ShelvingEnds,
    /// It stands, and its rule, priority or room is another: for whoever was told of it.
    Changed,
    /// It was taken away with its rule or sensor; whether its condition is gone nobody knows: for whoever was told of it.
    Withdrawn,
    /// It is not sent.
    No(Why),
}

/// Why a message is not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    /// The channel takes other priorities only.
    OtherPriority,
    /// A person did it and knows.
    PersonKnows,
    /// It is a log entry about the past, told in the summary of late readings.
    Late,
    /// The configuration ended it.
    Configuration,
    /// It happened before delivery began: the demo's history, an import.
    BeforeDelivery,
    /// It says that this very channel does not work.
    ChannelItself,
    /// It is shelved.
    Shelved,
    /// Another alarm stands for it.
    Suppressed,
    /// It is out of service.
    OutOfService,
    /// What lay over it is gone, and its condition does not hold.
    NothingStands,
    /// It is a duty of the alarm list, for when somebody has time.
    AlarmList,
    /// It chatters, which was told.
    Chattering,
}

impl Reason {
    /// Whether it calls somebody out, who may take the alarm.
    pub fn calls(self) -> bool {
        matches!(self, Self::First | Self::StandsAgain)
    }
}

/// Decides one transition for one channel. The alarm is as it stands after the transition.
///
/// | transition | message |
/// |---|---|
/// | raised | first, on a channel that takes its priority |
/// | returned | resolved, on a channel that takes its priority |
/// | raised, returned or changed while shelved or out of service | no |
/// | raised or changed while suppressed | no; its return is told |
/// | returned while suppressed by one about the same quantity | no: that one tells it |
/// | shelving ended, unshelved, returned to service | stands again where it is active or chatters, on a channel that takes its priority |
/// | released | first where it is active or chatters, on a channel that takes its priority |
/// | shelving ends soon | shelving ends, to whoever shelved |
/// | rule, priority or room changed, program upgraded | changed, to whoever was told |
/// | removed | withdrawn, to whoever was told; changed where it is latched and stays |
/// | acknowledged, reset, shelved, taken out of service | no: a person knows |
/// | late, and raised by that | first, on a channel that takes its priority |
/// | late with nothing changed, suppressed, review due | no |
/// | chatters | first, on a channel that takes its priority |
/// | raised or returned while it chatters | no |
/// | quiet again | first where it is active and nobody has it, resolved where it is not, on a channel that takes its priority |
pub fn decide(alarm: &Alarm, event: &Event, channel: &Channel) -> Reason {
    let reason = match event.cause {
        Cause::Late if event.from == event.to => Reason::No(Why::Late),
        Cause::Configuration => Reason::No(Why::Configuration),
        Cause::Acknowledged | Cause::Reset | Cause::Shelved | Cause::OutOfService => {
            Reason::No(Why::PersonKnows)
        }
        Cause::Suppressed => Reason::No(Why::Suppressed),
        Cause::ReviewDue => Reason::No(Why::AlarmList),
        Cause::ShelvingEnds => return Reason::ShelvingEnds,
        Cause::Raised | Cause::Returned if alarm.chatter.running().is_some() => Reason::No(Why::Chattering),
        Cause::Raised | Cause::Late | Cause::Chattering => Reason::First,
        // A return never leads into an active state; were it logged, those who were called out should know.
        Cause::Returned => Reason::Resolved,
        Cause::Quiet => match event.to {
            State::ActiveUnacknowledged => Reason::First,
            State::ActiveAcknowledged => Reason::No(Why::PersonKnows),
            State::Normal | State::ReturnedUnacknowledged => Reason::Resolved,
        },
        Cause::Unshelved | Cause::ShelvingEnded | Cause::ReturnedToService | Cause::Released => {
            let stands = event.to.is_active() || alarm.chatter.running().is_some();
            match (stands, event.cause) {
                (false, _) => Reason::No(Why::NothingStands),
                (true, Cause::Released) => Reason::First,
                (true, _) => Reason::StandsAgain,
            }
        }
        Cause::RuleChanged | Cause::PriorityChanged | Cause::Moved => Reason::Changed,
        Cause::Removed | Cause::Upgraded => match alarm.is_open() {
            true => Reason::Changed,
            false => Reason::Withdrawn,
        },
    };
    match (reason, event.to_cover) {
        (Reason::No(why), _) => Reason::No(why),
        (_, Some(CoverKind::Shelved)) => Reason::No(Why::Shelved),
        (_, Some(CoverKind::OutOfService)) => Reason::No(Why::OutOfService),
        (Reason::First | Reason::StandsAgain | Reason::Changed, Some(CoverKind::Suppressed)) => {
            Reason::No(Why::Suppressed)
        }
        (Reason::Resolved, Some(CoverKind::Suppressed)) if alarm.is_part_of_an_event() => {
            Reason::No(Why::Suppressed)
        }
        (Reason::First | Reason::StandsAgain | Reason::Resolved, _) if !channel.takes(alarm.priority) => {
            Reason::No(Why::OtherPriority)
        }
        (reason, _) => reason,
    }
}
