//! The table of routes, and what the handlers share: lists, pages and instants in queries.

pub(crate) mod acknowledge_link;
pub(crate) mod agents;
pub(crate) mod alarms;
pub(crate) mod audit;
mod call;
pub(crate) mod dead_letters;
pub(crate) mod drills;
pub(crate) mod duty;
pub(crate) mod duty_feed;
pub(crate) mod enrolment;
pub(crate) mod figures;
pub(crate) mod hand_over;
pub(crate) mod health;
pub(crate) mod heartbeats;
mod hook;
mod incident_export;
mod incidents;
pub(crate) mod inputs;
pub(crate) mod kept;
pub(crate) mod key;
pub(crate) mod mailbox;
pub(crate) mod names;
pub(crate) mod overrides;
pub(crate) mod own;
mod passing;
pub(crate) mod people;
pub(crate) mod phones;
pub(crate) mod query;
pub(crate) mod readings;
pub(crate) mod report_page;
pub(crate) mod revisions;
pub(crate) mod second_factor;
pub(crate) mod services;
pub(crate) mod session;
pub(crate) mod shelving;
pub(crate) mod sign_on;
pub(crate) mod site;
pub(crate) mod table;
pub(crate) mod test_page;
mod timeline;
pub(crate) mod together;
pub(crate) mod tokens;
pub(crate) mod trial;
pub(crate) mod works;

use axum::extract::DefaultBodyLimit;
use axum::http::header;
use axum::response::IntoResponse;
use plenum_core::authority::Permission;
use plenum_core::fact::Deed;
use utoipa_axum::router::UtoipaMethodRouterExt;
use utoipa_axum::routes;

use crate::openapi;
use table::{Routes, Table};

/// Bytes of a `site.toml` at most.
pub(crate) const LARGEST_SITE: usize = 4 << 20;

/// Every route but the web application's.
pub(crate) fn table() -> Table {
    use {Deed as D, Permission as P};
    let routes = Routes::new()
        .open(routes!(health::healthz))
        .open(routes!(health::readyz))
        .open_here(health::METRICS, routes!(health::get_metrics))
        .open(routes!(get_document))
        .open_audited(D::LogIn, routes!(session::log_in))
        .open_audited(D::LogOut, routes!(session::log_out))
        .open_audited(D::EnterCode, routes!(second_factor::enter_code))
        .open(routes!(sign_on::get_button))
        .open_audited(D::BeginSignOn, routes!(sign_on::begin))
        .open_audited(D::SignOn, routes!(sign_on::finish))
        .open_audited(D::CreateFirst, routes!(session::create_first))
        .open_audited(D::LookAtInvitation, routes!(session::look_at_invitation))
        .open_audited(D::AcceptInvitation, routes!(session::accept_invitation))
        .open(routes!(acknowledge_link::ask))
        .open_audited(D::AnswerByLink, routes!(acknowledge_link::answer))
        .needs(P::Look, routes!(site::get_site))
        .needs(P::Look, routes!(readings::list_series))
        .needs(P::Look, routes!(readings::list_latest))
        .needs(P::Look, routes!(inputs::list_inputs))
        .needs(P::Look, routes!(inputs::get_trend))
        .needs(P::Look, routes!(readings::get_readings))
        .needs(P::Look, routes!(readings::get_windows))
        .audited(P::Services, D::ReadServices, routes!(services::list_services))
        .audited(
            P::Services,
            D::ReadAvailability,
            routes!(services::get_availability),
        )
        .audited(P::Services, D::ReadReport, routes!(services::get_report));
    let routes = of_oneself(routes);
    let routes = of_configuration(routes);
    let routes = of_alarms(routes);
    let routes = of_duty(routes);
    let routes = routes
        .needs(P::LookBehind, routes!(agents::list_agents))
        .audited(P::Maintain, D::ResolveAgent, routes!(agents::resolve))
        .audited(P::Maintain, D::IdentifyAgent, routes!(agents::identify))
        .audited(P::Maintain, D::RetireSensor, routes!(agents::retire))
        .audited(P::Maintain, D::EnrollAgent, routes!(enrolment::enroll))
        .audited(P::Maintain, D::RevokeAgent, routes!(enrolment::revoke))
        .needs(P::Maintain, routes!(enrolment::list_enrolments))
        .needs(P::Maintain, routes!(enrolment::get_authority))
        .audited(
            P::Maintain,
            D::RotateAuthority,
            routes!(enrolment::rotate_authority),
        )
        .needs(P::LookBehind, routes!(dead_letters::list_letters))
        .audited(P::Maintain, D::RetryLetters, routes!(dead_letters::retry))
        .needs(P::LookBehind, routes!(heartbeats::list_heartbeats))
        .audited(P::Beat, D::Beat, routes!(heartbeats::ran))
        .audited(P::Beat, D::Beat, routes!(heartbeats::started))
        .audited(P::Beat, D::Beat, routes!(heartbeats::failed))
        .needs(P::Look, routes!(crate::live::live));
    let routes = of_the_demo(routes);
    of_people(routes).table()
}

