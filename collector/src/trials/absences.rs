//! When agents were not there, as far as the alarm log tells it: their offline alarms say since when.

use std::collections::BTreeMap;

use plenum_core::alarms::{Event, Origin, Subject};
use plenum_core::trial::Absence;
use plenum_protocol::{AgentName, Timestamp};
use rusqlite::Connection;

use crate::alarms::store;

/// The absences of every agent that touch `from..to`, in order.
pub(super) fn of_agents(
    connection: &Connection,
    from: Timestamp,
    to: Timestamp,
) -> rusqlite::Result<BTreeMap<AgentName, Vec<Absence>>> {
    let mut all: BTreeMap<AgentName, Vec<Absence>> = BTreeMap::new();
    for alarm in store::alarms(connection)? {
        let Subject::Agent(agent) = alarm.subject else {
            continue;
        };
        let log = store::log_around(connection, alarm.id, from, to)?;
        all.entry(agent).or_default().extend(absences(&log));
    }
    for absences in all.values_mut() {
        absences.sort_by_key(|absence| absence.from);
    }
    Ok(all)
}

/// Each from when the agent went, or where an earlier program did not say that, from its alarm.
fn absences(log: &[Event]) -> Vec<Absence> {
    let mut absences: Vec<Absence> = Vec::new();
    for event in log {
        match (event.from.is_active(), event.to.is_active()) {
            (false, true) => {
                let since = match &event.origin {
                    Some(Origin::Away { since }) => *since,
                    _ => None,
                };
                absences.push(Absence {
                    from: since.unwrap_or(event.at),
                    to: None,
                });
            }
            (true, false) => {
                if let Some(last) = absences.last_mut().filter(|last| last.to.is_none()) {
                    last.to = Some(event.at);
                }
            }
            _ => {}
        }
    }
    absences
}
