//! What leaves a queue, in whose place, and when.

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

/// A program that is reached.
const TURN: Turn = Turn {
    is_reached: true,
    person_of: None,
    quiet: std::collections::BTreeMap::new(),
};

#[test]
fn what_goes_in_place_of_a_call_is_as_late_as_that_and_tells_of_every_change_also_when_it_is_tried_again() {
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
        let first = claim(connection, &queue, &TURN, &UnderWay::default(), at(2))?.unwrap();
        finish(connection, &first, &Outcome::Retry("busy".to_owned()), at(2))?;
        Ok([
            first,
            claim(connection, &queue, &TURN, &UnderWay::default(), at(9))?.unwrap(),
        ])
    });
    let gathered = NOW + bundle::gathers(alarm().priority);
    for due in claimed.unwrap() {
        assert_eq!((due.reason, due.since), (Reason::First, gathered));
        let expected = limit(27.0, 30.0, NOW).0.changed.unwrap().what;
        assert_eq!(due.alarm.changed.unwrap().what, expected);
    }
}

#[test]
fn what_waits_for_the_pace_of_its_incident_is_not_late_and_is_once_it_could_have_left() {
    let (_folder, database) = filled(&[]);
    let site: Site = toml::from_str(SITE).unwrap();
    let claimed = database.write_blocking(move |connection| {
        let raise = |id: u64, at: Timestamp| {
            connection.execute_batch(&format!(
                "insert or ignore into incident(id, incident) values (7, '{{}}');
                 insert into incident_member(incident, alarm, member) values (7, {id}, '')"
            ))?;
            let event = Event {
                alarm: id,
                ..transition()
            };
            let raised = [(Alarm { id, ..alarm() }, event)];
            intend(connection, &raised, &site, at, Timestamp::MIN).map(drop)
        };
        let at = |seconds| NOW + Duration::from_seconds(seconds);
        raise(1, NOW)?;
        let queue = Queue::of(&due(connection, NOW)?[0]);
        let claim = |seconds| claim(connection, &queue, &TURN, &UnderWay::default(), at(seconds));
        let first = claim(10)?.unwrap();
        finish(connection, &first, &Outcome::Sent, at(10))?;
        raise(2, at(60))?;
        assert!(claim(309)?.is_none());
        Ok([claim(310)?.unwrap(), claim(400)?.unwrap()])
    });
    for due in claimed.unwrap() {
        assert_eq!(due.since, NOW + Duration::from_seconds(310));
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
        let first = claim(connection, &queue, &TURN, &UnderWay::default(), soon)?.unwrap();
        finish(connection, &first, &Outcome::Retry("busy".to_owned()), soon)?;
        let wait = |seconds| due(connection, soon + Duration::from_seconds(seconds));
        Ok((first.reason, wait(1)?.len(), wait(2)?.len()))
    });
    assert_eq!(tried.unwrap(), (Reason::First, 0, 1));
}

#[test]
fn a_claim_that_could_not_be_written_down_holds_nothing_up() {
    let (_folder, database) = filled(&[]);
    let site: Site = toml::from_str(SITE).unwrap();
    let begun = database.write_blocking(move |connection| {
        intend(connection, &[(alarm(), transition())], &site, NOW, Timestamp::MIN)?;
        Ok(Queue::of(&due(connection, NOW)?[0]))
    });
    let (queue, soon, under_way) = (
        begun.unwrap(),
        NOW + Duration::from_seconds(10),
        UnderWay::default(),
    );
    let attempt = |is_written: bool| {
        let _leaving = Leaving::of(&under_way, &queue);
        let (queue, under_way) = (queue.clone(), under_way.clone());
        database.write_blocking(move |connection| {
            let claimed = claim(connection, &queue, &TURN, &under_way, soon)?;
            match is_written {
                true => Ok(claimed.is_some()),
                false => Err(rusqlite::Error::InvalidQuery),
            }
        })
    };
    assert!(attempt(false).is_err());
    assert!(attempt(true).unwrap());
}
