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
pub(crate) mod own;
pub(crate) mod people;
pub(crate) mod query;
pub(crate) mod readings;
pub(crate) mod report_page;
pub(crate) mod revisions;
pub(crate) mod second_factor;
pub(crate) mod services;
pub(crate) mod session;
pub(crate) mod shelving;
pub(crate) mod site;
pub(crate) mod table;
pub(crate) mod tokens;
pub(crate) mod trial;

use axum::extract::DefaultBodyLimit;
use axum::http::header;
use axum::response::IntoResponse;
use plenum_core::authority::Permission;
use utoipa_axum::router::UtoipaMethodRouterExt;
use utoipa_axum::routes;

use crate::openapi;
use table::{Routes, Table};

/// Bytes of a `site.toml` at most.
const LARGEST_SITE: usize = 4 << 20;

/// Every route but the web application's.
pub(crate) fn table() -> Table {
    use Permission as P;
    let routes = Routes::new()
        .open(routes!(health::healthz))
        .open(routes!(health::readyz))
        .open_here(health::METRICS, routes!(health::get_metrics))
        .open(routes!(get_document))
        .open(routes!(session::log_in, session::log_out))
        .open(routes!(second_factor::enter_code))
        .open(routes!(session::create_first))
        .open(routes!(session::look_at_invitation))
        .open(routes!(session::accept_invitation))
        .open(routes!(acknowledge_link::ask, acknowledge_link::answer))
        .needs(P::Look, routes!(site::get_site))
        .needs(P::Look, routes!(readings::list_series))
        .needs(P::Look, routes!(readings::list_latest))
        .needs(P::Look, routes!(inputs::list_inputs))
        .needs(P::Look, routes!(inputs::get_trend))
        .needs(P::Look, routes!(readings::get_readings))
        .needs(P::Look, routes!(readings::get_windows))
        .needs(P::Services, routes!(services::list_services))
        .needs(P::Services, routes!(services::get_availability))
        .needs(P::Services, routes!(services::get_report));
    let routes = of_oneself(routes);
    let routes = of_configuration(routes);
    let routes = of_alarms(routes);
    let routes = routes
        .needs(P::LookBehind, routes!(agents::list_agents))
        .needs(P::Maintain, routes!(agents::resolve))
        .needs(P::Maintain, routes!(agents::retire))
        .needs(P::LookBehind, routes!(dead_letters::list_letters))
        .needs(P::Maintain, routes!(dead_letters::retry))
        .needs(P::Look, routes!(crate::live::live))
        .needs(P::LookBehind, routes!(mailbox::list_mail));
    of_people(routes).table()
}

fn of_oneself(routes: Routes) -> Routes {
    use Permission as P;
    routes
        .needs(P::Own, routes!(session::get_session))
        .needs(P::Own, routes!(own::change_password))
        .needs(P::Own, routes!(own::list_sessions))
        .needs(P::Own, routes!(own::end_session))
        .needs(
            P::Own,
            routes!(
                second_factor::get_second_factor,
                second_factor::begin,
                second_factor::confirm
            ),
        )
        .needs(P::Own, routes!(second_factor::renew_codes))
        .needs(P::Own, routes!(second_factor::turn_off))
}

fn of_configuration(routes: Routes) -> Routes {
    use Permission as P;
    let large = || DefaultBodyLimit::max(LARGEST_SITE);
    routes
        .needs(P::ReadConfiguration, routes!(revisions::list_revisions))
        .needs(P::Configure, routes!(revisions::apply).layer(large()))
        .needs(P::ReadConfiguration, routes!(revisions::get_revision))
        .needs(P::ReadConfiguration, routes!(revisions::diff))
        .needs(P::Configure, routes!(revisions::rollback))
        .needs(P::Try, routes!(trial::get_progress))
        .needs(P::Try, routes!(trial::try_out).layer(large()))
}

fn of_alarms(routes: Routes) -> Routes {
    use Permission as P;
    routes
        .needs(P::Look, routes!(alarms::list_alarms))
        .needs(P::Look, routes!(alarms::list_events))
        .needs(P::Look, routes!(alarms::list_episodes))
        .needs(P::LookBehind, routes!(figures::get_figures))
        .needs(P::Look, routes!(alarms::get_alarm))
        .needs(P::Alarms, routes!(alarms::acknowledge))
        .needs(P::Alarms, routes!(alarms::reset))
        .needs(P::Alarms, routes!(shelving::shelve))
        .needs(P::Alarms, routes!(shelving::unshelve))
        .needs(P::Alarms, routes!(shelving::take_out_of_service))
        .needs(P::Alarms, routes!(shelving::return_to_service))
}

fn of_people(routes: Routes) -> Routes {
    use Permission as P;
    routes
        .needs(P::People, routes!(people::list_people))
        .needs(P::People, routes!(people::invite))
        .needs(P::People, routes!(people::get_person))
        .needs(P::People, routes!(people::change))
        .needs(P::People, routes!(people::reset))
        .needs(P::People, routes!(people::reset_second_factor))
        .needs(P::People, routes!(people::list_sessions))
        .needs(P::People, routes!(people::end_sessions))
        .needs(P::People, routes!(tokens::list_tokens))
        .needs(P::People, routes!(tokens::give))
        .needs(P::People, routes!(tokens::revoke))
}

/// This document.
#[utoipa::path(get, path = "/api/v1/openapi.json", tag = "about", security(()),
    responses((status = 200, description = "OpenAPI 3.1", body = serde_json::Value, content_type = "application/json")))]
async fn get_document() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], openapi::text())
}
