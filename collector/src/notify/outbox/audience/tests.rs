//! Who is told what, transition by transition, as rows of the outbox.

use plenum_core::alarms::{Cause, Chatter, CoverKind, Event, Shelving, State};
use plenum_core::drill::{Plan, Run};
use plenum_core::oncall::decide;
use plenum_core::site::Priority;
use plenum_protocol::{Duration, Timestamp};

use super::super::tests::{NOW, alarm, filled};
use super::super::{DeliveryState, intend, intend_for_newcomers};
use super::*;
use crate::database::{Database, drills, json};

const SITE: &str = r#"
[site]
id = "s"
name = "S"
zone = "UTC"
[[person]]
id = "anna"
name = "Anna"
[[person]]
id = "bert"
name = "Bert"
[[channel]]
id = "all"
kind = "email"
people = ["anna", "bert"]
[[channel]]
id = "worst"
kind = "email"
priorities = ["critical"]
people = ["bert"]
"#;

fn event(cause: Cause, cover: (Option<CoverKind>, Option<CoverKind>)) -> Event {
    Event {
        at: NOW,
        alarm: 1,
        from: State::ActiveUnacknowledged,
        to: State::ActiveUnacknowledged,
        from_cover: cover.0,
        to_cover: cover.1,
        cause,
        actor: Actor::Monitor,
        comment: String::new(),
        remark: None,
        origin: None,
    }
}

/// What is told of transitions, one after the other; as `channel/person reason`.
fn check(transitions: &[(&Alarm, Event)], expected: &[&str]) {
    let (_folder, database) = filled(&[("x", DeliveryState::Sent, 0)]);
    let site: Site = toml::from_str(SITE).unwrap();
    for (alarm, event) in transitions {
        let transition = vec![((*alarm).clone(), event.clone())];
        let site = site.clone();
        let write = move |connection: &Connection| {
            intend(connection, &transition, &site, NOW, Timestamp::MIN).map(drop)
        };
        database.write_blocking(write).unwrap();
    }
    assert_eq!(told(&database), expected);
}

/// What is in the outbox, as `channel/person reason`.
fn told(database: &Database) -> Vec<String> {
    let rows = database.read_blocking(|connection| {
        let mut rows = connection
            .prepare("select channel || '/' || recipient || ' ' || reason from outbox order by id")?;
        rows.query_map([], |row| row.get::<_, String>(0))?
            .collect::<rusqlite::Result<Vec<_>>>()
    });
    rows.unwrap()
        .into_iter()
        .map(|line| line.replace('"', ""))
        .collect()
}

fn shelved(by: &str) -> Alarm {
    Alarm {
        cover: Some(Cover::Shelved(Shelving {
            by: Actor::named(by),
            since: NOW,
            at: NOW,
            until: NOW + Duration::from_hours(1),
            reason: "contractor".to_owned(),
            reminded: true,
        })),
        ..alarm()
    }
}

#[test]
fn whoever_shelved_is_reminded_and_where_nobody_knows_them_everybody() {
    let covers = (Some(CoverKind::Shelved), Some(CoverKind::Shelved));
    let ends = || event(Cause::ShelvingEnds, covers);
    check(&[(&shelved("Anna"), ends())], &["all/anna shelving-ends"]);
    check(
        &[(&shelved("bert"), ends())],
        &["all/bert shelving-ends", "worst/bert shelving-ends"],
    );
    check(
        &[(&shelved("a program"), ends())],
        &["all/anna shelving-ends", "all/bert shelving-ends"],
    );
}

#[test]
fn what_changed_is_told_to_whoever_was_told_and_a_worse_one_also_to_others() {
    let none = (None, None);
    let standing = alarm();
    check(&[(&standing, event(Cause::RuleChanged, none))], &[]);
    let worse = Alarm {
        priority: Priority::Critical,
        ..alarm()
    };
    let gone = Alarm {
        state: State::Normal,
        ..worse.clone()
    };
    check(
        &[
            (&standing, event(Cause::Raised, none)),
            (&worse, event(Cause::PriorityChanged, none)),
            (&gone, event(Cause::Removed, none)),
        ],
        &[
            "all/anna first",
            "all/bert first",
            "all/anna changed",
            "all/bert changed",
            "worst/bert first",
            "all/anna withdrawn",
            "all/bert withdrawn",
            "worst/bert withdrawn",
        ],
    );
}

fn returned(alarm: &Alarm) -> (Alarm, Event) {
    let over = Alarm {
        state: State::ReturnedUnacknowledged,
        ..alarm.clone()
    };
    let mut event = event(Cause::Returned, (None, None));
    event.to = over.state;
    (over, event)
}

