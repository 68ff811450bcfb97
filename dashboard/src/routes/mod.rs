//! The table of routes, and what the handlers share: lists, pages and instants in queries.

pub(crate) mod acknowledge_link;
pub(crate) mod agents;
pub(crate) mod alarm_view;
pub(crate) mod alarms;
pub(crate) mod dead_letters;
pub(crate) mod health;
pub(crate) mod mailbox;
pub(crate) mod query;
pub(crate) mod reading_view;
pub(crate) mod readings;
pub(crate) mod report_page;
pub(crate) mod revisions;
pub(crate) mod services;
pub(crate) mod session;
pub(crate) mod site;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::handler::Handler;
use axum::routing;
use serde::Serialize;
use utoipa::{OpenApi, ToSchema};

use crate::state::Dashboard;

/// Bytes of a `site.toml` at most.
const LARGEST_SITE: usize = 4 << 20;

/// The router, and what is in it: axum cannot be asked afterwards.
#[derive(Default)]
pub(crate) struct Table {
    pub(crate) router: Router<Arc<Dashboard>>,
    pub(crate) entries: Vec<(&'static str, &'static str)>,
}

impl Table {
    fn add(
        mut self,
        method: &'static str,
        path: &'static str,
        handler: routing::MethodRouter<Arc<Dashboard>>,
    ) -> Self {
        self.router = self.router.route(path, handler);
        self.entries.push((method, path));
        self
    }

    fn get<T: 'static>(self, path: &'static str, handler: impl Handler<T, Arc<Dashboard>>) -> Self {
        self.add("get", path, routing::get(handler))
    }

    fn post<T: 'static>(self, path: &'static str, handler: impl Handler<T, Arc<Dashboard>>) -> Self {
        self.add("post", path, routing::post(handler))
    }

    fn delete<T: 'static>(self, path: &'static str, handler: impl Handler<T, Arc<Dashboard>>) -> Self {
        self.add("delete", path, routing::delete(handler))
    }
}

/// Every route but the web application's.
pub(crate) fn table() -> Table {
    Table::default()
        .get("/healthz", health::healthz)
        .get("/readyz", health::readyz)
        .get("/metrics", health::get_metrics)
        .get("/api/v1/openapi.json", openapi)
        .get("/api/v1/session", session::get_session)
        .post("/api/v1/sessions", session::log_in)
        .delete("/api/v1/sessions", session::log_out)
        .post("/api/v1/sessions/first", session::create_first)
        .get("/a/{secret}", acknowledge_link::ask)
        .post("/a/{secret}", acknowledge_link::answer)
        .get("/api/v1/site", site::get_site)
        .get("/api/v1/series", readings::list_series)
        .get("/api/v1/latest", readings::list_latest)
        .get("/api/v1/readings", readings::get_readings)
        .get("/api/v1/windows", readings::get_windows)
        .get("/api/v1/services", services::list_services)
        .get("/api/v1/services/{id}/availability", services::get_availability)
        .get("/api/v1/services/{id}/report", services::get_report)
        .get("/api/v1/site/revisions", revisions::list_revisions)
        .add(
            "post",
            "/api/v1/site/revisions",
            routing::post(revisions::apply).layer(DefaultBodyLimit::max(LARGEST_SITE)),
        )
        .get("/api/v1/site/revisions/{number}", revisions::get_revision)
        .get("/api/v1/site/revisions/{number}/diff", revisions::diff)
        .post("/api/v1/site/revisions/{number}/rollback", revisions::rollback)
        .get("/api/v1/alarms", alarms::list_alarms)
        .get("/api/v1/alarms/events", alarms::list_events)
        .get("/api/v1/alarms/{id}", alarms::get_alarm)
        .post("/api/v1/alarms/{id}/acknowledge", alarms::acknowledge)
        .post("/api/v1/alarms/{id}/reset", alarms::reset)
        .get("/api/v1/agents", agents::list_agents)
        .get("/api/v1/dead-letters", dead_letters::list_letters)
        .post("/api/v1/dead-letters/retry", dead_letters::retry)
        .get("/api/v1/live", crate::live::live)
        .get("/api/v1/mailbox", mailbox::list_mail)
}

/// A list: its items, and the cursor of what follows.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct List<T> {
    pub(crate) items: Vec<T>,
    /// Give it back as `cursor` for what follows; null at the end.
    pub(crate) next: Option<String>,
}

impl<T> List<T> {
    /// A list that is told at once.
    pub(crate) fn whole(items: impl IntoIterator<Item = T>) -> axum::Json<Self> {
        axum::Json(Self {
            items: items.into_iter().collect(),
            next: None,
        })
    }
}

/// This document.
#[utoipa::path(get, path = "/api/v1/openapi.json", tag = "about", security(()),
    responses((status = 200, description = "OpenAPI 3.1", content_type = "application/json")))]
pub(crate) async fn openapi() -> axum::Json<utoipa::openapi::OpenApi> {
    axum::Json(crate::openapi::Document::openapi())
}