fn of_the_demo(routes: Routes) -> Routes {
    routes
        .needs(Permission::LookBehind, routes!(mailbox::list_mail))
        .needs(Permission::LookBehind, routes!(phones::list_phones))
        .audited(Permission::Alarms, Deed::WriteText, routes!(phones::write))
}

fn of_oneself(routes: Routes) -> Routes {
    use {Deed as D, Permission as P};
    routes
        .needs(P::Own, routes!(session::get_session))
        .audited(P::Own, D::ChangePassword, routes!(own::change_password))
        .needs(P::Own, routes!(own::list_sessions))
        .audited(P::Own, D::EndOwnSession, routes!(own::end_session))
        .needs(P::Own, routes!(second_factor::get_second_factor))
        .audited(P::Own, D::BeginSecondFactor, routes!(second_factor::begin))
        .audited(P::Own, D::ConfirmSecondFactor, routes!(second_factor::confirm))
        .audited(P::Own, D::RenewRecoveryCodes, routes!(second_factor::renew_codes))
        .audited(P::Own, D::EndSecondFactor, routes!(second_factor::turn_off))
}

fn of_configuration(routes: Routes) -> Routes {
    use {Deed as D, Permission as P};
    let large = || DefaultBodyLimit::max(LARGEST_SITE);
    routes
        .needs(P::ReadConfiguration, routes!(revisions::list_revisions))
        .audited(
            P::Configure,
            D::ApplySite,
            routes!(revisions::apply).layer(large()),
        )
        .needs(P::ReadConfiguration, routes!(revisions::get_revision))
        .needs(P::ReadConfiguration, routes!(revisions::diff))
        .audited(P::Configure, D::RollBackSite, routes!(revisions::rollback))
        .needs(P::Try, routes!(trial::get_progress))
        .audited(P::Try, D::TrySite, routes!(trial::try_out).layer(large()))
}

fn of_alarms(routes: Routes) -> Routes {
    use {Deed as D, Permission as P};
    routes
        .needs(P::Look, routes!(alarms::list_alarms))
        .needs(P::Look, routes!(alarms::list_events))
        .needs(P::Look, routes!(alarms::list_episodes))
        .needs(P::Look, routes!(incidents::list_incidents))
        .needs(P::Look, routes!(incidents::get_incident))
        .needs(P::Look, routes!(call::get_call))
        .needs(P::Look, routes!(timeline::get_timeline))
        .audited(P::Alarms, D::NoteIncident, routes!(timeline::note))
        .audited(
            P::Look,
            D::ExportIncident,
            routes!(incident_export::export_incident),
        )
        .needs(P::LookBehind, routes!(figures::get_figures))
        .needs(P::Look, routes!(alarms::get_alarm))
        .audited(P::Alarms, D::Acknowledge, routes!(alarms::acknowledge))
        .audited(
            P::Alarms,
            D::AcknowledgeIncident,
            routes!(together::acknowledge_incident),
        )
        .audited(P::Alarms, D::GiveBack, routes!(alarms::unacknowledge))
        .audited(
            P::Alarms,
            D::GiveBackIncident,
            routes!(together::unacknowledge_incident),
        )
        .audited(P::Alarms, D::PassOnIncident, routes!(passing::pass_on))
        .audited(
            P::Alarms,
            D::AnswerByService,
            routes!(hook::heard).layer(DefaultBodyLimit::max(hook::LARGEST)),
        )
        .audited(P::Alarms, D::ResetAlarm, routes!(alarms::reset))
        .audited(P::Alarms, D::Shelve, routes!(shelving::shelve))
        .audited(P::Alarms, D::Unshelve, routes!(shelving::unshelve))
        .audited(
            P::Alarms,
            D::TakeOutOfService,
            routes!(shelving::take_out_of_service),
        )
        .audited(
            P::Alarms,
            D::ReturnToService,
            routes!(shelving::return_to_service),
        )
        .needs(P::Look, routes!(works::list_works))
        .needs(P::Look, routes!(works::list_ended))
        .audited(P::Alarms, D::BeginWork, routes!(works::begin))
        .audited(P::Alarms, D::EndWork, routes!(works::end))
}

