//! Incidents: alarms with one cause, the list and one of them.

use std::sync::Arc;

use axum::extract::State;
use plenum_core::incident::Incident;
use serde::Deserialize;
use utoipa::IntoParams;

use super::names::Names;
use super::query;
use crate::extract::{Number, Query};
use crate::language::Said;
use crate::problem::Problem;
use crate::sight::Sight;
use crate::state::Dashboard;
use crate::view::{self, IncidentFilter, List};

/// Incidents on a page at most.
const PAGE: usize = 200;

/// Which incidents.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct IncidentsQuery {
    /// `open` (one of its alarms stands) or `all`. Absent means `all`.
    state: Option<IncidentFilter>,
    /// What a former page gave as `next`.
    #[serde(default, deserialize_with = "view::maybe_number")]
    #[param(value_type = Option<view::Number>)]
    cursor: Option<u64>,
    /// At most so many.
    #[param(value_type = Option<view::PageSize>)]
    limit: Option<query::Limit>,
}

/// Incidents, the newest first. What turned out to be part of another is not among them.
#[utoipa::path(get, path = "/api/v1/incidents", tag = "alarms", params(IncidentsQuery),
    responses((status = 200, body = List<view::Incident>)))]
pub(crate) async fn list_incidents(
    State(dashboard): State<Arc<Dashboard>>,
    names: Names,
    sight: Sight,
    Query(query): Query<IncidentsQuery>,
) -> Result<Said<axum::Json<List<view::Incident>>>, Problem> {
    let all = query.state != Some(IncidentFilter::Open);
    let limit = query::limit(query.limit, PAGE);
    let alarms = &dashboard.collector.alarms;
    let incidents = alarms.incidents(query.cursor, all, limit).await?;
    // What the caller does not see takes a place of the page, or it could be counted.
    let next = incidents.last().filter(|_| incidents.len() == limit);
    let next = next.map(|incident| incident.id.to_string());
    let items = incidents
        .into_iter()
        .filter_map(|incident| seen(&dashboard, &sight, &names, incident));
    let items = items.collect();
    Ok(Said(names.reader(), axum::Json(List { items, next })))
}

/// An incident with its alarms.
#[utoipa::path(get, path = "/api/v1/incidents/{id}", tag = "alarms", params(("id" = view::Number, Path, description = "Its number.")),
    responses((status = 200, body = view::Incident), (status = 404, description = "There is no such incident.")))]
pub(crate) async fn get_incident(
    State(dashboard): State<Arc<Dashboard>>,
    names: Names,
    sight: Sight,
    Number(id): Number,
) -> Result<Said<axum::Json<view::Incident>>, Problem> {
    let incident = dashboard.collector.alarms.incident(id).await?;
    let incident = incident.and_then(|incident| seen(&dashboard, &sight, &names, incident));
    let incident = incident.ok_or_else(|| Problem::not_found(format!("there is no incident {id}")))?;
    Ok(Said(names.reader(), axum::Json(incident)))
}

/// What the caller sees of an incident: the alarms of their rooms, and none where there is none of these.
fn seen(dashboard: &Dashboard, sight: &Sight, names: &Names, incident: Incident) -> Option<view::Incident> {
    let incident = with_seen_members(dashboard, sight, incident);
    if incident.members.is_empty() && !(incident.part_of.is_some() && sight.room(None)) {
        return None;
    }
    Some(view(dashboard, names, incident))
}

/// The incident with the alarms of the caller's rooms alone.
pub(super) fn with_seen_members(dashboard: &Dashboard, sight: &Sight, mut incident: Incident) -> Incident {
    incident.members.retain(|member| {
        let alarm = dashboard.collector.alarms.alarm(member.alarm);
        alarm.is_some_and(|alarm| sight.alarm(&alarm))
    });
    incident
}

/// As the API says it.
pub(super) fn view(dashboard: &Dashboard, names: &Names, incident: Incident) -> view::Incident {
    let first = incident.first_cause();
    let first = first.and_then(|member| dashboard.collector.alarms.alarm(member.alarm));
    let first = first.map(|alarm| names.alarm(alarm, dashboard.clock.now()));
    view::Incident::of(incident, first)
}
