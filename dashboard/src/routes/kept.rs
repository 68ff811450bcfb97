//! What is kept about somebody: as a file for them, who saw it, and how it goes.

use std::sync::Arc;

use axum::extract::State;
use plenum_collector::audit::Line;
use plenum_collector::people::PersonNumber;
use plenum_core::fact::{Audited, Ending};
use plenum_core::text;
use plenum_protocol::Timestamp;
use serde::Deserialize;
use utoipa::IntoParams;

use super::names::Names;
use super::query;
use crate::extract::{Number, Query};
use crate::language::{Reader, Said};
use crate::problem::Problem;
use crate::state::Dashboard;
use crate::view::{self, Kept, LogInSession, Message, Person, Seen, Token};

/// Lines of the audit log that are read at once.
const PAGE: u64 = 1_000;

/// Who was seen, and when.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct SeenQuery {
    /// First instant; a day before `to` where it is absent.
    #[param(value_type = Option<view::Instant>)]
    from: Option<query::Instant>,
    /// First instant after it; now where it is absent.
    #[param(value_type = Option<view::Instant>)]
    to: Option<query::Instant>,
    /// The number of a person, for what showed them alone or everybody.
    #[serde(default, deserialize_with = "view::maybe_number")]
    #[param(value_type = Option<view::Number>)]
    person: Option<u64>,
}

/// All that is kept about somebody, to be handed to them.
#[utoipa::path(get, path = "/api/v1/people/{number}/export", tag = "people",
    params(("number" = view::Number, Path, description = "Their number.")),
    responses((status = 200, body = Kept), (status = 404, description = "There is no such person.")))]
pub(crate) async fn export(
    State(dashboard): State<Arc<Dashboard>>,
    names: Names,
    Number(number): Number,
) -> Result<Said<axum::Json<Kept>>, Problem> {
    let collector = &dashboard.collector;
    let number = PersonNumber(number.cast_signed());
    let kept = collector.kept(number, dashboard.clock.now()).await?;
    let is_about = |audited: &Audited| is_by(audited, number.0) || is_on(audited, number.0);
    let audit = lines(&dashboard, is_about).await?;
    let now = dashboard.clock.now();
    let event = |event: plenum_core::alarms::Event| {
        let alarm = collector.alarms.alarm(event.alarm);
        names.event(event, alarm.as_ref(), now)
    };
    let token = |token: plenum_collector::people::Token| {
        let by = names.who(&token.created_by);
        Token::of(token, by)
    };
    let current = collector.current_revision().await?;
    let view = Kept {
        person: kept.person.into(),
        second_factor_since: kept.second_factor_since,
        invited_until: kept.invited_until,
        sign_on: kept.sign_on.map(Into::into),
        sessions: kept.sessions.into_iter().map(LogInSession::of_another).collect(),
        events: kept.events.into_iter().map(event).collect(),
        revisions: kept
            .revisions
            .into_iter()
            .map(|revision| super::revisions::view(revision, current, &names))
            .collect(),
        named_in: kept.named_in,
        tokens: kept.tokens.into_iter().map(token).collect(),
        messages: kept
            .messages
            .into_iter()
            .map(|(alarm, delivered)| Message {
                alarm,
                delivery: delivered.into(),
            })
            .collect(),
        overrides: super::overrides::views(&dashboard, &names, &kept.overrides),
        notes: kept.notes.into_iter().map(|note| names.note(note)).collect(),
        works: super::works::views(&dashboard, &names, &kept.works),
        duty_feed: view::DutyFeed {
            made_at: kept.duty_feed.map(|feed| feed.made_at),
            used_at: kept.duty_feed.and_then(|feed| feed.used_at),
        },
        audit: audit
            .into_iter()
            .map(|line| super::audit::view(line, &names))
            .collect(),
    };
    Ok(Said(names.reader(), axum::Json(view)))
}

/// Erases somebody for good: name, addresses and log-in go, their number stays with what they did. The answer is what is left of them.
#[utoipa::path(delete, path = "/api/v1/people/{number}", tag = "people",
    params(("number" = view::Number, Path, description = "Their number.")),
    responses((status = 200, body = Person), (status = 404, description = "There is no such person."),
        (status = 409, description = "The site writes to them, collector.toml has an address of theirs, or they are the last administrator: what to change first is said.")))]
pub(crate) async fn erase(
    State(dashboard): State<Arc<Dashboard>>,
    Number(number): Number,
) -> Result<axum::Json<Person>, Problem> {
    let number = PersonNumber(number.cast_signed());
    let person = dashboard
        .collector
        .erase_person(number, dashboard.clock.now())
        .await?;
    Ok(axum::Json(person.into()))
}

/// Who saw what of people in a period, of one person or of all, as far as the audit log tells: for a report after an incident (GDPR, article 33).
#[utoipa::path(get, path = "/api/v1/audit/seen", tag = "audit", params(SeenQuery),
    responses((status = 200, body = Seen), (status = 404, description = "There is no such person.")))]
pub(crate) async fn seen(
    State(dashboard): State<Arc<Dashboard>>,
    names: Names,
    Query(query): Query<SeenQuery>,
) -> Result<Said<axum::Json<Seen>>, Problem> {
    let (from, to) = query::period(query.from, query.to, dashboard.clock.now())?;
    let person = match query.person {
        Some(number) => {
            let number = PersonNumber(number.cast_signed());
            Some(dashboard.collector.people.person(number).await?.number.0)
        }
        None => None,
    };
    let shows = |audited: &Audited| {
        let is_answered = matches!(audited.ending(), Ending::Done | Ending::Unknown);
        let is_of_another = person.is_some_and(|person| {
            audited.deed.is_on_a_person() && !is_on(audited, person) && !audited.on.is_empty()
        });
        is_answered && audited.deed.shows_people() && !is_of_another
    };
    let lines = lines_between(&dashboard, (from, to), shows).await?;
    let reader @ Reader(language) = names.reader();
    let seen = Seen {
        from,
        to,
        lines: lines
            .into_iter()
            .map(|line| super::audit::view(line, &names))
            .collect(),
        unknown: text::audit::UNSEEN
            .map(|unseen| text::audit::unseen(unseen, language).to_owned())
            .to_vec(),
    };
    Ok(Said(reader, axum::Json(seen)))
}

/// The lines of the audit log that are wanted, the oldest first.
async fn lines(dashboard: &Dashboard, wanted: impl Fn(&Audited) -> bool) -> Result<Vec<Line>, Problem> {
    let (mut found, mut before) = (Vec::new(), view::LARGEST);
    loop {
        let page = dashboard.collector.audit.before(before, PAGE).await?;
        let Some(last) = page.last() else { break };
        before = last.number;
        found.extend(page.into_iter().filter(|line| wanted(&line.audited)));
    }
    found.reverse();
    Ok(found)
}

/// The lines of a period that are wanted, the oldest first.
async fn lines_between(
    dashboard: &Dashboard,
    period: (Timestamp, Timestamp),
    wanted: impl Fn(&Audited) -> bool,
) -> Result<Vec<Line>, Problem> {
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let page = dashboard.collector.audit.between(period, after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = Some((last.audited.at, last.number));
        found.extend(page.into_iter().filter(|line| wanted(&line.audited)));
    }
    Ok(found)
}

fn is_by(audited: &Audited, person: i64) -> bool {
    audited.by.person() == Some(person)
}

fn is_on(audited: &Audited, person: i64) -> bool {
    audited.deed.is_on_a_person() && audited.on.parse() == Ok(person)
}
