//! What waits for one recipient about one incident is one queue, and leaves as one message: never one that a newer has overtaken, and never one an alarm.

mod message;
#[cfg(test)]
mod tests;
mod turn;
mod under_way;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::PoisonError;

use plenum_core::alarms::{Alarm, State};
use plenum_core::incident::Changes;
use plenum_core::oncall::bundle::{self, Known, Word};
use plenum_core::oncall::{self, Heard, Reason};
use plenum_protocol::{Duration, Timestamp};
use rusqlite::{Connection, params};

use super::{Due, priority, words};
use crate::database::{from_json, known};
use crate::notify::calls::{self, Hearers};
use message::{give_up, leave, one, withhold};
pub use turn::Turn;
pub(in crate::notify) use under_way::{Leaving, UnderWay};

/// Which queue a delivery stands in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::notify) struct Queue {
    pub(in crate::notify) channel: String,
    pub(in crate::notify) recipient: String,
    /// The incident's number; below zero that of an alarm that is part of none.
    pub(in crate::notify) incident: i64,
}

impl Queue {
    /// Of a delivery.
    pub(in crate::notify) fn of(due: &Due) -> Self {
        Self {
            channel: due.channel.clone(),
            recipient: due.recipient.clone(),
            incident: due.incident,
        }
    }

    /// Whether a message leaves this queue beside one that is under way: to one recipient over one channel one does at a time, so that nothing overtakes anything; what
    /// is critical does not wait for what is not, unless that is of the same incident.
    pub(in crate::notify) fn goes_beside(&self, urgent: bool, (other, is_urgent): (&Self, bool)) -> bool {
        let is_same_way = other.channel == self.channel && other.recipient == self.recipient;
        !is_same_way || (urgent && !is_urgent && other.incident != self.incident)
    }
}

/// The incident of an alarm as the outbox counts it.
pub(super) fn incident_of(connection: &Connection, alarm: u64) -> rusqlite::Result<i64> {
    let found = calls::incident_of(connection, alarm)?;
    Ok(found.map_or(-alarm.cast_signed(), u64::cast_signed))
}

/// What still waits about an alarm stands in the queue of the incident that it is part of now.
pub(super) fn follow(connection: &Connection, alarm: u64, incident: i64) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "update outbox indexed by outbox_alarm_waits set incident = ?2
             where alarm = ?1 and state = 'waiting' and incident <> ?2",
        )?
        .execute([alarm.cast_signed(), incident])
        .map(drop)
}

/// What was told of incidents that turned out to be part of another was told of that.
pub(crate) fn joined(connection: &Connection, changes: &Changes) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached("update outbox set incident = ?2 where incident = ?1")?;
    for incident in &changes.incidents {
        if let Some(whole) = incident.part_of {
            statement.execute([incident.id, whole])?;
        }
    }
    Ok(())
}

/// What leaves a queue now; none where nothing does yet. What that replaces is written down as replaced, and what goes along as a part of it. Whom the channel does not reach
/// any more is not called, and told what is over; nor is a person called for what somebody has by now.
pub(in crate::notify) fn claim(
    connection: &Connection,
    queue: &Queue,
    turn: &Turn,
    under_way: &UnderWay,
    now: Timestamp,
) -> rusqlite::Result<Option<Due>> {
    let mut under_way = under_way.lock().unwrap_or_else(PoisonError::into_inner);
    let waiting = waiting(connection, queue)?;
    // It came from another incident, which turned out to be part of this one.
    let is_under_way = |row: &Row| {
        under_way
            .values()
            .any(|lead| *lead == row.id || Some(*lead) == row.bundle)
    };
    if waiting.iter().any(is_under_way) {
        return wait(connection, queue, now + SOON).map(|()| None);
    }
    let due = next(connection, queue, together_by_alarm(waiting), turn, now)?;
    under_way.extend(due.iter().map(|due| (queue.clone(), due.id)));
    Ok(due)
}

