//! The words of a message, after one template for mail, text message and webhook: what, where, how bad, how long, do, you, sure?
//!
//! Pure: everything that it says is handed in as [`Facts`]. Golden tests fix the wording.

mod surroundings;

pub use surroundings::Nearby;

use std::fmt::Write;

use jiff::tz::TimeZone;
use plenum_protocol::{Duration, Quantity, Timestamp};
use serde::{Deserialize, Serialize};

use crate::alarms::forecast::{Forecast, Trend};
use crate::alarms::{Alarm, Cover, Input, Subject};
use crate::oncall::Reason;
use crate::site::Priority;
use crate::text::words;

/// All that a message may say about an alarm.
#[derive(Debug, Clone)]
pub struct Facts {
    /// Why the message is written.
    pub reason: Reason,
    /// The alarm as it stood at its transition.
    pub alarm: Alarm,
    /// When the message is written.
    pub now: Timestamp,
    /// The site's zone.
    pub zone: TimeZone,
    /// The room's name, or the site's for what has no room.
    pub room: String,
    /// Where that is: "ground floor".
    pub floor: String,
    /// The sensor's name: "Inlet A3".
    pub sensor: String,
    /// Where it hangs: "rack A3, front, top".
    pub position: String,
    /// What is measured.
    pub quantity: Option<Quantity>,
    /// The rule's likely cause.
    pub cause: String,
    /// What happens if nobody acts.
    pub consequence: String,
    /// What to do, in steps.
    pub response: Vec<String>,
    /// The value that tells how long there is: the alarm's own, or the room's hottest inlet where the alarm is about its cooling.
    pub focus: Option<Focus>,
    /// How many sensors of the same place are beyond the limit, of how many.
    pub siblings: Option<(usize, usize)>,
    /// What else is fresh and good in the room.
    pub nearby: Vec<Nearby>,
    /// Age of the newest reading.
    pub age: Option<Duration>,
    /// How many of the room's sensors answer, of how many.
    pub answering: Option<(usize, usize)>,
    /// The agent and whether it is online.
    pub agent: Option<(String, bool)>,
    /// Over which other channels it goes.
    pub also: Vec<String>,
    /// Where the alarm is shown.
    pub alarm_link: String,
    /// Where this recipient takes it, by one tap and one button; for a raised alarm to a person.
    pub acknowledge_link: Option<String>,
}

/// A value, where it is going, and when it gets to the next limit.
#[derive(Debug, Clone)]
pub struct Focus {
    /// The sensor's name.
    pub sensor: String,
    /// What is measured.
    pub quantity: Quantity,
    /// Its newest value.
    pub value: f64,
    /// How it moves.
    pub trend: Option<Trend>,
    /// The next worse limit and when it is reached.
    pub next_limit: Option<(f64, Forecast)>,
}

impl Focus {
    fn direction(&self) -> Option<&'static str> {
        let trend = self.trend.filter(|trend| !trend.is_steady())?;
        Some(if trend.per_minute > 0.0 {
            "rising"
        } else {
            "falling"
        })
    }

    fn limit(&self) -> Option<(String, Forecast)> {
        self.next_limit
            .map(|(limit, forecast)| (words::value(self.quantity, limit), forecast))
    }
}

/// A message in its forms.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// The mail's subject, and the first line everywhere else.
    pub subject: String,
    /// The mail's text.
    pub text: String,
    /// At most 160 characters of GSM 03.38's basic set.
    pub short: String,
}

/// All forms of one message.
pub fn write(facts: &Facts) -> Message {
    Message {
        subject: subject(facts),
        text: text(facts),
        short: short(facts),
    }
}

