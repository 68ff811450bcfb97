//! Jobs elsewhere that say that they ran: how they stand, and what they say.
//!
//! By POST alone: what is fetched by GET is fetched by whoever previews, caches or crawls an address too, and a beat that nobody sent is a backup that nobody
//! made. Whatever can show a token can post (`curl -X POST`, `wget --post-data=`). The body is text as it comes: scripts are not asked for JSON.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use plenum_collector::collector::heartbeats::BeatError;
use plenum_core::heartbeat::Beat;

use crate::extract::Path;
use crate::problem::Problem;
use crate::state::Dashboard;
use crate::view::{self, Heartbeat, List};

impl From<BeatError> for Problem {
    fn from(error: BeatError) -> Self {
        match error {
            BeatError::Unknown(_) => Self::not_found(error.to_string()),
            BeatError::Database(error) => error.into(),
        }
    }
}

/// The jobs of the site in its order, and how they stand.
#[utoipa::path(get, path = "/api/v1/heartbeats", tag = "heartbeats", responses((status = 200, body = List<Heartbeat>)))]
pub(crate) async fn list_heartbeats(State(dashboard): State<Arc<Dashboard>>) -> axum::Json<List<Heartbeat>> {
    let all = dashboard.collector.heartbeats.list();
    axum::Json(List::whole(all.into_iter().map(Heartbeat::from)))
}

/// A job says that it ran.
#[utoipa::path(post, path = "/api/v1/heartbeats/{name}", tag = "heartbeats",
    params(("name" = view::Identifier, Path, description = "Its id in the site.")),
    responses((status = 204, description = "It is written down."), (status = 404, description = "The site has no such job.")))]
pub(crate) async fn ran(
    State(dashboard): State<Arc<Dashboard>>,
    Path(name): Path<String>,
) -> Result<StatusCode, Problem> {
    beat(&dashboard, &name, Beat::Ran, &Bytes::new()).await
}

/// A job says that it begins: within its grace it has to say that it ran.
#[utoipa::path(post, path = "/api/v1/heartbeats/{name}/start", tag = "heartbeats",
    params(("name" = view::Identifier, Path, description = "Its id in the site.")),
    responses((status = 204, description = "It is written down."), (status = 404, description = "The site has no such job.")))]
pub(crate) async fn started(
    State(dashboard): State<Arc<Dashboard>>,
    Path(name): Path<String>,
) -> Result<StatusCode, Problem> {
    beat(&dashboard, &name, Beat::Started, &Bytes::new()).await
}

/// A job says that it failed: an alarm at once. The body is text for whoever is told, of which 300 characters are kept.
#[utoipa::path(post, path = "/api/v1/heartbeats/{name}/fail", tag = "heartbeats",
    params(("name" = view::Identifier, Path, description = "Its id in the site.")),
    request_body(content = String, content_type = "text/plain"),
    responses((status = 204, description = "It is written down."), (status = 404, description = "The site has no such job."),
        (status = 413, description = "The text is too long.")))]
pub(crate) async fn failed(
    State(dashboard): State<Arc<Dashboard>>,
    Path(name): Path<String>,
    why: Bytes,
) -> Result<StatusCode, Problem> {
    beat(&dashboard, &name, Beat::Failed, &why).await
}

async fn beat(dashboard: &Dashboard, name: &str, beat: Beat, why: &Bytes) -> Result<StatusCode, Problem> {
    let why = String::from_utf8_lossy(why);
    dashboard.collector.heartbeats.beat(name, beat, &why).await?;
    Ok(StatusCode::NO_CONTENT)
}
