//! What stands unanswered: the alarms that call for somebody, of incidents that nobody has. It is what the ladders go by.

use std::collections::BTreeMap;

use plenum_core::alarms::Alarm;
use plenum_core::oncall::call::calls_for;
use plenum_core::site::Site;
use plenum_protocol::Timestamp;
use rusqlite::Connection;

use super::{Standing, incident_of};

/// Which of these alarms call for somebody while nobody has their incident. What was raised before `deliver_from` is history.
pub(crate) fn unanswered(
    connection: &Connection,
    alarms: Vec<Alarm>,
    site: &Site,
    deliver_from: Timestamp,
) -> rusqlite::Result<Vec<Alarm>> {
    let mut held: BTreeMap<u64, bool> = BTreeMap::new();
    let mut found = Vec::new();
    for alarm in alarms {
        if !calls_for(&alarm) || alarm.raised_at < deliver_from {
            continue;
        }
        let is_held = match incident_of(connection, alarm.id)? {
            None => false,
            Some(incident) => match held.get(&incident) {
                Some(is_held) => *is_held,
                None => {
                    let standing = Standing::read(connection, incident, site, deliver_from)?;
                    let is_held = standing.situation.is_some_and(|situation| situation.is_held);
                    held.insert(incident, is_held);
                    is_held
                }
            },
        };
        if !is_held {
            found.push(alarm);
        }
    }
    Ok(found)
}
