//! An alarm: the engine's record with the names of its sensor and room and the words of its rule.

use plenum_core::{alarms, site};
use plenum_protocol::{Fault, Identifier, Series, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::schema::{self, Unit};
use super::words::words;
use super::work::Underway;
use super::{Delivery, Episode, Event, Proposal};

words! {
    /// How bad it is, from worst to least.
    Priority {
        /// Act now.
        Critical = "critical",
        /// Act within minutes.
        High = "high",
        /// Act today.
        Medium = "medium",
        /// Act this week.
        Low = "low",
    }
}

words! {
    /// Where in its life an alarm is (ISA-18.2): what lies over it, else its own state.
    AlarmState {
        /// All is well.
        Normal = "normal",
        /// The condition holds and nobody has it.
        ActiveUnacknowledged = "active-unacknowledged",
        /// The condition holds and a person has it.
        ActiveAcknowledged = "active-acknowledged",
        /// The condition is gone and nobody has seen it.
        ReturnedUnacknowledged = "returned-unacknowledged",
        /// A person has put it aside until an instant.
        Shelved = "shelved",
        /// Another alarm stands for it.
        Suppressed = "suppressed",
        /// A person has taken it out of service.
        OutOfService = "out-of-service",
        /// It came while work goes on that may cause it.
        Work = "work",
    }
}

words! {
    /// Which alarms: by their state, or by a group of states.
    AlarmFilter {
        /// Every alarm that ever was.
        All = "all",
        /// The condition holds, and nothing lies over it.
        Active = "active",
        /// All that is not normal.
        Open = "open",
        /// As the state.
        Normal = "normal",
        /// As the state.
        ActiveUnacknowledged = "active-unacknowledged",
        /// As the state.
        ActiveAcknowledged = "active-acknowledged",
        /// As the state.
        ReturnedUnacknowledged = "returned-unacknowledged",
        /// As the state.
        Shelved = "shelved",
        /// As the state.
        Suppressed = "suppressed",
        /// As the state.
        OutOfService = "out-of-service",
        /// As the state.
        Work = "work",
    }
}

impl AlarmFilter {
    /// Whether it takes a state.
    pub fn takes(self, state: AlarmState) -> bool {
        match self {
            Self::All => true,
            Self::Active => state.is_active(),
            Self::Open => state != AlarmState::Normal,
            Self::Normal => state == AlarmState::Normal,
            Self::ActiveUnacknowledged => state == AlarmState::ActiveUnacknowledged,
            Self::ActiveAcknowledged => state == AlarmState::ActiveAcknowledged,
            Self::ReturnedUnacknowledged => state == AlarmState::ReturnedUnacknowledged,
            Self::Shelved => state == AlarmState::Shelved,
            Self::Suppressed => state == AlarmState::Suppressed,
            Self::OutOfService => state == AlarmState::OutOfService,
            Self::Work => state == AlarmState::Work,
        }
    }
}

impl AlarmState {
    /// Whether the condition holds.
    pub const fn is_active(self) -> bool {
        matches!(self, Self::ActiveUnacknowledged | Self::ActiveAcknowledged)
    }
}

words! {
    /// Whether an alarm's input can be trusted now.
    InputState {
        /// A good reading, not stale.
        Known = "known",
        /// Missing or faulty.
        Unknown = "unknown",
    }
}

/// An alarm.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Alarm {
    /// Its number for ever.
    pub id: u64,
    /// The rule's identifier.
    #[schema(value_type = schema::Identifier)]
    pub rule: Identifier,
    /// The rule's name when it was raised.
    pub name: String,
    /// It is of a drill of the alarm chain: nothing is wrong.
    #[serde(default)]
    pub drill: bool,
    /// The site.
    #[schema(value_type = schema::Identifier)]
    pub site: Identifier,
    /// The room, where it has one.
    #[schema(value_type = Option<schema::Identifier>)]
    pub room: Option<Identifier>,
    /// The room's name, where the site has that room.
    pub room_name: Option<String>,
    /// Which series, where it is about one.
    #[schema(value_type = Option<schema::SeriesName>)]
    pub series: Option<Series>,
    /// What it is about: a series, an agent as site/agent, or a word for the monitor itself.
    pub subject: String,
    /// The same for the reader, as messages have it: a sensor, an agent, a channel and to whom; empty where the alarm's name says all.
    #[serde(default)]
    pub about: String,
    /// The sensor's name, where the site places it.
    pub sensor_name: Option<String>,
    /// Where the sensor hangs, in words.
    pub position: Option<String>,
    /// How bad.
    pub priority: Priority,
    /// Where in its life it is: what lies over it, else its own state.
    pub state: AlarmState,
    /// Its own state, whatever lies over it: how it would stand if nothing did.
    pub own_state: AlarmState,
    /// Whether its input can be trusted now.
    pub input: InputState,
    /// When it was last raised: this names the occurrence.
    #[schema(value_type = String, format = DateTime)]
    pub raised_at: Timestamp,
    /// When that was heard of, where it was more than a minute later: its readings came late, or its publisher's clock is behind. Null where it was in time.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub heard_at: Option<Timestamp>,
    /// When it returned, if it has since it was raised.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub returned_at: Option<Timestamp>,
    /// The newest value evaluated, in `unit`; null where none was.
    pub value: Option<f64>,
    /// The limit, in `unit`; null for a rule without one.
    pub limit: Option<f64>,
    /// The unit of `value` and `limit`; null where it is not about a series.
    pub unit: Option<Unit>,
    /// The newest fault, if the input is faulty.
    #[schema(value_type = Option<schema::FaultWord>)]
    pub fault: Option<Fault>,
    /// It stays until a person resets it, even when its condition is gone.
    pub latched: bool,
    /// One sentence for people.
    pub message: String,
    /// The likely cause, by its rule; null where the rule says none or is gone.
    pub cause: Option<String>,
    /// What happens if nobody acts; null where the rule says nothing or is gone.
    pub consequence: Option<String>,
    /// What to do, step by step; empty where the rule says nothing or is gone.
    pub response: Vec<String>,
    /// Who has it; null while nobody does.
    pub acknowledged: Option<Acknowledgement>,
    /// Who had it and gave it back; null where nobody did, and as soon as somebody has it again.
    pub given_back: Option<GivenBack>,
    /// Who shelved it, until when and why; null while it is not.
    pub shelved: Option<Shelved>,
    /// Who took it out of service, until which review and why; null while it is in service.
    pub out_of_service: Option<OutOfService>,
    /// The number of the alarm that stands for it; null while none does.
    pub suppressed_by: Option<u64>,
    /// The work that goes on and may have caused it, so that nobody is told; null while none lies over it.
    pub work: Option<Underway>,
    /// The number of the incident that it is part of, or was the last time; null where it never was of any.
    pub incident: Option<u64>,
    /// It was the first of those that were raised in its room within a minute.
    pub first_out: bool,
    /// Nothing watches it any more, and it is latched: a person has to reset it.
    pub unwatched: bool,
    /// That it chatters: people were told so, and are told again when it is quiet. Null while it does not.
    pub chattering: Option<Chattering>,
}

