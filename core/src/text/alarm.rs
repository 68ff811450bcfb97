//! An alarm's own sentence, made of its facts for one reader: what, where, and the value against its limit.

use plenum_protocol::quantity::{Kind, Language};
use plenum_protocol::{AgentName, Duration, Quantity, Series};

use super::catalogue::{self, Phrase};
use super::form::Form;
use super::rules::Translator;
use super::{around, foreign, monitor};
use crate::alarms::{Alarm, Cause, Event, Origin, Remark, Subject};
use crate::site::Site;

/// So much of what a part of the monitor reports is told: it may quote what somebody else wrote.
const REPORTED: usize = 400;

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
        Subject::System(_) => name,
    }
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
        (Origin::Monitor(report), _) => foreign::cut(&monitor::report(subject, report, form), REPORTED),
        (Origin::Reported(text), Language::English) if !text.is_empty() => foreign::cut(text, REPORTED),
        (Origin::Reported(text), Language::Dutch) if !text.is_empty() => {
            format!("{name}: {of_what}: {}", foreign::quoted(text, REPORTED))
        }
        _ => format!("{name}: {of_what}"),
    }
}
