//! The durable outbox: a row an intended delivery, written in the commit of the transition that it tells of.
//!
//! "Intend to send" is committed before sending and "sent" after: a crash repeats a message rather than losing one.

use plenum_core::alarms::{Alarm, Event};
use plenum_core::authority::Actor;
use plenum_core::oncall::call::calls_for;
use plenum_core::oncall::{self, Heard, Reason, Why};
use plenum_core::site::{Priority, Site};
use plenum_core::text::Message;
use plenum_protocol::{Duration, Timestamp};
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::{Deserialize, Serialize};

use super::channels::Outcome;
pub(crate) use super::channels::recipients;
use crate::database::{drills, from_json, json, known, known_or_not};

mod audience;
mod calling;
mod carried;
mod delivered;
mod hearing;
mod link;
mod proof;
mod queue;
mod thread;
mod told;

use audience::Candidate;
pub(crate) use audience::{is_about, left_out, says_that_nobody_is_told};
pub(super) use calling::{call, call_for_what_is_over};
pub(crate) use carried::carried;
pub use delivered::{Delivered, DeliveryState};
use hearing::Hearing;
pub use link::{Link, link, secret_for};
pub(super) use proof::{hurry, proved, undelivered};
pub use queue::Turn;
pub(crate) use queue::joined;
pub(super) use queue::{Leaving, Queue, UnderWay, claim};
pub(crate) use thread::thread;
pub(crate) use told::{told, told_beside, told_under, was_told};

/// So many attempts are a day: the last ones are five minutes apart.
const ATTEMPTS: u32 = 296;
/// The longest wait between two attempts.
const LONGEST: Duration = Duration::from_minutes(5);
/// When a delivery that is a later program's is looked at again: one line an hour in the log.
const POSTPONED: Duration = Duration::from_hours(1);

/// What says whether an alarm stands, as the table keeps it: see [`Heard::by`].
macro_rules! words {
    () => {
        r#"('"first"', '"stands-again"', '"reminder"', '"changed"', '"resolved"', '"withdrawn"')"#
    };
}

/// Which rows say what somebody heard: not one that another went in place of or that was withheld, and of one that was given up only that it stands, if it was tried at
/// all: it may have arrived.
macro_rules! heard {
    () => {
        concat!(
            "reason in ",
            words!(),
            r#" and state not in ('replaced', 'withheld')
            and (state <> 'failed' or tried and reason not in ('"resolved"', '"withdrawn"'))"#
        )
    };
}
use {heard, words};

/// For each recipient of each channel the most urgent of what is due, then the oldest: one message at a time leaves to one of them, so that nothing
/// overtakes anything. From one to the next along the index of what waits.
const DUE: &str = "
with recursive lane(channel, recipient) as (
    select channel, recipient from (
        select channel, recipient from outbox where state = 'waiting' order by channel, recipient limit 1
    )
    union all
    select next.channel, next.recipient from lane join outbox as next on next.id = (
        select id from outbox indexed by outbox_lane
        where state = 'waiting' and (channel, recipient) > (lane.channel, lane.recipient)
        order by channel, recipient limit 1
    )
)
select id, created, outbox.channel, kind, outbox.recipient, reason, snapshot, key, attempts, message, incident
from lane join outbox on id = (
    select id from outbox indexed by outbox_lane
    where state = 'waiting' and channel = lane.channel and recipient = lane.recipient and next_attempt <= ?1
    order by urgency, next_attempt, id limit 1
) order by outbox.urgency, next_attempt, id";
const COUNT: &str = "select count(*) from outbox indexed by outbox_due where state = 'waiting'";
const OF_ALARM: &str = "
select id, created, channel, recipient, state, attempts, error from outbox where alarm = ?1
order by created desc, id desc limit 200";
const TO: &str = "select id, created, channel, recipient, state, attempts, error, alarm from outbox where recipient = ?1 order by id";
const REACHED: &str = "
select recipient from outbox indexed by outbox_finished
where finished > ?3 and state = 'sent' and error is null and channel = ?1 and recipient = coalesce(?2, recipient) limit 1";
const NEXT_ATTEMPT: &str = "select min(next_attempt) from outbox where state = 'waiting'";
/// That an alarm stands, as the last that somebody was told of it, is kept until they are told otherwise: it says who hears the end.
const PRUNE: &str = concat!(
    "
delete from outbox where id in (
    select id from outbox as this where finished < ?1
        and not (
            ",
    heard!(),
    r#" and reason not in ('"resolved"', '"withdrawn"')
            and not exists (
                select 1 from outbox as later indexed by outbox_queue
                where later.alarm = this.alarm and later.channel = this.channel and later.recipient = this.recipient
                    and later.id > this.id and later.state = 'sent' and later.reason in "#,
    words!(),
    "
            )
        )
    order by finished limit ?2
)"
);

