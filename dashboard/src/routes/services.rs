//! Services: this month at a glance, the availability of any period, and the month's report.

use std::sync::Arc;

use axum::extract::State as Shared;
use axum::response::{IntoResponse, Response};
use jiff::civil::Date;
use plenum_collector::availability::{Availability, Calendar, Day, Month, State};
use plenum_collector::site::Service;
use plenum_protocol::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::report_page::Report;
use super::{List, query};
use crate::problem::{Path, Problem, Query};
use crate::state::Dashboard;

/// A service and its month so far.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ServiceView {
    service: String,
    name: String,
    customer: String,
    /// The promised ratio.
    objective: f64,
    /// IANA time zone of its months.
    zone: String,
    /// `up`, `down`, `planned`, `unknown` or `out_of_hours`.
    #[schema(value_type = String)]
    now: State,
    month: MonthView,
}

/// A month so far.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MonthView {
    /// The month's first instant.
    #[schema(value_type = String, format = DateTime)]
    from: Timestamp,
    /// Until when it was computed: now.
    #[schema(value_type = String, format = DateTime)]
    to: Timestamp,
    /// Null without any data.
    availability: Option<f64>,
    milliseconds: MillisecondsView,
    /// What the objective allows in the whole month.
    budget_milliseconds: i64,
    /// What is left of it; negative once it is missed.
    left_milliseconds: i64,
    /// Every local day of the month.
    days: Vec<DayView>,
}

/// The sums.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MillisecondsView {
    up: i64,
    down: i64,
    planned: i64,
    unknown: i64,
    out_of_hours: i64,
}

/// A day.
#[derive(Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct DayView {
    /// Local date.
    date: String,
    /// The worst of the day: `down`, `unknown` or `up`; `planned` where it was nothing else; `none` where nothing was agreed or the day is to come.
    state: &'static str,
}

/// A period's availability.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AvailabilityView {
    service: String,
    #[schema(value_type = String, format = DateTime)]
    from: Timestamp,
    /// Not later than now.
    #[schema(value_type = String, format = DateTime)]
    to: Timestamp,
    objective: f64,
    /// They add up to the period.
    milliseconds: MillisecondsView,
    /// Null without any data.
    availability: Option<f64>,
    /// The whole period in order, without holes.
    intervals: Vec<IntervalView>,
}

/// An interval in one state, half open.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct IntervalView {
    #[schema(value_type = String, format = DateTime)]
    from: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    to: Timestamp,
    #[schema(value_type = String)]
    state: State,
    /// Why, in words; null for up.
    cause: Option<String>,
}

/// A month's report.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReportView {
    /// `2026-03`
    month: String,
    name: String,
    customer: String,
    zone: String,
    /// Whether the objective was met; null without any data.
    met: Option<bool>,
    /// The month is not over.
    unfinished: bool,
    #[schema(value_type = String, format = DateTime)]
    made_at: Timestamp,
    #[serde(flatten)]
    result: AvailabilityView,
}

/// Which period.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PeriodQuery {
    /// First instant; that of this month where it is absent.
    from: Option<String>,
    /// First instant after it; now where it is absent or later than now.
    to: Option<String>,
}

/// Which month, and how it is written.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ReportQuery {
    /// `2026-03`; this month where it is absent.
    month: Option<String>,
    /// `json` (where it is absent) or `html`.
    format: Option<String>,
}

/// Every service with its month so far.
#[utoipa::path(get, path = "/api/v1/services", tag = "services", responses((status = 200, body = List<ServiceView>)))]
pub(crate) async fn list_services(
    Shared(dashboard): Shared<Arc<Dashboard>>,
) -> Result<axum::Json<List<ServiceView>>, Problem> {
    let services = &dashboard.collector.services;
    let mut views = Vec::new();
    for service in &dashboard.collector.site().services {
        views.push(view(services.month(&service.id).await?));
    }
    Ok(List::whole(views))
}

