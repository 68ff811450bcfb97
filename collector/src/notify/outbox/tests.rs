//! What is due, what is kept, and that neither looks at every row.

use plenum_core::alarms::{Chatter, Held, State, Subject};
use plenum_protocol::Timestamp;
use rusqlite::{Connection, params};

use super::*;
use crate::database::{Database, Order, PLENUM};

pub(crate) const NOW: Timestamp = Timestamp::from_milliseconds(1_000_000_000);

/// A database with so many deliveries over each of these channels.
pub(in crate::notify) fn filled(rows: &[(&str, DeliveryState, usize)]) -> (tempfile::TempDir, Database) {
    let folder = tempfile::tempdir().unwrap();
    let database = Database::open(&folder.path().join("plenum.db"), &PLENUM).unwrap();
    let rows: Vec<(String, DeliveryState, usize)> = rows
        .iter()
        .map(|(channel, state, count)| ((*channel).to_owned(), *state, *count))
        .collect();
    let fill = move |connection: &Connection| {
        let alarm = json(&alarm())?;
        for (channel, state, count) in rows {
            for index in 0..count {
                let at = NOW.milliseconds() - (count - index) as i64;
                let finished = (state != DeliveryState::Waiting).then_some(at);
                connection.execute(
                    "insert into outbox(created, alarm, channel, recipient, reason, snapshot, key, state, next_attempt, finished)
                     values (?1, 1, ?2, ?4, '\"first\"', ?3, ?4, ?5, ?1, ?6)",
                    params![at, channel, alarm, format!("{channel} {state:?} {index}"), state, finished],
                )?;
            }
        }
        Ok(())
    };
    database.write_blocking(fill).unwrap();
    (folder, database)
}

pub(crate) fn alarm() -> Alarm {
    Alarm {
        id: 1,
        rule: "warm".parse().unwrap(),
        subject: Subject::System("x".to_owned()),
        name: "Warm".to_owned(),
        room: None,
        priority: plenum_core::site::Priority::High,
        state: State::ActiveUnacknowledged,
        input: plenum_core::alarms::Input::Known,
        raised_at: NOW,
        heard_at: None,
        returned_at: None,
        value: None,
        fault: None,
        limit: None,
        latched: false,
        origin: None,
        message: String::new(),
        acknowledged: None,
        given_back: None,
        cover: None,
        first_out: false,
        unwatched: false,
        words: None,
        chatter: Chatter::default(),
        held: Held::default(),
        changed: None,
    }
}

/// That it was raised just now.
pub(in crate::notify) fn transition() -> Event {
    Event {
        at: NOW,
        alarm: 1,
        from: State::Normal,
        to: State::ActiveUnacknowledged,
        from_cover: None,
        to_cover: None,
        cause: plenum_core::alarms::Cause::Raised,
        actor: plenum_core::authority::Actor::Monitor,
        comment: String::new(),
        remark: None,
        origin: None,
    }
}

fn left(database: &Database, state: DeliveryState) -> u64 {
    let count = move |connection: &Connection| {
        connection.query_row("select count(*) from outbox where state = ?1", [state], |row| {
            row.get(0)
        })
    };
    database.read_blocking(count).unwrap()
}

#[test]
fn one_of_each_recipient_is_due_and_one_that_hangs_does_not_hide_the_others() {
    let (_folder, database) = filled(&[
        ("a", DeliveryState::Waiting, 500),
        ("b", DeliveryState::Waiting, 2),
        ("b", DeliveryState::Sent, 9),
        ("c", DeliveryState::Failed, 3),
        ("d", DeliveryState::Waiting, 4),
    ]);
    let due = database
        .write_blocking(|connection| {
            connection.execute(
                "update outbox set recipient = 'anna' where channel = 'a' and id % 2 = 0",
                [],
            )?;
            connection.execute(
                "update outbox set recipient = channel where channel <> 'a' or id % 2 = 1",
                [],
            )?;
            due(connection, NOW)
        })
        .unwrap();
    let mut keys: Vec<&str> = due.iter().map(|due| due.key.as_str()).collect();
    assert!(due.is_sorted_by_key(|due| due.created));
    keys.sort_unstable();
    assert_eq!(keys, ["a Waiting 0", "a Waiting 1", "b Waiting 0", "d Waiting 0"]);
    let nothing = database.read_blocking(|connection| super::due(connection, NOW - Duration::from_hours(1)));
    assert!(nothing.unwrap().is_empty());
}