/// A delivery that is due.
#[derive(Debug, Clone)]
pub struct Due {
    /// Its row.
    pub id: i64,
    /// When it was intended.
    pub created: Timestamp,
    /// When it was due: as soon as it could leave, and not before the oldest word that it tells was intended, which may be that of a message in whose place it goes.
    pub since: Timestamp,
    /// The channel's id in site.toml.
    pub channel: String,
    /// The channel's kind.
    pub kind: String,
    /// A person's id for a channel that reaches people, the channel's own for others.
    pub recipient: String,
    /// What of the alarm it tells.
    pub reason: Reason,
    /// The alarm at its transition.
    pub alarm: Alarm,
    /// The same for every attempt.
    pub key: String,
    /// Attempts made.
    pub attempts: u32,
    /// The words of the last attempt.
    pub told: Option<Told>,
    /// Whether the recipient has heard nothing yet of this occurrence, though the message tells how it ended.
    pub untold: bool,
    /// The number of the incident; below zero the alarm's own where it is part of none.
    pub incident: i64,
    /// What else of the incident it tells.
    pub along: Along,
}

impl Due {
    /// Whether it tells that its alarm is over.
    pub fn alarm_ends(&self) -> bool {
        Heard::by(self.reason) == Some(Heard::Over)
    }
}

/// What else of its incident a message tells, beside the alarm that it is about.
#[derive(Debug, Clone, Default)]
pub struct Along {
    /// The worst and the oldest of the alarms, with what is told of each.
    pub alarms: Vec<(Alarm, Reason)>,
    /// How many it tells that they stand.
    pub standing: usize,
    /// How many it tells that they are over.
    pub over: usize,
    /// Those of which they were told before, and which stand on.
    pub left: Vec<u64>,
}

/// What an attempt said. The next one says how things stand then, under the same link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// Its words.
    #[serde(flatten)]
    pub message: Message,
    /// The secret of its acknowledgement link.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
}

/// Writes the intended deliveries of transitions, in the transaction of their commit. What happened before `deliver_from` is not told.
pub fn intend(
    connection: &Connection,
    transitions: &[(Alarm, Event)],
    site: &Site,
    now: Timestamp,
    deliver_from: Timestamp,
) -> rusqlite::Result<usize> {
    let (mut written, mut hearing) = (0, Hearing::new(site));
    for (alarm, event) in transitions.iter().filter(|(_, event)| event.at >= deliver_from) {
        let may_call = drills::may_call(connection, alarm)?;
        if calls_for(alarm) && may_call {
            hearing.begin(connection, alarm, now)?;
        }
        let hearers = hearing.of(connection, alarm)?;
        for candidate in audience::of(connection, alarm, &event.actor, (site, hearers))? {
            let reason = match oncall::decide(alarm, event, candidate.listener) {
                no @ Reason::No(_) => no,
                reason if candidate.left_out.is_some() => candidate.left_out.map_or(reason, Reason::No),
                reason if reason.calls() && !may_call => Reason::No(Why::NoDrill),
                Reason::ShelvingEnds if !audience::is_reminded(connection, alarm, &candidate, site)? => {
                    Reason::No(Why::PersonKnows)
                }
                reason => reason,
            };
            written += insert(connection, alarm, &candidate, reason, now)?;
        }
    }
    Ok(written)
}

/// With a revision of the site: whoever has come on a channel while these alarms stand is told of each that nobody has.
pub fn intend_for_newcomers(
    connection: &Connection,
    standing: &[Alarm],
    site: &Site,
    now: Timestamp,
    deliver_from: Timestamp,
) -> rusqlite::Result<usize> {
    let (mut written, mut hearing) = (0, Hearing::new(site));
    for alarm in standing.iter().filter(|alarm| alarm.raised_at >= deliver_from) {
        if !drills::may_call(connection, alarm)? {
            continue;
        }
        let hearers = hearing.of(connection, alarm)?;
        for candidate in audience::of(connection, alarm, &Actor::Monitor, (site, hearers))? {
            if candidate.left_out.is_none() {
                let reason = oncall::decide_for_newcomer(alarm, candidate.listener);
                written += insert(connection, alarm, &candidate, reason, now)?;
            }
        }
    }
    Ok(written)
}

