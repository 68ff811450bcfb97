//! An incident as a text that somebody files: what it was, how long things took, and what happened in one order of time, each instant by the site's clock and in UTC.
//! Markdown, which reads as it is; whatever others wrote stands in it as letters and makes no markup.

mod dutch;
mod english;
mod markdown;

use plenum_protocol::quantity::Language;
use plenum_protocol::{Duration, Timestamp};

use super::form::Form;
use super::{alarm, catalogue};
use crate::alarms::{Alarm, Cause, Event, Subject};
use crate::authority::Actor;
use crate::incident::Member;
use crate::incident::timeline::{Course, Happened, Message, Note, Timeline};
use crate::oncall::Reason;
use crate::site::Site;
use markdown::{line, lines};

/// All that is told of it.
#[derive(Debug)]
pub struct Report<'a> {
    /// The site.
    pub site: &'a Site,
    /// How it is written, when, and who is who.
    pub form: &'a Form,
    /// The incident and what happened.
    pub timeline: &'a Timeline,
    /// Whether more happened than is told.
    pub is_cut: bool,
}

/// What is said of an incident.
#[derive(Debug, Clone, Copy)]
enum Said<'a> {
    Title {
        number: u64,
        what: &'a str,
    },
    HeadParticulars,
    Site {
        site: &'a str,
        zone: &'a str,
    },
    Priority {
        priority: &'a str,
    },
    Began {
        at: &'a str,
    },
    Over {
        at: &'a str,
    },
    Stands,
    Has {
        names: &'a str,
        free: usize,
    },
    Nobody,
    /// Something lies over all that stands: nobody is asked for it.
    Aside,
    Detected {
        time: Option<&'a str>,
    },
    FirstTold {
        time: Option<&'a str>,
    },
    Taken {
        time: Option<&'a str>,
    },
    Lasted {
        time: Option<&'a str>,
    },
    Alarms,
    HeadAlarms,
    FirstCause,
    Happened,
    Nothing,
    Cut,
    Told {
        to: &'a str,
        channel: &'a str,
        course: Course,
    },
    About {
        alarms: usize,
    },
    Meant {
        at: &'a str,
    },
    Attempts {
        attempts: u32,
    },
    NextAttempt {
        at: &'a str,
    },
    Error {
        error: &'a str,
    },
    Noted {
        by: &'a str,
    },
    Exported {
        at: &'a str,
    },
}

fn say(language: Language, said: Said<'_>) -> String {
    match language {
        Language::English => english::say(said),
        Language::Dutch => dutch::say(said),
    }
}

fn cause(language: Language, cause: Cause) -> &'static str {
    match language {
        Language::English => english::cause(cause),
        Language::Dutch => dutch::cause(cause),
    }
}

fn tells(language: Language, reason: Reason) -> &'static str {
    match language {
        Language::English => english::tells(reason),
        Language::Dutch => dutch::tells(reason),
    }
}

/// The whole text.
pub fn write(report: &Report<'_>) -> String {
    let mut text = head(report);
    text.extend(alarms(report));
    text.extend([String::new(), report.said(Said::Happened), String::new()]);
    let before = text.len();
    text.extend(
        report
            .timeline
            .happened
            .iter()
            .flat_map(|happened| entry(report, happened)),
    );
    if text.len() == before {
        text.push(report.said(Said::Nothing));
    }
    if report.is_cut {
        text.extend([String::new(), report.said(Said::Cut)]);
    }
    let at = &report.instant(report.form.now);
    text.extend([String::new(), report.said(Said::Exported { at })]);
    text.join("\n") + "\n"
}

impl Report<'_> {
    fn said(&self, said: Said<'_>) -> String {
        say(self.form.language, said)
    }

    fn instant(&self, at: Timestamp) -> String {
        self.form.instant_for_files(at)
    }

    /// An alarm by its name and what it is about, as letters.
    fn named(&self, number: u64) -> String {
        let alarms = &self.timeline.alarms;
        match alarms.iter().find(|alarm| alarm.id == number) {
            Some(alarm) => line(&name(self, alarm)),
            None => number.to_string(),
        }
    }
}

fn name(report: &Report<'_>, alarm: &Alarm) -> String {
    let name = alarm::name(alarm, report.form.language);
    match place(report, alarm) {
        place if place.is_empty() => name,
        place => format!("{name}, {place}"),
    }
}

fn place(report: &Report<'_>, alarm: &Alarm) -> String {
    match &alarm.subject {
        Subject::Series(series) => alarm::place(report.site, series, report.form),
        Subject::Agent(_) | Subject::System(_) => alarm::subject(report.site, alarm, report.form),
    }
}

fn head(report: &Report<'_>) -> Vec<String> {
    let (incident, site) = (&report.timeline.incident, &report.site.site);
    let first = incident.first_cause().map(|member| report.named(member.alarm));
    let mut rows = vec![report.said(Said::Site {
        site: &line(&site.name),
        zone: &site.zone.to_string(),
    })];
    if let Some(priority) = incident.priority() {
        let priority = catalogue::priority(priority, report.form.language);
        rows.push(report.said(Said::Priority { priority }));
    }
    let at = &report.instant(report.timeline.began_at());
    rows.push(report.said(Said::Began { at }));
    match incident.over_at {
        Some(over) => rows.push(report.said(Said::Over {
            at: &report.instant(over),
        })),
        None => rows.extend([report.said(Said::Stands), holders(report)]),
    }
    rows.extend(durations(report));
    let title = report.said(Said::Title {
        number: incident.id,
        what: first.as_deref().unwrap_or_default(),
    });
    let table = [
        title,
        String::new(),
        report.said(Said::HeadParticulars),
        "|---|---|".to_owned(),
    ];
    table.into_iter().chain(rows).collect()
}

