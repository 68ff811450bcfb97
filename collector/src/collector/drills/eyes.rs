//! What there is to be seen of the drill that goes on: what was heard of its agent, how its alarm stands, who answered, and what became of its messages.

use plenum_core::alarms::{Alarm, State, Subject};
use plenum_core::authority::Actor;
use plenum_core::drill::{Carried, Confirmed, Run, Seen};
use plenum_core::fact::StoredReading;
use plenum_core::oncall::call::Happened;
use plenum_protocol::{AgentName, Series, Timestamp};
use rusqlite::Connection;

use super::{Shared, is_told};
use crate::alarms::Alarms;
use crate::database::DatabaseError;
use crate::notify::outbox;

/// What was heard of an agent.
#[derive(Debug, Clone)]
pub(super) enum Heard {
    /// It answered that it begins the drill of this number, or that it does not.
    Answer {
        number: u64,
        done: bool,
        message: String,
    },
    /// A reading of a drill was committed.
    Reading(AgentName, StoredReading),
}

/// All there is to be seen of one now.
pub(super) async fn all(
    shared: &Shared,
    (number, run): (u64, &Run),
    heard: Vec<Heard>,
) -> Result<Vec<Seen>, DatabaseError> {
    let mut seen = Vec::new();
    if shared.site.borrow().drill(run.plan.drill.as_str()).is_none() {
        seen.push(Seen::Withdrawn);
    }
    seen.extend(
        heard
            .into_iter()
            .filter_map(|heard| of_agent((number, run), heard)),
    );
    let series = run.plan.series();
    let alarm = match run.alarm {
        Some(id) => shared.alarms.alarm(id),
        None => find(&shared.alarms, &series),
    };
    let Some(alarm) = alarm else {
        return Ok(seen);
    };
    let mut confirmed = alarm.acknowledged.as_ref().map(|taken| Confirmed {
        by: taken.by.clone(),
        at: taken.at,
    });
    if is_told(run) && confirmed.is_none() {
        confirmed = passed_on(shared, alarm.id, run.counts_from()).await?;
    }
    seen.push(Seen::Alarm {
        id: alarm.id,
        stands: alarm.state.is_active(),
        confirmed: confirmed.filter(|_| alarm.state.is_active()),
    });
    if run.alarm == Some(alarm.id) {
        let (id, since) = (alarm.id, run.counts_from());
        let read = move |connection: &Connection| outbox::carried(connection, id, since);
        let told: Vec<Carried> = shared.journal.database().read(read).await?;
        // Of what is told first nothing else may hide that a message was taken.
        let place = seen.len().saturating_sub(1);
        seen.insert(place, Seen::Messages(told));
    }
    Ok(seen)
}

fn of_agent((number, run): (u64, &Run), heard: Heard) -> Option<Seen> {
    match heard {
        Heard::Answer {
            number: of,
            done,
            message,
        } => (of == number).then_some(Seen::Answer { done, message }),
        Heard::Reading(agent, reading) => {
            let is_its = agent == run.plan.agent && reading.channel.sensor == run.plan.drill;
            // What cannot be read of it says nothing.
            let value = reading.outcome.ok().filter(|_| is_its)?;
            Some(Seen::Reading {
                on: value > 0.5,
                at: reading.at,
            })
        }
    }
}

/// Whoever says no was reached as well as whoever says yes.
async fn passed_on(
    shared: &Shared,
    alarm: u64,
    since: Timestamp,
) -> Result<Option<Confirmed>, DatabaseError> {
    let Some(incident) = shared.calls.incident_of(alarm).await? else {
        return Ok(None);
    };
    let events = shared.calls.events(incident).await?;
    let passed = events.into_iter().filter(|(at, _)| *at >= since);
    Ok(passed
        .filter_map(|(at, happened)| match happened {
            Happened::PassedOn { by, .. } => Some(Confirmed { by, at }),
            _ => None,
        })
        .next())
}

/// The alarm of a drill's series that is not normal, or was until now.
fn find(alarms: &Alarms, series: &Series) -> Option<Alarm> {
    let is_its = |alarm: &Alarm| matches!(&alarm.subject, Subject::Series(of) if of == series);
    let mut open = alarms.alarms(true).into_iter();
    open.find(|alarm| alarm.is_drill() && is_its(alarm))
}

/// Whether the alarm of a series stands.
pub(super) fn stands(alarms: &Alarms, series: &Series) -> bool {
    find(alarms, series).is_some_and(|alarm| alarm.state.is_active())
}

/// What a drill left.
pub(super) struct Left {
    pub(super) series: Series,
    /// Since when it has been heard of that its alarm stands; none where that is over.
    pub(super) stands: Option<Timestamp>,
}

/// The drills' alarms that are open.
pub(super) fn open(alarms: &Alarms) -> Vec<Left> {
    let drills = alarms.alarms(false).into_iter();
    let drills = drills.filter(Alarm::is_drill);
    drills
        .filter_map(|alarm| match &alarm.subject {
            Subject::Series(series) => Some(Left {
                series: series.clone(),
                stands: (alarm.state.is_active()).then(|| alarm.heard_at.unwrap_or(alarm.raised_at)),
            }),
            Subject::Agent(_) | Subject::System(_) => None,
        })
        .collect()
}

/// What is over and nobody has seen is nobody's to see: there was nothing wrong.
pub(super) async fn settle(alarms: &Alarms, series: &Series) {
    let over = find(alarms, series).filter(|alarm| alarm.state == State::ReturnedUnacknowledged);
    if let Some(alarm) = over
        && let Err(error) = alarms.acknowledge(alarm.id, None, Actor::Monitor, "").await
    {
        tracing::warn!(%error, "the alarm of a drill that is over stays to be seen");
    }
}