fn of_duty(routes: Routes) -> Routes {
    use {Deed as D, Permission as P};
    routes
        .needs(P::Look, routes!(duty::list_duty))
        .needs(P::Look, routes!(duty::get_calendar))
        .needs(P::Look, routes!(duty::list_ladders))
        .needs(P::Look, routes!(hand_over::get_hand_over))
        .needs(P::Look, routes!(overrides::list_overrides))
        .audited(P::Duty, D::MakeOverride, routes!(overrides::make))
        .audited(P::Duty, D::ChangeOverride, routes!(overrides::change))
        .audited(P::Duty, D::TakeBackOverride, routes!(overrides::take_back))
        .needs(P::LookBehind, routes!(drills::list_drills))
        .audited(P::Duty, D::BeginDrill, routes!(drills::start))
        .needs(P::Own, routes!(duty_feed::get_feed))
        .audited(P::Own, D::TestPage, routes!(test_page::test_page))
        .audited(P::Own, D::MakeDutyFeed, routes!(duty_feed::make_feed))
        .audited(P::Own, D::EndDutyFeed, routes!(duty_feed::end_feed))
        .open(routes!(duty_feed::get_duties))
}

fn of_people(routes: Routes) -> Routes {
    use {Deed as D, Permission as P};
    routes
        .audited(P::People, D::ReadPeople, routes!(people::list_people))
        .audited(P::People, D::Invite, routes!(people::invite))
        .audited(P::People, D::ReadPeople, routes!(people::get_person))
        .audited(P::People, D::ChangePerson, routes!(people::change))
        .audited(P::People, D::ResetPerson, routes!(people::reset))
        .audited(
            P::People,
            D::ResetSecondFactor,
            routes!(people::reset_second_factor),
        )
        .audited(P::People, D::ReadPeople, routes!(people::list_sessions))
        .audited(P::People, D::EndSessions, routes!(people::end_sessions))
        .audited(P::People, D::ExportPerson, routes!(kept::export))
        .audited(P::People, D::ErasePerson, routes!(kept::erase))
        .audited(P::People, D::ReadTokens, routes!(tokens::list_tokens))
        .audited(P::People, D::GiveToken, routes!(tokens::give))
        .audited(P::People, D::RevokeToken, routes!(tokens::revoke))
        .needs(P::People, routes!(key::get_key))
        .audited(P::People, D::RotateKey, routes!(key::rotate))
        .audited(P::Audit, D::ReadAudit, routes!(audit::list_lines))
        .audited(P::Audit, D::ReadSeen, routes!(kept::seen))
        .audited(P::Audit, D::ExportAudit, routes!(audit::export))
}

/// This document.
#[utoipa::path(get, path = "/api/v1/openapi.json", tag = "about", security(()),
    responses((status = 200, description = "OpenAPI 3.1", body = serde_json::Value, content_type = "application/json")))]
async fn get_document() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], openapi::text())
}