/// Who has what stands.
fn holders(report: &Report<'_>) -> String {
    let (holders, free) = report.timeline.holders();
    let names: Vec<String> = holders
        .iter()
        .map(|actor| line(&report.form.who(actor)))
        .collect();
    match (names.is_empty(), free) {
        (true, 0) => report.said(Said::Aside),
        (true, _) => report.said(Said::Nobody),
        (false, free) => report.said(Said::Has {
            names: &names.join(", "),
            free,
        }),
    }
}

fn durations(report: &Report<'_>) -> [String; 4] {
    let durations = report.timeline.durations();
    let time = |time: Option<Duration>| time.map(|time| report.form.duration(time));
    let (detected, told) = (time(durations.detected), time(durations.first_told));
    let (taken, over) = (time(durations.taken), time(durations.over));
    [
        Said::Detected {
            time: detected.as_deref(),
        },
        Said::FirstTold {
            time: told.as_deref(),
        },
        Said::Taken {
            time: taken.as_deref(),
        },
        Said::Lasted {
            time: over.as_deref(),
        },
    ]
    .map(|said| report.said(said))
}

fn alarms(report: &Report<'_>) -> Vec<String> {
    let incident = &report.timeline.incident;
    let first = incident.first_cause().map(|member| member.alarm);
    let mut members: Vec<&Member> = incident.members.iter().collect();
    members.sort_by_key(|member| (Some(member.alarm) != first, member.raised_at, member.alarm));
    let head = [
        String::new(),
        report.said(Said::Alarms),
        String::new(),
        report.said(Said::HeadAlarms),
        "|---|---|---|---|---|".to_owned(),
    ];
    let row = |member: &Member| {
        let name = report.named(member.alarm);
        let is_first = Some(member.alarm) == first && incident.members.len() > 1;
        let name = match is_first {
            true => format!("{name} ({})", report.said(Said::FirstCause)),
            false => name,
        };
        let priority = catalogue::priority(member.priority, report.form.language);
        let over = member.over_at.map(|at| report.instant(at)).unwrap_or_default();
        format!(
            "| {} | {name} | {priority} | {} | {over} |",
            member.alarm,
            report.instant(member.raised_at)
        )
    };
    head.into_iter().chain(members.into_iter().map(row)).collect()
}

fn entry(report: &Report<'_>, happened: &Happened) -> Vec<String> {
    let at = report.instant(happened.at());
    match happened {
        Happened::Alarm(event) => vec![format!("- {at}: {}", transition(report, event))],
        Happened::Message(message) => vec![format!("- {at}: {}", told(report, message))],
        Happened::Note(note) => noted(report, &at, note),
    }
}

fn transition(report: &Report<'_>, event: &Event) -> String {
    let alarm = report
        .timeline
        .alarms
        .iter()
        .find(|alarm| alarm.id == event.alarm);
    let mut text = format!(
        "**{}**: {}",
        cause(report.form.language, event.cause),
        report.named(event.alarm)
    );
    if event.actor.is_somebody() {
        text += &format!(", {}", line(&report.form.who(&event.actor)));
    }
    let comment = alarm::comment(report.site, alarm, event, report.form);
    match comment.is_empty() {
        true => text,
        false => format!("{text}: {}", line(&comment)),
    }
}

fn told(report: &Report<'_>, message: &Message) -> String {
    let to = line(&recipient(report, &message.to));
    let mut parts = vec![report.said(Said::Told {
        to: &to,
        channel: &line(&message.channel),
        course: message.course,
    })];
    if let Some((alarm, reason)) = message.tells.first() {
        parts.push(format!(
            "{}, {}",
            report.named(*alarm),
            tells(report.form.language, *reason)
        ));
    }
    if message.tells.len() > 1 {
        parts.push(report.said(Said::About {
            alarms: message.tells.len(),
        }));
    }
    if message
        .ended
        .is_some_and(|ended| ended.since(message.intended) > LATE)
    {
        parts.push(report.said(Said::Meant {
            at: &report.instant(message.intended),
        }));
    }
    if message.attempts > 1 {
        parts.push(report.said(Said::Attempts {
            attempts: message.attempts,
        }));
    }
    if let Some(error) = &message.error {
        parts.push(report.said(Said::Error { error: &line(error) }));
        let next = message.next_attempt.map(|at| report.instant(at));
        parts.extend(next.map(|at| report.said(Said::NextAttempt { at: &at })));
    }
    parts.join("; ")
}

/// Whom a message went to, by the name that they have now.
fn recipient(report: &Report<'_>, to: &str) -> String {
    match report.form.people.formerly(to) {
        Some(number) if report.site.person(to).is_none() => report.form.who(&Actor::Person(number)),
        _ => alarm::person(report.site, to),
    }
}

/// A message that waited longer than this says when it was meant.
const LATE: Duration = Duration::from_minutes(1);

fn noted(report: &Report<'_>, at: &str, note: &Note) -> Vec<String> {
    let by = &line(&report.form.who(&note.by));
    let head = format!("- {at}: {}", report.said(Said::Noted { by }));
    let quoted = lines(&note.text).map(|line| format!("  > {line}").trim_end().to_owned());
    std::iter::once(head).chain(quoted).collect()
}

#[cfg(test)]
mod tests;
