//! The wording, word for word.

mod along;
mod chatter;
mod figure;
mod instant;
mod order;
mod stands;

use jiff::tz::TimeZone;
use plenum_protocol::quantity::Language;
use plenum_protocol::{Duration, Quantity, Timestamp};

use super::*;
use crate::alarms::forecast::{Forecast, Trend};
use crate::alarms::{Alarm, Held, State, Subject};
use crate::expectation::Knowledge;
use crate::oncall::Reason;
use crate::site::Priority;
use crate::text::Letters;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn alarm() -> Alarm {
    Alarm {
        id: 4711,
        rule: "inlet-critical".parse().unwrap(),
        subject: Subject::Series("zaandam/pi-a1/inlet-a3/temperature".parse().unwrap()),
        name: "Inlet far too warm".to_owned(),
        room: Some("room-a".parse().unwrap()),
        priority: Priority::Critical,
        state: State::ActiveUnacknowledged,
        raised_at: at("2026-06-18T01:12:05Z"),
        value: Some(29.4),
        limit: Some(27.0),
        ..Alarm::any()
    }
}

fn hottest_inlet() -> Focus {
    Focus {
        sensor: "Inlet A3".to_owned(),
        quantity: Quantity::Temperature,
        value: 29.4,
        trend: Some(Trend { per_minute: 0.8 }),
        next_limit: Some((
            32.0,
            Forecast {
                earliest: 2.0,
                likely: 3.2,
                latest: Some(5.0),
            },
        )),
    }
}

fn facts() -> Facts {
    let now = at("2026-06-18T01:12:09Z");
    Facts {
        reason: Reason::First,
        form: Form {
            language: Language::English,
            letters: Letters::All,
            zone: TimeZone::get("Europe/Amsterdam").unwrap(),
            now,
            people: std::sync::Arc::new(crate::authority::Unknown),
        },
        untold: false,
        due: at("2026-06-18T01:12:05Z"),
        stands: Some(alarm()),
        sentence: "Inlet far too warm: Inlet A3, Room A: 29.4 °C, above 27 °C".to_owned(),
        name: "Inlet far too warm".to_owned(),
        alarm: alarm(),
        room: "Room A".to_owned(),
        floor: "Ground floor".to_owned(),
        sensor: "Inlet A3".to_owned(),
        position: "rack A3, front, top".to_owned(),
        quantity: Some(Quantity::Temperature),
        measured: Some(Knowledge::Known {
            value: 29.4,
            at: at("2026-06-18T01:12:05Z"),
        }),
        cause: "The cooling of the room has failed".to_owned(),
        consequence: "Servers shut down from 32 °C".to_owned(),
        response: vec![
            "Start AC 2 at its panel".to_owned(),
            "Open the doors, fans on".to_owned(),
        ],
        focus: Some(hottest_inlet()),
        siblings: Some(Siblings {
            beyond: 3,
            unknown: 0,
            total: 4,
        }),
        climate: None,
        nearby: vec![
            nearby("Inlet A1", Quantity::DewPoint, 13.6),
            nearby("Mains A", Quantity::MainsPresent, 1.0),
        ],
        works: Vec::new(),
        others: Vec::new(),
        first_cause: None,
        along: Along::default(),
        beyond: Vec::new(),
        changes: String::new(),
        answering: Some((20, 21)),
        agent: Some(("pi-a1".to_owned(), true)),
        also: vec!["webhook ops".to_owned()],
        told: None,
        passed_on: None,
        next: Next::default(),
        alarm_link: "http://127.0.0.1:8080/alarms/4711".to_owned(),
        acknowledge_link: Some("http://127.0.0.1:8080/a/x".to_owned()),
    }
}

fn nearby(sensor: &str, quantity: Quantity, value: f64) -> Nearby {
    Nearby {
        sensor: sensor.to_owned(),
        quantity,
        measured: Knowledge::Known {
            value,
            at: at("2026-06-18T01:12:05Z"),
        },
        is_answered: true,
    }
}