fn insert(
    connection: &Connection,
    alarm: &Alarm,
    candidate: &Candidate,
    reason: Reason,
    now: Timestamp,
) -> rusqlite::Result<usize> {
    let (channel, to) = (&candidate.channel, &candidate.recipient);
    tracing::debug!(alarm = alarm.id, channel, to, ?reason, "delivery decided");
    if matches!(reason, Reason::No(_)) {
        return Ok(0);
    }
    let incident = queue::incident_of(connection, alarm.id)?;
    queue::follow(connection, alarm.id, incident)?;
    connection
        .prepare_cached(
            "insert into outbox(created, alarm, channel, kind, recipient, reason, snapshot, key, next_attempt, urgency, incident)
             values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?1, ?9, ?10)",
        )?
        .execute(params![
            now.milliseconds(),
            alarm.id as i64,
            channel,
            candidate.kind,
            to,
            json(&reason)?,
            json(alarm)?,
            uuid::Uuid::new_v4().to_string(),
            urgency(alarm),
            incident,
        ])
}

/// What is wrong goes before any drill, and waits for none.
const DRILL: i64 = 4;

/// In which order what waits of a channel leaves; a number that the table keeps.
fn urgency(alarm: &Alarm) -> i64 {
    let urgency = match alarm.priority {
        Priority::Critical => 0,
        Priority::High => 1,
        Priority::Medium => 2,
        Priority::Low => 3,
    };
    urgency + if alarm.is_drill() { DRILL } else { 0 }
}

/// The priority that stands in the table as so urgent.
const fn priority(urgency: i64) -> Priority {
    match urgency % DRILL {
        ..=0 => Priority::Critical,
        1 => Priority::High,
        2 => Priority::Medium,
        _ => Priority::Low,
    }
}

/// What is due at `now`, one of each recipient and channel, the most urgent and then the oldest first: one that hangs must not hide the others.
pub fn due(connection: &Connection, now: Timestamp) -> rusqlite::Result<Vec<Due>> {
    Ok(look(connection, now)?.0)
}

/// As `due`, and the rows among them that are a later program's: they are to be postponed, or they would take the place of what can be sent.
pub(super) fn look(connection: &Connection, now: Timestamp) -> rusqlite::Result<(Vec<Due>, Vec<Value>)> {
    let mut statement = connection.prepare_cached(DUE)?;
    let rows = statement.query([now.milliseconds()])?;
    let (mut due, mut unknown) = (Vec::new(), Vec::new());
    for (id, row) in known_or_not("outbox", rows, delivery)? {
        match row {
            Some(row) => due.push(row),
            None => unknown.push(id),
        }
    }
    Ok((due, unknown))
}

fn delivery(row: &Row<'_>) -> rusqlite::Result<Due> {
    Ok(Due {
        id: row.get(0)?,
        created: Timestamp::from_milliseconds(row.get(1)?),
        since: Timestamp::from_milliseconds(row.get(1)?),
        channel: row.get(2)?,
        kind: row.get(3)?,
        recipient: row.get(4)?,
        reason: from_json(row, 5)?,
        alarm: from_json(row, 6)?,
        key: row.get(7)?,
        attempts: row.get(8)?,
        told: row
            .get::<_, Option<String>>(9)?
            .map(|_| from_json(row, 9))
            .transpose()?,
        untold: false,
        incident: row.get(10)?,
        along: Along::default(),
    })
}

/// The wall clock was set by so much: who waits for an attempt waits as long as before.
pub(super) fn clock_was_set(connection: &Connection, by: Duration) -> rusqlite::Result<()> {
    connection
        .execute(
            "update outbox set next_attempt = next_attempt + ?1 where state = 'waiting'",
            [by.milliseconds()],
        )
        .map(drop)
}

/// At a start: nobody waits longer than the longest wait, whatever the clock said when that was written.
pub(super) fn nobody_waits_for_ever(connection: &Connection, now: Timestamp) -> rusqlite::Result<()> {
    connection
        .execute(
            "update outbox set next_attempt = ?1 where state = 'waiting' and next_attempt > ?1 + ?2",
            params![now.milliseconds(), POSTPONED.milliseconds()],
        )
        .map(drop)
}

/// Looks at rows of a later program again some time later; they wait on for that program.
pub(super) fn postpone(connection: &Connection, rows: &[Value], now: Timestamp) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached("update outbox set next_attempt = ?2 where id = ?1")?;
    for id in rows {
        statement.execute(params![id, (now + POSTPONED).milliseconds()])?;
    }
    Ok(())
}

/// When the next attempt is due; `None` when nothing waits.
pub fn next_attempt(connection: &Connection) -> rusqlite::Result<Option<Timestamp>> {
    let next: Option<i64> = connection.query_row(NEXT_ATTEMPT, [], |row| row.get(0))?;
    Ok(next.map(Timestamp::from_milliseconds))
}

/// Keeps the words of an attempt.
pub fn keep_message(connection: &Connection, id: i64, told: &Told) -> rusqlite::Result<()> {
    connection.execute(
        "update outbox set message = ?2 where id = ?1",
        params![id, json(told)?],
    )?;
    connection
        .execute("update outbox set tried = 1 where id = ?1 or bundle = ?1", [id])
        .map(drop)
}

