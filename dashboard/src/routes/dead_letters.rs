//! Messages that could not be read: the list, and trying them again.

use std::sync::Arc;

use axum::extract::State;
use plenum_collector::intake::dead_letters::DeadLetter;
use serde::Deserialize;
use utoipa::IntoParams;

use super::query;
use crate::extract::Query;
use crate::problem::Problem;
use crate::state::Dashboard;
use crate::view::{self, List};

/// Letters on a page at most.
const PAGE: usize = 1_000;
/// Characters of a letter that are shown.
const SHOWN: usize = 200;

/// Which letters.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct LettersQuery {
    /// What a former page gave as `next`.
    #[serde(default, deserialize_with = "view::maybe_number")]
    #[param(value_type = Option<view::Number>)]
    cursor: Option<u64>,
    /// At most so many.
    #[param(value_type = Option<view::PageSize>)]
    limit: Option<query::Limit>,
}

impl From<DeadLetter> for view::DeadLetter {
    fn from(letter: DeadLetter) -> Self {
        let (stream, seq) = letter.position.unzip();
        let text = String::from_utf8_lossy(&letter.payload[..letter.payload.len().min(4 * SHOWN)]);
        Self {
            id: letter.id,
            received: letter.received,
            topic: format!(
                "plenum/1/{}/{}/{}",
                letter.agent.site, letter.agent.agent, letter.kind
            ),
            agent: letter.agent.agent,
            stream,
            seq,
            reason: letter.reason,
            whole: letter.whole,
            bytes: letter.payload.len(),
            begins: text.chars().take(SHOWN).collect(),
        }
    }
}

/// Dead letters, the oldest first.
#[utoipa::path(get, path = "/api/v1/dead-letters", tag = "dead letters", params(LettersQuery),
    responses((status = 200, body = List<view::DeadLetter>)))]
pub(crate) async fn list_letters(
    State(dashboard): State<Arc<Dashboard>>,
    Query(query): Query<LettersQuery>,
) -> Result<axum::Json<List<view::DeadLetter>>, Problem> {
    let limit = query::limit(query.limit, PAGE);
    let after = query.cursor.unwrap_or(0);
    let mut letters = dashboard.collector.dead_letters(after, limit as u64 + 1).await?;
    let more = letters.len() > limit;
    letters.truncate(limit);
    let next = letters
        .last()
        .filter(|_| more)
        .map(|letter| letter.id.to_string());
    let items = letters.into_iter().map(view::DeadLetter::from).collect();
    Ok(axum::Json(List { items, next }))
}

/// Reads all dead letters again, for instance after an update; what can be read now is stored and its letter goes.
#[utoipa::path(post, path = "/api/v1/dead-letters/retry", tag = "dead letters",
    responses((status = 200, body = view::Retried)))]
pub(crate) async fn retry(
    State(dashboard): State<Arc<Dashboard>>,
) -> Result<axum::Json<view::Retried>, Problem> {
    let (readings, left) = dashboard.collector.retry_dead_letters().await?;
    Ok(axum::Json(view::Retried { readings, left }))
}
