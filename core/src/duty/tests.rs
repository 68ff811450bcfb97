//! Who is on duty, by small plans that a person can check with a calendar.

use super::*;

const HEAD: &str = r#"
[site]
id = "s"
name = "S"
zone = "Europe/Amsterdam"
[[person]]
id = "anna"
name = "Anna"
[[person]]
id = "bert"
name = "Bert"
[[person]]
id = "carla"
name = "Carla"
[[team]]
id = "operations"
name = "Operations"
members = ["anna", "bert"]
[[rota]]
id = "r"
name = "R"
team = "operations"
"#;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn site(rest: &str) -> Site {
    let text = format!("{HEAD}{rest}");
    plenum_protocol::config_error::parse("site.toml", &text).unwrap_or_else(|error| panic!("{error}"))
}

/// The shifts, as `person from to`.
fn check(rest: &str, from: &str, to: &str, expected: &[&str]) {
    let site = site(rest);
    let plan = Plan::new(&site, &[]);
    let schedule = plan.schedule(&"r".parse().unwrap()).unwrap();
    let shifts = schedule.shifts(at(from), at(to));
    let said: Vec<String> = shifts
        .iter()
        .map(|shift| format!("{} {} {}", shift.person.id, shift.from, shift.to).replace(":00.000Z", "Z"))
        .collect();
    assert_eq!(said, expected);
}

const WEEKLY: &str = r#"
[[rota.layer]]
people = ["anna", "bert"]
every = "week"
hand_over = "mon 09:00"
start = "2026-01-05"
"#;

#[test]
fn people_take_turns_from_the_start_on() {
    check(
        WEEKLY,
        "2026-01-01T00:00:00Z",
        "2026-01-20T00:00:00Z",
        &[
            "anna 2026-01-05T08:00Z 2026-01-12T08:00Z",
            "bert 2026-01-12T08:00Z 2026-01-19T08:00Z",
            "anna 2026-01-19T08:00Z 2026-01-20T00:00Z",
        ],
    );
}

#[test]
fn a_hand_over_is_at_its_time_by_the_clock_on_both_sides_of_a_change() {
    check(
        WEEKLY,
        "2026-03-23T08:00:00Z",
        "2026-04-06T07:00:00Z",
        &[
            "bert 2026-03-23T08:00Z 2026-03-30T07:00Z",
            "anna 2026-03-30T07:00Z 2026-04-06T07:00Z",
        ],
    );
    // 02:30 does not exist on 29 March, and occurs twice on 25 October.
    let nightly = r#"
[[rota.layer]]
people = ["anna", "bert"]
every = "day"
hand_over = "02:30"
start = "2026-01-01"
"#;
    check(
        nightly,
        "2026-03-28T01:30:00Z",
        "2026-03-30T00:30:00Z",
        &[
            "anna 2026-03-28T01:30Z 2026-03-29T01:30Z",
            "bert 2026-03-29T01:30Z 2026-03-30T00:30Z",
        ],
    );
    check(
        nightly,
        "2026-10-24T00:30:00Z",
        "2026-10-26T01:30:00Z",
        &[
            "anna 2026-10-24T00:30Z 2026-10-25T00:30Z",
            "bert 2026-10-25T00:30Z 2026-10-26T01:30Z",
        ],
    );
}

#[test]
fn a_later_layer_counts_where_it_covers_and_an_override_above_it() {
    let day = r#"
[[rota.layer]]
people = ["carla"]
every = "week"
hand_over = "mon 00:00"
start = "2026-01-05"
hours = ["mon-fri 08:00-18:00"]
holidays = "as-sunday"
[[holiday]]
date = "2026-01-06"
name = "Epiphany"
[[override]]
rota = "r"
person = "bert"
from = "2026-01-07T12:00"
to = "2026-01-07T20:00"
"#;
    check(
        &format!("{WEEKLY}{day}"),
        "2026-01-05T08:00:00Z",
        "2026-01-08T00:00:00Z",
        &[
            "carla 2026-01-05T08:00Z 2026-01-05T17:00Z",
            "anna 2026-01-05T17:00Z 2026-01-07T07:00Z",
            "carla 2026-01-07T07:00Z 2026-01-07T11:00Z",
            "bert 2026-01-07T11:00Z 2026-01-07T19:00Z",
            "anna 2026-01-07T19:00Z 2026-01-08T00:00Z",
        ],
    );
}