/// Last known at this instant.
fn unknown(since: &str, last: f64) -> Knowledge {
    Knowledge::Unknown {
        since: Some(at(since) + Duration::from_minutes(1)),
        last: Some((at(since), last)),
        fault: None,
    }
}

#[test]
fn a_raised_alarm_reads_as_the_golden_message() {
    let message = write(&facts());
    assert_eq!(
        message.subject,
        "CRITICAL Room A: inlet far too warm, inlet A3 29.4 °C rising, 32 °C in about 3 min [4711]"
    );
    assert_eq!(
        message.text,
        "\
WHAT      Inlet far too warm: Inlet A3, Room A: 29.4 °C, above 27 °C. Likely: the cooling of the room has failed.
WHERE     Room A, ground floor. Inlet A3 (rack A3, front, top). 3 of 4 beyond the limit.
HOW BAD   29.4 °C; limit 27 °C. Rising 0.8 °C/min. Dew point 13.6 °C. Mains: present.
HOW LONG  32 °C at about 03:15 (between 03:14 and 03:17). Servers shut down from 32 °C.
DO        1 Start AC 2 at its panel.  2 Open the doors, fans on.
YOU       Nobody has it yet. I am on it: http://127.0.0.1:8080/a/x   Look: http://127.0.0.1:8080/alarms/4711
SURE?     Newest reading 4 s old; 20 of 21 sensors of the room answer; agent pi-a1 online.
Raised 03:12:05 CEST (01:12:05 UTC), rule inlet-critical, also sent by webhook ops.
"
    );
    assert_eq!(
        message.short,
        "CRITICAL Room A inlet far too warm 03:12. Inlet A3 29.4 C, 32 C in 3 min. Start AC 2 at its panel. #4711"
    );
}

#[test]
fn a_return_says_how_long_it_lasted_what_still_stands_and_asks_for_nothing() {
    let mut facts = facts();
    facts.reason = Reason::Resolved;
    facts.form.now = at("2026-06-18T01:53:09Z");
    facts.due = at("2026-06-18T01:53:05Z");
    facts.measured = Some(Knowledge::Known {
        value: 25.8,
        at: at("2026-06-18T01:53:05Z"),
    });
    facts.focus = None;
    facts.alarm.returned_at = Some(at("2026-06-18T01:53:05Z"));
    facts.alarm.held = Held {
        began_at: Some(facts.alarm.raised_at),
        ended_at: facts.alarm.returned_at,
        ..Held::default()
    };
    let message = write(&facts);
    assert_eq!(
        message.subject,
        "RETURNED Room A: inlet far too warm, inlet A3 25.8 °C, after 41 min [4711]"
    );
    for said in [
        "It lasted 41 min, until 03:53:05.",
        "NOW       The condition is gone. Nothing else stands in Room A.",
    ] {
        assert!(message.text.contains(said), "{}", message.text);
    }
    assert!(!message.text.contains("I am on it"), "{}", message.text);
    facts.others = vec![Standing {
        name: "UPS on battery".to_owned(),
        subject: "UPS 1".to_owned(),
        since: at("2026-06-18T01:08:20Z"),
        ending: None,
        unknown: false,
    }];
    let message = write(&facts);
    assert!(
        message.subject.ends_with(", after 41 min, 1 other stands [4711]"),
        "{}",
        message.subject
    );
    assert!(
        message
            .text
            .contains("Still standing in Room A: UPS on battery (UPS 1, since 03:08)."),
        "{}",
        message.text
    );
}

#[test]
fn a_return_does_not_comfort_while_the_value_moves_towards_a_limit() {
    let mut facts = facts();
    facts.reason = Reason::Resolved;
    facts.alarm.returned_at = Some(at("2026-06-18T01:12:08Z"));
    let message = write(&facts);
    assert!(
        message.subject.contains("29.4 °C rising, 32 °C in about 3 min"),
        "{}",
        message.subject
    );
    assert!(
        message.text.contains("HOW LONG  32 °C at about 03:15"),
        "{}",
        message.text
    );
    facts.measured = Some(unknown("2026-06-18T01:10:00Z", 26.0));
    facts.focus = None;
    let message = write(&facts);
    assert!(
        message
            .text
            .contains("NOW       The condition was gone when it was last seen."),
        "{}",
        message.text
    );
}

