//! Whether it lives, whether it is ready, and its figures.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::metrics;
use crate::problem::Problem;
use crate::readiness::unready;
use crate::state::Dashboard;

/// The process answers.
#[utoipa::path(get, path = "/healthz", tag = "health", security(()),
    responses((status = 200, body = String, content_type = "text/plain")))]
pub(crate) async fn healthz() -> &'static str {
    "ok\n"
}

/// The latest values are loaded, the alarms have caught up and what comes can be stored: what the API says is current.
#[utoipa::path(get, path = "/readyz", tag = "health", security(()),
    responses((status = 200, body = String, content_type = "text/plain"),
        (status = 503, description = "Why it is not ready.")))]
pub(crate) async fn readyz(State(dashboard): State<Arc<Dashboard>>) -> Response {
    match unready(&dashboard) {
        None => "ready\n".into_response(),
        Some(why) => Problem::new(StatusCode::SERVICE_UNAVAILABLE, why).into_response(),
    }
}

/// Figures for Prometheus.
#[utoipa::path(get, path = "/metrics", tag = "health", security(()),
    responses((status = 200, body = String, content_type = "text/plain; version=0.0.4")))]
pub(crate) async fn get_metrics(State(dashboard): State<Arc<Dashboard>>) -> impl IntoResponse {
    (
        [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")],
        metrics::exposition(&dashboard),
    )
}