/// That an alarm was raised three times within a minute, and not yet quiet for five.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Chattering {
    /// When it was raised for the first time.
    #[schema(value_type = String, format = DateTime)]
    pub since: Timestamp,
    /// How often it was raised.
    pub raises: u64,
}

/// That an alarm is put aside for a while.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Shelved {
    /// The name of who shelved it.
    pub by: String,
    /// When it was first shelved without a break.
    #[schema(value_type = String, format = DateTime)]
    pub since: Timestamp,
    /// When it ends by itself.
    #[schema(value_type = String, format = DateTime)]
    pub until: Timestamp,
    /// Why.
    pub reason: String,
}

/// That an alarm is out of service until a person returns it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OutOfService {
    /// The name of who took it out of service: its owner.
    pub by: String,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    pub since: Timestamp,
    /// When somebody has to look whether it still should be.
    #[schema(value_type = String, format = DateTime)]
    pub review: Timestamp,
    /// That day has come, and nobody has looked.
    pub review_due: bool,
    /// Why.
    pub reason: String,
}

/// Who has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Acknowledgement {
    /// The name of who took it: a person, or a program with a token.
    pub by: String,
    /// When they took it.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// What they wrote; may be empty.
    pub comment: String,
    /// When it is given back by itself; null where they did not say until when they have it.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub until: Option<Timestamp>,
}

/// Who had it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct GivenBack {
    /// The name of who had it.
    pub had: String,
    /// The name of who gave it back; null where the time was over until which they had it.
    pub by: Option<String>,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// Why; may be empty.
    pub comment: String,
}