/// A service's availability over any period.
#[utoipa::path(get, path = "/api/v1/services/{id}/availability", tag = "services",
    params(("id" = String, Path, description = "The service."), PeriodQuery),
    responses((status = 200, body = AvailabilityView), (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn get_availability(
    Shared(dashboard): Shared<Arc<Dashboard>>,
    Path(id): Path<String>,
    Query(query): Query<PeriodQuery>,
) -> Result<axum::Json<AvailabilityView>, Problem> {
    let services = &dashboard.collector.services;
    let service = find(&dashboard, &id)?;
    let now = dashboard.clock.now();
    let to = query
        .to
        .as_deref()
        .map_or(Ok(now), |text| query::instant("to", text))?;
    let from = match &query.from {
        Some(text) => query::instant("from", text)?,
        None => calendar(&service)?.month_of(to).0,
    };
    let (from, to) = query::ordered(from, to)?;
    let report = services.availability(&service.id, from, to).await?;
    Ok(axum::Json(availability_view(&service, report.availability)))
}

/// A month's report.
#[utoipa::path(get, path = "/api/v1/services/{id}/report", tag = "services",
    params(("id" = String, Path, description = "The service."), ReportQuery),
    responses((status = 200, content((ReportView = "application/json"), (String = "text/html"))),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn get_report(
    Shared(dashboard): Shared<Arc<Dashboard>>,
    Path(id): Path<String>,
    Query(query): Query<ReportQuery>,
) -> Result<Response, Problem> {
    let service = find(&dashboard, &id)?;
    let html = match query.format.as_deref() {
        None | Some("json") => false,
        Some("html") => true,
        Some(other) => {
            return Err(Problem::bad_request(format!(
                "`format={other}` is not known here: use json or html"
            )));
        }
    };
    let calendar = calendar(&service)?;
    let now = dashboard.clock.now();
    let first = match &query.month {
        None => calendar.date_of(now).first_of_month(),
        Some(text) => month(text)?,
    };
    let (from, end) = calendar.month(first);
    let month = format!("{:04}-{:02}", first.year(), first.month());
    if from >= now {
        return Err(Problem::not_found(format!("{month} has not begun")));
    }
    let services = &dashboard.collector.services;
    let result = services.availability(&service.id, from, end).await?.availability;
    let unfinished = end > now;
    if html {
        let site = dashboard.collector.site();
        let report = Report {
            site: &site.site.name,
            language: &site.site.language,
            service: &service,
            zone: calendar.zone(),
            result: &result,
            made_at: now,
            unfinished,
        };
        return Ok(report.answer());
    }
    let report = ReportView {
        month,
        name: service.name.clone(),
        customer: service.customer.clone(),
        zone: service.zone.clone(),
        met: result.availability.map(|ratio| ratio >= service.objective),
        unfinished,
        made_at: now,
        result: availability_view(&service, result),
    };
    Ok(axum::Json(report).into_response())
}

fn find(dashboard: &Dashboard, id: &str) -> Result<Service, Problem> {
    let site = dashboard.collector.site();
    let service = site.services.iter().find(|service| service.id.as_str() == id);
    service
        .cloned()
        .ok_or_else(|| Problem::not_found(format!("there is no service `{id}`")))
}

fn calendar(service: &Service) -> Result<Calendar, Problem> {
    // It was checked when the revision was applied.
    Calendar::new(service).map_err(|error| Problem::internal(&error))
}

/// Reads `2026-03`.
fn month(text: &str) -> Result<Date, Problem> {
    let parts = text.split_once('-').filter(|(year, month)| {
        (year.len(), month.len()) == (4, 2) && text.bytes().all(|byte| byte == b'-' || byte.is_ascii_digit())
    });
    parts
        .and_then(|(year, month)| Date::new(year.parse().ok()?, month.parse().ok()?, 1).ok())
        .ok_or_else(|| Problem::bad_request(format!("`month={text}` is no month: write it as 2026-03")))
}

fn view(month: Month) -> ServiceView {
    let day = |day: Day| DayView {
        date: day.date,
        state: match day.state {
            None | Some(State::OutOfHours) => "none",
            Some(State::Up) => "up",
            Some(State::Down) => "down",
            Some(State::Planned) => "planned",
            Some(State::Unknown) => "unknown",
        },
    };
    ServiceView {
        service: month.service.id.to_string(),
        name: month.service.name,
        customer: month.service.customer,
        objective: month.service.objective,
        zone: month.service.zone,
        now: month.now.unwrap_or(State::Unknown),
        month: MonthView {
            from: month.so_far.from,
            to: month.so_far.to,
            availability: month.so_far.availability,
            milliseconds: month.so_far.milliseconds.into(),
            budget_milliseconds: month.budget,
            left_milliseconds: month.left,
            days: month.days.into_iter().map(day).collect(),
        },
    }
}

fn availability_view(service: &Service, result: Availability) -> AvailabilityView {
    AvailabilityView {
        service: service.id.to_string(),
        from: result.from,
        to: result.to,
        objective: service.objective,
        milliseconds: result.milliseconds.into(),
        availability: result.availability,
        intervals: result
            .intervals
            .into_iter()
            .map(|interval| IntervalView {
                from: interval.from,
                to: interval.to,
                state: interval.state,
                cause: Some(interval.cause).filter(|cause| !cause.is_empty()),
            })
            .collect(),
    }
}

impl From<plenum_collector::availability::Milliseconds> for MillisecondsView {
    fn from(sums: plenum_collector::availability::Milliseconds) -> Self {
        Self {
            up: sums.up,
            down: sums.down,
            planned: sums.planned,
            unknown: sums.unknown,
            out_of_hours: sums.out_of_hours,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_are_read() {
        assert_eq!(month("2026-03").unwrap(), Date::constant(2026, 3, 1));
        for bad in ["2026", "2026-3", "2026-13", "26-03", "2026-03-01", "+026-03", ""] {
            assert!(month(bad).is_err(), "{bad}");
        }
    }
}