fn heading(facts: &Facts) -> &'static str {
    match (facts.reason, facts.alarm.priority) {
        (Reason::Resolved, _) => "RETURNED",
        (Reason::ShelvingEnds, _) => "SHELVING ENDS",
        (Reason::Withdrawn, _) => "WITHDRAWN",
        (Reason::Changed, Priority::Critical) => "CHANGED, CRITICAL",
        (Reason::Changed, Priority::High) => "CHANGED, HIGH",
        (Reason::Changed, Priority::Medium) => "CHANGED, MEDIUM",
        (Reason::Changed, Priority::Low) => "CHANGED, LOW",
        (_, Priority::Critical) => "CRITICAL",
        (_, Priority::High) => "HIGH",
        (_, Priority::Medium) => "MEDIUM",
        (_, Priority::Low) => "LOW",
    }
}

fn subject(facts: &Facts) -> String {
    let alarm = &facts.alarm;
    let mut subject = format!("{} {}: {}", heading(facts), facts.room, lower_first(&alarm.name));
    if let Some(value) = value_words(facts) {
        let _ = write!(subject, ", {} {value}", lower_first(&facts.sensor));
    } else if !facts.sensor.is_empty() {
        let _ = write!(subject, ", {}", lower_first(&facts.sensor));
    }
    if facts.reason == Reason::Resolved {
        if let Some(returned) = alarm.returned_at {
            let _ = write!(
                subject,
                ", after {}",
                words::duration(returned.since(alarm.raised_at))
            );
        }
    } else {
        if let Some(focus) = &facts.focus {
            if focus.sensor != facts.sensor {
                let value = words::value(focus.quantity, focus.value);
                let _ = write!(subject, ", {} {value}", lower_first(&focus.sensor));
            }
            if let Some(direction) = focus.direction() {
                let _ = write!(subject, " {direction}");
            }
            if let Some((limit, forecast)) = focus.limit() {
                let _ = write!(subject, ", {limit} in about {}", about(forecast.likely));
            }
        }
    }
    let _ = write!(subject, " [{}]", alarm.id);
    subject.replace(['\r', '\n'], " ")
}

fn text(facts: &Facts) -> String {
    let alarm = &facts.alarm;
    let mut text = String::new();
    let mut line = |label: &str, words: String| {
        if !words.trim().is_empty() {
            let _ = writeln!(text, "{label:<10}{}", words.trim());
        }
    };
    line("WHAT", what(facts));
    line("WHERE", place(facts));
    line("HOW BAD", how_bad(facts));
    if facts.reason == Reason::Resolved {
        line(
            "NOW",
            "The condition is gone. Nobody needs to act; look at it when you are awake.".to_owned(),
        );
    } else if let Some(now) = standing(facts) {
        line("NOW", now);
    } else {
        line("HOW LONG", how_long(facts));
        line("DO", numbered(&facts.response));
        line("YOU", you(facts));
    }
    line("SURE?", sure(facts));
    let also = if facts.also.is_empty() {
        String::new()
    } else {
        format!(", also sent by {}", facts.also.join(", "))
    };
    let _ = writeln!(
        text,
        "Raised {}, rule {}{also}.",
        words::clock_with_zone(alarm.raised_at, &facts.zone),
        alarm.rule
    );
    text
}

/// What has become of an alarm that is told neither for the first time nor as over.
fn standing(facts: &Facts) -> Option<String> {
    match (facts.reason, &facts.alarm.cover) {
        (Reason::ShelvingEnds, Some(Cover::Shelved(shelving))) => {
            let until = words::clock(shelving.until, &facts.zone);
            let by = &shelving.by;
            Some(format!("{by} shelved it until {until}. If its condition holds then, it is told anew."))
        }
        (Reason::ShelvingEnds, _) => Some("Its shelving has ended.".to_owned()),
        (Reason::Changed, _) if facts.alarm.unwatched => {
            Some("Its rule or its sensor is gone and nothing watches it any more. It stays until somebody resets it.".to_owned())
        }
        (Reason::Changed, _) => Some("It stands, and its rule was changed: it is as it says here.".to_owned()),
        (Reason::Withdrawn, _) => {
            Some("Its rule or its sensor is gone, and the alarm with it. Whether the condition is gone is not known.".to_owned())
        }
        (Reason::First | Reason::Resolved | Reason::No(_), _) => None,
    }
}