/// What is told over one site and then over another; the alarm is critical and stands from the first on.
fn check_revised(change: (&str, &str), then: &[(Alarm, Event)], expected: &[&str]) {
    let (_folder, database) = filled(&[("x", DeliveryState::Sent, 0)]);
    let before: Site = toml::from_str(SITE).unwrap();
    assert!(SITE.contains(change.0), "{}", change.0);
    let after: Site = toml::from_str(&SITE.replace(change.0, change.1)).unwrap();
    let raised = (critical(), event(Cause::Raised, (None, None)));
    let then = then.to_vec();
    let write = move |connection: &Connection| {
        intend(
            connection,
            std::slice::from_ref(&raised),
            &before,
            NOW,
            Timestamp::MIN,
        )?;
        intend_for_newcomers(connection, &[raised.0], &after, NOW, Timestamp::MIN)?;
        intend(connection, &then, &after, NOW, Timestamp::MIN)
    };
    database.write_blocking(write).unwrap();
    assert_eq!(told(&database), expected);
}

fn critical() -> Alarm {
    Alarm {
        priority: Priority::Critical,
        ..alarm()
    }
}

#[test]
fn whoever_was_taken_off_hears_the_end_and_whoever_came_is_told_that_it_stands() {
    let people = (
        "people = [\"anna\", \"bert\"]",
        "people = [\"bert\", \"carl\"]\n[[person]]\nid = \"carl\"\nname = \"Carl\"",
    );
    check_revised(
        people,
        &[returned(&critical())],
        &[
            "all/anna first",
            "all/bert first",
            "worst/bert first",
            "all/carl first",
            "all/bert resolved",
            "all/carl resolved",
            "worst/bert resolved",
            "all/anna resolved",
        ],
    );
}

#[test]
fn whoever_was_told_hears_the_end_though_the_channel_takes_it_no_longer_or_is_gone() {
    let medium = Alarm {
        priority: Priority::Medium,
        ..alarm()
    };
    let lowered = (medium.clone(), event(Cause::PriorityChanged, (None, None)));
    let begun = ["all/anna first", "all/bert first", "worst/bert first"];
    let changed = ["all/anna changed", "all/bert changed", "worst/bert changed"];
    let over = ["all/anna resolved", "all/bert resolved", "worst/bert resolved"];
    let expected = [begun, changed, over].concat();
    check_revised(("", ""), &[lowered, returned(&medium)], &expected);
    let gone = (
        "[[channel]]\nid = \"worst\"\nkind = \"email\"\npriorities = [\"critical\"]\npeople = [\"bert\"]\n",
        "",
    );
    check_revised(gone, &[returned(&critical())], &[begun, over].concat());
}

#[test]
fn what_returns_while_something_lies_over_it_is_told_as_over_and_its_coming_back_is_not() {
    let kind = Some(CoverKind::Shelved);
    let (over, mut ended) = returned(&shelved("Anna"));
    ended.to_cover = kind;
    check(
        &[
            (&alarm(), event(Cause::Raised, (None, None))),
            (&shelved("Anna"), event(Cause::Shelved, (None, kind))),
            (&over, ended.clone()),
            (&shelved("Anna"), event(Cause::Raised, (kind, kind))),
            (&over, ended),
        ],
        &[
            "all/anna first",
            "all/bert first",
            "all/anna resolved",
            "all/bert resolved",
        ],
    );
}

#[test]
fn a_rule_that_is_removed_while_its_alarm_chatters_withdraws_it() {
    let gone = Alarm {
        state: State::Normal,
        chatter: Chatter::default(),
        held: plenum_core::alarms::Held::default(),
        changed: None,
        ..flips().pop().unwrap().0
    };
    let mut removed = event(Cause::Removed, (None, None));
    removed.to = State::Normal;
    check_after_flips(Some((gone, removed)), &["withdrawn"]);
}

#[test]
fn the_others_who_were_called_hear_who_has_it() {
    let taken = Alarm {
        state: State::ActiveAcknowledged,
        ..alarm()
    };
    let mut by_anna = event(Cause::Acknowledged, (None, None));
    (by_anna.to, by_anna.actor) = (State::ActiveAcknowledged, Actor::named("Anna"));
    check(
        &[(&alarm(), event(Cause::Raised, (None, None))), (&taken, by_anna)],
        &["all/anna first", "all/bert first", "all/bert taken"],
    );
}

