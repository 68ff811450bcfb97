//! Alarms: the list, one with its history, and what a person does to it.

use std::sync::Arc;

use axum::extract::State;
use plenum_core::alarms::Alarm;
use plenum_core::fact::ActionKind;
use plenum_protocol::{Duration, Timestamp};
use serde::Deserialize;
use utoipa::IntoParams;

use super::names::Names;
use super::query;
use crate::auth::Caller;
use crate::extract::{Body, Number, Query};
use crate::language::Said;
use crate::problem::Problem;
use crate::sight::Sight;
use crate::state::Dashboard;
use crate::view::{self, Acknowledge, AlarmDetail, AlarmFilter, AlarmState, Comment, Event, List};

/// Alarms on a page at most.
const PAGE: usize = 5_000;
/// Transitions on a page at most.
const EVENTS: usize = 10_000;
/// Transitions of one alarm at most.
const EVENTS_OF_ONE: usize = 2_000;
/// Episodes in an answer at most: the newest of the period.
const EPISODES: usize = 10_000;
/// How far back an alarm's own history goes.
const HISTORY: Duration = Duration::from_hours(24 * 90);
/// Characters of a comment at most.
const COMMENT: usize = 2_000;

/// Which alarms.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct AlarmsQuery {
    /// `active` (the condition holds, and nothing lies over it), `open` (all that is not normal), `all`, or one state by its name. Absent means `all`.
    state: Option<AlarmFilter>,
    /// What a former page gave as `next`.
    cursor: Option<String>,
    /// At most so many.
    #[param(value_type = Option<view::PageSize>)]
    limit: Option<query::Limit>,
}

/// Which transitions.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct EventsQuery {
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

/// Which episodes.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct EpisodesQuery {
    /// First instant; a day before `to` where it is absent.
    #[param(value_type = Option<view::Instant>)]
    from: Option<query::Instant>,
    /// First instant after it; now where it is absent.
    #[param(value_type = Option<view::Instant>)]
    to: Option<query::Instant>,
    /// At most so many, the newest.
    #[param(value_type = Option<view::PageSize>)]
    limit: Option<query::Limit>,
}

/// Alarms, the newest raised first.
#[utoipa::path(get, path = "/api/v1/alarms", tag = "alarms", params(AlarmsQuery),
    responses((status = 200, body = List<view::Alarm>)))]
pub(crate) async fn list_alarms(
    State(dashboard): State<Arc<Dashboard>>,
    names: Names,
    sight: Sight,
    Query(query): Query<AlarmsQuery>,
) -> Result<Said<axum::Json<List<view::Alarm>>>, Problem> {
    let filter = query.state.unwrap_or(AlarmFilter::All);
    let limit = query::limit(query.limit, PAGE);
    let after = query
        .cursor
        .as_deref()
        .map(position)
        .transpose()?
        .map(|(at, id)| (Timestamp::from_milliseconds(at), id.cast_unsigned()));
    let mut alarms: Vec<Alarm> = dashboard.collector.alarms.alarms(true);
    alarms.retain(|alarm| {
        filter.takes(AlarmState::of_alarm(alarm))
            && sight.alarm(alarm)
            && after.is_none_or(|after| (alarm.raised_at, alarm.id) < after)
    });
    alarms.sort_by_key(|alarm| std::cmp::Reverse((alarm.raised_at, alarm.id)));
    let more = alarms.len() > limit;
    alarms.truncate(limit);
    let next = alarms
        .last()
        .filter(|_| more)
        .map(|alarm| format!("{}-{}", alarm.raised_at.milliseconds(), alarm.id));
    let now = dashboard.clock.now();
    let items = alarms.into_iter().map(|alarm| names.alarm(alarm, now)).collect();
    Ok(Said(names.reader(), axum::Json(List { items, next })))
}

/// Reads a position in a list: an instant and a number.
pub(super) fn position(cursor: &str) -> Result<(i64, i64), Problem> {
    let parts = cursor.rsplit_once('-');
    parts
        .and_then(|(at, id)| Some((at.parse().ok()?, id.parse().ok()?)))
        .ok_or_else(|| query::no_cursor(cursor))
}

