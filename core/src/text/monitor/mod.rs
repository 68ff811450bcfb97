//! What the monitor says of itself: its conditions, how they ended, and what a revision changed of an alarm, made of facts for one reader.
//!
//! Complete by the compiler: a fact without its words in a language does not compile.

mod dutch;
mod english;

use plenum_protocol::Identifier;
use plenum_protocol::quantity::Language;

use super::rules::Translator;
use super::{Form, catalogue, foreign};
use crate::alarms::remark::Change;
use crate::alarms::{Alarm, Remark, Subject};
use crate::fact::{Certificate, Finding, Report};
use crate::site::Site;

/// So much of what somebody else wrote is told.
const FOREIGN: usize = 300;

/// So many findings are told.
const FINDINGS: usize = 20;

/// A condition in a sentence without its stop.
pub fn report(subject: &str, report: &Report, form: &Form) -> String {
    let subject = &foreign::cut(subject, FOREIGN);
    match form.language {
        Language::English => english::report(subject, report, form),
        Language::Dutch => dutch::report(subject, report, form),
    }
}

/// Whose a certificate is that is not an agent's.
pub(super) fn owner(certificate: &Certificate, language: Language) -> &'static str {
    match language {
        Language::English => english::owner(certificate),
        Language::Dutch => dutch::owner(certificate),
    }
}

/// What the engine has to say beside a transition.
pub(super) fn remark(site: &Site, alarm: Option<&Alarm>, remark: &Remark, form: &Form) -> String {
    match remark {
        Remark::Over { kind, by } => {
            let subject = match alarm.map(|alarm| &alarm.subject) {
                Some(Subject::System(subject)) => foreign::cut(subject, FOREIGN),
                _ => String::new(),
            };
            let by = by.as_ref().map(|by| foreign::cut(&form.who(by), 60));
            let (subject, by) = (subject.as_str(), by.as_deref());
            match form.language {
                Language::English => english::over(*kind, subject, by),
                Language::Dutch => dutch::over(*kind, subject, by),
            }
        }
        Remark::Changed(changes) => {
            let said = changes.iter().map(|one| change(site, alarm, one, form));
            said.collect::<Vec<_>>().join("; ")
        }
    }
}

/// What was found damaged, in a sentence without its stop: for the log too.
pub fn finding(finding: &Finding, language: Language) -> String {
    match language {
        Language::English => english::finding(finding),
        Language::Dutch => dutch::finding(finding),
    }
}

/// Why readings were lost, in a reader's language. Agents and the intake write it in words that are known; what is not known is told as
/// it was written.
pub fn loss(why: &str, language: Language) -> String {
    let one = |word: &str| match language {
        Language::English => foreign::cut(word, FOREIGN),
        Language::Dutch => match dutch::loss(word) {
            Some(known) => known.to_owned(),
            None => foreign::quoted(word, FOREIGN),
        },
    };
    why.split("; ").map(one).collect::<Vec<_>>().join("; ")
}

fn findings(all: &[Finding], language: Language) -> String {
    let told = all.iter().take(FINDINGS).map(|one| finding(one, language));
    told.collect::<Vec<_>>().join("; ")
}

/// How many hundredths of a disk are used.
fn hundredths(free: u64, size: u64) -> u128 {
    u128::from(size.saturating_sub(free)) * 100 / u128::from(size.max(1))
}

/// What changed, as it is written: what it was and what it is.
enum Changed<'a> {
    Priority(&'a str, &'a str),
    Limit(Option<&'a str>, Option<&'a str>),
    Latched(bool),
    Name(&'a str, &'a str),
    Room(Option<&'a str>, Option<&'a str>),
    Condition,
}

fn change(site: &Site, alarm: Option<&Alarm>, change: &Change, form: &Form) -> String {
    let say = |changed: Changed<'_>| match form.language {
        Language::English => english::changed(&changed),
        Language::Dutch => dutch::changed(&changed),
    };
    let limit = |limit: Option<f64>| {
        limit.map(|limit| match alarm.map(|alarm| &alarm.subject) {
            Some(Subject::Series(series)) => form.limit(series.quantity(), limit),
            _ => form.plain(limit, 1),
        })
    };
    let name = |name: &str| match alarm {
        Some(alarm) => Translator::of(alarm.rule.as_str(), form.language).name(name),
        None => name.to_owned(),
    };
    let room = |room: &Option<Identifier>| {
        let known = |id: &Identifier| {
            site.room(id)
                .map_or_else(|| id.to_string(), |room| room.name.clone())
        };
        room.as_ref().map(known)
    };
    match change {
        Change::Priority { before, after } => say(Changed::Priority(
            catalogue::priority(*before, form.language),
            catalogue::priority(*after, form.language),
        )),
        Change::Limit { before, after } => say(Changed::Limit(
            limit(*before).as_deref(),
            limit(*after).as_deref(),
        )),
        Change::Latched { after } => say(Changed::Latched(*after)),
        Change::Name { before, after } => say(Changed::Name(&name(before), &name(after))),
        Change::Room { before, after } => say(Changed::Room(room(before).as_deref(), room(after).as_deref())),
        Change::Condition => say(Changed::Condition),
    }
}

#[cfg(test)]
mod tests;
