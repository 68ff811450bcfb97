//! How an incident stands: its alarms, and the ladder that it climbs.

use plenum_core::alarms::Alarm;
use plenum_core::oncall::call::{Call, Situation};
use plenum_core::site::{Ladder, Site};
use plenum_protocol::{Identifier, Timestamp};
use rusqlite::Connection;

use super::table;
use crate::database::{from_json, incidents, known};

const ALARMS: &str = "
select alarm.id, alarm.alarm from incident_member
join alarm on alarm.id = incident_member.alarm where incident_member.incident = ?1";

/// The last incident that an alarm was part of.
pub(in crate::notify) fn incident_of(connection: &Connection, alarm: u64) -> rusqlite::Result<Option<u64>> {
    let found: Option<i64> = connection
        .prepare_cached("select max(incident) from incident_member where alarm = ?1")?
        .query_row([alarm.cast_signed()], |row| row.get(0))?;
    Ok(found.map(i64::cast_unsigned))
}

/// The alarm that the others of an incident most likely come from. Nobody waits for an incident that a later program wrote.
pub(in crate::notify) fn first_cause(connection: &Connection, incident: u64) -> Option<u64> {
    let found = incidents::one(connection, incident).unwrap_or_else(|error| {
        tracing::warn!(incident, %error, "an incident cannot be read; whom to tell goes by its alarms alone");
        None
    });
    Some(found?.first_cause()?.alarm)
}

/// An incident as it stands in the tables.
pub(in crate::notify) struct Standing {
    /// Its alarms that are open.
    pub(in crate::notify) alarms: Vec<Alarm>,
    /// None where nothing of it stands.
    pub(in crate::notify) situation: Option<Situation>,
    /// How far its call has come, where a ladder has taken it.
    pub(in crate::notify) call: Option<Call>,
}

impl Standing {
    /// What was raised before `deliver_from` is history, and nobody is called for it.
    pub(in crate::notify) fn read(
        connection: &Connection,
        incident: u64,
        deliver_from: Timestamp,
    ) -> rusqlite::Result<Self> {
        let mut statement = connection.prepare_cached(ALARMS)?;
        let rows = statement.query([incident.cast_signed()])?;
        let mut alarms: Vec<Alarm> = known("alarm", rows, |row| from_json(row, 1))?;
        let may_call = |alarm: &Alarm| alarm.is_open() || alarm.chatter.running().is_some();
        alarms.retain(|alarm| may_call(alarm) && alarm.raised_at >= deliver_from);
        Ok(Self {
            situation: Situation::of(&alarms),
            alarms,
            call: table::of(connection, incident)?,
        })
    }

    /// The ladder that it climbs: by how bad it was at its worst since it began to. None where the channels' own people are told.
    pub(in crate::notify) fn ladder<'a>(&self, site: &'a Site) -> Option<&'a Ladder> {
        let now = self.situation?.priority;
        let worst = self.call.as_ref().map_or(now, |call| call.priority.min(now));
        let standing = self.alarms.iter().filter(|alarm| alarm.state.is_active());
        let rooms: Vec<Option<Identifier>> = standing.map(|alarm| alarm.room.clone()).collect();
        site.ladder(worst, &rooms)
    }
}
