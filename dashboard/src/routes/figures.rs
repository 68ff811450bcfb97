//! The figures of the alarms themselves over a period, as JSON and as a text for the month's report.

use std::cmp::Reverse;
use std::sync::Arc;

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use jiff::tz::TimeZone;
use plenum_collector::facts;
use plenum_core::alarms::Alarm;
use plenum_core::alarms::figures::{Burst, Figures, LONGEST, Proposal, TOP};
use plenum_core::site::Site;
use plenum_core::text::{self, Form, Language};
use plenum_protocol::{Duration, Timestamp};
use serde::Deserialize;
use utoipa::IntoParams;

use super::names::Names;
use super::query;
use crate::extract::Query;
use crate::language::{Reader, Said};
use crate::problem::Problem;
use crate::state::Dashboard;
use crate::view::{self, FiguresFormat, Says};

/// The period where nothing is said of where it begins.
const USUAL: Duration = Duration::from_hours(24 * 30);
/// So many floods are listed.
const FLOODS: usize = 10;
/// What would help is looked for of so many alarms.
const PROPOSALS: usize = 10;

/// Which period, and how it is written.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct FiguresQuery {
    /// First instant; 30 days before `to` where it is absent.
    #[param(value_type = Option<view::Instant>)]
    from: Option<query::Instant>,
    /// First instant after it; now where it is absent or later than now. The period is 400 days at most.
    #[param(value_type = Option<view::Instant>)]
    to: Option<query::Instant>,
    /// `2026-03`, in the site's zone, instead of `from` and `to`.
    #[param(value_type = Option<String>, pattern = "^(19[7-9][0-9]|[2-9][0-9]{3})-(0[1-9]|1[0-2])$")]
    month: Option<query::Month>,
    /// `json` (where it is absent) or `text`: Markdown.
    format: Option<FiguresFormat>,
    /// The language of the text; else that of `Accept-Language`, else the site's.
    language: Option<view::Language>,
}

/// How good the alarms themselves are (ISA-18.2, IEC 62682, EEMUA 191), and what would help against the worst.
#[utoipa::path(get, path = "/api/v1/alarms/figures", tag = "alarms", params(FiguresQuery),
    responses((status = 200, content((view::Figures = "application/json"), (String = "text/markdown"))),
        (status = 404, description = "The month has not begun.")))]
pub(crate) async fn get_figures(
    State(dashboard): State<Arc<Dashboard>>,
    reader: Reader,
    Query(query): Query<FiguresQuery>,
) -> Result<Response, Problem> {
    let site = dashboard.collector.site();
    let now = dashboard.clock.now();
    let alarms = &dashboard.collector.alarms;
    // A month's end in no zone tells which revision's zone the month is in.
    let end = match query.month {
        Some(month) => month.within(&TimeZone::UTC).1,
        None => query.to.map_or(now, |to| to.0),
    };
    let terms = alarms.terms(end.min(now)).await?;
    let period = period(&query, &terms, now)?;
    let figures = alarms.figures(period, terms.clone()).await?;
    let proposals = proposals(&dashboard, &site, &figures).await?;
    let reader = query.language.map_or(reader, |language| Reader(language.into()));
    if query.format == Some(FiguresFormat::Text) {
        let month = query.month.map(|month| month.to_string());
        let text = text::figures::write(&text::figures::Report {
            site: &terms,
            form: &Form::of(&terms, reader.0, now),
            month: month.as_deref(),
            figures: &figures,
            alarms: &alarms.alarms(true),
            proposals: &proposals,
        });
        let markdown = [(header::CONTENT_TYPE, "text/markdown; charset=utf-8")];
        return Ok(Said(reader, (markdown, text)).into_response());
    }
    let proposals = proposals
        .iter()
        .map(|(alarm, proposal)| view(&site, *alarm, proposal, now));
    let people = dashboard.collector.directory().await?;
    let names = Names::new(site.clone(), people, reader, alarms.clone());
    let frequent = figures
        .frequent
        .iter()
        .filter(|one| one.annunciated > 0)
        .take(TOP);
    let frequent = frequent.filter_map(|one| {
        let alarm = names.alarm(dashboard.collector.alarms.alarm(one.alarm)?, now);
        Some(view::Frequent {
            alarm: one.alarm,
            name: alarm.name,
            room_name: alarm.room_name,
            sensor_name: alarm.sensor_name,
            subject: alarm.subject,
            priority: alarm.priority,
            annunciated: one.annunciated,
            share: figures.share(one.annunciated),
            fleeting: one.fleeting,
            chattering: one.chattering,
        })
    });
    Ok(axum::Json(figures_view(&figures, frequent.collect(), proposals.collect())).into_response())
}

