//! Tokens of programs. For administrators.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use plenum_collector::people::{self, TokenNumber};
use plenum_core::authority::Scope;

use super::names::Names;
use crate::audit::About;
use crate::auth::Caller;
use crate::extract::{Body, Number};
use crate::language::Said;
use crate::problem::Problem;
use crate::state::Dashboard;
use crate::view::{self, GivenToken, List, NewToken, Token};

/// The tokens that have not ended, the newest first. Their secrets are stored nowhere.
#[utoipa::path(get, path = "/api/v1/tokens", tag = "people", responses((status = 200, body = List<Token>)))]
pub(crate) async fn list_tokens(
    State(dashboard): State<Arc<Dashboard>>,
    names: Names,
) -> Result<Said<axum::Json<List<Token>>>, Problem> {
    let all = dashboard.collector.people.tokens().await?;
    let all = all.into_iter().map(|token| {
        let by = names.who(&token.created_by);
        Token::of(token, by)
    });
    Ok(Said(names.reader(), axum::Json(List::whole(all))))
}

/// Gives a token out for a program: the answer has its secret, this once.
#[utoipa::path(post, path = "/api/v1/tokens", tag = "people", request_body = NewToken,
    responses((status = 200, body = GivenToken),
        (status = 422, description = "The name or the end is refused, or the role does not go with the rooms or customers.")))]
pub(crate) async fn give(
    State(dashboard): State<Arc<Dashboard>>,
    caller: Caller,
    names: Names,
    Body(body): Body<NewToken>,
) -> Result<(Extension<About>, Said<axum::Json<GivenToken>>), Problem> {
    let scope = Scope {
        rooms: body.rooms,
        customers: body.customers,
    };
    super::people::exists(&dashboard, &scope)?;
    let new = people::NewToken {
        name: body.name,
        role: body.role.into(),
        scope,
        expires_at: Some(body.expires_at),
    };
    let given = dashboard
        .collector
        .people
        .give_token(new, caller.identity.actor());
    let (token, secret) = given.await?;
    let about = Extension(About::on(token.number.0));
    let by = names.who(&token.created_by);
    let given = GivenToken {
        token: Token::of(token, by),
        secret,
    };
    Ok((about, Said(names.reader(), axum::Json(given))))
}

/// Takes a token back, at once.
#[utoipa::path(delete, path = "/api/v1/tokens/{number}", tag = "people",
    params(("number" = view::Number, Path, description = "Its number.")),
    responses((status = 204, description = "It opens nothing any more."), (status = 404, description = "There is no such token.")))]
pub(crate) async fn revoke(
    State(dashboard): State<Arc<Dashboard>>,
    Number(number): Number,
) -> Result<StatusCode, Problem> {
    let number = TokenNumber(number.cast_signed());
    dashboard.collector.people.revoke_token(number).await?;
    Ok(StatusCode::NO_CONTENT)
}
