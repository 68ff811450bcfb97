//! Two revisions side by side: counts, nights, floods and differences with the values that an operator would expect.

use super::*;
use crate::availability::Source;
use crate::expectation::Expectation;
use crate::site::{ChannelKind, Priority};
use plenum_protocol::Duration;

const KINDS: &[ChannelKind] = &[
    ChannelKind {
        name: "email",
        to_people: true,
    },
    ChannelKind {
        name: "webhook",
        to_people: false,
    },
];

const HEAD: &str = r#"
[site]
id = "s"
name = "S"
zone = "Europe/Amsterdam"
[[room]]
id = "room-a"
name = "Room A"
[[sensor]]
agent = "a"
id = "inlet"
name = "Inlet"
room = "room-a"
place = "inlet"
[[person]]
id = "anna"
name = "Anna"
[[person]]
id = "ben"
name = "Ben"
[[channel]]
id = "urgent"
kind = "email"
people = ["anna", "ben"]
priorities = ["critical"]
[[channel]]
id = "all"
kind = "email"
people = ["anna"]
[[channel]]
id = "hook"
kind = "webhook"
"#;

/// A site whose inlet rules have these limits, and no others of the inlets.
fn with_limits(high: f64, very_high: f64) -> Arc<Site> {
    let rule = |id: &str, limit: f64, priority: &str| {
        format!(
            "[[rule]]\nid = \"{id}\"\nname = \"{id}\"\nwhen = {{ above = {{ limit = {limit} }} }}\n\
             select = {{ quantities = [\"temperature\"] }}\npriority = \"{priority}\"\n"
        )
    };
    let off = ["cooling-failed", "cooling-failing"].map(|id| rule(id, 32.0, "high") + "enabled = false\n");
    let text = HEAD.to_owned()
        + &rule("inlet-high", high, "medium")
        + &rule("inlet-very-high", very_high, "critical")
        + &off.concat();
    site(&text)
}

/// A day of 18 June 2026 in Amsterdam, a reading a minute; the value by the minute of that day.
fn day(value: impl Fn(i64) -> f64) -> (Known, Readings, i64) {
    let midnight: Timestamp = "2026-06-17T22:00:00Z".parse().unwrap();
    let start = midnight.milliseconds() / 1_000;
    let source = Source {
        series: series("s/a/inlet/temperature"),
        expectation: Expectation::told(Duration::from_seconds(60)),
    };
    let readings = (0..1_440)
        .map(|minute| (second(start + 60 * minute), Ok(value(minute))))
        .collect();
    let known = Known {
        sources: vec![source],
        ..Known::default()
    };
    (known, vec![readings], start)
}

fn compared(value: impl Fn(i64) -> f64, tried: Arc<Site>, in_force: Arc<Site>) -> Comparison {
    let (known, readings, start) = day(value);
    let plan = Plan::new(tried, in_force, (second(start), second(start + 86_400)), known);
    compare(&plan, &run(&plan, &readings, 2_160), KINDS)
}

#[test]
fn a_lower_limit_raises_more_and_wakes_more() {
    // 03:00 to 04:00 at 28.5, 12:00 to 12:30 at 33, and a spike at 15:00.
    let value = |minute: i64| match minute {
        180..240 => 28.5,
        720..750 => 33.0,
        900 => 27.5,
        _ => 22.0,
    };
    let found = compared(value, with_limits(27.0, 28.0), with_limits(28.0, 32.0));
    let [tried, in_force] = &found.sides;
    assert_eq!((tried.alarms, tried.by_priority), (5, [2, 0, 3, 0]));
    assert_eq!((in_force.alarms, in_force.by_priority), (3, [1, 0, 2, 0]));
    assert_eq!((tried.at_night, in_force.at_night), (1, 0));
    assert_eq!((tried.only_here, in_force.only_here), (2, 0));
    assert_eq!((tried.load.peak, tried.load.floods), (2, 0));
    let night: Vec<(&str, [u32; 2])> = found
        .night
        .iter()
        .map(|one| (one.name.as_str(), one.alarms))
        .collect();
    assert_eq!(night, [("Anna", [1, 0]), ("Ben", [1, 0])]);
    let rules: Vec<(&str, [u32; 2])> = found
        .rules
        .iter()
        .map(|one| (one.rule.as_str(), one.alarms))
        .collect();
    assert_eq!(rules, [("inlet-high", [3, 2]), ("inlet-very-high", [2, 1])]);
    let differences: Vec<(usize, &str, i64, Option<f64>)> = found
        .differences
        .iter()
        .map(|one| {
            (
                one.side,
                one.alarm.rule.id.as_str(),
                one.lasted.milliseconds() / 1_000,
                one.alarm.stood.worst,
            )
        })
        .collect();
    assert_eq!(
        differences,
        [
            (TRIED, "inlet-very-high", 3_600, Some(28.5)),
            (TRIED, "inlet-high", 60, Some(27.5))
        ]
    );
}

#[test]
fn what_stands_at_the_beginning_is_not_new_and_what_stands_at_the_end_has_not_returned() {
    let value = |minute: i64| if (60..1_400).contains(&minute) { 22.0 } else { 30.0 };
    let (known, readings, start) = day(value);
    let period = (second(start + 1_800), second(start + 86_400));
    let plan = Plan::new(with_limits(27.0, 32.0), with_limits(27.0, 32.0), period, known);
    let alarms = run(&plan, &readings, 100);
    let found = compare(&plan, &alarms, KINDS);
    assert_eq!(
        (found.sides[TRIED].alarms, found.sides[TRIED].stood_before),
        (1, 1)
    );
    let stood: Vec<_> = alarms[TRIED].iter().map(|alarm| alarm.stood.to).collect();
    assert_eq!(stood, [Some(second(start + 3_600)), None]);
    assert!(found.differences.is_empty());
}

