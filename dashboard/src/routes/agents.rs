//! The agents: whether they are there, what they hold, and which of their sensors have a fault.

use std::sync::Arc;

use axum::extract::State;
use plenum_collector::Collector;
use plenum_collector::broker::CommandError;
use plenum_collector::intake::AgentInfo;
use plenum_protocol::AgentName;
use plenum_protocol::payload::{CommandKind, ListedSensor};
use plenum_protocol::{Channel, Fault, Series, Timestamp};

use crate::auth::Caller;
use crate::extract::Path;
use crate::problem::Problem;
use crate::state::Dashboard;
use crate::view::{self, Agent, AgentSensor, Identified, List, SensorFault, Stream};

/// An agent as it stands.
fn one(collector: &Collector, name: &AgentName, info: &AgentInfo) -> Agent {
    let fault_of = |series: &Series| collector.history.latest_of(series)?.1.err();
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
        certificate_until: collector.enrolment.enrolled().until(name),
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
            .map(|listed| sensor(name, listed, fault_of))
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

/// An agent that was heard of.
fn known(collector: &Collector, site: &str, agent: &str) -> Result<AgentName, Problem> {
    let is_known = |name: &AgentName| collector.agents.get(name).is_some();
    let name = format!("{site}/{agent}").parse().ok().filter(is_known);
    name.ok_or_else(|| unknown(site, agent))
}

fn unknown(site: &str, agent: &str) -> Problem {
    Problem::not_found(format!(
        "nothing was ever heard of an agent {site}/{agent}: `plenum agents list` names all"
    ))
}

/// Settles that an agent belongs to this collector: what another one's database said on its topic silences this one no more. If the
/// agent follows the other one, it has to be told on its host as well, with `plenum-agent join`. The answer is the agent as it then stands.
#[utoipa::path(post, path = "/api/v1/agents/{site}/{agent}/resolve", tag = "agents",
    params(("site" = view::Identifier, Path, description = "The agent's site."), ("agent" = view::Identifier, Path, description = "The agent.")),
    responses((status = 200, body = Agent), (status = 404, description = "Nothing was ever heard of such an agent.")))]
pub(crate) async fn resolve(
    State(dashboard): State<Arc<Dashboard>>,
    caller: Caller,
    Path((site, agent)): Path<(String, String)>,
) -> Result<axum::Json<Agent>, Problem> {
    let collector = &dashboard.collector;
    let name = known(collector, &site, &agent)?;
    collector
        .resolve_agent(name.clone(), caller.identity.actor())
        .await?;
    let info = collector
        .agents
        .get(&name)
        .ok_or_else(|| unknown(&site, &agent))?;
    Ok(axum::Json(one(collector, &name, &info)))
}

impl From<CommandError> for Problem {
    fn from(error: CommandError) -> Self {
        let detail = error.to_string();
        match error {
            CommandError::NotDone { .. } => Self::conflict(detail),
            CommandError::NotSent { .. } | CommandError::Silent { .. } | CommandError::TooMany => {
                Self::busy(detail)
            }
        }
    }
}

/// Has an agent show which host it is, to somebody who stands before several: its lamps blink for ten seconds, or its buzzers beep where it has no lamp.
#[utoipa::path(post, path = "/api/v1/agents/{site}/{agent}/identify", tag = "agents",
    params(("site" = view::Identifier, Path, description = "The agent's site."), ("agent" = view::Identifier, Path, description = "The agent.")),
    responses((status = 200, body = Identified, description = "It does."), (status = 404, description = "Nothing was ever heard of such an agent."),
        (status = 409, description = "It has nothing to show itself by, as it says."),
        (status = 503, description = "It did not answer: is it online?", headers(("Retry-After" = u64, description = "Seconds to wait.")))))]
pub(crate) async fn identify(
    State(dashboard): State<Arc<Dashboard>>,
    Path((site, agent)): Path<(String, String)>,
) -> Result<axum::Json<Identified>, Problem> {
    let collector = &dashboard.collector;
    let name = known(collector, &site, &agent)?;
    let running = collector.running.get();
    let running = running.ok_or_else(|| Problem::busy("the collector has only just begun"))?;
    let said = running.commands.ask(&name, CommandKind::Identify).await?;
    Ok(axum::Json(Identified { said }))
}

/// Retires a sensor that is gone for good and that the site does not place: nothing is expected of it any more, and its alarms end. Its readings stay,
/// and if it speaks again it is expected again. The answer is the agent as it then stands.
#[utoipa::path(post, path = "/api/v1/agents/{site}/{agent}/sensors/{sensor}/retire", tag = "agents",
    params(("site" = view::Identifier, Path, description = "The agent's site."), ("agent" = view::Identifier, Path, description = "The agent."),
        ("sensor" = view::Identifier, Path, description = "The sensor, below the agent.")),
    responses((status = 200, body = Agent), (status = 404, description = "Nothing is expected of such a sensor."),
        (status = 409, description = "It speaks, its agent lists it, or the site places it.")))]
pub(crate) async fn retire(
    State(dashboard): State<Arc<Dashboard>>,
    caller: Caller,
    Path((site, agent, sensor)): Path<(String, String, String)>,
) -> Result<axum::Json<Agent>, Problem> {
    let collector = &dashboard.collector;
    let unknown = || {
        Problem::not_found(format!(
            "nothing was ever heard of a sensor {site}/{agent}/{sensor}"
        ))
    };
    let name: AgentName = format!("{site}/{agent}").parse().map_err(|_| unknown())?;
    let own = sensor.parse().map_err(|_| unknown())?;
    let (by, now) = (caller.identity.actor(), dashboard.clock.now());
    collector.retire_sensor(name.clone(), own, by, now).await?;
    let info = collector.agents.get(&name).ok_or_else(unknown)?;
    Ok(axum::Json(one(collector, &name, &info)))
}

/// All agents as they stand.
pub(crate) fn views(dashboard: &Dashboard) -> Vec<Agent> {
    let collector = &dashboard.collector;
    collector
        .agents
        .list()
        .iter()
        .map(|(name, info)| one(collector, name, info))
        .collect()
}
