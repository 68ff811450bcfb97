//! What waits for one recipient about one incident is one queue, and leaves as one message: never one that a newer has overtaken, and never one an alarm.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use plenum_core::alarms::Alarm;
use plenum_core::alarms::remark::together;
use plenum_core::incident::Changes;
use plenum_core::oncall::bundle::{self, Known, Word};
use plenum_core::oncall::{self, Heard, Reason};
use plenum_protocol::{Duration, Timestamp};
use rusqlite::{Connection, OptionalExtension, params};

use super::{Along, DeliveryState, Due, delivery, keep_message, priority, words};
use crate::alarms::incidents;
use crate::database::{from_json, json, known};

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
    pub(in crate::notify) fn goes_beside(&self, urgent: bool, under_way: &(Self, bool)) -> bool {
        let (other, is_urgent) = under_way;
        let is_same_way = other.channel == self.channel && other.recipient == self.recipient;
        !is_same_way || (urgent && !is_urgent && other.incident != self.incident)
    }
}

/// The rows whose messages are under way: nothing of them is told by another one meanwhile.
pub(in crate::notify) type UnderWay = Arc<Mutex<BTreeSet<i64>>>;

/// A message that is under way until this is dropped.
pub(in crate::notify) struct Leaving {
    all: UnderWay,
    id: i64,
}

impl Leaving {
    /// Of what was claimed.
    pub(in crate::notify) fn of(all: &UnderWay, due: &Due) -> Self {
        Self {
            all: Arc::clone(all),
            id: due.id,
        }
    }
}

impl Drop for Leaving {
    fn drop(&mut self) {
        self.all
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&self.id);
    }
}