#[test]
fn a_failed_cooling_unit_speaks_of_the_hottest_inlet() {
    let mut facts = facts();
    facts.name = "Cooling failing".to_owned();
    facts.alarm.limit = None;
    facts.quantity = Some(Quantity::CoolingFault);
    facts.measured = Some(Knowledge::Known {
        value: 1.0,
        at: at("2026-06-18T01:12:05Z"),
    });
    facts.sensor = "AC 1".to_owned();
    let message = write(&facts);
    assert_eq!(
        message.subject,
        "CRITICAL Room A: cooling failing, AC 1 fault, inlet A3 29.4 °C rising, 32 °C in about 3 min [4711]"
    );
    assert!(
        message
            .text
            .contains("HOW BAD   Hottest inlet that answers: Inlet A3, 29.4 °C. Rising 0.8 °C/min. Dew"),
        "{}",
        message.text
    );
}

#[test]
fn a_state_without_a_word_is_not_told_as_yes() {
    let mut facts = facts();
    facts.name = "UPS on battery".to_owned();
    facts.alarm.limit = None;
    facts.quantity = Some(Quantity::UpsOnBattery);
    facts.measured = Some(Knowledge::Known {
        value: 1.0,
        at: at("2026-06-18T01:12:05Z"),
    });
    facts.sensor = "UPS 1".to_owned();
    facts.focus = None;
    let message = write(&facts);
    assert_eq!(message.subject, "CRITICAL Room A: UPS on battery, UPS 1 [4711]");
    assert!(!message.short.contains("yes"), "{}", message.short);
}

#[test]
fn what_is_not_known_is_never_told_as_if_it_were_now() {
    for language in Language::ALL {
        for quantity in Quantity::ALL.iter().copied() {
            let mut facts = facts();
            facts.form.language = language;
            facts.focus = None;
            facts.quantity = Some(quantity);
            facts.alarm.limit = None;
            facts.response = vec!["Go there".to_owned()];
            facts.measured = Some(unknown("2026-06-18T01:08:20Z", 1.0));
            facts.nearby = vec![Nearby {
                sensor: "Other".to_owned(),
                quantity,
                measured: unknown("2026-06-18T01:08:20Z", 0.0),
                is_answered: true,
            }];
            let message = write(&facts);
            let last = match language {
                Language::English => "last: ",
                Language::Dutch => "laatst: ",
            };
            // Shorter ones are words that stand anywhere: no, on, off.
            let states = [0.0, 1.0].map(|value| facts.form.value(quantity, value));
            for value in states.iter().filter(|value| value.len() > 4) {
                let words = [&message.subject, &message.short, &message.text];
                for (at, told) in words.iter().flat_map(|text| {
                    let found = text.match_indices(value);
                    found.map(|(at, _)| (at, text.as_str()))
                }) {
                    let alone = |next: Option<char>| next.is_none_or(|next| !next.is_alphanumeric());
                    let begins = alone(told[..at].chars().next_back());
                    let ends = alone(told[at + value.len()..].chars().next());
                    let begins_after = |whole: &String| {
                        let within = whole.find(value).map(|within| &whole[..within]);
                        within.is_some_and(|before| told[..at].ends_with(&format!("{last}{before}")))
                    };
                    let is_last = states.iter().any(begins_after);
                    assert!(!(begins && ends) || is_last, "{quantity}: `{value}` in {told}");
                }
            }
        }
    }
}

