//! A series as it is judged now: whether its value can be believed, and how bad it is. The server judges, the screens draw.

use plenum_protocol::{Series, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::words::words;
use super::{Priority, schema};

words! {
    /// Whether a series' value can be believed now.
    Condition {
        /// A value, and not an old one.
        Good = "good",
        /// A value that is older than the series may be silent.
        Old = "old",
        /// The newest reading is a fault.
        Fault = "fault",
        /// Nothing was received yet.
        Never = "never",
    }
}

words! {
    /// On which side of a limit it is abnormal.
    Side {
        /// Above it.
        Above = "above",
        /// Below it.
        Below = "below",
    }
}

/// A series as it is judged now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Input {
    /// Which series.
    #[schema(value_type = schema::SeriesName)]
    pub series: Series,
    /// Whether its value can be believed.
    pub condition: Condition,
    /// Since when nothing is known of it: the first fault after its newest good reading, or when that was too old; null while its value can be
    /// believed, and where there never was one.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub unknown_since: Option<Timestamp>,
    /// How bad it is: the worst of the limits that its value is beyond and of its active alarm; null where neither is.
    pub priority: Option<Priority>,
    /// The worst limit that its value is beyond; null within its band, and where the value cannot be believed.
    pub beyond: Option<Priority>,
    /// The number of its worst active alarm; null where none is active.
    pub alarm: Option<u64>,
    /// The limit that its value would pass next, away from the middle of its band; null without a value or such a
    /// limit.
    pub next: Option<BandLimit>,
}

/// What is normal for a series.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Band {
    /// The least normal value; null where nothing is too low.
    pub low: Option<f64>,
    /// The greatest normal value; null where nothing is too high.
    pub high: Option<f64>,
    /// Every limit once, in the order of their values.
    pub limits: Vec<BandLimit>,
}

/// A limit of a band.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct BandLimit {
    /// The limit, in the series' unit.
    pub value: f64,
    /// On which side of it a value is abnormal.
    pub side: Side,
    /// How bad that is: the worst of the rules with this limit.
    pub priority: Priority,
}

/// Where a series is going now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Trend {
    /// Which series.
    #[schema(value_type = schema::SeriesName)]
    pub series: Series,
    /// In the series' unit a minute, negative while it falls; null where too little was measured.
    pub per_minute: Option<f64>,
    /// It moves by less than 0.03 units a minute; false where too little was measured.
    pub steady: bool,
}