/// What somebody asks of a plan at an instant: who is on duty, until when, and who comes next.
fn check_at(rest: &str, when: &str, expected: (&str, &str, &str)) {
    let site = site(rest);
    let plan = Plan::new(&site, &[]);
    let schedule = plan.schedule(&"r".parse().unwrap()).unwrap();
    let said = |shift: Option<Shift<'_>>, of: fn(&Shift<'_>) -> String| {
        shift.as_ref().map_or_else(|| "nobody".to_owned(), of)
    };
    let now = schedule
        .on_duty(at(when))
        .map_or("nobody", |person| person.id.as_str());
    let until = said(schedule.shift_at(at(when)), |shift| {
        format!("{}/{}", shift.from, shift.to)
    });
    let next = said(schedule.next_on_duty(at(when)), |shift| {
        format!("{} {}/{}", shift.person.id, shift.from, shift.to)
    });
    let short = |text: String| text.replace(":00.000Z", "Z");
    assert_eq!((now, short(until).as_str(), short(next).as_str()), expected);
}

#[test]
fn who_is_on_duty_and_who_is_next_is_told_with_whole_shifts() {
    check_at(
        WEEKLY,
        "2026-01-07T00:00:00Z",
        (
            "anna",
            "2026-01-05T08:00Z/2026-01-12T08:00Z",
            "bert 2026-01-12T08:00Z/2026-01-19T08:00Z",
        ),
    );
    // At the hand-over itself it is the next one's turn.
    check_at(
        WEEKLY,
        "2026-01-12T08:00:00Z",
        (
            "bert",
            "2026-01-12T08:00Z/2026-01-19T08:00Z",
            "anna 2026-01-19T08:00Z/2026-01-26T08:00Z",
        ),
    );
    check_at(
        WEEKLY,
        "2026-01-01T00:00:00Z",
        ("nobody", "nobody", "anna 2026-01-05T08:00Z/2026-01-12T08:00Z"),
    );
    // A turn of a year is whole too, and its next is found.
    let yearly = WEEKLY.replace("\"week\"", "\"52 weeks\"");
    check_at(
        &yearly,
        "2026-06-01T00:00:00Z",
        (
            "anna",
            "2026-01-05T08:00Z/2027-01-04T08:00Z",
            "bert 2027-01-04T08:00Z/2028-01-03T08:00Z",
        ),
    );
    let alone = WEEKLY.replace(", \"bert\"", "");
    check_at(
        &alone,
        "2026-01-07T00:00:00Z",
        ("anna", "2026-01-05T08:00Z/2026-01-12T08:00Z", "nobody"),
    );
    // Who is alone comes again after hours without anybody.
    let office = format!("{alone}hours = [\"mon-fri 08:00-18:00\"]\n");
    check_at(
        &office,
        "2026-01-10T00:00:00Z",
        ("nobody", "nobody", "anna 2026-01-12T07:00Z/2026-01-12T08:00Z"),
    );
}

#[test]
fn where_nobody_is_on_duty_is_known_ahead_and_the_fallback_is_called() {
    let site = site(&format!("{WEEKLY}hours = [\"mon-fri 00:00-24:00\"]\n"));
    let plan = Plan::new(&site, &[]);
    let gaps = plan.uncovered(at("2026-01-14T00:00:00Z"), at("2026-01-28T00:00:00Z"));
    let gaps: Vec<String> = gaps
        .iter()
        .map(|(rota, from, to)| format!("{} {from} {to}", rota.id))
        .collect();
    assert_eq!(
        gaps,
        [
            "r 2026-01-16T23:00:00.000Z 2026-01-18T23:00:00.000Z",
            "r 2026-01-23T23:00:00.000Z 2026-01-25T23:00:00.000Z"
        ]
    );
    let called = |whom: &Whom, when: &str| -> Vec<&str> {
        plan.whom(whom, at(when))
            .into_iter()
            .map(|person| person.id.as_str())
            .collect()
    };
    let id = |text: &str| text.parse().unwrap();
    let (on_duty, at_night) = ("2026-01-14T12:00:00Z", "2026-01-17T12:00:00Z");
    assert_eq!(called(&Whom::Rota(id("r")), on_duty), ["bert"]);
    assert_eq!(called(&Whom::Rota(id("r")), at_night), ["anna"]);
    assert_eq!(called(&Whom::Person(id("carla")), on_duty), ["carla"]);
    assert_eq!(called(&Whom::Team(id("operations")), on_duty), ["anna", "bert"]);
    assert_eq!(called(&Whom::Everybody, on_duty), ["anna", "bert", "carla"]);
    assert_eq!(called(&Whom::Rota(id("x")), on_duty), [""; 0]);
}

