//! The text, word for word, of a night in which others wrote what they liked.

use plenum_protocol::Timestamp;
use serde_json::json;

use super::*;
use crate::alarms::Cover;
use crate::alarms::cover::Underway;
use crate::authority::{Actor, Called, Directory};
use crate::incident::Incident;
use crate::text::Letters;

const SITE: &str = r#"
[site]
id = "zaandam"
name = "Zaandam | <b>north</b>"
zone = "Europe/Amsterdam"
[[room]]
id = "room-a"
name = "Room A"
[[sensor]]
agent = "pi-a1"
id = "ac-1"
name = "AC 1"
room = "room-a"
place = "room"
[[sensor]]
agent = "pi-a1"
id = "inlet-a3"
name = "Inlet A3 [top](http://evil.example)"
room = "room-a"
place = "inlet"
[[person]]
id = "sanne"
name = "Sanne de Boer"
"#;

#[derive(Debug)]
struct House;

impl Directory for House {
    fn person(&self, number: i64) -> Option<Called<'_>> {
        (number == 3).then_some(Called::Name("Sanne de Boer"))
    }

    fn program(&self, number: i64) -> Option<&str> {
        (number == 7).then_some("desk | night")
    }

    fn formerly(&self, _: &str) -> Option<i64> {
        None
    }
}

fn at(time: &str) -> Timestamp {
    format!("2026-11-26T{time}Z").parse().unwrap()
}

fn alarm(id: u64, (rule, name): (&str, &str), series: &str, acknowledged: Option<&str>) -> Alarm {
    let by =
        acknowledged.map(|at| json!({"by": "person:3", "at": format!("2026-11-26T{at}Z"), "comment": ""}));
    let alarm = json!({
        "id": id, "rule": rule, "subject": {"series": format!("zaandam/pi-a1/{series}")}, "name": name, "room": "room-a",
        "priority": "critical", "state": "active-acknowledged", "input": "known", "raised_at": at("02:12:05"), "message": "",
        "latched": false, "acknowledged": by,
    });
    serde_json::from_value(alarm).unwrap()
}

fn member(alarm: u64, concern: &str, (began, raised): (&str, &str), over: Option<&str>) -> Member {
    let member = json!({
        "alarm": alarm, "spot": {"concern": concern}, "priority": "critical", "began_at": at(began), "raised_at": at(raised),
        "over_at": over.map(at),
    });
    serde_json::from_value(member).unwrap()
}

fn event(time: &str, alarm: u64, cause: &str, (actor, comment): (&str, &str)) -> Happened {
    let event = json!({
        "at": at(time), "alarm": alarm, "from": "normal", "to": "active-unacknowledged", "from_cover": null, "to_cover": null,
        "cause": cause, "actor": actor, "comment": comment, "origin": null,
    });
    Happened::Alarm(serde_json::from_value(event).unwrap())
}

fn message(intended: &str, ended: Option<&str>, course: Course, tells: &[(u64, Reason)]) -> Message {
    Message {
        intended: at(intended),
        ended: ended.map(at),
        next_attempt: None,
        channel: "mail".to_owned(),
        to: "sanne".to_owned(),
        course,
        attempts: 1,
        error: None,
        subject: None,
        tells: tells.to_vec(),
    }
}

