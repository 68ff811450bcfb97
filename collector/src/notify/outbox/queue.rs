//! What waits for one recipient about one alarm is one queue: one message at a time, and never one that a newer has overtaken.

use plenum_core::oncall::{self, Heard, Reason};
use plenum_protocol::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::{DeliveryState, Due, delivery, words};
use crate::database::{from_json, json, known};

/// Which queue a delivery stands in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::notify) struct Queue {
    pub(in crate::notify) channel: String,
    pub(in crate::notify) recipient: String,
    pub(in crate::notify) alarm: u64,
}

impl Queue {
    /// Of a delivery.
    pub(in crate::notify) fn of(due: &Due) -> Self {
        Self {
            channel: due.channel.clone(),
            recipient: due.recipient.clone(),
            alarm: due.alarm.id,
        }
    }
}

/// What leaves a queue now; none where nothing waits in it any more. What that replaces is written down as replaced.
pub(in crate::notify) fn claim(
    connection: &Connection,
    queue: &Queue,
    now: Timestamp,
) -> rusqlite::Result<Option<Due>> {
    let mut waiting = waiting(connection, queue)?;
    let reasons: Vec<Reason> = waiting.iter().map(|due| due.reason).collect();
    let Some(found) = oncall::in_place(&reasons) else {
        return Ok(None);
    };
    let mut due = waiting.swap_remove(found.stays);
    let older = waiting.get(..found.replaced).unwrap_or_default();
    for replaced in older {
        connection
            .prepare_cached("update outbox set state = ?2, finished = ?3 where id = ?1")?
            .execute(params![replaced.id, DeliveryState::Replaced, now.milliseconds()])?;
    }
    // One link does for both, should the older message have arrived after all.
    let of_older = older.iter().rev().filter_map(|replaced| replaced.told.clone());
    let mut told = due.told.into_iter().chain(of_older);
    due.told = told.find(|told| told.secret.is_some());
    if due.reason != found.reason {
        due.reason = found.reason;
        connection
            .prepare_cached("update outbox set reason = ?2 where id = ?1")?
            .execute(params![due.id, json(&due.reason)?])?;
    }
    due.untold = Heard::by(due.reason) == Some(Heard::Over) && !was_reached(connection, queue)?;
    Ok(Some(due))
}

/// The oldest first.
const WAITING: &str = "
select id, created, channel, kind, recipient, reason, snapshot, key, attempts, message from outbox indexed by outbox_waits
where alarm = ?1 and channel = ?2 and recipient = ?3 and state = 'waiting' order by id";
const WAIT: &str = "
update outbox indexed by outbox_waits set next_attempt = max(next_attempt, ?4)
where alarm = ?1 and channel = ?2 and recipient = ?3 and state = 'waiting'";

/// What waits in a queue; what a later program wrote waits for that.
fn waiting(connection: &Connection, queue: &Queue) -> rusqlite::Result<Vec<Due>> {
    let mut statement = connection.prepare_cached(WAITING)?;
    let rows = statement.query(params![queue.alarm as i64, queue.channel, queue.recipient])?;
    known("outbox", rows, delivery)
}

/// Nothing leaves a queue before an instant.
pub(super) fn wait(connection: &Connection, queue: &Queue, until: Timestamp) -> rusqlite::Result<()> {
    connection
        .prepare_cached(WAIT)?
        .execute(params![
            queue.alarm as i64,
            queue.channel,
            queue.recipient,
            until.milliseconds()
        ])
        .map(drop)
}

/// All the statements, for the test that none looks at every row.
#[cfg(test)]
pub(super) const STATEMENTS: [&str; 3] = [WAITING, WAIT, ARRIVED];

/// The last word that arrived.
const ARRIVED: &str = concat!(
    "select reason from outbox indexed by outbox_queue
     where alarm = ?1 and channel = ?2 and recipient = ?3 and state = 'sent' and reason in ",
    words!(),
    " order by id desc limit 1"
);

/// Whether the last word that arrived was that the alarm stands.
fn was_reached(connection: &Connection, queue: &Queue) -> rusqlite::Result<bool> {
    let last: Option<Reason> = connection
        .prepare_cached(ARRIVED)?
        .query_row(
            params![queue.alarm as i64, queue.channel, queue.recipient],
            |row| from_json(row, 0),
        )
        .optional()?;
    Ok(last.and_then(Heard::by) == Some(Heard::Stands))
}

#[cfg(test)]
mod tests {
    use plenum_core::alarms::{Alarm, Cause, Cover, CoverKind, Event, Shelving};
    use plenum_core::authority::Actor;
    use plenum_core::site::Site;
    use plenum_protocol::Duration;

    use super::super::tests::{NOW, alarm, filled, transition};
    use super::super::{due, finish, intend};
    use super::*;
    use crate::notify::channels::Outcome;

    const SITE: &str =
        "[site]\nid = \"s\"\nname = \"S\"\nzone = \"UTC\"\n[[channel]]\nid = \"ops\"\nkind = \"webhook\"\n";

    /// The alarm is shelved, and the reminder of that is due.
    fn reminder() -> (Alarm, Event) {
        let shelved = Alarm {
            cover: Some(Cover::Shelved(Shelving {
                by: Actor::person("Anna"),
                since: NOW,
                at: NOW,
                until: NOW + Duration::from_hours(1),
                reason: String::new(),
                reminded: true,
            })),
            ..alarm()
        };
        let event = Event {
            cause: Cause::ShelvingEnds,
            from_cover: Some(CoverKind::Shelved),
            to_cover: Some(CoverKind::Shelved),
            ..transition()
        };
        (shelved, event)
    }

    #[test]
    fn what_stands_behind_a_message_that_fails_waits_as_long_as_that() {
        let (_folder, database) = filled(&[]);
        let site: Site = toml::from_str(SITE).unwrap();
        let tried = database.write_blocking(move |connection| {
            intend(connection, &[(alarm(), transition())], &site, NOW, Timestamp::MIN)?;
            intend(connection, &[reminder()], &site, NOW, Timestamp::MIN)?;
            let queue = Queue::of(&due(connection, NOW, 9)?[0]);
            let first = claim(connection, &queue, NOW)?.unwrap();
            finish(connection, &first, &Outcome::Retry("busy".to_owned()), NOW)?;
            let wait = |seconds| due(connection, NOW + Duration::from_seconds(seconds), 9);
            Ok((first.reason, wait(1)?.len(), wait(2)?.len()))
        });
        assert_eq!(tried.unwrap(), (Reason::First, 0, 1));
    }
}
