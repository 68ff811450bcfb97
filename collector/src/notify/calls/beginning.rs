//! The call of an incident begins in the commit of the alarm that it is for: whatever comes between that and the first look at whom to call, it is known that somebody was to be.

use plenum_core::alarms::Alarm;
use plenum_core::oncall::call::{Call, Happened};
use plenum_core::site::Site;
use plenum_protocol::Timestamp;
use rusqlite::Connection;

use super::{Standing, table};

/// Begins the call of an incident for an alarm that somebody is to be called for, as it was at its transition, where a ladder takes it and none has begun. Gives whether it did.
pub(in crate::notify) fn begin(
    connection: &Connection,
    incident: u64,
    alarm: &Alarm,
    site: &Site,
    now: Timestamp,
) -> rusqlite::Result<bool> {
    if site.ladders.is_empty() || table::of(connection, incident)?.is_some() {
        return Ok(false);
    }
    let standing = Standing::read(connection, incident, site, Timestamp::MIN)?;
    let (ladder, priority) = match standing.situation {
        Some(situation) if situation.is_held => return Ok(false),
        Some(situation) => (standing.ladder(site), situation.priority),
        // It is over already: by a later transition of the same commit.
        None => (
            site.ladder(alarm.priority, std::slice::from_ref(&alarm.room)),
            alarm.priority,
        ),
    };
    let Some(ladder) = ladder else {
        return Ok(false);
    };
    let call = Call::begin(ladder, priority, now);
    table::keep(connection, incident, &call, Some(now))?;
    let began = Happened::Began {
        ladder: ladder.id.clone(),
        priority,
    };
    table::say(connection, incident, now, &began)?;
    Ok(true)
}
