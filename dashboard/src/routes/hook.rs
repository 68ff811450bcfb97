//! What a service says of what it was told, by a post that it signs.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use plenum_collector::collector::HookedError;
use plenum_collector::notify::channels::hook::{HookError, Post};
use plenum_protocol::Identifier;

use crate::auth::Caller;
use crate::extract::Path;
use crate::problem::Problem;
use crate::sight::Sight;
use crate::state::Dashboard;
use crate::view;

/// The largest post that PagerDuty makes.
pub(super) const LARGEST: usize = 256 << 10;

impl From<HookedError> for Problem {
    fn from(error: HookedError) -> Self {
        let said = error.to_string();
        match error {
            HookedError::Hook(HookError::Deaf(_)) => Self::not_found(said),
            HookedError::Hook(HookError::Unsigned) => Self::new(StatusCode::FORBIDDEN, said),
            HookedError::Hook(HookError::Unreadable(_)) => Self::unprocessable(said),
            HookedError::Hook(HookError::NotBegun) => Self::busy(said),
            HookedError::Database(error) => error.into(),
        }
    }
}

/// A service that a channel tells says what somebody did there: for a channel of the kind `pagerduty` a webhook of version 3. Who acknowledges there takes here what stood by then,
/// as the program whose token is shown. What changes nothing here is answered in the same way, so that the service does not post it again.
#[utoipa::path(post, path = "/api/v1/channels/{channel}/hook", tag = "alarms",
    params(("channel" = view::Identifier, Path, description = "Its id in the site.")),
    request_body(content = serde_json::Value, description = "As the service writes it; signed in a header of its own."),
    responses((status = 204, description = "It is heard."), (status = 403, description = "It is not signed by the channel's secret."),
        (status = 404, description = "No channel of this name hears anything."), (status = 413, description = "It is too long."),
        (status = 422, description = "It cannot be read."),
        (status = 503, description = "The messages have not begun yet.", headers(("Retry-After" = u64, description = "Seconds to wait.")))))]
pub(crate) async fn heard(
    State(dashboard): State<Arc<Dashboard>>,
    caller: Caller,
    sight: Sight,
    Path(channel): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<StatusCode, Problem> {
    let deaf = || Problem::from(HookedError::from(HookError::Deaf(channel.clone())));
    let id: Identifier = channel.parse().map_err(|_| deaf())?;
    let header = |name: &str| Some(headers.get(name)?.to_str().ok()?.to_owned());
    let post = Post {
        header: &header,
        body: &body,
    };
    let by = caller.identity.actor();
    let sees = |alarm: &_| sight.alarm(alarm);
    dashboard.collector.heard(&id, &post, &by, sees).await?;
    Ok(StatusCode::NO_CONTENT)
}
