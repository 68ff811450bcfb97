//! "Should this transition be told over this channel?" as a pure function that always gives its reason.

use serde::{Deserialize, Serialize};

use crate::alarms::{Alarm, Cause, Event, State};
use crate::site::Channel;

/// Why a message is sent, or is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// The alarm was raised.
    First,
    /// It is over; those who were called out may rest.
    Resolved,
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
}

/// Decides one transition for one channel. The alarm is as it stands after the transition.
///
/// | transition | channel takes its priority | message |
/// |---|---|---|
/// | raised | yes | first |
/// | returned | yes | resolved |
/// | acknowledged, reset | any | no: a person knows |
/// | late, configuration | any | no |
pub fn decide(alarm: &Alarm, event: &Event, channel: &Channel) -> Reason {
    match (event.cause, event.to) {
        (Cause::Late, _) => Reason::No(Why::Late),
        (Cause::Configuration, _) => Reason::No(Why::Configuration),
        (Cause::Acknowledged | Cause::Reset, _) => Reason::No(Why::PersonKnows),
        _ if !channel.takes(alarm.priority) => Reason::No(Why::OtherPriority),
        (Cause::Raised, _) => Reason::First,
        (Cause::Returned, State::Normal | State::ReturnedUnacknowledged) => Reason::Resolved,
        // A return never leads into an active state; were it logged, those who were called out should know.
        (Cause::Returned, State::ActiveAcknowledged | State::ActiveUnacknowledged) => Reason::Resolved,
    }
}
