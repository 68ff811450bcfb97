//! Agents' certificates: a code with which one joins, and the end of what it was given. For administrators.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use plenum_protocol::AgentName;

use crate::extract::{Body, Path};
use crate::problem::Problem;
use crate::state::Dashboard;
use crate::view::{self, EnrolmentCode, NewEnrolment};

fn name(site: &str, agent: &str) -> Result<AgentName, Problem> {
    let name = format!("{site}/{agent}").parse();
    name.map_err(|error| Problem::bad_request(format!("{error}")))
}

/// Makes a code with which an agent joins, once, within 15 minutes; one that it had and has not used is good no more. What the agent has goes on working until it
/// joins with the new one. Nothing need have been heard of the agent.
#[utoipa::path(post, path = "/api/v1/agents/{site}/{agent}/enrolment", tag = "agents", request_body = NewEnrolment,
    params(("site" = view::Identifier, Path, description = "The agent's site."), ("agent" = view::Identifier, Path, description = "The agent.")),
    responses((status = 200, body = EnrolmentCode), (status = 409, description = "The broker does not listen in TLS; the detail says what to set."),
        (status = 422, description = "The host is neither a name nor an IPv4 address.")))]
pub(crate) async fn enroll(
    State(dashboard): State<Arc<Dashboard>>,
    Path((site, agent)): Path<(String, String)>,
    Body(body): Body<NewEnrolment>,
) -> Result<axum::Json<EnrolmentCode>, Problem> {
    let name = name(&site, &agent)?;
    let given = dashboard.collector.enrolment.give(&name, body.host).await?;
    Ok(axum::Json(given.into()))
}

/// Ends an agent's certificate and its code, at once: a connection by it is closed, and it cannot join or renew before a new code. A password that collector.toml
/// gives the agent goes on opening.
#[utoipa::path(post, path = "/api/v1/agents/{site}/{agent}/revoke", tag = "agents",
    params(("site" = view::Identifier, Path, description = "The agent's site."), ("agent" = view::Identifier, Path, description = "The agent.")),
    responses((status = 204, description = "Neither opens anything any more."),
        (status = 404, description = "The agent has neither a certificate nor a code.")))]
pub(crate) async fn revoke(
    State(dashboard): State<Arc<Dashboard>>,
    Path((site, agent)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    let name = name(&site, &agent)?;
    match dashboard.collector.enrolment.revoke(&name).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(Problem::not_found(format!(
            "{name} has neither a certificate nor a code that is in force"
        ))),
    }
}
