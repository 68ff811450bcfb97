//! What whoever goes off duty hands over.

use std::sync::Arc;

use axum::extract::State;
use plenum_core::alarms::{Alarm, Cover};
use plenum_core::incident::Incident;
use plenum_core::incident::timeline::Timeline;
use plenum_protocol::{Duration, Identifier, Timestamp};
use serde::Deserialize;
use utoipa::IntoParams;

use super::duty::said;
use super::names::Names;
use super::timeline::Part;
use super::{incidents, overrides, query, works};
use crate::auth::Caller;
use crate::extract::{Path, Query};
use crate::language::Said;
use crate::problem::Problem;
use crate::sight::Sight;
use crate::state::Dashboard;
use crate::view::{self, HandOver, HandOverIncident, Note};

/// Since when it is told where nobody is on duty.
const USUAL: Duration = Duration::from_hours(24);
/// Incidents, and notes, at most: a summary that is longer is not read.
const MOST: usize = 200;

/// Since when.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct HandOverQuery {
    /// The first instant; where it is absent since whoever is on duty came, or a day ago where nobody is.
    #[param(value_type = Option<view::Instant>)]
    since: Option<query::Instant>,
}

/// What whoever goes off duty hands over: the incidents since they came with who has what stands, what is shelved, out of service or came during work and when that ends, which
/// work goes on or begins before whoever comes next goes, what was noted, and who stands in for whom next. Whoever is limited to rooms gets the part of these.
#[utoipa::path(get, path = "/api/v1/duty/{rota}/hand-over", tag = "duty",
    params(("rota" = view::Identifier, Path, description = "The rota."), HandOverQuery),
    responses((status = 200, body = HandOver), (status = 404, description = "There is no such rota.")))]
pub(crate) async fn get_hand_over(
    State(dashboard): State<Arc<Dashboard>>,
    names: Names,
    caller: Caller,
    sight: Sight,
    Path(rota): Path<String>,
    Query(query): Query<HandOverQuery>,
) -> Result<Said<axum::Json<HandOver>>, Problem> {
    let now = dashboard.clock.now();
    let rota: Option<Identifier> = rota.parse().ok();
    let found = said(&dashboard, names.reader(), |_, plan| {
        let schedule = plan.schedule(rota.as_ref()?)?;
        let shift = schedule.shift_at(now);
        let came = shift.as_ref().map(|shift| shift.from);
        let ends = schedule.next_on_duty(now).or(shift).map(|next| next.to);
        let rota = schedule.rota();
        Some((rota.id.clone(), rota.name.clone(), (came, ends)))
    });
    let (rota, name, (came, ends)) = found.ok_or_else(|| Problem::not_found("the site has no such rota"))?;
    let since = query.since.map_or(came.unwrap_or(now - USUAL), |since| since.0);
    let (since, until) = query::ordered(since, now)?;
    let mut made = dashboard.collector.duty.made();
    made.retain(|made| made.own.rota == rota && made.own.to > now);
    let overrides = overrides::views(&dashboard, &names, &made);
    let mut works = works::open(&dashboard, &sight);
    works.retain(|work| work.from < ends.unwrap_or(now + USUAL));
    works.sort_by_key(|work| (work.from, work.id));
    let sight = Arc::new(sight);
    let (incidents, more_incidents) = since_then(&dashboard, &names, &sight, since).await?;
    let (notes, more_notes) = notes(&dashboard, &names, (&caller, &sight), since).await?;
    let hand_over = HandOver {
        incidents,
        more_incidents,
        aside: aside(&dashboard, &names, &sight, now),
        works: works::views(&dashboard, &names, &works),
        notes,
        more_notes,
        overrides,
        rota,
        name,
        since,
        until,
    };
    Ok(Said(names.reader(), axum::Json(hand_over)))
}

/// Those that stand, and those that stood since.
async fn since_then(
    dashboard: &Arc<Dashboard>,
    names: &Names,
    sight: &Arc<Sight>,
    since: Timestamp,
) -> Result<(Vec<HandOverIncident>, bool), Problem> {
    let alarms = &dashboard.collector.alarms;
    let (reader, sight) = (dashboard.clone(), sight.clone());
    let sees = move |incident: Incident| {
        let seen = incidents::with_seen_members(&reader, &sight, incident);
        Some(seen).filter(|incident| !incident.members.is_empty())
    };
    let (seen, more) = alarms.incidents_since(since, MOST, sees).await?;
    let told = seen.into_iter().map(|incident| {
        let members = incident.members.iter();
        let standing = members.filter_map(|member| alarms.alarm(member.alarm));
        let timeline = Timeline {
            alarms: standing.collect(),
            incident,
            happened: Vec::new(),
        };
        let (holders, free) = timeline.holders();
        HandOverIncident {
            holders: holders.into_iter().map(|actor| names.who(actor)).collect(),
            free: free as u64,
            incident: incidents::view(dashboard, names, timeline.incident),
        }
    });
    Ok((told.collect(), more))
}

/// What a person put aside or said may come of their work: what ends first before the rest.
fn aside(dashboard: &Dashboard, names: &Names, sight: &Sight, now: Timestamp) -> Vec<view::Alarm> {
    let ends = |alarm: &Alarm| match &alarm.cover {
        Some(Cover::Shelved(shelving)) => Some(shelving.until),
        Some(Cover::OutOfService(out)) => Some(out.review),
        Some(Cover::Work(work)) => Some(work.until),
        Some(Cover::Suppressed(_)) | None => None,
    };
    let mut alarms = dashboard.collector.alarms.alarms(true);
    alarms.retain(|alarm| ends(alarm).is_some() && sight.alarm(alarm));
    alarms.sort_by_key(|alarm| (ends(alarm), alarm.id));
    alarms.into_iter().map(|alarm| names.alarm(alarm, now)).collect()
}

/// What was noted, as far as the caller sees it.
async fn notes(
    dashboard: &Arc<Dashboard>,
    names: &Names,
    (caller, sight): (&Caller, &Arc<Sight>),
    since: Timestamp,
) -> Result<(Vec<Note>, bool), Problem> {
    let (reader, sight, caller) = (dashboard.clone(), sight.clone(), caller.identity.actor());
    let part = move |whole: Incident| Part::of_whole(&reader, &sight, caller.clone(), whole);
    let (seen, more) = dashboard
        .collector
        .notes_since(since, MOST, part, Part::sees_note)
        .await?;
    Ok((seen.into_iter().map(|note| names.note(note)).collect(), more))
}
