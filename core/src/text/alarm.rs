//! An alarm's own sentence, made of its facts for one reader: what, where, and the value against its limit.

use plenum_protocol::quantity::{Kind, Language};
use plenum_protocol::{AgentName, Duration, Quantity, Series};

use super::catalogue::{self, Phrase};
use super::form::Form;
use super::rules::Translator;
use super::{around, foreign, monitor};
use crate::alarms::{Alarm, Cause, Event, Origin, Remark, Subject};
use crate::authority::{Actor, Called};
use crate::fact::{Certificate, Report};
use crate::site::Site;

/// So much of what a part of the monitor reports is told: it may quote what somebody else wrote.
const REPORTED: usize = 400;

/// So much of the name of what the monitor reports of.
const NAMED: usize = 60;

/// So much of a device's own words.
const WORDS: usize = 200;

/// The alarm's name: a built-in rule's in the reader's language.
pub fn name(alarm: &Alarm, language: Language) -> String {
    Translator::of(alarm.rule.as_str(), language).name(&alarm.name)
}

/// The alarm in a sentence, as it was when it was raised.
pub fn sentence(site: &Site, alarm: &Alarm, form: &Form) -> String {
    match &alarm.origin {
        Some(origin) => of_origin(site, alarm, origin, form),
        // An earlier program wrote it.
        None => foreign::cut(&alarm.message, REPORTED),
    }
}

/// What there is to read beside a transition: what a person wrote, or what raised the alarm.
pub fn comment(site: &Site, alarm: Option<&Alarm>, event: &Event, form: &Form) -> String {
    let origin = event.origin.as_ref().zip(alarm);
    if let Some(remark) = &event.remark {
        return monitor::remark(site, alarm, remark, form);
    }
    match (origin, event.cause) {
        (Some((origin, alarm)), Cause::Late) => {
            let sentence = of_origin(site, alarm, origin, form);
            say(form, Phrase::Late { sentence: &sentence })
        }
        (Some((origin, alarm)), _) => of_origin(site, alarm, origin, form),
        (None, Cause::Configuration) if event.comment.is_empty() => say(form, Phrase::RuleChanged),
        (None, _) => event.comment.clone(),
    }
}

/// What an alarm is about, without the value that raised it.
pub fn heading(site: &Site, alarm: &Alarm, form: &Form) -> String {
    let name = name(alarm, form.language);
    match &alarm.subject {
        Subject::Series(series) => format!("{name}: {}", place(site, series, form)),
        Subject::Agent(agent) => format!("{name}: {}", self::agent(agent, form)),
        // What the monitor says of itself names no limit.
        Subject::System(_) => sentence(site, alarm, form),
    }
}

/// What an alarm is about, by the name that people know it by; empty where its name says all.
pub fn subject(site: &Site, alarm: &Alarm, form: &Form) -> String {
    match (&alarm.subject, &alarm.origin) {
        (Subject::Series(series), _) => match site.sensor(&series.agent, series.sensor()) {
            Some(sensor) => sensor.name.clone(),
            None => series.sensor().to_string(),
        },
        (Subject::Agent(name), _) => agent(name, form),
        (Subject::System(_), Some(Origin::NeverHeard { agent, sensor })) => {
            let placed = site.sensor(agent, sensor);
            placed.map_or_else(|| sensor.to_string(), |placed| placed.name.clone())
        }
        (
            Subject::System(_),
            Some(Origin::Monitor(Report::NobodyTold { .. } | Report::KeyMissing { .. })),
        ) => String::new(),
        (
            Subject::System(_),
            Some(Origin::Monitor(
                Report::CertificateEnds { certificate, .. } | Report::CertificateEnded { certificate, .. },
            )),
        ) if *certificate != Certificate::Agent => monitor::owner(certificate, form.language).to_owned(),
        (Subject::System(_), Some(Origin::Monitor(Report::TokenEnds { token, .. }))) => {
            foreign::cut(token, NAMED)
        }
        (Subject::System(way), Some(Origin::Monitor(Report::NotDelivered { .. } | Report::NoWay { .. }))) => {
            let (channel, to) = way
                .split_once('/')
                .map_or((way.as_str(), None), |(channel, to)| (channel, Some(to)));
            let person = to.map(|to| reader(site, to, form));
            let person = person.as_deref();
            say(form, Phrase::ChannelTo { channel, person })
        }
        (Subject::System(id), Some(Origin::Monitor(report))) if report.is_of_heartbeat() => {
            let job = site.heartbeat(id);
            job.map_or_else(|| foreign::cut(id, NAMED), |job| job.name.clone())
        }
        (Subject::System(subject), _) => match subject.parse() {
            Ok(name) => agent(&name, form),
            Err(_) => foreign::cut(subject, NAMED),
        },
    }
}

