//! The wording, word for word.

use super::*;
use crate::alarms::State;

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
        input: Input::Known,
        raised_at: at("2026-06-18T01:12:05Z"),
        returned_at: None,
        value: Some(29.4),
        fault: None,
        limit: Some(27.0),
        latched: false,
        message: "Inlet A3 in Room A is at 29.4 C, above 27.0 C".to_owned(),
        acknowledged: None,
        cover: None,
        first_out: false,
        unwatched: false,
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
    Facts {
        reason: Reason::First,
        alarm: alarm(),
        now: at("2026-06-18T01:12:09Z"),
        zone: TimeZone::get("Europe/Amsterdam").unwrap(),
        room: "Room A".to_owned(),
        floor: "Ground floor".to_owned(),
        sensor: "Inlet A3".to_owned(),
        position: "rack A3, front, top".to_owned(),
        quantity: Some(Quantity::Temperature),
        cause: "The cooling of the room has failed".to_owned(),
        consequence: "Servers shut down from 32 C".to_owned(),
        response: vec![
            "Start AC 2 at its panel".to_owned(),
            "Open the doors, fans on".to_owned(),
        ],
        focus: Some(hottest_inlet()),
        siblings: Some((3, 4)),
        nearby: vec![
            Nearby {
                sensor: "Inlet A1".to_owned(),
                quantity: Quantity::DewPoint,
                value: 13.6,
            },
            Nearby {
                sensor: "Mains A".to_owned(),
                quantity: Quantity::MainsPresent,
                value: 1.0,
            },
        ],
        age: Some(Duration::from_seconds(4)),
        answering: Some((20, 21)),
        agent: Some(("pi-a1".to_owned(), true)),
        also: vec!["webhook ops".to_owned()],
        alarm_link: "http://127.0.0.1:8080/alarms/4711".to_owned(),
        acknowledge_link: Some("http://127.0.0.1:8080/a/x".to_owned()),
    }
}

#[test]
fn a_raised_alarm_reads_as_the_golden_message() {
    let message = write(&facts());
    assert_eq!(
        message.subject,
        "CRITICAL Room A: inlet far too warm, inlet A3 29.4 C rising, 32.0 C in about 3 min [4711]"
    );
    assert_eq!(
        message.text,
        "\
WHAT      Inlet A3 in Room A is at 29.4 C, above 27.0 C. Likely: the cooling of the room has failed.
WHERE     Room A, ground floor. Inlet A3 (rack A3, front, top). 3 of 4 beyond the limit.
HOW BAD   29.4 C; limit 27.0 C. Rising 0.8 C/min. Dew point 13.6 C. Mains present.
HOW LONG  32.0 C at about 03:15 (between 03:14 and 03:17). Servers shut down from 32 C.
DO        1 Start AC 2 at its panel.  2 Open the doors, fans on.
YOU       I am on it: http://127.0.0.1:8080/a/x   Look: http://127.0.0.1:8080/alarms/4711
SURE?     Newest reading 4 s old; 20 of 21 sensors of the room answer; agent pi-a1 online.
Raised 03:12:05 CEST (01:12:05 UTC), rule inlet-critical, also sent by webhook ops.
"
    );
    assert_eq!(
        message.short,
        "CRITICAL Room A inlet far too warm 03:12. Inlet A3 29.4C, 32C in 3 min. Start AC 2 at its panel. [4711]"
    );
}

#[test]
fn a_return_says_how_long_it_lasted_and_asks_for_nothing() {
    let mut facts = facts();
    facts.reason = Reason::Resolved;
    facts.alarm.value = Some(25.8);
    facts.alarm.returned_at = Some(at("2026-06-18T01:53:05Z"));
    let message = write(&facts);
    assert_eq!(
        message.subject,
        "RETURNED Room A: inlet far too warm, inlet A3 25.8 C, after 41 min [4711]"
    );
    assert!(
        message.text.contains("It lasted 41 min, until 03:53:05."),
        "{}",
        message.text
    );
    assert!(!message.text.contains("I am on it"), "{}", message.text);
}

#[test]
fn a_failed_cooling_unit_speaks_of_the_hottest_inlet() {
    let mut facts = facts();
    facts.alarm.name = "Cooling failing".to_owned();
    facts.alarm.value = Some(1.0);
    facts.alarm.limit = None;
    facts.quantity = Some(Quantity::CoolingFault);
    facts.sensor = "AC 1".to_owned();
    let message = write(&facts);
    assert_eq!(
        message.subject,
        "CRITICAL Room A: cooling failing, AC 1 fault, inlet A3 29.4 C rising, 32.0 C in about 3 min [4711]"
    );
    assert!(
        message
            .text
            .contains("HOW BAD   Hottest: Inlet A3, 29.4 C. Rising 0.8 C/min. Dew"),
        "{}",
        message.text
    );
}

#[test]
fn a_state_without_a_word_is_not_told_as_yes() {
    let mut facts = facts();
    facts.alarm.name = "UPS on battery".to_owned();
    facts.alarm.value = Some(1.0);
    facts.alarm.limit = None;
    facts.quantity = Some(Quantity::UpsOnBattery);
    facts.sensor = "UPS 1".to_owned();
    facts.focus = None;
    let message = write(&facts);
    assert_eq!(message.subject, "CRITICAL Room A: UPS on battery, UPS 1 [4711]");
    assert!(!message.short.contains("yes"), "{}", message.short);
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
}
