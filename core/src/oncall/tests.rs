//! The table of `decide`, line by line as its doc comment has it.

use plenum_protocol::Timestamp;

use super::*;
use crate::alarms::Shelving;
use crate::alarms::chatter::{QUIET, STANDS};
use crate::authority::Actor;
use State::{
    ActiveAcknowledged as Taken, ActiveUnacknowledged as Active, Normal, ReturnedUnacknowledged as Over,
};

const NOW: Timestamp = Timestamp::from_milliseconds(1_000_000_000);

pub(super) fn alarm(priority: Priority) -> Alarm {
    Alarm {
        priority,
        state: State::ActiveUnacknowledged,
        raised_at: NOW,
        ..Alarm::any()
    }
}

/// Something that happened, by its cause and where the alarm is then.
fn case(cause: Cause, to: State) -> (Alarm, Event) {
    let event = Event {
        at: NOW,
        alarm: 1,
        from: State::ActiveUnacknowledged,
        to,
        from_cover: None,
        to_cover: None,
        cause,
        actor: Actor::Monitor,
        comment: String::new(),
        remark: None,
        origin: None,
    };
    let alarm = Alarm {
        state: to,
        ..alarm(Priority::High)
    };
    (alarm, event)
}

fn of_priority(priority: Priority, (_, event): (Alarm, Event)) -> (Alarm, Event) {
    let alarm = Alarm {
        state: event.to,
        ..alarm(priority)
    };
    (alarm, event)
}

/// A late reading that found the alarm in this state, and left it active.
fn late(from: State) -> (Alarm, Event) {
    let (alarm, event) = case(Cause::Late, State::ActiveUnacknowledged);
    (alarm, Event { from, ..event })
}

/// The same under each of what may lie over an alarm.
fn covered(cases: &[(Alarm, Event)]) -> Vec<(Alarm, Event)> {
    let kinds = CoverKind::ALL;
    let under = |kind: CoverKind| {
        cases.iter().cloned().map(move |(alarm, mut event)| {
            event.to_cover = Some(kind);
            (alarm, event)
        })
    };
    kinds.into_iter().flat_map(under).collect()
}

fn chattering((mut alarm, event): (Alarm, Event)) -> (Alarm, Event) {
    for _ in 0..3 {
        alarm.chatter.raised(NOW);
    }
    assert!(alarm.chatter.running().is_some());
    (alarm, event)
}

/// It chatters, and people were told of that at this instant.
fn reminding((alarm, event): (Alarm, Event)) -> (Alarm, Event) {
    let (mut alarm, event) = chattering((alarm, event));
    alarm.chatter.told(event.at);
    (alarm, event)
}

/// It chattered and stood, which was told, and is quiet.
fn stood((alarm, event): (Alarm, Event)) -> (Alarm, Event) {
    let (mut alarm, event) = chattering((alarm, event));
    let later = NOW + QUIET;
    assert!(alarm.chatter.stands(NOW, later).is_some());
    assert!(alarm.chatter.pass(later).is_some());
    (alarm, event)
}

