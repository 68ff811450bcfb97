//! A reading as the API tells it, in /latest and in the live feed.

use plenum_collector::journal::{AgentName, StoredReading};
use plenum_protocol::{Fault, Outcome, Series, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

/// The newest reading of a series.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct ReadingView {
    #[schema(value_type = String)]
    pub(crate) series: Series,
    #[schema(value_type = String, format = DateTime)]
    pub(crate) at: Timestamp,
    /// Null while the sensor has a fault.
    value: Option<f64>,
    unit: &'static str,
    /// Why there is no value.
    #[schema(value_type = Option<String>)]
    fault: Option<Fault>,
}

impl ReadingView {
    pub(crate) fn new(series: Series, at: Timestamp, outcome: Outcome) -> Self {
        Self {
            at,
            unit: series.quantity().unit(),
            value: outcome.ok(),
            fault: outcome.err(),
            series,
        }
    }

    pub(crate) fn stored(agent: &AgentName, reading: &StoredReading) -> Self {
        let series = Series {
            site: agent.site.clone(),
            agent: agent.agent.clone(),
            channel: reading.channel.clone(),
        };
        Self::new(series, reading.at, reading.outcome)
    }
}
