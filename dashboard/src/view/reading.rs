//! A reading as the API tells it, in /latest and in the live feed.

use plenum_protocol::{Fault, Outcome, Series, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::schema::{self, Unit};

/// The newest reading of a series.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Reading {
    /// Of which series.
    #[schema(value_type = schema::SeriesName)]
    pub series: Series,
    /// Its own instant, by the sensor's agent.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// In the unit, 1 or 0 for a boolean; null while the sensor has a fault.
    pub value: Option<f64>,
    /// The value's unit.
    pub unit: Unit,
    /// Why there is no value.
    #[schema(value_type = Option<schema::FaultWord>)]
    pub fault: Option<Fault>,
}

impl Reading {
    /// The reading of a series at an instant.
    pub fn new(series: Series, at: Timestamp, outcome: Outcome) -> Self {
        Self {
            at,
            unit: Unit::of(series.quantity()),
            value: outcome.ok(),
            fault: outcome.err(),
            series,
        }
    }
}
