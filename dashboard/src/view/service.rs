//! Services: this month at a glance, the availability of any period, and the month's report.

use plenum_core::availability;
use plenum_protocol::{Identifier, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::schema;
use super::words::words;

words! {
    /// What a service was.
    ServiceState {
        /// Available.
        Up = "up",
        /// Not available.
        Down = "down",
        /// In a maintenance window.
        Planned = "planned",
        /// Nobody can say.
        Unknown = "unknown",
        /// Before its life, after it, or not within agreed hours.
        OutOfHours = "out_of_hours",
    }
}

words! {
    /// The worst of a day.
    DayState {
        /// Available.
        Up = "up",
        /// Not available at some time.
        Down = "down",
        /// Nothing but maintenance.
        Planned = "planned",
        /// Unknown at some time.
        Unknown = "unknown",
        /// Nothing was agreed, or the day is to come.
        None = "none",
    }
}

words! {
    /// How a report is written.
    ReportFormat {
        /// For programs.
        Json = "json",
        /// A page that prints well.
        Html = "html",
    }
}

/// A service and its month so far.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Service {
    /// Its identifier.
    #[schema(value_type = schema::Identifier)]
    pub service: Identifier,
    /// Its name.
    pub name: String,
    /// For whom, in words.
    pub customer: String,
    /// The promised ratio of available to agreed time, above 0 and at most 1.
    pub objective: f64,
    /// IANA time zone of its months.
    pub zone: String,
    /// What it is now; unknown where it has no past.
    pub now: ServiceState,
    /// Its month so far.
    pub month: Month,
}

/// A month so far.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Month {
    /// The month's first instant.
    #[schema(value_type = String, format = DateTime)]
    pub from: Timestamp,
    /// Until when it was computed: now.
    #[schema(value_type = String, format = DateTime)]
    pub to: Timestamp,
    /// The ratio of available to agreed time, 0 to 1; null without any data.
    pub availability: Option<f64>,
    /// How long it was in each state.
    pub milliseconds: Milliseconds,
    /// The time down that the objective allows in the whole month; unknown time counts too, unless the service leaves
    /// it out.
    pub budget_milliseconds: i64,
    /// What is left of it; negative once it is missed.
    pub left_milliseconds: i64,
    /// Every local day of the month in order, those to come as well.
    pub days: Vec<Day>,
}

/// The sums, in milliseconds; they add up to the period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Milliseconds {
    /// Available.
    pub up: i64,
    /// Not available.
    pub down: i64,
    /// In a maintenance window.
    pub planned: i64,
    /// Nobody can say.
    pub unknown: i64,
    /// Outside its life or agreed hours.
    pub out_of_hours: i64,
}

/// A day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Day {
    /// Local date.
    #[schema(format = Date)]
    pub date: String,
    /// The worst of the day.
    pub state: DayState,
}

/// A period's availability.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Availability {
    /// Of which service.
    #[schema(value_type = schema::Identifier)]
    pub service: Identifier,
    /// First instant.
    #[schema(value_type = String, format = DateTime)]
    pub from: Timestamp,
    /// First instant after it; not later than now.
    #[schema(value_type = String, format = DateTime)]
    pub to: Timestamp,
    /// The promised ratio of available to agreed time, above 0 and at most 1.
    pub objective: f64,
    /// How long it was in each state; they add up to the period.
    pub milliseconds: Milliseconds,
    /// The ratio of available to agreed time, 0 to 1; null without any data.
    pub availability: Option<f64>,
    /// The whole period in order, without holes.
    pub intervals: Vec<Interval>,
}

/// An interval in one state, half open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Interval {
    /// First instant.
    #[schema(value_type = String, format = DateTime)]
    pub from: Timestamp,
    /// First instant after it.
    #[schema(value_type = String, format = DateTime)]
    pub to: Timestamp,
    /// What the service was.
    pub state: ServiceState,
    /// Why, in words; null for up.
    pub cause: Option<String>,
}

/// A month's report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Report {
    /// The month, as `2026-03`.
    pub month: String,
    /// The service's name.
    pub name: String,
    /// For whom, in words.
    pub customer: String,
    /// IANA time zone of the month.
    pub zone: String,
    /// Whether the objective was met; null without any data.
    pub met: Option<bool>,
    /// The month is not over.
    pub unfinished: bool,
    /// When it was computed.
    #[schema(value_type = String, format = DateTime)]
    pub made_at: Timestamp,
    /// The month's availability.
    #[serde(flatten)]
    pub result: Availability,
}

impl From<availability::State> for ServiceState {
    fn from(state: availability::State) -> Self {
        match state {
            availability::State::Up => Self::Up,
            availability::State::Down => Self::Down,
            availability::State::Planned => Self::Planned,
            availability::State::Unknown => Self::Unknown,
            availability::State::OutOfHours => Self::OutOfHours,
        }
    }
}

impl From<Option<availability::State>> for DayState {
    fn from(state: Option<availability::State>) -> Self {
        match state {
            None | Some(availability::State::OutOfHours) => Self::None,
            Some(availability::State::Up) => Self::Up,
            Some(availability::State::Down) => Self::Down,
            Some(availability::State::Planned) => Self::Planned,
            Some(availability::State::Unknown) => Self::Unknown,
        }
    }
}

impl From<availability::Milliseconds> for Milliseconds {
    fn from(sums: availability::Milliseconds) -> Self {
        Self {
            up: sums.up,
            down: sums.down,
            planned: sums.planned,
            unknown: sums.unknown,
            out_of_hours: sums.out_of_hours,
        }
    }
}
