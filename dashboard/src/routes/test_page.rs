//! "Would I be woken?": a test of every way to whoever asks.

use std::sync::Arc;

use axum::extract::State;
use plenum_core::authority::Permission;

use super::names::Names;
use crate::auth::Caller;
use crate::problem::Problem;
use crate::state::Dashboard;
use crate::view::{List, Tested};

/// Sends whoever asks a message over each channel of the site that reaches them, which says that it is a test, at whose wish and when; the answer comes within half a minute and
/// says what came of each. It is not an alarm: nothing is repeated, and what does not arrive raises none. Empty where no channel reaches them.
#[utoipa::path(post, path = "/api/v1/session/test-page", tag = "duty",
    responses((status = 200, body = List<Tested>), (status = 409, description = "The site writes to nobody of that name: what to do is said."),
        (status = 429, description = "A test was sent less than a minute ago.", headers(("Retry-After" = u64, description = "Seconds to wait."))),
        (status = 503, description = "The messages have not begun yet.", headers(("Retry-After" = u64, description = "Seconds to wait.")))))]
pub(crate) async fn test_page(
    State(dashboard): State<Arc<Dashboard>>,
    names: Names,
    caller: Caller,
) -> Result<axum::Json<List<Tested>>, Problem> {
    let by = caller.identity.actor();
    let name = names.who(&by);
    let sounds = caller.identity.may(Permission::Alarms);
    let tested = dashboard
        .collector
        .test_page(by, &name, sounds, dashboard.clock.now())
        .await?;
    Ok(axum::Json(List::whole(tested.into_iter().map(Into::into))))
}