/// Whom messages do not reach where that is one person, by their name.
pub fn not_reached(site: &Site, alarm: &Alarm, form: &Form) -> Option<String> {
    match (&alarm.subject, &alarm.origin) {
        (Subject::System(way), Some(Origin::Monitor(Report::NotDelivered { .. }))) => {
            way.split_once('/').map(|(_, to)| reader(site, to, form))
        }
        _ => None,
    }
}

/// Whom a channel reaches, by their name; one whose name was erased by what is left of it.
fn reader(site: &Site, to: &str, form: &Form) -> String {
    match form.people.formerly(to) {
        Some(number) if form.people.person(number) == Some(Called::Erased) => {
            form.who(&Actor::Person(number))
        }
        _ => person(site, to),
    }
}

/// A person by their name, where the site has them still.
pub fn person(site: &Site, id: &str) -> String {
    let mut people = site.people.iter();
    let known = people.find(|person| person.id.as_str() == id);
    known.map_or_else(|| id.to_owned(), |person| person.name.clone())
}

/// What was last changed of it; empty where nothing was.
pub fn changes(site: &Site, alarm: &Alarm, form: &Form) -> String {
    let changed = alarm.changed.as_ref();
    let remark = changed.map(|changed| Remark::Changed(changed.what.clone()));
    remark.map_or_else(String::new, |remark| {
        monitor::remark(site, Some(alarm), &remark, form)
    })
}

/// The sensor and its room as people know them: "Inlet A3, Room A"; the plain names where the site does not tell.
pub fn place(site: &Site, series: &Series, form: &Form) -> String {
    match site.sensor(&series.agent, series.sensor()) {
        Some(sensor) => match site.room(&sensor.room) {
            Some(room) => format!("{}, {}", sensor.name, room.name),
            None => sensor.name.clone(),
        },
        None => say(
            form,
            Phrase::OfAgent {
                sensor: series.sensor().as_str(),
                agent: series.agent.agent.as_str(),
            },
        ),
    }
}

/// An agent as people know it: "agent pi-a1".
pub fn agent(name: &AgentName, form: &Form) -> String {
    let agent = name.agent.as_str();
    say(form, Phrase::Agent { agent })
}

/// A quantity within a sentence.
pub(super) fn quantity(quantity: Quantity, language: Language) -> String {
    match language {
        Language::English => quantity.in_a_sentence().to_owned(),
        Language::Dutch => quantity.name(language).to_lowercase(),
    }
}

pub(super) fn say(form: &Form, phrase: Phrase<'_>) -> String {
    catalogue::say(form.language, phrase)
}

fn of_origin(site: &Site, alarm: &Alarm, origin: &Origin, form: &Form) -> String {
    let name = name(alarm, form.language);
    match &alarm.subject {
        Subject::Series(series) => {
            let place = place(site, series, form);
            let words = alarm.words.as_ref();
            let words = words.map(|words| foreign::quoted(words, WORDS));
            match of_series(series.quantity(), origin, form).or(words) {
                Some(said) => format!("{name}: {place}: {said}"),
                None => format!("{name}: {place}"),
            }
        }
        Subject::Agent(agent) => format!("{name}: {}", of_agent(agent, origin, form)),
        Subject::System(subject) => of_monitor(site, &name, subject, origin, form),
    }
}

