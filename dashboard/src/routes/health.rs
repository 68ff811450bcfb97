//! Whether it lives, whether it is ready, and its figures.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use plenum_core::authority::Permission;

use crate::auth;
use crate::metrics;
use crate::peer::Peer;
use crate::problem::Problem;
use crate::readiness::unready;
use crate::state::Dashboard;

/// What the figures need of whoever asks from another host.
pub(super) const METRICS: Permission = Permission::LookBehind;

/// What whoever looks after the program asks, by whichever way: there is nothing of anybody's in it.
pub(crate) const PATHS: [&str; 2] = ["/healthz", "/readyz"];

/// The process answers.
#[utoipa::path(get, path = "/healthz", tag = "health", security(()),
    responses((status = 200, body = String, content_type = "text/plain")))]
pub(crate) async fn healthz() -> &'static str {
    "ok\n"
}

/// The latest values are loaded, the alarms keep up, what comes is stored and what is due is sent: what the API says is current. A beat says the same to somebody else.
#[utoipa::path(get, path = "/readyz", tag = "health", security(()),
    responses((status = 200, body = String, content_type = "text/plain"),
        (status = 503, description = "Why it is not ready.")))]
pub(crate) async fn readyz(State(dashboard): State<Arc<Dashboard>>) -> Response {
    match unready(&dashboard) {
        None => "ready\n".into_response(),
        Some(why) => Problem::new(StatusCode::SERVICE_UNAVAILABLE, why.to_string()).into_response(),
    }
}

/// Figures for Prometheus: to programs of this host as they come, to those elsewhere with a token.
#[utoipa::path(get, path = "/metrics", tag = "health", security((), ("token" = []), ("session" = [])),
    responses((status = 200, body = String, content_type = "text/plain; version=0.0.4"),
        (status = 401, description = "From another host, neither a session nor a token."),
        (status = 403, description = "From another host, the caller's role does not allow it.")))]
pub(crate) async fn get_metrics(
    State(dashboard): State<Arc<Dashboard>>,
    peer: Peer,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Problem> {
    auth::here_or(&dashboard, (&headers, peer), METRICS).await?;
    Ok((
        [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")],
        metrics::exposition(&dashboard),
    ))
}
