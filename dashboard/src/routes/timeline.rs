//! What happened in an incident, and what people note about it.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::extract::State;
use plenum_collector::collector::Place;
use plenum_collector::database::Order;
use plenum_core::authority::Actor;
use plenum_core::incident::Incident;
use plenum_core::incident::timeline::{Happened, Message, Note};
use plenum_protocol::{Identifier, Timestamp};
use serde::Deserialize;
use utoipa::IntoParams;

use super::names::Names;
use super::{incidents, query};
use crate::auth::Caller;
use crate::extract::{Body, Number, Query};
use crate::language::Said;
use crate::problem::Problem;
use crate::sight::{self, Sight};
use crate::state::Dashboard;
use crate::view::{self, IncidentMessage, List, NewNote, Tells, TimelineEntry, TimelineKind, TimelineOrder};

/// Entries on a page at most.
const PAGE: usize = 1_000;

/// Which part of a timeline.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct TimelineQuery {
    /// `oldest` or `newest` first. Absent means `oldest`.
    order: Option<TimelineOrder>,
    /// What a former page of the same order gave as `next`.
    cursor: Option<String>,
    /// At most so many.
    #[param(value_type = Option<view::PageSize>)]
    limit: Option<query::Limit>,
}

/// What happened in an incident, the oldest first or the newest: its alarms' transitions, the messages that told of them and what came of each, and what people noted. Of one that turned
/// out to be part of another it is the whole's.
#[utoipa::path(get, path = "/api/v1/incidents/{id}/timeline", tag = "alarms",
    params(("id" = view::Number, Path, description = "Its number."), TimelineQuery),
    responses((status = 200, body = List<TimelineEntry>), (status = 404, description = "There is no such incident.")))]
pub(crate) async fn get_timeline(
    State(dashboard): State<Arc<Dashboard>>,
    names: Names,
    caller: Caller,
    sight: Sight,
    Number(id): Number,
    Query(query): Query<TimelineQuery>,
) -> Result<Said<axum::Json<List<TimelineEntry>>>, Problem> {
    let after = query.cursor.as_deref().map(place).transpose()?;
    let limit = query::limit(query.limit, PAGE);
    let order = match query.order {
        Some(TimelineOrder::Newest) => Order::Newest,
        Some(TimelineOrder::Oldest) | None => Order::Oldest,
    };
    let part = Part::of(&dashboard, &sight, caller.identity.actor(), id).await?;
    let (happened, next) = dashboard
        .collector
        .timeline(part.whole.clone(), order, after, limit)
        .await?;
    let now = dashboard.clock.now();
    // What the caller does not see takes a place of the page, or it could be counted.
    let seen = happened.into_iter().filter_map(|happened| part.seen(happened));
    let items = seen.filter_map(|happened| entry(&dashboard, &names, happened, now));
    Ok(Said(
        names.reader(),
        axum::Json(List {
            items: items.collect(),
            next: next.map(|place| format!("{}-{}-{}", place.at, place.of, place.row)),
        }),
    ))
}

/// Notes something about an incident: what was seen, done or found. It stands in its timeline for ever, in the caller's name.
#[utoipa::path(post, path = "/api/v1/incidents/{id}/notes", tag = "alarms", request_body = NewNote,
    params(("id" = view::Number, Path, description = "Its number.")),
    responses((status = 200, body = view::Note), (status = 404, description = "There is no such incident."),
        (status = 409, description = "It has too many notes."),
        (status = 422, description = "It is empty, or longer than 2,000 characters.")))]
pub(crate) async fn note(
    State(dashboard): State<Arc<Dashboard>>,
    names: Names,
    caller: Caller,
    sight: Sight,
    Number(id): Number,
    Body(body): Body<NewNote>,
) -> Result<Said<axum::Json<view::Note>>, Problem> {
    let actor = caller.identity.actor();
    let part = Part::of(&dashboard, &sight, actor.clone(), id).await?;
    let now = dashboard.clock.now();
    let note = dashboard.collector.note(id, actor, &body.text, now).await?;
    dashboard
        .feed
        .noted(note.incident, &rooms(&dashboard, &part.whole));
    Ok(Said(names.reader(), axum::Json(names.note(note))))
}

