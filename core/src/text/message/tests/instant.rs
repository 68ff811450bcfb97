//! That each sentence is true at its instant: what stands, what ends, what is not an alarm yet, and what a state is of.

use plenum_protocol::quantity::{Kind, Language};

use super::*;
use crate::alarms::Origin;
use crate::text::message::surroundings;
use crate::text::rules::BuiltIn;

/// A smoke detector, whose alarm is latched.
fn of_state(quantity: Quantity, value: f64) -> Facts {
    let mut facts = facts();
    facts.alarm.limit = None;
    facts.focus = None;
    facts.siblings = None;
    facts.nearby = Vec::new();
    facts.sensor = "The device".to_owned();
    facts.name = "The alarm".to_owned();
    facts.sentence = "The alarm: The device, Room A".to_owned();
    facts.quantity = Some(quantity);
    facts.measured = Some(Knowledge::Known {
        value,
        at: at("2026-06-18T01:12:05Z"),
    });
    facts
}

#[test]
fn every_states_words_say_what_they_are_of() {
    let mut written = String::new();
    let states = Quantity::ALL
        .iter()
        .filter(|quantity| quantity.kind() == Kind::Boolean);
    for quantity in states {
        for (language, value) in Language::ALL
            .into_iter()
            .flat_map(|language| [0.0, 1.0].map(|value| (language, value)))
        {
            let mut facts = of_state(*quantity, value);
            facts.form.language = language;
            facts.alarm.origin = Some(Origin::State { state: value != 0.0 });
            let raised = write(&facts);
            facts.alarm.origin = Some(Origin::State { state: value == 0.0 });
            facts.alarm.latched = true;
            facts.alarm.held.began_at = Some(at("2026-06-18T01:10:05Z"));
            facts.alarm.held.ended_at = Some(at("2026-06-18T01:10:40Z"));
            facts.alarm.returned_at = Some(at("2026-06-18T01:10:40Z"));
            facts.stands = Some(facts.alarm.clone());
            let quiet = write(&facts);
            facts.reason = Reason::Resolved;
            let over = write(&facts);
            let what = raised.text.lines().next().unwrap_or_default();
            let language = match language {
                Language::English => "en",
                Language::Dutch => "nl",
            };
            written += &format!("{quantity} {value} {language}\n");
            for (name, words) in [
                ("subject", raised.subject.as_str()),
                ("sms", &raised.short),
                ("what", what),
                ("latched, and quiet", &quiet.subject),
                ("over", &over.subject),
            ] {
                written += &format!("    {name}: {words}\n");
            }
        }
    }
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/messages/states.txt");
    if std::env::var_os("PLENUM_WRITE").is_some() {
        std::fs::write(&file, &written).unwrap();
    }
    assert_eq!(written, std::fs::read_to_string(&file).unwrap_or_default());
}

#[test]
fn a_latched_alarm_that_is_quiet_says_what_it_was_and_since_when_it_is_not() {
    let mut facts = of_state(Quantity::Smoke, 0.0);
    facts.sensor = "Smoke detector".to_owned();
    facts.alarm.latched = true;
    facts.alarm.held.began_at = Some(at("2026-06-18T01:09:00Z"));
    facts.alarm.held.ended_at = Some(at("2026-06-18T01:09:26Z"));
    facts.alarm.returned_at = Some(at("2026-06-18T01:09:26Z"));
    facts.stands = Some(facts.alarm.clone());
    let message = write(&facts);
    assert_eq!(
        message.subject,
        "CRITICAL Room A: the alarm, smoke detector smoke at 03:09, no smoke since 03:09:26 [4711]"
    );
}

#[test]
fn a_change_says_what_changed_and_a_change_that_ended_it_says_so() {
    let mut facts = facts();
    facts.reason = Reason::Changed;
    facts.changes = "limit 27 °C, now 28 °C".to_owned();
    let now = |facts: &Facts| {
        let text = write(facts).text;
        let line = text
            .lines()
            .find(|line| line.starts_with("NOW"))
            .unwrap_or_default();
        line.trim_start_matches("NOW").trim().to_owned()
    };
    assert_eq!(now(&facts), "Changed: limit 27 °C, now 28 °C. It stands.");
    facts.measured = Some(unknown("2026-06-18T01:08:20Z", 29.0));
    assert!(now(&facts).ends_with("It stood when it was last seen."));
    let over = at("2026-06-18T01:12:07Z");
    facts.reason = Reason::Resolved;
    facts.alarm.returned_at = Some(over);
    facts.alarm.changed = Some(crate::alarms::Changed {
        at: over,
        what: Vec::new(),
    });
    assert!(
        now(&facts).starts_with("The change ended it: limit 27 °C, now 28 °C."),
        "{}",
        now(&facts)
    );
}

