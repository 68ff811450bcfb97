//! The wording, word for word.

use plenum_protocol::{Duration, Timestamp};

use super::*;
use crate::alarms::figures::{Burst, Fold, Opening, Step};
use crate::alarms::{Cause, State};
use crate::site::Priority;
use crate::text::Letters;

const SITE: &str = r#"
[site]
id = "zaandam"
name = "Zaandam"
zone = "Europe/Amsterdam"
[[room]]
id = "room-a"
name = "Room A"
[[sensor]]
agent = "pi-a1"
id = "inlet-a3"
name = "Inlet A3"
room = "room-a"
place = "inlet"
"#;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn form(site: &Site, language: Language) -> Form {
    Form {
        letters: Letters::All,
        ..Form::of(site, language, at("2026-11-02T09:00:00Z"))
    }
}

fn inlet() -> Proposal {
    Proposal {
        series: "zaandam/pi-a1/inlet-a3/temperature".parse().unwrap(),
        burst: Burst {
            since: at("2026-10-18T12:00:00Z"),
            until: at("2026-10-18T12:09:10Z"),
            raises: 12,
        },
        values: Some((26.8, 27.3)),
        deadband: Some(0.3),
        off_delay: Some(Duration::from_minutes(2)),
        on_delay: None,
    }
}

#[test]
fn a_proposal_says_what_was_recorded_and_what_would_have_helped() {
    let site: Site = toml::from_str(SITE).unwrap();
    let check = |one: &Proposal, in_english: &str, in_dutch: &str| {
        assert_eq!(proposal(&form(&site, Language::English), one), in_english);
        assert_eq!(proposal(&form(&site, Language::Dutch), one), in_dutch);
    };
    check(
        &inlet(),
        "12 activations in 9 min, values 26.8 °C to 27.3 °C: a deadband of 0.3 K, or an off-delay of 2 min, would have made it one.",
        "12 keer in 9 min, waarden 26,8 °C tot 27,3 °C: met een dode band van 0,3 K of een uitschakelvertraging van 2 min was het één keer geweest.",
    );
    let door = Proposal {
        series: "zaandam/pi-a1/door/door-open".parse().unwrap(),
        values: None,
        deadband: None,
        on_delay: Some(Duration::from_seconds(30)),
        ..inlet()
    };
    check(
        &door,
        "12 activations in 9 min: an off-delay of 2 min would have made it one; an on-delay of 30 s, none.",
        "12 keer in 9 min: met een uitschakelvertraging van 2 min was het één keer geweest; met een inschakelvertraging van 30 s geen enkele keer.",
    );
    let short = Proposal {
        off_delay: None,
        ..door
    };
    check(
        &short,
        "12 activations in 9 min: an on-delay of 30 s would have made it none.",
        "12 keer in 9 min: met een inschakelvertraging van 30 s was het geen enkele keer geweest.",
    );
}

fn alarm() -> Alarm {
    Alarm {
        id: 7,
        rule: "inlet-warm-of-ours".parse().unwrap(),
        subject: Subject::Series("zaandam/pi-a1/inlet-a3/temperature".parse().unwrap()),
        name: "Warm | inlet".to_owned(),
        priority: Priority::Medium,
        raised_at: at("2026-10-18T12:00:00Z"),
        ..Alarm::any()
    }
}

/// October 2026: one alarm stood all the time, and one came twelve times within 11 min and was over after 10 s each time.
fn october() -> Figures {
    let opening = Opening {
        alarm: 8,
        active_since: Some(at("2026-09-28T22:00:00Z")),
        cover: None,
    };
    let mut fold = Fold::new(
        (at("2026-09-30T22:00:00Z"), at("2026-10-31T23:00:00Z")),
        1,
        [opening],
    );
    for number in 0..12 {
        let raised = at("2026-10-18T12:00:00Z") + Duration::from_seconds(number * 50);
        let step = |at, cause, from, to| Step {
            at,
            alarm: 7,
            cause,
            from,
            to,
            from_cover: None,
            to_cover: None,
        };
        let (normal, active) = (State::Normal, State::ActiveUnacknowledged);
        fold.step(&step(raised, Cause::Raised, normal, active));
        fold.step(&step(
            raised + Duration::from_seconds(10),
            Cause::Returned,
            active,
            normal,
        ));
    }
    fold.finish(|_| None)
}

#[test]
fn the_months_text_reads_like_this() {
    let site: Site = toml::from_str(SITE).unwrap();
    let (figures, alarms, proposals) = (october(), [alarm()], [(7, inlet())]);
    let text = |language: Language| {
        write(&Report {
            site: &site,
            form: &form(&site, language),
            month: Some("2026-10"),
            figures: &figures,
            alarms: &alarms,
            proposals: &proposals,
        })
    };
    assert_eq!(text(Language::English), include_str!("october.en.txt"));
    assert_eq!(text(Language::Dutch), include_str!("october.nl.txt"));
}