/// What stands behind the name and the place; none where the name says all.
fn of_series(quantity: Quantity, origin: &Origin, form: &Form) -> Option<String> {
    let against = |value: Option<f64>, limit: f64| {
        (
            value.map(|value| form.value_against(quantity, value, limit)),
            form.limit(quantity, limit),
        )
    };
    match origin {
        Origin::Above { value, limit } => {
            let (value, limit) = against(*value, *limit);
            let (value, limit) = (value.as_deref(), limit.as_str());
            Some(say(form, Phrase::Above { value, limit }))
        }
        Origin::Below { value, limit } => {
            let (value, limit) = against(*value, *limit);
            let (value, limit) = (value.as_deref(), limit.as_str());
            Some(say(form, Phrase::Below { value, limit }))
        }
        Origin::Moved { value, by, within } => Some(moved(quantity, *value, (*by, *within), form)),
        Origin::Drifted { value, usual } => {
            let (value, usual) = ((*value)?, (*usual)?);
            let value = &form.value_against(quantity, value, usual);
            let usual = &form.value(quantity, usual);
            Some(say(form, Phrase::Drifted { value, usual }))
        }
        Origin::Cycled { starts, within } => {
            let (starts, time) = (*starts, &form.duration(*within));
            Some(say(form, Phrase::Cycled { starts, time }))
        }
        Origin::Foreseen {
            value,
            limit,
            forecast,
        } => {
            let minutes = forecast.map(|forecast| forecast.likely);
            foreseen(quantity, *value, (*limit, minutes), form)
        }
        Origin::Silent { since, fault } => {
            let since = &form.instant(*since);
            let named = self::quantity(quantity, form.language);
            let silence = match quantity.kind() {
                Kind::Number => Phrase::NoNumber {
                    quantity: &named,
                    since,
                },
                Kind::Boolean => Phrase::NoWord { since },
            };
            let why = fault.map(|fault| format!(" ({})", catalogue::fault(form.language, fault)));
            Some(say(form, silence) + &why.unwrap_or_default())
        }
        Origin::Together(_)
        | Origin::Vote { .. }
        | Origin::Deviates { .. }
        | Origin::DewPoint { .. }
        | Origin::Mean { .. }
        | Origin::Condenses { .. }
        | Origin::Outside { .. } => around::said(quantity, origin, form),
        Origin::State { .. }
        | Origin::Away { .. }
        | Origin::ClockFree
        | Origin::Late { .. }
        | Origin::NeverHeard { .. } => None,
        Origin::Monitor(report) => Some(monitor::report("", report, form)),
        Origin::Reported(text) => Some(foreign::cut(text, REPORTED)).filter(|text| !text.is_empty()),
    }
}

/// How far a value moved in a time.
pub(super) fn moved(
    quantity: Quantity,
    value: Option<f64>,
    (by, within): (f64, Duration),
    form: &Form,
) -> String {
    let value = value.map(|value| form.value(quantity, value));
    let phrase = Phrase::Moved {
        value: value.as_deref(),
        rising: by > 0.0,
        by: &form.difference(quantity, by.abs()),
        time: &form.duration(within),
    };
    say(form, phrase)
}

/// When a value passes its limit, from then.
pub(super) fn foreseen(
    quantity: Quantity,
    value: Option<f64>,
    (limit, minutes): (f64, Option<f64>),
    form: &Form,
) -> Option<String> {
    let time = minutes.map(|minutes| form.minutes(minutes));
    let phrase = Phrase::Foreseen {
        value: &form.value_against(quantity, value?, limit),
        limit: &form.limit(quantity, limit),
        time: time.as_deref(),
    };
    Some(say(form, phrase))
}

fn of_agent(name: &AgentName, origin: &Origin, form: &Form) -> String {
    let agent = name.agent.as_str();
    match origin {
        Origin::Away { since: Some(since) } => {
            let since = &form.instant(*since);
            say(form, Phrase::AgentSince { agent, since })
        }
        Origin::Away { since: None } => say(form, Phrase::AgentNever { agent }),
        _ => self::agent(name, form),
    }
}