/// A line's name, all that it is about, and whether the listener did it.
type Line = (&'static str, Vec<(Alarm, Event)>, bool);

/// The table's lines.
fn lines() -> Vec<Line> {
    [
        comes_and_goes(),
        lies_over_it(),
        site_changes(),
        people_act(),
        flips(),
    ]
    .concat()
}

fn comes_and_goes() -> Vec<Line> {
    use Cause::{Raised, Returned};
    let raised = || case(Raised, Active);
    let returned = || vec![case(Returned, Over), case(Returned, Normal)];
    vec![
        ("raised", vec![raised()], false),
        ("raised while something lies over it", covered(&[raised()]), false),
        ("returned", returned(), false),
        (
            "returned while something lies over it",
            covered(&returned()),
            false,
        ),
    ]
}

fn lies_over_it() -> Vec<Line> {
    use Cause::{Released, ReturnedToService, ShelvingEnded, ShelvingEnds, Unshelved, Work, WorkEnded};
    let back = |state| [Unshelved, ShelvingEnded, ReturnedToService].map(|cause| case(cause, state));
    vec![
        (
            "unshelved, or returned to service: active, or chatters",
            back(Active)
                .into_iter()
                .chain(back(Over).map(chattering))
                .collect(),
            false,
        ),
        (
            "unshelved, or returned to service: over",
            back(Over).to_vec(),
            false,
        ),
        ("released: active", vec![case(Released, Active)], false),
        ("released: over", vec![case(Released, Over)], false),
        ("work goes on that may cause it", vec![case(Work, Normal)], false),
        ("work ended: active", vec![case(WorkEnded, Active)], false),
        ("work ended: over", vec![case(WorkEnded, Over)], false),
        (
            "shelving ends soon, for whoever shelved",
            covered(&[case(ShelvingEnds, Active)]),
            false,
        ),
    ]
}

fn site_changes() -> Vec<Line> {
    use Cause::{Moved, PriorityChanged, Removed, RuleChanged, Upgraded};
    let changes = || {
        vec![
            case(RuleChanged, Active),
            case(Moved, Active),
            case(Upgraded, Taken),
        ]
    };
    let removed = || vec![case(Removed, Normal), case(Upgraded, Normal)];
    let from_a_shelf = |(alarm, mut event): (Alarm, Event)| {
        event.from_cover = Some(CoverKind::Shelved);
        (alarm, event)
    };
    vec![
        ("rule or room changed, or program upgraded", changes(), false),
        ("priority changed", vec![case(PriorityChanged, Active)], false),
        (
            "changed while something lies over it",
            covered(&[changes(), vec![case(PriorityChanged, Active)]].concat()),
            false,
        ),
        (
            "got worse while it was shelved, which ends that: active, or chatters",
            vec![
                from_a_shelf(case(PriorityChanged, Active)),
                from_a_shelf(chattering(case(PriorityChanged, Over))),
            ],
            false,
        ),
        (
            "got worse while it was shelved, which ends that: over",
            vec![from_a_shelf(case(PriorityChanged, Over))],
            false,
        ),
        ("removed", removed(), false),
        (
            "removed while something lay over it",
            removed().into_iter().map(from_a_shelf).collect(),
            false,
        ),
        (
            "removed, but latched",
            vec![case(Removed, Active), case(Removed, Taken)],
            false,
        ),
    ]
}

fn people_act() -> Vec<Line> {
    use Cause::{Acknowledged, OutOfService, Reset, ReviewDue, Shelved, Suppressed};
    let given_back = || [Cause::GivenBack, Cause::AcknowledgementEnded].map(|cause| case(cause, Active));
    let taken = |priority| of_priority(priority, case(Acknowledged, Taken));
    let resets = || vec![case(Reset, Over), case(Reset, Normal)];
    vec![
        (
            "acknowledged, critical or high",
            vec![taken(Priority::Critical), taken(Priority::High)],
            false,
        ),
        (
            "acknowledged, medium or low",
            vec![taken(Priority::Medium), taken(Priority::Low)],
            false,
        ),
        (
            "acknowledged or reset by themselves",
            [vec![taken(Priority::Critical)], resets()].concat(),
            true,
        ),
        (
            "given back, or its time is over",
            given_back()
                .into_iter()
                .chain(given_back().map(chattering))
                .collect(),
            false,
        ),
        (
            "given back, or its time is over, while something lies over it",
            covered(&given_back()),
            false,
        ),
        (
            "given back by themselves",
            vec![case(Cause::GivenBack, Active)],
            true,
        ),
        ("reset", resets(), false),
        (
            "shelved, or taken out of service",
            vec![case(Shelved, Active), case(OutOfService, Active)],
            false,
        ),
        ("late, and raised by that", vec![late(Normal)], false),
        (
            "late with nothing changed, suppressed, or review due",
            vec![late(Active), case(Suppressed, Active), case(ReviewDue, Active)],
            false,
        ),
    ]
}

fn flips() -> Vec<Line> {
    use Cause::{Chattering, Quiet, Raised, Returned, Stands};
    vec![
        ("chatters", vec![chattering(case(Chattering, Active))], false),
        (
            "raised or returned while it chatters",
            vec![chattering(case(Raised, Active)), chattering(case(Returned, Over))],
            false,
        ),
        (
            "raised while it chatters: a quarter of an hour after the last message, or after somebody saw it and it rested a minute",
            vec![reminding(case(Raised, Active))],
            false,
        ),
        (
            "stands for half a minute, having chattered: nobody has it",
            vec![chattering(case(Stands, Active))],
            false,
        ),
        (
            "stands for half a minute, having chattered: somebody has it",
            vec![chattering(case(Stands, Taken))],
            false,
        ),
        (
            "quiet again: active, and nobody has it",
            vec![case(Quiet, Active)],
            false,
        ),
        (
            "quiet again: active, and that it stands was told",
            vec![stood(case(Quiet, Active))],
            false,
        ),
        (
            "quiet again: active, and somebody has it",
            vec![case(Quiet, Taken)],
            false,
        ),
        (
            "quiet again: over",
            vec![case(Quiet, Over), case(Quiet, Normal)],
            false,
        ),
    ]
}

fn word(reason: Reason) -> String {
    match reason {
        Reason::No(_) => "no".to_owned(),
        reason => serde_json::to_value(reason).unwrap().as_str().unwrap().to_owned(),
    }
}

/// The rows of a function's table in `mod.rs`, as its doc comment has them.
fn table_of(function: &str) -> Vec<Vec<&'static str>> {
    let source = include_str!("mod.rs");
    let (before, _) = source.split_once(&format!("pub fn {function}(")).unwrap();
    let comment = before.rsplit("\n\n").next().unwrap();
    let table = comment.lines().filter_map(|line| line.strip_prefix("/// |"));
    let rows = table.skip(2);
    rows.map(|line| line.trim_end_matches('|').split('|').map(str::trim).collect())
        .collect()
}

