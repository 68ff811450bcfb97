//! How an alarm stands by the time its message is read: who has it or had it, what lies over it, what it was raised by and what is known now.

use plenum_protocol::quantity::Language;

use super::*;
use crate::alarms::{Acknowledgement, Cover, GivenBack, Origin, Shelving};
use crate::authority::Actor;
use crate::text::message::surroundings;

fn sanne() -> Option<Acknowledgement> {
    Some(Acknowledgement {
        by: Actor::named("Sanne"),
        at: at("2026-06-18T01:12:07Z"),
        comment: String::new(),
        until: None,
    })
}

/// The line that begins so, without its beginning.
fn line(facts: &Facts, label: &str) -> String {
    let text = write(facts).text;
    let found = text.lines().find_map(|line| line.strip_prefix(label));
    found.unwrap_or_default().trim().to_owned()
}

#[test]
fn that_somebody_took_it_is_not_told_as_if_they_had_it_when_it_is_over() {
    let mut facts = facts();
    facts.reason = Reason::Taken;
    facts.acknowledge_link = None;
    facts.alarm.state = State::ActiveAcknowledged;
    facts.alarm.acknowledged = sanne();
    facts.stands = Some(facts.alarm.clone());
    assert_eq!(line(&facts, "NOW"), "Sanne has it since 03:12:07.");
    let stands = facts.stands.as_mut().unwrap();
    stands.state = State::Normal;
    stands.returned_at = Some(at("2026-06-18T01:12:08Z"));
    let message = write(&facts);
    assert_eq!(line(&facts, "NOW"), "Sanne took it at 03:12:07.");
    assert!(line(&facts, "WHAT").contains("It is over since 03:12:08."));
    for form in [&message.subject, &message.text, &message.short] {
        assert!(form.contains("Sanne took it at 03:12"), "{form}");
        assert!(form.contains("ver since 03:12:08"), "{form}");
        assert!(!form.contains("has it"), "{form}");
    }
}

#[test]
fn that_nobody_has_it_any_more_is_told_with_who_gave_it_back_and_until_when_they_had_it() {
    let mut facts = facts();
    facts.reason = Reason::StandsAgain;
    facts.alarm.state = State::ActiveUnacknowledged;
    facts.alarm.given_back = Some(GivenBack {
        had: Actor::named("Sanne"),
        by: Actor::named("Sanne"),
        at: at("2026-06-18T01:30:00Z"),
        comment: "the road is\nclosed".to_owned(),
    });
    facts.stands = Some(facts.alarm.clone());
    let what = line(&facts, "WHAT");
    assert!(
        what.contains("Sanne gave it back at 03:30:00: \"the road is closed\". It stands since 03:12:05."),
        "{what}"
    );
    assert!(line(&facts, "YOU").starts_with("Nobody has it any more."));
    let message = write(&facts);
    for form in [&message.subject, &message.short] {
        assert!(form.contains("Sanne gave it back at 03:30"), "{form}");
    }
    facts.stands.as_mut().unwrap().given_back.as_mut().unwrap().by = Actor::Monitor;
    assert!(line(&facts, "WHAT").contains("Sanne had it until 03:30:00"));
    // By the time it leaves somebody else has it, and said until when.
    let stands = facts.stands.as_mut().unwrap();
    (stands.state, stands.given_back) = (State::ActiveAcknowledged, None);
    stands.acknowledged = sanne().map(|held| Acknowledgement {
        until: Some(at("2026-06-18T04:00:00Z")),
        ..held
    });
    let you = line(&facts, "YOU");
    assert!(
        you.starts_with("Sanne has it since 03:12:07, until 06:00:00."),
        "{you}"
    );
    assert!(write(&facts).short.contains("Sanne has it until 06:00."));
}