#[test]
fn a_later_override_beats_an_earlier_one_and_one_for_nobody_counts_for_nothing() {
    let site = site(WEEKLY);
    let own = |person: &str, from: &str, to: &str| Override {
        rota: "r".parse().unwrap(),
        person: person.parse().unwrap(),
        from: at(from),
        to: at(to),
        asked_by: Some(Actor::Person(3)),
        why: String::new(),
    };
    let (day, noon, evening) = (
        "2026-01-07T00:00:00Z",
        "2026-01-07T12:00:00Z",
        "2026-01-07T18:00:00Z",
    );
    let overrides = [
        own("bert", day, evening),
        own("carla", noon, evening),
        own("gone", day, evening),
        own("bert", evening, evening),
        own("bert", evening, day),
    ];
    let plan = Plan::new(&site, &overrides);
    let schedule = plan.schedule(&"r".parse().unwrap()).unwrap();
    let shifts = schedule.shifts(at("2026-01-06T00:00:00Z"), at("2026-01-08T00:00:00Z"));
    let people: Vec<&str> = shifts.iter().map(|shift| shift.person.id.as_str()).collect();
    assert_eq!(people, ["anna", "bert", "carla", "anna"]);
    assert_eq!(shifts[2].from, at(noon));
}

#[test]
fn quiet_hours_are_those_of_all_teams_that_somebody_is_in() {
    let quiet = "[[team]]\nid = \"t\"\nname = \"T\"\nmembers = [\"carla\", \"bert\"]\n[[team.quiet]]\nhours = [\"mon-sun 22:00-07:00\"]\npriorities = [\"low\"]\n";
    let site = site(quiet);
    let plan = Plan::new(&site, &[]);
    let until =
        |person: &str, priority, when: &str| plan.quiet_until(&person.parse().unwrap(), priority, at(when));
    let (night, day) = ("2026-01-07T02:00:00Z", "2026-01-07T12:00:00Z");
    assert_eq!(
        until("carla", Priority::Low, night),
        Some(at("2026-01-07T06:00:00Z"))
    );
    assert_eq!(until("carla", Priority::Low, day), None);
    assert_eq!(until("carla", Priority::High, night), None);
    // Bert is in a team that has none, and Anna in that alone.
    assert_eq!(until("bert", Priority::Low, night), None);
    assert_eq!(until("anna", Priority::Low, night), None);
    // What waited for their end could be told from then on, and is late only beyond.
    let told_from = |person: &str, came: &str, now: &str| {
        plan.told_from(&person.parse().unwrap(), Priority::Low, at(came), at(now))
    };
    let morning = "2026-01-07T06:00:00Z";
    assert_eq!(told_from("carla", night, "2026-01-07T06:00:02Z"), at(morning));
    assert_eq!(
        told_from("carla", night, "2026-01-07T03:00:00Z"),
        at("2026-01-07T03:00:00Z")
    );
    assert_eq!(told_from("carla", night, "2026-01-09T12:00:00Z"), at(morning));
    assert_eq!(told_from("carla", day, "2026-01-09T12:00:00Z"), at(day));
    assert_eq!(told_from("anna", night, morning), at(night));
    // On the night of the change the end is by the clock.
    assert_eq!(
        until("carla", Priority::Low, "2026-03-28T22:00:00Z"),
        Some(at("2026-03-29T05:00:00Z"))
    );
}
