//! What whoever goes off duty hands over.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;

use axum::extract::State;
use plenum_core::alarms::{Alarm, Cover};
use plenum_core::incident::Incident;
use plenum_core::incident::timeline::{Happened, Timeline};
use plenum_protocol::{Duration, Identifier, Timestamp};
use serde::Deserialize;
use utoipa::IntoParams;

use super::duty::said;
use super::names::Names;
use super::timeline::Part;
use super::{incidents, overrides, query};
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

/// What whoever goes off duty hands over: the incidents since they came with who has what stands, what is shelved or out of service and when that ends, what was noted, and who
/// stands in for whom next. Whoever is limited to rooms gets the part of these.
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
        let came = schedule.shift_at(now).map(|shift| shift.from);
        let rota = schedule.rota();
        Some((rota.id.clone(), rota.name.clone(), came))
    });
    let (rota, name, came) = found.ok_or_else(|| Problem::not_found("the site has no such rota"))?;
    let since = query.since.map_or(came.unwrap_or(now - USUAL), |since| since.0);
    let (since, until) = query::ordered(since, now)?;
    let mut made = dashboard.collector.duty.made();
    made.retain(|made| made.own.rota == rota && made.own.to > now);
    let overrides = overrides::views(&dashboard, &names, &made);
    let hand_over = HandOver {
        incidents: since_then(&dashboard, &names, &sight, since).await?,
        aside: aside(&dashboard, &names, &sight, now),
        notes: notes(&dashboard, &names, (&caller, &sight), since).await?,
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
    dashboard: &Dashboard,
    names: &Names,
    sight: &Sight,
    since: Timestamp,
) -> Result<Vec<HandOverIncident>, Problem> {
    let alarms = &dashboard.collector.alarms;
    let open = alarms.incidents(None, false, MOST).await?;
    let all = alarms.incidents(None, true, MOST).await?;
    let is_lately_over = |incident: &Incident| incident.over_at.is_some_and(|over| over >= since);
    let over = all.into_iter().filter(is_lately_over);
    let seen = open.into_iter().chain(over);
    let seen = seen.map(|incident| incidents::with_seen_members(dashboard, sight, incident));
    let told = seen
        .filter(|incident| !incident.members.is_empty())
        .map(|incident| {
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
    Ok(told.collect())
}

/// What a person put aside: what ends first before the rest.
fn aside(dashboard: &Dashboard, names: &Names, sight: &Sight, now: Timestamp) -> Vec<view::Alarm> {
    let ends = |alarm: &Alarm| match &alarm.cover {
        Some(Cover::Shelved(shelving)) => Some(shelving.until),
        Some(Cover::OutOfService(out)) => Some(out.review),
        _ => None,
    };
    let mut alarms = dashboard.collector.alarms.alarms(true);
    alarms.retain(|alarm| ends(alarm).is_some() && sight.alarm(alarm));
    alarms.sort_by_key(|alarm| (ends(alarm), alarm.id));
    alarms.into_iter().map(|alarm| names.alarm(alarm, now)).collect()
}

/// What was noted, as far as the caller sees it.
async fn notes(
    dashboard: &Dashboard,
    names: &Names,
    (caller, sight): (&Caller, &Sight),
    since: Timestamp,
) -> Result<Vec<Note>, Problem> {
    let (mut parts, mut told) = (BTreeMap::new(), Vec::new());
    for note in dashboard.collector.notes_since(since, MOST).await? {
        let part = match parts.entry(note.incident) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(free) => {
                let part = Part::of(dashboard, sight, caller.identity.actor(), note.incident).await;
                free.insert(part.ok())
            }
        };
        let part = part.as_ref();
        if let Some(Happened::Note(note)) = part.and_then(|part| part.seen(Happened::Note(note))) {
            told.push(names.note(note));
        }
    }
    Ok(told)
}
