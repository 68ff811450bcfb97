//! Drills as they come through, and each leg at which one breaks off.

use super::*;
use crate::site::{Climb, Priority, Zone};

pub(super) const NOW: Timestamp = Timestamp::from_milliseconds(1_800_000_000_000);

pub(super) fn plan() -> Plan {
    Plan {
        drill: "monthly".parse().unwrap(),
        agent: "zaandam/pi-a1".parse().unwrap(),
        priority: Priority::Critical,
        confirm: true,
        within: Duration::from_minutes(15),
        climb: Climb::First,
        first_after: Duration::ZERO,
    }
}

fn begun(plan: Plan) -> Run {
    let (run, ask) = Run::begin(plan, (Actor::Monitor, None), NOW);
    assert_eq!(ask, Effect::Ask { on: true });
    run
}

fn at(seconds: i64) -> Timestamp {
    NOW + Duration::from_seconds(seconds)
}

pub(super) fn carried(taken: Option<Timestamp>) -> Vec<Carried> {
    vec![Carried {
        channel: "sms".to_owned(),
        recipient: "anna".to_owned(),
        sent: NOW,
        taken,
        why: taken.is_none().then(|| "no network".to_owned()),
    }]
}

fn alarm(stands: bool, by: Option<i64>) -> Seen {
    let confirmed = by.map(|by| Confirmed {
        by: Actor::Person(by),
        at: at(50),
    });
    Seen::Alarm {
        id: 7,
        stands,
        confirmed,
    }
}

const READ: Seen = Seen::Reading { on: true, at: NOW };
const OVER: Seen = Seen::Reading { on: false, at: NOW };

fn answer() -> Seen {
    Seen::Answer {
        done: true,
        message: String::new(),
    }
}

const END: Effect = Effect::Ask { on: false };

/// Takes what is seen, a second each, and gives what was to be done.
fn through(run: &mut Run, seen: Vec<Seen>) -> Vec<Effect> {
    let steps = seen.into_iter().enumerate();
    steps
        .flat_map(|(second, seen)| run.see(seen, at(second as i64 + 1)))
        .collect()
}

#[test]
fn one_that_somebody_answers_comes_through() {
    let mut run = begun(plan());
    let done = through(
        &mut run,
        vec![
            answer(),
            READ,
            alarm(true, None),
            Seen::Messages(carried(None)),
            Seen::Messages(carried(Some(at(4)))),
            alarm(true, Some(3)),
            OVER,
            alarm(false, Some(3)),
        ],
    );
    assert_eq!(done, [END, Effect::Judge(None), Effect::Settle]);
    assert!(run.has_passed() && run.next_wakeup().is_none());
    // From its end on, however long it went on.
    let left = |second| run.holds_up(at(second)).map(Duration::seconds);
    assert_eq!([7, 8, 307, 308].map(left), [None, Some(300.0), Some(1.0), None]);
    let legs = &run.legs;
    let times = [legs.answered, legs.committed, legs.raised, legs.ended];
    assert_eq!(times, [1, 2, 3, 8].map(|second| Some(at(second))));
    assert_eq!(legs.told[0].taken, Some(at(4)));
    assert_eq!(legs.confirmed.as_ref().unwrap().by, Actor::Person(3));
}

#[test]
fn one_that_nobody_has_to_answer_ends_when_a_message_was_taken() {
    let mut run = begun(Plan {
        confirm: false,
        ..plan()
    });
    let done = through(
        &mut run,
        vec![
            READ,
            alarm(true, None),
            Seen::Messages(carried(Some(at(2)))),
            alarm(false, None),
        ],
    );
    assert_eq!(done, [END, Effect::Judge(None), Effect::Settle]);
}

/// What is seen comes at once; then nothing more does.
#[track_caller]
fn check(seen: Vec<Seen>, expected: &Flaw, after: i64) {
    let mut run = begun(plan());
    let mut done: Vec<Effect> = seen.into_iter().flat_map(|seen| run.see(seen, NOW)).collect();
    while done.iter().all(|effect| !matches!(effect, Effect::Judge(_))) {
        let next = run.next_wakeup().expect("it waits for something");
        done.extend(run.pass(next));
    }
    assert_eq!((run.flaw.as_ref(), run.stage), (Some(expected), Stage::Ending));
    assert_eq!(run.since.since(NOW), Duration::from_seconds(after));
    let judged: Vec<&Effect> = done
        .iter()
        .filter(|effect| matches!(effect, Effect::Judge(_)))
        .collect();
    assert_eq!(judged, [&Effect::Judge(Some(expected.clone()))]);
    // Its agent is gone: two minutes later its reading is retired, and that it failed is not said twice.
    let mut ends = Vec::new();
    while let Some(next) = run.next_wakeup() {
        ends.extend(run.pass(next));
    }
    assert_eq!(ends.last(), Some(&Effect::Settle));
    assert!(ends.contains(&Effect::Retire) && ends.contains(&END));
    assert!(!ends.iter().any(|effect| matches!(effect, Effect::Judge(_))));
}