#[test]
fn what_was_taken_away_is_neither_over_nor_standing() {
    let mut facts = of_state(Quantity::Water, 1.0);
    facts.reason = Reason::Withdrawn;
    facts.alarm.state = State::Normal;
    facts.alarm.returned_at = Some(at("2026-06-18T01:12:07Z"));
    facts.stands = Some(facts.alarm.clone());
    let text = write(&facts).text;
    for said in ["over since", "It stands", "I am on it"] {
        assert!(!text.contains(said), "{text}");
    }
    let said = "nothing watches it since 03:12:07. Known last: wet at 03:12:05. Whether its condition is gone is not known.";
    assert!(text.contains(said), "{text}");
}

#[test]
fn how_long_it_lasted_is_from_its_beginning_to_its_end_and_at_least_so_long_where_one_is_not_known() {
    let mut facts = facts();
    facts.reason = Reason::Resolved;
    facts.focus = None;
    facts.alarm.returned_at = Some(at("2026-06-18T01:20:05Z"));
    let subject = |facts: &Facts| write(facts).subject;
    assert!(
        subject(&facts).contains("after at least 8 min"),
        "{}",
        subject(&facts)
    );
    facts.alarm.held.began_at = Some(at("2026-06-18T01:11:35Z"));
    facts.alarm.held.ended_at = Some(at("2026-06-18T01:12:15Z"));
    assert!(subject(&facts).contains("after 40 s"), "{}", subject(&facts));
    let text = write(&facts).text;
    assert!(text.contains("It lasted 40 s, until 03:12:15."), "{text}");
}

#[test]
fn a_return_tells_of_what_ends_and_of_what_is_beyond_a_limit_without_an_alarm() {
    let mut facts = of_state(Quantity::MainsPresent, 1.0);
    facts.reason = Reason::Resolved;
    facts.others = vec![Standing {
        name: "Inlet far too warm".to_owned(),
        subject: "Inlet A5".to_owned(),
        since: at("2026-06-18T01:00:00Z"),
        ending: Some(at("2026-06-18T01:02:00Z")),
        unknown: false,
    }];
    let message = write(&facts);
    assert!(!message.subject.contains("stands"), "{}", message.subject);
    let said =
        "NOW       The condition is gone. Ending in Room A: Inlet far too warm (Inlet A5, gone since 03:02).";
    assert!(message.text.contains(said), "{}", message.text);
    facts.others.clear();
    facts.beyond = vec![Beyond {
        own: false,
        sensor: "Inlet A1".to_owned(),
        quantity: Quantity::Temperature,
        value: 32.4,
        limit: 32.0,
    }];
    let message = write(&facts);
    for form in [&message.subject, &message.short, &message.text] {
        assert!(form.contains("nlet A1 32.4"), "{form}");
    }
    assert!(!message.text.contains("Nothing else stands"), "{}", message.text);
}

#[test]
fn what_is_left_of_a_battery_is_told_without_a_rate() {
    let mut facts = facts();
    facts.quantity = Some(Quantity::BatteryRuntime);
    facts.focus = Some(Focus {
        quantity: Quantity::BatteryRuntime,
        value: 180.0,
        trend: Some(Trend {
            per_minute: -11_398.2,
        }),
        next_limit: None,
        ..hottest_inlet()
    });
    let message = write(&facts);
    for form in [&message.subject, &message.text] {
        assert!(!form.to_lowercase().contains("falling"), "{form}");
    }
}

#[test]
fn what_has_no_page_has_no_link() {
    let mut facts = facts();
    facts.alarm_link = String::new();
    facts.acknowledge_link = None;
    assert!(!write(&facts).text.contains("YOU"));
}

#[test]
fn a_unit_that_stands_still_beside_one_that_runs_is_no_alarm() {
    let cooling = |units: &[(&str, f64)]| {
        let nearby: Vec<Nearby> = units
            .iter()
            .map(|(unit, runs)| nearby(unit, Quantity::CoolingRunning, *runs))
            .collect();
        surroundings::news(&nearby, true, &facts().form).join(". ")
    };
    assert_eq!(
        cooling(&[("AC 1", 1.0), ("AC 2", 0.0)]),
        "Cooling: running: AC 1; off: AC 2"
    );
    assert_eq!(
        cooling(&[("AC 1", 0.0), ("AC 2", 0.0)]),
        "Cooling: OFF: AC 1, AC 2"
    );
    assert_eq!(cooling(&[("AC 1", 1.0), ("AC 2", 1.0)]), "Cooling: running");
}

#[test]
fn no_consequence_says_of_what_was_not_measured_that_it_is_so() {
    for language in Language::ALL {
        for rule in [BuiltIn::MainsLost, BuiltIn::UpsOnBattery] {
            let said = rule.words(language).consequence;
            for fact in ["cooling stands still", "de koeling staat stil"] {
                assert!(!said.contains(fact), "{said}");
            }
        }
    }
}

#[test]
fn an_instant_is_told_once_where_it_is_the_earliest_too() {
    let mut facts = facts();
    let focus = facts.focus.as_mut().unwrap();
    focus.next_limit = Some((
        32.0,
        Forecast {
            earliest: 3.1,
            likely: 3.2,
            latest: None,
        },
    ));
    let text = write(&facts).text;
    assert!(text.contains("32 °C at about 03:15. "), "{text}");
}