/// An alarm with its history of 90 days and what was sent about it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AlarmDetail {
    /// The alarm as it stands.
    #[serde(flatten)]
    pub alarm: Alarm,
    /// When it stood in the last 90 days, the newest first.
    pub episodes: Vec<Episode>,
    /// Its transitions of the last 90 days, the newest first, 2,000 at most.
    pub events: Vec<Event>,
    /// What was sent about it, the newest first, 200 at most.
    pub deliveries: Vec<Delivery>,
    /// What would have helped where it came most often one time after the other in the last 90 days; null where that was not often, or nothing would.
    pub proposal: Option<Proposal>,
}

impl From<site::Priority> for Priority {
    fn from(priority: site::Priority) -> Self {
        match priority {
            site::Priority::Critical => Self::Critical,
            site::Priority::High => Self::High,
            site::Priority::Medium => Self::Medium,
            site::Priority::Low => Self::Low,
        }
    }
}

impl From<alarms::State> for AlarmState {
    fn from(state: alarms::State) -> Self {
        match state {
            alarms::State::Normal => Self::Normal,
            alarms::State::ActiveUnacknowledged => Self::ActiveUnacknowledged,
            alarms::State::ActiveAcknowledged => Self::ActiveAcknowledged,
            alarms::State::ReturnedUnacknowledged => Self::ReturnedUnacknowledged,
        }
    }
}

impl AlarmState {
    /// What lies over an alarm, else its own state.
    pub fn of(state: alarms::State, cover: Option<alarms::CoverKind>) -> Self {
        match cover {
            Some(alarms::CoverKind::Shelved) => Self::Shelved,
            Some(alarms::CoverKind::Suppressed) => Self::Suppressed,
            Some(alarms::CoverKind::OutOfService) => Self::OutOfService,
            Some(alarms::CoverKind::Work) => Self::Work,
            None => state.into(),
        }
    }

    /// As [`Self::of`], of a whole alarm.
    pub fn of_alarm(alarm: &alarms::Alarm) -> Self {
        Self::of(alarm.state, alarm.cover.as_ref().map(alarms::Cover::kind))
    }
}

impl From<&alarms::chatter::Run> for Chattering {
    fn from(run: &alarms::chatter::Run) -> Self {
        Self {
            since: run.since,
            raises: run.raises,
        }
    }
}

impl Acknowledgement {
    /// As its reader calls whoever did it.
    pub(crate) fn of(acknowledged: alarms::Acknowledgement, by: String) -> Self {
        Self {
            by,
            at: acknowledged.at,
            comment: acknowledged.comment,
            until: acknowledged.until,
        }
    }
}

impl Shelved {
    /// As its reader calls whoever did it.
    pub(crate) fn of(shelving: alarms::Shelving, by: String) -> Self {
        Self {
            by,
            since: shelving.since,
            until: shelving.until,
            reason: shelving.reason,
        }
    }
}

impl OutOfService {
    /// As its reader calls whoever did it.
    pub(crate) fn of(out: alarms::OutOfService, by: String) -> Self {
        Self {
            by,
            since: out.at,
            review: out.review,
            review_due: out.review_due,
            reason: out.reason,
        }
    }
}

impl From<alarms::Input> for InputState {
    fn from(input: alarms::Input) -> Self {
        match input {
            alarms::Input::Known => Self::Known,
            alarms::Input::Unknown => Self::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn active_means_that_the_condition_holds() {
        use AlarmState::{ActiveAcknowledged, ActiveUnacknowledged, Normal, ReturnedUnacknowledged};
        let taken = |filter: &str| {
            let filter: AlarmFilter = serde_json::from_value(filter.into()).unwrap();
            [
                Normal,
                ActiveUnacknowledged,
                ActiveAcknowledged,
                ReturnedUnacknowledged,
            ]
            .map(|state| filter.takes(state))
        };
        assert_eq!(taken("active"), [false, true, true, false]);
        assert_eq!(taken("open"), [false, true, true, true]);
        assert_eq!(taken("all"), [true; 4]);
        assert_eq!(taken("shelved"), [false; 4]);
        assert!(serde_json::from_value::<AlarmFilter>("actve".into()).is_err());
    }

    #[test]
    fn each_state_is_a_filter() {
        for state in AlarmState::ALL {
            let filter: AlarmFilter = serde_json::from_value(state.as_str().into()).unwrap();
            for other in AlarmState::ALL {
                assert_eq!(filter.takes(*other), state == other, "{state} {other}");
            }
        }
    }
}