#[test]
fn what_is_critical_is_due_before_five_hundred_that_are_not() {
    let (_folder, database) = filled(&[("a", DeliveryState::Waiting, 500)]);
    let urgent = |connection: &Connection| {
        connection.execute(
            "update outbox set urgency = 0, recipient = 'anna' where id = 400",
            [],
        )?;
        connection.execute("update outbox set recipient = 'anna' where id > 1", [])?;
        due(connection, NOW)
    };
    let due = database.write_blocking(urgent).unwrap();
    assert_eq!(due.iter().map(|due| due.id).collect::<Vec<_>>(), [400, 1]);
    let wrong = |priority| Alarm { priority, ..alarm() };
    let drill = |priority| Alarm {
        subject: Subject::Series("s/a/monthly/drill".parse().unwrap()),
        ..wrong(priority)
    };
    let of_wrong = Priority::ALL.map(|priority| urgency(&wrong(priority)));
    let of_drills = Priority::ALL.map(|priority| urgency(&drill(priority)));
    assert_eq!(
        (of_wrong, of_drills),
        ([0, 1, 2, 3], [4, 5, 6, 7]),
        "a drill is behind whatever is wrong"
    );
    for every in [of_wrong, of_drills] {
        assert_eq!(every.map(priority), Priority::ALL);
    }
}

#[test]
fn what_is_over_for_long_goes_a_few_rows_at_a_time_and_what_waits_stays() {
    let (_folder, database) = filled(&[
        ("a", DeliveryState::Waiting, 40),
        ("a", DeliveryState::Sent, PRUNED + 10),
        ("b", DeliveryState::Failed, 40),
    ]);
    let over = |connection: &Connection| connection.execute(r#"update outbox set reason = '"resolved"'"#, []);
    database.write_blocking(over).unwrap();
    let prune = |before| {
        database
            .write_blocking(move |connection| prune(connection, before, NOW))
            .unwrap()
    };
    // The last five of each stay.
    let before = NOW - Duration::from_milliseconds(5);
    assert!(prune(before));
    assert!(!prune(before));
    let states = [DeliveryState::Waiting, DeliveryState::Sent, DeliveryState::Failed];
    assert_eq!(states.map(|state| left(&database, state)), [40, 5, 5]);
}

#[test]
fn that_an_alarm_stands_is_kept_until_whoever_was_told_so_is_told_otherwise() {
    let (_folder, database) = filled(&[("a", DeliveryState::Sent, 2), ("a", DeliveryState::Failed, 1)]);
    let then = |reason: &'static str| {
        let prune = move |connection: &Connection| {
            connection.execute(
                "insert into outbox(created, alarm, channel, recipient, reason, snapshot, key, state, next_attempt, finished)
                 select created, alarm, channel, recipient, ?1, snapshot, key || ?1, state, next_attempt, finished
                 from outbox where id = (select min(id) from outbox)",
                [json(&reason)?],
            )?;
            prune(connection, NOW + Duration::from_hours(1), NOW)
        };
        assert!(!database.write_blocking(prune).unwrap());
        left(&database, DeliveryState::Sent)
    };
    // A later word to one of the two takes the place of the first.
    assert_eq!(then("changed"), 2);
    assert_eq!(left(&database, DeliveryState::Failed), 0);
    assert_eq!(then("taken"), 2);
    assert_eq!(then("resolved"), 1);
}

#[test]
fn the_words_in_the_statements_are_those_that_say_whether_an_alarm_stands() {
    let every = [
        Reason::First,
        Reason::StandsAgain,
        Reason::Reminder,
        Reason::Resolved,
        Reason::ShelvingEnds,
        Reason::Changed,
        Reason::Withdrawn,
        Reason::Taken,
    ];
    for reason in every {
        let word = json(&reason).unwrap();
        assert_eq!(words!().contains(&word), Heard::by(reason).is_some(), "{word}");
    }
}