#[test]
fn whoever_is_called_next_reads_who_passed_it_on_and_can_pass_it_on_in_turn() {
    let mut facts = facts();
    facts.passed_on = Some((Actor::named("Sanne"), at("2026-06-18T01:11:00Z")));
    assert!(
        !write(&facts).text.contains("passed it on"),
        "it was raised after that"
    );
    facts.alarm.raised_at = at("2026-06-18T01:10:05Z");
    facts.next = Next::People {
        people: vec!["Joris".to_owned()],
        at: at("2026-06-18T01:17:00Z"),
    };
    assert_eq!(
        line(&facts, "YOU"),
        "Sanne passed it on at 03:11:00. Nobody has it yet. I am on it, or pass it on: http://127.0.0.1:8080/a/x   Look: http://127.0.0.1:8080/alarms/4711"
    );
    let message = write(&facts);
    assert!(message.short.contains("Sanne passed it on at 03:11."));
    assert!(
        message.subject.contains(", Sanne passed it on at 03:11,"),
        "{}",
        message.subject
    );
    facts.next = Next::Nobody;
    assert!(
        line(&facts, "YOU").contains(" I am on it: http"),
        "there is nobody to pass it on to"
    );
    facts.form.language = Language::Dutch;
    assert!(line(&facts, "JIJ").starts_with("Sanne gaf het door om 03:11:00."));
    // By the time it leaves somebody has it.
    let stands = facts.stands.as_mut().unwrap();
    (stands.state, stands.acknowledged) = (State::ActiveAcknowledged, sanne());
    assert!(!write(&facts).text.contains("gaf het door"));
}

#[test]
fn what_cannot_be_taken_is_not_offered() {
    let offers = |facts: &Facts| line(facts, "YOU").contains("I am on it");
    let mut facts = facts();
    assert!(offers(&facts) && line(&facts, "YOU").starts_with("Nobody has it yet."));
    let mut stands = alarm();
    stands.state = State::ActiveAcknowledged;
    stands.acknowledged = sanne();
    facts.stands = Some(stands);
    assert_eq!(
        line(&facts, "YOU"),
        "Sanne has it since 03:12:07. Look: http://127.0.0.1:8080/alarms/4711"
    );
    let mut stands = alarm();
    stands.cover = Some(Cover::Shelved(Shelving {
        by: Actor::named("Sanne"),
        since: stands.raised_at,
        at: stands.raised_at,
        until: at("2026-06-18T02:00:00Z"),
        reason: String::new(),
        reminded: false,
    }));
    facts.stands = Some(stands);
    let you = line(&facts, "YOU");
    assert!(you.starts_with("Sanne shelved it until 04:00:00."), "{you}");
    assert!(!you.contains("Nobody has it") && !offers(&facts), "{you}");
    let mut stands = alarm();
    stands.state = State::ReturnedUnacknowledged;
    stands.returned_at = Some(at("2026-06-18T01:12:08Z"));
    facts.stands = Some(stands);
    assert_eq!(
        line(&facts, "YOU"),
        "Look and acknowledge: http://127.0.0.1:8080/alarms/4711"
    );
    let how_long = line(&facts, "HOW LONG");
    assert!(!how_long.contains("Servers shut down"), "it is over: {how_long}");
}

#[test]
fn what_comes_late_says_what_it_was_and_what_it_is_now() {
    for language in Language::ALL {
        let mut facts = facts();
        facts.form.language = language;
        facts.form.now = at("2026-06-18T01:52:09Z");
        facts.alarm.origin = Some(Origin::Above {
            value: Some(33.1),
            limit: 27.0,
        });
        facts.alarm.heard_at = Some(at("2026-06-18T01:52:08Z"));
        facts.due = at("2026-06-18T01:52:08Z");
        facts.focus = None;
        facts.measured = Some(Knowledge::Known {
            value: 22.0,
            at: at("2026-06-18T01:52:05Z"),
        });
        let message = write(&facts);
        let (was, now) = match language {
            Language::English => (
                "33.1 °C at 03:12, now 22.0 °C",
                "HOW BAD   Now 22.0 °C; limit 27 °C.",
            ),
            Language::Dutch => (
                "33,1 °C om 03:12, nu 22,0 °C",
                "HOE ERG   Nu 22,0 °C; grens 27 °C.",
            ),
        };
        assert!(message.subject.contains(was), "{}", message.subject);
        assert!(message.text.contains(now), "{}", message.text);
        // A state that is another by now, of an alarm that is not latched.
        facts.quantity = Some(Quantity::MainsPresent);
        facts.alarm.limit = None;
        facts.alarm.origin = Some(Origin::State { state: false });
        facts.measured = Some(Knowledge::Known {
            value: 1.0,
            at: at("2026-06-18T01:52:05Z"),
        });
        let was = match language {
            Language::English => "lost at 03:12, now present",
            Language::Dutch => "weg om 03:12, nu aanwezig",
        };
        let subject = write(&facts).subject;
        assert!(subject.contains(was), "{subject}");
    }
}