#[test]
fn each_line_of_the_table_is_what_is_decided() {
    let (table, lines) = (table_of("decide"), lines());
    let names: Vec<&str> = table.iter().map(|line| line[0]).collect();
    assert_eq!(names, lines.iter().map(|line| line.0).collect::<Vec<_>>());
    for ((name, cases, acted), expected) in lines.into_iter().zip(table) {
        let listener = |takes, heard| Listener { takes, heard, acted };
        for heard in [Heard::Nothing, Heard::Over] {
            check(name, &cases, listener(true, heard), expected[1]);
        }
        let perhaps = match expected[2] {
            end @ ("resolved" | "withdrawn") => end,
            _ => expected[1],
        };
        check(name, &cases, listener(true, Heard::Perhaps), perhaps);
        check(name, &cases, listener(true, Heard::Stands), expected[2]);
        check(name, &cases, listener(false, Heard::Stands), expected[3]);
    }
}

fn check(name: &str, cases: &[(Alarm, Event)], listener: Listener, expected: &str) {
    for (alarm, event) in cases {
        let found = word(decide(alarm, event, listener));
        assert_eq!(
            found, expected,
            "{name}: {:?} to {:?}, {listener:?}",
            event.cause, event.to
        );
    }
}

/// How an alarm may stand when somebody comes, as the table of that has it.
fn standing() -> Vec<(&'static str, Vec<Alarm>)> {
    let of = |state| case(Cause::Raised, state).0;
    let flips = |state| chattering(case(Cause::Raised, state)).0;
    let seen = |mut alarm: Alarm| {
        alarm.chatter.seen();
        alarm
    };
    let unwatched = Alarm {
        latched: true,
        unwatched: true,
        ..of(Active)
    };
    let shelved = Alarm {
        cover: Some(Cover::Shelved(Shelving {
            by: Actor::Monitor,
            since: NOW,
            at: NOW,
            until: NOW,
            reason: String::new(),
            reminded: false,
        })),
        ..of(Active)
    };
    let mut stands = seen(flips(Active));
    assert!(stands.chatter.stands(NOW, NOW + STANDS).is_some());
    vec![
        (
            "active, and nobody has it; latched and nothing watches it any more, too",
            vec![of(Active), unwatched],
        ),
        ("active, and somebody has it", vec![of(Taken)]),
        ("something lies over it", vec![shelved]),
        ("over", vec![of(Over), of(Normal)]),
        (
            "chatters, and nobody has seen that",
            vec![flips(Active), flips(Over), flips(Normal)],
        ),
        (
            "chatters, and somebody has it or has seen that since people were told",
            vec![
                seen(flips(Taken)),
                seen(flips(Active)),
                seen(flips(Normal)),
                flips(Taken),
            ],
        ),
        (
            "chatters, was seen, and stands since, which was told",
            vec![stands],
        ),
    ]
}

#[test]
fn whoever_comes_while_an_alarm_stands_is_told_as_the_table_says() {
    let (table, lines) = (table_of("decide_for_newcomer"), standing());
    let names: Vec<&str> = table.iter().map(|line| line[0]).collect();
    assert_eq!(names, lines.iter().map(|line| line.0).collect::<Vec<_>>());
    for ((name, alarms), expected) in lines.into_iter().zip(table) {
        let listeners = [
            (true, Heard::Nothing, expected[1]),
            (true, Heard::Perhaps, expected[1]),
            (true, Heard::Over, expected[1]),
            (true, Heard::Stands, expected[2]),
            (false, Heard::Stands, expected[3]),
            (false, Heard::Nothing, "no"),
        ];
        for (alarm, (takes, heard, expected)) in alarms
            .iter()
            .flat_map(|alarm| listeners.map(|listener| (alarm, listener)))
        {
            let listener = Listener {
                takes,
                heard,
                acted: false,
            };
            let found = word(decide_for_newcomer(alarm, listener));
            assert_eq!(found, expected, "{name}: {:?}, {listener:?}", alarm.state);
        }
    }
}
