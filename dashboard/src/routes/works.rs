//! Work in progress: what people do in a room or on the site, and which alarms it may cause.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use plenum_collector::alarms::WorkCursor;
use plenum_core::site::Site;
use plenum_core::work::{Plan, Work};
use plenum_protocol::{Duration, Identifier, Timestamp};
use serde::Deserialize;
use utoipa::IntoParams;

use super::names::Names;
use super::query;
use crate::audit::About;
use crate::auth::Caller;
use crate::extract::{Body, Number, Query};
use crate::language::Said;
use crate::problem::Problem;
use crate::sight::Sight;
use crate::state::Dashboard;
use crate::view::{self, List, NewWork};

/// What is over, on one page at most.
const PAGE: usize = 50;
/// Alarms of each at most.
const CAME: usize = 50;
/// So far back it goes where nobody says how far.
const BACK: Duration = Duration::from_hours(24 * 30);

type Answer = (Extension<About>, Said<axum::Json<view::Work>>);

/// Which work that is over.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct EndedQuery {
    /// What has ended since; 30 days where it is absent.
    #[param(value_type = Option<view::Instant>)]
    from: Option<query::Instant>,
    /// What a former page gave as `next`.
    cursor: Option<String>,
    /// At most so many.
    #[param(value_type = Option<view::PageSize>)]
    limit: Option<query::Limit>,
}

/// Work that is planned or goes on.
#[utoipa::path(get, path = "/api/v1/work", tag = "alarms",
    responses((status = 200, body = List<view::Work>)))]
pub(crate) async fn list_works(
    State(dashboard): State<Arc<Dashboard>>,
    names: Names,
    sight: Sight,
) -> Result<Said<axum::Json<List<view::Work>>>, Problem> {
    let list = List::whole(views(&dashboard, &names, &open(&dashboard, &sight)));
    Ok(Said(names.reader(), axum::Json(list)))
}

/// Work that is over, what ended last first: who did it and why, and what came during it.
#[utoipa::path(get, path = "/api/v1/work/ended", tag = "alarms", params(EndedQuery),
    responses((status = 200, body = List<view::EndedWork>)))]
pub(crate) async fn list_ended(
    State(dashboard): State<Arc<Dashboard>>,
    names: Names,
    sight: Sight,
    Query(query): Query<EndedQuery>,
) -> Result<Said<axum::Json<List<view::EndedWork>>>, Problem> {
    let (limit, now) = (query::limit(query.limit, PAGE), dashboard.clock.now());
    let since = query.from.map_or(now - BACK, |from| from.0);
    let after = query.cursor.as_deref().map(place).transpose()?;
    let (alarms, sees) = (&dashboard.collector.alarms, sight.clone());
    let ended = alarms.works_ended(since, after, limit, move |work| is_seen(&sees, work));
    let (ended, next) = ended.await?;
    let site = dashboard.collector.site();
    let items = ended.into_iter().map(|(work, came)| {
        let hidden = came
            .into_iter()
            .filter_map(|came| Some((alarms.alarm(came.alarm).filter(|alarm| sight.alarm(alarm))?, came)));
        let mut hidden: Vec<_> = hidden
            .map(|(alarm, came)| names.hidden(alarm, came, now))
            .collect();
        let more = hidden.len().saturating_sub(CAME) as u64;
        hidden.truncate(CAME);
        view::EndedWork {
            work: view_of(&site, &names, &work),
            came: hidden,
            more,
        }
    });
    let list = List {
        items: items.collect(),
        next: next.map(|(at, id)| format!("{}-{id}", at.milliseconds())),
    };
    Ok(Said(names.reader(), axum::Json(list)))
}

/// Reads a place in that list.
fn place(cursor: &str) -> Result<WorkCursor, Problem> {
    let (at, id) = super::alarms::position(cursor)?;
    Ok((Timestamp::from_milliseconds(at), id.cast_unsigned()))
}

/// Says that work is done or planned. What it names and comes while it goes on is watched, logged, shown, and told to nobody; what still stands at its end is told
/// then. It ends by itself.
#[utoipa::path(post, path = "/api/v1/work", tag = "alarms", request_body = NewWork,
    responses((status = 200, body = view::Work), (status = 404, description = "There is no such room."),
        (status = 409, description = "Too many are planned or go on."),
        (status = 422, description = "It names no kind or says no reason, or would be over before it begins, last too long or begin too late.")))]
