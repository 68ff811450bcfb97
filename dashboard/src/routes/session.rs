//! Logging in and out, and who is logged in.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use plenum_collector::accounts::User;

use crate::auth::{self, Caller};
use crate::extract::Body;
use crate::problem::Problem;
use crate::state::Dashboard;
use crate::view::{self, First, LogIn, Session, SiteName};

fn view(dashboard: &Dashboard, user: User) -> axum::Json<Session> {
    let site = dashboard.collector.site();
    axum::Json(Session {
        user: view::User {
            role: user.role.into(),
            name: user.name,
        },
        site: SiteName {
            id: site.site.id.clone(),
            name: site.site.name.clone(),
            zone: site.site.zone.to_string(),
            language: site.site.language.into(),
        },
        demo: dashboard.demo,
        version: dashboard.version.to_owned(),
    })
}

/// Who is logged in.
#[utoipa::path(get, path = "/api/v1/session", tag = "session",
    responses((status = 200, body = Session)))]
pub(crate) async fn get_session(
    State(dashboard): State<Arc<Dashboard>>,
    caller: Caller,
) -> axum::Json<Session> {
    view(&dashboard, caller.user)
}

/// Logs in: the answer sets the session's cookie.
#[utoipa::path(post, path = "/api/v1/sessions", tag = "session", request_body = LogIn, security(()),
    responses((status = 200, body = Session),
        (status = 401, description = "The name or the password is wrong."),
        (status = 429, description = "Too many attempts failed.", headers(("Retry-After" = u64, description = "Seconds to wait.")))))]
pub(crate) async fn log_in(
    State(dashboard): State<Arc<Dashboard>>,
    Body(body): Body<LogIn>,
) -> Result<Response, Problem> {
    let session = dashboard
        .collector
        .accounts
        .log_in(&body.name, &body.password)
        .await?;
    Ok((auth::set_cookie(&session.secret), view(&dashboard, session.user)).into_response())
}

/// Logs out; without a session it does nothing.
#[utoipa::path(delete, path = "/api/v1/sessions", tag = "session", security(()),
    responses((status = 204, description = "Nobody is logged in."), (status = 403, description = "The header `X-Plenum: 1` is missing.")))]
pub(crate) async fn log_out(
    State(dashboard): State<Arc<Dashboard>>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    if let Some(secret) = auth::session_cookie(&headers) {
        if !auth::has_own_header(&headers) {
            return Err(auth::forged());
        }
        dashboard.collector.accounts.log_out(&secret).await?;
    }
    Ok((StatusCode::NO_CONTENT, auth::clear_cookie()).into_response())
}

/// Makes the administrator's account with the one-time link that the first start printed, and logs in.
#[utoipa::path(post, path = "/api/v1/sessions/first", tag = "session", request_body = First, security(()),
    responses((status = 200, body = Session),
        (status = 403, description = "The link was used or is too old."),
        (status = 422, description = "The name or the password is refused.")))]
pub(crate) async fn create_first(
    State(dashboard): State<Arc<Dashboard>>,
    Body(body): Body<First>,
) -> Result<Response, Problem> {
    let accounts = &dashboard.collector.accounts;
    let session = accounts
        .create_first(&body.token, &body.name, &body.password)
        .await?;
    Ok((auth::set_cookie(&session.secret), view(&dashboard, session.user)).into_response())
}
