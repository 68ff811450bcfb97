//! Jobs that say that they ran: each once, in a room that exists, and awaited within times that can be kept.

use plenum_protocol::Duration;

use super::{known, once};
use crate::site::Site;
use crate::site::parse::{Findings, Step};
use Step::{Item, Key};

/// What beats more often than this says more than anybody asks.
const SHORTEST: Duration = Duration::from_seconds(10);
/// What runs less often than every quarter of a year is better planned as a duty.
const LONGEST: Duration = Duration::from_hours(24 * 100);

pub(super) fn check(site: &Site, findings: &mut Findings<'_>) {
    once("heartbeat", site.heartbeats.iter().map(|job| &job.id), findings);
    for (number, job) in site.heartbeats.iter().enumerate() {
        let at = |key| [Key("heartbeat"), Item(number), Key(key)];
        if let Some(room) = &job.room {
            let rooms = site.rooms.iter().map(|room| &room.id);
            known("room", room, rooms, &at("room"), findings);
        }
        for (key, time) in [("every", job.every), ("grace", job.grace)] {
            if time < SHORTEST || time > LONGEST {
                let message = format!("`{key}` is at least 10 s and at most 100 days");
                findings.error(&at(key), message, Some(format!("write {key} = \"24h\"")));
            }
        }
    }
}
