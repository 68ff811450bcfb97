//! The agents: whether they are there, what they hold, and which of their sensors have a fault.

use std::sync::Arc;

use axum::extract::State;
use plenum_collector::intake::AgentInfo;
use plenum_protocol::AgentName;
use plenum_protocol::payload::ListedSensor;
use plenum_protocol::{Channel, Fault, Series, Timestamp};

use crate::state::Dashboard;
use crate::view::{Agent, AgentSensor, List, SensorFault, Stream};

/// An agent as it stands; `fault_of` tells a series' fault, if its newest reading is one.
fn view(name: &AgentName, info: &AgentInfo, fault_of: impl Fn(&Series) -> Option<Fault>) -> Agent {
    let status = info.status.as_ref();
    let heard = (info.seen > Timestamp::MIN).then_some(info.seen);
    let started = status.and_then(|status| status.started_at);
    let streams = streams(info);
    Agent {
        agent: name.agent.clone(),
        site: name.site.clone(),
        online: info.online,
        since: if info.online { started } else { heard },
        last_received: heard,
        version: status
            .map(|status| status.version.clone())
            .filter(|version| !version.is_empty()),
        clock: status.map(|status| status.clock).into(),
        unsent: streams
            .iter()
            .map(|stream| stream.last.saturating_sub(stream.through))
            .sum(),
        streams,
        dead_letters: info.dead_letter_bytes,
        foreign_database: info.foreign_database.clone(),
        sensors: status
            .map(|status| &status.sensors[..])
            .unwrap_or_default()
            .iter()
            .map(|listed| sensor(name, listed, &fault_of))
            .collect(),
    }
}

fn streams(info: &AgentInfo) -> Vec<Stream> {
    let first = |id: &str| {
        let mut listed = info.status.as_ref()?.streams.iter();
        listed
            .find(|(listed, _)| listed.as_str() == id)
            .map(|(_, listed)| listed.first)
    };
    let streams = info.streams.iter().map(|stream| Stream {
        stream: stream.stream.clone(),
        through: stream.through,
        first: first(&stream.stream),
        last: stream.last,
    });
    streams.collect()
}

fn sensor(
    name: &AgentName,
    listed: &ListedSensor,
    fault_of: impl Fn(&Series) -> Option<Fault>,
) -> AgentSensor {
    let faults = listed.quantities.iter().filter_map(|quantity| {
        let series = Series {
            agent: name.clone(),
            channel: Channel {
                sensor: listed.id.clone(),
                quantity: *quantity,
            },
        };
        let fault = fault_of(&series)?;
        Some(SensorFault {
            quantity: *quantity,
            fault,
        })
    });
    AgentSensor {
        sensor: listed.id.clone(),
        driver: listed.driver.clone(),
        interval_s: listed.interval.seconds(),
        quantities: listed.quantities.clone(),
        faults: faults.collect(),
    }
}

/// Every agent that was ever heard of, by name.
#[utoipa::path(get, path = "/api/v1/agents", tag = "agents",
    responses((status = 200, body = List<Agent>)))]
pub(crate) async fn list_agents(State(dashboard): State<Arc<Dashboard>>) -> axum::Json<List<Agent>> {
    axum::Json(List::whole(views(&dashboard)))
}

/// All agents as they stand.
pub(crate) fn views(dashboard: &Dashboard) -> Vec<Agent> {
    let collector = &dashboard.collector;
    let fault = |series: &Series| collector.history.latest_of(series)?.1.err();
    collector
        .agents
        .list()
        .iter()
        .map(|(name, info)| view(name, info, fault))
        .collect()
}
