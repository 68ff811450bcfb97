//! People: who may do what. For administrators.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use plenum_collector::people::{self, PersonNumber};
use plenum_core::authority::Scope;

use crate::audit::About;
use crate::auth::Caller;
use crate::extract::{Body, Number};
use crate::problem::Problem;
use crate::state::Dashboard;
use crate::view::{self, InvitedPerson, List, LogInSession, NewPerson, Person, PersonChange};

/// Reads a person's number out of a path.
fn numbered(Number(number): Number) -> PersonNumber {
    // No store holds a larger one than the extractor lets through.
    PersonNumber(number.cast_signed())
}

/// Everybody who may log in, or might, in the order in which they came.
#[utoipa::path(get, path = "/api/v1/people", tag = "people", responses((status = 200, body = List<Person>)))]
pub(crate) async fn list_people(
    State(dashboard): State<Arc<Dashboard>>,
) -> Result<axum::Json<List<Person>>, Problem> {
    let all = dashboard.collector.people.all().await?;
    Ok(axum::Json(List::whole(all.into_iter().map(Into::into))))
}

/// One of them.
#[utoipa::path(get, path = "/api/v1/people/{number}", tag = "people",
    params(("number" = view::Number, Path, description = "Their number.")),
    responses((status = 200, body = Person), (status = 404, description = "There is no such person.")))]
pub(crate) async fn get_person(
    State(dashboard): State<Arc<Dashboard>>,
    number: Number,
) -> Result<axum::Json<Person>, Problem> {
    let person = dashboard.collector.people.person(numbered(number)).await?;
    Ok(axum::Json(person.into()))
}

/// Invites somebody: the answer has the one-time link with which they set their password. It is shown this once.
#[utoipa::path(post, path = "/api/v1/people", tag = "people", request_body = NewPerson,
    responses((status = 200, body = InvitedPerson),
        (status = 409, description = "Somebody has this name, or one that looks the same."),
        (status = 422, description = "The name is refused, or the role does not go with the rooms or customers.")))]
pub(crate) async fn invite(
    State(dashboard): State<Arc<Dashboard>>,
    Body(body): Body<NewPerson>,
) -> Result<(Extension<About>, axum::Json<InvitedPerson>), Problem> {
    let scope = Scope {
        rooms: body.rooms,
        customers: body.customers,
    };
    exists(&dashboard, &scope)?;
    let new = people::NewPerson {
        name: body.name,
        role: body.role.into(),
        scope,
    };
    let (person, token) = dashboard.collector.people.invite(new).await?;
    let about = Extension(About::on(person.number.0));
    Ok((about, axum::Json(invited(person, &token))))
}

/// Changes what somebody may do, what they are called or where they are reached, from the next request and message on. Who may not log in any more is
/// logged out.
#[utoipa::path(patch, path = "/api/v1/people/{number}", tag = "people", request_body = PersonChange,
    params(("number" = view::Number, Path, description = "Their number.")),
    responses((status = 200, body = Person), (status = 404, description = "There is no such person."),
        (status = 409, description = "They are the last administrator, or erased."),
        (status = 422, description = "The role does not go with the rooms or customers, or nothing can be sent to the address.")))]
pub(crate) async fn change(
    State(dashboard): State<Arc<Dashboard>>,
    number: Number,
    Body(body): Body<PersonChange>,
) -> Result<axum::Json<Person>, Problem> {
    let change = people::PersonChange {
        role: body.role.map(Into::into),
        scope: body.scope.map(Into::into),
        enabled: body.enabled,
        full_name: body.full_name,
        reached: body.addresses.into_iter().map(Into::into).collect(),
    };
    if let Some(scope) = &change.scope {
        exists(&dashboard, scope)?;
    }
    let person = dashboard
        .collector
        .change_person(numbered(number), change)
        .await?;
    Ok(axum::Json(person.into()))
}

