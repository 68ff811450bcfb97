//! What somebody was told of: an answer takes that, and nothing else.

use plenum_core::alarms::Alarm;
use plenum_protocol::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::Link;
use super::queue::incident_of;
use crate::database::{from_json, known};
use crate::notify::channels::hook::Thread;

/// The last message to somebody about an alarm that they may have got.
const TOLD: &str =
    "select id, snapshot from outbox where alarm = ?1 and recipient = ?2 and tried order by id desc limit 1";
/// Of an incident's alarms the newest word to somebody of each that left, and of those that went along with a message, also where it is not known whether that arrived.
const BESIDE: &str = "
select alarm, snapshot, max(id) from outbox indexed by outbox_incident
where incident = ?1 and recipient = ?2
    and (state = 'sent' or tried and coalesce(bundle, id) = (select coalesce(bundle, id) from outbox where id = ?3))
group by alarm";
/// Of an incident's alarms the newest word over a channel of each that had left by an instant, or was written by then and may have.
const UNDER_INCIDENT: &str = "
select alarm, snapshot, max(id) from outbox indexed by outbox_incident
where incident = ?1 and channel = ?2 and recipient = ?2 and coalesce(finished, created) <= ?3 and (state = 'sent' or tried)
group by alarm";
/// The same of one alarm.
const UNDER_ALARM: &str = "
select alarm, snapshot, max(id) from outbox indexed by outbox_queue
where alarm = ?1 and channel = ?2 and recipient = ?2 and coalesce(finished, created) <= ?3 and (state = 'sent' or tried)
group by alarm";
/// Whether a message of an incident to somebody left, or may have.
const EVER: &str = "
select exists(select 1 from outbox indexed by outbox_incident where incident = ?1 and recipient = ?2 and (state = 'sent' or tried))";

/// The last message to somebody about an alarm that they may have got: its number and the occurrence that it tells of.
pub(crate) fn told(
    connection: &Connection,
    alarm: u64,
    recipient: &str,
) -> rusqlite::Result<Option<(i64, Timestamp)>> {
    connection
        .prepare_cached(TOLD)?
        .query_row(params![alarm.cast_signed(), recipient], |row| {
            Ok((row.get(0)?, from_json::<Alarm>(row, 1)?.raised_at))
        })
        .optional()
}

/// What whoever answers a message was told of its incident: of each alarm the occurrence. Whoever answers it got it, whatever became of the attempt.
pub(crate) fn told_beside(connection: &Connection, link: &Link) -> rusqlite::Result<Vec<(u64, Timestamp)>> {
    let mut statement = connection.prepare_cached(BESIDE)?;
    let incident = incident_of(connection, link.alarm)?;
    let rows = statement.query(params![incident, link.person, link.delivery])?;
    known("outbox", rows, |row| {
        let alarm: i64 = row.get(0)?;
        Ok((alarm.cast_unsigned(), from_json::<Alarm>(row, 1)?.raised_at))
    })
}

/// Whether somebody was told of an incident, or may have been.
pub(crate) fn was_told(connection: &Connection, incident: u64, recipient: &str) -> rusqlite::Result<bool> {
    connection
        .prepare_cached(EVER)?
        .query_row(params![incident.cast_signed(), recipient], |row| row.get(0))
}

/// What a channel to a program or a service was told under a thread up to an instant: of each alarm the occurrence. One that was tried may have arrived.
pub(crate) fn told_under(
    connection: &Connection,
    (thread, channel): (Thread, &str),
    by: Timestamp,
) -> rusqlite::Result<Vec<(u64, Timestamp)>> {
    let (statement, number) = match thread {
        Thread::Incident(incident) => (UNDER_INCIDENT, incident),
        Thread::Alarm(alarm) => (UNDER_ALARM, alarm),
    };
    let mut statement = connection.prepare_cached(statement)?;
    let rows = statement.query(params![number.cast_signed(), channel, by.milliseconds()])?;
    known("outbox", rows, |row| {
        let alarm: i64 = row.get(0)?;
        Ok((alarm.cast_unsigned(), from_json::<Alarm>(row, 1)?.raised_at))
    })
}