#[test]
fn a_detector_that_says_again_what_raised_it_is_not_told_as_quiet() {
    let mut facts = facts();
    facts.quantity = Some(Quantity::Smoke);
    facts.focus = None;
    facts.alarm.limit = None;
    facts.alarm.latched = true;
    facts.alarm.origin = Some(Origin::State { state: true });
    facts.alarm.held.began_at = Some(at("2026-06-18T01:10:05Z"));
    facts.alarm.held.ended_at = Some(at("2026-06-18T01:10:40Z"));
    facts.alarm.returned_at = facts.alarm.held.ended_at;
    facts.stands = Some(facts.alarm.clone());
    let mut subject = |value: f64| {
        let at = at("2026-06-18T01:12:08Z");
        facts.measured = Some(Knowledge::Known { value, at });
        write(&facts).subject
    };
    assert!(subject(0.0).contains("smoke at 03:10, no smoke since 03:10:40"));
    assert!(subject(1.0).contains("inlet A3 smoke [4711]"), "{}", subject(1.0));
}

#[test]
fn what_was_changed_since_it_was_raised_stands_beside_what_raised_it() {
    let mut facts = facts();
    facts.changes = "limit 27 °C, now 28 °C".to_owned();
    let what = line(&facts, "WHAT");
    let said = "29.4 °C, above 27 °C. Changed since: limit 27 °C, now 28 °C.";
    assert!(what.contains(said), "{what}");
    facts.reason = Reason::Changed;
    let text = write(&facts).text;
    assert_eq!(text.matches("now 28 °C").count(), 1, "{text}");
    for said in ["DO        1 Start AC 2", "YOU       Nobody has it yet."] {
        assert!(
            text.contains(said),
            "what stands and was changed is to be done about: {text}"
        );
    }
}

#[test]
fn a_battery_has_minutes_left_only_while_it_carries_the_load() {
    let ups = |flags: &[(Quantity, f64)], runtime: Knowledge| {
        let mut all: Vec<Nearby> = flags
            .iter()
            .map(|(quantity, value)| nearby("UPS 1", *quantity, *value))
            .collect();
        all.push(Nearby {
            sensor: "UPS 1".to_owned(),
            quantity: Quantity::BatteryRuntime,
            measured: runtime,
            is_answered: true,
        });
        surroundings::news(&all, true, &facts().form).join(". ")
    };
    let runtime = Knowledge::Known {
        value: 2_400.0,
        at: at("2026-06-18T01:12:05Z"),
    };
    let (on_battery, on_line) = (Quantity::UpsOnBattery, Quantity::UpsOnLine);
    for (flags, said) in [
        (
            &[(on_battery, 1.0), (on_line, 0.0)][..],
            "UPS 1: on battery, 40 min left",
        ),
        (
            &[(on_battery, 0.0), (on_line, 1.0)],
            "UPS 1: on mains, battery for 40 min",
        ),
        (&[], "UPS 1: battery for 40 min"),
    ] {
        assert_eq!(ups(flags, runtime), said);
    }
    assert_eq!(
        ups(&[], unknown("2026-06-18T01:08:20Z", 1_500.0)),
        "Battery runtime: unknown: UPS 1 (last: 25 min, 03:08)"
    );
}

#[test]
fn what_is_known_of_an_agent_that_is_away_is_told_as_of_when_it_was_heard() {
    let told = |quantities: &[(Quantity, f64)], is_answered: bool| {
        let one = |(quantity, value): &(Quantity, f64)| Nearby {
            is_answered,
            ..nearby("One", *quantity, *value)
        };
        let all: Vec<Nearby> = quantities.iter().map(one).collect();
        surroundings::news(&all, true, &facts().form).join(". ")
    };
    let heard = "(heard 03:12, its agent is away)";
    for (quantities, now) in [
        (&[(Quantity::Water, 1.0)][..], "Leak detection: WET: One"),
        (&[(Quantity::Smoke, 0.0)], "Smoke detection: no smoke"),
        (&[(Quantity::DewPoint, 11.0)], "Dew point 11.0 °C"),
        (
            &[(Quantity::UpsOnBattery, 1.0), (Quantity::BatteryRuntime, 600.0)],
            "One: on battery, 10 min left",
        ),
    ] {
        assert_eq!(told(quantities, true), now);
        assert_eq!(told(quantities, false), format!("{now} {heard}"));
    }
}

