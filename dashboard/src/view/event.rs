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
        /// A person reset a latched alarm.
        Reset = "reset",
        /// Its rule, sensor or site is gone or was changed.
        Configuration = "configuration",
        /// A late reading would have raised it; the state is as it was.
        Late = "late",
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
    /// The state before.
    pub from: AlarmState,
    /// The state after; the same where the cause changes none.
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
            alarms::Cause::Reset => Self::Reset,
            alarms::Cause::Configuration => Self::Configuration,
            alarms::Cause::Late => Self::Late,
        }
    }
}

impl From<alarms::Event> for Event {
    fn from(event: alarms::Event) -> Self {
        Self {
            at: event.at,
            alarm: event.alarm,
            from: event.from.into(),
            to: event.to.into(),
            cause: event.cause.into(),
            actor: event.actor.to_string(),
            comment: event.comment,
        }
    }
}
