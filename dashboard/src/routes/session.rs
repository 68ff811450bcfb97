//! Logging in and out, and who is logged in.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use plenum_collector::people::Identity;

use super::second_factor;
use crate::audit::About;
use crate::auth::{self, Caller};
use crate::extract::Body;
use crate::peer::Peer;
use crate::problem::Problem;
use crate::state::Dashboard;
use crate::view::{
    AcceptInvitation, Challenge, First, Invited, LogIn, LoggedOut, LookAtInvitation, Session, SiteName,
};

pub(super) fn view(dashboard: &Dashboard, identity: Identity) -> axum::Json<Session> {
    let site = dashboard.collector.site();
    axum::Json(Session {
        user: identity.into(),
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
    view(&dashboard, caller.identity)
}

/// Logs in: the answer sets the session's cookie, or asks for the code of the second factor.
#[utoipa::path(post, path = "/api/v1/sessions", tag = "session", request_body = LogIn, security(()),
    responses((status = 200, body = Session),
        (status = 202, body = Challenge, description = "The password is right and a code is owed: `POST /api/v1/sessions/code`."),
        (status = 401, description = "The name or the password is wrong."),
        (status = 429, description = "Too many attempts failed.", headers(("Retry-After" = u64, description = "Seconds to wait.")))))]
pub(crate) async fn log_in(
    State(dashboard): State<Arc<Dashboard>>,
    peer: Peer,
    headers: HeaderMap,
    Body(body): Body<LogIn>,
) -> Result<Response, Problem> {
    let people = &dashboard.collector.people;
    match people.log_in(&body.name, &body.password, peer.address).await {
        Ok(entry) => second_factor::answer(&dashboard, entry, peer, &headers).await,
        Err(error) => {
            // Looked up whether there is one or not, so that the answer takes as long.
            let whose = people.number_of(&body.name).await?;
            Err(Problem::from(error).to(whose))
        }
    }
}

/// Logs out; without a session it does nothing. Whoever came by single sign-on may be told where to log out at the provider.
#[utoipa::path(delete, path = "/api/v1/sessions", tag = "session", security(()),
    responses((status = 200, body = LoggedOut, description = "Nobody is logged in here; at the provider they still are."), (status = 204, description = "Nobody is logged in."), (status = 403, description = "The header `X-Plenum: 1` is missing.")))]
pub(crate) async fn log_out(
    State(dashboard): State<Arc<Dashboard>>,
    peer: Peer,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (mut about, mut signs_on) = (About::default(), false);
    if let Some(secret) = auth::session_cookie(&headers, peer) {
        if !auth::has_own_header(&headers) {
            return Err(auth::forged());
        }
        let people = &dashboard.collector.people;
        if let Some(identity) = people.session(&secret).await? {
            about = About::by(identity.actor());
            signs_on = identity.signs_on;
        }
        people.log_out(&secret).await?;
    }
    let gone = (Extension(about), auth::clear_cookie(peer));
    if signs_on && let Some(address) = dashboard.collector.people.sign_on_leaves_to().await {
        return Ok((gone, axum::Json(LoggedOut { address })).into_response());
    }
    Ok((StatusCode::NO_CONTENT, gone).into_response())
}

/// Makes the administrator's account with the one-time link that the first start printed, and logs in.
#[utoipa::path(post, path = "/api/v1/sessions/first", tag = "session", request_body = First, security(()),
    responses((status = 200, body = Session),
        (status = 403, description = "The link was used or is too old."),
        (status = 422, description = "The name or the password is refused.")))]
pub(crate) async fn create_first(
    State(dashboard): State<Arc<Dashboard>>,
    peer: Peer,
    Body(body): Body<First>,
) -> Result<Response, Problem> {
    let people = &dashboard.collector.people;
    let session = people
        .create_first(&body.token, &body.name, &body.password)
        .await?;
    Ok((
        Extension(About::by(session.identity.actor())),
        auth::set_cookie(&session.secret, peer),
        view(&dashboard, session.identity),
    )
        .into_response())
}

/// Who was invited with a one-time link: the page that asks for their password greets them by name.
#[utoipa::path(post, path = "/api/v1/invitations", tag = "session", request_body = LookAtInvitation, security(()),
    responses((status = 200, body = Invited), (status = 403, description = "The link was used, replaced or is too old.")))]
pub(crate) async fn look_at_invitation(
    State(dashboard): State<Arc<Dashboard>>,
    Body(body): Body<LookAtInvitation>,
) -> Result<(Extension<About>, axum::Json<Invited>), Problem> {
    let person = dashboard.collector.people.invited(&body.token).await?;
    let about = Extension(About::on(person.number.0));
    let invited = Invited {
        role: person.role.into(),
        name: person.name,
    };
    Ok((about, axum::Json(invited)))
}

/// Sets the password of whoever was invited, and logs in, or asks for the code of the second factor. The link is used up by it.
#[utoipa::path(post, path = "/api/v1/sessions/invited", tag = "session", request_body = AcceptInvitation, security(()),
    responses((status = 200, body = Session),
        (status = 202, body = Challenge, description = "The password is set and a code is owed: `POST /api/v1/sessions/code`."),
        (status = 403, description = "The link was used, replaced or is too old."),
        (status = 422, description = "The password is refused.")))]
pub(crate) async fn accept_invitation(
    State(dashboard): State<Arc<Dashboard>>,
    peer: Peer,
    headers: HeaderMap,
    Body(body): Body<AcceptInvitation>,
) -> Result<Response, Problem> {
    let people = &dashboard.collector.people;
    let entry = people.accept(&body.token, &body.password).await?;
    second_factor::answer(&dashboard, entry, peer, &headers).await
}