pub(crate) async fn begin(
    State(dashboard): State<Arc<Dashboard>>,
    names: Names,
    caller: Caller,
    sight: Sight,
    Body(body): Body<NewWork>,
) -> Result<Answer, Problem> {
    let site = dashboard.collector.site();
    let (room, now) = (body.room.as_ref(), dashboard.clock.now());
    look(&site, &sight, room)?;
    let from = match &body.from {
        Some(text) => instant(&site, text)?,
        None => now,
    };
    let until = match (&body.until, body.minutes) {
        (Some(text), None) => instant(&site, text)?,
        (None, Some(minutes)) => from.max(now) + Duration::from_minutes(minutes.into()),
        _ => {
            return Err(Problem::unprocessable(
                "say when it ends, in `until` or in `minutes`",
            ));
        }
    };
    let plan = Plan {
        room: body.room,
        kinds: body.kinds.into_iter().map(Into::into).collect(),
        from,
        until,
        reason: body.reason,
    };
    let begun = dashboard
        .collector
        .alarms
        .begin_work(plan, caller.identity.actor());
    Ok(answer(&site, &names, &begun.await?))
}

/// Ends work, or takes back what was planned. What came during it and still stands is told at once.
#[utoipa::path(post, path = "/api/v1/work/{number}/end", tag = "alarms",
    params(("number" = view::Number, Path, description = "Its number.")),
    responses((status = 200, body = view::Work), (status = 403, description = "It is on the whole site, and the caller sees a part of that."),
        (status = 404, description = "There is no such work."), (status = 409, description = "It is over.")))]
pub(crate) async fn end(
    State(dashboard): State<Arc<Dashboard>>,
    names: Names,
    caller: Caller,
    sight: Sight,
    Number(number): Number,
) -> Result<Answer, Problem> {
    let site = dashboard.collector.site();
    let alarms = &dashboard.collector.alarms;
    let work = alarms.work(number).await?.filter(|work| is_seen(&sight, work));
    let work = work.ok_or_else(|| Problem::not_found(format!("there is no work {number}")))?;
    if !sight.room(work.room.as_ref()) {
        return Err(Problem::not_theirs(
            "this work is on the whole site, and you see a part of it: whoever sees all of it ends it",
        ));
    }
    let ended = alarms.end_work(number, caller.identity.actor()).await?;
    Ok(answer(&site, &names, &ended))
}

/// Work on the whole site silences everybody's rooms too.
fn is_seen(sight: &Sight, work: &Work) -> bool {
    work.room.is_none() || sight.room(work.room.as_ref())
}

/// What is planned or goes on and the caller sees, in the order in which it was said.
pub(super) fn open(dashboard: &Dashboard, sight: &Sight) -> Vec<Work> {
    let works = dashboard.collector.alarms.works().borrow().clone();
    let seen = works.iter().filter(|work| is_seen(sight, work));
    seen.cloned().collect()
}

/// Whoever silences a room sees it; the whole site is for whoever sees all of it.
fn look(site: &Site, sight: &Sight, room: Option<&Identifier>) -> Result<(), Problem> {
    let is_there = room.is_none_or(|room| site.room(room).is_some());
    match room {
        _ if is_there && sight.room(room) => Ok(()),
        Some(room) => Err(Problem::not_found(format!("there is no room `{room}`"))),
        None => Err(Problem::unprocessable("name a room: you see a part of the site")),
    }
}

fn instant(site: &Site, text: &str) -> Result<Timestamp, Problem> {
    let instant = query::moment(text)?.in_zone(&site.site.zone);
    instant.map_err(|error| Problem::unprocessable(error.to_string()))
}

fn answer(site: &Site, names: &Names, work: &Work) -> Answer {
    let about = Extension(About::on(work.id));
    (
        about,
        Said(names.reader(), axum::Json(view_of(site, names, work))),
    )
}

/// Work as the API says it, whether it is over or not.
pub(super) fn views(dashboard: &Dashboard, names: &Names, works: &[Work]) -> Vec<view::Work> {
    let site = dashboard.collector.site();
    works.iter().map(|work| view_of(&site, names, work)).collect()
}

fn view_of(site: &Site, names: &Names, work: &Work) -> view::Work {
    let room = work.room.as_ref().and_then(|room| site.room(room));
    view::Work {
        number: work.id,
        room: work.room.clone(),
        room_name: room.map(|room| room.name.clone()),
        kinds: work.kinds.iter().copied().map(Into::into).collect(),
        state: work.state.into(),
        from: work.from,
        until: work.until,
        reason: work.reason.clone(),
        by: names.who(&work.by),
        at: work.at,
        ended_at: work.ended_at,
        ended_by: work.ended_by.as_ref().map(|by| names.who(by)),
    }
}