#[test]
fn a_silent_detector_is_unknown_with_what_it_last_said() {
    let mut facts = facts();
    facts.name = "Smoke or water detector silent".to_owned();
    facts.sentence = "Smoke or water detector silent: Leak left, Room A: no word since 03:08:20".to_owned();
    facts.quantity = Some(Quantity::Water);
    facts.sensor = "Leak left".to_owned();
    facts.alarm.limit = None;
    facts.focus = None;
    facts.siblings = None;
    facts.measured = Some(unknown("2026-06-18T01:08:20Z", 0.0));
    facts.nearby = vec![Nearby {
        sensor: "Leak left".to_owned(),
        quantity: Quantity::Water,
        measured: unknown("2026-06-18T01:08:20Z", 0.0),
        is_answered: true,
    }];
    let message = write(&facts);
    assert_eq!(
        message.subject,
        "CRITICAL Room A: smoke or water detector silent, leak left unknown since 03:09 [4711]"
    );
    for said in [
        "HOW BAD   Unknown since 03:09:20, last: dry at 03:08:20. Leak detection: unknown: Leak left (last: dry, 03:08).",
        "SURE?     No reading now;",
    ] {
        assert!(message.text.contains(said), "{}", message.text);
    }
}

#[test]
fn a_late_message_says_so_who_has_it_and_that_it_is_over() {
    let mut facts = facts();
    facts.form.now = at("2026-06-18T22:40:05Z");
    let mut stands = alarm();
    stands.acknowledged = Some(crate::alarms::Acknowledgement {
        by: crate::authority::Actor::named("Sanne"),
        at: at("2026-06-18T01:14:00Z"),
        comment: String::new(),
        until: None,
    });
    stands.state = State::Normal;
    stands.returned_at = Some(at("2026-06-18T02:00:00Z"));
    facts.stands = Some(stands);
    let message = write(&facts);
    assert!(
        message.subject.contains(", 21 h 28 min late [4711]"),
        "{}",
        message.subject
    );
    for said in [
        "DELAYED   by 21 h 28 min: this message was due at 18 Jun 03:12:05.",
        "It is over since 18 Jun 04:00:00.",
        "YOU       Sanne took it at 18 Jun 03:14:00. Look: http",
        "Raised 18 Jun 03:12:05 CEST (01:12:05 UTC)",
    ] {
        assert!(message.text.contains(said), "{said}\n{}", message.text);
    }
    assert!(
        message.short.contains("18 Jun 03:12. 21 h 28 min late."),
        "{}",
        message.short
    );
}

#[test]
fn short_messages_fit_one_text_message() {
    let mut facts = facts();
    facts.response = vec!["Überprüfen €{}[] ".repeat(40)];
    facts.sensor = "line one\r\nBcc: everyone".to_owned();
    let message = write(&facts);
    assert!(
        message.short.len() <= 160 && message.short.is_ascii(),
        "{}",
        message.short
    );
    assert!(!message.subject.contains(['\r', '\n']));
    let labels = [
        "WHAT", "WHERE", "HOW BAD", "HOW LONG", "DO", "YOU", "SURE?", "Raised",
    ];
    let lines: Vec<&str> = message.text.lines().collect();
    assert_eq!(lines.len(), labels.len(), "{}", message.text);
    for (line, label) in lines.iter().zip(labels) {
        assert!(line.starts_with(label), "{line}");
    }
}

#[test]
fn work_that_goes_on_there_is_said_where_it_is() {
    let mut facts = facts();
    let plan = crate::work::Plan {
        room: None,
        kinds: [crate::work::WorkKind::Smoke].into(),
        from: facts.form.now,
        until: at("2026-06-18T02:30:00Z"),
        reason: "Fire test by the installer.".to_owned(),
    };
    let by = crate::authority::Actor::named("Anna");
    facts.works = vec![plan.begins(1, by, facts.form.now)];
    let said = "Work in progress until 04:30:00: Fire test by the installer (Anna).";
    let text = write(&facts).text;
    let place = text.lines().find(|line| line.starts_with("WHERE")).unwrap();
    assert!(text.contains("Work in progress until"), "{place}");
    assert!(text.replace("\n          ", " ").contains(said), "{text}");
}
