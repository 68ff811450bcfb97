//! One order of time out of three logs, page by page; whose part of an alarm's log is which incident's; and notes that move with their incident.

use plenum_core::authority::Actor;
use plenum_core::incident::timeline::{Course, Happened, Note};
use plenum_core::incident::{Changes, Incident, Member};
use plenum_core::oncall::Reason;
use plenum_core::site::Priority;
use plenum_protocol::Timestamp;
use rusqlite::{Connection, params};

use super::*;
use crate::database::{Database, PLENUM};

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_milliseconds(seconds * 1_000)
}

fn member(alarm: u64, raised: i64, over: Option<i64>) -> Member {
    Member {
        alarm,
        spot: serde_json::from_value(serde_json::json!({"concern": "smoke"})).unwrap(),
        priority: Priority::High,
        began_at: at(raised - 10),
        raised_at: at(raised),
        over_at: over.map(at),
    }
}

fn incident(id: u64, over: Option<i64>, part_of: Option<u64>) -> Incident {
    Incident {
        id,
        began_at: at(100),
        over_at: over.map(at),
        part_of,
        members: Vec::new(),
    }
}

fn keep(
    connection: &Connection,
    incidents: Vec<Incident>,
    members: Vec<(u64, Member)>,
) -> rusqlite::Result<()> {
    let changes = Changes { incidents, members };
    incidents::keep(connection, &changes)?;
    notes::joined(connection, &changes)
}

fn event(
    connection: &Connection,
    (seconds, alarm): (i64, u64),
    (from, to, cause): (&str, &str, &str),
) -> rusqlite::Result<()> {
    let insert = "insert into alarm_event (at, alarm, source, target, cause, actor, comment) values (?1, ?2, ?3, ?4, ?5, 'person:3', '')";
    let row = params![seconds * 1_000, alarm, from, to, cause];
    connection.execute(insert, row).map(drop)
}

/// A row of the outbox about an alarm of the first incident.
fn row(
    connection: &Connection,
    (alarm, reason): (u64, &str),
    (created, finished): (i64, Option<i64>),
    (state, bundle): (&str, Option<i64>),
) -> rusqlite::Result<()> {
    let insert = "insert into outbox (created, alarm, channel, recipient, reason, snapshot, key, state, next_attempt, finished, bundle, incident, message, error)
        values (?1, ?2, 'mail', 'anna', ?3, '{}', hex(randomblob(8)), ?4, ?1, ?5, ?6, 1, ?7, ?8)";
    let message = r#"{"subject":"CRITICAL Room A","text":"","short":""}"#;
    let error = (state == "waiting").then_some("no answer within 10 s");
    let finished = finished.map(|at| at * 1_000);
    let row = params![
        created * 1_000,
        alarm,
        format!("\"{reason}\""),
        state,
        finished,
        bundle,
        message,
        error
    ];
    connection.execute(insert, row).map(drop)
}

/// Two alarms that were one incident; the second came again an hour later in another.
fn night(connection: &Connection) -> rusqlite::Result<()> {
    let members = vec![
        (1, member(7, 100, Some(400))),
        (1, member(8, 130, Some(300))),
        (2, member(8, 4_000, None)),
    ];
    keep(
        connection,
        vec![incident(1, Some(400), None), incident(2, None, None)],
        members,
    )?;
    let (normal, active, held, back) = (
        "normal",
        "active-unacknowledged",
        "active-acknowledged",
        "returned-unacknowledged",
    );
    event(connection, (50, 7), (active, back, "returned"))?;
    event(connection, (100, 7), (normal, active, "raised"))?;
    event(connection, (130, 8), (normal, active, "raised"))?;
    event(connection, (200, 7), (active, held, "acknowledged"))?;
    event(connection, (300, 8), (active, back, "returned"))?;
    event(connection, (400, 7), (held, normal, "returned"))?;
    // Seen long after: it is of this incident still. What comes after that is not.
    event(connection, (3_000, 8), (back, normal, "acknowledged"))?;
    event(connection, (3_100, 8), (normal, normal, "rule-changed"))?;
    event(connection, (3_100, 7), (normal, normal, "rule-changed"))?;
    event(connection, (4_000, 8), (normal, active, "raised"))?;
    row(connection, (7, "first"), (100, Some(106)), ("sent", None))?;
    row(connection, (8, "first"), (130, Some(106)), ("sent", Some(1)))?;
    row(connection, (7, "taken"), (200, Some(401)), ("replaced", None))?;
    row(connection, (7, "resolved"), (400, None), ("waiting", None))?;
    Ok(())
}

fn told(happened: &[Happened]) -> Vec<String> {
    let one = |happened: &Happened| {
        let what = match happened {
            Happened::Alarm(event) => format!("{} {:?}", event.alarm, event.cause),
            Happened::Note(note) => note.text.clone(),
            Happened::Message(message) => format!("{:?} {:?}", message.course, message.tells),
        };
        format!("{} {what}", happened.at().milliseconds() / 1_000)
    };
    happened.iter().map(one).collect()
}

fn database() -> (tempfile::TempDir, Database) {
    let folder = tempfile::tempdir().unwrap();
    let database = Database::open(&folder.path().join("plenum.db"), &PLENUM).unwrap();
    (folder, database)
}

