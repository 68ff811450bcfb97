//! The mail's text: a line each for what somebody who was woken asks, in that order.

use plenum_protocol::{Duration, Quantity, Timestamp};

use super::along::also;
use super::facts::{last_known, said};
use super::you::{hold, you};
use super::{Facts, Standing, lower_first, say, sentence, sentences, surroundings};
use crate::alarms::chatter::QUIET;
use crate::alarms::{Cover, Input};
use crate::expectation::Knowledge;
use crate::oncall::Reason;
use crate::text::catalogue::{self, Label, Phrase};
use crate::text::foreign;

/// So many other alarms are named.
pub(super) const OTHERS: usize = 5;
/// So much of what somebody wrote when they gave it back.
const COMMENT: usize = 80;

/// The mail's text.
pub(super) fn write(facts: &Facts) -> String {
    let mut text = String::new();
    let mut line = |label: Label, words: &str| {
        let words = foreign::on_one_line(words);
        let label = catalogue::label(facts.form.language, label);
        if !words.trim().is_empty() {
            text += &format!("{label:<10}{}\n", words.trim());
        }
    };
    line(Label::Delayed, &delayed(facts));
    line(Label::What, &what(facts));
    line(Label::Also, &also(facts));
    line(Label::Where, &place(facts));
    line(Label::HowBad, &how_bad(facts));
    if facts.is_return() {
        line(Label::Now, &how_it_stands(facts));
    }
    let became = what_became(facts);
    line(Label::Now, &became);
    let stands_changed = facts.reason == Reason::Changed && !facts.alarm.unwatched;
    if became.is_empty() || stands_changed {
        line(Label::HowLong, &how_long(facts));
        if !facts.is_return() && facts.over_since().is_none() {
            line(Label::Do, &numbered(&facts.steps()));
        }
    }
    line(Label::You, &you(facts));
    line(Label::Sure, &sure(facts));
    text + &foreign::on_one_line(&raised(facts)) + "\n"
}

fn delayed(facts: &Facts) -> String {
    let form = &facts.form;
    let delay = facts.delay().map(|delay| {
        let (time, due) = (form.duration(delay), form.instant(facts.due));
        let (time, due) = (time.as_str(), due.as_str());
        if let Some(heard) = facts.heard_at() {
            let (at, heard) = (&form.instant(facts.alarm.raised_at), &form.instant(heard));
            return sentence_as_it_is(&say(form, Phrase::HeardLate { time, at, heard }));
        }
        sentence_as_it_is(&say(form, Phrase::DelayedBy { time, due }))
    });
    delay.unwrap_or_default()
}

/// A sentence that goes on after its label.
fn sentence_as_it_is(text: &str) -> String {
    text.to_owned() + "."
}

fn what(facts: &Facts) -> String {
    let form = &facts.form;
    let mut what = Vec::new();
    if facts.is_return() {
        if facts.untold {
            what.push(facts.sentence.clone());
        }
        what.push(say(form, Phrase::IsOver { name: &facts.name }));
        if let (Some(time), Some(returned)) = (facts.lasted(form), facts.alarm.returned_at) {
            let time = &time;
            let until = &form.instant(facts.alarm.held.ended_at.unwrap_or(returned));
            what.push(say(form, Phrase::Lasted { time, until }));
        }
    } else {
        what.push(facts.sentence.clone());
        if facts.reason != Reason::Changed && !facts.changes.is_empty() {
            let changes = facts.changes.as_str();
            what.push(say(form, Phrase::ChangedSince { changes }));
        }
        if facts.reason == Reason::StandsAgain && facts.alarm.state.is_active() {
            let since = &form.instant(facts.alarm.raised_at);
            match given_back(facts) {
                Some(back) => what.extend([back, say(form, Phrase::StandsStill { since })]),
                None => what.push(say(form, Phrase::StandsAgain { since })),
            }
        }
        if let Some(since) = facts.over_since() {
            let since = &form.instant(since);
            what.push(say(form, Phrase::OverSince { since }));
        }
        if let Some(since) = facts.ending_since() {
            let since = &form.instant(since);
            what.push(say(form, Phrase::ConditionGone { since }));
        }
        what.extend(facts.units_said());
        if let Some(first) = &facts.first_cause {
            let since = &form.instant(first.since);
            let (name, subject) = (first.name.as_str(), first.subject.as_str());
            what.push(say(form, Phrase::ComesFrom { name, subject, since }));
        } else if facts.alarm.is_drill() {
            // That it is one is certain.
            what.push(facts.cause.clone());
        } else if !facts.cause.is_empty() {
            let cause = &lower_first(facts.cause.trim_end_matches('.'));
            what.push(say(form, Phrase::Likely { cause }));
        }
    }
    what.extend(chatter(facts));
    sentences(&what)
}

