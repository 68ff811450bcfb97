//! Single sign-on: the screen asks where to go, sends its browser there, and hands over what that came back with.

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use plenum_collector::people::{CameBack, Entry};

use super::second_factor;
use crate::auth;
use crate::extract::Body;
use crate::peer::Peer;
use crate::problem::Problem;
use crate::state::Dashboard;
use crate::view::{Session, SignOnBack, SignOnBegun, SignOnButton};

/// Whether there is single sign-on, and what its button says.
#[utoipa::path(get, path = "/api/v1/sessions/single-sign-on", tag = "session", security(()),
    responses((status = 200, body = SignOnButton)))]
pub(crate) async fn get_button(State(dashboard): State<Arc<Dashboard>>) -> axum::Json<SignOnButton> {
    let button = dashboard.collector.people.sign_on_button();
    axum::Json(SignOnButton { button })
}

/// Begins a log-in by single sign-on: the answer says where the browser is to go, and sets a cookie by which it is known when it comes back.
#[utoipa::path(post, path = "/api/v1/sessions/single-sign-on", tag = "session", security(()),
    responses((status = 200, body = SignOnBegun),
        (status = 404, description = "There is no single sign-on."),
        (status = 429, description = "Too many log-ins were begun.", headers(("Retry-After" = u64, description = "Seconds to wait."))),
        (status = 502, description = "The provider answers wrongly."),
        (status = 503, description = "The provider does not answer.")))]
pub(crate) async fn begin(
    State(dashboard): State<Arc<Dashboard>>,
    peer: Peer,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let people = &dashboard.collector.people;
    let browser = auth::sign_on_cookie(&headers, peer);
    let begun = people.begin_sign_on(browser, peer.address).await?;
    let cookie = auth::set_sign_on_cookie(&begun.browser, peer);
    let view = SignOnBegun {
        address: begun.address,
    };
    Ok((cookie, axum::Json(view)).into_response())
}

/// Logs in whoever comes back from the provider: the answer sets the session's cookie. `reason` of a problem says why it does not.
#[utoipa::path(post, path = "/api/v1/sessions/signed-on", tag = "session", request_body = SignOnBack, security(()),
    responses((status = 200, body = Session),
        (status = 401, description = "The provider did not let them in, or takes the code for none of its own."),
        (status = 403, description = "No group gives a role, no second factor was shown, or they are disabled."),
        (status = 404, description = "There is no single sign-on."),
        (status = 409, description = "There is no name, or it is somebody else's; the clocks are apart; or there is no administrator with a password yet."),
        (status = 410, description = "It took too long, was used, or began in another browser: begin again."),
        (status = 429, description = "Too many log in at a time.", headers(("Retry-After" = u64, description = "Seconds to wait."))),
        (status = 502, description = "The provider answers wrongly, or its ID token is not valid."),
        (status = 503, description = "The provider does not answer.")))]
pub(crate) async fn finish(
    State(dashboard): State<Arc<Dashboard>>,
    peer: Peer,
    headers: HeaderMap,
    Body(body): Body<SignOnBack>,
) -> Result<Response, Problem> {
    let browser = auth::sign_on_cookie(&headers, peer).unwrap_or_default();
    let back = CameBack {
        state: &body.state,
        browser: &browser,
        code: body.code.as_deref(),
        error: body.error.as_deref(),
        issuer: body.iss.as_deref(),
    };
    let session = dashboard
        .collector
        .people
        .finish_sign_on(back, peer.address)
        .await?;
    second_factor::answer(&dashboard, Entry::In(session), peer, &headers).await
}
