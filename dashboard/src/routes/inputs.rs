//! Every series as it is judged now, and where one is going.

use std::sync::Arc;

use axum::extract::State;
use plenum_collector::facts;
use plenum_collector::history::{Latest, SeriesInfo};
use plenum_protocol::Timestamp;
use serde::Deserialize;
use utoipa::IntoParams;

use super::readings::{self, SeriesQuery};
use crate::extract::Query;
use crate::judge::{self, Judge};
use crate::problem::Problem;
use crate::sight::Sight;
use crate::state::Dashboard;
use crate::view::{self, Input, List, Trend};

/// Which series.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct TrendQuery {
    /// `site/agent/sensor/quantity`
    #[param(value_type = view::SeriesName)]
    series: plenum_protocol::Series,
}

/// Every series as it is judged now, by name: whether its value can be believed, and how bad it is.
#[utoipa::path(get, path = "/api/v1/inputs", tag = "readings", params(SeriesQuery),
    responses((status = 200, body = List<Input>)))]
pub(crate) async fn list_inputs(
    State(dashboard): State<Arc<Dashboard>>,
    sight: Sight,
    Query(query): Query<SeriesQuery>,
) -> Result<axum::Json<List<Input>>, Problem> {
    let mut judge = Judge::new(dashboard.collector.site());
    let all = inputs(&dashboard, &mut judge, dashboard.clock.now());
    let (items, next) = readings::page(all, |input| &input.series, &sight, &query)?;
    Ok(axum::Json(List { items, next }))
}

/// Judges every series, by name.
pub(crate) fn inputs(dashboard: &Dashboard, judge: &mut Judge, now: Timestamp) -> Vec<Input> {
    let collector = &dashboard.collector;
    let alarms = collector.alarms.alarms(false);
    let worst = judge::worst_active(&alarms);
    let mut latest = collector.history.latest().into_iter().peekable();
    let all = collector.history.series();
    let judged = all.iter().map(|info: &SeriesInfo| {
        // Both are in the order of the names.
        while latest.next_if(|one: &Latest| one.series < info.series).is_some() {}
        let newest = latest.next_if(|one| one.series == info.series);
        judge.input(
            &info.series,
            newest.as_ref(),
            worst.get(&info.series).copied(),
            now,
        )
    });
    judged.collect()
}

/// Where a series is going, by its last minutes: as the messages about alarms say it.
#[utoipa::path(get, path = "/api/v1/trend", tag = "readings", params(TrendQuery),
    responses((status = 200, body = Trend), (status = 404, description = "Nothing was ever received of the series.")))]
pub(crate) async fn get_trend(
    State(dashboard): State<Arc<Dashboard>>,
    sight: Sight,
    Query(query): Query<TrendQuery>,
) -> Result<axum::Json<Trend>, Problem> {
    let series = readings::known(&dashboard, &sight, query.series)?;
    let trend = facts::trend_of(&dashboard.collector.history, &series, dashboard.clock.now()).await?;
    Ok(axum::Json(Trend {
        series,
        per_minute: trend.map(|trend| trend.per_minute),
        steady: trend.is_some_and(|trend| trend.is_steady()),
    }))
}
