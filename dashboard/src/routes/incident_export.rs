//! An incident as a file: what an auditor keeps.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use plenum_collector::database::Order;
use plenum_core::incident::timeline::{Happened, Timeline};
use plenum_core::text::incident::{Report, write};
use plenum_protocol::Timestamp;
use serde::Deserialize;
use utoipa::IntoParams;

use super::incidents;
use super::names::Names;
use super::timeline::{Part, entry};
use crate::auth::Caller;
use crate::extract::{Number, Query};
use crate::language::{Reader, Said};
use crate::problem::Problem;
use crate::sight::Sight;
use crate::state::Dashboard;
use crate::view::{IncidentExport, IncidentFormat, Language};

/// What happened in an incident, in a file at most: beyond that it is read page by page.
const MOST: usize = 10_000;

/// In which form.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct IncidentExportQuery {
    /// Absent means `markdown`.
    format: Option<IncidentFormat>,
    /// In which language; that of `Accept-Language` where it is absent.
    language: Option<Language>,
}

/// An incident as a file: how long things took, its alarms, and what happened, each instant by the site's clock and in UTC. As Markdown it is a text in the reader's language,
/// in which whatever others wrote is letters and no markup. Whoever is limited to rooms gets the part of these.
#[utoipa::path(get, path = "/api/v1/incidents/{id}/export", tag = "alarms",
    params(("id" = crate::view::Number, Path, description = "Its number."), IncidentExportQuery),
    responses((status = 200, description = "The file.", content((IncidentExport = "application/json"), (String = "text/markdown"))),
        (status = 404, description = "There is no such incident.")))]
pub(crate) async fn export_incident(
    State(dashboard): State<Arc<Dashboard>>,
    names: Names,
    caller: Caller,
    sight: Sight,
    Number(id): Number,
    Query(query): Query<IncidentExportQuery>,
) -> Result<Response, Problem> {
    let reader = query
        .language
        .map_or(names.reader(), |language| Reader(language.into()));
    let names = names.for_reader(reader);
    let part = Part::of(&dashboard, &sight, caller.identity.actor(), id).await?;
    let whole = part.whole.clone();
    let (happened, next) = dashboard
        .collector
        .timeline(whole, Order::Oldest, None, MOST)
        .await?;
    let happened: Vec<Happened> = happened
        .into_iter()
        .filter_map(|happened| part.seen(happened))
        .collect();
    let members = part.incident.members.iter();
    let alarms = members.filter_map(|member| dashboard.collector.alarms.alarm(member.alarm));
    let timeline = Timeline {
        alarms: alarms.collect(),
        incident: part.incident,
        happened,
    };
    let now = dashboard.clock.now();
    let (number, is_cut) = (timeline.incident.id, next.is_some());
    let (kind, ending, text) = match query.format.unwrap_or(IncidentFormat::Markdown) {
        IncidentFormat::Markdown => {
            let report = Report {
                site: &dashboard.collector.site(),
                form: &names.form(now),
                timeline: &timeline,
                is_cut,
            };
            ("text/markdown; charset=utf-8", "md", write(&report))
        }
        IncidentFormat::Json => {
            let view = view(&dashboard, &names, timeline, is_cut, now);
            let text = serde_json::to_string_pretty(&view).map_err(|error| Problem::internal(&error))?;
            ("application/json", "json", text)
        }
    };
    let file = format!("attachment; filename=\"incident-{number}.{ending}\"");
    let headers = [(header::CONTENT_TYPE, kind), (header::CONTENT_DISPOSITION, &file)];
    Ok(Said(names.reader(), (headers, text)).into_response())
}

fn view(
    dashboard: &Dashboard,
    names: &Names,
    timeline: Timeline,
    is_cut: bool,
    now: Timestamp,
) -> IncidentExport {
    let site = dashboard.collector.site();
    let happened = timeline.happened.iter().cloned();
    IncidentExport {
        exported_at: now,
        site: site.site.name.clone(),
        zone: site.site.zone.to_string(),
        durations: timeline.durations().into(),
        timeline: happened
            .filter_map(|happened| entry(dashboard, names, happened, now))
            .collect(),
        alarms: timeline
            .alarms
            .into_iter()
            .map(|alarm| names.alarm(alarm, now))
            .collect(),
        incident: incidents::view(dashboard, names, timeline.incident),
        is_cut,
    }
}