/// Who gave it back, and why where they wrote that.
fn given_back(facts: &Facts) -> Option<String> {
    let form = &facts.form;
    let said = facts.gave_back(form, 60, |at| form.instant(at))?;
    let comment = facts.given_back().map_or("", |back| back.comment.as_str());
    Some(match comment {
        "" => said,
        comment => format!("{said}: {}", foreign::quoted(comment, COMMENT)),
    })
}

/// How often it was raised, of an alarm that chatters or did so until now.
fn chatter(facts: &Facts) -> Option<String> {
    let form = &facts.form;
    let told = facts.reason.calls() || facts.reason == Reason::Resolved;
    let run = facts
        .chattering()
        .or(facts.alarm.chatter.last_run())
        .filter(|_| told)?;
    let (raises, since, until) = (run.raises, &form.instant(run.since), &form.instant(run.until));
    if let Some(stands) = run.stands_since().filter(|_| facts.reason.calls()) {
        let stands = &form.instant(stands);
        return Some(say(
            form,
            Phrase::ChatteredAndStands {
                raises,
                since,
                stands,
            },
        ));
    }
    Some(match facts.alarm.chatter.running() {
        Some(_) => {
            let quiet = &form.duration(QUIET);
            say(form, Phrase::Chatters { raises, since, quiet })
        }
        None => say(form, Phrase::Chattered { raises, since, until }),
    })
}

fn place(facts: &Facts) -> String {
    let mut place = facts.room.clone();
    if !facts.floor.is_empty() {
        place += &format!(", {}", lower_first(&facts.floor));
    }
    let mut parts = vec![place];
    if !facts.sensor.is_empty() {
        parts.push(match facts.position.is_empty() {
            true => facts.sensor.clone(),
            false => format!("{} ({})", facts.sensor, facts.position),
        });
    }
    parts.extend(facts.inlets_said());
    let siblings = facts.siblings.filter(|_| facts.climate.is_none());
    if let Some(siblings) = siblings.filter(|siblings| siblings.total > 1) {
        let (beyond, unknown, total) = (siblings.beyond, siblings.unknown, siblings.total);
        parts.push(say(
            &facts.form,
            Phrase::Siblings {
                beyond,
                unknown,
                total,
            },
        ));
    }
    sentences(&[parts, surroundings::works(facts)].concat())
}

fn how_bad(facts: &Facts) -> String {
    let form = &facts.form;
    let mut parts = Vec::new();
    match (facts.quantity, facts.measured) {
        (Some(quantity), Some(Knowledge::Known { value, .. })) => {
            if let Some(own) = facts.own_value(value) {
                parts.push(own);
            } else if let Some(limit) = facts.alarm.limit {
                let value = &form.value_against(quantity, value, limit);
                let limit = &form.limit(quantity, limit);
                let value = &say(form, Phrase::Limit { value, limit });
                parts.push(match facts.delay().filter(|_| facts.reason.calls()) {
                    Some(_) => say(form, Phrase::NowValue { value }),
                    None => value.clone(),
                });
            } else if facts.climate.is_some() && quantity == Quantity::Temperature {
                parts.push(form.value(quantity, value));
            }
        }
        (Some(quantity), Some(unknown @ Knowledge::Unknown { fault, .. })) => {
            parts.push(said(unknown, quantity, form));
            if let Some(fault) = fault {
                let fault = catalogue::fault_explained(form.language, fault);
                parts.push(say(form, Phrase::SensorReports { fault }));
            }
        }
        _ => {}
    }
    if let Some(focus) = &facts.focus {
        if focus.sensor != facts.sensor && facts.climate.is_some() {
            parts.push(form.value(focus.quantity, focus.value));
        } else if focus.sensor != facts.sensor {
            let (sensor, value) = (&focus.sensor, &form.value(focus.quantity, focus.value));
            parts.push(say(form, Phrase::HottestKnown { sensor, value }));
        }
        if let (Some(rising), Some(trend)) = (focus.rises(), focus.trend) {
            let rate = &form.rate(focus.quantity, trend.per_minute.abs());
            parts.push(say(form, Phrase::Moves { rising, rate }));
        }
    }
    parts.extend(surroundings::news(&facts.nearby, facts.climate.is_none(), form));
    sentences(&parts)
}