#[test]
fn a_dew_point_that_is_not_known_is_not_left_out() {
    let mut facts = facts();
    facts.nearby = vec![Nearby {
        sensor: "Inlet A1".to_owned(),
        quantity: Quantity::DewPoint,
        measured: unknown("2026-06-18T01:08:20Z", 13.6),
        is_answered: true,
    }];
    let how_bad = line(&facts, "HOW BAD");
    let said = "Dew point: unknown: Inlet A1 (last: 13.6 °C, 03:08).";
    assert!(how_bad.contains(said), "{how_bad}");
    facts.nearby.push(nearby("Inlet A2", Quantity::DewPoint, 11.0));
    facts.nearby.push(nearby("Inlet A3", Quantity::DewPoint, 14.0));
    let how_bad = line(&facts, "HOW BAD");
    assert!(how_bad.contains("Dew point 14.0 °C."), "{how_bad}");
}

#[test]
fn a_return_says_what_stands_only_by_what_was_known_and_that_its_own_condition_is_back() {
    let mut facts = facts();
    facts.reason = Reason::Resolved;
    facts.focus = None;
    facts.alarm.returned_at = Some(at("2026-06-18T01:12:08Z"));
    facts.others = vec![Standing {
        name: "Inlet far too warm".to_owned(),
        subject: "Inlet A5".to_owned(),
        since: at("2026-06-18T01:00:00Z"),
        ending: None,
        unknown: true,
    }];
    let now = line(&facts, "NOW");
    let said = "Inlet far too warm (Inlet A5, since 03:00, unknown now).";
    assert!(now.contains(said), "{now}");
    facts.beyond = vec![Beyond {
        own: true,
        sensor: "Inlet A3".to_owned(),
        quantity: Quantity::Temperature,
        value: 29.4,
        limit: 27.0,
    }];
    let now = line(&facts, "NOW");
    assert!(
        now.starts_with("The condition was gone for its delay and holds again."),
        "{now}"
    );
}

#[test]
fn a_text_message_says_what_a_revision_did_and_asks_nothing_of_what_it_took_away() {
    let mut facts = facts();
    facts.focus = None;
    facts.changes = "limit 27 °C, now 28 °C".to_owned();
    facts.reason = Reason::Changed;
    let short = write(&facts).short;
    assert!(
        short.ends_with("Inlet A3 29.4 C. Changed: limit 27 C, now 28 C. #4711"),
        "{short}"
    );
    facts.reason = Reason::Withdrawn;
    facts.alarm.state = State::Normal;
    facts.alarm.returned_at = Some(at("2026-06-18T01:12:08Z"));
    facts.stands = Some(facts.alarm.clone());
    let short = write(&facts).short;
    assert!(short.contains("nothing watches it since 03:12. #4711"), "{short}");
    assert!(!short.contains("Start AC 2"), "{short}");
}

#[test]
fn a_subject_says_nothing_twice() {
    let mut facts = facts();
    facts.name = "Mains lost".to_owned();
    facts.sensor = "Mains".to_owned();
    facts.quantity = Some(Quantity::MainsPresent);
    facts.alarm.limit = None;
    facts.measured = Some(Knowledge::Known {
        value: 0.0,
        at: at("2026-06-18T01:12:05Z"),
    });
    assert_eq!(
        write(&facts).subject,
        "CRITICAL Room A: mains lost, inlet A3 29.4 °C rising, 32 °C in about 3 min [4711]"
    );
}

#[test]
fn a_unit_without_power_is_to_be_started_when_it_has_some() {
    let mut facts = facts();
    facts.climate = Some(Climate {
        hottest: None,
        inlets: Siblings {
            beyond: 1,
            unknown: 0,
            total: 1,
        },
        limit: Some(27.0),
        advises: true,
    });
    facts.nearby = vec![nearby("AC 2", Quantity::CoolingRunning, 0.0)];
    assert!(line(&facts, "DO").starts_with("1 Start AC 2 at its panel."));
    facts.nearby.push(nearby("Mains A", Quantity::MainsPresent, 0.0));
    let steps = line(&facts, "DO");
    let said = "1 Mains is lost: start AC 2 at its panel as soon as it has power.";
    assert!(steps.starts_with(said), "{steps}");
}
