//! Alarms that something else than the newest value of their own series raised: each message says that figure, and the value beside it as what it is.

use super::*;
use crate::alarms::Origin;
use crate::alarms::origin::Side;

/// An inlet of 34.0 °C that stands there by this origin, told so long after.
fn raised_by(origin: Origin, limit: Option<f64>, minutes: i64, language: Language) -> Facts {
    let mut facts = facts();
    facts.form.language = language;
    facts.form.now = facts.alarm.raised_at + Duration::from_minutes(minutes);
    facts.due = facts.form.now;
    facts.focus = None;
    facts.measured = Some(Knowledge::Known {
        value: 34.0,
        at: facts.form.now,
    });
    for alarm in [Some(&mut facts.alarm), facts.stands.as_mut()]
        .into_iter()
        .flatten()
    {
        alarm.origin = Some(origin.clone());
        (alarm.limit, alarm.value) = (limit, Some(34.0));
    }
    facts
}

fn dew_point() -> Origin {
    Origin::DewPoint {
        dew_point: Some(27.8),
        side: Side::Above(17.0),
    }
}

#[test]
fn the_figure_that_raised_it_stands_in_subject_and_text_message() {
    let mean = Origin::Mean {
        mean: Some(27.3),
        side: Side::Above(25.0),
        within: Duration::from_minutes(10),
    };
    let humid = Origin::Outside {
        class: "A1".to_owned(),
        quantity: Quantity::Humidity,
        value: 85.0,
        side: Side::Above(80.0),
    };
    for (origin, limit, in_english, in_dutch, how_bad) in [
        (
            dew_point(),
            None,
            "inlet A3 dew point 27.8 °C",
            "inlet A3 dauwpunt 27,8 °C",
            "Temperature 34.0 °C.",
        ),
        (
            humid,
            None,
            "inlet A3 humidity 85 %RH",
            "inlet A3 vochtigheid 85 %RH",
            "Temperature 34.0 °C.",
        ),
        (
            mean,
            Some(25.0),
            "inlet A3 27.3 °C, on average of 10 min",
            "inlet A3 27,3 °C, gemiddeld over 10 min",
            "Now 34.0 °C.",
        ),
    ] {
        for (language, said) in [(Language::English, in_english), (Language::Dutch, in_dutch)] {
            let message = write(&raised_by(origin.clone(), limit, 0, language));
            assert!(message.subject.contains(said), "{}", message.subject);
            let plain = said.replace('°', "").replace("inlet", "Inlet");
            assert!(message.short.contains(&plain), "{}", message.short);
            assert!(!message.subject.contains("34"), "{}", message.subject);
            assert!(!message.short.contains("34"), "{}", message.short);
        }
        let text = write(&raised_by(origin, limit, 0, Language::English)).text;
        let line = text.lines().find(|line| line.starts_with("HOW BAD")).unwrap();
        assert!(line.contains(how_bad), "{line}");
        assert!(!line.contains("limit"), "{line}");
    }
}

#[test]
fn a_reminder_says_of_when_the_figure_is_and_a_return_says_none() {
    let mut facts = raised_by(dew_point(), None, 30, Language::English);
    let said = write(&facts).subject;
    assert!(said.contains("dew point 27.8 °C at 03:12"), "{said}");
    facts.reason = Reason::Resolved;
    let said = write(&facts).subject;
    assert!(!said.contains("27.8") && !said.contains("34"), "{said}");
}