/// What happened to anna's and bert's messages so far, row by row, and whether they hear that it is over.
#[test]
fn who_hears_of_the_end_is_whoever_was_told_of_the_beginning_or_is_about_to_be() {
    let check = |rows: &[(&str, &str)], expected: bool| {
        let (_folder, database) = filled(&[]);
        let site: Site = toml::from_str(SITE).unwrap();
        let rows: Vec<(String, String)> = rows
            .iter()
            .map(|(reason, state)| ((*reason).to_owned(), (*state).to_owned()))
            .collect();
        let print = format!("{rows:?}");
        let hears = move |connection: &Connection| {
            for (index, (reason, state)) in rows.iter().enumerate() {
                let tried = reason.ends_with(" tried");
                let reason = json(&reason.trim_end_matches(" tried"))?;
                connection.execute(
                    "insert into outbox(created, alarm, channel, kind, recipient, reason, snapshot, key, state, next_attempt, tried)
                     values (?1, 1, 'all', 'email', 'anna', ?2, '', ?3, ?4, ?1, ?5)",
                    params![NOW.milliseconds(), reason, index.to_string(), state, tried],
                )?;
            }
            intend(connection, &[returned(&alarm())], &site, NOW, Timestamp::MIN)
        };
        assert_eq!(database.write_blocking(hears).unwrap() == 1, expected, "{print}");
    };
    check(&[], false);
    check(&[("first", "waiting")], true);
    check(&[("first", "sent")], true);
    check(&[("first", "failed")], false);
    check(&[("first", "sent"), ("taken", "sent")], true);
    check(&[("first", "sent"), ("resolved", "sent")], false);
    check(
        &[("first", "sent"), ("resolved", "failed"), ("taken", "sent")],
        true,
    );
    // What went in its place decides, and what became of that.
    check(&[("first", "replaced"), ("first", "sent")], true);
    check(&[("first", "replaced"), ("first", "failed")], false);
    check(
        &[("first", "sent"), ("resolved", "replaced"), ("first", "failed")],
        true,
    );
    // A later program's state.
    check(&[("first", "handed-over")], true);
    // It was given up after an attempt of which nobody knows.
    check(&[("first tried", "failed")], true);
    check(&[("first", "sent"), ("resolved tried", "failed")], true);
    check(
        &[
            ("first", "sent"),
            ("resolved", "sent"),
            ("first tried", "replaced"),
        ],
        false,
    );
}

#[test]
fn that_somebody_cannot_be_reached_is_told_to_everybody_but_them_over_that_channel() {
    let failed = |subject: &str| Alarm {
        rule: "delivery-failed".parse().unwrap(),
        subject: Subject::System(subject.to_owned()),
        ..critical()
    };
    let raised = || event(Cause::Raised, (None, None));
    let of_a_job = Alarm {
        rule: "heartbeat-missed".parse().unwrap(),
        ..failed("all")
    };
    check(
        &[(&of_a_job, raised())],
        &["all/anna first", "all/bert first", "worst/bert first"],
    );
    check(
        &[(&failed("all/bert"), raised())],
        &["all/anna first", "worst/bert first"],
    );
    check(&[(&failed("all"), raised())], &["worst/bert first"]);
}

/// A contact that flips twice a second for 20 s: its alarm after each flip, with what happened.
fn flips() -> Vec<(Alarm, Event)> {
    let (mut flips, mut told) = (alarm(), Vec::new());
    for half in 0..80 {
        let at = NOW + Duration::from_milliseconds(250 * half);
        let mut flip = event(Cause::Returned, (None, None));
        (flips.state, flip.to) = (State::ReturnedUnacknowledged, State::ReturnedUnacknowledged);
        let mut begins = false;
        if half % 2 == 0 {
            flip = event(Cause::Raised, (None, None));
            (flips.state, flips.raised_at) = (State::ActiveUnacknowledged, at);
            begins = flips.chatter.raised(at);
        }
        told.push((flips.clone(), flip));
        if begins {
            told.push((flips.clone(), event(Cause::Chattering, (None, None))));
        }
    }
    told
}

/// The same, and then something else: what both people are told over the channel.
fn check_after_flips(then: Option<(Alarm, Event)>, expected: &[&str]) {
    let told: Vec<_> = flips().into_iter().chain(then).collect();
    let told: Vec<_> = told.iter().map(|(alarm, event)| (alarm, event.clone())).collect();
    let both = |reason: &&str| ["all/anna", "all/bert"].map(|who| format!("{who} {reason}"));
    let begun = ["first", "resolved", "first", "resolved", "first"];
    let expected: Vec<String> = begun.iter().chain(expected).flat_map(both).collect();
    check(&told, &expected.iter().map(String::as_str).collect::<Vec<_>>());
}