/// What is asked for, as far as it is past.
fn period(query: &FiguresQuery, site: &Site, now: Timestamp) -> Result<(Timestamp, Timestamp), Problem> {
    let (from, to) = match query.month {
        Some(_) if query.from.is_some() || query.to.is_some() => {
            return Err(Problem::bad_request("say `month`, or `from` and `to`, not both"));
        }
        Some(month) => {
            let (from, to) = month.within(&site.site.zone);
            if from >= now {
                return Err(Problem::not_found(format!("{month} has not begun")));
            }
            (from, to.min(now))
        }
        None => {
            let to = query.to.map_or(now, |to| to.0.min(now));
            (query.from.map_or(to - USUAL, |from| from.0), to)
        }
    };
    if from >= to {
        return Err(Problem::bad_request(format!(
            "the period is empty: it would begin at {from} and end at {to}"
        )));
    }
    if to.since(from) > LONGEST {
        return Err(Problem::bad_request(
            "the period is longer than 400 days: ask for it in parts",
        ));
    }
    Ok((from, to))
}

/// What would help against those that came most often one time after the other.
async fn proposals(
    dashboard: &Dashboard,
    site: &Site,
    figures: &Figures,
) -> Result<Vec<(u64, Proposal)>, Problem> {
    let bursts = figures.frequent.iter();
    let mut bursts: Vec<(u64, Burst)> = bursts.filter_map(|one| Some((one.alarm, one.burst?))).collect();
    bursts.sort_by_key(|(alarm, burst)| (Reverse(burst.raises), *alarm));
    let mut proposals = Vec::new();
    for (number, burst) in bursts.into_iter().take(PROPOSALS) {
        let (alarms, history) = (&dashboard.collector.alarms, &dashboard.collector.history);
        let Some(alarm) = alarms.alarm(number) else {
            continue;
        };
        let proposal = facts::proposal(alarms, history, site, &alarm, burst).await?;
        proposals.extend(proposal.map(|proposal| (number, proposal)));
    }
    Ok(proposals)
}

/// What would help against the worst burst of one alarm since an instant.
pub(super) async fn proposal_of(
    dashboard: &Dashboard,
    alarm: &Alarm,
    (since, now): (Timestamp, Timestamp),
) -> Result<Option<view::Proposal>, Problem> {
    let site = dashboard.collector.site();
    let (alarms, history) = (&dashboard.collector.alarms, &dashboard.collector.history);
    let proposal = facts::proposal_since(alarms, history, &site, alarm, (since, now)).await?;
    Ok(proposal.map(|proposal| view(&site, alarm.id, &proposal, now)))
}

fn view(site: &Site, alarm: u64, proposal: &Proposal, now: Timestamp) -> view::Proposal {
    let says = |language| text::figures::proposal(&Form::of(site, language, now), proposal);
    let says = Says {
        en: says(Language::English),
        nl: says(Language::Dutch),
    };
    view::Proposal::new(alarm, proposal, says)
}

fn figures_view(
    figures: &Figures,
    frequent: Vec<view::Frequent>,
    proposals: Vec<view::Proposal>,
) -> view::Figures {
    let mut floods: Vec<&_> = figures.floods.iter().collect();
    floods.sort_by_key(|flood| Reverse(flood.to.since(flood.from)));
    floods.truncate(FLOODS);
    floods.sort_by_key(|flood| flood.from);
    let [critical, high, medium, low] = figures.priorities;
    view::Figures {
        from: figures.from,
        to: figures.to,
        operators: figures.operators,
        annunciated: figures.annunciated,
        alarms: figures.alarms,
        targets: figures.judged().into_iter().map(Into::into).collect(),
        periods: figures.periods,
        busy: figures.busy,
        peak_from: figures.peak.from,
        floods: figures.floods.len() as u64,
        flood_milliseconds: figures.in_flood().milliseconds(),
        longest_floods: floods.into_iter().map(Into::into).collect(),
        chattering: figures.chattering,
        priorities: view::Priorities {
            critical,
            high,
            medium,
            low,
        },
        standing: figures.standing.into(),
        stale: figures.stale.into(),
        shelved: figures.shelved.into(),
        suppressed: figures.suppressed.into(),
        out_of_service: figures.out_of_service.into(),
        frequent,
        proposals,
    }
}