/// Takes somebody's password and sessions away at once, and gives out a one-time link for a new password.
#[utoipa::path(post, path = "/api/v1/people/{number}/reset", tag = "people",
    params(("number" = view::Number, Path, description = "Their number.")),
    responses((status = 200, body = InvitedPerson), (status = 404, description = "There is no such person."),
        (status = 409, description = "They are written to and have no log-in: invite them.")))]
pub(crate) async fn reset(
    State(dashboard): State<Arc<Dashboard>>,
    number: Number,
) -> Result<axum::Json<InvitedPerson>, Problem> {
    let (people, number) = (&dashboard.collector.people, numbered(number));
    let token = people.reset(number).await?;
    let person = people.person(number).await?;
    Ok(axum::Json(invited(person, &token)))
}

/// Takes somebody else's second factor away, as for a lost phone, and logs them out everywhere. Their password stays.
#[utoipa::path(delete, path = "/api/v1/people/{number}/second-factor", tag = "people",
    params(("number" = view::Number, Path, description = "Their number.")),
    responses((status = 204, description = "The password alone lets them in."),
        (status = 404, description = "There is no such person, or no second factor."),
        (status = 409, description = "It is one's own: `POST /api/v1/session/second-factor/off`.")))]
pub(crate) async fn reset_second_factor(
    State(dashboard): State<Arc<Dashboard>>,
    caller: Caller,
    number: Number,
) -> Result<StatusCode, Problem> {
    let people = &dashboard.collector.people;
    people
        .reset_second_factor(numbered(number), &caller.identity)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// In how many browsers somebody is logged in, the newest first.
#[utoipa::path(get, path = "/api/v1/people/{number}/sessions", tag = "people",
    params(("number" = view::Number, Path, description = "Their number.")),
    responses((status = 200, body = List<LogInSession>), (status = 404, description = "There is no such person.")))]
pub(crate) async fn list_sessions(
    State(dashboard): State<Arc<Dashboard>>,
    number: Number,
) -> Result<axum::Json<List<LogInSession>>, Problem> {
    let (people, number) = (&dashboard.collector.people, numbered(number));
    people.person(number).await?;
    let sessions = people.sessions(number).await?;
    let views = sessions.into_iter().map(LogInSession::of_another);
    Ok(axum::Json(List::whole(views)))
}

/// Logs somebody out everywhere.
#[utoipa::path(delete, path = "/api/v1/people/{number}/sessions", tag = "people",
    params(("number" = view::Number, Path, description = "Their number.")),
    responses((status = 204, description = "They are logged out."), (status = 404, description = "There is no such person.")))]
pub(crate) async fn end_sessions(
    State(dashboard): State<Arc<Dashboard>>,
    number: Number,
) -> Result<StatusCode, Problem> {
    dashboard.collector.people.end_sessions(numbered(number)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Whether the site has what somebody is to be limited to: who is limited to a typing mistake sees nothing.
pub(super) fn exists(dashboard: &Dashboard, scope: &Scope) -> Result<(), Problem> {
    let site = dashboard.collector.site();
    if let Some(room) = scope.rooms.iter().find(|room| site.room(room).is_none()) {
        return Err(Problem::unprocessable(format!("the site has no room `{room}`")));
    }
    let has = |customer: &String| site.services.iter().any(|service| service.customer == *customer);
    if let Some(customer) = scope.customers.iter().find(|customer| !has(customer)) {
        let mut known: Vec<&str> = site
            .services
            .iter()
            .map(|service| service.customer.as_str())
            .collect();
        known.retain(|name| !name.is_empty());
        known.sort_unstable();
        known.dedup();
        return Err(Problem::unprocessable(format!(
            "no service is of the customer `{customer}`; known are: {}",
            known.join(", ")
        )));
    }
    Ok(())
}

fn invited(person: people::Person, token: &str) -> InvitedPerson {
    InvitedPerson {
        link: format!("/invited#{token}"),
        person: person.into(),
    }
}