/// All the statements, for the test that none looks at every row.
#[cfg(test)]
pub(super) const STATEMENTS: [&str; 5] = [TOLD, BESIDE, EVER, UNDER_INCIDENT, UNDER_ALARM];

#[cfg(test)]
mod tests {
    use plenum_core::alarms::{Cause, Event, State};
    use plenum_core::authority::Actor;
    use plenum_core::oncall::Reason;
    use plenum_core::site::Site;
    use plenum_core::text::Message;
    use plenum_protocol::Duration;

    use super::super::queue::{Queue, Turn, UnderWay, claim};
    use super::super::tests::{NOW, alarm, filled, transition};
    use super::super::{Due, Told, due, finish, intend, keep_message};
    use super::*;
    use crate::notify::channels::Outcome;

    const SITE: &str = "
[site]
id = 's'
name = 'S'
zone = 'UTC'
[[person]]
id = 'anna'
name = 'Anna'
[[person]]
id = 'bert'
name = 'Bert'
[[channel]]
id = 'all'
kind = 'email'
people = ['anna', 'bert']
";
    const SOON: Duration = Duration::from_seconds(30);

    fn of(id: u64, state: State) -> Alarm {
        Alarm { id, state, ..alarm() }
    }

    /// Alarms of one incident are raised, or taken by Anna.
    fn pass(connection: &Connection, ids: &[u64], state: State, at: Timestamp) -> rusqlite::Result<()> {
        let site: Site = toml::from_str(SITE).unwrap();
        let mut transitions = Vec::new();
        for id in ids {
            connection.execute_batch(&format!(
                "insert or ignore into incident(id, incident) values (7, '{{}}');
                 insert or ignore into incident_member(incident, alarm, member) values (7, {id}, '')"
            ))?;
            let taken = Event {
                alarm: *id,
                from: State::ActiveUnacknowledged,
                to: State::ActiveAcknowledged,
                cause: Cause::Acknowledged,
                actor: Actor::named("Anna"),
                ..transition()
            };
            let raised = Event {
                alarm: *id,
                ..transition()
            };
            let event = if state == State::ActiveAcknowledged {
                taken
            } else {
                raised
            };
            transitions.push((of(*id, state), event));
        }
        intend(connection, &transitions, &site, at, Timestamp::MIN).map(drop)
    }

    /// All that is due leaves, with this outcome.
    fn leave(connection: &Connection, at: Timestamp, outcome: &Outcome) -> rusqlite::Result<Vec<Due>> {
        let mut left = Vec::new();
        for due in due(connection, at)? {
            let turn = Turn {
                is_reached: true,
                ..Turn::default()
            };
            let claimed = claim(connection, &Queue::of(&due), &turn, &UnderWay::default(), at)?.unwrap();
            let told = Told {
                message: Message {
                    subject: String::new(),
                    text: String::new(),
                    short: String::new(),
                },
                secret: None,
            };
            keep_message(connection, claimed.id, &told)?;
            finish(connection, &claimed, outcome, at)?;
            left.push(claimed);
        }
        Ok(left)
    }

    fn beside(connection: &Connection, alarm: u64, delivery: i64) -> Vec<u64> {
        let link = Link {
            alarm,
            raised_at: NOW,
            person: "anna".to_owned(),
            delivery,
        };
        let told = told_beside(connection, &link).unwrap();
        assert!(told.iter().all(|(_, raised_at)| *raised_at == NOW));
        told.into_iter().map(|(alarm, _)| alarm).collect()
    }