/// What a caller sees of an incident.
pub(super) struct Part {
    /// All of it.
    pub(super) whole: Incident,
    /// The same with the members that they see.
    pub(super) incident: Incident,
    alarms: BTreeSet<u64>,
    caller: Actor,
}

impl Part {
    /// Of the incident with this number, or of the whole that it is part of.
    ///
    /// # Errors
    /// There is none, or they see nothing of it.
    pub(super) async fn of(
        dashboard: &Dashboard,
        sight: &Sight,
        caller: Actor,
        id: u64,
    ) -> Result<Self, Problem> {
        let whole = dashboard.collector.whole_incident(id).await?;
        let part = whole.and_then(|whole| Self::of_whole(dashboard, sight, caller, whole));
        part.ok_or_else(|| Problem::not_found(format!("there is no incident {id}")))
    }

    /// Of this incident; none where they see nothing of it.
    pub(super) fn of_whole(
        dashboard: &Dashboard,
        sight: &Sight,
        caller: Actor,
        whole: Incident,
    ) -> Option<Self> {
        let incident = incidents::with_seen_members(dashboard, sight, whole.clone());
        let alarms: BTreeSet<u64> = incident.members.iter().map(|member| member.alarm).collect();
        let sees_any = !alarms.is_empty() || sight.room(None);
        sees_any.then_some(Self {
            whole,
            incident,
            alarms,
            caller,
        })
    }

    /// What they see of something that happened. A message is seen by whoever sees an alarm that it tells of, its words by whoever sees the whole. What somebody noted may be
    /// about all that was part of the incident then: it is seen by whoever sees each of these alarms, and by whoever wrote it.
    pub(super) fn seen(&self, happened: Happened) -> Option<Happened> {
        match happened {
            Happened::Alarm(event) => self
                .alarms
                .contains(&event.alarm)
                .then_some(Happened::Alarm(event)),
            Happened::Note(note) => self.sees_note(&note).then_some(Happened::Note(note)),
            Happened::Message(mut message) => {
                message.tells.retain(|(alarm, _)| self.alarms.contains(alarm));
                message.subject = message.subject.filter(|_| self.is_whole());
                (!message.tells.is_empty()).then_some(Happened::Message(message))
            }
        }
    }

    /// Whether they see what somebody noted.
    pub(super) fn sees_note(&self, note: &Note) -> bool {
        let mut then = self.whole.members_at(note.at);
        note.by == self.caller || then.all(|alarm| self.alarms.contains(&alarm))
    }

    fn is_whole(&self) -> bool {
        self.whole.members.len() == self.incident.members.len()
    }
}

/// As the API says it; none of what only a later program understands.
pub(super) fn entry(
    dashboard: &Dashboard,
    names: &Names,
    happened: Happened,
    now: Timestamp,
) -> Option<TimelineEntry> {
    let empty = TimelineEntry {
        at: happened.at(),
        kind: TimelineKind::Alarm,
        event: None,
        message: None,
        note: None,
    };
    Some(match happened {
        Happened::Alarm(event) => {
            let alarm = dashboard.collector.alarms.alarm(event.alarm);
            TimelineEntry {
                event: Some(names.event(event, alarm.as_ref(), now)),
                ..empty
            }
        }
        Happened::Message(message) => TimelineEntry {
            kind: TimelineKind::Message,
            message: Some(message_view(names, message)?),
            ..empty
        },
        Happened::Note(note) => TimelineEntry {
            kind: TimelineKind::Note,
            note: Some(names.note(note)),
            ..empty
        },
    })
}

fn message_view(names: &Names, message: Message) -> Option<IncidentMessage> {
    let (_, reason) = message.tells.first()?;
    Some(IncidentMessage {
        at: message.intended,
        ended_at: message.ended,
        next_attempt_at: message.next_attempt,
        name: names.recipient(&message.to),
        channel: message.channel,
        to: message.to,
        state: message.course.into(),
        attempts: message.attempts,
        error: message.error,
        subject: message.subject,
        tells: Tells::of(*reason)?,
        alarms: message.tells.iter().map(|(alarm, _)| *alarm).collect(),
    })
}

