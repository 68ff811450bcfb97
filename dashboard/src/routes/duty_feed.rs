//! The feed of somebody's duties: its address, and the calendar that a program fetches there.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use plenum_core::duty::ical;
use plenum_core::site::{Person, Site};
use plenum_protocol::{Duration, Timestamp};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use utoipa::IntoParams;

use crate::auth::Caller;
use crate::extract::Query;
use crate::problem::Problem;
use crate::state::Dashboard;
use crate::view::{DutyFeed, DutyFeedAddress};

/// What a calendar program sees of the past, and of what is to come.
const BEHIND: Duration = Duration::from_hours(31 * 24);
const AHEAD: Duration = Duration::from_hours(366 * 24);

/// What the address ends with.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct FeedQuery {
    /// The secret of the address.
    token: String,
}

/// Whether one's own feed of duties has an address, and when it was last fetched.
#[utoipa::path(get, path = "/api/v1/session/duty-feed", tag = "duty", responses((status = 200, body = DutyFeed)))]
pub(crate) async fn get_feed(
    State(dashboard): State<Arc<Dashboard>>,
    caller: Caller,
) -> Result<axum::Json<DutyFeed>, Problem> {
    let feed = dashboard.collector.people.feed(&caller.identity).await?;
    Ok(axum::Json(DutyFeed {
        made_at: feed.map(|feed| feed.made_at),
        used_at: feed.and_then(|feed| feed.used_at),
    }))
}

/// Gives one's own feed of duties an address for a calendar program, shown this once. A former one shows nothing any more.
#[utoipa::path(post, path = "/api/v1/session/duty-feed", tag = "duty",
    responses((status = 200, body = DutyFeedAddress)))]
pub(crate) async fn make_feed(
    State(dashboard): State<Arc<Dashboard>>,
    caller: Caller,
) -> Result<axum::Json<DutyFeedAddress>, Problem> {
    let secret = dashboard.collector.people.make_feed(&caller.identity).await?;
    Ok(axum::Json(DutyFeedAddress {
        path: format!("/api/v1/duties.ics?token={secret}"),
    }))
}

/// Takes the address of one's own feed of duties back.
#[utoipa::path(delete, path = "/api/v1/session/duty-feed", tag = "duty",
    responses((status = 204, description = "It shows nothing any more.")))]
pub(crate) async fn end_feed(
    State(dashboard): State<Arc<Dashboard>>,
    caller: Caller,
) -> Result<StatusCode, Problem> {
    dashboard.collector.people.end_feed(&caller.identity).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Somebody's duties of the last 31 days and the next 12 months, as iCalendar. Its address is the key to it, and to nothing else.
#[utoipa::path(get, path = "/api/v1/duties.ics", tag = "duty", security(()), params(FeedQuery),
    responses((status = 200, description = "RFC 5545", body = String, content_type = "text/calendar"),
        (status = 304, description = "It is as it was."),
        (status = 404, description = "The address is not known, or was taken back.")))]
pub(crate) async fn get_duties(
    State(dashboard): State<Arc<Dashboard>>,
    headers: HeaderMap,
    Query(query): Query<FeedQuery>,
) -> Result<Response, Problem> {
    let person = dashboard.collector.people.of_feed(&query.token).await?;
    let unknown = || Problem::not_found("this address shows no duties: it was taken back, or never was one");
    let person = person.ok_or_else(unknown)?;
    let (site, now) = (dashboard.collector.site(), dashboard.clock.now());
    // Whoever the site does not write to has no duties, and an empty calendar.
    let own = site.person(&person.name).cloned().unwrap_or_else(|| Person {
        id: site.site.id.clone(),
        name: person.name.clone(),
        language: None,
    });
    // The instant at which it is written stands in it, which alone does not make it another.
    let unchanged = calendar(&dashboard, &site, &own, (now, Timestamp::from_milliseconds(0)));
    let hash = Sha256::digest(unchanged.as_bytes());
    let tag = hash.iter().take(16).map(|byte| format!("{byte:02x}"));
    let tag = format!("W/\"{}\"", tag.collect::<String>());
    let tagged = |response: Response| {
        let mut response = response;
        let value = HeaderValue::from_str(&tag).unwrap_or(HeaderValue::from_static("W/\"\""));
        response.headers_mut().insert(header::ETAG, value);
        let private = HeaderValue::from_static("private, no-cache");
        response.headers_mut().insert(header::CACHE_CONTROL, private);
        response
    };
    let known = headers.get_all(header::IF_NONE_MATCH).iter();
    let mut known = known
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','));
    if known.any(|known| known.trim() == tag) {
        return Ok(tagged(StatusCode::NOT_MODIFIED.into_response()));
    }
    let kind = [(header::CONTENT_TYPE, "text/calendar; charset=utf-8")];
    let text = calendar(&dashboard, &site, &own, (now, now));
    Ok(tagged((kind, text).into_response()))
}

fn calendar(
    dashboard: &Dashboard,
    site: &Site,
    own: &Person,
    (now, written): (Timestamp, Timestamp),
) -> String {
    let language = own.language.unwrap_or(site.site.language);
    // By whole days, so that it is the same until something is another.
    let day = Duration::from_hours(24).milliseconds();
    let today = Timestamp::from_milliseconds(now.milliseconds().div_euclid(day) * day);
    dashboard.collector.duty.with_plan(|plan| {
        let duties = plan.duties(&own.id, today - BEHIND, today + AHEAD);
        ical::written(site, own, &duties, language, written)
    })
}
