//! Series, their newest readings, and their past: as it was stored, and in windows for charts.

use std::sync::Arc;

use axum::extract::State;
use plenum_collector::history::GapSpan;
use plenum_protocol::{Duration, Fault, Series, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::reading_view::ReadingView;
use super::{List, query};
use crate::problem::{Problem, Query};
use crate::state::Dashboard;

/// Series on a page at most.
const SERIES: usize = 10_000;
/// Readings on a page at most.
const READINGS: usize = 100_000;
/// Windows in an answer at most.
const WINDOWS: i64 = 100_000;
/// The shortest window.
const SHORTEST: Duration = Duration::from_seconds(1);
/// The window that is meant where none is given.
const DEFAULT_EVERY: Duration = Duration::from_seconds(60);

/// A time series.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SeriesView {
    /// `site/agent/sensor/quantity`
    series: String,
    site: String,
    /// Null for a sensor that the site's configuration does not place.
    room: Option<String>,
    agent: String,
    sensor: String,
    quantity: &'static str,
    /// SenML unit; empty for a boolean, which is 1 or 0.
    unit: &'static str,
}

/// A page of series.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct SeriesQuery {
    /// What a former page gave as `next`.
    cursor: Option<String>,
    /// At most so many.
    limit: Option<usize>,
}

/// Which readings.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ReadingsQuery {
    /// `site/agent/sensor/quantity`
    series: String,
    /// First instant; a day before `to` where it is absent.
    from: Option<String>,
    /// First instant after it; now where it is absent.
    to: Option<String>,
    /// What a former page gave as `next`.
    cursor: Option<String>,
    /// At most so many.
    limit: Option<usize>,
}

/// Which windows.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct WindowsQuery {
    /// `site/agent/sensor/quantity`
    series: String,
    /// First instant; a day before `to` where it is absent.
    from: Option<String>,
    /// First instant after it; now where it is absent.
    to: Option<String>,
    /// How long a window is: `60s` (where it is absent), `5min`, `1h`, `1d`.
    every: Option<String>,
}

/// A series' readings in a period.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReadingsView {
    series: String,
    unit: &'static str,
    /// Instant in milliseconds since 1970, and value.
    points: Vec<(i64, f64)>,
    /// Instant, and why there is no value.
    #[schema(value_type = Vec<(i64, String)>)]
    faults: Vec<(i64, Fault)>,
    /// From and to, and why readings are missing: nothing is known there.
    gaps: Vec<(i64, i64, String)>,
    /// Give it back as `cursor` for what follows; null at the end.
    next: Option<String>,
}

/// A series in windows.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WindowsView {
    series: String,
    unit: &'static str,
    every: String,
    /// Start in milliseconds since 1970, least, mean, greatest, count and last value. Windows are aligned to 1970 and half open; empty ones are left
    /// out; faults do not count.
    points: Vec<(i64, f64, f64, f64, u64, f64)>,
}