fn what(facts: &Facts) -> String {
    let mut what = sentence(&facts.alarm.message);
    if facts.reason == Reason::Resolved {
        what = sentence(&format!("{} is over", facts.alarm.name));
        if let Some(returned) = facts.alarm.returned_at {
            let lasted = words::duration(returned.since(facts.alarm.raised_at));
            let _ = write!(
                what,
                " It lasted {lasted}, until {}.",
                words::clock(returned, &facts.zone)
            );
        }
    } else if !facts.cause.is_empty() {
        let _ = write!(
            what,
            " Likely: {}.",
            lower_first(facts.cause.trim_end_matches('.'))
        );
    }
    what
}

fn place(facts: &Facts) -> String {
    let room = [facts.room.as_str(), facts.floor.as_str()];
    let room: Vec<String> = room
        .iter()
        .filter(|part| !part.is_empty())
        .enumerate()
        .map(|(index, part)| {
            if index == 0 {
                (*part).to_owned()
            } else {
                lower_first(part)
            }
        })
        .collect();
    let mut place = sentence(&room.join(", "));
    if !facts.sensor.is_empty() {
        let position = if facts.position.is_empty() {
            String::new()
        } else {
            format!(" ({})", facts.position)
        };
        let _ = write!(place, " {}{position}.", facts.sensor);
    }
    if let Some((beyond, total)) = facts.siblings.filter(|(_, total)| *total > 1) {
        let _ = write!(place, " {beyond} of {total} beyond the limit.");
    }
    place
}

fn how_bad(facts: &Facts) -> String {
    let alarm = &facts.alarm;
    let mut parts = Vec::new();
    if let (Some(quantity), Some(value), Some(limit)) = (facts.quantity, alarm.value, alarm.limit) {
        parts.push(format!(
            "{}; limit {}.",
            words::value(quantity, value),
            words::value(quantity, limit)
        ));
    }
    if let Some(fault) = alarm.fault {
        parts.push(format!("The sensor reports {fault}: {}.", fault.explanation()));
    }
    if let Some(focus) = &facts.focus {
        let value = words::value(focus.quantity, focus.value);
        if focus.sensor != facts.sensor {
            parts.push(format!("Hottest: {}, {value}.", focus.sensor));
        }
        if let (Some(direction), Some(trend)) = (focus.direction(), focus.trend) {
            let rate = words::rate(focus.quantity, trend.per_minute.abs());
            parts.push(format!("{} {rate}.", upper_first(direction)));
        }
    }
    parts.extend(surroundings::news(&facts.nearby));
    parts.join(" ")
}

fn how_long(facts: &Facts) -> String {
    let mut text = String::new();
    if let Some((limit, forecast)) = facts.focus.as_ref().and_then(Focus::limit) {
        let at = |minutes: f64| {
            let instant = facts.now + Duration::from_milliseconds((minutes * 60_000.0) as i64);
            words::clock(instant, &facts.zone)
                .chars()
                .take(5)
                .collect::<String>()
        };
        text = format!("{limit} at about {}", at(forecast.likely));
        match forecast.latest {
            Some(latest) if at(latest) != at(forecast.earliest) => {
                text += &format!(" (between {} and {}). ", at(forecast.earliest), at(latest))
            }
            Some(_) => text += ". ",
            None => text += &format!(" (not before {}). ", at(forecast.earliest)),
        }
    }
    if !facts.consequence.is_empty() {
        text += &sentence(&facts.consequence);
    }
    text
}

fn numbered(steps: &[String]) -> String {
    let steps = steps
        .iter()
        .enumerate()
        .map(|(index, step)| format!("{} {}", index + 1, sentence(step)));
    steps.collect::<Vec<_>>().join("  ")
}

