//! What a person lays over an alarm, and takes away again: a shelving, and that it is out of service.

use std::sync::Arc;

use axum::extract::State;
use plenum_core::fact::ActionKind;

use super::alarms::{act, checked};
use super::names::Names;
use crate::auth::Caller;
use crate::extract::{Body, Number};
use crate::language::Said;
use crate::problem::Problem;
use crate::sight::Sight;
use crate::state::Dashboard;
use crate::view::{self, Comment, Shelve, TakeOutOfService};

/// Puts an alarm aside until an instant: it is watched and logged, and nobody is told. It ends by itself, and what is active then is told again.
#[utoipa::path(post, path = "/api/v1/alarms/{id}/shelve", tag = "alarms", params(("id" = view::Number, Path, description = "Its number.")), request_body = Shelve,
    responses((status = 200, body = view::Alarm), (status = 404, description = "There is no such alarm."),
        (status = 409, description = "It is about smoke or water, or is out of service."),
        (status = 422, description = "`until` is past or too far away, or there is no reason.")))]
pub(crate) async fn shelve(
    State(dashboard): State<Arc<Dashboard>>,
    names: Names,
    caller: Caller,
    sight: Sight,
    Number(id): Number,
    Body(body): Body<Shelve>,
) -> Result<Said<axum::Json<view::Alarm>>, Problem> {
    let reason = said(body.reason)?;
    let kind = ActionKind::Shelve { until: body.until };
    act(&dashboard, names, (caller, &sight), id, kind, reason).await
}

/// Ends a shelving. What is active is told again.
#[utoipa::path(post, path = "/api/v1/alarms/{id}/unshelve", tag = "alarms", params(("id" = view::Number, Path, description = "Its number.")), request_body = Comment,
    responses((status = 200, body = view::Alarm), (status = 404, description = "There is no such alarm."),
        (status = 409, description = "It is not shelved.")))]
pub(crate) async fn unshelve(
    State(dashboard): State<Arc<Dashboard>>,
    names: Names,
    caller: Caller,
    sight: Sight,
    Number(id): Number,
    Body(body): Body<Comment>,
) -> Result<Said<axum::Json<view::Alarm>>, Problem> {
    let comment = checked(body.comment)?;
    act(
        &dashboard,
        names,
        (caller, &sight),
        id,
        ActionKind::Unshelve,
        comment,
    )
    .await
}

/// Takes an alarm out of service: it is watched and logged, and nobody is told until a person returns it to service. At the review it becomes a duty.
#[utoipa::path(post, path = "/api/v1/alarms/{id}/out-of-service", tag = "alarms", params(("id" = view::Number, Path, description = "Its number.")), request_body = TakeOutOfService,
    responses((status = 200, body = view::Alarm), (status = 404, description = "There is no such alarm."),
        (status = 409, description = "It cannot be taken out of service as it stands."),
        (status = 422, description = "`until` is past or too far away, or there is no reason.")))]
pub(crate) async fn take_out_of_service(
    State(dashboard): State<Arc<Dashboard>>,
    names: Names,
    caller: Caller,
    sight: Sight,
    Number(id): Number,
    Body(body): Body<TakeOutOfService>,
) -> Result<Said<axum::Json<view::Alarm>>, Problem> {
    let reason = said(body.reason)?;
    let kind = ActionKind::OutOfService { review: body.until };
    act(&dashboard, names, (caller, &sight), id, kind, reason).await
}

/// Returns an alarm to service. What is active is told again.
#[utoipa::path(post, path = "/api/v1/alarms/{id}/return-to-service", tag = "alarms", params(("id" = view::Number, Path, description = "Its number.")), request_body = Comment,
    responses((status = 200, body = view::Alarm), (status = 404, description = "There is no such alarm."),
        (status = 409, description = "It is not out of service.")))]
pub(crate) async fn return_to_service(
    State(dashboard): State<Arc<Dashboard>>,
    names: Names,
    caller: Caller,
    sight: Sight,
    Number(id): Number,
    Body(body): Body<Comment>,
) -> Result<Said<axum::Json<view::Alarm>>, Problem> {
    let comment = checked(body.comment)?;
    act(
        &dashboard,
        names,
        (caller, &sight),
        id,
        ActionKind::ReturnToService,
        comment,
    )
    .await
}

/// Whoever silences an alarm says why: the others have to know.
fn said(reason: String) -> Result<String, Problem> {
    let reason = checked(reason)?;
    match reason.is_empty() {
        true => Err(Problem::unprocessable("say why, in `reason`")),
        false => Ok(reason),
    }
}
