//! What waits in a queue becomes one message: what it is about, what goes along, and what it replaces.

use plenum_core::alarms::Alarm;
use plenum_core::alarms::remark::together;
use plenum_core::oncall::bundle::{self, Known, Word};
use plenum_core::oncall::{Heard, Reason};
use plenum_protocol::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::super::{Along, DeliveryState, Due, delivery, keep_message, words};
use super::{Queue, Waiting};
use crate::database::{from_json, json, known};
use crate::notify::calls;

/// How many other alarms a program is told of in one message; people are named fewer.
const NAMED: usize = 100;
/// What was replaced before one, since the last that ended otherwise.
pub(super) const REPLACED: &str = "
select id, created, channel, kind, recipient, reason, snapshot, key, attempts, message, incident from outbox indexed by outbox_queue
where alarm = ?1 and channel = ?2 and recipient = ?3 and state = 'replaced' and id < ?4 and id > coalesce((
    select id from outbox indexed by outbox_queue
    where alarm = ?1 and channel = ?2 and recipient = ?3 and state in ('sent', 'failed', 'withheld') and id < ?4 order by id desc limit 1
), 0) order by id";
const ONE: &str = "
select id, created, channel, kind, recipient, reason, snapshot, key, attempts, message, incident from outbox where id = ?1";

/// All that waits leaves as one message.
pub(super) fn leave(
    connection: &Connection,
    queue: &Queue,
    (mut waiting, words): (Vec<Waiting>, &[Word]),
    known: &Known,
    now: Timestamp,
) -> rusqlite::Result<Due> {
    let first_cause = match u64::try_from(queue.incident) {
        Ok(incident) if waiting.len() > 1 => calls::first_cause(connection, incident),
        _ => None,
    };
    let place = bundle::leads(words, known, first_cause).unwrap_or_default();
    let lead = waiting.swap_remove(place);
    let mut due = settle(connection, &lead, now)?;
    for one in &waiting {
        write_down(connection, one, Some(lead.id), now)?;
    }
    due.along = along(connection, waiting)?;
    let older = replaced(connection, &due)?;
    take_over(&mut due, &older);
    due.untold = Heard::by(due.reason) == Some(Heard::Over) && !was_reached(connection, &due)?;
    Ok(due)
}

/// The row that the message is about: what it replaces is written down, and what it tells.
fn settle(connection: &Connection, lead: &Waiting, now: Timestamp) -> rusqlite::Result<Due> {
    let mut older = Vec::new();
    for replaced in &lead.replaced {
        older.push(one(connection, *replaced)?);
    }
    write_down(connection, lead, None, now)?;
    let mut due = one(connection, lead.id)?;
    // Should an older one have arrived after all, one link does for both.
    let of_older = older.iter().rev().filter_map(|replaced| replaced.told.clone());
    if due.told.is_none()
        && let Some(told) = of_older.max_by_key(|told| told.secret.is_some())
    {
        keep_message(connection, due.id, &told)?;
        due.told = Some(told);
    }
    Ok(due)
}

/// What a row replaces, what it tells, and whose message it goes along with.
fn write_down(
    connection: &Connection,
    waiting: &Waiting,
    bundle: Option<i64>,
    now: Timestamp,
) -> rusqlite::Result<()> {
    for replaced in &waiting.replaced {
        connection
            .prepare_cached("update outbox set state = ?2, finished = ?3 where id = ?1")?
            .execute(params![replaced, DeliveryState::Replaced, now.milliseconds()])?;
    }
    if waiting.is_other {
        connection
            .prepare_cached("update outbox set reason = ?2 where id = ?1")?
            .execute(params![waiting.id, json(&waiting.word.reason)?])?;
    }
    connection
        .prepare_cached("update outbox set bundle = ?2, tried = max(tried, ?3) where id = ?1")?
        .execute(params![waiting.id, bundle, waiting.tried])
        .map(drop)
}

/// Whoever was taken off is not called any more. That an earlier attempt may have arrived is not forgotten.
pub(super) fn give_up(connection: &Connection, gone: &Waiting, now: Timestamp) -> rusqlite::Result<()> {
    settle(connection, gone, now)?;
    let why = "the channel reached them no longer when its turn came";
    tracing::warn!(alarm = gone.word.alarm, given_up = true, why, "message not sent");
    end(connection, gone.id, (DeliveryState::Failed, Some(why)), now)
}

/// Somebody has it by now: nobody else is called. Of what may have arrived they hear the end.
pub(super) fn withhold(connection: &Connection, held: &Waiting, now: Timestamp) -> rusqlite::Result<()> {
    settle(connection, held, now)?;
    tracing::info!(
        alarm = held.word.alarm,
        "message not sent: somebody had it before it left"
    );
    let ended = match held.tried {
        true => (
            DeliveryState::Failed,
            Some("somebody had it before another attempt"),
        ),
        false => (DeliveryState::Withheld, None),
    };
    end(connection, held.id, ended, now)
}

fn end(
    connection: &Connection,
    id: i64,
    (state, why): (DeliveryState, Option<&str>),
    now: Timestamp,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "update outbox set state = ?2, finished = ?3, error = coalesce(?4, error) where id = ?1",
        )?
        .execute(params![id, state, now.milliseconds(), why])
        .map(drop)
}

/// What a message names beside what it is about: what stands before what is over, the worst and the oldest first.
fn along(connection: &Connection, mut others: Vec<Waiting>) -> rusqlite::Result<Along> {
    others.sort_by_key(|one| (one.word.is_end(), one.word.priority, one.word.intended, one.id));
    let over = others.iter().filter(|one| one.word.is_end()).count();
    let mut alarms: Vec<(Alarm, Reason)> = Vec::new();
    for other in others.iter().take(NAMED) {
        let due = one(connection, other.id)?;
        alarms.push((due.alarm, other.word.reason));
    }
    Ok(Along {
        alarms,
        standing: others.len() - over,
        over,
        left: Vec::new(),
    })
}

pub(super) fn one(connection: &Connection, id: i64) -> rusqlite::Result<Due> {
    connection.prepare_cached(ONE)?.query_row([id], delivery)
}

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
fn replaced(connection: &Connection, due: &Due) -> rusqlite::Result<Vec<Due>> {
    let mut statement = connection.prepare_cached(REPLACED)?;
    let rows = statement.query(params![
        due.alarm.id.cast_signed(),
        due.channel,
        due.recipient,
        due.id
    ])?;
    known("outbox", rows, delivery)
}

/// The last word that arrived.
pub(super) const ARRIVED: &str = concat!(
    "select reason from outbox indexed by outbox_queue
     where alarm = ?1 and channel = ?2 and recipient = ?3 and state = 'sent' and reason in ",
    words!(),
    " order by id desc limit 1"
);

/// Whether the last word that arrived was that the alarm stands.
fn was_reached(connection: &Connection, due: &Due) -> rusqlite::Result<bool> {
    let last: Option<Reason> = connection
        .prepare_cached(ARRIVED)?
        .query_row(
            params![due.alarm.id.cast_signed(), due.channel, due.recipient],
            |row| from_json(row, 0),
        )
        .optional()?;
    Ok(last.and_then(Heard::by) == Some(Heard::Stands))
}
