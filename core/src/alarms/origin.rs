//! What an alarm was raised by: facts and no sentence. Each reader's sentence is made of them in `core/src/text/alarm.rs`.

use plenum_protocol::{AgentName, Duration, Fault, Identifier, Timestamp};
use serde::{Deserialize, Serialize};

use super::forecast::Forecast;

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
    },
    /// A placed sensor of which nothing was ever received.
    NeverHeard {
        /// The agent that should read it.
        agent: AgentName,
        /// Its identifier below the agent.
        sensor: Identifier,
    },
    /// What a part of the monitor reports of itself, in its own words.
    Reported(String),
}
