//! The messages of a ladder's step.

use plenum_core::alarms::Alarm;
use plenum_core::authority::Actor;
use plenum_core::oncall::call::{Called, Way};
use plenum_core::oncall::{self, Listener, Reason, Why};
use plenum_core::site::Site;
use plenum_protocol::Timestamp;
use rusqlite::Connection;

use super::{audience, insert};
use crate::notify::calls::Hearers;

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
            let is_it = |way: &Way| way.channel == candidate.channel && way.recipient == candidate.recipient;
            let is_called = called.first.iter().chain(&called.again).any(is_it);
            if candidate.about_itself || !is_called {
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
