//! The text message in GSM 03.38's basic set: at most 160 characters, or two parts with what asks for an answer.

use super::{Facts, lower_first, say, sentence};
use crate::oncall::Reason;
use crate::text::answer::asks;
use crate::text::catalogue::Phrase;
use crate::text::foreign;

/// What one text message holds.
const LENGTH: usize = 160;
/// What two parts hold, as a telephone puts them together.
const TWO_PARTS: usize = 2 * 153;

/// So much of a device's own words: the first thing to do stands behind them.
const WORDS: usize = 40;

/// The text message.
pub(super) fn write(facts: &Facts) -> String {
    let form = &facts.form.in_basic_letters();
    let mut parts = vec![format!(
        "{} {} {} {}.",
        facts.heading(),
        facts.room,
        lower_first(&facts.name),
        form.minute(facts.alarm.raised_at)
    )];
    parts.extend(facts.more().as_deref().map(sentence));
    if let Some(delay) = facts.delay() {
        let time = &form.duration(delay);
        parts.push(sentence(&say(form, Phrase::LateBy { time })));
    }
    let over = facts.over(form);
    parts.extend(over.as_deref().map(sentence));
    if let Some(since) = facts.ending_since() {
        let since = &form.minute(since);
        parts.push(sentence(&say(form, Phrase::ConditionGone { since })));
    }
    if let Some(holder) = facts.holder() {
        let who = &foreign::cut(&form.who(&holder.by), 30);
        let until = holder.until.map(|until| form.minute(until));
        let has = match &until {
            Some(until) => say(form, Phrase::HasItUntil { who, until }),
            None => say(form, Phrase::HasIt { who }),
        };
        parts.push(sentence(&has));
    } else if let Some(took) = facts.took() {
        let (who, at) = (&foreign::cut(&form.who(&took.by), 30), &form.minute(took.at));
        parts.push(sentence(&say(form, Phrase::Took { who, at })));
    }
    parts.extend(facts.let_go(form).as_deref().map(sentence));
    match facts.beside(form) {
        Some(known) => {
            let mut part = format!("{} {known}", facts.sensor);
            if let Some((limit, forecast)) = facts.focus.as_ref().and_then(|focus| focus.limit(form)) {
                let (limit, time) = (limit.as_str(), form.minutes(forecast.likely));
                let time = time.as_str();
                part += &format!(", {}", say(form, Phrase::LimitIn { limit, time }));
            }
            parts.push(part + ".");
        }
        None if !facts.sensor.is_empty() => {
            let words = facts.alarm.words.as_deref().filter(|words| !words.is_empty());
            let said = words.map_or_else(String::new, |words| {
                format!(": {}", foreign::quoted(words, WORDS))
            });
            parts.push(sentence(&(facts.sensor.clone() + &said)));
        }
        None => {}
    }
    if let Some(until) = facts.shelved_until(form) {
        parts.push(sentence(&say(form, Phrase::Shelved { until: &until })));
    } else if let Some(became) = became(facts) {
        parts.push(sentence(&became));
    } else if facts.reason.calls() && over.is_none() {
        parts.extend(facts.steps().first().map(|step| sentence(step)));
    } else if let Some(beyond) = facts.beyond.first().filter(|_| facts.is_return()) {
        parts.push(sentence(&beyond.said(form)));
    } else if facts.is_return() && facts.others_stand() > 0 {
        let count = facts.others_stand();
        parts.push(sentence(&say(form, Phrase::OthersStand { count })));
    }
    let tail = format!(" #{}", facts.alarm.id);
    // What asks for an answer makes it two parts anyhow.
    let asks = asks(facts.alarm.id, facts.is_anybody_next(), form.language);
    let length = match facts.acknowledge_link.is_some() && facts.can_be_taken() {
        true => LENGTH.max(TWO_PARTS.saturating_sub(" ".len() + asks.len())),
        false => LENGTH,
    };
    let mut short = basic(&parts.join(" "));
    cut(&mut short, length - tail.len());
    short.trim_end().to_owned() + &tail
}

/// What a revision did to it; none where that is not what the message is for.
fn became(facts: &Facts) -> Option<String> {
    let form = &facts.form.in_basic_letters();
    match facts.reason {
        Reason::Withdrawn => {
            let since = &form.minute(facts.alarm.returned_at.unwrap_or(facts.due));
            Some(say(form, Phrase::TakenAway { since }))
        }
        Reason::Changed if facts.alarm.unwatched => Some(say(form, Phrase::NothingWatches)),
        Reason::Changed => {
            let (changes, stands) = (facts.changes.as_str(), None);
            Some(say(form, Phrase::WasChanged { changes, stands }))
        }
        _ => None,
    }
}

/// At most so many characters, ended behind a sentence, or a word where there is none: half a step may say another thing than all of it.
fn cut(short: &mut String, length: usize) {
    if short.len() > length {
        short.truncate(length + 1);
        let sentence = [". ", "! ", "? "]
            .iter()
            .filter_map(|end| Some(short.rfind(end)? + 1))
            .max();
        short.truncate(sentence.or_else(|| short.rfind(' ')).unwrap_or(length));
    }
}

/// GSM 03.38's basic set without its escapes, which is all ASCII here: what lies outside costs twice or turns the message into UCS-2 of 70
/// characters. Letters lose their marks.
pub(in crate::text) fn basic(text: &str) -> String {
    let allowed =
        |character: char| character.is_ascii_alphanumeric() || " .,:;!?+-/()%&'=<>#*\"".contains(character);
    let all = text.chars().filter(|character| *character != '°');
    all.map(|character| match character {
        'à' | 'á' | 'â' | 'ä' => 'a',
        'è' | 'é' | 'ê' | 'ë' => 'e',
        'ì' | 'í' | 'î' | 'ï' => 'i',
        'ò' | 'ó' | 'ô' | 'ö' => 'o',
        'ù' | 'ú' | 'û' | 'ü' => 'u',
        'ç' => 'c',
        'É' => 'E',
        'Ü' => 'U',
        'Ö' => 'O',
        character if allowed(character) => character,
        _ => ' ',
    })
    .collect()
}
