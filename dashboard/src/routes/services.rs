//! Services: this month at a glance, the availability of any period, and the month's report.

use std::sync::Arc;

use axum::extract::State as Shared;
use axum::response::{IntoResponse, Response};
use plenum_core::availability;
use plenum_core::availability::Calendar;
use plenum_core::site::Service;
use serde::Deserialize;
use utoipa::IntoParams;

use super::{query, report_page};
use crate::extract::{Path, Query};
use crate::language::{Reader, Said};
use crate::problem::Problem;
use crate::sight::Sight;
use crate::state::Dashboard;
use crate::view::{self, Availability, Day, Interval, List, Month, Report, ReportFormat, ServiceState};

/// Which period.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PeriodQuery {
    /// First instant; that of this month where it is absent.
    #[param(value_type = Option<view::Instant>)]
    from: Option<query::Instant>,
    /// First instant after it; now where it is absent or later than now.
    #[param(value_type = Option<view::Instant>)]
    to: Option<query::Instant>,
}

/// Which month, and how it is written.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ReportQuery {
    /// `2026-03`; this month where it is absent.
    #[param(value_type = Option<String>, pattern = "^(19[7-9][0-9]|[2-9][0-9]{3})-(0[1-9]|1[0-2])$")]
    month: Option<query::Month>,
    /// `json` (where it is absent) or `html`.
    format: Option<ReportFormat>,
    /// The language of the page; else that of `Accept-Language`, else the site's.
    language: Option<view::Language>,
}

/// Every service with its month so far.
#[utoipa::path(get, path = "/api/v1/services", tag = "services", responses((status = 200, body = List<view::Service>)))]
pub(crate) async fn list_services(
    Shared(dashboard): Shared<Arc<Dashboard>>,
    sight: Sight,
) -> Result<axum::Json<List<view::Service>>, Problem> {
    let services = &dashboard.collector.services;
    let mut views = Vec::new();
    let site = dashboard.collector.site();
    for service in site.services.iter().filter(|service| sight.service(service)) {
        views.push(view(services.month(&service.id).await?));
    }
    Ok(axum::Json(List::whole(views)))
}

/// A service's availability over any period.
#[utoipa::path(get, path = "/api/v1/services/{id}/availability", tag = "services",
    params(("id" = view::Identifier, Path, description = "The service."), PeriodQuery),
    responses((status = 200, body = Availability),
        (status = 404, description = "There is no such service.")))]
pub(crate) async fn get_availability(
    Shared(dashboard): Shared<Arc<Dashboard>>,
    sight: Sight,
    Path(id): Path<String>,
    Query(query): Query<PeriodQuery>,
) -> Result<axum::Json<Availability>, Problem> {
    let services = &dashboard.collector.services;
    let service = find(&dashboard, &sight, &id)?;
    let now = dashboard.clock.now();
    let to = query.to.map_or(now, |to| to.0);
    let from = match query.from {
        Some(from) => from.0,
        None => Calendar::new(&service).month_of(to).0,
    };
    let (from, to) = query::ordered(from, to)?;
    let report = services.availability(&service.id, from, to).await?;
    Ok(axum::Json(availability_view(&service, report.availability)))
}

/// A month's report.
#[utoipa::path(get, path = "/api/v1/services/{id}/report", tag = "services",
    params(("id" = view::Identifier, Path, description = "The service."), ReportQuery),
    responses((status = 200, content((Report = "application/json"), (String = "text/html"))),
        (status = 404, description = "There is no such service.")))]
pub(crate) async fn get_report(
    Shared(dashboard): Shared<Arc<Dashboard>>,
    reader: Reader,
    sight: Sight,
    Path(id): Path<String>,
    Query(query): Query<ReportQuery>,
) -> Result<Response, Problem> {
    let service = find(&dashboard, &sight, &id)?;
    let calendar = Calendar::new(&service);
    let now = dashboard.clock.now();
    let first = match query.month {
        None => calendar.date_of(now).first_of_month(),
        Some(month) => month.first(),
    };
    let (from, end) = calendar.month(first);
    let month = query::Month::of(first).to_string();
    if from >= now {
        return Err(Problem::not_found(format!("{month} has not begun")));
    }
    let services = &dashboard.collector.services;
    let result = services.availability(&service.id, from, end).await?.availability;
    let unfinished = end > now;
    if query.format == Some(ReportFormat::Html) {
        let reader = query.language.map_or(reader, |language| Reader(language.into()));
        let site = dashboard.collector.site();
        let report = report_page::Report {
            site: &site.site.name,
            language: reader.0,
            service: &service,
            zone: calendar.zone(),
            result: &result,
            made_at: now,
            unfinished,
        };
        return Ok(Said(reader, report.answer()).into_response());
    }
    let report = Report {
        month,
        name: service.name.clone(),
        customer: service.customer.clone(),
        zone: service.zone.to_string(),
        met: result
            .availability
            .map(|ratio| ratio >= objective(&service, &result)),
        unfinished,
        made_at: now,
        result: availability_view(&service, result),
    };
    Ok(axum::Json(report).into_response())
}

/// A service that the caller sees; one of another customer is not there.
fn find(dashboard: &Dashboard, sight: &Sight, id: &str) -> Result<Service, Problem> {
    let site = dashboard.collector.site();
    let mut seen = site.services.iter().filter(|service| sight.service(service));
    let service = seen.find(|service| service.id.as_str() == id);
    service
        .cloned()
        .ok_or_else(|| Problem::not_found(format!("there is no service `{id}`")))
}

fn view(month: plenum_collector::availability::Month) -> view::Service {
    let days = month.days.into_iter().map(|day| Day {
        date: day.date,
        state: day.state.into(),
    });
    view::Service {
        service: month.service.id,
        name: month.service.name,
        customer: month.service.customer,
        objective: month.service.objective,
        zone: month.service.zone.to_string(),
        now: month.now.map_or(ServiceState::Unknown, Into::into),
        month: Month {
            from: month.so_far.from,
            to: month.so_far.to,
            availability: month.so_far.availability,
            milliseconds: month.so_far.milliseconds.into(),
            budget_milliseconds: month.budget,
            left_milliseconds: month.left,
            days: days.collect(),
        },
    }
}

/// The objective in force at the period's end.
fn objective(service: &Service, result: &availability::Availability) -> f64 {
    result.terms.map_or(service.objective, |terms| terms.objective)
}

fn availability_view(service: &Service, result: availability::Availability) -> Availability {
    Availability {
        service: service.id.clone(),
        from: result.from,
        to: result.to,
        objective: objective(service, &result),
        milliseconds: result.milliseconds.into(),
        availability: result.availability,
        intervals: result
            .intervals
            .into_iter()
            .map(|interval| Interval {
                from: interval.from,
                to: interval.to,
                state: interval.state.into(),
                cause: Some(interval.cause).filter(|cause| !cause.is_empty()),
            })
            .collect(),
    }
}
