//! Agents' certificates: how each stands, a code with which one joins, the end of what it was given, and the authority behind them. For administrators.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use plenum_protocol::AgentName;

use crate::extract::{Body, Path};
use crate::problem::Problem;
use crate::state::Dashboard;
use crate::view::{
    self, AuthorityRotation, Enrolment, EnrolmentAuthority, EnrolmentCode, List, NewEnrolment, NewRotation,
    Revocation,
};

/// Characters of the reason of a revocation.
const LONGEST_REASON: usize = 200;

fn name(site: &str, agent: &str) -> Result<AgentName, Problem> {
    let name = format!("{site}/{agent}").parse();
    name.map_err(|error| Problem::bad_request(format!("{error}")))
}

/// The enrolment of each agent that has a certificate or a code, or had one, by name.
#[utoipa::path(get, path = "/api/v1/enrolments", tag = "agents", responses((status = 200, body = List<Enrolment>)))]
pub(crate) async fn list_enrolments(
    State(dashboard): State<Arc<Dashboard>>,
) -> Result<axum::Json<List<Enrolment>>, Problem> {
    let (all, now) = (dashboard.collector.enrolment.list().await?, dashboard.clock.now());
    let all = all
        .into_iter()
        .filter_map(|enrolment| Enrolment::of(enrolment, now));
    Ok(axum::Json(List::whole(all)))
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
    let code = EnrolmentCode::of(given).map_err(|error| Problem::internal(&error))?;
    Ok(axum::Json(code))
}

/// Ends an agent's certificate and its code, at once: a connection by it is closed, and it cannot join or renew before a new code. A password that collector.toml
/// gives the agent goes on opening.
#[utoipa::path(post, path = "/api/v1/agents/{site}/{agent}/revoke", tag = "agents", request_body = Revocation,
    params(("site" = view::Identifier, Path, description = "The agent's site."), ("agent" = view::Identifier, Path, description = "The agent.")),
    responses((status = 204, description = "Neither opens anything any more."),
        (status = 404, description = "The agent has neither a certificate nor a code.")))]
pub(crate) async fn revoke(
    State(dashboard): State<Arc<Dashboard>>,
    Path((site, agent)): Path<(String, String)>,
    Body(body): Body<Revocation>,
) -> Result<StatusCode, Problem> {
    let name = name(&site, &agent)?;
    let reason = body.reason.map(|reason| reason.trim().to_owned());
    let reason = reason.filter(|reason| !reason.is_empty());
    if reason
        .as_ref()
        .is_some_and(|reason| reason.chars().count() > LONGEST_REASON)
    {
        return Err(Problem::bad_request(format!(
            "a reason has {LONGEST_REASON} characters at most"
        )));
    }
    match dashboard.collector.enrolment.revoke(&name, reason).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(Problem::not_found(format!(
            "{name} has neither a certificate nor a code that is in force"
        ))),
    }
}

/// The authority that vouches for agents and for the broker; 404 where none was made yet, as before the first start with `tls_listen`.
#[utoipa::path(get, path = "/api/v1/authority", tag = "agents",
    responses((status = 200, body = EnrolmentAuthority), (status = 404, description = "None was made yet.")))]
pub(crate) async fn get_authority(
    State(dashboard): State<Arc<Dashboard>>,
) -> Result<axum::Json<EnrolmentAuthority>, Problem> {
    let enrolment = &dashboard.collector.enrolment;
    let (all, left) = (enrolment.authorities().await?, enrolment.left_behind().await?);
    let authority = EnrolmentAuthority::of(&all, left);
    authority.map(axum::Json).ok_or_else(|| {
        Problem::not_found("no authority was made yet: it is at the first start with `tls_listen`".to_owned())
    })
}

/// Lets another authority follow the present one. Agents take it as they renew, within eight months, and nobody has to do anything; with `at_once` the present one goes now, and
/// each agent has to join again.
#[utoipa::path(post, path = "/api/v1/authority/rotation", tag = "agents", request_body = NewRotation,
    responses((status = 200, body = AuthorityRotation)))]
pub(crate) async fn rotate_authority(
    State(dashboard): State<Arc<Dashboard>>,
    Body(body): Body<NewRotation>,
) -> Result<axum::Json<AuthorityRotation>, Problem> {
    let enrolment = &dashboard.collector.enrolment;
    let rotated = match body.at_once {
        true => enrolment.rotate_at_once().await?,
        false => enrolment.rotate().await?,
    };
    Ok(axum::Json(rotated.into()))
}