#[test]
fn a_rule_that_is_gone_and_one_that_is_new_are_differences_of_both() {
    let value = |minute: i64| if minute == 600 { 30.0 } else { 22.0 };
    let mut other = (*with_limits(27.0, 32.0)).clone();
    other.rules[0].id = "warm".parse().unwrap();
    let mut off = other.rules[0].clone();
    (off.id, off.enabled) = ("inlet-high".parse().unwrap(), false);
    other.rules.push(off);
    let found = compared(value, Arc::new(other), with_limits(27.0, 32.0));
    let rules: Vec<_> = found
        .rules
        .iter()
        .map(|one| (one.rule.as_str(), one.priorities, one.alarms))
        .collect();
    assert_eq!(
        rules,
        [
            ("inlet-high", [None, Some(Priority::Medium)], [0, 1]),
            ("warm", [Some(Priority::Medium), None], [1, 0])
        ]
    );
    assert_eq!(found.differences.len(), 2);
}

#[test]
fn what_another_alarm_stands_for_wakes_when_that_one_is_gone() {
    let value = |minute: i64| if (120..180).contains(&minute) { 33.0 } else { 22.0 };
    let mut hidden = (*with_limits(27.0, 32.0)).clone();
    hidden.rules[1].suppressed_by = vec!["inlet-high".parse().unwrap()];
    let found = compared(value, Arc::new(hidden), with_limits(27.0, 32.0));
    assert_eq!((found.sides[TRIED].at_night, found.sides[1].at_night), (0, 1));
}

#[test]
fn a_rule_is_short_where_the_history_does_not_reach_as_far_as_it_looks() {
    let rules = "[[rule]]\nid = \"drifts\"\nname = \"Drifts\"\npriority = \"low\"\nselect = { quantities = [\"temperature\"] }\n\
                 when = { drifts = { by = 2, weeks = 2 } }\n\
                 [[rule]]\nid = \"moves\"\nname = \"Moves\"\npriority = \"low\"\nselect = { quantities = [\"temperature\"] }\n\
                 when = { any = [{ rises = { by = 2, within = \"12h\" } }] }\n";
    let (known, _, start) = day(|_| 22.0);
    let tried = site(&(HEAD.to_owned() + rules));
    let period = (second(start), second(start + 86_400));
    let plan = Plan::new(tried, site(HEAD), period, known);
    let hour = |count: i64| second(start + 3_600 * count);
    let short = |begin: Timestamp| {
        let rules = plan.short_of(begin).into_iter();
        rules.map(|rule| rule.id.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(short(hour(-24 * 30)), Vec::<String>::new());
    assert_eq!(short(hour(-24)), ["drifts"]);
    // Where readings begin within the period, that is said once and not by each rule that has a delay.
    assert_eq!(short(hour(1)), ["drifts", "moves"]);
}

/// Two sensors of a room, each 10 s, of which two at once are too warm.
fn vote() -> Arc<Site> {
    site(&format!(
        "{HEAD}[[sensor]]\nagent = \"b\"\nid = \"outlet\"\nname = \"Outlet\"\nroom = \"room-a\"\nplace = \"outlet\"\n\
         [[rule]]\nid = \"two\"\nname = \"Two\"\nwhen = {{ vote = {{ at_least = 2, above = {{ limit = 27 }} }} }}\n\
         select = {{ quantities = [\"temperature\"] }}\non_delay = \"15s\"\npriority = \"low\"\n"
    ))
}

#[test]
fn what_an_agent_kept_while_it_was_away_comes_when_it_is_back() {
    let source = |name: &str| Source {
        series: series(name),
        expectation: Expectation::told(Duration::from_seconds(10)),
    };
    let away = Absence {
        from: second(100),
        to: Some(second(200)),
    };
    let known = Known {
        sources: vec![source("s/a/inlet/temperature"), source("s/b/outlet/temperature")],
        absences: [("s/b".parse().unwrap(), vec![away])].into(),
        ..Known::default()
    };
    let course = |warm: std::ops::Range<i64>| -> Vec<(Timestamp, Outcome)> {
        let readings = (0..=300).step_by(10);
        readings
            .map(|at| (second(at), Ok(if warm.contains(&at) { 29.0 } else { 22.0 })))
            .collect()
    };
    // The outlet was warm while its agent was away: nobody knew it before 200, and then it was warm no more.
    let readings = vec![course(0..1_000), course(120..180)];
    let plan = Plan::new(vote(), vote(), (second(0), second(300)), known);
    let [alarms, _] = run(&plan, &readings, 100);
    let told = told(&alarms);
    let of = |name: &str| told.get(&("two".to_owned(), format!("s/{name}/temperature")));
    assert_eq!(of("a/inlet"), None, "{told:?}");
    // Its own past is told by the instants at which it was measured.
    assert_eq!(of("b/outlet"), Some(&vec![(135_000, Some(180_000))]), "{told:?}");
}

#[test]
fn what_was_expected_no_more_before_the_period_is_not_missed_in_it() {
    let (known, _, _) = day(|_| 22.0);
    let mut known = known;
    let expected = known.sources[0].expectation.now();
    let mut expectation = Expectation::default();
    expectation.change(second(10), expected, false);
    expectation.change(second(20), None, true);
    known.sources[0].expectation = expectation;
    let month = 30 * 86_400;
    let plan = Plan::new(
        with_limits(27.0, 32.0),
        with_limits(27.0, 32.0),
        (second(month), second(2 * month)),
        known,
    );
    let [alarms, _] = run(&plan, &vec![Vec::new(); plan.sources().len()], 100);
    assert_eq!(told(&alarms), Told::new());
}
