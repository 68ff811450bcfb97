//! The second factor: the second step of a log-in, and what people do about their own. An administrator takes one away in `people.rs`.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use plenum_collector::people::{Entry, PeopleError};
use plenum_core::authority::Actor;

use super::session;
use crate::audit::About;
use crate::auth::{self, Caller};
use crate::extract::Body;
use crate::peer::Peer;
use crate::problem::Problem;
use crate::state::Dashboard;
use crate::view::{
    Challenge, Code, EnterCode, NewSecondFactor, OwnPassword, PasswordAndCode, RecoveryCodes, SecondFactor,
    Session,
};

/// The answer to a right password: the session, or 202 and what to give back with the code. The session that the browser had ends with the new one.
pub(super) async fn answer(
    dashboard: &Dashboard,
    entry: Entry,
    peer: Peer,
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    Ok(match entry {
        Entry::In(session) => {
            if let Some(former) = auth::session_cookie(headers, peer) {
                dashboard.collector.people.log_out(&former).await?;
            }
            let about = Extension(About::by(session.identity.actor()));
            let cookie = auth::set_cookie(&session.secret, peer);
            (about, cookie, session::view(dashboard, session.identity)).into_response()
        }
        Entry::Owed(challenge) => {
            let about = Extension(About::by(Actor::Person(challenge.person.0)));
            let view = Challenge {
                challenge: challenge.secret,
                expires_at: challenge.expires_at,
            };
            (StatusCode::ACCEPTED, about, axum::Json(view)).into_response()
        }
    })
}

/// The second step of a log-in: what the first answered with, and the code of a phone or a recovery code. The answer sets the session's cookie.
#[utoipa::path(post, path = "/api/v1/sessions/code", tag = "session", request_body = EnterCode, security(()),
    responses((status = 200, body = Session),
        (status = 401, description = "The code is wrong or was used."),
        (status = 409, description = "The code is of another time: the phone's clock or the collector's is wrong."),
        (status = 410, description = "The first step is too long ago, or too many codes were wrong since: begin again."),
        (status = 429, description = "Too many attempts failed.", headers(("Retry-After" = u64, description = "Seconds to wait.")))))]
pub(crate) async fn enter_code(
    State(dashboard): State<Arc<Dashboard>>,
    peer: Peer,
    headers: HeaderMap,
    Body(body): Body<EnterCode>,
) -> Result<Response, Problem> {
    let people = &dashboard.collector.people;
    let whose = people.owes(&body.challenge);
    let entered = people.enter_code(&body.challenge, &body.code, peer.address).await;
    let entered = entered.map_err(|error| Problem::from(error).to(whose))?;
    answer(&dashboard, Entry::In(entered), peer, &headers).await
}

/// How one's own second factor stands.
#[utoipa::path(get, path = "/api/v1/session/second-factor", tag = "session",
    responses((status = 200, body = SecondFactor)))]
pub(crate) async fn get_second_factor(
    State(dashboard): State<Arc<Dashboard>>,
    caller: Caller,
) -> Result<axum::Json<SecondFactor>, Problem> {
    let state = dashboard.collector.people.second_factor(&caller.identity).await?;
    Ok(axum::Json(state.into()))
}

/// Begins to set one's second factor up: the answer has what the phone is to know, this once. It counts once its first code has come, within 15 min.
#[utoipa::path(post, path = "/api/v1/session/second-factor", tag = "session", request_body = OwnPassword,
    responses((status = 200, body = NewSecondFactor),
        (status = 409, description = "It is on already."),
        (status = 422, description = "The password is wrong."),
        (status = 429, description = "Too many attempts failed.", headers(("Retry-After" = u64, description = "Seconds to wait.")))))]
pub(crate) async fn begin(
    State(dashboard): State<Arc<Dashboard>>,
    peer: Peer,
    caller: Caller,
    Body(body): Body<OwnPassword>,
) -> Result<axum::Json<NewSecondFactor>, Problem> {
    let session = own_session(&caller)?;
    let people = &dashboard.collector.people;
    let begun = people.begin_second_factor(&caller.identity, session, &body.password, peer.address);
    let seed = begun.await.map_err(own)?;
    // So that the phone tells two sites apart. A long name would make a picture that cannot be photographed.
    let site: String = dashboard.collector.site().site.name.chars().take(40).collect();
    let view = NewSecondFactor::of(&seed, &format!("Plenum {site}"), &caller.identity.name);
    Ok(axum::Json(view.map_err(|error| Problem::internal(&error))?))
}

