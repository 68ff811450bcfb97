//! Whom an incident's ladder has reached, who is next, and why the others were not told.

use std::sync::Arc;

use axum::extract::State;
use plenum_core::text;

use super::names::Names;
use super::passing;
use super::timeline::Part;
use crate::auth::Caller;
use crate::extract::Number;
use crate::language::Said;
use crate::problem::Problem;
use crate::sight::Sight;
use crate::state::Dashboard;
use crate::view::{self, CallEvent, CallNext, CallState, IncidentCall, Untold};

/// How an incident's calling stands: whom its ladder has reached, who is next and when, and why whoever was told nothing was not.
#[utoipa::path(get, path = "/api/v1/incidents/{id}/call", tag = "alarms",
    params(("id" = view::Number, Path, description = "Its number.")),
    responses((status = 200, body = IncidentCall), (status = 404, description = "There is no such incident.")))]
pub(crate) async fn get_call(
    State(dashboard): State<Arc<Dashboard>>,
    names: Names,
    caller: Caller,
    sight: Sight,
    Number(id): Number,
) -> Result<Said<axum::Json<IncidentCall>>, Problem> {
    let by = caller.identity.actor();
    let part = Part::of(&dashboard, &sight, by.clone(), id).await?;
    let (incident, calls, site) = (
        part.whole.id,
        &dashboard.collector.calls,
        dashboard.collector.site(),
    );
    let form = names.form(dashboard.clock.now());
    let stands = calls.of(incident).await?;
    let events = calls.events(incident).await?.into_iter();
    let silent = match part.whole.is_open() {
        true => calls.silent(incident).await?,
        false => Vec::new(),
    };
    let passing_on = match dashboard.collector.recipient(&by).await? {
        Some(person) => passing::offer(&dashboard, incident, &person).await?,
        None => None,
    };
    let untold = silent.into_iter().map(|(way, why)| Untold {
        name: text::call::name(&site, &way),
        why: serde_json::to_value(why)
            .ok()
            .and_then(|why| why.as_str().map(str::to_owned))
            .unwrap_or_default(),
        said: text::call::untold(why, form.language).to_owned(),
        channel: way.channel,
        to: way.recipient,
    });
    let call = IncidentCall {
        incident,
        state: match &stands {
            None => CallState::NoLadder,
            Some(stands) if stands.call.is_held => CallState::Held,
            Some(_) => CallState::Calling,
        },
        events: events
            .map(|(at, happened)| CallEvent {
                at,
                said: text::call::happened(&site, &happened, &form),
            })
            .collect(),
        untold: untold.collect(),
        next: stands.as_ref().and_then(|stands| {
            let (rung, at, ways) = stands.next.as_ref()?;
            Some(CallNext {
                at: *at,
                step: text::call::step(*rung, form.language),
                people: passing::named(&site, ways),
            })
        }),
        ladder: stands.map(|stands| stands.call.ladder),
        passing_on,
    };
    Ok(Said(names.reader(), axum::Json(call)))
}