fn next(
    connection: &Connection,
    queue: &Queue,
    mut waiting: Vec<Waiting>,
    turn: &Turn,
    now: Timestamp,
) -> rusqlite::Result<Option<Due>> {
    // A reminder that a shelving ends goes by itself, unless it can wait: then nothing else waits for it.
    let reminds = |one: &Waiting| one.word.reason == Reason::ShelvingEnds;
    match waiting.iter().find(|one| reminds(one)) {
        Some(reminder) if turn.quiet_until(&[reminder.word], now).is_none() => {
            return one(connection, reminder.id).map(Some);
        }
        Some(_) if waiting.iter().any(|one| !reminds(one)) => waiting.retain(|one| !reminds(one)),
        _ => {}
    }
    let calls = |one: &Waiting| one.word.reason.calls();
    if !turn.is_reached {
        for gone in waiting.extract_if(.., |one| calls(one)) {
            give_up(connection, &gone, now)?;
        }
    } else if let Some(site) = turn.calls_a_person(waiting.iter().any(calls)) {
        let hearers = Hearers::of(connection, queue.incident, site)?;
        let is_left = hearers.leave_to_another(&queue.recipient);
        let known = heard(connection, queue)?;
        for mut one in std::mem::take(&mut waiting) {
            let is_known = known.stands.iter().any(|(alarm, _)| *alarm == one.word.alarm);
            if calls(&one) && (is_left || one.is_had) {
                if !(is_known && one.own == Reason::Taken) {
                    withhold(connection, &one, now)?;
                    continue;
                }
                // Whoever knows that it stands hears that somebody has it.
                (one.word.reason, one.is_other) = (Reason::Taken, false);
            }
            waiting.push(one);
        }
    }
    let words: Vec<Word> = waiting.iter().map(|one| one.word).collect();
    if let Some(until) = turn.quiet_until(&words, now) {
        return wait(connection, queue, until).map(|()| None);
    }
    let mut known = heard(connection, queue)?;
    match bundle::leaves_at(&words, &known, now) {
        Some(at) if at <= now => {
            let mut due = leave(connection, queue, (waiting, &words), &known, now)?;
            due.since = could_leave(&due, &words, &known, now).min(now).max(due.since);
            let told: BTreeSet<u64> = words.iter().map(|word| word.alarm).collect();
            known.stands.retain(|(alarm, _)| !told.contains(alarm));
            due.along.left = known.stands.into_iter().map(|(alarm, _)| alarm).collect();
            Ok(Some(due))
        }
        // What is about to end may stand again at any instant.
        Some(at) if words.iter().any(|word| word.is_ending) => {
            wait(connection, queue, at.min(now + ENDING)).map(|()| None)
        }
        Some(at) => wait(connection, queue, at).map(|()| None),
        None => Ok(None),
    }
}

/// When what a message is about could have left by itself, had it been tried since it was intended: what waits for company or for the pace is not late.
fn could_leave(due: &Due, words: &[Word], known: &Known, now: Timestamp) -> Timestamp {
    let own = words.iter().find(|word| word.alarm == due.alarm.id);
    let own = own.map(|word| Word {
        intended: due.since,
        is_called: false,
        ..*word
    });
    bundle::leaves_at(own.as_slice(), known, now).unwrap_or(due.since)
}

/// A row that waits.
#[derive(Debug, Clone, Copy)]
struct Row {
    id: i64,
    /// Whose message it went along with at the last attempt.
    bundle: Option<i64>,
    /// Whether it may have arrived.
    tried: bool,
    /// Whether somebody has its alarm.
    is_had: bool,
    word: Word,
}

/// What is to be told of one alarm.
#[derive(Debug)]
struct Waiting {
    word: Word,
    /// The row that tells it.
    id: i64,
    /// The rows in whose place it does.
    replaced: Vec<i64>,
    /// Whether it or one of those may have arrived.
    tried: bool,
    /// What the row was written for.
    own: Reason,
    /// Whether it tells another thing than that.
    is_other: bool,
    /// Whether somebody has the alarm.
    is_had: bool,
}

/// How long a queue that waits for what is about to end waits before that is looked at again.
const ENDING: Duration = Duration::from_seconds(30);
/// How long a queue waits for a message that is under way.
const SOON: Duration = Duration::from_seconds(1);
const WAITING: &str = "
select id, alarm, reason, urgency, created, bundle, tried, snapshot,
    (select alarm.alarm from alarm where alarm.id = outbox.alarm) from outbox indexed by outbox_waits
where incident = ?1 and channel = ?2 and recipient = ?3 and state = 'waiting' order by id";
const WAIT: &str = "
update outbox indexed by outbox_waits set next_attempt = ?4
where incident = ?1 and channel = ?2 and recipient = ?3 and state = 'waiting' and next_attempt < ?4";
/// The newest word of each alarm that arrived.
const HEARD: &str = concat!(
    "select alarm, reason, urgency, max(id) from outbox indexed by outbox_incident
     where incident = ?1 and channel = ?2 and recipient = ?3 and state = 'sent' and reason in ",
    words!(),
    " group by alarm"
);
/// The newest message of each alarm that told them that somebody has it.
const TAKEN: &str = "
select alarm, max(id) from outbox indexed by outbox_incident
where incident = ?1 and channel = ?2 and recipient = ?3 and state = 'sent' and reason = '\"taken\"' group by alarm";
const LAST: &str = "
select max(finished) from outbox indexed by outbox_incident
where incident = ?1 and channel = ?2 and recipient = ?3 and state = 'sent'";