    #[test]
    fn an_answer_takes_what_was_told_and_what_went_along_and_nothing_that_waits() {
        let (_folder, database) = filled(&[]);
        let tried = database.write_blocking(|connection| {
            pass(connection, &[1, 2, 3], State::ActiveUnacknowledged, NOW)?;
            assert!(beside(connection, 1, 0).is_empty(), "nothing left yet");
            assert_eq!(told(connection, 2, "anna")?, None);
            // It is not known whether it arrived; whoever answers it shows that it did.
            let lost = leave(
                connection,
                NOW + SOON,
                &Outcome::Retry("it hung at the dot".to_owned()),
            )?;
            let of_anna = lost.iter().find(|due| due.recipient == "anna").unwrap();
            assert_eq!(beside(connection, of_anna.alarm.id, of_anna.id), [1, 2, 3]);
            assert!(beside(connection, of_anna.alarm.id, 0).is_empty());
            let goes_along = told(connection, 2, "anna")?.map(|(_, raised_at)| raised_at);
            assert_eq!(goes_along, Some(NOW), "it has no words of its own");
            let again = NOW + Duration::from_minutes(1);
            leave(connection, again, &Outcome::Sent)?;
            pass(connection, &[4], State::ActiveUnacknowledged, again)?;
            assert_eq!(beside(connection, 1, 0), [1, 2, 3], "the fourth waits");
            Ok(())
        });
        tried.unwrap();
    }

    #[test]
    fn the_others_hear_once_that_somebody_has_all_of_it() {
        let (_folder, database) = filled(&[]);
        let told = database.write_blocking(|connection| {
            pass(connection, &[1, 2, 3], State::ActiveUnacknowledged, NOW)?;
            leave(connection, NOW + SOON, &Outcome::Sent)?;
            let later = NOW + Duration::from_minutes(1);
            pass(connection, &[1, 2, 3], State::ActiveAcknowledged, later)?;
            leave(connection, later, &Outcome::Sent)
        });
        let told = told.unwrap();
        let [to_bert] = told.as_slice() else {
            panic!("{told:?}");
        };
        assert_eq!(
            (to_bert.recipient.as_str(), to_bert.reason),
            ("bert", Reason::Taken)
        );
        let along: Vec<Reason> = to_bert.along.alarms.iter().map(|(_, reason)| *reason).collect();
        assert_eq!(along, [Reason::Taken; 2]);
    }

    #[test]
    fn a_service_answers_what_it_was_told_of_by_then_and_over_its_own_channel() {
        let (_folder, database) = filled(&[]);
        let tried = database.write_blocking(|connection| {
            connection.execute_batch("insert into incident(id, incident) values (7, '{}')")?;
            let row = |alarm: u64, channel: &str, at: Timestamp, state: &str, tried: bool| {
                let snapshot = crate::database::json(&of(alarm, State::ActiveUnacknowledged))?;
                connection.execute(
                    "insert into outbox(created, alarm, channel, recipient, reason, snapshot, key, state, next_attempt, incident, tried)
                     values (?1, ?2, ?3, ?3, '\"first\"', ?4, ?5, ?6, ?1, 7, ?7)",
                    params![at.milliseconds(), alarm.cast_signed(), channel, snapshot, format!("{alarm} {channel}"), state, tried],
                )
            };
            let later = NOW + SOON;
            row(1, "pager", NOW, "sent", true)?;
            row(2, "pager", NOW, "waiting", true)?;
            row(3, "pager", NOW, "waiting", false)?;
            row(4, "pager", later, "sent", true)?;
            row(5, "other", NOW, "sent", true)?;
            // Written before, and the service could not be reached for long.
            row(6, "pager", NOW, "sent", true)?;
            let left = "update outbox set finished = ?1 where alarm = 6";
            connection.execute(left, [later.milliseconds()])?;
            let under = |thread, by| -> rusqlite::Result<Vec<u64>> {
                let told = told_under(connection, (thread, "pager"), by)?;
                assert!(told.iter().all(|(_, raised_at)| *raised_at == NOW));
                Ok(told.into_iter().map(|(alarm, _)| alarm).collect())
            };
            assert_eq!(under(Thread::Incident(7), NOW)?, [1, 2]);
            assert_eq!(under(Thread::Incident(7), later)?, [1, 2, 4, 6]);
            assert_eq!(under(Thread::Alarm(4), later)?, [4]);
            assert!(under(Thread::Alarm(5), later)?.is_empty());
            assert!(under(Thread::Incident(8), later)?.is_empty());
            Ok(())
        });
        tried.unwrap();
    }
}
