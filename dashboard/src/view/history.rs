//! A series' past: as it was stored, and in windows for charts.

use plenum_protocol::{Fault, Series};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::schema::{self, Unit};

/// A series' readings in a period. Instants are in milliseconds since 1970.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Readings {
    /// Which series.
    #[schema(value_type = schema::SeriesName)]
    pub series: Series,
    /// The values' unit.
    pub unit: Unit,
    /// Instant and value.
    pub points: Vec<(i64, f64)>,
    /// Instant, and why there is no value.
    #[schema(value_type = Vec<(i64, schema::FaultWord)>)]
    pub faults: Vec<(i64, Fault)>,
    /// From and to, and why readings are missing: nothing is known there.
    pub gaps: Vec<(i64, i64, String)>,
    /// Give it back as `cursor` for what follows; null at the end.
    pub next: Option<String>,
}

/// A series in windows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Windows {
    /// Which series.
    #[schema(value_type = schema::SeriesName)]
    pub series: Series,
    /// The values' unit.
    pub unit: Unit,
    /// How long a window is, as it was asked for.
    pub every: String,
    /// Start in milliseconds since 1970, least, mean, greatest, count and last value. Windows are aligned to 1970 and half open; empty ones are left
    /// out; faults do not count.
    pub points: Vec<(i64, f64, f64, f64, u64, f64)>,
    /// Where no window is for longer than the series may be silent; what is still to come is not among them.
    pub holes: Vec<Hole>,
}

/// A stretch of which nothing is known. Instants are in milliseconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Hole {
    /// First instant.
    pub from: i64,
    /// First instant after it.
    pub to: i64,
    /// The sensor's first fault in it; null where it had none, and in all but the answer's six longest, which alone
    /// are looked into.
    #[schema(value_type = Option<schema::FaultWord>)]
    pub fault: Option<Fault>,
    /// Why else readings are missing; null where that is not known, and where it was not looked into.
    pub why: Option<String>,
}