/// The cooling failed, the inlets followed; the mail server hung; somebody noted a page of markup.
fn night(is_over: bool) -> Timeline {
    let over = |time: &'static str| is_over.then_some(time);
    let refused = Message {
        attempts: 4,
        error: Some("550 <script>alert(1)</script> | see http://evil.example\r\n# no".to_owned()),
        next_attempt: Some(at("02:20:00")),
        ..message("02:14:00", None, Course::Waiting, &[(2, Reason::First)])
    };
    let note = Note {
        number: 1,
        incident: 12,
        at: at("02:16:00"),
        by: Actor::Person(3),
        text: "AC 2 started by hand.\n\n# All is well\n- [x] done ![](http://evil.example/p.png)".to_owned(),
    };
    let mut happened = vec![
        event("02:12:05", 1, "raised", ("plenum", "")),
        event("02:12:35", 2, "raised", ("plenum", "")),
        Happened::Message(message(
            "02:12:05",
            Some("02:13:40"),
            Course::Sent,
            &[(1, Reason::First), (2, Reason::First)],
        )),
        Happened::Message(refused),
        event("02:14:10", 1, "acknowledged", ("person:3", "on **my** way")),
        Happened::Note(note),
    ];
    if is_over {
        happened.push(event("02:40:00", 2, "returned", ("plenum", "")));
        happened.push(Happened::Message(message(
            "02:40:00",
            Some("02:40:01"),
            Course::GivenUp,
            &[(1, Reason::Resolved)],
        )));
    }
    Timeline {
        incident: Incident {
            id: 12,
            began_at: at("02:12:05"),
            over_at: over("02:40:00").map(at),
            part_of: None,
            members: vec![
                member(2, "climate", ("02:12:05", "02:12:35"), over("02:40:00")),
                member(1, "cooling", ("02:11:35", "02:12:05"), over("02:31:00")),
            ],
        },
        alarms: vec![
            alarm(
                1,
                ("cooling-fault", "Cooling fault"),
                "ac-1/cooling-fault",
                Some("02:14:10"),
            ),
            alarm(2, ("hot", "Inlet *too* hot"), "inlet-a3/temperature", None),
        ],
        happened,
    }
}

fn text(language: Language, timeline: &Timeline) -> String {
    let site: Site = toml::from_str(SITE).unwrap();
    let form = Form {
        letters: Letters::All,
        ..Form::of(&site, language, at("09:00:00"))
    };
    let form = form.naming(std::sync::Arc::new(House));
    write(&Report {
        site: &site,
        form: &form,
        timeline,
        is_cut: false,
    })
}

fn check(name: &str, text: &str) {
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../core/src/text/incident")
        .join(name);
    if std::env::var_os("PLENUM_WRITE").is_some() {
        std::fs::write(&file, text).unwrap();
    }
    assert_eq!(text, std::fs::read_to_string(&file).unwrap_or_default(), "{name}");
}

#[test]
fn a_night_is_told_word_for_word_in_each_language() {
    check("over.en.txt", &text(Language::English, &night(true)));
    check("over.nl.txt", &text(Language::Dutch, &night(true)));
    check("open.en.txt", &text(Language::English, &night(false)));
}

#[test]
fn nobody_is_said_to_be_wanted_for_what_came_during_work() {
    let mut night = night(false);
    for alarm in &mut night.alarms {
        alarm.cover = Some(Cover::Work(Underway {
            work: 1,
            by: Actor::Person(3),
            since: at("02:12:00"),
            until: at("04:00:00"),
            reason: "the other unit is replaced".to_owned(),
        }));
    }
    assert_eq!(night.holders(), (Vec::new(), 0));
    for (language, words) in [
        (Language::English, "| Who has it | nobody is asked: "),
        (Language::Dutch, "| Wie het heeft | het wordt niemand gevraagd: "),
    ] {
        let text = text(language, &night);
        assert!(text.contains(words), "{text}");
    }
}

#[test]
fn whoever_did_something_is_named_and_the_monitor_is_not() {
    for (cause, actor, expected) in [
        ("given-back", "program:7", ", desk \\| night"),
        ("shelved", "anna", ", anna"),
        ("reset", "person:3", ", Sanne de Boer"),
        ("acknowledged", "link:3:9", ", Sanne de Boer"),
        ("acknowledgement-ended", "plenum", ""),
        ("returned", "plenum", ""),
    ] {
        let mut night = night(true);
        night.happened = vec![event("02:30:00", 2, cause, (actor, ""))];
        let text = text(Language::English, &night);
        let line = text.lines().find(|line| line.starts_with("- ")).unwrap();
        let (_, by) = line.split_once("Room A").unwrap();
        assert_eq!(by, expected, "{cause}");
    }
}

#[test]
fn nothing_is_said_of_what_is_not_kept() {
    let empty = Timeline {
        happened: Vec::new(),
        ..night(true)
    };
    let text = text(Language::English, &empty);
    assert!(
        text.contains("Nothing is kept of it any more.") && text.contains("| Somebody told | not |"),
        "{text}"
    );
}