/// What waits in a queue, the oldest first; what a later program wrote waits for that.
fn waiting(connection: &Connection, queue: &Queue) -> rusqlite::Result<Vec<Row>> {
    let mut statement = connection.prepare_cached(WAITING)?;
    let rows = statement.query(params![queue.incident, queue.channel, queue.recipient])?;
    known("outbox", rows, |row| {
        // One whose alarm is a later program's waits for that, and holds nothing else up.
        let _: Alarm = from_json(row, 7)?;
        let stands: Option<String> = row.get(8)?;
        let stands: Option<Alarm> = stands.map(|_| from_json(row, 8)).transpose()?;
        let word = Word {
            alarm: row.get::<_, i64>(1)?.cast_unsigned(),
            reason: from_json(row, 2)?,
            priority: priority(row.get(3)?),
            intended: Timestamp::from_milliseconds(row.get(4)?),
            is_ending: stands.as_ref().is_some_and(Alarm::is_ending),
            is_called: false,
        };
        Ok(Row {
            id: row.get(0)?,
            bundle: row.get(5)?,
            tried: row.get(6)?,
            is_had: stands.is_some_and(|alarm| alarm.state == State::ActiveAcknowledged),
            word,
        })
    })
}

/// One word an alarm, as [`oncall::in_place`] has it.
fn together_by_alarm(waiting: Vec<Row>) -> Vec<Waiting> {
    let mut by_alarm: BTreeMap<u64, Vec<Row>> = BTreeMap::new();
    for row in waiting {
        by_alarm.entry(row.word.alarm).or_default().push(row);
    }
    let one = |rows: Vec<Row>| {
        let reasons: Vec<Reason> = rows.iter().map(|row| row.word.reason).collect();
        let found = oncall::in_place(&reasons)?;
        let Row { id, word, .. } = rows[found.stays];
        Some(Waiting {
            id,
            tried: rows[..=found.stays].iter().any(|row| row.tried),
            replaced: rows[..found.replaced].iter().map(|row| row.id).collect(),
            own: word.reason,
            is_had: rows[found.stays].is_had,
            is_other: word.reason != found.reason,
            word: Word {
                reason: found.reason,
                // Whoever waits has done so since the oldest of them.
                intended: rows[0].word.intended,
                is_called: found.is_called,
                ..word
            },
        })
    };
    by_alarm.into_values().filter_map(one).collect()
}

/// What somebody knows of an incident.
fn heard(connection: &Connection, queue: &Queue) -> rusqlite::Result<Known> {
    let of = params![queue.incident, queue.channel, queue.recipient];
    let mut statement = connection.prepare_cached(HEARD)?;
    let rows = known("outbox", statement.query(of)?, |row| {
        let reason: Reason = from_json(row, 1)?;
        let stands = (row.get::<_, i64>(0)?.cast_unsigned(), priority(row.get(2)?));
        let told: i64 = row.get(3)?;
        Ok((Heard::by(reason) == Some(Heard::Stands)).then_some((stands, told)))
    })?;
    let rows: Vec<_> = rows.into_iter().flatten().collect();
    let mut statement = connection.prepare_cached(TAKEN)?;
    let taken = statement.query_map(of, |row| Ok((row.get::<_, i64>(0)?.cast_unsigned(), row.get(1)?)))?;
    let taken: BTreeMap<u64, i64> = taken.collect::<Result<_, _>>()?;
    let is_had = |alarm: &u64, told: i64| taken.get(alarm).is_some_and(|taken| *taken > told);
    let had = rows.iter().filter(|((alarm, _), told)| is_had(alarm, *told));
    let had = had.map(|((alarm, _), _)| *alarm).collect();
    let last: Option<i64> = connection.prepare_cached(LAST)?.query_row(of, |row| row.get(0))?;
    Ok(Known {
        stands: rows.into_iter().map(|(stands, _)| stands).collect(),
        had,
        last: last.map(Timestamp::from_milliseconds),
    })
}

/// Nothing leaves a queue before an instant.
pub(super) fn wait(connection: &Connection, queue: &Queue, until: Timestamp) -> rusqlite::Result<()> {
    connection
        .prepare_cached(WAIT)?
        .execute(params![
            queue.incident,
            queue.channel,
            queue.recipient,
            until.milliseconds()
        ])
        .map(drop)
}

/// All the statements, for the test that none looks at every row.
#[cfg(test)]
pub(super) const STATEMENTS: [&str; 7] = [
    WAITING,
    WAIT,
    HEARD,
    TAKEN,
    LAST,
    message::REPLACED,
    message::ARRIVED,
];
