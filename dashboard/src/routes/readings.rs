//! Series, their newest readings, and their past: as it was stored, and in windows for charts.

use std::sync::Arc;

use axum::extract::State;
use plenum_collector::history::GapSpan;
use plenum_core::expectation::Silence;
use plenum_protocol::{Duration, Fault, Series, Timestamp};
use serde::de::Error;
use serde::{Deserialize, Deserializer};
use utoipa::IntoParams;

use super::query;
use crate::extract::Query;
use crate::holes;
use crate::problem::Problem;
use crate::sight::Sight;
use crate::state::Dashboard;
use crate::view::{self, List, Reading, Readings, Unit, Windows};

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

/// A page of series.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct SeriesQuery {
    /// What a former page gave as `next`.
    cursor: Option<String>,
    /// At most so many.
    #[param(value_type = Option<view::PageSize>)]
    limit: Option<query::Limit>,
}

/// Which readings.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ReadingsQuery {
    /// `site/agent/sensor/quantity`
    #[param(value_type = view::SeriesName)]
    series: Series,
    /// First instant; a day before `to` where it is absent.
    #[param(value_type = Option<view::Instant>)]
    from: Option<query::Instant>,
    /// First instant after it; now where it is absent.
    #[param(value_type = Option<view::Instant>)]
    to: Option<query::Instant>,
    /// What a former page gave as `next`.
    cursor: Option<String>,
    /// At most so many.
    #[param(value_type = Option<view::PageSize>)]
    limit: Option<query::Limit>,
}

/// Which windows.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct WindowsQuery {
    /// `site/agent/sensor/quantity`
    #[param(value_type = view::SeriesName)]
    series: Series,
    /// First instant; a day before `to` where it is absent.
    #[param(value_type = Option<view::Instant>)]
    from: Option<query::Instant>,
    /// First instant after it; now where it is absent.
    #[param(value_type = Option<view::Instant>)]
    to: Option<query::Instant>,
    /// How long a window is: `60s` (where it is absent), `5min`, `1h`, `1d`.
    #[param(value_type = Option<String>, pattern = "^[0-9]+(ms|s|min|h|d)$")]
    #[serde(default)]
    every: Every,
}

/// Every series that was ever received, by name.
#[utoipa::path(get, path = "/api/v1/series", tag = "readings", params(SeriesQuery),
    responses((status = 200, body = List<view::Series>)))]
pub(crate) async fn list_series(
    State(dashboard): State<Arc<Dashboard>>,
    sight: Sight,
    Query(query): Query<SeriesQuery>,
) -> Result<axum::Json<List<view::Series>>, Problem> {
    let site = dashboard.collector.site();
    let all = dashboard.collector.history.series();
    let (series, next) = page(all, |info| &info.series, &sight, &query)?;
    let items = series
        .into_iter()
        .map(|info| info.series)
        .map(|series| view::Series {
            room: site
                .sensor(&series.agent, series.sensor())
                .map(|sensor| sensor.room.clone()),
            site: series.site().clone(),
            agent: series.agent.agent.clone(),
            sensor: series.sensor().clone(),
            quantity: series.quantity(),
            unit: Unit::of(series.quantity()),
            series,
        })
        .collect();
    Ok(axum::Json(List { items, next }))
}

/// The newest reading of every series, by name.
#[utoipa::path(get, path = "/api/v1/latest", tag = "readings", params(SeriesQuery),
    responses((status = 200, body = List<Reading>)))]
pub(crate) async fn list_latest(
    State(dashboard): State<Arc<Dashboard>>,
    sight: Sight,
    Query(query): Query<SeriesQuery>,
) -> Result<axum::Json<List<Reading>>, Problem> {
    let latest = dashboard.collector.history.latest();
    let (latest, next) = page(latest, |latest| &latest.series, &sight, &query)?;
    let items = latest
        .into_iter()
        .map(|latest| Reading::new(latest.series, latest.at, latest.outcome))
        .collect();
    Ok(axum::Json(List { items, next }))
}

/// Cuts a page out of what is in the order of the series' names, of those that the caller sees.
pub(super) fn page<T>(
    mut all: Vec<T>,
    series: impl Fn(&T) -> &Series,
    sight: &Sight,
    query: &SeriesQuery,
) -> Result<(Vec<T>, Option<String>), Problem> {
    all.retain(|one| sight.series(series(one)));
    let limit = query::limit(query.limit, SERIES);
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
    responses((status = 200, body = Readings),
        (status = 404, description = "Nothing was ever received of the series.")))]
pub(crate) async fn get_readings(
    State(dashboard): State<Arc<Dashboard>>,
    sight: Sight,
    Query(query): Query<ReadingsQuery>,
) -> Result<axum::Json<Readings>, Problem> {
    let series = known(&dashboard, &sight, query.series)?;
    let (from, to) = query::period(query.from, query.to, dashboard.clock.now())?;
    let limit = query::limit(query.limit, READINGS);
    let from = match query.cursor.as_deref() {
        Some(cursor) => cursor
            .parse::<query::Instant>()
            .map_err(|_| query::no_cursor(cursor))?
            .0
            .max(from),
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
    Ok(axum::Json(Readings {
        unit: Unit::of(series.quantity()),
        series,
        points: readings.points.into_iter().map(point).collect(),
        faults: readings.faults.into_iter().map(fault).collect(),
        gaps: readings.gaps.into_iter().map(gap).collect(),
        next: readings.next.map(|next| next.milliseconds().to_string()),
    }))
}

/// A series in windows: least, mean and greatest value of each.
#[utoipa::path(get, path = "/api/v1/windows", tag = "readings", params(WindowsQuery),
    responses((status = 200, body = Windows),
        (status = 404, description = "Nothing was ever received of the series.")))]
pub(crate) async fn get_windows(
    State(dashboard): State<Arc<Dashboard>>,
    sight: Sight,
    Query(query): Query<WindowsQuery>,
) -> Result<axum::Json<Windows>, Problem> {
    let series = known(&dashboard, &sight, query.series)?;
    let (from, to) = query::period(query.from, query.to, dashboard.clock.now())?;
    let every = query.every.length;
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
    let info = dashboard.collector.history.info(&series);
    let silence = Silence::Expected(&info.expectation);
    let until = to.min(dashboard.clock.now());
    let history = &dashboard.collector.history;
    let holes = holes::explained(history, &series, &windows, (from, until), (every, silence)).await?;
    Ok(axum::Json(Windows {
        holes,
        unit: Unit::of(series.quantity()),
        series,
        every: query.every.text,
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

/// How long a window is.
#[derive(Debug, Clone)]
struct Every {
    length: Duration,
    /// As it was asked for.
    text: String,
}

impl Default for Every {
    fn default() -> Self {
        Self {
            length: DEFAULT_EVERY,
            text: "60s".to_owned(),
        }
    }
}

impl<'de> Deserialize<'de> for Every {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let length: Duration = text.parse().map_err(D::Error::custom)?;
        if length < SHORTEST {
            return Err(D::Error::custom(format!("{length} is shorter than {SHORTEST}")));
        }
        Ok(Self { length, text })
    }
}

/// A series that something was received of and that the caller sees.
pub(super) fn known(dashboard: &Dashboard, sight: &Sight, series: Series) -> Result<Series, Problem> {
    if sight.series(&series) && dashboard.collector.history.latest_of(&series).is_some() {
        Ok(series)
    } else {
        Err(Problem::not_found(format!(
            "nothing was ever received of {series}"
        )))
    }
}
