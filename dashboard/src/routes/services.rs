//! Services: this month at a glance, the availability of any period, and the month's report.

use std::str::FromStr;
use std::sync::Arc;

use axum::extract::State as Shared;
use axum::response::{IntoResponse, Response};
use jiff::civil::Date;
use plenum_core::availability;
use plenum_core::availability::Calendar;
use plenum_core::site::Service;
use serde::de::Error;
use serde::{Deserialize, Deserializer};
use utoipa::IntoParams;

use super::{query, report_page};
use crate::extract::{Path, Query};
use crate::problem::Problem;
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
    month: Option<FirstOfMonth>,
    /// `json` (where it is absent) or `html`.
    format: Option<ReportFormat>,
}

/// Every service with its month so far.
#[utoipa::path(get, path = "/api/v1/services", tag = "services", responses((status = 200, body = List<view::Service>)))]
pub(crate) async fn list_services(
    Shared(dashboard): Shared<Arc<Dashboard>>,
) -> Result<axum::Json<List<view::Service>>, Problem> {
    let services = &dashboard.collector.services;
    let mut views = Vec::new();
    for service in &dashboard.collector.site().services {
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
    Path(id): Path<String>,
    Query(query): Query<PeriodQuery>,
) -> Result<axum::Json<Availability>, Problem> {
    let services = &dashboard.collector.services;
    let service = find(&dashboard, &id)?;
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
    Path(id): Path<String>,
    Query(query): Query<ReportQuery>,
) -> Result<Response, Problem> {
    let service = find(&dashboard, &id)?;
    let calendar = Calendar::new(&service);
    let now = dashboard.clock.now();
    let first = match query.month {
        None => calendar.date_of(now).first_of_month(),
        Some(month) => month.0,
    };
    let (from, end) = calendar.month(first);
    let month = format!("{:04}-{:02}", first.year(), first.month());
    if from >= now {
        return Err(Problem::not_found(format!("{month} has not begun")));
    }
    let services = &dashboard.collector.services;
    let result = services.availability(&service.id, from, end).await?.availability;
    let unfinished = end > now;
    if query.format == Some(ReportFormat::Html) {
        let site = dashboard.collector.site();
        let report = report_page::Report {
            site: &site.site.name,
            language: site.site.language,
            service: &service,
            zone: calendar.zone(),
            result: &result,
            made_at: now,
            unfinished,
        };
        return Ok(report.answer());
    }
    let report = Report {
        month,
        name: service.name.clone(),
        customer: service.customer.clone(),
        zone: service.zone.to_string(),
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

/// A month by its first day, written as `2026-03`.
#[derive(Debug, Clone, Copy)]
struct FirstOfMonth(Date);

impl FromStr for FirstOfMonth {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let parts = text.split_once('-').filter(|(year, month)| {
            (year.len(), month.len()) == (4, 2)
                && text.bytes().all(|byte| byte == b'-' || byte.is_ascii_digit())
        });
        parts
            .and_then(|(year, month)| Date::new(year.parse().ok()?, month.parse().ok()?, 1).ok())
            // Nothing was measured before, and a report's instants must be ones that can be written.
            .filter(|first| first.year() >= 1970)
            .map(Self)
            .ok_or_else(|| format!("`{text}` is not a valid month: write it as 2026-03"))
    }
}

impl<'de> Deserialize<'de> for FirstOfMonth {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(D::Error::custom)
    }
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

fn availability_view(service: &Service, result: availability::Availability) -> Availability {
    Availability {
        service: service.id.clone(),
        from: result.from,
        to: result.to,
        objective: service.objective,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_are_read() {
        assert_eq!(
            "2026-03".parse::<FirstOfMonth>().unwrap().0,
            Date::constant(2026, 3, 1)
        );
        for bad in [
            "2026",
            "2026-3",
            "2026-13",
            "26-03",
            "2026-03-01",
            "+026-03",
            "0000-01",
            "1969-12",
            "",
        ] {
            assert!(bad.parse::<FirstOfMonth>().is_err(), "{bad}");
        }
    }
}
