//! Revisions of the site's configuration: the list, one with its text, what changed, a new one, and going back.

use std::sync::Arc;

use axum::extract::State;
use plenum_collector::revisions::{self, Draft, RevisionError};
use serde::Deserialize;
use utoipa::IntoParams;

use super::names::Names;
use crate::auth::Caller;
use crate::extract::{self, Body, Number, Path, Query};
use crate::language::Said;
use crate::problem::Problem;
use crate::state::Dashboard;
use crate::view::{self, Diff, List, NewRevision, Revision, RevisionText, Rollback};

/// Where a comparison begins.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct DiffQuery {
    /// The earlier revision; 0 is an empty file.
    #[serde(deserialize_with = "view::number")]
    #[param(value_type = view::Number)]
    from: u64,
}

pub(super) fn view(revision: revisions::Revision, current: u64, names: &Names) -> Revision {
    Revision {
        current: revision.number == current,
        number: revision.number,
        at: revision.at,
        author: names.who(&revision.author),
        comment: revision.comment,
        hash: revision.hash,
        entry: revision.entry,
    }
}

/// All revisions, the newest first.
#[utoipa::path(get, path = "/api/v1/site/revisions", tag = "site", responses((status = 200, body = List<Revision>)))]
pub(crate) async fn list_revisions(
    State(dashboard): State<Arc<Dashboard>>,
    names: Names,
) -> Result<Said<axum::Json<List<Revision>>>, Problem> {
    let log = dashboard.collector.revisions().await?;
    let current = log.first().map_or(0, |revision| revision.number);
    let views = log.into_iter().map(|revision| view(revision, current, &names));
    Ok(Said(names.reader(), axum::Json(List::whole(views))))
}

/// A revision with its text.
#[utoipa::path(get, path = "/api/v1/site/revisions/{number}", tag = "site",
    params(("number" = String, Path, description = "Its number, or `current`.")),
    responses((status = 200, body = RevisionText), (status = 404, description = "There is no such revision.")))]
pub(crate) async fn get_revision(
    State(dashboard): State<Arc<Dashboard>>,
    names: Names,
    Path(number): Path<String>,
) -> Result<Said<axum::Json<RevisionText>>, Problem> {
    let wanted = if number == "current" {
        None
    } else {
        Some(extract::number(&number)?)
    };
    let (revision, text, current) = dashboard
        .collector
        .revision(wanted)
        .await?
        .ok_or_else(|| no_revision(&number))?;
    let current = if current { revision.number } else { 0 };
    let revision = view(revision, current, &names);
    let warnings = Vec::new();
    let view = RevisionText {
        revision,
        text,
        warnings,
    };
    Ok(Said(names.reader(), axum::Json(view)))
}

fn no_revision(number: &str) -> Problem {
    Problem::not_found(format!("there is no revision {number}"))
}

/// What changed from one revision to another.
#[utoipa::path(get, path = "/api/v1/site/revisions/{number}/diff", tag = "site",
    params(("number" = view::Number, Path, description = "The later revision."), DiffQuery),
    responses((status = 200, body = Diff), (status = 404, description = "There is no such revision.")))]
pub(crate) async fn diff(
    State(dashboard): State<Arc<Dashboard>>,
    Number(to): Number,
    Query(query): Query<DiffQuery>,
) -> Result<axum::Json<Diff>, Problem> {
    let from = query.from;
    let diff = dashboard.collector.revision_diff(from, to).await?;
    if let Some(diff) = diff {
        return Ok(axum::Json(Diff { diff }));
    }
    // 0 is the empty file before the first.
    let from_is_there = from == 0 || dashboard.collector.revision(Some(from)).await?.is_some();
    let missing = if from_is_there { to } else { from };
    Err(no_revision(&missing.to_string()))
}

/// Applies a whole `site.toml` as a new revision.
#[utoipa::path(post, path = "/api/v1/site/revisions", tag = "site", request_body = NewRevision,
    responses((status = 201, body = RevisionText),
        (status = 409, description = "`base` is not current."),
        (status = 422, description = "The text is wrong: each error with its line.")))]
pub(crate) async fn apply(
    State(dashboard): State<Arc<Dashboard>>,
    caller: Caller,
    names: Names,
    Body(body): Body<NewRevision>,
) -> Result<(axum::http::StatusCode, Said<axum::Json<RevisionText>>), Problem> {
    let draft = Draft {
        base: body.base,
        text: body.text,
        author: caller.identity.actor(),
        comment: body.comment,
        at: dashboard.clock.now(),
    };
    let number = revisions::apply(&dashboard.collector.journal, draft).await?;
    created(dashboard, names, number).await
}

/// Makes an earlier revision's text current again, as a new revision.
#[utoipa::path(post, path = "/api/v1/site/revisions/{number}/rollback", tag = "site",
    params(("number" = view::Number, Path, description = "The revision to go back to.")), request_body = Rollback,
    responses((status = 201, body = RevisionText), (status = 404, description = "There is no such revision."),
        (status = 409, description = "`base` is not current.")))]
pub(crate) async fn rollback(
    State(dashboard): State<Arc<Dashboard>>,
    caller: Caller,
    names: Names,
    Number(to): Number,
    Body(body): Body<Rollback>,
) -> Result<(axum::http::StatusCode, Said<axum::Json<RevisionText>>), Problem> {
    let collector = &dashboard.collector;
    let base = match body.base {
        Some(base) => base,
        None => collector.current_revision().await?,
    };
    if to == 0 {
        return Err(RevisionError::NotFound(to).into());
    }
    let (author, now) = (caller.identity.actor(), dashboard.clock.now());
    let number = revisions::rollback(&collector.journal, to, base, author, &body.comment, now).await?;
    created(dashboard, names, number).await
}

async fn created(
    dashboard: Arc<Dashboard>,
    names: Names,
    number: u64,
) -> Result<(axum::http::StatusCode, Said<axum::Json<RevisionText>>), Problem> {
    let (doubter, now) = (dashboard.collector.clone(), dashboard.clock.now());
    let mut view = get_revision(State(dashboard), names, Path(number.to_string())).await?;
    view.1.warnings = doubter.doubts(&view.1.text, now);
    Ok((axum::http::StatusCode::CREATED, view))
}