#[test]
fn it_breaks_off_at_the_leg_that_does_not_come() {
    let why = "this version does not know the command".to_owned();
    let no = Seen::Answer {
        done: false,
        message: why.clone(),
    };
    check(vec![no], &Flaw::Refused { why }, 0);
    check(vec![], &Flaw::Silent, 120);
    check(vec![answer()], &Flaw::NotRead, 120);
    check(vec![answer(), READ], &Flaw::NotRaised, 60);
    let untaken = vec![READ, alarm(true, None), Seen::Messages(carried(None))];
    check(untaken, &Flaw::NotTaken { ways: carried(None) }, 300);
    let unanswered = vec![READ, alarm(true, None), Seen::Messages(carried(Some(NOW)))];
    let within = Duration::from_minutes(15);
    check(unanswered.clone(), &Flaw::NotConfirmed { within }, 900);
    check([unanswered.clone(), vec![OVER]].concat(), &Flaw::EndedEarly, 0);
    check([unanswered, vec![Seen::Withdrawn]].concat(), &Flaw::Withdrawn, 0);
}

#[test]
fn one_whose_end_does_not_come_has_failed() {
    let mut run = begun(plan());
    through(&mut run, vec![READ, alarm(true, Some(3))]);
    let mut done = Vec::new();
    while let Some(next) = run.next_wakeup() {
        done.extend(run.pass(next));
    }
    let failed = Effect::Judge(Some(Flaw::NotEnded));
    assert_eq!(done[done.len() - 3..], [Effect::Retire, failed, Effect::Settle]);
    assert_eq!(run.legs.ended, None);
}

#[test]
fn what_was_due_while_nobody_ran_is_held_once_or_said_to_be_missed() {
    let (zone, when): (Zone, _) = ("Europe/Amsterdam".parse().unwrap(), "wed 10:00".parse().unwrap());
    let instant = |text: &str| -> Timestamp { text.parse().unwrap() };
    let first = instant("2026-11-25T09:00:00Z");
    let next = instant("2026-12-02T09:00:00Z");
    let (before, after) = (instant("2026-11-18T09:00:00Z"), instant("2026-12-09T09:00:00Z"));
    let (years, known) = (instant("2038-01-19T03:14:07Z"), instant("2026-11-24T00:00:00Z"));
    for (settled, now, expected) in [
        (before, "2026-11-25T08:59:59Z", Due::Later(Some(first))),
        (before, "2026-11-25T09:00:00Z", Due::Now(first)),
        (before, "2026-11-25T13:00:00Z", Due::Now(first)),
        (before, "2026-11-25T13:00:01Z", Due::Missed(first)),
        (first, "2026-11-26T09:00:01Z", Due::Later(Some(next))),
        // Of two that were due only the last is told.
        (before, "2026-12-05T09:00:00Z", Due::Missed(next)),
        // A clock that was set back by hours holds none twice.
        (next, "2026-12-01T10:00:00Z", Due::Later(Some(after))),
        // One that was wrong by years holds none back for years.
        (years, "2026-11-25T08:59:59Z", Due::Later(Some(first))),
        (years, "2026-11-25T09:00:00Z", Due::Now(first)),
        (years, "2026-11-26T09:00:00Z", Due::Missed(first)),
    ] {
        let settled = (settled, known);
        assert_eq!(due(&when, &zone, settled, instant(now)), expected, "{now}");
    }
}

#[test]
fn what_was_due_while_nobody_ran_says_nothing_of_the_chain() {
    let mut run = begun(plan());
    through(
        &mut run,
        vec![READ, alarm(true, None), Seen::Messages(carried(Some(NOW)))],
    );
    assert_eq!(run.clone().goes_on(at(600)), None, "there is time left to answer");
    let seen = run.goes_on(at(3_600)).expect("nobody could answer");
    let done = run.see(seen, at(3_600));
    assert_eq!(done, [Effect::Judge(Some(Flaw::Interrupted)), END]);
    // Nobody has asked its agent either.
    assert_eq!(run.goes_on(at(9_000)), None);
    assert!(run.pass(at(9_000)).iter().all(|effect| *effect == END));
    assert_eq!(run.see(alarm(false, None), at(9_001)), [Effect::Settle]);
    // What was answered just before counts first.
    let mut run = begun(plan());
    through(
        &mut run,
        vec![READ, alarm(true, None), Seen::Messages(carried(Some(NOW)))],
    );
    let seen = run.goes_on(at(3_600)).unwrap();
    assert_eq!(run.see(alarm(true, Some(3)), at(3_600)), [END]);
    assert_eq!(run.see(seen, at(3_600)), []);
    assert_eq!(
        run.see(alarm(false, None), at(3_601)),
        [Effect::Judge(None), Effect::Settle]
    );
    // A clock that was ahead when it stopped.
    let mut run = begun(plan());
    assert_eq!(
        (run.goes_on(at(-3_600)), run.next_wakeup()),
        (None, Some(at(-3_580)))
    );
}

#[test]
fn what_came_after_a_clock_was_set_back_came_after_the_command() {
    let mut run = begun(plan());
    assert_eq!(run.counts_from(), NOW);
    run.clock_was_set(Duration::from_hours(1));
    assert_eq!(run.counts_from(), NOW, "what was written before still counts");
    run.clock_was_set(Duration::from_hours(-2));
    assert_eq!(run.counts_from(), NOW - Duration::from_hours(2));
    assert_eq!(run.legs.commanded, NOW, "what the clock said stands");
}
