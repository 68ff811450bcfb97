//! What a person does to all alarms of an incident at once.

use std::sync::Arc;

use axum::extract::State;
use plenum_collector::alarms::{Acted, Target};
use plenum_core::alarms::Alarm;
use plenum_core::fact::ActionKind;

use super::alarms::{checked, taking};
use super::names::Names;
use crate::auth::Caller;
use crate::extract::{Body, Number};
use crate::language::Said;
use crate::problem::Problem;
use crate::sight::Sight;
use crate::state::Dashboard;
use crate::view::{self, AcknowledgeIncident, Answered, Comment, Unanswered};

/// "I have all of it": each alarm of the incident that the caller sees and that nobody has. What cannot be acknowledged keeps none of the others from it.
#[utoipa::path(post, path = "/api/v1/incidents/{id}/acknowledge", tag = "alarms", params(("id" = view::Number, Path, description = "Its number.")), request_body = AcknowledgeIncident,
    responses((status = 200, body = Answered), (status = 404, description = "There is no such incident."),
        (status = 409, description = "There is nothing to acknowledge, or all of it was raised anew since it was seen."),
        (status = 422, description = "`until` is too soon or too far away.")))]
pub(crate) async fn acknowledge_incident(
    State(dashboard): State<Arc<Dashboard>>,
    names: Names,
    caller: Caller,
    sight: Sight,
    Number(id): Number,
    Body(body): Body<AcknowledgeIncident>,
) -> Result<Said<axum::Json<Answered>>, Problem> {
    let comment = checked(body.comment)?;
    let members = members(&dashboard, &sight, id).await?;
    let occurrence = |alarm: u64| match &body.seen {
        None => Some(None),
        Some(seen) => seen
            .iter()
            .find(|one| one.alarm == alarm)
            .map(|one| Some(one.raised_at)),
    };
    let wanted = members.iter().filter(|alarm| alarm.wants_an_answer());
    let targets: Vec<Target> = wanted
        .filter_map(|alarm| {
            Some(Target {
                alarm: alarm.id,
                occurrence: occurrence(alarm.id)?,
            })
        })
        .collect();
    let by = caller.identity.actor();
    let kind = taking(body.until);
    let acted = dashboard.collector.alarms.act_many(&targets, kind, &by, &comment);
    let answered = answered(
        &dashboard,
        &names,
        acted.await?,
        "there is nothing to acknowledge",
    )?;
    Ok(Said(names.reader(), axum::Json(answered)))
}

/// "I have none of it any longer": each alarm of the incident that the caller has.
#[utoipa::path(post, path = "/api/v1/incidents/{id}/unacknowledge", tag = "alarms", params(("id" = view::Number, Path, description = "Its number.")), request_body = Comment,
    responses((status = 200, body = Answered), (status = 404, description = "There is no such incident."),
        (status = 409, description = "The caller has none of its alarms.")))]
pub(crate) async fn unacknowledge_incident(
    State(dashboard): State<Arc<Dashboard>>,
    names: Names,
    caller: Caller,
    sight: Sight,
    Number(id): Number,
    Body(body): Body<Comment>,
) -> Result<Said<axum::Json<Answered>>, Problem> {
    let comment = checked(body.comment)?;
    let by = caller.identity.actor();
    let members = members(&dashboard, &sight, id).await?;
    let held = members.iter().filter(|alarm| alarm.is_held_by(&by));
    let targets: Vec<Target> = held
        .map(|alarm| Target {
            alarm: alarm.id,
            occurrence: Some(alarm.raised_at),
        })
        .collect();
    let acted = dashboard
        .collector
        .alarms
        .act_many(&targets, ActionKind::GiveBack, &by, &comment);
    let answered = answered(&dashboard, &names, acted.await?, "you have none of its alarms")?;
    Ok(Said(names.reader(), axum::Json(answered)))
}

/// The alarms of an incident that the caller sees, the worst first.
async fn members(dashboard: &Dashboard, sight: &Sight, id: u64) -> Result<Vec<Alarm>, Problem> {
    let alarms = &dashboard.collector.alarms;
    let missing = || Problem::not_found(format!("there is no incident {id}"));
    let incident = alarms.incident(id).await?.ok_or_else(missing)?;
    let members = incident.members.iter();
    let mut members: Vec<Alarm> = members.filter_map(|member| alarms.alarm(member.alarm)).collect();
    members.retain(|alarm| sight.alarm(alarm));
    if members.is_empty() {
        return Err(missing());
    }
    // What became one of another incident since is that one's.
    members.retain(|alarm| alarms.incident_of(alarm.id) == Some(id));
    members.sort_by_key(|alarm| (alarm.priority, alarm.raised_at, alarm.id));
    Ok(members)
}

/// What came of it; a problem where nothing did.
fn answered(
    dashboard: &Dashboard,
    names: &Names,
    acted: Acted,
    nothing: &'static str,
) -> Result<Answered, Problem> {
    let mut refused = acted.refused.into_iter();
    if acted.done.is_empty() {
        let nothing = || Problem::conflict(nothing);
        return Err(refused
            .next()
            .map_or_else(nothing, |(_, error)| Problem::from(error)));
    }
    let now = dashboard.clock.now();
    let refused = refused.map(|(alarm, error)| Unanswered {
        alarm,
        why: error.to_string(),
    });
    Ok(Answered {
        done: acted
            .done
            .into_iter()
            .map(|alarm| names.alarm(alarm, now))
            .collect(),
        refused: refused.collect(),
    })
}
