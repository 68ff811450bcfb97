//! Messages that could not be read: the list, and trying them again.

use std::sync::Arc;

use axum::extract::State;
use plenum_collector::intake::Command;
use plenum_collector::intake::dead_letters::{self, DeadLetter, Retried};
use plenum_protocol::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;
use utoipa::{IntoParams, ToSchema};

use super::{List, query};
use crate::problem::{Problem, Query};
use crate::state::Dashboard;

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
    cursor: Option<String>,
    /// At most so many.
    limit: Option<usize>,
}

/// A message, or one record of it, that could not be read.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LetterView {
    id: u64,
    #[schema(value_type = String, format = DateTime)]
    received: Timestamp,
    agent: String,
    topic: String,
    stream: Option<String>,
    seq: Option<u64>,
    /// Why it could not be read.
    reason: String,
    /// The whole message, not one record of it.
    whole: bool,
    bytes: usize,
    /// How it begins; what is no text is replaced.
    begins: String,
}

/// What came of trying again.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(crate) struct RetryView {
    /// Readings that are stored now.
    readings: usize,
    /// Letters that still cannot be read.
    left: usize,
}

impl From<DeadLetter> for LetterView {
    fn from(letter: DeadLetter) -> Self {
        let (stream, seq) = letter.position.unzip();
        let text = String::from_utf8_lossy(&letter.payload[..letter.payload.len().min(4 * SHOWN)]);
        Self {
            id: letter.id,
            received: letter.received,
            topic: format!("plenum/1/{}/{}/readings", letter.agent.site, letter.agent.agent),
            agent: letter.agent.agent.to_string(),
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
    responses((status = 200, body = List<LetterView>)))]
pub(crate) async fn list_letters(
    State(dashboard): State<Arc<Dashboard>>,
    Query(query): Query<LettersQuery>,
) -> Result<axum::Json<List<LetterView>>, Problem> {
    let limit = query::limit(query.limit, PAGE)?;
    let after = query::cursor::<u64>(query.cursor.as_deref())?.unwrap_or(0);
    let mut letters = page(&dashboard, after, limit + 1).await?;
    let more = letters.len() > limit;
    letters.truncate(limit);
    let next = letters
        .last()
        .filter(|_| more)
        .map(|letter| letter.id.to_string());
    let items = letters.into_iter().map(LetterView::from).collect();
    Ok(axum::Json(List { items, next }))
}

/// Reads all dead letters again, for instance after an update; what can be read now is stored and its letter goes.
#[utoipa::path(post, path = "/api/v1/dead-letters/retry", tag = "dead letters",
    responses((status = 200, body = RetryView)))]
pub(crate) async fn retry(State(dashboard): State<Arc<Dashboard>>) -> Result<axum::Json<RetryView>, Problem> {
    let mut result = RetryView::default();
    let mut after = 0;
    loop {
        let letters = page(&dashboard, after, 100).await?;
        let Some(last) = letters.last() else { break };
        after = last.id;
        for letter in letters {
            match dead_letters::retry(&dashboard.collector.journal, letter.id).await? {
                Retried::Stored { readings, .. } => result.readings += readings,
                Retried::StillUnreadable(_) => result.left += 1,
                Retried::Unknown => {}
            }
        }
    }
    let (done, seen) = oneshot::channel();
    // Intake may be stopping: then the sizes are read again at the next start.
    if dashboard
        .collector
        .intake
        .send(Command::LettersChanged(done))
        .await
        .is_ok()
    {
        let _ = seen.await;
    }
    Ok(axum::Json(result))
}

async fn page(dashboard: &Dashboard, after: u64, limit: usize) -> Result<Vec<DeadLetter>, Problem> {
    Ok(dashboard
        .collector
        .database
        .read(move |connection| dead_letters::list(connection, after, limit as u64))
        .await?)
}
