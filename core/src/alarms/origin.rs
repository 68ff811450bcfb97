//! What an alarm was raised by: facts and no sentence. Each reader's sentence is made of them in `core/src/text/alarm.rs`.

use plenum_protocol::{AgentName, Duration, Fault, Identifier, Quantity, Series, Timestamp};
use serde::{Deserialize, Serialize};

use super::forecast::Forecast;
use crate::fact::Report;
use crate::site::Bound;

/// What an alarm was raised by.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// A value above a limit, both in the quantity's unit.
    Above {
        /// The newest good value.
        value: Option<f64>,
        /// The limit.
        limit: f64,
    },
    /// A value below a limit, both in the quantity's unit.
    Below {
        /// The newest good value.
        value: Option<f64>,
        /// The limit.
        limit: f64,
    },
    /// A state that is abnormal.
    State {
        /// The state.
        state: bool,
    },
    /// A value that moved fast, in the quantity's unit.
    Moved {
        /// The newest good value.
        value: Option<f64>,
        /// How far; less than 0 for a fall.
        by: f64,
        /// In how long.
        within: Duration,
    },
    /// The mean of a while beyond a limit, in the quantity's unit.
    Mean {
        /// The mean.
        mean: Option<f64>,
        /// On which side of which limit.
        side: Side,
        /// Of how long.
        within: Duration,
    },
    /// A day that was not as such days are, in the quantity's unit.
    Drifted {
        /// Its mean or minimum.
        value: Option<f64>,
        /// The same of such days in the weeks before, on average.
        usual: Option<f64>,
    },
    /// A state that begins too often.
    Cycled {
        /// How often.
        starts: u64,
        /// In how long.
        within: Duration,
    },
    /// A value that is about to pass a limit, in the quantity's unit.
    Foreseen {
        /// The newest good value.
        value: Option<f64>,
        /// The limit.
        limit: f64,
        /// When, from the instant at which it was raised; none where it was passed already.
        forecast: Option<Forecast>,
    },
    /// Several limits and states together.
    Together(Vec<Reason>),
    /// So many sensors of a group at once.
    Vote {
        /// The newest good value of the alarm's own series.
        value: Option<f64>,
        /// What each of them is.
        side: Side,
        /// How many are, its own among them.
        holding: u64,
        /// Of how many.
        of: u64,
    },
    /// A value that is not as its siblings', in the quantity's unit.
    Deviates {
        /// The newest good value.
        value: Option<f64>,
        /// The median of its siblings.
        median: Option<f64>,
        /// How far it may be from it.
        limit: f64,
    },
    /// A dew point beyond a limit, in degrees Celsius.
    DewPoint {
        /// The dew point.
        dew_point: Option<f64>,
        /// On which side of which limit.
        side: Side,
    },
    /// A surface that is too near the dew point of the room's air, in degrees Celsius.
    Condenses {
        /// The surface's temperature.
        value: Option<f64>,
        /// The air's dew point.
        dew_point: Option<f64>,
    },
    /// Air outside the envelope of a class.
    Outside {
        /// Its name.
        class: String,
        /// What of the air.
        quantity: Quantity,
        /// How much of it there is.
        value: f64,
        /// On which side of which limit.
        side: Side,
    },
    /// No good reading.
    Silent {
        /// The last instant at which something was known, as far as the engine knows.
        since: Timestamp,
        /// Why there is no newer one, where the sensor says it.
        fault: Option<Fault>,
    },
    /// An agent is not there.
    Away {
        /// Since when; none if it was never heard of.
        since: Option<Timestamp>,
    },
    /// An agent's clock is not synchronised.
    ClockFree,
    /// Late readings would have raised alarms.
    Late {
        /// How many.
        alarms: u64,
        /// What the first of the worst was about; an earlier program did not say.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        first: Option<LateReading>,
    },
    /// A placed sensor of which nothing was ever received.
    NeverHeard {
        /// The agent that should read it.
        agent: AgentName,
        /// Its identifier below the agent.
        sensor: Identifier,
    },
    /// What a part of the monitor reports of itself.
    Monitor(Report),
    /// The same in the sentence of an earlier program.
    Reported(String),
}

impl Origin {
    /// The value of the alarm's own series that raised it, in the quantity's unit, a state as 0 or 1; none where that is not it.
    pub fn value(&self) -> Option<f64> {
        match self {
            Self::Above { value, .. }
            | Self::Below { value, .. }
            | Self::Moved { value, .. }
            | Self::Foreseen { value, .. }
            | Self::Vote { value, .. }
            | Self::Deviates { value, .. }
            | Self::Condenses { value, .. } => *value,
            Self::State { state } => Some(f64::from(u8::from(*state))),
            Self::Mean { .. }
            | Self::Drifted { .. }
            | Self::Cycled { .. }
            | Self::Together(_)
            | Self::DewPoint { .. }
            | Self::Outside { .. }
            | Self::Silent { .. }
            | Self::Away { .. }
            | Self::ClockFree
            | Self::Late { .. }
            | Self::NeverHeard { .. }
            | Self::Monitor(_)
            | Self::Reported(_) => None,
        }
    }
}

/// What came late, and would have raised an alarm.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LateReading {
    /// Of which series.
    pub series: Series,
    /// When the alarm would have been raised.
    pub at: Timestamp,
    /// The reading that tells so, if it is one.
    pub value: Option<f64>,
}

/// A limit or a state that is as an alarm's rule wants it, one of several.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reason {
    /// Of what; none for the alarm's own series.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantity: Option<Quantity>,
    /// The newest good value of the alarm's own series.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<f64>,
    /// Which.
    pub side: Side,
    /// It has not to be so, and is not.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub negated: bool,
}

/// A side of a limit, in the quantity's unit, or a state.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    /// Above this.
    Above(f64),
    /// Below this.
    Below(f64),
    /// In this state.
    Is(bool),
    /// It moved so far, down where it is less than 0.
    Moved {
        /// How far.
        by: f64,
        /// In how long.
        within: Duration,
    },
    /// It is about to pass a limit.
    Foreseen {
        /// The limit.
        limit: f64,
        /// In how many minutes; none where it is past it.
        minutes: Option<f64>,
    },
}

impl Side {
    /// The side of a bound that is abnormal.
    pub fn of(bound: Bound) -> Self {
        match bound {
            Bound::Above { limit, .. } => Self::Above(limit),
            Bound::Below { limit, .. } => Self::Below(limit),
            Bound::Is { state } => Self::Is(state),
        }
    }
}
