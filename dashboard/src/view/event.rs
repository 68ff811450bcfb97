//! A transition of an alarm.

use plenum_core::alarms;
use plenum_protocol::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::AlarmState;
use super::words::words;

words! {
    /// Why an alarm changed its state.
    Cause {
        /// The condition held for the on-delay.
        Raised = "raised",
        /// The condition was gone for the off-delay.
        Returned = "returned",
        /// A person acknowledged.
        Acknowledged = "acknowledged",
        /// A person gave it back: nobody has it any more.
        GivenBack = "given-back",
        /// The time until which a person had it is over: nobody has it any more.
        AcknowledgementEnded = "acknowledgement-ended",
        /// A person reset a latched alarm.
        Reset = "reset",
        /// Its rule, sensor or site is gone or was changed: the word of earlier versions.
        Configuration = "configuration",
        /// A late reading raised what only a person ends, or would have raised it: then the state is as it was.
        Late = "late",
        /// A person put it aside until an instant.
        Shelved = "shelved",
        /// A person ended its shelving.
        Unshelved = "unshelved",
        /// Its shelving ends in a quarter of an hour; the state is as it was.
        ShelvingEnds = "shelving-ends",
        /// Its shelving's time is over.
        ShelvingEnded = "shelving-ended",
        /// A person took it out of service.
        OutOfService = "out-of-service",
        /// Somebody has to look whether it still should be out of service; the state is as it was.
        ReviewDue = "review-due",
        /// A person returned it to service.
        ReturnedToService = "returned-to-service",
        /// Another alarm stands for it.
        Suppressed = "suppressed",
        /// The alarm that stood for it is gone.
        Released = "released",
        /// Its rule has another name, limit or latch.
        RuleChanged = "rule-changed",
        /// Its rule has another priority.
        PriorityChanged = "priority-changed",
        /// What it is about is in another room.
        Moved = "moved",
        /// Its rule is gone or switched off, or what it watched is gone.
        Removed = "removed",
        /// The program is another, and with it a built-in rule.
        Upgraded = "upgraded",
        /// It was raised three times within a minute; the state is as it was.
        Chattering = "chattering",
        /// It was not raised for five minutes after it chattered; the state is as it was.
        Quiet = "quiet",
        /// It chattered, and has stood for half a minute; the state is as it was.
        Stands = "stands",
        /// It comes while work goes on that may cause it.
        Work = "work",
        /// That work is over, or does not name it any more.
        WorkEnded = "work-ended",
    }
}

/// A transition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Event {
    /// When, by the readings' time.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// The alarm's number.
    pub alarm: u64,
    /// The state before: what lay over it, else its own.
    pub from: AlarmState,
    /// The state after; the same where the cause changes none, or changes what lies beneath.
    pub to: AlarmState,
    /// Why it changed.
    pub cause: Cause,
    /// A person's name, or `plenum`.
    pub actor: String,
    /// What they wrote, or what the engine has to say.
    pub comment: String,
}

impl From<alarms::Cause> for Cause {
    fn from(cause: alarms::Cause) -> Self {
        match cause {
            alarms::Cause::Raised => Self::Raised,
            alarms::Cause::Returned => Self::Returned,
            alarms::Cause::Acknowledged => Self::Acknowledged,
            alarms::Cause::GivenBack => Self::GivenBack,
            alarms::Cause::AcknowledgementEnded => Self::AcknowledgementEnded,
            alarms::Cause::Reset => Self::Reset,
            alarms::Cause::Configuration => Self::Configuration,
            alarms::Cause::Late => Self::Late,
            alarms::Cause::Shelved => Self::Shelved,
            alarms::Cause::Unshelved => Self::Unshelved,
            alarms::Cause::ShelvingEnds => Self::ShelvingEnds,
            alarms::Cause::ShelvingEnded => Self::ShelvingEnded,
            alarms::Cause::OutOfService => Self::OutOfService,
            alarms::Cause::ReviewDue => Self::ReviewDue,
            alarms::Cause::ReturnedToService => Self::ReturnedToService,
            alarms::Cause::Suppressed => Self::Suppressed,
            alarms::Cause::Released => Self::Released,
            alarms::Cause::RuleChanged => Self::RuleChanged,
            alarms::Cause::PriorityChanged => Self::PriorityChanged,
            alarms::Cause::Moved => Self::Moved,
            alarms::Cause::Removed => Self::Removed,
            alarms::Cause::Upgraded => Self::Upgraded,
            alarms::Cause::Chattering => Self::Chattering,
            alarms::Cause::Quiet => Self::Quiet,
            alarms::Cause::Stands => Self::Stands,
            alarms::Cause::Work => Self::Work,
            alarms::Cause::WorkEnded => Self::WorkEnded,
        }
    }
}