/// How things stand after a return: whether the condition is gone for sure, and what else stands.
fn how_it_stands(facts: &Facts) -> String {
    let form = &facts.form;
    let changes = facts.changes.as_str();
    let mut parts = vec![match facts.is_unknown() {
        _ if facts.is_ended_by_change() => say(form, Phrase::EndedByChange { changes }),
        true => say(form, Phrase::GoneAsFarAsSeen),
        false if facts.is_back() => say(form, Phrase::GoneAndBack),
        false => say(form, Phrase::Gone),
    }];
    let place = facts.room.as_str();
    let (ending, standing): (Vec<_>, Vec<_>) = facts.others.iter().partition(|other| other.ending.is_some());
    if !standing.is_empty() {
        let alarms = &listed(&standing, facts);
        parts.push(say(form, Phrase::StillStands { place, alarms }));
    }
    if !ending.is_empty() {
        let alarms = &listed(&ending, facts);
        parts.push(say(form, Phrase::Ending { place, alarms }));
    }
    if !facts.beyond.is_empty() {
        let values = facts.beyond.iter().take(OTHERS).map(|beyond| beyond.said(form));
        let values = &values.collect::<Vec<_>>().join("; ");
        parts.push(say(form, Phrase::NotYet { values }));
    }
    if facts.others.is_empty() && facts.beyond.is_empty() {
        parts.push(say(form, Phrase::NothingElse { place }));
    }
    sentences(&parts)
}

/// Other alarms by their names, the first few of them.
pub(super) fn listed(others: &[&Standing], facts: &Facts) -> String {
    named(others.iter().copied(), others.len(), facts)
}

/// The first few of so many.
pub(super) fn named<'a>(
    others: impl IntoIterator<Item = &'a Standing>,
    total: usize,
    facts: &Facts,
) -> String {
    let form = &facts.form;
    let stands = |other: &Standing| {
        let (name, subject) = (other.name.as_str(), other.subject.as_str());
        let since = &form.minute(other.ending.unwrap_or(other.since));
        match other.ending {
            None => {
                let unknown = other.unknown;
                let phrase = Phrase::StandsSince {
                    name,
                    subject,
                    since,
                    unknown,
                };
                say(form, phrase)
            }
            Some(_) => say(form, Phrase::GoneSince { name, subject, since }),
        }
    };
    let mut alarms: Vec<String> = others.into_iter().take(OTHERS).map(stands).collect();
    let count = total - alarms.len();
    if count > 0 {
        alarms.push(say(form, Phrase::More { count }));
    }
    alarms.join(", ")
}