/// The rooms that an incident's alarms are about.
fn rooms(dashboard: &Dashboard, incident: &Incident) -> Vec<Identifier> {
    let site = dashboard.collector.site();
    let members = incident.members.iter();
    let alarms = members.filter_map(|member| dashboard.collector.alarms.alarm(member.alarm));
    let rooms: BTreeSet<Identifier> = alarms.flat_map(|alarm| sight::rooms_of(&site, &alarm)).collect();
    rooms.into_iter().collect()
}

/// Reads where a page ended.
fn place(cursor: &str) -> Result<Place, Problem> {
    let mut parts = cursor.rsplitn(3, '-');
    let mut next = || parts.next();
    let (row, of, at) = (next(), next(), next());
    let read = || {
        Some(Place {
            at: at?.parse().ok()?,
            of: of?.parse().ok()?,
            row: row?.parse().ok()?,
        })
    };
    read().ok_or_else(|| query::no_cursor(cursor))
}

#[cfg(test)]
mod tests {
    use plenum_core::incident::Member;
    use plenum_core::incident::timeline::Course;
    use plenum_core::oncall::Reason;
    use serde_json::json;

    use super::*;

    fn member(alarm: u64, raised_at: i64) -> Member {
        let at = Timestamp::from_milliseconds(raised_at);
        let member = json!({"alarm": alarm, "spot": {"concern": "smoke"}, "priority": "high", "began_at": at, "raised_at": at});
        serde_json::from_value(member).unwrap()
    }

    /// Of an incident of an alarm that the caller sees, and from its 50th millisecond on of one that they do not see.
    fn part() -> Part {
        let whole = Incident {
            id: 1,
            began_at: Timestamp::from_milliseconds(10),
            over_at: None,
            part_of: None,
            members: vec![member(1, 10), member(2, 50)],
        };
        Part {
            incident: Incident {
                members: vec![member(1, 10)],
                ..whole.clone()
            },
            whole,
            alarms: BTreeSet::from([1]),
            caller: Actor::Person(3),
        }
    }

    #[test]
    fn a_note_is_seen_by_whoever_sees_all_that_it_may_be_about_and_by_whoever_wrote_it() {
        for (at, by, is_seen) in [(49, 5, true), (50, 5, false), (50, 3, true)] {
            let note = Note {
                number: 1,
                incident: 1,
                at: Timestamp::from_milliseconds(at),
                by: Actor::Person(by),
                text: "seen".to_owned(),
            };
            assert_eq!(part().seen(Happened::Note(note)).is_some(), is_seen, "{at} {by}");
        }
    }

    #[test]
    fn of_a_message_is_seen_what_it_tells_of_alarms_that_are_seen_and_not_its_words() {
        let told = |alarms: &[u64]| {
            let message = Message {
                intended: Timestamp::from_milliseconds(60),
                ended: None,
                next_attempt: None,
                channel: "mail".to_owned(),
                to: "anna".to_owned(),
                course: Course::Waiting,
                attempts: 0,
                error: None,
                subject: Some("CRITICAL: all of it".to_owned()),
                tells: alarms.iter().map(|alarm| (*alarm, Reason::First)).collect(),
            };
            match part().seen(Happened::Message(message)) {
                Some(Happened::Message(message)) => Some((message.tells, message.subject)),
                _ => None,
            }
        };
        assert_eq!(told(&[2, 1]), Some((vec![(1, Reason::First)], None)));
        assert_eq!(told(&[2]), None);
    }

    #[test]
    fn a_place_reads_back_also_before_1970() {
        let read = place("-5-2-7").unwrap();
        assert_eq!((read.at, read.of, read.row), (-5, 2, 7));
        for bad in ["", "7", "5-2", "5-2-x", "5-999-1"] {
            assert!(place(bad).is_err(), "{bad}");
        }
    }
}
