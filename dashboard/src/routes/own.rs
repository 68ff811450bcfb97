//! What people do about themselves: their password and their sessions.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use plenum_collector::people::{PeopleError, SessionName};

use crate::auth::Caller;
use crate::extract::{Body, Path};
use crate::peer::Peer;
use crate::problem::Problem;
use crate::state::Dashboard;
use crate::view::{EndSession, List, LogInSession, NewPassword};

/// Changes one's own password. The other sessions end.
#[utoipa::path(put, path = "/api/v1/session/password", tag = "session", request_body = NewPassword,
    responses((status = 204, description = "It is changed."),
        (status = 403, description = "A program's token has no password, or the header `X-Plenum: 1` is missing."),
        (status = 422, description = "The old password is wrong, or the new one is refused."),
        (status = 429, description = "Too many attempts failed.", headers(("Retry-After" = u64, description = "Seconds to wait.")))))]
pub(crate) async fn change_password(
    State(dashboard): State<Arc<Dashboard>>,
    peer: Peer,
    caller: Caller,
    Body(body): Body<NewPassword>,
) -> Result<StatusCode, Problem> {
    let session = caller.session().ok_or(PeopleError::NotAPerson)?;
    let passwords = (body.old.as_str(), body.new.as_str());
    let people = &dashboard.collector.people;
    let changed = people
        .change_password(&caller.identity, session, passwords, peer.address)
        .await;
    match changed {
        // Not 401: the session is good, and the browser must not throw it away.
        Err(PeopleError::Wrong) => Err(Problem::unprocessable("the old password is wrong")),
        other => Ok(other.map(|()| StatusCode::NO_CONTENT)?),
    }
}

/// One's own sessions, the newest first.
#[utoipa::path(get, path = "/api/v1/sessions", tag = "session",
    responses((status = 200, body = List<LogInSession>)))]
pub(crate) async fn list_sessions(
    State(dashboard): State<Arc<Dashboard>>,
    caller: Caller,
) -> Result<axum::Json<List<LogInSession>>, Problem> {
    let person = caller.identity.person().ok_or(PeopleError::NotAPerson)?;
    let this = caller.session().map(SessionName::of_secret);
    let sessions = dashboard.collector.people.sessions(person).await?;
    let views = sessions.into_iter().map(|session| LogInSession {
        this: this.as_ref() == Some(&session.name),
        session: session.name.as_str().to_owned(),
        begun_at: session.begun_at,
        used_at: session.used_at,
    });
    Ok(axum::Json(List::whole(views)))
}

/// Ends another of one's own sessions. It takes the password; of whoever comes by single sign-on, a log-in of the last 10 min.
#[utoipa::path(post, path = "/api/v1/sessions/{session}/end", tag = "session", request_body = EndSession,
    params(("session" = String, Path, description = "What it is called.")),
    responses((status = 204, description = "It has ended."), (status = 404, description = "There is no such session of one's own."),
        (status = 409, description = "It takes a new log-in by single sign-on."),
        (status = 422, description = "The password is wrong."),
        (status = 429, description = "Too many attempts failed.", headers(("Retry-After" = u64, description = "Seconds to wait.")))))]
pub(crate) async fn end_session(
    State(dashboard): State<Arc<Dashboard>>,
    peer: Peer,
    caller: Caller,
    Path(session): Path<String>,
    Body(body): Body<EndSession>,
) -> Result<StatusCode, Problem> {
    let own = caller.session().ok_or(PeopleError::NotAPerson)?;
    let (name, shown) = (SessionName::given(&session), (own, body.password.as_deref()));
    let people = &dashboard.collector.people;
    let ended = people.end_session(&caller.identity, shown, name, peer.address);
    match ended.await {
        Err(PeopleError::Wrong) => Err(Problem::unprocessable("the password is wrong")),
        other => Ok(other.map(|()| StatusCode::NO_CONTENT)?),
    }
}