/// The incident of an alarm as the outbox counts it.
pub(super) fn incident_of(connection: &Connection, alarm: u64) -> rusqlite::Result<i64> {
    let found: Option<i64> = connection
        .prepare_cached("select max(incident) from incident_member where alarm = ?1")?
        .query_row([alarm.cast_signed()], |row| row.get(0))?;
    Ok(found.unwrap_or(-alarm.cast_signed()))
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
/// any more is not called, and told what is over.
pub(in crate::notify) fn claim(
    connection: &Connection,
    queue: &Queue,
    is_reached: bool,
    under_way: &UnderWay,
    now: Timestamp,
) -> rusqlite::Result<Option<Due>> {
    let mut under_way = under_way.lock().unwrap_or_else(PoisonError::into_inner);
    let waiting = waiting(connection, queue)?;
    // It came from another incident, which turned out to be part of this one.
    if waiting
        .iter()
        .any(|row| under_way.contains(&row.id) || row.bundle.is_some_and(|lead| under_way.contains(&lead)))
    {
        return wait(connection, queue, now + SOON).map(|()| None);
    }
    let due = next(connection, queue, together_by_alarm(waiting), is_reached, now)?;
    under_way.extend(due.iter().map(|due| due.id));
    Ok(due)
}

fn next(
    connection: &Connection,
    queue: &Queue,
    mut waiting: Vec<Waiting>,
    is_reached: bool,
    now: Timestamp,
) -> rusqlite::Result<Option<Due>> {
    if let Some(reminder) = waiting.iter().find(|one| one.word.reason == Reason::ShelvingEnds) {
        return one(connection, reminder.id).map(Some);
    }
    if !is_reached {
        let called = |one: &Waiting| one.word.reason.calls();
        for gone in waiting.extract_if(.., |one| called(one)) {
            give_up(connection, &gone, now)?;
        }
    }
    let words: Vec<Word> = waiting.iter().map(|one| one.word).collect();
    let mut known = heard(connection, queue)?;
    match bundle::leaves_at(&words, &known, now) {
        Some(at) if at <= now => {
            known
                .stands
                .retain(|(alarm, _)| words.iter().all(|word| word.alarm != *alarm));
            let mut due = leave(connection, queue, waiting, &words, now)?;
            due.along.left = known.stands.into_iter().map(|(alarm, _)| alarm).collect();
            Ok(Some(due))
        }
        Some(at) => wait(connection, queue, at).map(|()| None),
        None => Ok(None),
    }
}

/// A row that waits.
#[derive(Debug, Clone, Copy)]
struct Row {
    id: i64,
    /// Whose message it went along with at the last attempt.
    bundle: Option<i64>,
    /// Whether it may have arrived.
    tried: bool,
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
    /// Whether one of those may have arrived.
    tried: bool,
    /// Whether it tells another thing than the row was written for.
    is_other: bool,
}

/// How long a queue waits for a message that is under way.
const SOON: Duration = Duration::from_seconds(1);
/// How many other alarms a message names at most.
const NAMED: usize = 20;
const WAITING: &str = "
select id, alarm, reason, urgency, created, bundle, tried from outbox indexed by outbox_waits
where incident = ?1 and channel = ?2 and recipient = ?3 and state = 'waiting' order by id";
const ONE: &str = "
select id, created, channel, kind, recipient, reason, snapshot, key, attempts, message, incident from outbox where id = ?1";
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
const LAST: &str = "
select max(finished) from outbox indexed by outbox_incident
where incident = ?1 and channel = ?2 and recipient = ?3 and state = 'sent'";
/// What was replaced before one, since the last that ended otherwise.
const REPLACED: &str = "
select id, created, channel, kind, recipient, reason, snapshot, key, attempts, message, incident from outbox indexed by outbox_queue
where alarm = ?1 and channel = ?2 and recipient = ?3 and state = 'replaced' and id < ?4 and id > coalesce((
    select id from outbox indexed by outbox_queue
    where alarm = ?1 and channel = ?2 and recipient = ?3 and state in ('sent', 'failed') and id < ?4 order by id desc limit 1
), 0) order by id";

/// What waits in a queue, the oldest first; what a later program wrote waits for that.
fn waiting(connection: &Connection, queue: &Queue) -> rusqlite::Result<Vec<Row>> {
    let mut statement = connection.prepare_cached(WAITING)?;
    let rows = statement.query(params![queue.incident, queue.channel, queue.recipient])?;
    known("outbox", rows, |row| {
        let word = Word {
            alarm: row.get::<_, i64>(1)?.cast_unsigned(),
            reason: from_json(row, 2)?,
            priority: priority(row.get(3)?),
            intended: Timestamp::from_milliseconds(row.get(4)?),
        };
        Ok(Row {
            id: row.get(0)?,
            bundle: row.get(5)?,
            tried: row.get(6)?,
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
            tried: rows[..found.replaced].iter().any(|row| row.tried),
            replaced: rows[..found.replaced].iter().map(|row| row.id).collect(),
            is_other: word.reason != found.reason,
            word: Word {
                reason: found.reason,
                // Whoever waits has done so since the oldest of them.
                intended: rows[0].word.intended,
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
        Ok((Heard::by(reason) == Some(Heard::Stands)).then_some(stands))
    })?;
    let last: Option<i64> = connection.prepare_cached(LAST)?.query_row(of, |row| row.get(0))?;
    Ok(Known {
        stands: rows.into_iter().flatten().collect(),
        last: last.map(Timestamp::from_milliseconds),
    })
}

/// All that waits leaves as one message.
fn leave(
    connection: &Connection,
    queue: &Queue,
    mut waiting: Vec<Waiting>,
    words: &[Word],
    now: Timestamp,
) -> rusqlite::Result<Due> {
    let first_cause = match u64::try_from(queue.incident) {
        Ok(incident) if waiting.len() > 1 => first_cause(connection, incident),
        _ => None,
    };
    let place = bundle::leads(words, first_cause).unwrap_or_default();
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

/// The alarm that the others most likely come from. A message does not wait for an incident that a later program wrote.
fn first_cause(connection: &Connection, incident: u64) -> Option<u64> {
    let found = incidents::one(connection, incident).unwrap_or_else(|error| {
        tracing::warn!(incident, %error, "an incident cannot be read; its messages go by the alarms alone");
        None
    });
    Some(found?.first_cause()?.alarm)
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
fn give_up(connection: &Connection, gone: &Waiting, now: Timestamp) -> rusqlite::Result<()> {
    settle(connection, gone, now)?;
    let why = "the channel reached them no longer when its turn came";
    connection
        .prepare_cached("update outbox set state = ?2, finished = ?3, error = ?4 where id = ?1")?
        .execute(params![gone.id, DeliveryState::Failed, now.milliseconds(), why])
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

fn one(connection: &Connection, id: i64) -> rusqlite::Result<Due> {
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
pub(super) const STATEMENTS: [&str; 6] = [WAITING, WAIT, HEARD, LAST, REPLACED, ARRIVED];

/// The last word that arrived.
const ARRIVED: &str = concat!(
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

#[cfg(test)]
mod tests {
    use plenum_core::alarms::remark::Change;
    use plenum_core::alarms::{Alarm, Cause, Changed, Cover, CoverKind, Event, Shelving, State};
    use plenum_core::authority::Actor;
    use plenum_core::site::Site;

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
            let queue = Queue::of(&due(connection, at(2))?[0]);
            let first = claim(connection, &queue, true, &UnderWay::default(), at(2))?.unwrap();
            finish(connection, &first, &Outcome::Retry("busy".to_owned()), at(2))?;
            Ok([
                first,
                claim(connection, &queue, true, &UnderWay::default(), at(9))?.unwrap(),
            ])
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
            let queue = Queue::of(&due(connection, NOW)?[0]);
            let soon = NOW + Duration::from_seconds(10);
            let first = claim(connection, &queue, true, &UnderWay::default(), soon)?.unwrap();
            finish(connection, &first, &Outcome::Retry("busy".to_owned()), soon)?;
            let wait = |seconds| due(connection, soon + Duration::from_seconds(seconds));
            Ok((first.reason, wait(1)?.len(), wait(2)?.len()))
        });
        assert_eq!(tried.unwrap(), (Reason::First, 0, 1));
    }
}