/// What an earlier program's sentence said stands as it is in English, the language in which it was written down, and is quoted elsewhere.
fn of_monitor(site: &Site, name: &str, subject: &str, origin: &Origin, form: &Form) -> String {
    let agent: Option<AgentName> = subject.parse().ok();
    let of_what = match &agent {
        Some(agent) => self::agent(agent, form),
        None => foreign::cut(subject, REPORTED),
    };
    match (origin, form.language) {
        (Origin::NeverHeard { agent, sensor }, _) => {
            let placed = site.sensor(agent, sensor);
            let place = placed.map_or(sensor.as_str(), |placed| placed.name.as_str());
            let (agent, sensor) = (agent.agent.as_str(), sensor.as_str());
            let nothing = say(form, Phrase::NothingEver { place, sensor, agent });
            format!("{name}: {nothing}")
        }
        (Origin::Late { alarms, first }, _) => {
            let alarms = *alarms;
            let agent = agent.as_ref().map_or(subject, |agent| agent.agent.as_str());
            let first = first.as_ref().and_then(|first| {
                let value = form.value(first.series.quantity(), first.value?);
                let place = place(site, &first.series, form);
                Some((place, value, form.instant(first.at)))
            });
            match &first {
                Some((place, value, at)) => say(
                    form,
                    Phrase::LateReadingsAs {
                        agent,
                        alarms,
                        place,
                        value,
                        at,
                    },
                ),
                None => say(form, Phrase::LateReadings { agent, alarms }),
            }
        }
        (Origin::Monitor(report @ Report::NotDelivered { .. }), _) => {
            let way = subject.split_once('/');
            let way = way.map(|(channel, to)| format!("{channel}/{}", reader(site, to, form)));
            let said = monitor::report(way.as_deref().unwrap_or(subject), report, form);
            foreign::cut(&said, REPORTED)
        }
        (Origin::Monitor(report), _) => foreign::cut(&monitor::report(subject, report, form), REPORTED),
        (Origin::Reported(text), Language::English) if !text.is_empty() => foreign::cut(text, REPORTED),
        (Origin::Reported(text), Language::Dutch) if !text.is_empty() => {
            format!("{name}: {of_what}: {}", foreign::quoted(text, REPORTED))
        }
        _ => format!("{name}: {of_what}"),
    }
}

#[cfg(test)]
mod tests {
    use plenum_protocol::Timestamp;

    use super::*;
    use crate::alarms::Changed;
    use crate::alarms::remark::Change;
    use crate::site::Priority;

    fn of_monitor(subject: &str, origin: Origin) -> Alarm {
        let text = serde_json::json!({
            "id": 1, "rule": "late", "subject": { "system": subject }, "name": "The alarm", "room": null,
            "priority": "high", "state": "active-unacknowledged", "input": "known",
            "raised_at": Timestamp::from_milliseconds(0), "message": "", "latched": false,
        });
        let alarm: Alarm = serde_json::from_value(text).unwrap();
        Alarm {
            origin: Some(origin),
            ..alarm
        }
    }

    fn site() -> Site {
        let text = "[site]\nid = \"s\"\nname = \"S\"\nzone = \"UTC\"\n[[room]]\nid = \"r\"\nname = \"Room A\"\n\
            [[person]]\nid = \"anna\"\nname = \"Anna\"\n\
            [[sensor]]\nagent = \"pi\"\nid = \"leak\"\nname = \"Leak left\"\nroom = \"r\"\nplace = \"room\"\n";
        toml::from_str(text).unwrap()
    }

    #[test]
    fn an_alarm_of_the_monitor_itself_says_what_of_also_when_it_is_changed() {
        let site = site();
        let why = || "refused".to_owned();
        let never = Origin::NeverHeard {
            agent: "s/pi".parse().unwrap(),
            sensor: "leak".parse().unwrap(),
        };
        let failed = || Origin::Monitor(Report::NotDelivered { why: why() });
        let cases = [
            (
                "s/pi",
                Origin::Late {
                    alarms: 3,
                    first: None,
                },
                "agent pi",
            ),
            ("s/pi", Origin::ClockFree, "agent pi"),
            ("s/pi/leak", never, "Leak left"),
            ("mail", failed(), "channel mail"),
            ("mail/anna", failed(), "channel mail to Anna"),
            (
                "plenum.db",
                Origin::Monitor(Report::CommitsFail { why: why() }),
                "plenum.db",
            ),
        ];
        for (of, origin, expected) in cases {
            let mut alarm = of_monitor(of, origin);
            for language in Language::ALL {
                let form = Form::of(&site, language, Timestamp::from_milliseconds(0));
                let named = subject(&site, &alarm, &form);
                if language == Language::English {
                    assert_eq!(named, expected);
                }
                alarm.changed = Some(Changed {
                    at: alarm.raised_at,
                    what: vec![Change::Priority {
                        before: Priority::Medium,
                        after: Priority::High,
                    }],
                });
                let last = of.rsplit('/').next().unwrap();
                let told = heading(&site, &alarm, &form);
                let is_named = told.contains(last) || matches!(alarm.origin, Some(Origin::Monitor(_)));
                assert!(is_named, "{told}");
                assert!(!changes(&site, &alarm, &form).is_empty());
            }
        }
    }
}