#[test]
fn no_statement_looks_at_every_row() {
    let (_folder, database) = filled(&[("a", DeliveryState::Waiting, 10)]);
    let own = [
        DUE,
        NEXT_ATTEMPT,
        PRUNE,
        COUNT,
        OF_ALARM,
        REACHED,
        audience::HEARD,
        calling::LAST,
        &Order::Oldest.of(thread::THREAD),
        &Order::Newest.of(thread::THREAD),
        thread::TELLS,
    ];
    for statement in own.into_iter().chain(queue::STATEMENTS).chain(told::STATEMENTS) {
        let plan = move |connection: &Connection| {
            let mut explained = connection.prepare(&format!("explain query plan {statement}"))?;
            let parameters = vec![1_i64; explained.parameter_count()];
            let rows = explained.query_map(rusqlite::params_from_iter(parameters), |row| row.get(3))?;
            rows.collect::<rusqlite::Result<Vec<String>>>()
        };
        for step in database.read_blocking(plan).unwrap() {
            let table = step.strip_prefix("SCAN ").unwrap_or_default();
            let all = ["outbox", "this", "later", "next"]
                .iter()
                .any(|name| table.starts_with(name));
            assert!(!all || step.contains("INDEX"), "{statement}: {step}");
        }
    }
}

#[test]
fn deliveries_of_a_later_program_wait_for_it_and_hide_no_others() {
    let (_folder, database) = filled(&[("ops", DeliveryState::Waiting, 5)]);
    let later = |connection: &Connection| {
        connection.execute("update outbox set recipient = 'anna'", [])?;
        connection.execute(r#"update outbox set reason = '"foreseen"' where id <= 3"#, [])?;
        connection.execute("update outbox set state = 'handed-over' where id = 5", [])
    };
    database.write_blocking(later).unwrap();
    let look = |now| {
        database
            .read_blocking(|connection| look(connection, now))
            .unwrap()
    };
    for _ in 0..3 {
        let (due, rows) = look(NOW);
        assert_eq!((due.len(), rows.len()), (0, 1));
        let put_off = move |connection: &Connection| postpone(connection, &rows, NOW);
        database.write_blocking(put_off).unwrap();
    }
    let (due, rows) = look(NOW);
    assert_eq!((due[0].id, rows.len()), (4, 0));
    let (due, rows) = look(NOW + Duration::from_hours(2));
    assert_eq!((due.len(), rows.len()), (1, 0));
    let alone = |connection: &Connection| connection.execute("delete from outbox where id = 4", []);
    database.write_blocking(alone).unwrap();
    let (due, rows) = look(NOW + Duration::from_hours(2));
    assert_eq!((due.len(), rows.len()), (0, 1), "they are looked at again");
    assert_eq!(left(&database, DeliveryState::Waiting), 3);
    let shown = database
        .read_blocking(|connection| of_alarm(connection, 1))
        .unwrap();
    assert_eq!(shown.len(), 3);
}

#[test]
fn what_is_too_large_is_given_up_unless_it_calls_for_what_stands() {
    let check = |reason: Reason, state: State, expected: (DeliveryState, i64)| {
        let (_folder, database) = filled(&[("ops", DeliveryState::Waiting, 1)]);
        let tried = move |connection: &Connection| {
            let stands = Alarm { state, ..alarm() };
            let row = params![stands.id as i64, state.as_str(), json(&stands)?];
            connection.execute(
                "insert or replace into alarm(id, state, alarm) values (?1, ?2, ?3)",
                row,
            )?;
            connection.execute("update outbox set reason = ?1", [json(&reason)?])?;
            let due = due(connection, NOW)?.remove(0);
            finish(connection, &due, &Outcome::GiveUp("413".to_owned()), NOW)?;
            connection.query_row("select state, next_attempt from outbox", [], |row| {
                Ok((row.get(0)?, row.get::<_, i64>(1)? - NOW.milliseconds()))
            })
        };
        let found: (DeliveryState, i64) = database.write_blocking(tried).unwrap();
        assert_eq!(found, expected, "{reason:?}");
    };
    let five_minutes = LONGEST.milliseconds();
    check(
        Reason::First,
        State::ActiveUnacknowledged,
        (DeliveryState::Waiting, five_minutes),
    );
    check(
        Reason::Reminder,
        State::ActiveUnacknowledged,
        (DeliveryState::Waiting, five_minutes),
    );
    check(
        Reason::First,
        State::ReturnedUnacknowledged,
        (DeliveryState::Failed, 0),
    );
    check(
        Reason::Resolved,
        State::ReturnedUnacknowledged,
        (DeliveryState::Failed, 0),
    );
    check(
        Reason::Taken,
        State::ActiveAcknowledged,
        (DeliveryState::Failed, 0),
    );
}
