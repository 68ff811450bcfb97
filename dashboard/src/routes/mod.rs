//! The table of routes, and what the handlers share: lists, pages and instants in queries.

pub(crate) mod acknowledge_link;
pub(crate) mod agents;
pub(crate) mod alarms;
pub(crate) mod dead_letters;
pub(crate) mod figures;
pub(crate) mod health;
pub(crate) mod inputs;
pub(crate) mod mailbox;
pub(crate) mod names;
pub(crate) mod query;
pub(crate) mod readings;
pub(crate) mod report_page;
pub(crate) mod revisions;
pub(crate) mod services;
pub(crate) mod session;
pub(crate) mod shelving;
pub(crate) mod site;
pub(crate) mod trial;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::header;
use axum::response::IntoResponse;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouterExt};
use utoipa_axum::routes;

use crate::openapi;
use crate::state::Dashboard;

/// Bytes of a `site.toml` at most.
const LARGEST_SITE: usize = 4 << 20;

/// The router and its document, from one list: neither has what the other lacks.
pub(crate) struct Table {
    pub(crate) router: Router<Arc<Dashboard>>,
    pub(crate) document: OpenApi,
}

/// Every route but the web application's.
pub(crate) fn table() -> Table {
    let (router, mut document) = OpenApiRouter::with_openapi(openapi::begin())
        .routes(routes!(health::healthz))
        .routes(routes!(health::readyz))
        .routes(routes!(health::get_metrics))
        .routes(routes!(get_document))
        .routes(routes!(session::get_session))
        .routes(routes!(session::log_in, session::log_out))
        .routes(routes!(session::create_first))
        .routes(routes!(acknowledge_link::ask, acknowledge_link::answer))
        .routes(routes!(site::get_site))
        .routes(routes!(readings::list_series))
        .routes(routes!(readings::list_latest))
        .routes(routes!(inputs::list_inputs))
        .routes(routes!(inputs::get_trend))
        .routes(routes!(readings::get_readings))
        .routes(routes!(readings::get_windows))
        .routes(routes!(services::list_services))
        .routes(routes!(services::get_availability))
        .routes(routes!(services::get_report))
        .routes(routes!(revisions::list_revisions))
        .routes(routes!(revisions::apply).layer(DefaultBodyLimit::max(LARGEST_SITE)))
        .routes(routes!(revisions::get_revision))
        .routes(routes!(revisions::diff))
        .routes(routes!(revisions::rollback))
        .routes(routes!(trial::get_progress, trial::try_out).layer(DefaultBodyLimit::max(LARGEST_SITE)))
        .routes(routes!(alarms::list_alarms))
        .routes(routes!(alarms::list_events))
        .routes(routes!(alarms::list_episodes))
        .routes(routes!(figures::get_figures))
        .routes(routes!(alarms::get_alarm))
        .routes(routes!(alarms::acknowledge))
        .routes(routes!(alarms::reset))
        .routes(routes!(shelving::shelve))
        .routes(routes!(shelving::unshelve))
        .routes(routes!(shelving::take_out_of_service))
        .routes(routes!(shelving::return_to_service))
        .routes(routes!(agents::list_agents))
        .routes(routes!(agents::resolve))
        .routes(routes!(dead_letters::list_letters))
        .routes(routes!(dead_letters::retry))
        .routes(routes!(crate::live::live))
        .routes(routes!(mailbox::list_mail))
        .split_for_parts();
    openapi::complete(&mut document);
    Table { router, document }
}

/// This document.
#[utoipa::path(get, path = "/api/v1/openapi.json", tag = "about", security(()),
    responses((status = 200, description = "OpenAPI 3.1", body = serde_json::Value, content_type = "application/json")))]
async fn get_document() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], openapi::text())
}
