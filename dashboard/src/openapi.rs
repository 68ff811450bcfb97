//! The OpenAPI document, from the handlers' own annotations. A test holds it against the table of routes.

use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};

use crate::routes;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Plenum",
        description = "Server-room monitor. Times are RFC 3339 in UTC with milliseconds; in points, faults, gaps and windows they are integer \
                       milliseconds since 1970. Errors are RFC 9457 problem details. Lists are {items, next}: give `next` back as `cursor`."
    ),
    paths(
        routes::health::healthz,
        routes::health::readyz,
        routes::health::get_metrics,
        routes::session::get_session,
        routes::session::log_in,
        routes::session::log_out,
        routes::session::create_first,
        routes::site::get_site,
        routes::readings::list_series,
        routes::readings::list_latest,
        routes::readings::get_readings,
        routes::readings::get_windows,
        routes::services::list_services,
        routes::services::get_availability,
        routes::services::get_report,
        routes::revisions::list_revisions,
        routes::revisions::get_revision,
        routes::revisions::diff,
        routes::revisions::apply,
        routes::revisions::rollback,
        routes::alarms::list_alarms,
        routes::alarms::list_events,
        routes::alarms::get_alarm,
        routes::alarms::acknowledge,
        routes::alarms::reset,
        routes::acknowledge_link::ask,
        routes::acknowledge_link::answer,
        routes::agents::list_agents,
        routes::dead_letters::list_letters,
        routes::dead_letters::retry,
        routes::mailbox::list_mail,
        routes::openapi,
        crate::live::live,
    ),
    security(("token" = []), ("session" = [])),
    modifiers(&Schemes)
)]
pub(crate) struct Document;

struct Schemes;

impl Modify for Schemes {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let components = document.components.get_or_insert_default();
        components.add_security_scheme(
            "token",
            SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build()),
        );
        components.add_security_scheme(
            "session",
            SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::with_description(
                crate::auth::COOKIE,
                "A change with it also needs the header `X-Plenum: 1`.",
            ))),
        );
    }
}