/// An alarm with its history of 90 days and what was sent about it.
#[utoipa::path(get, path = "/api/v1/alarms/{id}", tag = "alarms", params(("id" = view::Number, Path, description = "Its number.")),
    responses((status = 200, body = AlarmDetail), (status = 404, description = "There is no such alarm.")))]
pub(crate) async fn get_alarm(
    State(dashboard): State<Arc<Dashboard>>,
    names: Names,
    sight: Sight,
    Number(id): Number,
) -> Result<Said<axum::Json<AlarmDetail>>, Problem> {
    let alarms = &dashboard.collector.alarms;
    let alarm = seen(&dashboard, &sight, id)?;
    let now = dashboard.clock.now();
    let since = now - HISTORY;
    let events = alarms.events_of(id, EVENTS_OF_ONE).await?;
    let deliveries = dashboard.collector.deliveries_of(id).await?;
    let episodes = alarms.episodes_of(id, since, now).await?;
    let proposal = super::figures::proposal_of(&dashboard, &alarm, (since, now)).await?;
    Ok(Said(
        names.reader(),
        axum::Json(AlarmDetail {
            proposal,
            episodes: episodes
                .into_iter()
                .map(|episode| names.episode(&alarm, episode))
                .collect(),
            events: events
                .into_iter()
                .filter(|event| event.at >= since)
                .map(|event| names.event(event, Some(&alarm), now))
                .collect(),
            alarm: names.alarm(alarm, now),
            deliveries: deliveries.into_iter().map(Into::into).collect(),
        }),
    ))
}

/// An alarm that the caller sees; one of another room is not there.
fn seen(dashboard: &Dashboard, sight: &Sight, id: u64) -> Result<Alarm, Problem> {
    let alarm = dashboard.collector.alarms.alarm(id);
    let alarm = alarm.filter(|alarm| sight.alarm(alarm));
    alarm.ok_or_else(|| Problem::not_found(format!("there is no alarm {id}")))
}

/// Transitions of all alarms, the oldest first.
#[utoipa::path(get, path = "/api/v1/alarms/events", tag = "alarms", params(EventsQuery),
    responses((status = 200, body = List<Event>)))]
pub(crate) async fn list_events(
    State(dashboard): State<Arc<Dashboard>>,
    names: Names,
    sight: Sight,
    Query(query): Query<EventsQuery>,
) -> Result<Said<axum::Json<List<Event>>>, Problem> {
    let (from, to) = query::period(query.from, query.to, dashboard.clock.now())?;
    let limit = query::limit(query.limit, EVENTS);
    let after = query.cursor.as_deref().map(position).transpose()?;
    let (events, next) = dashboard.collector.alarms.events(from, to, after, limit).await?;
    let now = dashboard.clock.now();
    let items = events.into_iter().filter_map(|event| {
        let alarm = dashboard.collector.alarms.alarm(event.alarm);
        let is_seen = alarm
            .as_ref()
            .map_or(sight.room(None), |alarm| sight.alarm(alarm));
        is_seen.then(|| names.event(event, alarm.as_ref(), now))
    });
    Ok(Said(
        names.reader(),
        axum::Json(List {
            items: items.collect(),
            next: next.map(|(at, id)| format!("{at}-{id}")),
        }),
    ))
}

/// When alarms stood in a period, the newest first: each from when it was raised until its condition was gone.
#[utoipa::path(get, path = "/api/v1/alarms/episodes", tag = "alarms", params(EpisodesQuery),
    responses((status = 200, body = List<view::Episode>)))]
pub(crate) async fn list_episodes(
    State(dashboard): State<Arc<Dashboard>>,
    names: Names,
    sight: Sight,
    Query(query): Query<EpisodesQuery>,
) -> Result<Said<axum::Json<List<view::Episode>>>, Problem> {
    let (from, to) = query::period(query.from, query.to, dashboard.clock.now())?;
    let limit = query::limit(query.limit, EPISODES);
    let episodes = dashboard.collector.alarms.episodes(from, to, limit).await?;
    let items = episodes
        .into_iter()
        .filter(|(alarm, _)| sight.alarm(alarm))
        .map(|(alarm, episode)| names.episode(&alarm, episode));
    Ok(Said(names.reader(), axum::Json(List::whole(items))))
}

