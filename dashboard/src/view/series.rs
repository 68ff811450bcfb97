//! A time series as it is listed.

use plenum_protocol::{Identifier, Quantity};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::schema::{self, Unit};

/// A time series.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Series {
    /// Its name.
    #[schema(value_type = schema::SeriesName)]
    pub series: plenum_protocol::Series,
    /// The first part of its name.
    #[schema(value_type = schema::Identifier)]
    pub site: Identifier,
    /// Null for a sensor that the site's configuration does not place.
    #[schema(value_type = Option<schema::Identifier>)]
    pub room: Option<Identifier>,
    /// The second part of its name.
    #[schema(value_type = schema::Identifier)]
    pub agent: Identifier,
    /// The third part of its name.
    #[schema(value_type = schema::Identifier)]
    pub sensor: Identifier,
    /// What it measures.
    #[schema(value_type = schema::Quantity)]
    pub quantity: Quantity,
    /// Its values' unit.
    pub unit: Unit,
}