/// Every series that was ever received, by name.
#[utoipa::path(get, path = "/api/v1/series", tag = "readings", params(SeriesQuery),
    responses((status = 200, body = List<SeriesView>), (status = 400, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn list_series(
    State(dashboard): State<Arc<Dashboard>>,
    Query(query): Query<SeriesQuery>,
) -> Result<axum::Json<List<SeriesView>>, Problem> {
    let site = dashboard.collector.site();
    let (series, next) = page(dashboard.collector.history.series(), |info| &info.series, &query)?;
    let items = series
        .into_iter()
        .map(|info| info.series)
        .map(|series| SeriesView {
            site: series.site.to_string(),
            room: site
                .sensor(&series.agent, series.sensor())
                .filter(|_| series.site == site.site.id)
                .map(|sensor| sensor.room.to_string()),
            agent: series.agent.to_string(),
            sensor: series.sensor().to_string(),
            quantity: series.quantity().as_str(),
            unit: series.quantity().unit(),
            series: series.to_string(),
        })
        .collect();
    Ok(axum::Json(List { items, next }))
}

/// The newest reading of every series, by name.
#[utoipa::path(get, path = "/api/v1/latest", tag = "readings", params(SeriesQuery),
    responses((status = 200, body = List<ReadingView>), (status = 400, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn list_latest(
    State(dashboard): State<Arc<Dashboard>>,
    Query(query): Query<SeriesQuery>,
) -> Result<axum::Json<List<ReadingView>>, Problem> {
    let latest = dashboard.collector.history.latest();
    let (latest, next) = page(latest, |latest| &latest.series, &query)?;
    let items = latest
        .into_iter()
        .map(|latest| ReadingView::new(latest.series, latest.at, latest.outcome))
        .collect();
    Ok(axum::Json(List { items, next }))
}

/// Cuts a page out of what is in the order of the series' names.
fn page<T>(
    mut all: Vec<T>,
    series: impl Fn(&T) -> &Series,
    query: &SeriesQuery,
) -> Result<(Vec<T>, Option<String>), Problem> {
    let limit = query::limit(query.limit, SERIES)?;
    if let Some(after) = query::cursor::<Series>(query.cursor.as_deref())? {
        all.retain(|one| *series(one) > after);
    }
    let more = all.len() > limit;
    all.truncate(limit);
    let next = all.last().filter(|_| more).map(|last| series(last).to_string());
    Ok((all, next))
}

/// A series' readings in a period, as they were stored.
#[utoipa::path(get, path = "/api/v1/readings", tag = "readings", params(ReadingsQuery),
    responses((status = 200, body = ReadingsView), (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn get_readings(
    State(dashboard): State<Arc<Dashboard>>,
    Query(query): Query<ReadingsQuery>,
) -> Result<axum::Json<ReadingsView>, Problem> {
    let series = known(&dashboard, &query.series)?;
    let (from, to) = query::period(query.from.as_deref(), query.to.as_deref(), dashboard.clock.now())?;
    let limit = query::limit(query.limit, READINGS)?;
    let from = match query.cursor.as_deref() {
        Some(cursor) => query::instant("cursor", cursor)?.max(from),
        None => from,
    };
    let readings = dashboard
        .collector
        .history
        .readings(series.clone(), from, to, limit)
        .await?;
    let until = readings.next.unwrap_or(to);
    let point = |(at, value): (Timestamp, f64)| (at.milliseconds(), value);
    let fault = |(at, fault): (Timestamp, Fault)| (at.milliseconds(), fault);
    let gap = |gap: GapSpan| {
        let (begin, end) = (gap.from.max(from), gap.to.min(until));
        (begin.milliseconds(), end.milliseconds(), gap.why)
    };
    Ok(axum::Json(ReadingsView {
        unit: series.quantity().unit(),
        series: query.series,
        points: readings.points.into_iter().map(point).collect(),
        faults: readings.faults.into_iter().map(fault).collect(),
        gaps: readings.gaps.into_iter().map(gap).collect(),
        next: readings.next.map(|next| next.milliseconds().to_string()),
    }))
}

/// A series in windows: least, mean and greatest value of each.
#[utoipa::path(get, path = "/api/v1/windows", tag = "readings", params(WindowsQuery),
    responses((status = 200, body = WindowsView), (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn get_windows(
    State(dashboard): State<Arc<Dashboard>>,
    Query(query): Query<WindowsQuery>,
) -> Result<axum::Json<WindowsView>, Problem> {
    let series = known(&dashboard, &query.series)?;
    let (from, to) = query::period(query.from.as_deref(), query.to.as_deref(), dashboard.clock.now())?;
    let every = every(query.every.as_deref())?;
    let count = to.since(from).milliseconds() / every.milliseconds();
    if count > WINDOWS {
        return Err(Problem::bad_request(format!(
            "{count} windows are more than {WINDOWS}: make `every` longer or the period shorter"
        )));
    }
    let windows = dashboard
        .collector
        .history
        .windows(series.clone(), from, to, every)
        .await?;
    Ok(axum::Json(WindowsView {
        unit: series.quantity().unit(),
        series: query.series,
        every: query.every.unwrap_or_else(|| "60s".to_owned()),
        points: windows
            .into_iter()
            .map(|window| {
                (
                    window.start.milliseconds(),
                    window.min,
                    window.mean,
                    window.max,
                    window.count,
                    window.last,
                )
            })
            .collect(),
    }))
}

fn every(text: Option<&str>) -> Result<Duration, Problem> {
    let every: Duration = match text {
        None => return Ok(DEFAULT_EVERY),
        Some(text) => text
            .parse()
            .map_err(|error: plenum_protocol::timestamp::TimeError| {
                Problem::bad_request(format!("`every`: {error}"))
            })?,
    };
    if every < SHORTEST {
        return Err(Problem::bad_request(format!(
            "`every={every}` is shorter than {SHORTEST}"
        )));
    }
    Ok(every)
}

/// Reads a series' name; 404 for one that was never received.
fn known(dashboard: &Dashboard, text: &str) -> Result<Series, Problem> {
    let series = query::series(text)?;
    if dashboard.collector.history.latest_of(&series).is_some() {
        Ok(series)
    } else {
        Err(Problem::not_found(format!(
            "nothing was ever received of {series}"
        )))
    }
}
