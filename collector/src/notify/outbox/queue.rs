//! What waits for one recipient about one alarm is one queue: one message at a time, and never one that a newer has overtaken.

use plenum_core::alarms::remark::together;
use plenum_core::oncall::{self, Heard, Reason};
use plenum_protocol::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::{DeliveryState, Due, delivery, keep_message, words};
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
    // Should an older one have arrived after all, one link does for both, and that it may have is not forgotten.
    let of_older = older.iter().rev().filter_map(|replaced| replaced.told.clone());
    if due.told.is_none()
        && let Some(told) = of_older.max_by_key(|told| told.secret.is_some())
    {
        keep_message(connection, due.id, &told)?;
        due.told = Some(told);
    }
    if due.reason != found.reason {
        due.reason = found.reason;
        connection
            .prepare_cached("update outbox set reason = ?2 where id = ?1")?
            .execute(params![due.id, json(&due.reason)?])?;
    }
    let older = replaced(connection, queue, due.id)?;
    take_over(&mut due, &older);
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
/// What was replaced before one, since the last that ended otherwise.
const REPLACED: &str = "
select id, created, channel, kind, recipient, reason, snapshot, key, attempts, message from outbox indexed by outbox_queue
where alarm = ?1 and channel = ?2 and recipient = ?3 and state = 'replaced' and id < ?4 and id > coalesce((
    select id from outbox indexed by outbox_queue
    where alarm = ?1 and channel = ?2 and recipient = ?3 and state in ('sent', 'failed') and id < ?4 order by id desc limit 1
), 0) order by id";

/// What a message that goes in place of others tells of theirs: since when its reader waits for a call, and all that was changed since.
fn take_over(due: &mut Due, replaced: &[Due]) {
    let (mut called, mut changes) = (None, Vec::new());
    for older in replaced {
        match (Heard::by(older.reason), older.reason) {
            (Some(Heard::Over), _) => (called, changes) = (None, Vec::new()),
            (_, Reason::Changed) => {
                let what = older.alarm.changed.iter().flat_map(|changed| &changed.what);
                changes = together(&changes, &what.cloned().collect::<Vec<_>>());
            }
            (_, reason) if reason.calls() => {
                called = called.or(Some(older.created));
                changes.clear();
            }
            _ => {}
        }
    }
    if due.reason.calls() {
        due.since = called.unwrap_or(due.created);
    }
    if let Some(changed) = due.alarm.changed.as_mut().filter(|_| !changes.is_empty()) {
        changed.what = together(&changes, &changed.what);
    }
}

/// The messages in whose place one goes, the oldest first.
fn replaced(connection: &Connection, queue: &Queue, id: i64) -> rusqlite::Result<Vec<Due>> {
    let mut statement = connection.prepare_cached(REPLACED)?;
    let rows = statement.query(params![queue.alarm as i64, queue.channel, queue.recipient, id])?;
    known("outbox", rows, delivery)
}

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
pub(super) const STATEMENTS: [&str; 4] = [WAITING, WAIT, REPLACED, ARRIVED];

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
    use plenum_core::alarms::remark::Change;
    use plenum_core::alarms::{Alarm, Cause, Changed, Cover, CoverKind, Event, Shelving, State};
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
                by: Actor::named("Anna"),
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

    /// That its limit went from one number to another.
    fn limit(before: f64, after: f64, at: Timestamp) -> (Alarm, Event) {
        let what = vec![Change::Limit {
            before: Some(before),
            after: Some(after),
        }];
        let changed = Some(Changed { at, what });
        let event = Event {
            from: State::ActiveUnacknowledged,
            cause: Cause::RuleChanged,
            ..transition()
        };
        (Alarm { changed, ..alarm() }, event)
    }

    #[test]
    fn what_goes_in_place_of_a_call_is_as_late_as_that_and_tells_of_every_change_also_when_it_is_tried_again()
    {
        let (_folder, database) = filled(&[]);
        let site: Site = toml::from_str(SITE).unwrap();
        let claimed = database.write_blocking(move |connection| {
            let at = |minute| NOW + Duration::from_minutes(minute);
            let raised = [(alarm(), transition())];
            intend(connection, &raised, &site, NOW, Timestamp::MIN)?;
            for (minute, before, after) in [(1, 27.0, 28.0), (2, 28.0, 30.0)] {
                let changed = [limit(before, after, at(minute))];
                intend(connection, &changed, &site, at(minute), Timestamp::MIN)?;
            }
            let queue = Queue::of(&due(connection, at(2), 9)?[0]);
            let first = claim(connection, &queue, at(2))?.unwrap();
            finish(connection, &first, &Outcome::Retry("busy".to_owned()), at(2))?;
            Ok([first, claim(connection, &queue, at(9))?.unwrap()])
        });
        for due in claimed.unwrap() {
            assert_eq!((due.reason, due.since), (Reason::First, NOW));
            let expected = limit(27.0, 30.0, NOW).0.changed.unwrap().what;
            assert_eq!(due.alarm.changed.unwrap().what, expected);
        }
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
