//! The messages of a ladder's step.

use plenum_core::alarms::Alarm;
use plenum_core::authority::Actor;
use plenum_core::oncall::call::{Called, Way};
use plenum_core::oncall::{self, Listener, Reason, Why};
use plenum_core::site::Site;
use plenum_protocol::Timestamp;
use rusqlite::{Connection, params};

use super::audience::{self, Candidate};
use super::insert;
use crate::database::{from_json, known};
use crate::notify::calls::Hearers;

/// What was written for somebody about an alarm last.
pub(super) const LAST: &str = "
select id, snapshot from outbox indexed by outbox_queue
where alarm = ?1 and channel = ?2 and recipient = ?3 order by id desc limit 1";

/// Writes what a step tells of an incident: whoever has not heard of one of these alarms, that it stands; whoever has heard of the first of them, that nobody has it still.
/// Gives how many messages that is.
pub(in crate::notify) fn call(
    connection: &Connection,
    alarms: &[Alarm],
    called: &Called,
    site: &Site,
    now: Timestamp,
) -> rusqlite::Result<usize> {
    let mut written = 0;
    for (place, alarm) in alarms.iter().enumerate() {
        let all = audience::of(connection, alarm, &Actor::Monitor, (site, &Hearers::default()))?;
        for candidate in all {
            if candidate.left_out.is_some() || !is_called(&candidate, called) {
                continue;
            }
            let listener = Listener {
                acted: false,
                ..candidate.listener
            };
            let reason = match oncall::decide_for_newcomer(alarm, listener) {
                Reason::No(Why::Told) if place == 0 => Reason::Reminder,
                reason => reason,
            };
            written += insert(connection, alarm, &candidate, reason, now)?;
        }
    }
    Ok(written)
}

/// Writes what a step tells that came to its people too late: that these alarms stood, and are over. Of one of which they were told meanwhile nothing more. Gives how many messages that is.
pub(in crate::notify) fn call_for_what_is_over(
    connection: &Connection,
    alarms: &[Alarm],
    called: &Called,
    site: &Site,
    now: Timestamp,
) -> rusqlite::Result<usize> {
    let mut written = 0;
    for alarm in alarms {
        let all = audience::of(connection, alarm, &Actor::Monitor, (site, &Hearers::default()))?;
        for candidate in all {
            let of = params![alarm.id.cast_signed(), candidate.channel, candidate.recipient];
            let mut last = connection.prepare_cached(LAST)?;
            let last: Vec<Alarm> = known("outbox", last.query(of)?, |row| from_json(row, 1))?;
            let is_told = last.iter().any(|last| last.raised_at == alarm.raised_at);
            if candidate.left_out.is_none() && is_called(&candidate, called) && !is_told {
                written += insert(connection, alarm, &candidate, Reason::Resolved, now)?;
            }
        }
    }
    Ok(written)
}

fn is_called(candidate: &Candidate, called: &Called) -> bool {
    let is_it = |way: &Way| way.channel == candidate.channel && way.recipient == candidate.recipient;
    called.first.iter().chain(&called.again).any(is_it)
}