fn you(facts: &Facts) -> String {
    match &facts.acknowledge_link {
        Some(link) => format!("I am on it: {link}   Look: {}", facts.alarm_link),
        None => format!("Look and acknowledge: {}", facts.alarm_link),
    }
}

fn sure(facts: &Facts) -> String {
    let mut parts = Vec::new();
    match (facts.age, facts.alarm.input) {
        (Some(age), _) => parts.push(format!("Newest reading {} old", words::duration(age))),
        (None, Input::Unknown) => parts.push("No reading now: the value is unknown".to_owned()),
        (None, Input::Known) => {}
    }
    if let Some((answering, total)) = facts.answering {
        parts.push(format!("{answering} of {total} sensors of the room answer"));
    }
    if let Some((agent, online)) = &facts.agent {
        parts.push(format!(
            "agent {agent} {}",
            if *online { "online" } else { "OFFLINE" }
        ));
    }
    sentence(&parts.join("; "))
}

fn short(facts: &Facts) -> String {
    let alarm = &facts.alarm;
    let time: String = words::clock(alarm.raised_at, &facts.zone)
        .chars()
        .take(5)
        .collect();
    let mut parts = vec![format!(
        "{} {} {} {time}.",
        heading(facts),
        facts.room,
        lower_first(&alarm.name)
    )];
    if let Some(value) = value_words(facts) {
        let mut part = format!("{} {}", facts.sensor, value.replace(" C", "C"));
        if let Some((limit, forecast)) = facts.focus.as_ref().and_then(Focus::limit) {
            let limit = limit.replace(".0 C", "C").replace(" C", "C");
            let _ = write!(part, ", {limit} in {}", about(forecast.likely));
        }
        parts.push(part + ".");
    } else if !facts.sensor.is_empty() {
        parts.push(sentence(&facts.sensor));
    }
    if facts.reason != Reason::Resolved {
        parts.extend(facts.response.first().map(|step| sentence(step)));
    }
    let tail = format!(" [{}]", alarm.id);
    let mut short = gsm7(&parts.join(" "));
    short.truncate(160 - tail.len());
    short.trim_end().to_owned() + &tail
}

/// GSM 03.38's basic set without its escapes: what lies outside costs twice or turns the message into UCS-2 of 70 characters.
fn gsm7(text: &str) -> String {
    let allowed =
        |character: &char| character.is_ascii_alphanumeric() || " .,:;!?+-/()%&'=<>#*\"".contains(*character);
    text.chars()
        .map(|character| if allowed(&character) { character } else { ' ' })
        .collect()
}

/// The value beside the sensor's name. A device's flag says nothing there that the alarm's name does not.
fn value_words(facts: &Facts) -> Option<String> {
    match (
        &facts.alarm.subject,
        facts.quantity,
        facts.alarm.value,
        facts.alarm.input,
    ) {
        (Subject::Series(_), Some(_), _, Input::Unknown) => Some("unknown".to_owned()),
        (Subject::Series(_), Some(quantity), Some(value), Input::Known) if !quantity.is_flag() => {
            Some(words::value(quantity, value))
        }
        _ => None,
    }
}

fn about(minutes: f64) -> String {
    if minutes < 1.0 {
        "1 min".to_owned()
    } else {
        words::duration(Duration::from_minutes(minutes.round() as i64))
    }
}

fn sentence(text: &str) -> String {
    let text = text.trim();
    if text.is_empty() || text.ends_with(['.', '!', '?']) {
        upper_first(text)
    } else {
        upper_first(text) + "."
    }
}

fn upper_first(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or(String::new(), |first| {
        first.to_uppercase().collect::<String>() + characters.as_str()
    })
}

/// Lowers the first letter unless the word is an abbreviation such as UPS or AC.
fn lower_first(text: &str) -> String {
    let mut characters = text.chars();
    match (characters.next(), characters.clone().next()) {
        (Some(first), Some(second)) if first.is_uppercase() && second.is_lowercase() => {
            first.to_lowercase().collect::<String>() + characters.as_str()
        }
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests;
