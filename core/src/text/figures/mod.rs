//! The figures of the alarms as a text that somebody puts into the month's report, and what would help as a sentence. Markdown, which reads as it is.

mod dutch;
mod english;

use plenum_protocol::quantity::Language;

use super::foreign;
use super::form::Form;
use crate::alarms::figures::{Comparison, Figures, Flood, Judged, Level, Measure, Proposal, TOP};
use crate::alarms::{Alarm, Subject};
use crate::site::Site;

/// So many floods are listed: the longest.
const FLOODS: usize = 10;

/// All that is told of a period.
#[derive(Debug)]
pub struct Report<'a> {
    /// The site.
    pub site: &'a Site,
    /// How it is written.
    pub form: &'a Form,
    /// The month, written as `2026-10`; none for any other period.
    pub month: Option<&'a str>,
    /// The figures.
    pub figures: &'a Figures,
    /// The alarms that they are of, as they stand.
    pub alarms: &'a [Alarm],
    /// What would help, each with its alarm's number.
    pub proposals: &'a [(u64, Proposal)],
}

/// What is said of figures.
#[derive(Debug, Clone, Copy)]
enum Said<'a> {
    /// The title with the month or nothing.
    Title { month: &'a str, site: &'a str },
    /// The period, with its zone.
    Period {
        from: &'a str,
        to: &'a str,
        zone: &'a str,
    },
    /// Among how many people the load is divided, and whether the site names them.
    Operators { operators: u32, named: bool },
    /// How many alarms came.
    Load { annunciated: u64, alarms: u64 },
    /// How many targets are met, of how many that were judged.
    Met { met: usize, judged: usize },
    /// The head of the table of figures.
    HeadFigures,
    /// The head of the table of levels.
    HeadLevels,
    /// The heading over the most frequent.
    Frequent,
    /// The head of their table.
    HeadFrequent,
    /// The heading over floods.
    Floods,
    /// A flood.
    Flood {
        from: &'a str,
        time: &'a str,
        annunciated: u64,
    },
    /// How many shorter ones.
    MoreFloods { count: usize },
    /// The heading over proposals.
    Help,
    /// There are none.
    NoHelp,
    /// How it is counted.
    Note,
    /// A target that is not to be exceeded.
    AtMost { target: &'a str },
    /// A target that is not to be reached.
    Below { target: &'a str },
    /// None at all.
    NoneAtAll,
    /// Whether a target is met.
    IsMet { met: Option<bool> },
    /// How often it came, and what was measured meanwhile.
    Came { times: u64, time: &'a str },
    /// Between which values.
    Between { low: &'a str, high: &'a str },
    /// With a deadband.
    Deadband { deadband: &'a str },
    /// With an off-delay.
    OffDelay { delay: &'a str },
    /// What would have made one of them.
    WouldBeOne { by: &'a str, several: bool },
    /// What would have made none of them.
    WouldBeNone { delay: &'a str, also: bool },
    /// Between two that each would do.
    Or,
}

/// What there are levels of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Standing,
    Stale,
    Shelved,
    Suppressed,
    OutOfService,
}

fn say(language: Language, said: Said<'_>) -> String {
    match language {
        Language::English => english::say(said),
        Language::Dutch => dutch::say(said),
    }
}

/// What is measured, in a few words.
pub fn measure(language: Language, measure: Measure) -> &'static str {
    match language {
        Language::English => english::measure(measure),
        Language::Dutch => dutch::measure(measure),
    }
}

fn kind(language: Language, kind: Kind) -> &'static str {
    match language {
        Language::English => english::kind(kind),
        Language::Dutch => dutch::kind(kind),
    }
}

/// What would have helped, in a sentence: how often the alarm came, between which values, and what would have made one or none of it.
pub fn proposal(form: &Form, proposal: &Proposal) -> String {
    let said = |said: Said<'_>| say(form.language, said);
    let quantity = proposal.series.quantity();
    let time = &form.duration(proposal.burst.until.since(proposal.burst.since));
    let mut text = said(Said::Came {
        times: proposal.burst.raises,
        time,
    });
    if let Some((low, high)) = proposal.values {
        let (low, high) = (&form.value(quantity, low), &form.value(quantity, high));
        text += &said(Said::Between { low, high });
    }
    text += ": ";
    let mut one = Vec::new();
    if let Some(deadband) = proposal.deadband {
        let deadband = &form.difference(quantity, deadband);
        one.push(said(Said::Deadband { deadband }));
    }
    if let Some(delay) = proposal.off_delay {
        let delay = &form.duration(delay);
        one.push(said(Said::OffDelay { delay }));
    }
    if !one.is_empty() {
        let by = &one.join(&said(Said::Or));
        let several = one.len() > 1;
        text += &said(Said::WouldBeOne { by, several });
    }
    if let Some(delay) = proposal.on_delay {
        let (delay, also) = (&form.duration(delay), !one.is_empty());
        text += &said(Said::WouldBeNone { delay, also });
    }
    text + "."
}

/// The whole text.
pub fn write(report: &Report<'_>) -> String {
    let mut lines = head(report);
    lines.push(String::new());
    lines.extend(figures(report));
    lines.push(String::new());
    lines.extend(levels(report));
    lines.extend(floods(report));
    lines.extend(frequent(report));
    lines.extend(help(report));
    lines.push(String::new());
    lines.push(said(report, Said::Note));
    lines.join("\n") + "\n"
}

fn said(report: &Report<'_>, said: Said<'_>) -> String {
    say(report.form.language, said)
}

fn head(report: &Report<'_>) -> Vec<String> {
    let (form, figures) = (report.form, report.figures);
    let month = report.month.map(|month| form.month(month)).unwrap_or_default();
    let (month, site) = (month.as_str(), report.site.site.name.as_str());
    let (from, to) = (
        &form.date_and_minute(figures.from),
        &form.date_and_minute(figures.to),
    );
    let zone = &report.site.site.zone.to_string();
    let operators = figures.operators;
    let named = !report.site.people.is_empty();
    let judged = figures.judged();
    let judged: Vec<bool> = judged.iter().filter_map(|one| one.met).collect();
    let met = judged.iter().filter(|met| **met).count();
    let sentences = [
        Said::Period { from, to, zone },
        Said::Operators { operators, named },
        Said::Load {
            annunciated: figures.annunciated,
            alarms: figures.alarms,
        },
        Said::Met {
            met,
            judged: judged.len(),
        },
    ];
    let sentences = sentences.map(|one| said(report, one));
    vec![
        said(report, Said::Title { month, site }),
        String::new(),
        sentences.join(" "),
    ]
}

fn row<const CELLS: usize>(cells: [String; CELLS]) -> String {
    let cells = cells.map(|cell| foreign::on_one_line(&cell).replace('|', "/"));
    format!("| {} |", cells.join(" | "))
}

fn figures(report: &Report<'_>) -> Vec<String> {
    let line = |judged: &Judged| {
        row([
            measure(report.form.language, judged.measure).to_owned(),
            amount(report.form, judged.measure, judged.value),
            target(report, judged),
            said(report, Said::IsMet { met: judged.met }),
        ])
    };
    let head = [said(report, Said::HeadFigures), "|---|---|---|---|".to_owned()];
    head.into_iter()
        .chain(report.figures.judged().iter().map(line))
        .collect()
}

fn amount(form: &Form, measure: Measure, value: f64) -> String {
    let written = |value: f64| match measure {
        _ if measure.is_share() => form.percent(value),
        Measure::Rate => form.plain(value, 2),
        _ => form.plain(value, 1),
    };
    let least = if measure.is_share() { 0.001 } else { 0.01 };
    // What is rounded away is not nothing.
    match value > 0.0 && written(value) == written(0.0) {
        true => format!("<{}", written(least)),
        false => written(value),
    }
}

fn target(report: &Report<'_>, judged: &Judged) -> String {
    let target = &amount(report.form, judged.measure, judged.target);
    said(
        report,
        match judged.comparison {
            Comparison::AtMost if judged.target == 0.0 => Said::NoneAtAll,
            Comparison::AtMost => Said::AtMost { target },
            Comparison::Below => Said::Below { target },
        },
    )
}

fn levels(report: &Report<'_>) -> Vec<String> {
    let figures = report.figures;
    let all = [
        (Kind::Standing, figures.standing),
        (Kind::Stale, figures.stale),
        (Kind::Shelved, figures.shelved),
        (Kind::Suppressed, figures.suppressed),
        (Kind::OutOfService, figures.out_of_service),
    ];
    let line = |(of, level): (Kind, Level)| {
        let when = match level.most {
            0 => String::new(),
            _ => report.form.day_and_minute(level.most_at),
        };
        let name = kind(report.form.language, of).to_owned();
        row([name, level.end.to_string(), level.most.to_string(), when])
    };
    let head = [said(report, Said::HeadLevels), "|---|---|---|---|".to_owned()];
    head.into_iter().chain(all.into_iter().map(line)).collect()
}

fn floods(report: &Report<'_>) -> Vec<String> {
    let mut floods: Vec<&Flood> = report.figures.floods.iter().collect();
    if floods.is_empty() {
        return Vec::new();
    }
    floods.sort_by_key(|flood| std::cmp::Reverse(flood.to.since(flood.from)));
    let form = report.form;
    let line = |flood: &&Flood| {
        let (from, time) = (
            &form.day_and_minute(flood.from),
            &form.duration(flood.to.since(flood.from)),
        );
        let annunciated = flood.annunciated;
        said(
            report,
            Said::Flood {
                from,
                time,
                annunciated,
            },
        )
    };
    let mut lines = vec![String::new(), said(report, Said::Floods), String::new()];
    lines.extend(floods.iter().take(FLOODS).map(line));
    if floods.len() > FLOODS {
        let count = floods.len() - FLOODS;
        lines.push(said(report, Said::MoreFloods { count }));
    }
    lines
}

fn frequent(report: &Report<'_>) -> Vec<String> {
    let frequent = report.figures.frequent.iter().filter(|one| one.annunciated > 0);
    let mut lines: Vec<String> = frequent
        .take(TOP)
        .map(|one| {
            let (name, place) = named(report, one.alarm);
            let share = report.form.percent(report.figures.share(one.annunciated));
            row([name, place, one.annunciated.to_string(), share])
        })
        .collect();
    if !lines.is_empty() {
        let head = [
            String::new(),
            said(report, Said::Frequent),
            String::new(),
            said(report, Said::HeadFrequent),
            "|---|---|---|---|".to_owned(),
        ];
        lines.splice(0..0, head);
    }
    lines
}

/// An alarm's name and what it is about, as people know both.
fn named(report: &Report<'_>, number: u64) -> (String, String) {
    let Some(alarm) = report.alarms.iter().find(|alarm| alarm.id == number) else {
        return (number.to_string(), String::new());
    };
    let form = report.form;
    let place = match &alarm.subject {
        Subject::Series(series) => super::alarm::place(report.site, series, form),
        Subject::Agent(agent) => super::alarm::agent(agent, form),
        Subject::System(subject) => foreign::cut(subject, 60),
    };
    (super::alarm::name(alarm, form.language), place)
}

fn help(report: &Report<'_>) -> Vec<String> {
    let mut lines = vec![String::new(), said(report, Said::Help), String::new()];
    if report.proposals.is_empty() {
        lines.push(said(report, Said::NoHelp));
    }
    lines.extend(report.proposals.iter().map(|(alarm, one)| {
        let (name, place) = named(report, *alarm);
        let since = report.form.day_and_minute(one.burst.since);
        let line = format!("- {name}, {place}, {since}: {}", proposal(report.form, one));
        foreign::on_one_line(&line)
    }));
    lines
}

#[cfg(test)]
mod tests;