#[test]
fn three_logs_are_one_order_of_time_and_each_alarm_tells_its_part_alone() {
    let (_folder, database) = database();
    let read = database.write_blocking(|connection| {
        night(connection)?;
        let by = Actor::Person(3);
        notes::add(connection, 1, (&by, at(100)), "the fan stands still")?;
        let whole = incidents::whole(connection, 1)?.unwrap();
        let (all, next) = page(connection, &whole, (Order::Oldest, None), 100)?;
        assert_eq!(next, None);
        // Page by page it is the same, whatever stands at one instant, and backwards too.
        for (limit, order) in [1, 2, 3]
            .map(|limit| [(limit, Order::Oldest), (limit, Order::Newest)])
            .concat()
        {
            let (mut pages, mut after) = (Vec::new(), None);
            loop {
                let (page, next) = page(connection, &whole, (order, after), limit)?;
                pages.extend(page);
                if next.is_none() {
                    break;
                }
                after = next;
            }
            if order == Order::Newest {
                pages.reverse();
            }
            assert_eq!(pages, all, "{limit} a page, {order:?} first");
        }
        let other = incidents::whole(connection, 2)?.unwrap();
        assert_eq!(
            told(&page(connection, &other, (Order::Oldest, None), 100)?.0),
            ["4000 8 Raised"]
        );
        Ok(all)
    });
    let all = read.unwrap();
    assert_eq!(
        told(&all),
        [
            "100 7 Raised",
            "100 the fan stands still",
            "106 Sent [(7, First), (8, First)]",
            "130 8 Raised",
            "200 7 Acknowledged",
            "300 8 Returned",
            "400 7 Returned",
            "400 Waiting [(7, Resolved)]",
            "401 Replaced [(7, Taken)]",
            "3000 8 Acknowledged",
        ]
    );
    let Happened::Message(waits) = &all[7] else {
        panic!("{:?}", all[7])
    };
    assert_eq!((waits.course, waits.ended), (Course::Waiting, None));
    assert_eq!(waits.error.as_deref(), Some("no answer within 10 s"));
    assert_eq!(waits.subject.as_deref(), Some("CRITICAL Room A"));
    assert_eq!(waits.tells, [(7, Reason::Resolved)]);
}

#[test]
fn the_notes_of_what_became_part_of_another_are_that_ones() {
    let (_folder, database) = database();
    let tried = database.write_blocking(|connection| {
        keep(
            connection,
            vec![incident(1, None, None), incident(2, None, None)],
            Vec::new(),
        )?;
        let by = Actor::Person(3);
        notes::add(connection, 2, (&by, at(100)), "noted before")?;
        let members = vec![(1, member(8, 130, None))];
        keep(connection, vec![incident(2, Some(200), Some(1))], members)?;
        let whole = incidents::whole(connection, 2)?.unwrap();
        assert_eq!((whole.id, whole.members.len()), (1, 1));
        assert_eq!(incidents::whole(connection, 3)?, None);
        for _ in 1..notes::MOST {
            assert!(notes::add(connection, 1, (&by, at(300)), "more")?.is_some());
        }
        assert_eq!(notes::add(connection, 1, (&by, at(300)), "one too many")?, None);
        notes::page(connection, 1, Order::Oldest, Order::Oldest.start(), 2)
    });
    let kept: Vec<Note> = tried.unwrap();
    assert_eq!(
        (kept[0].text.as_str(), kept[0].incident, &kept[0].by),
        ("noted before", 1, &Actor::Person(3))
    );
    assert_eq!(kept[1].text, "more");
}

#[test]
fn a_hand_over_has_what_stands_first_and_what_its_reader_does_not_see_takes_no_place() {
    let (_folder, database) = database();
    let tried = database.write_blocking(|connection| {
        let all = vec![
            incident(1, None, None),
            incident(2, Some(50), None),
            incident(3, Some(200), None),
            incident(4, Some(300), None),
            incident(5, None, None),
            incident(6, Some(300), Some(1)),
        ];
        keep(connection, all, Vec::new())?;
        let by = Actor::Person(3);
        for (incident, seconds) in [(3, 90), (3, 120), (5, 130), (4, 140), (4, 150)] {
            notes::add(
                connection,
                incident,
                (&by, at(seconds)),
                &format!("{incident} at {seconds}"),
            )?;
        }
        let lately = |limit, unseen: u64| -> rusqlite::Result<(Vec<u64>, bool)> {
            let sees = |incident: Incident| (incident.id != unseen).then_some(incident);
            let (found, more) = incidents::since(connection, at(100), limit, sees)?;
            let numbers = found.iter().map(|incident| incident.id).collect();
            Ok((numbers, more))
        };
        assert_eq!(lately(9, 0)?, (vec![5, 1, 4, 3], false));
        assert_eq!(lately(3, 0)?, (vec![5, 1, 4], true));
        assert_eq!(lately(3, 5)?, (vec![1, 4, 3], false));
        let noted = |limit, unseen: u64| -> rusqlite::Result<(Vec<String>, bool)> {
            let part = |incident: Incident| (incident.id != unseen).then_some(incident.id);
            let (found, more) = notes::since(connection, at(100), limit, (part, |_, note| note.number != 3))?;
            let texts = found.into_iter().map(|note| note.text).collect();
            Ok((texts, more))
        };
        assert_eq!(noted(2, 4)?, (vec!["3 at 120".to_owned()], false));
        assert_eq!(
            noted(2, 0)?,
            (vec!["4 at 140".to_owned(), "4 at 150".to_owned()], true)
        );
        Ok(())
    });
    tried.unwrap();
}

#[test]
fn what_was_noted_since_is_found_by_its_time() {
    let (_folder, database) = database();
    let plan = database.read_blocking(|connection| {
        let mut explained = connection.prepare(&format!("explain query plan {}", notes::SINCE))?;
        let steps = explained.query_map([0], |row| row.get::<_, String>(3))?;
        steps.collect::<rusqlite::Result<Vec<String>>>()
    });
    let plan = plan.unwrap().join("; ");
    assert!(
        plan.starts_with("SEARCH incident_note USING INDEX incident_note_at") && !plan.contains("TEMP"),
        "{plan}"
    );
}