/// "I have it." The answer is the alarm as it then stands.
#[utoipa::path(post, path = "/api/v1/alarms/{id}/acknowledge", tag = "alarms", params(("id" = view::Number, Path, description = "Its number.")), request_body = Acknowledge,
    responses((status = 200, body = view::Alarm), (status = 404, description = "There is no such alarm."),
        (status = 409, description = "There is nothing to acknowledge, or it was raised anew since `raised_at`."),
        (status = 422, description = "`until` is too soon or too far away.")))]
pub(crate) async fn acknowledge(
    State(dashboard): State<Arc<Dashboard>>,
    names: Names,
    caller: Caller,
    sight: Sight,
    Number(id): Number,
    Body(body): Body<Acknowledge>,
) -> Result<Said<axum::Json<view::Alarm>>, Problem> {
    seen(&dashboard, &sight, id)?;
    let comment = checked(body.comment)?;
    let (kind, by) = (taking(body.until), caller.identity.actor());
    let alarms = &dashboard.collector.alarms;
    let alarm = alarms.act(id, kind, body.raised_at, by, &comment).await?;
    let now = dashboard.clock.now();
    Ok(Said(names.reader(), axum::Json(names.alarm(alarm, now))))
}

/// "I have it no longer." Whoever is called for it is told that it stands and that nobody has it. The answer is the alarm as it then stands.
#[utoipa::path(post, path = "/api/v1/alarms/{id}/unacknowledge", tag = "alarms", params(("id" = view::Number, Path, description = "Its number.")), request_body = Comment,
    responses((status = 200, body = view::Alarm), (status = 404, description = "There is no such alarm."),
        (status = 409, description = "Nobody has it, or it does not stand any more.")))]
pub(crate) async fn unacknowledge(
    State(dashboard): State<Arc<Dashboard>>,
    names: Names,
    caller: Caller,
    sight: Sight,
    Number(id): Number,
    Body(body): Body<Comment>,
) -> Result<Said<axum::Json<view::Alarm>>, Problem> {
    let comment = checked(body.comment)?;
    act(
        &dashboard,
        names,
        (caller, &sight),
        id,
        ActionKind::GiveBack,
        comment,
    )
    .await
}

/// "I have it", until an instant where that is said.
pub(super) fn taking(until: Option<Timestamp>) -> ActionKind {
    until.map_or(ActionKind::Acknowledge, |until| ActionKind::AcknowledgeUntil {
        until,
    })
}

/// Ends a latched alarm whose condition is gone.
#[utoipa::path(post, path = "/api/v1/alarms/{id}/reset", tag = "alarms", params(("id" = view::Number, Path, description = "Its number.")), request_body = Comment,
    responses((status = 200, body = view::Alarm), (status = 404, description = "There is no such alarm."),
        (status = 409, description = "It is not latched, or its condition still holds.")))]
pub(crate) async fn reset(
    State(dashboard): State<Arc<Dashboard>>,
    names: Names,
    caller: Caller,
    sight: Sight,
    Number(id): Number,
    Body(body): Body<Comment>,
) -> Result<Said<axum::Json<view::Alarm>>, Problem> {
    let comment = checked(body.comment)?;
    act(
        &dashboard,
        names,
        (caller, &sight),
        id,
        ActionKind::Reset,
        comment,
    )
    .await
}

/// What a person does to an alarm as it now stands; the answer is the alarm after it.
pub(super) async fn act(
    dashboard: &Dashboard,
    names: Names,
    (caller, sight): (Caller, &Sight),
    id: u64,
    kind: ActionKind,
    comment: String,
) -> Result<Said<axum::Json<view::Alarm>>, Problem> {
    seen(dashboard, sight, id)?;
    let actor = caller.identity.actor();
    let alarms = &dashboard.collector.alarms;
    let alarm = alarms.act(id, kind, None, actor, &comment).await?;
    let now = dashboard.clock.now();
    Ok(Said(names.reader(), axum::Json(names.alarm(alarm, now))))
}

pub(super) fn checked(comment: String) -> Result<String, Problem> {
    if comment.chars().count() > COMMENT {
        return Err(Problem::unprocessable(format!(
            "the comment is longer than {COMMENT} characters"
        )));
    }
    Ok(comment.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_reads_back_also_before_1970() {
        assert_eq!(position("-5-7").unwrap(), (-5, 7));
        assert!(position("7").is_err());
    }
}
