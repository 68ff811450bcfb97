//! The site as the screens draw it: rooms with their racks, sensors, series and limits.

use plenum_core::site;
use plenum_protocol::{Identifier, Quantity, Series};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::schema::{self, Unit};
use super::words::words;
use super::{Band, Language, Priority};

words! {
    /// What a sensor's place means.
    Place {
        /// Air that goes into a rack.
        Inlet = "inlet",
        /// Air that comes out of a rack.
        Outlet = "outlet",
        /// Air that a cooling unit supplies.
        Supply = "supply",
        /// Air that returns to a cooling unit.
        Return = "return",
        /// The room's air.
        Room = "room",
        /// A cooling unit.
        Cooling = "cooling",
        /// An uninterruptible power supply.
        Ups = "ups",
        /// The mains connection.
        Mains = "mains",
        /// The emergency generator.
        Generator = "generator",
        /// A door.
        Door = "door",
        /// Anything else.
        Other = "other",
    }
}

/// The site.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Site {
    /// The first part of every series.
    #[schema(value_type = schema::Identifier)]
    pub id: Identifier,
    /// Its name.
    pub name: String,
    /// IANA time zone of its screens.
    pub zone: String,
    /// The language of its screens.
    pub language: Language,
    /// In the order of screens. Sensors that send but have no place come last, in a room with the empty id.
    pub rooms: Vec<Room>,
}

/// A room.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Room {
    /// Its identifier; empty for what has no place.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Where it is, in words; may be empty.
    pub floor: String,
    /// Width of its plan in metres; 0 where it has none.
    pub width_m: f64,
    /// Depth of its plan in metres; 0 where it has none.
    pub depth_m: f64,
    /// Its racks.
    pub racks: Vec<Rack>,
    /// Its sensors.
    pub sensors: Vec<Sensor>,
}

/// A rack on the plan. Positions count from the plan's upper left corner.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Rack {
    /// Its identifier.
    #[schema(value_type = schema::Identifier)]
    pub id: Identifier,
    /// Its name.
    pub name: String,
    /// Left edge, in metres.
    pub x_m: f64,
    /// Upper edge, in metres.
    pub y_m: f64,
    /// Width in metres.
    pub width_m: f64,
    /// Depth in metres.
    pub depth_m: f64,
}

/// A sensor.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Sensor {
    /// The agent that reads it.
    #[schema(value_type = schema::Identifier)]
    pub agent: Identifier,
    /// Its identifier below the agent.
    #[schema(value_type = schema::Identifier)]
    pub sensor: Identifier,
    /// Its name; its identifier where the site does not place it.
    pub name: String,
    /// What its place means.
    pub place: Place,
    /// The rack that it hangs on; null where it hangs on none.
    #[schema(value_type = Option<schema::Identifier>)]
    pub rack: Option<Identifier>,
    /// Where it hangs, in words; may be empty.
    pub position: String,
    /// Metres from the plan's left edge; null where it is not on the plan.
    pub x_m: Option<f64>,
    /// Metres from the plan's upper edge; null where it is not on the plan.
    pub y_m: Option<f64>,
    /// Its quantities, as far as any was received.
    pub series: Vec<SensorSeries>,
    /// What rules call abnormal, a rule and series each.
    pub limits: Vec<Limit>,
}

/// One quantity of a sensor.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SensorSeries {
    /// Its name.
    #[schema(value_type = schema::SeriesName)]
    pub series: Series,
    /// What it measures.
    #[schema(value_type = schema::Quantity)]
    pub quantity: Quantity,
    /// Its values' unit.
    pub unit: Unit,
    /// Its values are 1 or 0.
    pub boolean: bool,
    /// Without a reading for so many seconds it is old.
    pub stale_after_s: f64,
    /// What is normal; null without a limit that is a number.
    pub band: Option<Band>,
}

/// What a rule calls abnormal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Limit {
    /// Of which series.
    #[schema(value_type = schema::SeriesName)]
    pub series: Series,
    /// By which rule.
    #[schema(value_type = schema::Identifier)]
    pub rule: Identifier,
    /// The rule's name.
    pub name: String,
    /// How bad the rule's alarm is.
    pub priority: Priority,
    /// The bound itself.
    #[serde(flatten)]
    pub bound: Bound,
}

/// The bound itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Bound {
    /// Abnormal above the limit.
    Above {
        /// The greatest normal value, in the series' unit.
        limit: f64,
        /// How far below the limit the value must come for the alarm to clear, in the same unit.
        deadband: f64,
    },
    /// Abnormal below the limit.
    Below {
        /// The least normal value, in the series' unit.
        limit: f64,
        /// How far above the limit the value must come for the alarm to clear, in the same unit.
        deadband: f64,
    },
    /// Abnormal in this state.
    Is {
        /// The state that is abnormal.
        limit: bool,
    },
}

impl From<site::Bound> for Bound {
    fn from(bound: site::Bound) -> Self {
        match bound {
            site::Bound::Above { limit, deadband } => Self::Above { limit, deadband },
            site::Bound::Below { limit, deadband } => Self::Below { limit, deadband },
            site::Bound::Is { state } => Self::Is { limit: state },
        }
    }
}

impl From<site::Place> for Place {
    fn from(place: site::Place) -> Self {
        match place {
            site::Place::Inlet => Self::Inlet,
            site::Place::Outlet => Self::Outlet,
            site::Place::Supply => Self::Supply,
            site::Place::Return => Self::Return,
            site::Place::Room => Self::Room,
            site::Place::Cooling => Self::Cooling,
            site::Place::Ups => Self::Ups,
            site::Place::Mains => Self::Mains,
            site::Place::Generator => Self::Generator,
            site::Place::Door => Self::Door,
            site::Place::Other => Self::Other,
        }
    }
}
