//! The agents: whether they are there, what they hold, and which of their sensors have a fault.

use std::sync::Arc;

use axum::extract::State;
use plenum_collector::intake::AgentInfo;
use plenum_collector::journal::AgentName;
use plenum_protocol::payload::{ClockState, ListedSensor};
use plenum_protocol::{Channel, Fault, Series, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

use super::List;
use crate::problem::Problem;
use crate::state::Dashboard;

/// An agent.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct AgentView {
    pub(crate) agent: String,
    pub(crate) site: String,
    online: bool,
    /// When it was started, while it is online; when it was last heard of, while it is not.
    #[schema(value_type = Option<String>, format = DateTime)]
    since: Option<Timestamp>,
    /// When anything of it was last received.
    #[schema(value_type = Option<String>, format = DateTime)]
    last_received: Option<Timestamp>,
    version: Option<String>,
    /// `synchronised`, `free` or `unknown`.
    clock: &'static str,
    /// Batches that it has spooled and that are not committed here yet.
    unsent: u64,
    streams: Vec<StreamView>,
    /// Bytes of it that could not be read and were set aside.
    dead_letters: u64,
    /// Another collector's database that acknowledges it, if there is one.
    foreign_database: Option<String>,
    sensors: Vec<AgentSensorView>,
}

/// One of its streams.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct StreamView {
    stream: String,
    /// Everything up to this batch is committed.
    through: u64,
    /// The lowest batch that it still holds.
    first: Option<u64>,
    /// The highest that it has spooled.
    last: u64,
}

/// A sensor that it says it reads.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct AgentSensorView {
    sensor: String,
    driver: String,
    interval_s: f64,
    quantities: Vec<&'static str>,
    /// What of it has a fault now.
    faults: Vec<FaultView>,
}

/// A quantity that has a fault.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct FaultView {
    quantity: &'static str,
    #[schema(value_type = String)]
    fault: Fault,
}

impl AgentView {
    /// `fault_of` tells a series' fault, if its newest reading is one.
    pub(crate) fn new(
        name: &AgentName,
        info: &AgentInfo,
        fault_of: impl Fn(&Series) -> Option<Fault>,
    ) -> Self {
        let status = info.status.as_ref();
        let heard = (info.seen > Timestamp::MIN).then_some(info.seen);
        let started = status.and_then(|status| status.started_at);
        let streams: Vec<StreamView> = info
            .streams
            .iter()
            .map(|stream| StreamView {
                stream: stream.stream.clone(),
                through: stream.through,
                first: status.and_then(|status| {
                    let mut listed = status.streams.iter();
                    listed
                        .find(|(id, _)| id.as_str() == stream.stream)
                        .map(|(_, listed)| listed.first)
                }),
                last: stream.last,
            })
            .collect();
        let sensor = |sensor: &ListedSensor| {
            let faults = sensor.quantities.iter().filter_map(|quantity| {
                let series = Series {
                    site: name.site.clone(),
                    agent: name.agent.clone(),
                    channel: Channel {
                        sensor: sensor.id.clone(),
                        quantity: *quantity,
                    },
                };
                let fault = fault_of(&series)?;
                Some(FaultView {
                    quantity: quantity.as_str(),
                    fault,
                })
            });
            AgentSensorView {
                sensor: sensor.id.to_string(),
                driver: sensor.driver.clone(),
                interval_s: sensor.interval.seconds(),
                quantities: sensor
                    .quantities
                    .iter()
                    .map(|quantity| quantity.as_str())
                    .collect(),
                faults: faults.collect(),
            }
        };
        Self {
            agent: name.agent.to_string(),
            site: name.site.to_string(),
            online: info.online,
            since: if info.online { started } else { heard },
            last_received: heard,
            version: status
                .map(|status| status.version.clone())
                .filter(|version| !version.is_empty()),
            clock: match status.map(|status| status.clock) {
                Some(ClockState::Synchronised) => "synchronised",
                Some(ClockState::Free) => "free",
                None => "unknown",
            },
            unsent: streams
                .iter()
                .map(|stream| stream.last.saturating_sub(stream.through))
                .sum(),
            streams,
            dead_letters: info.dead_letter_bytes,
            foreign_database: info.foreign_database.clone(),
            sensors: status
                .map(|status| status.sensors.iter().map(sensor).collect())
                .unwrap_or_default(),
        }
    }
}

/// Every agent that was ever heard of, by name.
#[utoipa::path(get, path = "/api/v1/agents", tag = "agents",
    responses((status = 200, body = List<AgentView>), (status = 401, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn list_agents(State(dashboard): State<Arc<Dashboard>>) -> axum::Json<List<AgentView>> {
    List::whole(views(&dashboard))
}

/// All agents as they stand.
pub(crate) fn views(dashboard: &Dashboard) -> Vec<AgentView> {
    let collector = &dashboard.collector;
    let fault = |series: &Series| collector.history.latest_of(series)?.1.err();
    collector
        .agents
        .list()
        .iter()
        .map(|(name, info)| AgentView::new(name, info, fault))
        .collect()
}
