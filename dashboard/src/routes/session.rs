//! Logging in and out, and who is logged in.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use plenum_collector::accounts::User;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::auth::{self, Caller};
use crate::problem::{Body, Problem};
use crate::state::Dashboard;

/// Who is logged in, and where.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SessionView {
    user: UserView,
    site: SiteName,
    /// This is the demonstration.
    demo: bool,
    /// The program's version.
    version: &'static str,
}

/// A person with an account or a program with a token.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UserView {
    name: String,
    role: &'static str,
}

/// The site's name and how its screens are written.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SiteName {
    id: String,
    name: String,
    /// IANA time zone of its screens.
    zone: String,
    /// `en` or `nl`.
    language: String,
}

/// A name and its password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LogIn {
    name: String,
    #[schema(format = Password)]
    password: String,
}

/// What makes the administrator's account.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct First {
    /// The one-time token that the first start printed.
    token: String,
    name: String,
    #[schema(format = Password, min_length = 12)]
    password: String,
}

fn view(dashboard: &Dashboard, user: User) -> axum::Json<SessionView> {
    let site = dashboard.collector.site();
    axum::Json(SessionView {
        user: UserView {
            role: user.role.as_str(),
            name: user.name,
        },
        site: SiteName {
            id: site.site.id.to_string(),
            name: site.site.name.clone(),
            zone: site.site.zone.clone(),
            language: site.site.language.clone(),
        },
        demo: dashboard.demo,
        version: dashboard.version,
    })
}

/// Who is logged in.
#[utoipa::path(get, path = "/api/v1/session", tag = "session",
    responses((status = 200, body = SessionView), (status = 401, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn get_session(
    State(dashboard): State<Arc<Dashboard>>,
    caller: Caller,
) -> axum::Json<SessionView> {
    view(&dashboard, caller.user)
}

/// Logs in: the answer sets the session's cookie.
#[utoipa::path(post, path = "/api/v1/sessions", tag = "session", request_body = LogIn, security(()),
    responses((status = 200, body = SessionView),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "Too many attempts failed: see Retry-After.", body = Problem, content_type = "application/problem+json")))]
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
    responses((status = 204), (status = 403, body = Problem, content_type = "application/problem+json")))]
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
    responses((status = 200, body = SessionView),
        (status = 403, description = "The link was used or is too old.", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "The name or the password is refused.", body = Problem, content_type = "application/problem+json")))]
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