#[test]
fn what_chatters_is_told_when_it_begins_and_when_it_is_over() {
    let quiet = |state: State| {
        let (mut alarm, mut event) = (flips().pop().unwrap().0, event(Cause::Quiet, (None, None)));
        alarm.chatter.pass(NOW + Duration::from_hours(1)).unwrap();
        (alarm.state, event.to) = (state, state);
        Some((alarm, event))
    };
    check_after_flips(None, &[]);
    check_after_flips(quiet(State::ReturnedUnacknowledged), &["resolved"]);
    check_after_flips(quiet(State::ActiveUnacknowledged), &["first"]);
    check_after_flips(quiet(State::ActiveAcknowledged), &[]);
    // Whoever was told that it chatters is told of a change to it.
    let changed = flips()
        .pop()
        .map(|(alarm, _)| (alarm, event(Cause::RuleChanged, (None, None))));
    check_after_flips(changed, &["changed"]);
}

#[test]
fn each_raise_of_what_chatters_is_the_occurrence_that_people_were_told_of() {
    let mut last = flips().pop().unwrap().0;
    assert!(last.is_occurrence(NOW) && last.is_occurrence(last.raised_at));
    assert!(!last.is_occurrence(NOW - Duration::from_seconds(1)));
    last.chatter.pass(NOW + Duration::from_hours(1)).unwrap();
    assert!(!last.is_occurrence(NOW) && last.is_occurrence(last.raised_at));
}

#[test]
fn what_chatters_behind_a_shelving_is_told_when_that_ends() {
    let kind = Some(CoverKind::Shelved);
    let mut chatters = Alarm {
        state: State::ReturnedUnacknowledged,
        ..alarm()
    };
    for second in 0..3 {
        chatters.chatter.raised(NOW + Duration::from_seconds(second));
    }
    let mut ended = event(Cause::ShelvingEnded, (kind, None));
    ended.to = State::ReturnedUnacknowledged;
    check(
        &[(&chatters, ended.clone())],
        &["all/anna stands-again", "all/bert stands-again"],
    );
    let quiet = Alarm {
        chatter: Chatter::default(),
        held: plenum_core::alarms::Held::default(),
        changed: None,
        words: None,
        ..chatters
    };
    check(&[(&quiet, ended)], &[]);
}

#[test]
fn what_is_shelved_is_told_again_only_when_that_ends() {
    let (shelved, alarm) = (shelved("Anna"), alarm());
    let kind = Some(CoverKind::Shelved);
    let listener = Listener {
        takes: true,
        ..Listener::default()
    };
    for cause in [Cause::Raised, Cause::Returned, Cause::RuleChanged] {
        let reason = decide(&shelved, &event(cause, (kind, kind)), listener);
        assert!(matches!(reason, Reason::No(_)), "{cause:?}: {reason:?}");
    }
    let ended = event(Cause::ShelvingEnded, (kind, None));
    check(
        &[(&alarm, ended)],
        &["all/anna stands-again", "all/bert stands-again"],
    );
}

#[test]
fn a_drill_is_told_to_people_and_not_to_a_siren() {
    let site = format!(
        "{SITE}[[channel]]\nid = \"siren\"\nkind = \"relay\"\n[[drill]]\nid = \"monthly\"\nagent = \"pi\"\nwithin = \"15min\"\n"
    );
    let site: Site = toml::from_str(&site).unwrap();
    let (_folder, database) = filled(&[("x", DeliveryState::Sent, 0)]);
    let plan = Plan::of(&site.drills[0], &site);
    let of_drill = Alarm {
        subject: Subject::Series(plan.series()),
        ..alarm()
    };
    let transitions = vec![
        (of_drill, event(Cause::Raised, (None, None))),
        (
            Alarm { id: 2, ..alarm() },
            Event {
                alarm: 2,
                ..event(Cause::Raised, (None, None))
            },
        ),
    ];
    let write = move |connection: &Connection| {
        let (run, _) = Run::begin(plan, (Actor::Monitor, None), NOW);
        drills::keep(connection, &(1, run))?;
        intend(connection, &transitions, &site, NOW, Timestamp::MIN)?;
        let standing: Vec<Alarm> = transitions.into_iter().map(|(alarm, _)| alarm).collect();
        intend_for_newcomers(connection, &standing, &site, NOW, Timestamp::MIN).map(drop)
    };
    database.write_blocking(write).unwrap();
    let expected = [
        "all/anna first",
        "all/bert first",
        "all/anna first",
        "all/bert first",
        "siren/siren first",
    ];
    assert_eq!(told(&database), expected);
}