/// Turns on what was begun, with the first code that the phone shows. The answer has ten recovery codes, this once. One's other sessions end.
#[utoipa::path(put, path = "/api/v1/session/second-factor", tag = "session", request_body = Code,
    responses((status = 200, body = RecoveryCodes),
        (status = 409, description = "It is on already, or the code is of another time: the phone's clock or the collector's is wrong."),
        (status = 410, description = "It was not begun in this session, or longer than 15 min ago, or five codes were wrong since."),
        (status = 422, description = "The code is wrong.")))]
pub(crate) async fn confirm(
    State(dashboard): State<Arc<Dashboard>>,
    caller: Caller,
    Body(body): Body<Code>,
) -> Result<axum::Json<RecoveryCodes>, Problem> {
    let session = own_session(&caller)?;
    let people = &dashboard.collector.people;
    let confirmed = people.confirm_second_factor(&caller.identity, session, &body.code);
    let codes = confirmed.await.map_err(own)?;
    Ok(axum::Json(RecoveryCodes { codes }))
}

/// Makes one's recovery codes anew: those before are worth nothing. The answer has them, this once.
#[utoipa::path(post, path = "/api/v1/session/second-factor/recovery-codes", tag = "session", request_body = PasswordAndCode,
    responses((status = 200, body = RecoveryCodes),
        (status = 404, description = "No second factor is set up."),
        (status = 409, description = "The code is of another time: the phone's clock or the collector's is wrong."),
        (status = 422, description = "The password or the code is wrong."),
        (status = 429, description = "Too many attempts failed.", headers(("Retry-After" = u64, description = "Seconds to wait.")))))]
pub(crate) async fn renew_codes(
    State(dashboard): State<Arc<Dashboard>>,
    peer: Peer,
    caller: Caller,
    Body(body): Body<PasswordAndCode>,
) -> Result<axum::Json<RecoveryCodes>, Problem> {
    own_session(&caller)?;
    let both = (body.password.as_str(), body.code.as_str());
    let people = &dashboard.collector.people;
    let renewed = people.renew_recovery_codes(&caller.identity, both, peer.address);
    let codes = renewed.await.map_err(own)?;
    Ok(axum::Json(RecoveryCodes { codes }))
}

/// Turns one's second factor off, with the password and a code or a recovery code. One's other sessions end.
#[utoipa::path(post, path = "/api/v1/session/second-factor/off", tag = "session", request_body = PasswordAndCode,
    responses((status = 204, description = "It is off."),
        (status = 404, description = "No second factor is set up."),
        (status = 409, description = "The code is of another time: the phone's clock or the collector's is wrong."),
        (status = 422, description = "The password or the code is wrong."),
        (status = 429, description = "Too many attempts failed.", headers(("Retry-After" = u64, description = "Seconds to wait.")))))]
pub(crate) async fn turn_off(
    State(dashboard): State<Arc<Dashboard>>,
    peer: Peer,
    caller: Caller,
    Body(body): Body<PasswordAndCode>,
) -> Result<StatusCode, Problem> {
    let session = own_session(&caller)?;
    let both = (body.password.as_str(), body.code.as_str());
    let people = &dashboard.collector.people;
    let ended = people.end_second_factor(&caller.identity, session, both, peer.address);
    ended.await.map_err(own)?;
    Ok(StatusCode::NO_CONTENT)
}

fn own_session(caller: &Caller) -> Result<&str, Problem> {
    Ok(caller.session().ok_or(PeopleError::NotAPerson)?)
}

/// Not 401: the session is good, and the browser must not throw it away.
fn own(error: PeopleError) -> Problem {
    match error {
        PeopleError::Wrong => Problem::unprocessable("the password is wrong"),
        PeopleError::Code => Problem::unprocessable(error.to_string()),
        other => other.into(),
    }
}