/// What has become of an alarm that is told neither for the first time nor as over.
fn what_became(facts: &Facts) -> String {
    let form = &facts.form;
    let phrase = match (facts.reason, &facts.alarm.cover) {
        (Reason::ShelvingEnds, Some(Cover::Shelved(shelving))) => {
            let by = &foreign::cut(&form.who(&shelving.by), 60);
            let until = &form.instant(shelving.until);
            return sentence(&say(form, Phrase::ShelvedUntil { by, until }));
        }
        (Reason::ShelvingEnds, _) => Phrase::ShelvingHasEnded,
        (Reason::Changed, _) if facts.alarm.unwatched => Phrase::NothingWatches,
        (Reason::Changed, _) => {
            let stands = match (facts.over_since(), facts.is_unknown()) {
                (Some(_), _) => None,
                (None, unknown) => Some(!unknown),
            };
            let changes = facts.changes.as_str();
            return sentence(&say(form, Phrase::WasChanged { changes, stands }));
        }
        (Reason::Withdrawn, _) => return taken_away(facts),
        (Reason::Taken, _) => {
            return hold(facts).unwrap_or_default();
        }
        (Reason::First | Reason::StandsAgain | Reason::Reminder | Reason::Resolved | Reason::No(_), _) => {
            return String::new();
        }
    };
    sentence(&say(form, phrase))
}

/// An alarm that is gone with its rule or its sensor: since when nothing watches it, and what is known of it.
fn taken_away(facts: &Facts) -> String {
    let form = &facts.form;
    let since = &form.instant(facts.alarm.returned_at.unwrap_or(facts.due));
    let mut parts = vec![say(form, Phrase::TakenAway { since })];
    let last = facts.measured.and_then(last_known);
    if let Some((quantity, (at, value))) = facts.quantity.zip(last) {
        let (value, at) = (&form.value(quantity, value), &form.instant(at));
        parts.push(say(form, Phrase::LastKnown { value, at }));
    }
    parts.push(say(form, Phrase::NotKnownWhetherGone));
    sentences(&parts)
}

fn how_long(facts: &Facts) -> String {
    let form = &facts.form;
    let mut parts = Vec::new();
    if let Some((limit, forecast)) = facts.focus.as_ref().and_then(|focus| focus.limit(form)) {
        let at = |minutes: f64| {
            let instant: Timestamp = form.now + Duration::from_milliseconds((minutes * 60_000.0) as i64);
            form.minute(instant)
        };
        let (limit, time, earliest) = (limit.as_str(), at(forecast.likely), at(forecast.earliest));
        let (time, earliest) = (time.as_str(), earliest.as_str());
        let reached = say(form, Phrase::LimitAt { limit, time });
        let range = match forecast.latest.map(at) {
            Some(latest) if latest != earliest => {
                let latest = latest.as_str();
                format!(" ({})", say(form, Phrase::Between { earliest, latest }))
            }
            None if earliest != time => format!(" ({})", say(form, Phrase::NotBefore { earliest })),
            _ => String::new(),
        };
        parts.push(reached + &range);
    }
    if !facts.is_return() && facts.over_since().is_none() {
        parts.push(facts.consequence.clone());
    }
    sentences(&parts)
}

fn numbered(steps: &[String]) -> String {
    let steps = steps
        .iter()
        .enumerate()
        .map(|(index, step)| format!("{} {}", index + 1, sentence(step)));
    steps.collect::<Vec<_>>().join("  ")
}

fn sure(facts: &Facts) -> String {
    let form = &facts.form;
    let mut parts = Vec::new();
    match facts.measured {
        Some(Knowledge::Known { at, .. }) => {
            let time = &form.duration(form.now.since(at));
            parts.push(say(form, Phrase::Age { time }));
        }
        Some(Knowledge::Unknown { .. }) => parts.push(say(form, Phrase::NoReadingNow)),
        None if facts.alarm.input == Input::Unknown => parts.push(say(form, Phrase::NoReadingNow)),
        None => {}
    }
    if let Some((answering, total)) = facts.answering {
        let of_one_room = facts.alarm.room.is_some();
        parts.push(say(
            form,
            Phrase::Answering {
                answering,
                total,
                of_one_room,
            },
        ));
    }
    if let Some((agent, online)) = &facts.agent {
        let online = *online;
        parts.push(say(form, Phrase::AgentIs { agent, online }));
    }
    sentence(&parts.join("; "))
}

fn raised(facts: &Facts) -> String {
    let form = &facts.form;
    let at = &form.instant_with_zone(facts.alarm.raised_at);
    let (rule, also) = (facts.alarm.rule.as_str(), &facts.also.join(", "));
    sentence(&say(form, Phrase::Raised { at, rule, also }))
}