/// Writes down how an attempt went and when the next one is due.
pub fn finish(connection: &Connection, due: &Due, outcome: &Outcome, now: Timestamp) -> rusqlite::Result<()> {
    let attempts = due.attempts + 1;
    // By what was tried, not by the clock: one that is set two years on must not give everything up.
    // What stands is told as long as it stands.
    let stands = Heard::by(due.reason) == Some(Heard::Stands) && stands(connection, due.alarm.id)?;
    let expired = attempts >= ATTEMPTS && !stands;
    let calls = due.reason.calls() && stands;
    let unproved = proof::UNPROVED.to_owned();
    let (state, error, next) = match outcome {
        Outcome::Sent => (DeliveryState::Sent, None, now),
        Outcome::Unproved => (DeliveryState::Sent, Some(&unproved), now),
        // Its words are others the next time, and until it arrives it is said that it does not.
        Outcome::GiveUp(error) if calls => (DeliveryState::Waiting, Some(error), now + LONGEST),
        Outcome::GiveUp(error) => (DeliveryState::Failed, Some(error), now),
        Outcome::Retry(error) | Outcome::Refused(error) if expired => {
            (DeliveryState::Failed, Some(error), now)
        }
        Outcome::Retry(error) | Outcome::Refused(error) => {
            (DeliveryState::Waiting, Some(error), now + back_off(attempts))
        }
    };
    let finished = (state != DeliveryState::Waiting).then_some(now.milliseconds());
    connection.execute(
        "update outbox set state = ?2, attempts = ?3, error = ?4, next_attempt = ?5, finished = ?6
             where id = ?1 or bundle = ?1 and state = 'waiting'",
        params![due.id, state, attempts, error, next.milliseconds(), finished],
    )?;
    // What stands behind it in its queue waits as long: it would call for another attempt at once, again and again.
    if state == DeliveryState::Waiting {
        queue::wait(connection, &Queue::of(due), next)?;
    }
    Ok(())
}

fn stands(connection: &Connection, alarm: u64) -> rusqlite::Result<bool> {
    connection
        .prepare_cached("select exists(select 1 from alarm where id = ?1 and state like 'active-%')")?
        .query_row([alarm as i64], |row| row.get(0))
}

/// 2 s, doubling to 5 min.
pub(crate) fn back_off(attempts: u32) -> Duration {
    LONGEST.min(Duration::from_seconds(1 << attempts.min(9)))
}

/// The deliveries of one alarm, newest first.
pub fn of_alarm(connection: &Connection, alarm: u64) -> rusqlite::Result<Vec<Delivered>> {
    let mut statement = connection.prepare_cached(OF_ALARM)?;
    known("outbox", statement.query([alarm as i64])?, delivered)
}

/// The messages to somebody with their alarms' numbers, the oldest first.
pub(crate) fn to(connection: &Connection, recipient: &str) -> rusqlite::Result<Vec<(u64, Delivered)>> {
    let mut statement = connection.prepare(TO)?;
    known("outbox", statement.query([recipient])?, |row| {
        Ok((row.get::<_, i64>(7)?.cast_unsigned(), delivered(row)?))
    })
}

fn delivered(row: &Row<'_>) -> rusqlite::Result<Delivered> {
    Ok(Delivered {
        at: Timestamp::from_milliseconds(row.get(1)?),
        channel: row.get(2)?,
        to: row.get(3)?,
        state: row.get(4)?,
        attempts: row.get(5)?,
        error: row.get(6)?,
    })
}

/// Who was reached over a channel after an instant, the one who is named or anybody.
pub(super) fn reached_since(
    connection: &Connection,
    channel: &str,
    recipient: Option<&str>,
    at: Timestamp,
) -> rusqlite::Result<Option<String>> {
    connection
        .prepare_cached(REACHED)?
        .query_row(params![channel, recipient, at.milliseconds()], |row| row.get(0))
        .optional()
}

/// How many deliveries wait, by the index of those that do.
pub fn waiting(connection: &Connection) -> rusqlite::Result<u64> {
    connection.prepare_cached(COUNT)?.query_row([], |row| row.get(0))
}

/// How many rows one transaction of [`prune`] deletes at most.
const PRUNED: usize = 500;

/// Deletes some of what was sent or given up before `before`, and links that are over. Answers whether there may be more.
pub fn prune(connection: &Connection, before: Timestamp, now: Timestamp) -> rusqlite::Result<bool> {
    let deleted = connection.execute(PRUNE, params![before.milliseconds(), PRUNED as i64])?;
    link::prune(connection, now)?;
    Ok(deleted == PRUNED)
}

#[cfg(test)]
mod nights;
#[cfg(test)]
pub(crate) mod tests;
